package dialer_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
	"kakeru/dialer/dialertest/bubble"
)

// house is an engine among fakes, in a bubble of virtual time.
type house struct {
	*dialer.Engine

	t      *testing.T
	phone  *dialertest.Phone
	ledger *dialertest.Ledger
	queue  *dialertest.Queue
	board  *dialertest.Board
	deps   dialer.Deps
	stop   context.CancelFunc
	ran    chan struct{}
}

const (
	desk1, desk2 = dialer.DeskID("desk1"), dialer.DeskID("desk2")
	op1, op2     = dialer.UserID("operator1"), dialer.UserID("operator2")
)

var (
	first      = dialer.Asker{User: op1, Role: dialer.RoleOperator}
	second     = dialer.Asker{User: op2, Role: dialer.RoleOperator}
	supervisor = dialer.Asker{User: "supervisor", Role: dialer.RoleSupervisor}
)

// inHouse runs a test in a bubble, in a house with two operators at two desks, at ten on a working Tuesday. In the end
// nothing may be left: no leg, no open line, no goroutine.
func inHouse(t *testing.T, test func(*testing.T, *house)) {
	t.Helper()
	bubble.Run(t, func(t *testing.T) {
		sleepUntil(time.Date(2026, 11, 24, 10, 0, 0, 0, dialer.Tokyo))
		h := furnish(t)
		t.Cleanup(h.close)
		h.sit(first, desk1)
		h.sit(second, desk2)
		test(t, h)
	})
}

// sleepUntil moves the bubble's time.
func sleepUntil(at time.Time) { time.Sleep(time.Until(at)) }

func furnish(t *testing.T) *house {
	t.Helper()
	h := &house{
		t: t, phone: dialertest.NewPhone(), ledger: dialertest.NewLedger(), queue: dialertest.NewQueue(), board: &dialertest.Board{},
	}
	table := dialer.DefaultResults()
	h.deps = dialer.Deps{
		Desks: []dialer.DeskConfig{{ID: desk1, Name: "席1"}, {ID: desk2, Name: "席2"}},
		Hours: dialer.Hours{Week: dialer.WardHours()}.Always, Rules: dialer.DefaultRules(), Limits: dialer.WardLimits(),
		Results: func(string) dialer.ResultTable { return table },
		Phone:   h.phone, Ledger: h.ledger, Cases: h.ledger, Queue: h.queue, Line: h.ledger, Absences: h.ledger, Board: h.board, Now: time.Now,
		Refs: h.ledger.Refs(),
	}
	h.open()
	return h
}

// open starts an engine on what the fakes hold, as after a restart.
func (h *house) open() {
	h.Engine = dialer.NewEngine(h.deps)
	ctx, stop := context.WithCancel(context.Background())
	h.stop, h.ran = stop, make(chan struct{})
	e, ran := h.Engine, h.ran
	go func() { defer close(ran); _ = e.Run(ctx) }()
	synctest.Wait()
}

// close drains the house and looks for what is left.
func (h *house) close() {
	h.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	h.Drain(ctx)
	h.stop()
	<-h.ran
	for _, what := range h.phone.Broken() {
		h.t.Error(what)
	}
	for _, a := range h.ledger.Attempts() {
		if a.End == nil {
			h.t.Errorf("the attempt %s is still open", a.Reservation.ID)
		}
	}
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) refused(err error, rule dialer.Rule) *dialer.Refusal {
	h.t.Helper()
	var no *dialer.Refusal
	if !errors.As(err, &no) || no.Rule != rule {
		h.t.Fatalf("got %v, want a refusal by %s", err, rule)
	}
	if no.JA == "" || no.EN == "" {
		h.t.Errorf("%s says nothing: %+v", rule, no)
	}
	return no
}

func (h *house) sit(a dialer.Asker, desk dialer.DeskID) {
	h.t.Helper()
	_, err := h.Sit(h.t.Context(), a, desk, false)
	h.must(err)
}

