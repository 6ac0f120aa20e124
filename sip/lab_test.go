package sip

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/sip/lab"
	"kakeru/sip/media"
)

// labRig is an agent between a simulated desk phone that registers with it and a simulated carrier.
type labRig struct {
	*Agent

	phone   *lab.Phone
	carrier *lab.Carrier
}

func newLabRig(t *testing.T, change ...func(*Config)) *labRig {
	t.Helper()
	pool, err := media.NewPool(media.Config{BindIP: testConfig().Media.BindIP, PortMin: 29000, PortMax: 30999})
	if err != nil {
		t.Fatal(err)
	}
	r := &labRig{}
	r.carrier, err = lab.NewCarrier(lab.CarrierOptions{Media: pool, Fast: true, Seed: 3, T1: testTimers.T1})
	if err != nil {
		t.Fatal(err)
	}
	runLab(t, r.carrier.Run, r.carrier.Close)

	cfg := testConfig()
	cfg.Desks = []Desk{{ID: "desk1", Account: "phone1", Password: "desk secret"}}
	cfg.Trunks = []Trunk{labTrunk(r.carrier.Addr())}
	cfg.Trunks[0].User, cfg.Trunks[0].Password = "lab", "lab"
	for _, f := range change {
		f(&cfg)
	}
	r.Agent = startAgent(t, cfg)
	here := make(chan bool, 10)
	r.OnRegistered(func(_ dialer.DeskID, up bool) { here <- up })

	r.phone, err = lab.NewPhone(lab.PhoneOptions{
		Media: pool, Registrar: r.Addr(), User: "phone1", Password: "desk secret", LiftAfter: time.Hour, T1: testTimers.T1,
	})
	if err != nil {
		t.Fatal(err)
	}
	runLab(t, r.phone.Run, r.phone.Close)
	if !within(t, here, "the phone to register") {
		t.Fatal("the phone went")
	}
	return r
}

func runLab(t *testing.T, run func(context.Context) error, stop func()) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- run(context.Background()) }()
	t.Cleanup(func() {
		stop()
		if err := within(t, done, "the lab to end"); err != nil {
			t.Errorf("lab: %v", err)
		}
	})
}

