package sip

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
	"kakeru/sip/lab"
	"kakeru/sip/media"
)

// tested runs a test call beside the test.
func (r *rig) tested(ctx context.Context, t dialer.DeskTest) chan dialer.DeskTestReport {
	out := make(chan dialer.DeskTestReport, 1)
	go func() {
		report, err := r.TestDesk(ctx, t)
		if err != nil {
			report.End = dialer.DeskTestEnd(err.Error())
		}
		out <- report
	}()
	return out
}

// A phone that is asked to pick up by itself hears the tone, then itself, and we hear it. Nothing leaves by the trunk.
func TestATestCallIsHeardBothWays(t *testing.T) {
	t.Parallel()
	r := newLabRig(t)
	before := len(r.carrier.Calls())
	report, err := r.TestDesk(t.Context(), dialer.DeskTest{Desk: "desk1", Click: dialer.NewClick("desk1"), Ring: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if report.End != dialer.TestDone || !report.Auto || report.RangAfter == nil || report.AnsweredAfter == nil || report.Codec == "" {
		t.Errorf("it says %+v", report)
	}
	if report.Sent < 50 || report.Heard < 50 {
		t.Errorf("sent %d, heard %d packets", report.Sent, report.Heard)
	}
	if report.Registered == nil || !*report.Registered {
		t.Error("the phone is registered")
	}
	if n := len(r.carrier.Calls()); n != before {
		t.Errorf("the carrier has %d entries more", n-before)
	}
	if lines := r.metrics.lines(); len(lines) != 0 {
		t.Errorf("%d lines are left", len(lines))
	}
}

// Without a click the phone rings, and is asked nothing; a person who does not come ends it.
func TestATestCallRingsWithoutAClick(t *testing.T) {
	t.Parallel()
	r := newLabRig(t)
	report, err := r.TestDesk(t.Context(), dialer.DeskTest{Desk: "desk1", Ring: 300 * time.Millisecond})
	if err != nil || report.End != dialer.TestNoAnswer || report.Auto || report.RangAfter == nil || report.AnsweredAfter != nil || report.Codec != "" {
		t.Errorf("it says %+v, %v", report, err)
	}
}

func TestATestCallSaysHowThePhoneRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	out := r.tested(t.Context(), dialer.DeskTest{Desk: "desk1", Ring: time.Second})
	req := r.desk.request(t, sip.INVITE)
	if len(req.GetHeaders("Call-Info")) > 0 {
		t.Error("without a click it is asked to pick up")
	}
	r.desk.reply(req, say{status: 486, tag: "d"})
	report := within(t, out, "the report")
	if report.End != dialer.TestDeclined || report.Status != 486 || report.AnsweredAfter != nil {
		t.Errorf("it says %+v", report)
	}
}

func TestATestCallOfASilentPhone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	report := within(t, r.tested(t.Context(), dialer.DeskTest{Desk: "desk1", Ring: 200 * time.Millisecond}), "the report")
	if report.End != dialer.TestSilent || report.RangAfter != nil {
		t.Errorf("it says %+v", report)
	}
}

// Whoever asked goes away: the phone rings no longer.
func TestATestCallIsCancelled(t *testing.T) {
	t.Parallel()
	r := newLabRig(t)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(200*time.Millisecond, cancel)
	report, err := r.TestDesk(ctx, dialer.DeskTest{Desk: "desk1", Ring: time.Minute})
	if err != nil || report.End != dialer.TestCancelled {
		t.Errorf("it says %+v, %v", report, err)
	}
}

func TestATestCallOfAPhoneThatIsNotThere(t *testing.T) {
	t.Parallel()
	cfg := testConfig()
	cfg.Desks = []Desk{{ID: "desk1", Account: "phone1", Password: "desk secret"}}
	cfg.Trunks = []Trunk{labTrunk(netipLocal)}
	a := startAgent(t, cfg)
	for id, rule := range map[dialer.DeskID]dialer.Rule{"desk1": dialer.DeskUnregistered, "desk9": dialer.UnknownDesk} {
		_, err := a.TestDesk(t.Context(), dialer.DeskTest{Desk: id, Ring: time.Second})
		if no := (*dialer.Refusal)(nil); !errors.As(err, &no) || no.Rule != rule {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// The person hangs up in the middle.
func TestATestCallIsHungUpAtThePhone(t *testing.T) {
	t.Parallel()
	pool, err := media.NewPool(media.Config{BindIP: testConfig().Media.BindIP, PortMin: 29000, PortMax: 30999})
	if err != nil {
		t.Fatal(err)
	}
	cfg := testConfig()
	cfg.Desks = []Desk{{ID: "desk1", Account: "phone1", Password: "desk secret"}}
	cfg.Trunks = []Trunk{labTrunk(netipLocal)}
	a := startAgent(t, cfg)
	here := make(chan bool, 10)
	a.OnRegistered(func(_ dialer.DeskID, up bool) { here <- up })
	phone, err := lab.NewPhone(lab.PhoneOptions{
		Media: pool, Registrar: a.Addr(), User: "phone1", Password: "desk secret", LiftAfter: 50 * time.Millisecond, T1: testTimers.T1,
	})
	if err != nil {
		t.Fatal(err)
	}
	runLab(t, phone.Run, phone.Close)
	within(t, here, "the phone to register")
	type told struct {
		report dialer.DeskTestReport
		err    error
	}
	out := make(chan told, 1)
	go func() {
		report, err := a.TestDesk(t.Context(), dialer.DeskTest{Desk: "desk1", Ring: 5 * time.Second})
		out <- told{report, err}
	}()
	eventually(t, "the person hangs up", func() bool {
		if calls := phone.Calls(); len(calls) > 0 && calls[0].Up && calls[0].Acks > 0 {
			phone.Hangup()
		}
		return len(out) > 0
	})
	got := <-out
	report, err := got.report, got.err
	if err != nil || report.End != dialer.TestHungUp || report.AnsweredAfter == nil {
		t.Errorf("it says %+v, %v", report, err)
	}
}
