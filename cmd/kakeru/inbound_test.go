package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/dialertest/full"
	"kakeru/sip/lab"
	"kakeru/sip/media"
)

// called is a simulated customer's call, while it goes on.
type called struct {
	*lab.Customer
	over chan error
}

// calls has a customer call the centre from a number.
func (h *house) calls(from dialer.Number, media *media.Pool) *called {
	h.t.Helper()
	c, err := lab.NewCustomer(lab.CustomerOptions{Media: media, Server: h.sip, To: demoCallerID, From: string(from), Seed: 5})
	h.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	call := &called{c, make(chan error, 1)}
	done := make(chan struct{})
	go func() { defer close(done); call.over <- c.Run(ctx) }()
	h.t.Cleanup(func() { cancel(); c.Close(); <-done })
	return call
}

// cameIn waits for a live call that came in, as the supervisor sees it.
func (h *house) cameIn(supervisor *panelClient) dialer.CallView {
	h.t.Helper()
	var found dialer.CallView
	h.eventually("a call comes in", func() bool {
		var all struct{ Items []dialer.CallView }
		h.must(supervisor.call(h.t.Context(), http.MethodGet, "/api/calls", nil, &all))
		for _, c := range all.Items {
			if c.Direction == dialer.Inbound && c.State == dialer.CallingDesk && !c.RingingAt.IsZero() {
				found = c
				return true
			}
		}
		return false
	})
	return found
}

func (h *house) live(c *panelClient, id dialer.CallID) dialer.CallView {
	h.t.Helper()
	var v dialer.CallView
	h.must(c.call(h.t.Context(), http.MethodGet, "/api/calls/"+string(id), nil, &v))
	return v
}

func (h *house) post(c *panelClient, path string, body any) {
	h.t.Helper()
	h.must(c.call(h.t.Context(), http.MethodPost, path, body, nil))
}

func eventsOf(a casework.Attempt) string {
	var all []string
	for _, e := range a.Evidence {
		all = append(all, string(e.Event))
	}
	return strings.Join(all, " ")
}

// TestACallComesInIsHeldAndHandedOn: two desks ring, one answers, both ends hear each other; the talk is held, taken up
// again, and handed on to the other desk, all over HTTP; the ledger proves each step.
func TestACallComesInIsHeldAndHandedOn(t *testing.T) {
	full.Only(t)
	t.Parallel()
	h := newHouse(t, houseOptions{fastCarrier: true})
	h.start()
	supervisor := h.signIn("supervisor")
	one, two := h.seated("operator1", "desk1"), h.seated("operator2", "desk2")
	pool, err := labMedia(labCallPorts, 8)
	h.must(err)
	id := h.caseEnding("05")
	target, err := h.ledger.Target(t.Context(), id, "")
	h.must(err)
	h.world.phones[1].SetNeverAnswer(true)
	caller := h.calls(target.Number, pool)
	call := h.cameIn(supervisor)
	h.eventually("both phones ring", func() bool {
		return len(h.world.phones[0].Calls()) == 1 && len(h.world.phones[1].Calls()) == 1
	})
	if call.CaseID != id || call.Desk != "" || h.desk(one, "desk1").Ringing != call.ID || h.desk(two, "desk2").Ringing != call.ID {
		t.Fatalf("it rings as %+v", call)
	}
	var who struct {
		Number dialer.Number
		Cases  []struct{ ID dialer.CaseID }
	}
	h.must(two.call(t.Context(), http.MethodGet, "/api/attempts/"+string(call.ID)+"/caller", nil, &who))
	if who.Number != target.Number || len(who.Cases) == 0 || who.Cases[0].ID != id {
		t.Fatal("the desk that rings is not told who calls")
	}
	for _, p := range h.world.phones {
		if p.Calls()[0].AutoAnswer {
			t.Error("a phone was asked to answer a caller by itself")
		}
	}
	h.eventually("desk1 answers", func() bool { return h.desk(supervisor, "desk1").State == dialer.DeskInCall })
	heard := func(p *lab.Phone) func() bool {
		calls, before := p.Calls(), caller.Log().RTPLoud
		last := len(calls) - 1
		return func() bool {
			now := p.Calls()[last]
			return now.RTPLoud > calls[last].RTPLoud+10 && caller.Log().RTPLoud > before+10
		}
	}
	h.eventually("both ends hear each other", heard(h.world.phones[0]))
	h.eventually("desk2 rings no longer", func() bool { return h.desk(two, "desk2").Ringing == "" && !h.world.phones[1].Calls()[0].Ended.IsZero() })

	h.post(one, "/api/calls/"+string(call.ID)+"/hold", nil)
	h.eventually("the talk is on hold", func() bool { return h.live(one, call.ID).Held })
	h.post(one, "/api/calls/"+string(call.ID)+"/resume", nil)
	h.eventually("the talk goes on", func() bool { return !h.live(one, call.ID).Held })
	h.eventually("both ends hear each other again", heard(h.world.phones[0]))

	h.world.phones[1].SetNeverAnswer(false)
	h.post(one, "/api/calls/"+string(call.ID)+"/transfer", map[string]any{"action": "start", "desk": "desk2", "consult": true})
	h.eventually("the two desks talk", func() bool { return h.live(one, call.ID).Consulting })
	h.post(one, "/api/calls/"+string(call.ID)+"/transfer", map[string]any{"action": "complete"})
	h.eventually("desk2 has the call", func() bool {
		d := h.desk(two, "desk2")
		return d.CallID == call.ID && d.CaseID == id && h.desk(one, "desk1").State == dialer.DeskReady
	})
	h.eventually("the caller and desk2 hear each other", heard(h.world.phones[1]))
	h.post(two, "/api/calls/"+string(call.ID)+"/hangup", nil)
	if err := <-caller.over; err != nil {
		t.Errorf("the caller: %v", err)
	}

	a := h.ended(call.ID)
	if a.Direction != string(dialer.Inbound) || a.Verdict.Result != dialer.Answered || a.Verdict.Counted || a.Desk != "desk2" || !a.DialledAt.IsZero() {
		t.Errorf("the attempt is %s %s, counted %v, at %s", a.Direction, a.Verdict.Result, a.Verdict.Counted, a.Desk)
	}
	for _, ev := range []dialer.EvidenceEvent{
		dialer.EvInviteReceived, dialer.EvAnswerSent, dialer.EvHeld, dialer.EvResumed, dialer.EvTransferAsked, dialer.EvConsulting, dialer.EvTransferred,
	} {
		if !strings.Contains(eventsOf(a), string(ev)) {
			t.Errorf("no %s in the ledger: %s", ev, eventsOf(a))
		}
	}
	var seen struct {
		Direction string
		Evidence  []dialer.Evidence
	}
	h.must(two.call(t.Context(), http.MethodGet, "/api/attempts/"+string(call.ID), nil, &seen))
	if seen.Direction != "inbound" || len(seen.Evidence) != len(a.Evidence) {
		t.Errorf("over HTTP it is %s with %d pieces of evidence, in the ledger %d", seen.Direction, len(seen.Evidence), len(a.Evidence))
	}
	h.must(two.call(t.Context(), http.MethodPut, "/api/attempts/"+string(call.ID)+"/result", map[string]any{
		"party": "self", "business_results": []string{"no_commitment"}, "kind": "call_back_received",
	}, nil))
	if log := h.serverLog(); strings.Contains(log, string(target.Number)) {
		t.Error("the log holds the caller's number")
	}
}