// call rings the desk and then the customer, as the engine does.
func (r *labRig) call(t *testing.T, lastTwo int) (n dialer.Line, desk, customer *watched) {
	t.Helper()
	n, err := r.Prepare(t.Context(), dialer.CallOrder{
		ID: dialer.CallID(fmt.Sprintf("01234567-89ab-7def-8123-4567890000%02d", lastTwo)), Desk: "desk1", Click: dialer.NewClick("desk1"),
		Number: dialer.Number(fmt.Sprintf("03000012%02d", lastTwo)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	desk, customer = watch(n.Desk()), watch(n.Customer())
	desk.Dial()
	desk.until(t, dialer.LegAnswered)
	desk.Confirm()
	customer.Dial()
	return n, desk, customer
}

func TestLabDialPlan(t *testing.T) {
	t.Parallel()
	r := newLabRig(t)
	const hangUp, givesUp = "we hang up", "we give up"
	for _, c := range []struct {
		nn     int
		us     string
		kinds  []dialer.LegFactKind // that must come, in this order
		status int                  // of a refusal
		cause  int
	}{
		{0, hangUp, []dialer.LegFactKind{dialer.LegRinging, dialer.LegAnswered}, 0, 0},
		{40, givesUp, []dialer.LegFactKind{dialer.LegRinging}, 487, 0},
		{41, "", nil, 486, 0},
		{42, "", []dialer.LegFactKind{dialer.LegEarly}, 404, 1},
		{43, "", nil, 480, 20},
		{44, hangUp, []dialer.LegFactKind{dialer.LegRinging, dialer.LegAnswered}, 0, 0},
		{45, "", nil, 603, 0},
		{46, "", nil, 503, 0},
		{47, "", nil, 410, 0},
		{48, givesUp, nil, 0, 0},
		{49, hangUp, []dialer.LegFactKind{dialer.LegAnswered}, 0, 0},
		{50, hangUp, []dialer.LegFactKind{dialer.LegRinging, dialer.LegAnswered}, 0, 0},
		{51, "", []dialer.LegFactKind{dialer.LegRinging, dialer.LegAnswered}, 0, 0},
		{52, "", nil, 484, 0},
		{53, hangUp, []dialer.LegFactKind{dialer.LegRinging, dialer.LegEarly, dialer.LegAnswered}, 0, 0},
		{54, hangUp, []dialer.LegFactKind{dialer.LegRinging, dialer.LegAnswered}, 0, 0},
		{55, hangUp, []dialer.LegFactKind{dialer.LegRinging, dialer.LegAnswered}, 0, 0},
		{56, givesUp, []dialer.LegFactKind{dialer.LegRinging}, 0, 0},
		{57, "", []dialer.LegFactKind{dialer.LegRinging, dialer.LegAnswered}, 0, 0},
	} {
		t.Run(fmt.Sprint(c.nn), func(t *testing.T) {
			n, desk, w := r.call(t, c.nn)
			for _, kind := range c.kinds {
				w.until(t, kind)
				switch kind {
				case dialer.LegEarly:
					n.HearEarly()
				case dialer.LegAnswered:
					w.Confirm()
					n.Join()
				default:
				}
			}
			switch {
			case c.us != "":
				if c.nn == 48 {
					w.untilEvent(t, dialer.EvTrying)
				}
				w.Drop()
			case c.nn == 57:
				w.untilEvent(t, dialer.EvChanged)
				w.untilEvent(t, dialer.EvChanged)
				w.Drop()
			}
			if f := w.gone(t); f.FarEnded != (c.us == "" && c.nn != 57) {
				t.Errorf("far_ended is %v", f.FarEnded)
			}
			if got := final(w); got.Status != c.status || got.Cause != c.cause {
				t.Errorf("final %d cause %d, want %d and %d", got.Status, got.Cause, c.status, c.cause)
			}
			if w.saw(dialer.EvCrossed) != (c.nn == 56) || w.saw(dialer.EvChallenged) != (c.nn == 54) {
				t.Errorf("evidence: %v", w.kinds())
			}
			desk.Drop()
			desk.gone(t)
			n.Close()
		})
	}
	all := func() []lab.CallLog { return append(r.carrier.Calls(), r.phone.Calls()...) }
	eventually(t, "no far end is left in a call", func() bool {
		return !slices.ContainsFunc(all(), func(c lab.CallLog) bool { return c.Up })
	})
	for _, c := range all() {
		if c.EndedBy == lab.EndedNoAck {
			t.Errorf("an answer was never acknowledged: %+v", c)
		}
	}
}

// final is the evidence of the final answer; zero when there was none.
func final(w *watched) dialer.Evidence {
	for _, f := range w.all {
		if f.Evidence.Event == dialer.EvFinal {
			return f.Evidence
		}
	}
	return dialer.Evidence{}
}

func TestBridgedCallCarriesSound(t *testing.T) {
	t.Parallel()
	r := newLabRig(t)
	n, desk, w := r.call(t, 0)
	w.until(t, dialer.LegAnswered)
	w.Confirm()
	n.Join()
	eventually(t, "both ends hear each other", func() bool {
		phone, carrier := r.phone.Calls(), r.carrier.Calls()
		return len(phone) == 1 && phone[0].RTPLoud > 5 && len(carrier) == 1 && carrier[0].RTPLoud > 5
	})
	if c := r.phone.Calls()[0]; !c.AutoAnswer {
		t.Error("the phone did not answer by our header")
	}
	w.Drop()
	desk.Drop()
	w.gone(t)
	desk.gone(t)
}

func TestOperatorHearsRingback(t *testing.T) {
	t.Parallel()
	r := newLabRig(t)
	_, desk, w := r.call(t, 40)
	w.until(t, dialer.LegRinging)
	eventually(t, "the operator hears the ringback", func() bool {
		calls := r.phone.Calls()
		return len(calls) == 1 && calls[0].RTPLoud > 5
	})
	w.Drop()
	desk.Drop()
	w.gone(t)
	desk.gone(t)
}

func TestOperatorHearsTheNetwork(t *testing.T) {
	t.Parallel()
	r := newLabRig(t)
	n, desk, w := r.call(t, 42)
	w.until(t, dialer.LegEarly)
	n.HearEarly()
	n.HearEarly()
	eventually(t, "the announcement is heard", func() bool {
		calls := r.phone.Calls()
		return len(calls) == 1 && calls[0].RTPLoud > 3
	})
	w.gone(t)
	desk.Drop()
	desk.gone(t)
}
