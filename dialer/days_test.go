package dialer_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
	"kakeru/dialer/dialertest/bubble"
	"kakeru/dialer/dialertest/full"
)

// step is one thing that happens in a random day, and how long it is until the next.
type step struct {
	what  string
	desk  int
	which int
	wait  time.Duration
}

// day is a random day: what the far ends do, in the order of the calls, and what people and machines do.
type day struct {
	far   [][2]dialertest.Far
	steps []step
}

var farKinds = []dialertest.FarKind{
	dialertest.FarAnswers, dialertest.FarRejects, dialertest.FarRings, dialertest.FarSilent, dialertest.FarCrosses, dialertest.FarMute,
	dialertest.FarDies, dialertest.FarLies,
}

func drawFar(t *rapid.T, name string, kinds []dialertest.FarKind) dialertest.Far {
	secs := func(what string, upTo int) time.Duration {
		return time.Duration(rapid.IntRange(0, upTo).Draw(t, name+" "+what)) * sec
	}
	return dialertest.Far{
		Kind: rapid.SampledFrom(kinds).Draw(t, name), Ring: secs("rings", 4) - sec, After: secs("answers", 25), Talk: secs("talks", 120),
		Early: rapid.Bool().Draw(t, name+" early"), Late: rapid.Bool().Draw(t, name+" late"),
		Status: rapid.SampledFrom([]int{486, 404, 480, 503, 603, 410}).Draw(t, name+" status"),
	}
}

func drawDay(t *rapid.T) day {
	var d day
	for i := range rapid.IntRange(1, 12).Draw(t, "far ends") {
		d.far = append(d.far, [2]dialertest.Far{
			drawFar(t, fmt.Sprintf("desk %d", i), append([]dialertest.FarKind{"", "", "", ""}, farKinds...)),
			drawFar(t, fmt.Sprintf("customer %d", i), farKinds),
		})
	}
	whats := []string{
		"next", "next", "next", "next", "named", "named", "hangup", "hangup", "result", "result", "result", "present", "skip",
		"leave and sit", "ledger hangs", "ledger fails", "ledger loses", "queue hangs", "queue is lost", "heal", "heal", "phone goes",
	}
	waits := []time.Duration{0, 0, time.Millisecond, 500 * time.Millisecond, 5 * sec, 40 * sec, 7 * time.Minute, 30 * time.Minute}
	for range rapid.IntRange(1, 60).Draw(t, "steps") {
		d.steps = append(d.steps, step{
			rapid.SampledFrom(whats).Draw(t, "what"), rapid.IntRange(0, 2).Draw(t, "desk"),
			rapid.IntRange(0, 11).Draw(t, "which"), rapid.SampledFrom(waits).Draw(t, "wait"),
		})
	}
	return d
}

// Whatever people click, far ends do and stores suffer over a day: the ledger and the phone agree, nobody is rung against
// a rule, everything ends once, and nothing is left.
func TestDays(t *testing.T) {
	full.Only(t)
	rapid.Check(t, func(rt *rapid.T) {
		d := drawDay(rt)
		var wrong []string
		bubble.Run(t, func(t *testing.T) { wrong = d.live(t) })
		if len(wrong) > 0 {
			rt.Fatalf("%d things are wrong: %q", len(wrong), wrong)
		}
	})
}

