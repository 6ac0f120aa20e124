package dialer

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func index(s State) int { return slices.Index(States, s) }

// usual is a machine as it stands in a state when nothing odd has happened.
func usual(s State) Machine {
	return map[State]Machine{
		Queued:          {Queued, LegIdle, LegIdle},
		CallingDesk:     {CallingDesk, LegDialled, LegIdle},
		CallingCustomer: {CallingCustomer, LegUp, LegDialled},
		Talking:         {Talking, LegUp, LegUp},
		Ending:          {Ending, LegUp, LegUp},
		Ended:           {Ended, LegGone, LegGone},
	}[s]
}

// Every state and every fact: what is not listed changes nothing.
func TestNextOfEveryStateAndFact(t *testing.T) {
	type do []Act
	type to struct {
		state State
		acts  do
	}
	both := do{DropCustomer, DropDesk}
	want := map[State]map[Fact]to{
		Queued: {
			DialAsked: {CallingDesk, do{DialDesk}}, HangupAsked: {Ended, do{CloseAttempt}}, TimedOut: {Ended, do{CloseAttempt}},
			CallerCame: {CallingDesk, do{DialDesk}}, CallerComesShut: {Ending, do{TurnAway}},
		},
		CallingDesk: {
			DeskRinging: {CallingDesk, nil}, DeskAnswered: {CallingCustomer, do{ConfirmDesk, SaveDialled}},
			DeskGone: {Ended, do{CloseAttempt}}, CustomerGone: {Ending, do{DropDesk}}, HangupAsked: {Ending, both}, TimedOut: {Ending, both},
		},
		CallingCustomer: {
			CustomerRinging: {CallingCustomer, nil}, CustomerEarly: {CallingCustomer, do{HearEarly}},
			CustomerAnswered: {Talking, do{ConfirmCustomer, Join}}, CustomerGone: {Ending, do{DropDesk}},
			DeskGone: {Ending, do{DropCustomer}}, HangupAsked: {Ending, both}, TimedOut: {Ending, both},
		},
		Talking: {
			CustomerGone: {Ending, do{DropDesk}}, DeskGone: {Ending, do{DropCustomer}}, HangupAsked: {Ending, both}, TimedOut: {Ending, both},
		},
		Ending: {
			DeskAnswered: {Ending, do{DropDesk}}, CustomerAnswered: {Ending, do{DropCustomer}}, DeskGone: {Ending, nil},
			CustomerGone: {Ending, nil}, HangupAsked: {Ending, both}, TimedOut: {Ended, do{DropCustomer, DropDesk, CloseAttempt}},
		},
		Ended: {},
	}
	for _, s := range States {
		for _, f := range Facts {
			m := usual(s)
			got, acts, known := Next(m, f)
			w, listed := want[s][f]
			if !listed {
				w.state = s
			}
			if known != listed || got.State != w.state || !slices.Equal(acts, []Act(w.acts)) {
				t.Errorf("%s in %s: %s %v (known %v); want %s %v", f, s, got.State, acts, known, w.state, w.acts)
			}
		}
	}
}

