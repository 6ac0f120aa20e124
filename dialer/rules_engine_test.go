package dialer_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
)

// by opens the house again by other rules.
func (h *house) by(change func(*dialer.Deps)) {
	h.t.Helper()
	h.close()
	change(&h.deps)
	h.open()
	h.sit(first, desk1)
	h.sit(second, desk2)
}

func clock(hour, minute int) time.Time {
	return time.Date(2026, 11, 24, hour, minute, 0, 0, dialer.Tokyo)
}

// A case that was called as often as its cap allows is put off with the reason; a supervisor with a reason may call it.
func TestACaseIsCalledNoOftenerThanItsCap(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.by(func(d *dialer.Deps) { d.Rules.Caps.PerDay = 1 })
		id := h.laned(dialertest.Case{ID: "x", Numbers: []dialer.Number{dialertest.NewNumber(), dialertest.NewNumber()}})
		h.phone.Far(dialertest.Far{}, dialertest.Rejects(0, 486, 17))
		h.ended(h.dial(first, desk1, id))
		sleepUntil(clock(13, 0))
		no := h.refused(h.click(dialer.DialRequest{Asker: first, Desk: desk1, Case: id}), dialer.CapReached)
		if !strings.Contains(no.JA, "本日すでに1回架電した案件") {
			t.Errorf("the operator is told %q", no.JA)
		}
		h.refused(h.click(next(second, desk2)), dialer.QueueEmpty)
		if w := h.ledger.Case(id).Next; w.State != dialer.CaseWaiting || w.Cause != dialer.CauseCap || w.WhyEN == "" || !w.Due.Equal(clock(13, 0).AddDate(0, 0, 1)) {
			t.Errorf("it waits for %+v", w)
		}
		_, err := h.Leave(t.Context(), second, desk2)
		h.must(err)
		h.sit(supervisor, desk2)
		acc, err := h.Dial(t.Context(), dialer.DialRequest{Asker: supervisor, Desk: desk2, Case: id, Reason: "区の依頼"})
		h.must(err)
		if a := h.ended(acc.CallID); a.Reservation.Override != "区の依頼" {
			t.Errorf("the reason is not in the record: %+v", a.Reservation)
		}
	})
}

// The number's turn passes when it reached nobody often enough; a number that proved useless does not hold the case.
func TestTheNextNumberOfACase(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		numbers := []dialer.Number{dialertest.NewNumber(), dialertest.NewNumber()}
		id := h.laned(dialertest.Case{ID: "x", Numbers: numbers})
		dialled := func(at time.Time, far dialertest.Far) dialer.Number {
			t.Helper()
			sleepUntil(at)
			h.phone.Far(dialertest.Far{}, far)
			return h.ended(h.dial(first, desk1, id)).Reservation.Target.Number
		}
		silent := dialertest.Rejects(2*time.Second, 480, 18)
		for i, c := range []struct {
			at   time.Time
			far  dialertest.Far
			want dialer.Number
		}{
			{clock(10, 1), silent, numbers[0]},
			{clock(12, 30), silent, numbers[0]},
			{clock(15, 30), silent, numbers[1]},
			{clock(13, 30).AddDate(0, 0, 1), silent, numbers[1]},
			{clock(17, 30).AddDate(0, 0, 1), dialertest.Rejects(0, 410, 22), numbers[0]},
		} {
			if got := dialled(c.at, c.far); got != c.want {
				t.Errorf("call %d went to the other number", i+1)
			}
		}
		if w := h.ledger.Case(id).Next; w.State != dialer.CaseWaiting || !strings.Contains(w.Why, "次の番号に架電します") {
			t.Errorf("after a number that has changed: %+v", w)
		}
		if got := dialled(clock(10, 0).AddDate(0, 0, 2), dialertest.Rejects(0, 410, 22)); got != numbers[1] {
			t.Error("the number that has changed was called again")
		}
		if w := h.ledger.Case(id).Next; w.State != dialer.CaseHeld {
			t.Errorf("with no number left: %+v", w)
		}
	})
}

