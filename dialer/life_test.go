package dialer_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
)

const sec = time.Second

// The whole life for every kind of far end: what the ledger has of it, and where the case and the desk are left.
func TestLife(t *testing.T) {
	answered, dies := dialertest.Answers(4*sec, 20*sec), dialertest.Far{Kind: dialertest.FarDies, After: 3 * sec}
	mute := func(ring time.Duration) dialertest.Far { return dialertest.Far{Kind: dialertest.FarMute, Ring: ring} }
	for _, c := range []struct {
		name           string
		desk, customer dialertest.Far
		result         dialer.Result
		rule           string
		by             dialer.EndedBy
		counted        bool
		waits          time.Duration // until the case is due again; 0: at once, -1: it does not wait
		states         []dialer.State
	}{
		{"a talk", dialertest.Far{}, answered, dialer.Answered, "answered", dialer.ByCustomer, true, -1, nil},
		{"a talk that the desk ends", dialertest.Answers(sec, 40*sec), dialertest.Answers(4*sec, 0), dialer.Answered, "answered", dialer.ByOperator, true, -1, nil},
		{"a talk without end", dialertest.Far{}, dialertest.Answers(4*sec, 0), dialer.Answered, "answered", dialer.ByTalkLimit, true, -1, nil},
		{"nobody there", dialertest.Far{}, dialertest.RingsForEver(), dialer.NoAnswer, "ring_limit", dialer.ByRingLimit, true, time.Hour, nil},
		{"early media, nobody there", dialertest.Far{}, dialertest.Far{Kind: dialertest.FarRings, Early: true}, dialer.NoAnswer, "ring_limit", dialer.ByRingLimit, true, time.Hour, nil},
		{"busy", dialertest.Far{}, dialertest.Rejects(0, 486, 17), dialer.Busy, "busy", dialer.ByNetwork, true, 5 * time.Minute, nil},
		{"busy after a long ring", dialertest.Far{}, dialertest.Rejects(20*sec, 486, 17), dialer.NoAnswer, "busy_after_long_ring", dialer.ByNetwork, true, time.Hour, nil},
		{"no such number", dialertest.Far{}, dialertest.Rejects(sec, 404, 1), dialer.Unallocated, "unallocated", dialer.ByNetwork, true, 23 * time.Hour, nil},
		{"switched off", dialertest.Far{}, dialertest.Rejects(sec, 480, 20), dialer.OutOfReach, "out_of_reach", dialer.ByNetwork, true, time.Hour, nil},
		{"refused", dialertest.Far{}, dialertest.Rejects(sec, 603, 21), dialer.Refused, "refused", dialer.ByNetwork, true, -1, nil},
		{"trouble at once", dialertest.Far{}, dialertest.Rejects(0, 503, 0), dialer.LineTrouble, "trouble_at_once", dialer.ByNetwork, false, 5 * time.Minute, nil},
		{"nothing at all", dialertest.Far{}, dialertest.Silent(), dialer.LineTrouble, "silent_network", dialer.ByRingLimit, false, time.Hour, nil},
		{"answers as we give up", dialertest.Far{}, dialertest.Far{Kind: dialertest.FarCrosses}, dialer.NoAnswer, "crossed_limit", dialer.ByRingLimit, true, time.Hour, nil},
		{"answers late", dialertest.Far{}, dialertest.Far{Kind: dialertest.FarCrosses, Late: true}, dialer.NoAnswer, "crossed_limit", dialer.ByRingLimit, true, time.Hour, nil},
		{"answers at once, unusably", dialertest.Far{}, mute(-1), dialer.LineTrouble, "answered_unusable", dialer.ByNetwork, true, time.Hour, nil},
		{"rings, and answers unusably", dialertest.Far{}, mute(sec), dialer.LineTrouble, "answered_unusable", dialer.ByNetwork, true, time.Hour, nil},
		{"a debtor who dies on us", dialertest.Answers(0, 30*sec), dies, dialer.Answered, "answered", dialer.ByOperator, true, -1, nil},
		{"the desk does not pick up", dialertest.RingsForEver(), answered, dialer.NotDialled, "never_sent", dialer.ByDeskLimit, false, 0, nil},
		{"the desk declines", dialertest.Rejects(2*sec, 486, 0), answered, dialer.NotDialled, "never_sent", dialer.ByOperator, false, 0, nil},
		{"the desk phone is dead", dialertest.Silent(), answered, dialer.NotDialled, "never_sent", dialer.ByDeskLimit, false, 0, nil},
		{"the desk answers as we give up", dialertest.Far{Kind: dialertest.FarCrosses}, answered, dialer.NotDialled, "never_sent", dialer.ByDeskLimit, false, 0, nil},
		{"the desk answers late", dialertest.Far{Kind: dialertest.FarCrosses, Late: true}, answered, dialer.NotDialled, "never_sent", dialer.ByDeskLimit, false, 0, nil},
		{"the desk hangs up while it rings", dialertest.Answers(sec, 10*sec), dialertest.RingsForEver(), dialer.Cancelled, "cancelled", dialer.ByOperator, false, time.Hour, nil},
		{"the desk hangs up late", dialertest.Answers(sec, 20*sec), dialertest.RingsForEver(), dialer.Cancelled, "cancelled_rang_long", dialer.ByOperator, true, time.Hour, nil},
		{"a phone that breaks its promise", dialertest.Far{}, dialertest.Far{Kind: dialertest.FarLies}, dialer.Answered, "answered", dialer.ByTalkLimit, true, -1, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			inHouse(t, func(t *testing.T, h *house) {
				ids := h.cases(2)
				h.phone.Far(c.desk, c.customer)
				clicked := time.Now()
				id := h.dial(first, desk1, "")
				a := h.ended(id)
				v := a.End.Verdict
				if v.Result != c.result || v.Rule != c.rule || a.End.EndedBy != c.by || v.Counted != c.counted || v.Why == "" {
					t.Errorf("got %+v by %s", v, a.End.EndedBy)
				}
				h.checkLife(a, c.result)
				checkWaits(t, h.ledger.Case(ids[0]).Next, c.waits, clicked, a.End.EndedAt)
				if c.result == dialer.Answered {
					h.deskIs(desk1, dialer.DeskWrapUp, ids[0])
				} else {
					next := ids[1]
					if c.waits == 0 {
						next = ids[0] // its place was the first
					}
					h.deskIs(desk1, dialer.DeskReady, next)
				}
			})
		})
	}
}

