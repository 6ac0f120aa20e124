package sip

import (
	"testing"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// TestCompletedElsewhere reads what may stand in a CANCEL.
func TestCompletedElsewhere(t *testing.T) {
	for _, c := range []struct {
		headers []string
		want    bool
	}{
		{nil, false},
		{[]string{`SIP;cause=200;text="Call completed elsewhere"`}, true},
		{[]string{"SIP;cause=200"}, true},
		{[]string{`sip ; text="anything; cause=487, SIP;cause=600" ; CAUSE = 200`}, true},
		{[]string{`Q.850;cause=26;text="a, \"b\"", SIP;cause=200`}, true},
		{[]string{"Q.850;cause=26", "SIP;cause=200"}, true},
		{[]string{"SIP;cause=200, SIP;cause=200"}, true},
		{[]string{"SIP;cause=200", "SIP;cause=487"}, false},
		{[]string{"SIP;cause=487, SIP;cause=200"}, false},
		{[]string{`SIP;cause=487;text="ORIGINATOR_CANCEL"`}, false},
		{[]string{`SIP;cause=600;text="Busy everywhere"`}, false},
		{[]string{`Q.850;cause=16;text="SIP;cause=200"`}, false},
		{[]string{`Q.850;cause=16;text=", SIP;cause=200"`}, false},
		{[]string{"Q.850;cause=200"}, false},
		{[]string{"SIPS;cause=200"}, false},
		{[]string{`SIP;text="Call completed elsewhere"`}, false},
		{[]string{"SIP;cause=2000"}, false},
		{[]string{"SIP;cause=-200"}, false},
		{[]string{"SIP;cause=65736"}, false}, // 200, in sixteen bits
		{[]string{"SIP;xcause=200"}, false},
		{[]string{"SIP"}, false},
		{[]string{""}, false},
	} {
		if got := completedElsewhere(c.headers); got != c.want {
			t.Errorf("%q: %v, want %v", c.headers, got, c.want)
		}
	}
}

// TestACallThatAnotherTook ends as such: whatever way its peer writes that, and by no other reason.
func TestACallThatAnotherTook(t *testing.T) {
	for headers, want := range map[string]dialer.EvidenceEvent{
		"Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n":                  dialer.EvElsewhere,
		"REASON: Q.850;cause=26\r\nreason: sip;\r\n cause=200;\r\n\ttext=\"x, y\"\r\n": dialer.EvElsewhere,
		"Reason: SIP;cause=487\r\n":  dialer.EvCancelReceived,
		"Subject: SIP;cause=200\r\n": dialer.EvCancelReceived,
		"":                           dialer.EvCancelReceived,
		"Reason: Q.850;text=\";SIP;cause=200\"\r\n": dialer.EvCancelReceived,
	} {
		t.Run(headers, func(t *testing.T) {
			t.Parallel()
			b := newSwitchboard(t)
			d, _, desk, caller := b.comesIn(t)
			d.cancels(headers)
			d.status(t, 487)
			d.say("NACK", 1, "")
			if f := caller.gone(t); !f.FarEnded || !caller.saw(want) {
				t.Errorf("%v", caller.kinds())
			}
			desk.Drop()
			desk.gone(t)
		})
	}
}

// TestOnlyTheTrunkSaysThatAnotherTookTheCall: what comes from any other address ends it as a CANCEL does, and is not believed.
func TestOnlyTheTrunkSaysThatAnotherTookTheCall(t *testing.T) {
	b := newSwitchboard(t)
	d, _, desk, caller := b.comesIn(t)
	leg := caller.Leg.(*leg)
	cancel := sip.NewRequest(sip.CANCEL, sip.Uri{Host: "127.0.0.1"})
	cancel.AppendHeader(sip.NewHeader("Reason", "SIP;cause=200"))
	for source, want := range map[string]bool{b.trunk.addr.String(): true, "192.0.2.66:5060": false} {
		cancel.SetSource(source)
		if got := leg.takenElsewhere(cancel); got != want {
			t.Errorf("from %s: %v", source, got)
		}
	}
	d.say("CANCEL", 1, "")
	d.status(t, 487)
	d.say("NACK", 1, "")
	caller.gone(t)
	desk.Drop()
	desk.gone(t)
}