// TestACaseLendsItsNameToItsOwnNumbersAlone: a number that is none of the case's goes out for a supervisor who says why, and that stands
// in the record; for nobody else, and not without a word.
func TestACaseLendsItsNameToItsOwnNumbersAlone(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		own, other := dialertest.NewNumber(), dialertest.NewNumber()
		id := h.laned(dialertest.Case{ID: "x", Numbers: []dialer.Number{own}})
		sleepUntil(clock(10, 1))
		chief := first
		chief.Role = dialer.RoleSupervisor
		for _, r := range []dialer.DialRequest{
			{Asker: first, Desk: desk1, Case: id, Number: other}, {Asker: first, Desk: desk1, Case: id, Number: other, Reason: "asked for"},
			{Asker: chief, Desk: desk1, Case: id, Number: other},
		} {
			var no *dialer.Refusal
			if _, err := h.Dial(t.Context(), r); !errors.As(err, &no) || no.Rule != dialer.ForbiddenNumber {
				t.Errorf("%+v: %v", r, err)
			}
		}
		h.phone.Far(dialertest.Far{}, dialertest.Rejects(2*time.Second, 486, 17))
		a, err := h.Dial(t.Context(), dialer.DialRequest{Asker: chief, Desk: desk1, Case: id, Number: other, Reason: "asked for"})
		if err != nil {
			t.Fatal(err)
		}
		if r := h.ended(a.CallID).Reservation; r.Target.Number != other || r.Override != "asked for" {
			t.Errorf("the supervisor's call: number %v, override %q", r.Target.Number == other, r.Override)
		}
	})
}

// upkeep is a ledger's, by hand.
type upkeep struct {
	mu    sync.Mutex
	asked int
	moved []dialer.Waiting
	err   error
}

func (u *upkeep) Tidy(context.Context, time.Time) ([]dialer.Waiting, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.asked++
	moved := u.moved
	u.moved = nil
	return moved, u.err
}

func (u *upkeep) set(change func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	change()
}

// What time alone changes is in the line soon, also when it could not be told at first.
func TestTheLineIsKeptTidy(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		u := &upkeep{err: errors.New("the ledger is away")}
		h.by(func(d *dialer.Deps) { d.Upkeep = u })
		c := dialertest.Case{ID: "x", Numbers: []dialer.Number{dialertest.NewNumber()}, Mine: op2}
		h.laned(c)
		h.comesUp(first, desk1)
		time.Sleep(time.Minute)
		synctest.Wait()
		c = h.ledger.Case("x")
		c.Mine = ""
		h.ledger.PutCase(c)
		w, err := h.ledger.Place(t.Context(), "x")
		h.must(err)
		u.set(func() {
			if u.asked < 3 {
				t.Errorf("asked %d times in a minute while it failed", u.asked)
			}
			u.err, u.moved = nil, []dialer.Waiting{*w}
		})
		time.Sleep(time.Minute)
		synctest.Wait()
		h.comesUp(first, desk1, "x")
	})
}

// By a clock that is not believed nothing changes in the line because time has passed.
func TestTheLineIsLeftAloneByAClockThatIsNotBelieved(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		u := &upkeep{}
		var right atomic.Bool
		h.by(func(d *dialer.Deps) {
			d.Upkeep, d.ClockWrong = u, func() *dialer.Refusal {
				if right.Load() {
					return nil
				}
				return &dialer.Refusal{Rule: dialer.ClockOff}
			}
		})
		for _, believed := range []bool{false, true} {
			right.Store(believed)
			h.RulesChanged()
			time.Sleep(time.Minute)
			synctest.Wait()
			u.set(func() {
				if (u.asked > 0) != believed {
					t.Errorf("believed %v, and the ledger was asked %d times", believed, u.asked)
				}
			})
		}
	})
}

// A language is spoken at a desk on the days that the calendar says.
func TestADeskSpeaksWhatTheCalendarSays(t *testing.T) {
	inHouse(t, func(_ *testing.T, h *house) {
		h.by(func(d *dialer.Deps) {
			d.Rules.Seats = dialer.Seats{
				Days:  map[dialer.Date]map[dialer.DeskID][]string{{Year: 2026, Month: 11, Day: 24}: {desk1: {"zh"}, desk2: nil}},
				Usual: map[dialer.DeskID][]string{desk2: {"zh"}},
			}
		})
		h.laned(dialertest.Case{ID: "x", Numbers: []dialer.Number{dialertest.NewNumber()}, Language: "zh"})
		h.comesUp(second, desk2)
		h.comesUp(first, desk1, "x")
	})
}
