package dialer_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
)

// TestADeskIsWorkedFromOneScreen: the later of two panels of one person asks, and the former sees that it was taken.
func TestADeskIsWorkedFromOneScreen(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.cases(1)
		at := func(screen string) dialer.Asker { a := first; a.Screen = screen; return a }
		for _, step := range []struct {
			screen   string
			takeOver bool
			want     string // the screen that has it then; empty for a refusal
		}{
			{"", false, "none"}, {"one", false, "one"}, {"one", false, "one"}, {"two", false, ""}, {"", true, "one"}, {"two", true, "two"}, {"one", false, ""},
		} {
			v, err := h.Sit(t.Context(), at(step.screen), desk1, step.takeOver)
			if step.want == "" {
				h.refused(err, dialer.DeskBusy)
				continue
			}
			if h.must(err); v.Screen != step.want && (step.want != "none" || v.Screen != "") {
				t.Errorf("%+v: %q", step, v.Screen)
			}
		}
		_, err := h.Leave(t.Context(), first, desk1)
		h.must(err)
		if v, err := h.Sit(t.Context(), at("three"), desk1, false); err != nil || v.Screen != "three" {
			t.Errorf("after leaving: %+v, %v", v, err)
		}
	})
}

func TestSeats(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(2)
		third := dialer.Asker{User: "operator3", Role: dialer.RoleOperator}
		_, err := h.Sit(t.Context(), third, desk1, false)
		h.refused(err, dialer.DeskBusy)
		_, err = h.Sit(t.Context(), third, "desk9", false)
		h.refused(err, dialer.UnknownDesk)
		_, err = h.Leave(t.Context(), third, desk1)
		h.refused(err, dialer.NotYourDesk)
		_, err = h.Leave(t.Context(), third, "desk9")
		h.refused(err, dialer.UnknownDesk)

		// Who relieves a colleague gets the case that stands there.
		_, err = h.Present(t.Context(), first, desk1, "", false)
		h.must(err)
		v, err := h.Sit(t.Context(), third, desk1, true)
		if h.must(err); v.Operator != third.User || v.CaseID != ids[0] || v.State != dialer.DeskReady {
			t.Errorf("%+v", v)
		}
		h.refused(h.click(next(first, desk1)), dialer.NotYourDesk)

		// Whoever sits down elsewhere leaves the first seat, and the case that stood there goes back.
		v, err = h.Sit(t.Context(), third, desk2, true)
		if h.must(err); v.CaseID != "" {
			t.Errorf("%+v", v)
		}
		h.deskIs(desk1, dialer.DeskEmpty, "")
		if leases := h.queue.Leases(); len(leases) != 0 {
			t.Errorf("%v", leases)
		}
		h.sit(third, desk2) // again: nothing happens

		// In a call nobody moves.
		id := h.dial(third, desk2, "")
		_, err = h.Sit(t.Context(), third, desk1, false)
		h.refused(err, dialer.DeskBusy)
		_, err = h.Sit(t.Context(), first, desk2, true)
		h.refused(err, dialer.DeskBusy)
		_, err = h.Leave(t.Context(), third, desk2)
		h.refused(err, dialer.DeskBusy)
		h.state(id, dialer.Talking)
		h.must(h.Hangup(t.Context(), third, id))
		h.ended(id)

		// A result stays owed when its operator leaves; a supervisor may empty any seat.
		_, err = h.Leave(t.Context(), supervisor, desk2)
		h.must(err)
		h.deskIs(desk2, dialer.DeskWrapUp, ids[0])
		h.sit(second, desk2)
		h.refused(h.click(next(second, desk2)), dialer.ResultIsDue)
		h.result(id, "family", dialer.CaseNext{State: dialer.CaseHeld, Why: "保留"})
		h.deskIs(desk2, dialer.DeskReady, ids[1])
	})
}

