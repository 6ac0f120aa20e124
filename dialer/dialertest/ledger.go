package dialertest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/fleet"
)

// Ledger is a dialer.Ledger, dialer.Cases and dialer.LineSource in memory. Two open attempts for one case or one number
// are impossible in it, and an end is written once.
type Ledger struct {
	faults

	refs dialer.Refs

	mu       sync.Mutex
	attempts map[dialer.CallID]*Attempt
	cases    map[dialer.CaseID]*Case
	barred   map[string]bool // number_refs on the do-not-call list
	spooled  int
	fleet    *register
	away     map[dialer.UserID]dialer.Absence   // open absences
	paused   map[dialer.DeskID]dialer.DeskPause // desks that are
}

var (
	_ dialer.Ledger     = (*Ledger)(nil)
	_ dialer.Cases      = (*Ledger)(nil)
	_ dialer.LineSource = (*Ledger)(nil)
)

// Attempt is an attempt as the fake keeps it.
type Attempt struct {
	Arrival     *dialer.Arrival // of a call that came in
	Reservation dialer.Reservation
	DialledAt   time.Time // as the end says, once there is one
	CommittedAt time.Time // when Dialled was committed, whatever came of it
	SIPCallID   string    // of the customer leg
	Evidence    map[int]dialer.Evidence
	Legs        map[dialer.LegName]dialer.LegHandle
	End         *dialer.AttemptEnd
	Recording   *dialer.Recording // as noted, then as the end says
	Ends        int               // how often End came
	Party       string            // of the business result
	AskedFor    time.Time         // when the person asked to be called again
	Recorded    bool

	taken map[dialer.CaseID]bool // cases that a call that came in was taken for, once it was named

	stood dialer.CaseNext        // where its case stood when it was reserved
	life  fleet.Life             // whose it is
	noted map[dialer.LegName]int // how much evidence there was when a leg's handle was noted
}

// ledgerPatience bounds an operation whose caller gave no deadline.
const ledgerPatience = 5 * time.Second

// NewLedger returns an empty ledger.
func NewLedger() *Ledger {
	return &Ledger{
		refs:     dialer.NewRefs([]byte("a secret of at least thirty-two bytes")),
		attempts: map[dialer.CallID]*Attempt{}, cases: map[dialer.CaseID]*Case{}, barred: map[string]bool{},
		fleet: newRegister(), away: map[dialer.UserID]dialer.Absence{},
	}
}

// Refs are the ledger's references.
func (l *Ledger) Refs() dialer.Refs { return l.refs }

// do runs one operation as a whole.
func (l *Ledger) do(ctx context.Context, op string, work func() error) error {
	how := l.of(op)
	if err := how.pass(ctx, ledgerPatience, dialer.ErrLedgerDown); err != nil {
		return err
	}
	l.mu.Lock()
	err := work()
	l.mu.Unlock()
	if err != nil {
		return err
	}
	return how.answer(ctx, ledgerPatience, dialer.ErrLedgerDown)
}

// Attempts returns copies of all attempts, in the order of their ids, which is that of their clicks.
func (l *Ledger) Attempts() []Attempt {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Attempt, 0, len(l.attempts))
	for _, a := range l.attempts {
		out = append(out, *a)
	}
	slices.SortFunc(out, func(a, b Attempt) int { return cmp.Compare(a.Reservation.ID, b.Reservation.ID) })
	return out
}

// Attempt returns a copy of one attempt; ok is false when there is none.
func (l *Ledger) Attempt(id dialer.CallID) (a Attempt, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	found, ok := l.attempts[id]
	if ok {
		a = *found
	}
	return a, ok
}

// Spooled is how many ends came while the database was away, and went to the spool.
func (l *Ledger) Spooled() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.spooled
}

// Reserve implements dialer.Ledger.
func (l *Ledger) Reserve(ctx context.Context, r dialer.Reservation) error {
	return l.do(ctx, "Reserve", func() error { return l.reserve(r) })
}