// dayHouse is a house with three desks and eight cases that share four numbers.
func dayHouse(t *testing.T, d day) (h *house, people []dialer.Asker, cases []dialer.CaseID) {
	t.Helper()
	sleepUntil(time.Date(2026, 11, 24, 9, 0, 0, 0, dialer.Tokyo))
	h = furnish(t)
	h.stop()
	<-h.ran
	h.deps.Limits.Talk = 10 * time.Minute
	h.deps.Desks = append(h.deps.Desks, dialer.DeskConfig{ID: "desk3", Name: "席3"})
	n := 0
	h.phone.Script(func(dialer.CallOrder) (dialertest.Far, dialertest.Far) {
		n++
		return d.far[n%len(d.far)][0], d.far[n%len(d.far)][1]
	})
	h.open()
	for i := range 3 {
		people = append(people, dialer.Asker{User: dialer.UserID(fmt.Sprintf("operator%d", i+1)), Role: dialer.RoleOperator})
		h.sit(people[i], h.deps.Desks[i].ID)
	}
	numbers := []dialer.Number{dialertest.NewNumber(), dialertest.NewNumber(), dialertest.NewNumber(), dialertest.NewNumber()}
	cases = h.cases(8)
	for i, id := range cases {
		c := h.ledger.Case(id)
		c.Numbers = []dialer.Number{numbers[i%len(numbers)]}
		h.ledger.PutCase(c)
	}
	return h, people, cases
}

func (d day) live(t *testing.T) (wrong []string) {
	t.Helper()
	h, people, cases := dayHouse(t, d)
	for i, s := range d.steps {
		desk := h.deps.Desks[s.desk].ID
		switch s.what {
		case "next", "named":
			r := dialer.DialRequest{Asker: people[s.desk], Desk: desk, Next: s.what == "next", IdempotencyKey: fmt.Sprintf("%d", i/2)}
			if !r.Next {
				r.Case = cases[s.which%len(cases)]
			}
			go func() { _, _ = h.Dial(t.Context(), r) }()
		case "hangup":
			for _, v := range h.Calls() {
				if v.Desk == desk {
					_ = h.Hangup(t.Context(), people[s.desk], v.ID)
				}
			}
		case "result":
			d.result(h, desk, s.which)
		case "present", "skip":
			go func() { _, _ = h.Present(t.Context(), people[s.desk], desk, "", s.what == "skip") }()
		case "leave and sit":
			_, _ = h.Leave(t.Context(), people[s.desk], desk)
			_, _ = h.Sit(t.Context(), people[s.desk], desk, true)
		default:
			d.trouble(h, s, desk)
		}
		time.Sleep(s.wait)
	}
	d.trouble(h, step{what: "heal"}, "desk1")
	time.Sleep(20 * time.Minute) // whatever goes on comes to its end
	ctx, cancel := contextDone()
	defer cancel()
	h.Drain(ctx)
	h.stop()
	<-h.ran
	time.Sleep(time.Minute)
	return h.wrong()
}

// result gives the talk that a desk owes a result.
func (d day) result(h *house, desk dialer.DeskID, which int) {
	v := h.desk(desk)
	if v.State != dialer.DeskWrapUp {
		return
	}
	next := dialer.CaseNext{State: dialer.CaseWaiting, Due: time.Now().Add(time.Duration(which) * time.Minute), Why: "折返し"}
	if which == 0 {
		next = dialer.CaseNext{State: dialer.CaseClosed, Why: "納付済"}
	}
	if a, _ := h.ledger.Attempt(v.CallID); a.End != nil {
		_ = h.ledger.Record(v.CallID, []string{"self", "voicemail", "family"}[which%3], next)
		_ = h.ResultRecorded(h.t.Context(), v.CallID, v.CaseID)
	}
}

// trouble breaks or heals a store or a phone.
func (d day) trouble(h *house, s step, desk dialer.DeskID) {
	op := []string{"", "Reserve", "Dialled", "Note", "End", "Tries", "Target", "Place", "Waiting", "ByKey", "Defer", ""}[s.which]
	switch s.what {
	case "ledger hangs":
		h.ledger.Break(op, dialertest.Fault{Hang: true})
	case "ledger fails":
		h.ledger.Break(op, dialertest.Fault{Err: errors.New("something else")})
	case "ledger loses":
		h.ledger.Break(op, dialertest.Fault{Lost: true})
	case "queue hangs":
		h.queue.Break("", dialertest.Fault{Hang: true})
	case "queue is lost":
		h.queue.Lose()
	case "phone goes":
		h.phone.Register(desk, false)
	case "heal":
		for _, op := range []string{"", "Reserve", "Dialled", "Note", "End", "Tries", "Target", "Place", "Waiting", "ByKey", "Defer"} {
			h.ledger.Break(op, dialertest.Fault{})
		}
		h.queue.Break("", dialertest.Fault{})
		for _, d := range h.deps.Desks {
			h.phone.Register(d.ID, true)
		}
	}
}