// checkLife checks what holds of every attempt that has ended.
func (h *house) checkLife(a dialertest.Attempt, result dialer.Result) {
	h.t.Helper()
	id := a.Reservation.ID
	if n := h.phone.Did(id, dialer.CustomerLeg, "dial"); (n == 1) != (result != dialer.NotDialled) || n > 1 {
		h.t.Errorf("%s, and the customer was dialled %d times", result, n)
	}
	for i, ev := range a.End.Evidence {
		if ev.At.IsZero() || ev.Leg == "" || ev.Event == "" {
			h.t.Errorf("evidence %d is not whole: %+v", i, ev)
		}
		if noted, ok := a.Evidence[i]; ok && noted != ev {
			h.t.Errorf("evidence %d was noted as %+v, and ended as %+v", i, noted, ev)
		}
	}
	states := h.board.States(id)
	if !slices.IsSortedFunc(states, func(a, b dialer.State) int { return slices.Index(dialer.States, a) - slices.Index(dialer.States, b) }) {
		h.t.Errorf("shown going back: %v", states)
	}
	last := h.board.Last(id)
	if last.State != dialer.Ended || last.Verdict == nil || *last.Verdict != a.End.Verdict || last.EndedBy != a.End.EndedBy {
		h.t.Errorf("shown last as %+v", last)
	}
}

func checkWaits(t *testing.T, next dialer.CaseNext, waits time.Duration, clicked, ended time.Time) {
	t.Helper()
	switch {
	case waits < 0:
		if next.State == dialer.CaseWaiting || next.Why == "" {
			t.Errorf("it waits: %+v", next)
		}
	case waits == 0:
		if next.State != dialer.CaseWaiting || next.Due.After(clicked) {
			t.Errorf("it does not stand where it stood: %+v", next)
		}
	case next.State != dialer.CaseWaiting || next.Due.Before(ended.Add(waits-time.Hour/2)) || next.Why == "":
		t.Errorf("it waits %+v, want about %v after %v", next, waits, ended)
	}
}

// The order of what the phone is asked, for one talk: the customer only after the desk answered; the ACK of each answer.
func TestLifeInOrder(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.cases(1)
		h.ledger.Break("Note", dialertest.Fault{Slow: time.Millisecond}) // so that the ACK comes after the media
		h.phone.Far(dialertest.Answers(sec, 0), dialertest.Far{Kind: dialertest.FarAnswers, Early: true, After: 4 * sec})
		id := h.dial(first, desk1, "")
		h.state(id, dialer.CallingDesk)
		h.state(id, dialer.CallingCustomer)
		h.state(id, dialer.Talking)
		if v, _ := h.Call(id); !v.EarlyMedia || v.AnsweredAt.IsZero() || v.DialledAt.IsZero() || v.Operator != op1 || v.DeskInvitedAt().IsZero() {
			t.Errorf("shown as %+v", v)
		}
		time.Sleep(time.Minute)
		h.must(h.Hangup(t.Context(), first, id))
		h.ended(id)
		want := []string{
			"dial desk", "confirm desk", "dial customer", "hear_early customer", "join customer", "confirm customer",
			"drop customer", "drop desk",
		}
		if got := h.deeds(id); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		all := []dialer.State{dialer.CallingDesk, dialer.CallingCustomer, dialer.Talking, dialer.Ending, dialer.Ended}
		if got := h.board.States(id); !slices.Equal(got, all) {
			t.Errorf("shown %v", got)
		}
	})
}

