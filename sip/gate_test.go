package sip

import (
	"errors"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
	"pgregory.net/rapid"

	"kakeru/dialer"
)

func TestPrepareRefuses(t *testing.T) {
	onReal := func(c *Config) { c.Trunks[0].Lab = false }
	for _, c := range []struct {
		name   string
		change func(*Config)
		order  dialer.CallOrder
		want   dialer.Rule
	}{
		{"police", onReal, dialer.CallOrder{Number: "110"}, dialer.ForbiddenNumber},
		{"a star code", onReal, dialer.CallOrder{Number: "*67"}, dialer.ForbiddenNumber},
		{"withheld", onReal, dialer.CallOrder{Number: "1840312345678"}, dialer.ForbiddenNumber},
		{"abroad", onReal, dialer.CallOrder{Number: "0101202555"}, dialer.ForbiddenNumber},
		{"too short", onReal, dialer.CallOrder{Number: "031234567"}, dialer.ForbiddenNumber},
		{"0570 by an operator", onReal, dialer.CallOrder{Number: "0570001234"}, dialer.ForbiddenNumber},
		{"a made-up number on a real trunk", onReal, dialer.CallOrder{Number: testNumber}, dialer.ForbiddenNumber},
		{"a sample on a real trunk", onReal, dialer.CallOrder{Number: "0312345678", Sample: true}, dialer.ForbiddenNumber},
		{"no trunk", func(c *Config) { c.Trunks = nil }, dialer.CallOrder{Number: testNumber}, dialer.NoRoute},
		{"no such desk", nil, dialer.CallOrder{Number: testNumber, Desk: "desk9"}, dialer.UnknownDesk},
		{"desk not registered", func(c *Config) { c.Desks[0] = Desk{ID: "desk1", Account: "desk1", Password: "p"} },
			dialer.CallOrder{Number: testNumber}, dialer.DeskUnregistered},
	} {
		t.Run(c.name, func(t *testing.T) {
			var changes []func(*Config)
			if c.change != nil {
				changes = append(changes, c.change)
			}
			r := newRig(t, changes...)
			if c.order.Desk == "" {
				c.order.Desk = "desk1"
			}
			_, err := r.Prepare(t.Context(), c.order)
			var no *dialer.Refusal
			if !errors.As(err, &no) || no.Rule != c.want || no.JA == "" || no.EN == "" {
				t.Fatalf("got %v, want %s", err, c.want)
			}
			if strings.Contains(no.JA+no.EN, string(c.order.Number)) && len(c.order.Number) > 4 {
				t.Errorf("the sentence quotes the number: %s", no.JA)
			}
			if free := r.pool.Free(); free != 2500 {
				t.Errorf("a refused call holds RTP ports: %d pairs free", free)
			}
		})
	}
}

func TestSupervisorMayDialNavi(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Trunks[0].Lab = false })
	n, err := r.Prepare(t.Context(), dialer.CallOrder{Desk: "desk1", Click: dialer.NewClick("desk1"), Number: "0570001234", Supervisor: true})
	if err != nil {
		t.Fatal(err)
	}
	n.Close()
}

func TestMadeUpNumbersLeaveByTheLab(t *testing.T) {
	cfg := testConfig()
	cfg.Trunks = []Trunk{{Name: "real", CallerID: testCallerID}, {Name: "lab", CallerID: testCallerID, Lab: true}}
	for number, want := range map[dialer.Number]string{testNumber: "lab", "09000001234": "lab", "0312345678": "real", "09012345678": "real"} {
		all, no := cfg.routes(dialer.CallOrder{Number: number})
		if no != nil || len(all) != 1 || all[0].trunk.Name != want {
			t.Errorf("trunks %v, want %q alone (%v)", all, want, no)
		}
	}
}

func TestWhatIsSentIsExactlyPrefixAndNumber(t *testing.T) {
	r := newRig(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	to, from, asserted := uriIn(value(invite, "To")), uriIn(value(invite, "From")), uriIn(value(invite, "P-Asserted-Identity"))
	if want := "0" + string(testNumber); invite.Recipient.User != want || to.User != want || invite.Recipient.Host != "carrier.invalid" {
		t.Errorf("sent to %s", invite.Recipient.String())
	}
	if from.User != testCallerID || asserted.User != testCallerID || len(invite.GetHeaders("Privacy")) > 0 {
		t.Errorf("the ward's number is not presented:\n%s", invite)
	}
	r.trunk.reply(invite, say{status: 486, tag: "a"})
	w.gone(t)
}

// The second gate stands right before the bytes leave: whatever changed a prepared leg, nothing else is sent.
func TestGateStopsAnAlteredInvite(t *testing.T) {
	for name, alter := range map[string]func(l *leg){
		"another number": func(l *leg) { l.invite.URI = "sip:00300005678@carrier.invalid" },
		"another To":     func(l *leg) { l.dialog.RemoteURI = "sip:00300005678@carrier.invalid" },
		"no caller id":   func(l *leg) { l.dialog.LocalURI = "sip:anonymous@anonymous.invalid" },
		"not asserted":   func(l *leg) { l.extras = nil },
		"withheld":       func(l *leg) { l.extras = append(l.extras, extra{"Privacy", "id"}) },
		"184 before it": func(l *leg) {
			l.gate.trunk.Prefix = "184"
			l.invite.URI = "sip:184" + string(testNumber) + "@carrier.invalid"
			l.dialog.RemoteURI = l.invite.URI
		},
		"a real trunk": func(l *leg) { l.gate.trunk.Lab = false },
		"police":       func(l *leg) { l.gate.number = "110"; l.invite.URI = "sip:0110@carrier.invalid" },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			n := r.line(t)
			l := n.Customer().(*leg)
			l.lane.post(func() { alter(l) })
			w := watch(l)
			w.Dial()
			w.gone(t)
			if w.saw(dialer.EvInvite) {
				t.Error("an INVITE was told")
			}
			r.trunk.quiet(t, r.Agent, sip.INVITE, w.Handle().SIPCallID)
		})
	}
}

func TestGateProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := gate{
			number: dialer.Number(rapid.StringMatching(`[0-9*#+]{0,14}`).Draw(t, "number")),
			sample: rapid.Bool().Draw(t, "sample"), supervisor: rapid.Bool().Draw(t, "supervisor"),
			trunk: Trunk{Lab: rapid.Bool().Draw(t, "lab"), Prefix: rapid.SampledFrom([]string{"", "0", "00"}).Draw(t, "prefix"), CallerID: testCallerID},
		}
		user := rapid.OneOf(rapid.Just(g.user()), rapid.StringMatching(`[0-9]{1,13}`)).Draw(t, "user")
		uri := "sip:" + user + "@x.invalid"
		req, err := request{
			method: sip.INVITE, uri: uri, from: "<sip:" + testCallerID + "@x.invalid>;tag=1", to: "<" + uri + ">",
			callID: "c", cseq: 1, sentBy: "h:1", branch: "z9hG4bK1", extras: []extra{{"P-Asserted-Identity", "<sip:" + testCallerID + "@x.invalid>"}},
		}.build()
		if err != nil || g.passes(req) != nil {
			return
		}
		rule, _ := g.number.ForbiddenFor(g.supervisor)
		if rule != "" || req.Recipient.User != g.trunk.Prefix+string(g.number) || (g.sample || g.number.MadeUp()) && !g.trunk.Lab {
			t.Fatalf("passed: %+v as %s", g, req.Recipient.String())
		}
	})
}
