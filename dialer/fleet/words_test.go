package fleet

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"kakeru/dialer"
)

// What a person is told does not depend on which node they ask.
func TestErrorsComeBackAsTheyWere(t *testing.T) {
	for _, want := range []error{
		nil, dialer.ErrNotFound, dialer.ErrElsewhere, dialer.ErrFenced, dialer.ErrLedgerDown, dialer.ErrQueueDown,
	} {
		var r reply
		r.fail(want)
		s, err := read(said{Reply: &r}.write())
		if err != nil || !errors.Is(s.Reply.err(), want) {
			t.Errorf("%v came as %v (%v)", want, s.Reply.err(), err)
		}
	}
	no := &dialer.Refusal{Rule: dialer.NumberLocked, JA: "この番号は", EN: "the number"}
	var r reply
	r.fail(no)
	s, err := read(said{Reply: &r}.write())
	if err != nil {
		t.Fatal(err)
	}
	var got *dialer.Refusal
	if !errors.As(s.Reply.err(), &got) || *got != *no {
		t.Errorf("%v came as %v", no, s.Reply.err())
	}
	r = reply{}
	r.fail(errors.New("something else"))
	if r.err() == nil || r.err().Error() != "something else" {
		t.Errorf("something else came as %v", r.err())
	}
}

// A view shows at another node what it shows at its own, but for what only that node measures.
func TestViewsComeWhole(t *testing.T) {
	up := true
	at := time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)
	call := dialer.CallView{
		ID: "c", Direction: dialer.Outbound, CaseID: "case", Desk: "desk1", Operator: "op", State: dialer.Talking, Trunk: "lab", StartedAt: at,
		DialledAt: at, RingingAt: at, AnsweredAt: at, EarlyMedia: true, Held: true, Muted: true, TransferTo: "desk2", Consulting: true,
		Verdict: &dialer.Verdict{Result: dialer.Answered, Confidence: dialer.High, Rule: "r", Why: "w", Counted: true},
		Quality: &dialer.Quality{Desk: dialer.LegQuality{In: &dialer.Sound{Packets: 3, MOS: 4.1}}},
	}
	desk := dialer.DeskView{ID: "desk1", Name: "席1", Registered: &up, State: dialer.DeskInCall, Operator: "op", CallID: "c", CaseID: "case", Since: at}
	s, err := read(said{Snapshot: &snapshot{Desks: []dialer.DeskView{desk}, Calls: []seenCall{seen(call)}}}.write())
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Snapshot.Calls[0].view(); !reflect.DeepEqual(got, call) {
		t.Errorf("the call came as %+v", got)
	}
	if !reflect.DeepEqual(s.Snapshot.Desks[0], desk) {
		t.Errorf("the desk came as %+v", s.Snapshot.Desks[0])
	}
}

// hangsUp is an engine of which only hang-ups are asked.
type hangsUp struct {
	Engine

	asked chan dialer.CallID
}

func (h hangsUp) Hangup(_ context.Context, _ dialer.Asker, id dialer.CallID) error {
	h.asked <- id
	return nil
}

// nowhere is a wire on which nothing arrives.
type nowhere struct{ Wire }

func (nowhere) Send(context.Context, Life, Message, time.Duration) error { return dialer.ErrQueueDown }

// TestACommandThatComesTwiceIsDoneOnce, and one that comes when this node's work is over not at all.
func TestACommandThatComesTwiceIsDoneOnce(t *testing.T) {
	h := hangsUp{asked: make(chan dialer.CallID, 8)}
	now := time.Now()
	f := New(Deps{ID: "b", Wire: nowhere{}, Now: func() time.Time { return now }})
	f.Drive(h)
	asked := func(id string, call dialer.CallID, at time.Time) {
		f.told(Message{From: Life{Node: "a", Epoch: 1}, ID: id, Body: said{Command: &command{At: at, Do: doHangup, Call: call}}.write()})
	}
	tell := func(id string, call dialer.CallID) { asked(id, call, now) }
	tell("0", "before its time")
	f.working = true
	tell("1", "once")
	tell("1", "once")
	tell("2", "another")
	asked("5", "kept for six minutes", now.Add(-6*time.Minute))
	asked("6", "of a clock that is ahead", now.Add(6*time.Minute))
	asked("7", "of no time", time.Time{})
	asked("8", "kept for four minutes", now.Add(-4*time.Minute))
	asked("9", "a clock that is seconds behind", now.Add(-5*time.Second))
	f.told(Message{ID: "3", Body: []byte("no message of ours")})
	f.work.Wait()
	f.working = false
	tell("4", "too late")
	f.work.Wait()
	close(h.asked)
	done := map[dialer.CallID]int{}
	for id := range h.asked {
		done[id]++
	}
	if !reflect.DeepEqual(done, map[dialer.CallID]int{"once": 1, "another": 1, "a clock that is seconds behind": 1}) {
		t.Errorf("done: %v", done)
	}
}

// TestUnknownDeeds: a newer node is told, and nothing breaks.
func TestUnknownDeeds(t *testing.T) {
	f := New(Deps{ID: "b"})
	for _, c := range []command{{Do: "fly"}, {Do: doDial}} {
		r := f.do(t.Context(), Life{}, c)
		if r.err() == nil || r.err().Error() != errUnknownDeed.Error() {
			t.Errorf("%s came to %v", c.Do, r.err())
		}
	}
}