// A button ends a call in every state it can be in, at once.
func TestHangupInEveryState(t *testing.T) {
	for _, c := range []struct {
		state          dialer.State
		desk, customer dialertest.Far
		result         dialer.Result
	}{
		{dialer.CallingDesk, dialertest.RingsForEver(), dialertest.Far{}, dialer.NotDialled},
		{dialer.CallingCustomer, dialertest.Far{}, dialertest.RingsForEver(), dialer.Cancelled},
		{dialer.Talking, dialertest.Far{}, dialertest.Far{}, dialer.Answered},
		{dialer.Ending, dialertest.Far{Kind: dialertest.FarDies}, dialertest.Rejects(0, 486, 17), dialer.Busy},
	} {
		t.Run(string(c.state), func(t *testing.T) {
			inHouse(t, func(t *testing.T, h *house) {
				h.cases(1)
				h.phone.Far(c.desk, c.customer)
				id := h.dial(first, desk1, "")
				h.state(id, c.state)
				h.refused(h.Hangup(t.Context(), second, id), dialer.NotYourDesk)
				asked := time.Now()
				h.must(h.Hangup(t.Context(), first, id))
				h.must(h.Hangup(t.Context(), supervisor, id)) // pressed twice
				a := h.ended(id)
				if a.End.Verdict.Result != c.result {
					t.Errorf("result %+v", a.End.Verdict)
				}
				if c.state != dialer.Ending && time.Since(asked) > sec {
					t.Errorf("it took %v", time.Since(asked))
				}
				if err := h.Hangup(t.Context(), first, id); err == nil {
					t.Error("a call that has ended was hung up")
				}
			})
		})
	}
}

// A busy debtor is busy, also when the desk phone takes half a minute to be given up.
func TestHowLongItRangIsNotHowLongTheDeskTook(t *testing.T) {
	for status, want := range map[int]string{486: "busy", 503: "trouble_at_once"} {
		inHouse(t, func(t *testing.T, h *house) {
			h.cases(1)
			h.phone.Far(dialertest.Far{Kind: dialertest.FarDies}, dialertest.Far{Kind: dialertest.FarRejects, Ring: -1, After: 2 * sec, Status: status})
			if a := h.ended(h.dial(first, desk1, "")); a.End.Verdict.Rule != want || a.End.EndedAt.Sub(a.End.StartedAt) < 30*sec {
				t.Errorf("%d: %+v", status, a.End)
			}
		})
	}
}

// After 14 s of ringing a click is no 架電, however long the desk phone then takes.
func TestCancelledShortIsNotCounted(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.cases(1)
		h.phone.Far(dialertest.Far{Kind: dialertest.FarDies}, dialertest.RingsForEver())
		id := h.dial(first, desk1, "")
		h.state(id, dialer.CallingCustomer)
		time.Sleep(14 * sec)
		h.must(h.Hangup(t.Context(), first, id))
		if a := h.ended(id); a.End.Verdict.Rule != "cancelled" || a.End.Verdict.Counted {
			t.Errorf("%+v", a.End.Verdict)
		}
	})
}

// A flood of evidence while the ledger hangs holds up no hang-up.
func TestAFloodHoldsUpNothing(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.cases(1)
		id := h.dial(first, desk1, "")
		h.state(id, dialer.Talking)
		h.ledger.Break("", dialertest.Fault{Hang: true})
		for range 600 {
			h.must(h.Hangup(t.Context(), first, id))
		}
		asked := time.Now()
		h.state(id, dialer.Ended)
		if took := time.Since(asked); took > sec {
			t.Errorf("the hang-up took %v", took)
		}
		h.ledger.Break("", dialertest.Fault{})
		asks := 0
		for _, ev := range h.ended(id).End.Evidence {
			if ev.Event == dialer.EvHangupAsked {
				asks++
			}
		}
		if asks != 50 { // the others are counted
			t.Errorf("%d pieces of evidence say that the end was asked for", asks)
		}
	})
}

func TestTheCallIsShownWhileItLives(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(2)
		a, b := h.dial(first, desk1, ids[0]), h.dial(second, desk2, ids[1])
		h.state(a, dialer.Talking)
		h.state(b, dialer.Talking)
		live := h.Calls()
		if len(live) != 2 || live[0].ID > live[1].ID || live[0].CaseID == live[1].CaseID {
			t.Errorf("%+v", live)
		}
		h.deskIs(desk1, dialer.DeskInCall, ids[0])
		h.must(h.Hangup(t.Context(), first, a))
		h.ended(a)
		if live := h.Calls(); len(live) != 1 || live[0].ID != b {
			t.Errorf("%+v", live)
		}
		synctest.Wait()
	})
}