// cases opens n cases with a number each, waiting and due, the first first, in the ledger and in the line.
func (h *house) cases(n int) []dialer.CaseID {
	h.t.Helper()
	ids := make([]dialer.CaseID, n)
	for i := range ids {
		ids[i] = dialer.CaseID(fmt.Sprintf("case-%02d-%s", i, dialertest.NewNumber()))
		due := time.Now().Add(-time.Hour)
		h.ledger.PutCase(dialertest.Case{
			ID: ids[i], Numbers: []dialer.Number{dialertest.NewNumber()}, Priority: i,
			Next: dialer.CaseNext{State: dialer.CaseWaiting, Due: due, Why: "新しい案件です"},
		})
		h.must(h.queue.Put(h.t.Context(), dialer.Waiting{Case: ids[i], Due: due, Priority: i}))
	}
	return ids
}

func (h *house) dial(a dialer.Asker, desk dialer.DeskID, id dialer.CaseID) dialer.CallID {
	h.t.Helper()
	acc, err := h.Dial(h.t.Context(), dialer.DialRequest{Asker: a, Desk: desk, Case: id, Next: id == ""})
	h.must(err)
	if acc.Repeated || acc.CallID == "" {
		h.t.Fatalf("accepted: %+v", acc)
	}
	return acc.CallID
}

// state waits until a call is in a state; virtual time passes meanwhile.
func (h *house) state(id dialer.CallID, want dialer.State) {
	h.t.Helper()
	h.poll(func() bool {
		v, live := h.Call(id)
		return live && v.State == want || !live && want == dialer.Ended
	}, func() string {
		v, live := h.Call(id)
		return fmt.Sprintf("%s; it is %q (live: %v)", want, v.State, live)
	})
}

// poll lets virtual time pass until ok, for some hours.
func (h *house) poll(ok func() bool, what func() string) {
	h.t.Helper()
	step := 5 * time.Millisecond
	for from := time.Now(); time.Since(from) < 8*time.Hour; time.Sleep(step) {
		if synctest.Wait(); ok() {
			return
		}
		if time.Since(from) > 2*time.Minute {
			step = time.Second
		}
	}
	h.t.Fatalf("it never came to %s", what())
}

// ended waits until a call's end is written and gives the attempt.
func (h *house) ended(id dialer.CallID) dialertest.Attempt {
	h.t.Helper()
	h.state(id, dialer.Ended)
	var a dialertest.Attempt
	h.poll(func() bool { a, _ = h.ledger.Attempt(id); return a.End != nil }, func() string { return "a written end" })
	if a.Ends != 1 {
		h.t.Errorf("the end was written %d times", a.Ends)
	}
	return a
}

func (h *house) desk(id dialer.DeskID) dialer.DeskView {
	h.t.Helper()
	i := slices.IndexFunc(h.Desks(), func(v dialer.DeskView) bool { return v.ID == id })
	return h.Desks()[i]
}

func (h *house) deskIs(id dialer.DeskID, want dialer.DeskState, presented dialer.CaseID) {
	h.t.Helper()
	if v := h.desk(id); v.State != want || v.CaseID != presented {
		h.t.Fatalf("%s is %s with case %q; want %s with %q", id, v.State, v.CaseID, want, presented)
	}
}

// result records a talk's result and frees the desk, as webui does.
func (h *house) result(id dialer.CallID, party string, next dialer.CaseNext) {
	h.t.Helper()
	h.must(h.ledger.Record(id, party, next))
	a, _ := h.ledger.Attempt(id)
	h.must(h.ResultRecorded(h.t.Context(), id, a.Reservation.Target.CaseID))
	synctest.Wait()
}

// inOrder is what the line shows.
func (h *house) line() []dialer.CaseID {
	h.t.Helper()
	places, err := h.queue.List(h.t.Context(), nil, 1000)
	h.must(err)
	ids := make([]dialer.CaseID, len(places))
	for i, p := range places {
		ids[i] = p.Case
	}
	return ids
}

// deeds are what the phone was asked for one call, in order, without "prepare" and "close".
func (h *house) deeds(id dialer.CallID) []string {
	var out []string
	for _, d := range h.phone.Deeds(id) {
		if d.What != "prepare" && d.What != "close" {
			out = append(out, d.What+" "+string(d.Leg))
		}
	}
	return out
}

// together runs clicks in one instant.
func together(clicks ...func()) {
	var all sync.WaitGroup
	for _, f := range clicks {
		all.Go(f)
	}
	all.Wait()
}

// contextDone is a context that is over: a drain that waits for nobody.
func contextDone() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx, cancel
}