// wrong is what does not hold of a day that is over.
func (h *house) wrong() []string {
	out := h.phone.Broken()
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	rung := map[string]int{}
	for _, id := range h.phone.Dialled() {
		rung[id]++
	}
	byNumber := map[string][]dialertest.Attempt{}
	for _, a := range h.ledger.Attempts() {
		r := a.Reservation
		switch {
		case a.End == nil:
			say("%s never ended", r.ID)
			continue
		case a.Ends != 1:
			say("%s ended %d times", r.ID, a.Ends)
		case !h.deps.Hours().Open(r.At):
			say("%s was begun at %v", r.ID, r.At)
		}
		want := 0
		if !a.DialledAt.IsZero() {
			want = 1
			if a.CommittedAt.IsZero() || a.CommittedAt.After(a.DialledAt) {
				say("%s was dialled at %v, and that it would be was committed at %v", r.ID, a.DialledAt, a.CommittedAt)
			}
			byNumber[r.Target.NumberRef] = append(byNumber[r.Target.NumberRef], a)
		}
		if got := rung["customer-"+string(r.ID)]; got != want {
			say("%s: the carrier saw %d INVITEs, the ledger says %d (%s)", r.ID, got, want, a.End.Verdict.Result)
		}
		delete(rung, "customer-"+string(r.ID))
	}
	for id := range rung {
		say("the carrier saw %s, and no attempt has it", id)
	}
	for _, as := range byNumber {
		out = append(out, againstTheRule(as)...)
	}
	for _, v := range h.Desks() {
		if v.State == dialer.DeskInCall {
			say("%s is still in a call", v.ID)
		}
	}
	return out
}

// againstTheRule checks one number's calls, in the order of their clicks, by DOMAIN's words and not by the code's.
func againstTheRule(as []dialertest.Attempt) (out []string) {
	type today struct {
		lastRing, lastBusy time.Time
		rings, busies      int
		reached            bool
	}
	days := map[dialer.Date]*today{}
	for _, a := range as {
		id, at := a.Reservation.ID, a.DialledAt
		d := days[dialer.DateOf(at)]
		if d == nil {
			d = &today{}
			days[dialer.DateOf(at)] = d
		}
		switch {
		case d.reached:
			out = append(out, fmt.Sprintf("%s rang a person who was reached that day", id))
		case d.rings >= 2:
			out = append(out, fmt.Sprintf("%s is the third ring of the day", id))
		case d.busies >= 3:
			out = append(out, fmt.Sprintf("%s is the fourth try at a busy number", id))
		case d.rings > 0 && at.Sub(d.lastRing) < time.Hour:
			out = append(out, fmt.Sprintf("%s rang again after %v", id, at.Sub(d.lastRing)))
		case d.busies > 0 && at.Sub(d.lastBusy) < 5*time.Minute:
			out = append(out, fmt.Sprintf("%s tried a busy number again after %v", id, at.Sub(d.lastBusy)))
		}
		e := a.End
		machine := a.Party == "voicemail" || a.Party == "recorder" || a.Party == "fax"
		switch {
		case e.Verdict.Result == dialer.Answered && !machine:
			d.reached = true
		case e.Verdict.Result == dialer.Busy:
			d.busies, d.lastBusy = d.busies+1, at
		case !e.RingingAt.IsZero() || e.Verdict.Result == dialer.Answered || e.Verdict.Confidence == dialer.Low:
			d.rings, d.lastRing = d.rings+1, at
		}
	}
	return out
}