// What depends on the legs.
func TestNextByTheLegs(t *testing.T) {
	for _, c := range []struct {
		from Machine
		on   Fact
		to   Machine
		do   []Act
	}{
		{Machine{Queued, LegIdle, LegIdle}, CallerCame, Machine{CallingDesk, LegDialled, LegDialled}, []Act{DialDesk}},
		{Machine{Queued, LegIdle, LegIdle}, CallerComesShut, Machine{Ending, LegIdle, LegDialled}, []Act{TurnAway}},
		{Machine{Ending, LegIdle, LegDialled}, CustomerGone, Machine{Ended, LegIdle, LegGone}, []Act{CloseAttempt}},
		{Machine{CallingDesk, LegDialled, LegDialled}, DeskAnswered, Machine{Talking, LegUp, LegUp}, []Act{ConfirmDesk, AnswerCustomer, Join}},
		{Machine{CallingDesk, LegDialled, LegDialled}, DeskGone, Machine{Ending, LegGone, LegDialled}, []Act{DropCustomer}},
		{Machine{CallingDesk, LegDialled, LegDialled}, CustomerGone, Machine{Ending, LegDialled, LegGone}, []Act{DropDesk}},
		{Machine{CallingDesk, LegDialled, LegIdle}, CallerCame, Machine{CallingDesk, LegDialled, LegIdle}, nil},
		{Machine{CallingCustomer, LegUp, LegIdle}, DialSaved, Machine{CallingCustomer, LegUp, LegDialled}, []Act{DialCustomer}},
		{Machine{CallingCustomer, LegUp, LegDialled}, DialSaved, Machine{CallingCustomer, LegUp, LegDialled}, nil},
		{Machine{CallingCustomer, LegUp, LegIdle}, DialNotSaved, Machine{Ending, LegUp, LegIdle}, []Act{DropDesk}},
		{Machine{CallingCustomer, LegUp, LegDialled}, DialNotSaved, Machine{CallingCustomer, LegUp, LegDialled}, nil},
		{Machine{CallingCustomer, LegUp, LegIdle}, DeskGone, Machine{Ended, LegGone, LegIdle}, []Act{CloseAttempt}},
		{Machine{CallingCustomer, LegUp, LegDialled}, DeskGone, Machine{Ending, LegGone, LegDialled}, []Act{DropCustomer}},
		{Machine{CallingCustomer, LegUp, LegIdle}, CustomerAnswered, Machine{CallingCustomer, LegUp, LegIdle}, nil},
		{Machine{Ending, LegDialled, LegIdle}, DeskAnswered, Machine{Ending, LegUp, LegIdle}, []Act{DropDesk}},
		{Machine{Ending, LegUp, LegDialled}, CustomerAnswered, Machine{Ending, LegUp, LegUp}, []Act{DropCustomer}},
		{Machine{Ending, LegUp, LegIdle}, DialSaved, Machine{Ending, LegUp, LegIdle}, nil},
		{Machine{Ending, LegGone, LegUp}, CustomerGone, Machine{Ended, LegGone, LegGone}, []Act{CloseAttempt}},
		{Machine{Ending, LegUp, LegGone}, DeskGone, Machine{Ended, LegGone, LegGone}, []Act{CloseAttempt}},
		{Machine{Ending, LegUp, LegIdle}, DeskGone, Machine{Ended, LegGone, LegIdle}, []Act{CloseAttempt}},
		{Machine{Ended, LegGone, LegUp}, CustomerGone, Machine{Ended, LegGone, LegGone}, nil},
	} {
		if got, do, _ := Next(c.from, c.on); got != c.to || !slices.Equal(do, c.do) {
			t.Errorf("%s in %v: %v %v, want %v %v", c.on, c.from, got, do, c.to, c.do)
		}
	}
}

// watcher follows a machine through facts and knows what must hold.
type watcher struct {
	m                 Machine
	dialled           map[Act]int
	dropped, answered map[LegName]bool // since the answer; answered and not gone
	closed            int
}

func newWatcher() *watcher {
	return &watcher{m: NewMachine(), dialled: map[Act]int{}, dropped: map[LegName]bool{}, answered: map[LegName]bool{}}
}

// tell reports a fact and returns what it broke.
func (w *watcher) tell(f Fact) error {
	before := w.m
	after, do, known := Next(before, f)
	w.m = after
	switch f {
	case DeskAnswered:
		w.answers(DeskLeg, before.Desk)
	case CustomerAnswered:
		w.answers(CustomerLeg, before.Customer)
	case DeskGone:
		delete(w.answered, DeskLeg)
	case CustomerGone:
		delete(w.answered, CustomerLeg)
	default:
	}
	for _, a := range do {
		w.acted(a)
	}
	switch {
	case index(after.State) < index(before.State):
		return fmt.Errorf("%s took it back from %v to %v", f, before, after)
	case w.dialled[DialDesk] > 1 || w.dialled[DialCustomer] > 1:
		return fmt.Errorf("%s in %v: a leg was dialled twice", f, before)
	case slices.Contains(do, DialCustomer) && after.Desk != LegUp:
		return fmt.Errorf("%s in %v: the customer is dialled, and nobody is at the desk", f, before)
	case w.closed > 1 || (after.State == Ended) != (w.closed == 1):
		return fmt.Errorf("%s in %v: closed %d times in %s", f, before, w.closed, after.State)
	case !known && (after.State != before.State || len(do) > 0):
		return fmt.Errorf("%s in %v: an unknown fact did something", f, before)
	}
	if after.State != Ended || before.State == Ended {
		return nil
	}
	if backstop := before.State == Ending && f == TimedOut; !backstop && (after.Desk.open() || after.Customer.open()) {
		return fmt.Errorf("%s in %v: ended with a leg left: %v", f, before, after)
	}
	for leg := range w.answered {
		if !w.dropped[leg] {
			return fmt.Errorf("%s in %v: the %s leg was answered and is left up", f, before, leg)
		}
	}
	return nil
}