// TestAMissedCallIsCalledBack: its case waits from now on, with the reason, and may be rung though the number was reached that day.
func TestAMissedCallIsCalledBack(t *testing.T) {
	full.Only(t)
	t.Parallel()
	h := newHouse(t, houseOptions{fastCarrier: true, desks: 1, inbound: "{ring_seconds: 5}"})
	h.start()
	supervisor, operator := h.signIn("supervisor"), h.seated("operator1", "desk1")
	pool, err := labMedia(labCallPorts, 8)
	h.must(err)
	id := h.caseEnding("05")
	target, err := h.ledger.Target(t.Context(), id, "")
	h.must(err)
	reached := h.dial(operator, "desk1", id)
	h.eventually("the debtor answers", func() bool { return talkNoted(h, reached) })
	h.post(operator, "/api/calls/"+string(reached)+"/hangup", nil)
	h.ended(reached)
	h.eventually("the result may be recorded", func() bool {
		return operator.call(t.Context(), http.MethodPut, "/api/attempts/"+string(reached)+"/result",
			map[string]any{"party": "self", "business_results": []string{"no_commitment"}}, nil) == nil
	})

	h.world.phones[0].SetNeverAnswer(true)
	caller := h.calls(target.Number, pool)
	call := h.cameIn(supervisor)
	if err := <-caller.over; err == nil || caller.Log().Status != 480 {
		t.Errorf("the caller got %d, %v; want 480", caller.Log().Status, err)
	}
	a := h.ended(call.ID)
	if a.Direction != string(dialer.Inbound) || a.Verdict.Result != dialer.NoAnswer || a.Verdict.Rule != "inbound_missed" || a.Verdict.Counted || a.CaseID != id {
		t.Errorf("the attempt is %s %s (%s)", a.Direction, a.Verdict.Result, a.Verdict.Rule)
	}
	h.eventually("the case waits in the line from now on, with the reason", func() bool {
		var line struct {
			Items []struct {
				CaseID dialer.CaseID `json:"case_id"`
				Why    string
				IsDue  bool `json:"is_due"`
			}
		}
		h.must(supervisor.call(t.Context(), http.MethodGet, "/api/queue?limit=500", nil, &line))
		for _, item := range line.Items {
			if item.CaseID == id {
				return item.IsDue && strings.Contains(item.Why, "不在着信")
			}
		}
		return false
	})
	h.world.phones[0].SetNeverAnswer(false)
	back := h.dial(operator, "desk1", id)
	h.eventually("the debtor answers again", func() bool { return talkNoted(h, back) })
	h.post(operator, "/api/calls/"+string(back)+"/hangup", nil)
	if a := h.ended(back); a.Verdict.Result != dialer.Answered {
		t.Errorf("the call back ended as %s", a.Verdict.Result)
	}
}