// reserve needs mu.
func (l *Ledger) reserve(r dialer.Reservation) error {
	if id := l.byKey(r.Operator, r.IdempotencyKey); id != "" {
		return &dialer.Repeated{ID: id}
	}
	if _, ok := l.attempts[r.ID]; ok {
		return fmt.Errorf("the attempt %s is reserved already", r.ID)
	}
	if r.MustWait {
		switch c := l.cases[r.Target.CaseID]; {
		case c == nil:
			return dialer.ErrNotFound
		case c.Next.State != dialer.CaseWaiting:
			return dialer.ErrNotWaiting
		}
	}
	locked := false
	for _, a := range l.attempts {
		if a.End != nil {
			continue
		}
		if a.Arrival == nil && a.Reservation.Target.CaseID == r.Target.CaseID {
			return dialer.Refuse(dialer.CaseBusy)
		}
		locked = locked || a.Reservation.Target.NumberRef == r.Target.NumberRef
	}
	if locked || l.callsUs(r.Target) {
		return dialer.Refuse(dialer.NumberLocked)
	}
	a := &Attempt{Reservation: r, Evidence: map[int]dialer.Evidence{}, Legs: map[dialer.LegName]dialer.LegHandle{}, noted: map[dialer.LegName]int{}}
	if r.DeskLeg.Leg != "" {
		a.Legs[r.DeskLeg.Leg] = r.DeskLeg
	}
	if c := l.cases[r.Target.CaseID]; c != nil {
		a.stood = c.Next
	}
	l.attempts[r.ID] = a
	return nil
}

// byKey needs mu.
func (l *Ledger) byKey(operator dialer.UserID, key string) dialer.CallID {
	if key == "" {
		return ""
	}
	for id, a := range l.attempts {
		if a.Reservation.Operator == operator && a.Reservation.IdempotencyKey == key {
			return id
		}
	}
	return ""
}

// find needs mu.
func (l *Ledger) find(id dialer.CallID) (*Attempt, error) {
	a, ok := l.attempts[id]
	if !ok {
		return nil, dialer.ErrNotFound
	}
	return a, nil
}

// Dialled implements dialer.Ledger.
func (l *Ledger) Dialled(ctx context.Context, id dialer.CallID, at time.Time, customerLeg dialer.LegHandle) error {
	return l.do(ctx, "Dialled", func() error { return l.dialled(id, at, customerLeg) })
}

// dialled needs mu.
func (l *Ledger) dialled(id dialer.CallID, at time.Time, customerLeg dialer.LegHandle) error {
	a, err := l.find(id)
	switch {
	case err != nil:
		return err
	case a.End != nil:
		return errors.New("the attempt is ended already")
	case !a.DialledAt.IsZero() && a.SIPCallID != customerLeg.SIPCallID:
		return errors.New("the attempt is dialled already")
	}
	if err := l.lastLook(a, at); err != nil {
		return err
	}
	a.DialledAt, a.CommittedAt, a.SIPCallID = at, time.Now(), customerLeg.SIPCallID
	a.Legs[customerLeg.Leg] = customerLeg
	return nil
}

// Note implements dialer.Ledger.
func (l *Ledger) Note(ctx context.Context, id dialer.CallID, p dialer.Progress) error {
	return l.do(ctx, "Note", func() error {
		a, err := l.find(id)
		if err != nil || a.End != nil {
			return err
		}
		for i, ev := range p.Evidence {
			if _, have := a.Evidence[p.First+i]; !have {
				a.Evidence[p.First+i] = ev
			}
		}
		a.record(p.Recording)
		for _, h := range p.Legs {
			if noted := p.First + len(p.Evidence); noted >= a.noted[h.Leg] {
				a.Legs[h.Leg], a.noted[h.Leg] = h, noted
			}
		}
		return nil
	})
}

// End implements dialer.Ledger. An end that comes while the database is away waits for the caller's deadline and then
// goes to the spool, where it counts as written; with Fault.Err the spool is broken too.
func (l *Ledger) End(ctx context.Context, e dialer.AttemptEnd) error {
	how := l.of("End")
	err := how.pass(ctx, ledgerPatience, dialer.ErrLedgerDown)
	if how.Err != nil {
		return how.Err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.spooled++
	}
	if e.Arrival != nil {
		l.arrive(*e.Arrival)
	}
	a, ok := l.attempts[e.ID]
	if !ok {
		return nil // its reservation was never committed
	}
	a.Ends++
	if a.End != nil {
		return nil
	}
	judge := coherent
	if a.Arrival != nil {
		judge = coherentInbound
		a.Reservation.Desk, a.Reservation.Operator = e.Desk, e.Operator
	}
	if err := judge(e); err != nil {
		return err
	}
	if c := l.cases[e.CaseID]; c != nil && e.Spoilt {
		c.spoil(a.Reservation.Target.Number)
	}
	a.record(e.Recording)
	e.Quality = kept(e.Quality)
	a.End, a.DialledAt, a.Legs = &e, e.DialledAt, map[dialer.LegName]dialer.LegHandle{}
	if c := l.cases[a.Reservation.Target.CaseID]; c != nil && e.Next.State != "" && !a.Recorded {
		l.moveAfter(a, c, e)
	}
	return nil
}