func (w *watcher) answers(leg LegName, was LegState) {
	if was == LegDialled && w.m.State != Ended {
		w.answered[leg], w.dropped[leg] = true, false
	}
}

func (w *watcher) acted(a Act) {
	switch a {
	case DialDesk, DialCustomer:
		w.dialled[a]++
	case AnswerCustomer:
		w.answered[CustomerLeg], w.dropped[CustomerLeg] = true, false
	case DropDesk:
		w.dropped[DeskLeg] = true
	case DropCustomer:
		w.dropped[CustomerLeg] = true
	case CloseAttempt:
		w.closed++
	default:
	}
}

func TestAnyOrderOfFacts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWatcher()
		for _, f := range rapid.SliceOfN(rapid.SampledFrom(Facts), 0, 40).Draw(t, "facts") {
			if err := w.tell(f); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func FuzzAnyOrderOfFacts(f *testing.F) {
	f.Add([]byte{0, 1, 2, 4, 6, 8, 9, 3})      // a talk that the customer ends
	f.Add([]byte{0, 2, 4, 6, 10, 8, 3, 9})     // an answer that crosses the hang-up
	f.Add([]byte{0, 10, 2, 3})                 // the desk answers a cancelled call
	f.Add([]byte{0, 2, 5, 4, 3})               // not saved, then saved
	f.Add([]byte{0, 2, 4, 11, 11, 8, 9, 3, 3}) // the backstop
	f.Fuzz(func(t *testing.T, facts []byte) {
		w := newWatcher()
		for _, b := range facts {
			if err := w.tell(Facts[int(b)%len(Facts)]); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// reachable are all machines that any order of facts can lead to.
func reachable() []Machine {
	all := []Machine{NewMachine()}
	for i := 0; i < len(all); i++ {
		for _, f := range Facts {
			if next, _, _ := Next(all[i], f); !slices.Contains(all, next) {
				all = append(all, next)
			}
		}
	}
	return all
}

// Every live state is ended by a button and by its timer, if the phone keeps its promise: a leg that was dropped says
// Gone. And by two timers, if it does not.
func TestEveryLiveStateEnds(t *testing.T) {
	for _, from := range reachable() {
		if from.State == Ended {
			continue
		}
		for _, f := range []Fact{HangupAsked, TimedOut} {
			m, do, known := Next(from, f)
			if !known {
				t.Fatalf("%s in %v is not in the table", f, from)
			}
			if slices.Contains(do, DropDesk) && m.Desk.open() {
				m, _, _ = Next(m, DeskGone)
			}
			if slices.Contains(do, DropCustomer) && m.Customer.open() {
				m, _, _ = Next(m, CustomerGone)
			}
			if m.State != Ended {
				t.Errorf("%s in %v: with every dropped leg gone it stands at %v", f, from, m)
			}
		}
		once, _, _ := Next(from, TimedOut)
		if twice, _, _ := Next(once, TimedOut); twice.State != Ended {
			t.Errorf("two timers in %v leave it at %v", from, twice)
		}
	}
}

// Every row of the table can happen.
func TestNoDeadRow(t *testing.T) {
	for i, r := range table {
		used := slices.ContainsFunc(reachable(), func(m Machine) bool {
			noted := m.noteLegs(r.on)
			return r.from == m.State && r.when.ok(noted) &&
				!slices.ContainsFunc(table[:i], func(p row) bool { return p.from == r.from && p.on == r.on && p.when.ok(noted) })
		})
		if !used {
			t.Errorf("row %d never happens: %s in %s", i, r.on, r.from)
		}
	}
}

func TestMachineInOneLine(t *testing.T) {
	if got := usual(Talking).String(); got != "talking(desk up, customer up)" {
		t.Error(got)
	}
}
