package dialer_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
)

func someSound(mos float64) *dialer.Sound {
	return &dialer.Sound{Packets: 240, Lost: 10, Jitter: 4 * time.Millisecond, MOS: mos, WorstMOS: mos - 1}
}

func TestGrades(t *testing.T) {
	for mos, want := range map[float64]dialer.Grade{4.41: dialer.Good, 4: dialer.Good, 3.99: dialer.Fair, 3.6: dialer.Fair, 3.59: dialer.Poor, 1: dialer.Poor} {
		if got := dialer.GradeOf(mos); got != want {
			t.Errorf("%g is %s, want %s", mos, got, want)
		}
	}
	for s, want := range map[dialer.Sound]float64{{Packets: 240, Lost: 10}: 4, {Packets: 10, Lost: -2}: 0, {}: 0} {
		if got := s.LossPercent(); got != want {
			t.Errorf("%+v lost %g %%", s, got)
		}
	}
}

// The panel sees how a talk sounds as it goes on, and the attempt keeps how it sounded, in the spool too.
func TestHowATalkSoundsIsShownAndKept(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		call, _ := h.talks(first, desk1)
		time.Sleep(20 * time.Second)
		if v := h.board.Last(call); v.Quality != nil {
			t.Errorf("nothing is known, and shown: %+v", v.Quality)
		}
		before := len(h.board.Changes())
		h.phone.Sounds(call, dialer.Quality{Customer: dialer.LegQuality{In: someSound(4.2)}})
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if v := h.board.Last(call); v.Quality == nil || v.Quality.Customer.In.MOS != 4.2 || v.Quality.Desk.In != nil {
			t.Fatalf("shown: %+v", v.Quality)
		}
		if n := len(h.board.Changes()) - before; n < 3 || n > 5 {
			t.Errorf("shown %d times in 20 s", n)
		}
		last := dialer.Quality{Desk: dialer.LegQuality{Out: someSound(3.9)}, Customer: dialer.LegQuality{In: someSound(3.1)}}
		h.phone.Sounds(call, last)
		h.ledger.Break("End", dialertest.Fault{Hang: true})
		h.must(h.Hangup(t.Context(), first, call))
		a := h.ended(call)
		h.ledger.Break("End", dialertest.Fault{})
		if q := a.End.Quality; q == nil || *q.Customer.In != *last.Customer.In || *q.Desk.Out != *last.Desk.Out || h.ledger.Spooled() != 1 {
			t.Errorf("kept: %+v, %d in the spool", q, h.ledger.Spooled())
		}
		if v := h.board.Last(call); v.State != dialer.Ended || v.Quality == nil || v.Quality.Customer.In.MOS != 3.1 {
			t.Errorf("shown at last: %+v", v)
		}
		before = len(h.board.Changes())
		time.Sleep(time.Minute)
		if n := len(h.board.Changes()); n != before {
			t.Errorf("a call that is over was shown %d times more", n-before)
		}
	})
}

// Sound that stops is one alert, with the side; another when it comes back; and both stand in the record.
func TestSilenceIsToldOnce(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		call, _ := h.talks(first, desk1)
		for _, c := range []struct {
			leg    dialer.LegName
			event  dialer.EvidenceEvent
			silent dialer.Silence
			alert  string // what is told of it; empty for nothing
		}{
			{dialer.DeskLeg, dialer.EvSoundBack, "", ""}, // it never was away
			{dialer.CustomerLeg, dialer.EvOneWay, dialer.SilentCustomer, "one_way_audio"},
			{dialer.CustomerLeg, dialer.EvOneWay, dialer.SilentCustomer, ""},
			{dialer.CustomerLeg, dialer.EvDeadAir, dialer.SilentBoth, "dead_air"},
			{dialer.DeskLeg, dialer.EvOneWay, dialer.SilentDesk, "one_way_audio"},
			{dialer.DeskLeg, dialer.EvSoundBack, "", "sound_back"},
		} {
			before := len(h.board.Alerts())
			h.phone.Silent(call, c.leg, c.event)
			synctest.Wait()
			if v := h.board.Last(call); v.Silent != c.silent {
				t.Errorf("%s of the %s leg: %q is shown as silent, want %q", c.event, c.leg, v.Silent, c.silent)
			}
			told := h.board.Alerts()[before:]
			if want := c.alert; want == "" && len(told) > 0 || want != "" && !slices.Equal(told, []string{want}) {
				t.Errorf("%s of the %s leg: alerts %v, want %q", c.event, c.leg, told, want)
			}
		}
		for _, c := range h.board.Changes() {
			if a := c.Alert; a != nil && (a.CallID != call || a.Desk != desk1 || a.Text == "" || a.TextEN == "") {
				t.Errorf("%+v", a)
			}
		}
		h.phone.Silent(call, dialer.CustomerLeg, dialer.EvOneWay)
		synctest.Wait()
		h.must(h.Hangup(t.Context(), first, call))
		h.ended(call)
		if ev := h.evidence(call); !slices.Contains(ev, dialer.EvOneWay) || !slices.Contains(ev, dialer.EvDeadAir) || !slices.Contains(ev, dialer.EvSoundBack) {
			t.Errorf("%v", ev)
		}
		if v := h.board.Last(call); v.Silent != "" {
			t.Errorf("a call that is over is shown as silent: %q", v.Silent)
		}
	})
}

// What the customer's sound seems to be is shown while it is likely, and stands in the record; nothing comes of it.
func TestHintsAreShown(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		call, _ := h.talks(first, desk1)
		recorder, sure := dialer.Hint{Kind: dialer.HintRecorder, Confidence: 0.6}, dialer.Hint{Kind: dialer.HintRecorder, Confidence: 0.95}
		beep := dialer.Hint{Kind: dialer.HintBeep, Confidence: 0.8}
		for _, c := range []struct {
			told dialer.Hint
			want []dialer.Hint
		}{
			{recorder, []dialer.Hint{recorder}},
			{beep, []dialer.Hint{recorder, beep}},
			{sure, []dialer.Hint{beep, sure}},
			{dialer.Hint{Kind: dialer.HintRecorder, Confidence: 0.2}, []dialer.Hint{beep}},
		} {
			h.phone.Heard(call, c.told)
			synctest.Wait()
			if v := h.board.Last(call); !slices.Equal(v.Hints, c.want) || v.State != dialer.Talking {
				t.Errorf("after %s: %v, %s", c.told.Reason(), v.Hints, v.State)
			}
		}
		h.must(h.Hangup(t.Context(), first, call))
		h.ended(call)
		if ev := h.evidence(call); !slices.Contains(ev, dialer.EvHeard) {
			t.Errorf("%v", ev)
		}
	})
}

// A call that came in sounds as well.
func TestHowACallThatCameInSounded(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		caller := h.phone.Come(dialertest.NewNumber())
		synctest.Wait()
		caller.Lift(desk1)
		synctest.Wait()
		calls := h.Calls()
		if len(calls) != 1 || calls[0].State != dialer.Talking {
			t.Fatalf("%+v", calls)
		}
		h.phone.Sounds(calls[0].ID, dialer.Quality{Desk: dialer.LegQuality{In: someSound(4.3)}})
		caller.HangUp()
		if a := h.ended(calls[0].ID); a.End.Quality == nil || a.End.Quality.Desk.In.MOS != 4.3 {
			t.Errorf("%+v", a.End.Quality)
		}
	})
}