// TestKillWhileItRings: the caller is told 503 by the restarted server, the call is missed, and its case waits.
func TestKillWhileItRings(t *testing.T) {
	t.Parallel()
	h := newHouse(t, houseOptions{fastCarrier: true, desks: 1})
	h.start()
	supervisor := h.signIn("supervisor")
	h.seated("operator1", "desk1")
	h.world.phones[0].SetNeverAnswer(true)
	pool, err := labMedia(labCallPorts, 8)
	h.must(err)
	id := h.caseEnding("05")
	target, err := h.ledger.Target(t.Context(), id, "")
	h.must(err)
	caller := h.calls(target.Number, pool)
	call := h.cameIn(supervisor)
	h.eventually("the ledger has what ends both legs", func() bool {
		return strings.Contains(eventsOf(h.attempt(call.ID)), string(dialer.EvRinging))
	})
	h.kill()
	h.start()
	if err := <-caller.over; err == nil || caller.Log().Status != 503 {
		t.Errorf("the caller got %d, %v; want 503", caller.Log().Status, err)
	}
	a := h.ended(call.ID)
	if a.Verdict.Result == dialer.Answered || a.EndedBy != dialer.ByCrash || a.Verdict.Counted || !a.AnsweredAt.IsZero() {
		t.Errorf("the attempt ended as %s by %s", a.Verdict.Result, a.EndedBy)
	}
	c, err := h.ledger.Case(t.Context(), id)
	h.must(err)
	if c.Next.State != dialer.CaseWaiting || !strings.Contains(c.Next.Why, "不在着信") || c.Next.Due.After(time.Now()) {
		t.Errorf("the case is %+v", c.Next)
	}
	h.eventually("the desk phone is let go", func() bool { return !h.world.phones[0].Calls()[0].Ended.IsZero() })
}

// TestInboundSettings: what the settings say reaches the rooms.
func TestInboundSettings(t *testing.T) {
	s := configs.Default()
	if got := inbound(s.Inbound); got != dialer.WardInbound() {
		t.Errorf("the defaults are %+v, the ward's are %+v", got, dialer.WardInbound())
	}
	got := inbound(configs.Inbound{Order: "language", RingSeconds: 20, StepSeconds: 3, OutsideHours: "ring"})
	if want := (dialer.InboundRules{Order: dialer.RingByLanguage, Ring: 20 * time.Second, Step: 3 * time.Second, RingWhenShut: true}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	s.SIP.Listen, s.SIP.Announcement = "127.0.0.1:0", "closed.wav"
	s.SIP.Trunks = []configs.Trunk{{Name: "a", Address: "127.0.0.1:5060", CallerID: "0312345678", Numbers: []string{"0312345679"}}}
	s.SIP.Desks = []configs.Desk{{ID: "desk1", User: "201", Password: "p", Languages: []string{"vi"}}}
	c, err := sipConfig(s.SIP)
	if err != nil || c.Announcement != "closed.wav" || len(c.Trunks[0].Numbers) != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	if d := desksOf(s.SIP); len(d[0].Languages) != 1 || d[0].Languages[0] != "vi" {
		t.Errorf("desks %+v", d)
	}
}

// TestLabCall: the door says in one line what became of the call.
func TestLabCall(t *testing.T) {
	for _, args := range [][]string{
		{"call"}, {"call", "--to", "0300000000"}, {"call", "--to", "0300000000@host:5060"}, {"call", "--to", "0300000000@127.0.0.1:5060", "--seconds", "0"},
	} {
		if err := runLab(t.Context(), args, streams{}); !errors.As(err, &errUsage{}) {
			t.Errorf("%v: %v", args, err)
		}
	}
	pool, err := labMedia(labCallPorts, 8)
	if err != nil {
		t.Fatal(err)
	}
	for name, busy := range map[string]bool{"answered": false, "refused": true} {
		t.Run(name, func(t *testing.T) {
			p, err := lab.NewPhone(lab.PhoneOptions{Media: pool, User: "201", Fast: true, Busy: busy})
			if err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- p.Run(context.Background()) }()
			defer func() { p.Close(); <-ended }()
			var out, errs strings.Builder
			args := []string{"lab", "call", "--to", "0300000000@" + p.Addr().String(), "--from", "0300001234", "--seconds", "1"}
			code := dispatch(t.Context(), args, streams{&out, &errs})
			if busy && (code != 1 || strings.Count(errs.String(), "\n") != 1 || !strings.Contains(errs.String(), "486")) {
				t.Errorf("%d: %s%s", code, out.String(), errs.String())
			}
			if !busy && (code != 0 || !strings.Contains(out.String(), "answered")) {
				t.Errorf("%d: %s%s", code, out.String(), errs.String())
			}
		})
	}
}