// A handset that is used outside our calls shows, and no call is put on top of it: not its operator's, no caller's, none
// that is handed on.
func TestPhoneThatIsUsedElsewhere(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.cases(2)
		shown := func(want bool) {
			t.Helper()
			synctest.Wait()
			last := false
			for _, c := range h.board.Changes() {
				if c.Type == dialer.ChangeDesk && c.Desk.ID == desk2 {
					last = c.Desk.InUseElsewhere
				}
			}
			if h.desk(desk2).InUseElsewhere != want || last != want {
				t.Errorf("it shows %v, the board %v, want %v", h.desk(desk2).InUseElsewhere, last, want)
			}
		}
		h.phone.Use("desk9", true) // nobody knows that desk
		h.phone.Use(desk2, true)
		shown(true)
		var no *dialer.Refusal
		if err := h.click(next(second, desk2)); !errors.As(err, &no) || no.Rule != dialer.DeskBusy || no.JA == dialer.Refuse(dialer.DeskBusy).JA {
			t.Errorf("the click is answered %v, want a sentence of its own", err)
		}
		caller := h.phone.Come("0300005678")
		h.incoming()
		synctest.Wait()
		if !slices.Equal(caller.Rung(), []dialer.DeskID{desk1}) {
			t.Errorf("a caller rang %v", caller.Rung())
		}
		h.phone.Use(desk2, false) // put down: now it is rung for the caller who waits
		synctest.Wait()
		if !slices.Equal(caller.Rung(), []dialer.DeskID{desk1, desk2}) {
			t.Errorf("then the caller rang %v", caller.Rung())
		}
		caller.HangUp()
		synctest.Wait()
		shown(false)

		call, _ := h.talks(first, desk1)
		h.phone.Use(desk2, true)
		h.refused(h.Transfer(t.Context(), first, call, desk2, false), dialer.DeskBusy)
		h.phone.Use(desk1, true) // what a phone says of our own call, whatever it thinks of it
		if h.desk(desk1).InUseElsewhere {
			t.Error("a desk in a call of ours is used here")
		}
		h.must(h.Hangup(t.Context(), first, call))
		h.ended(call)
	})
}

// A seat left while its result was owed is empty when that comes, and no case is presented to nobody.
func TestAResultForAnEmptySeat(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.cases(2)
		h.phone.Far(dialertest.Far{}, dialertest.Answers(sec, sec))
		id := h.dial(first, desk1, "")
		h.ended(id)
		_, err := h.Leave(t.Context(), first, desk1)
		h.must(err)
		h.result(id, "self", dialer.CaseNext{State: dialer.CaseHeld, Why: "保留"})
		h.deskIs(desk1, dialer.DeskEmpty, "")
	})
}

func TestPhonesComeAndGo(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.cases(1)
		if v := h.desk(desk1); v.Registered != nil {
			t.Errorf("nobody can know: %v", *v.Registered)
		}
		h.phone.Register(desk1, true)
		v, err := h.Sit(t.Context(), first, desk1, false)
		if h.must(err); v.Registered == nil || !*v.Registered || v.Name != "席1" {
			t.Errorf("%+v", v)
		}
		id := h.dial(first, desk1, "")
		h.state(id, dialer.Talking)
		h.phone.Register(desk1, false)
		h.phone.Register("a phone of no desk", true)
		if got := h.board.Alerts(); !slices.Equal(got, []string{"desk_gone"}) {
			t.Errorf("alerts %v", got)
		}
		if v := h.desk(desk1); v.Registered == nil || *v.Registered || v.State != dialer.DeskInCall {
			t.Errorf("%+v", v)
		}
		// Of a seat that somebody sits at without a call it is told too; of an empty one not.
		h.phone.Register(desk2, true)
		h.phone.Register(desk2, false)
		_, err = h.Leave(t.Context(), second, desk2)
		h.must(err)
		h.phone.Register(desk2, true)
		h.phone.Register(desk2, false)
		if got := h.board.Alerts(); !slices.Equal(got, []string{"desk_gone", "desk_gone"}) {
			t.Errorf("alerts %v", got)
		}
		synctest.Wait()
	})
}