// ResultsDue implements dialer.Ledger.
func (l *Ledger) ResultsDue(ctx context.Context) (due []dialer.ResultDue, err error) {
	err = l.do(ctx, "ResultsDue", func() error {
		newest := map[dialer.DeskID]*Attempt{}
		for _, a := range l.attempts {
			if a.End == nil || a.End.Verdict.Result != dialer.Answered || a.Recorded {
				continue
			}
			at := cmp.Or(a.End.Desk, a.Reservation.Desk)
			if n := newest[at]; n == nil || a.End.EndedAt.After(n.End.EndedAt) {
				newest[at] = a
			}
		}
		for desk, a := range newest {
			due = append(due, dialer.ResultDue{
				ID: a.Reservation.ID, CaseID: a.Reservation.Target.CaseID, Desk: desk, Operator: cmp.Or(a.End.Operator, a.Reservation.Operator),
			})
		}
		slices.SortFunc(due, func(a, b dialer.ResultDue) int { return cmp.Compare(a.Desk, b.Desk) })
		return nil
	})
	return due, err
}

// Tries implements dialer.Ledger.
func (l *Ledger) Tries(ctx context.Context, numberRef string, since time.Time) (tries []dialer.Try, err error) {
	err = l.do(ctx, "Tries", func() error {
		for _, a := range l.attempts {
			missed := a.Arrival != nil && a.End != nil && a.End.Verdict.Result == dialer.NoAnswer
			if a.Reservation.Target.NumberRef == numberRef && missed && !a.Arrival.At.Before(since) {
				tries = append(tries, dialer.Try{At: a.Arrival.At, CalledUs: true})
			}
			if a.Reservation.Target.NumberRef == numberRef && !a.DialledAt.IsZero() && !a.DialledAt.Before(since) {
				tries = append(tries, a.try())
			}
		}
		slices.SortFunc(tries, func(a, b dialer.Try) int { return a.At.Compare(b.At) })
		return nil
	})
	return tries, err
}

func (a *Attempt) direction() dialer.Direction {
	if a.Arrival != nil {
		return dialer.Inbound
	}
	return dialer.Outbound
}

func (a *Attempt) try() dialer.Try {
	t := dialer.Try{At: a.DialledAt, Party: a.Party, AskedFor: a.AskedFor}
	for _, ev := range a.Evidence {
		t.MayHaveRung = t.MayHaveRung || rang(ev)
	}
	if a.End == nil {
		return t
	}
	for _, ev := range a.End.Evidence {
		t.MayHaveRung = t.MayHaveRung || rang(ev)
	}
	t.Result = a.End.Verdict.Result
	t.MayHaveRung = t.MayHaveRung || a.End.Verdict.Confidence == dialer.Low || !a.End.RingingAt.IsZero() || !a.End.AnsweredAt.IsZero()
	return t
}

func rang(ev dialer.Evidence) bool {
	switch ev.Event {
	case dialer.EvRinging, dialer.EvEarlyMedia, dialer.EvAnswered, dialer.EvCrossed:
		return ev.Leg == dialer.CustomerLeg
	default:
		return false
	}
}

// ByKey implements dialer.Ledger.
func (l *Ledger) ByKey(ctx context.Context, operator dialer.UserID, key string) (id dialer.CallID, err error) {
	err = l.do(ctx, "ByKey", func() error {
		if id = l.byKey(operator, key); id == "" {
			return dialer.ErrNotFound
		}
		return nil
	})
	return id, err
}

// Ask notes that the person an attempt reached asked to be called again at a time.
func (l *Ledger) Ask(id dialer.CallID, at time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	a, err := l.find(id)
	if err == nil {
		a.AskedFor = at
	}
	return err
}

// Record gives an attempt its business result, as casework would: the party, and what the case then waits for.
func (l *Ledger) Record(id dialer.CallID, party string, next dialer.CaseNext) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	a, err := l.find(id)
	if err != nil {
		return err
	}
	a.Party, a.Recorded = party, true
	if c := l.cases[a.Reservation.Target.CaseID]; c != nil && next.State != "" {
		c.Next = next
	}
	return nil
}
