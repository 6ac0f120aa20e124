package dialer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sort"
	"sync"
	"time"
)

// Limits bound every wait in a call's life. Each must be positive.
type Limits struct {
	DeskRing    time.Duration // ringing the operator's phone
	Ring        time.Duration // ringing the debtor, from the INVITE
	Talk        time.Duration
	Ending      time.Duration // must exceed the phone's 64·T1 and its longest busy tone
	SaveDialled time.Duration // committing dialled_at; past it nobody is rung
	Save        time.Duration // every other save, before the ledger's adapter spools it
	Reserve     time.Duration // opening the attempt, while the operator waits
	Lease       time.Duration // a desk's hold on a case in the queue; renewed while it lasts
}

// WardLimits are the defaults.
func WardLimits() Limits {
	return Limits{
		DeskRing: 20 * time.Second, Ring: 30 * time.Second, Talk: time.Hour, Ending: 40 * time.Second,
		SaveDialled: time.Second, Save: 300 * time.Millisecond, Reserve: 2 * time.Second, Lease: 2 * time.Minute,
	}
}

// Rings are the waits that are changed while calls are made. A call goes by those of the moment at which it begins to ring.
type Rings struct{ Desk, Customer time.Duration }

// DeskConfig is a desk as the settings have it.
type DeskConfig struct {
	ID   DeskID
	Name string
	// Languages are those spoken at the desk besides Japanese (BCP 47), for calls that come in and cases that need them.
	Languages []string
}

// Deps is what an Engine is made of. All fields are needed but Log and ClockWrong.
type Deps struct {
	Desks []DeskConfig
	Hours Calendar
	Rules Rules // DefaultRules if it has no rows
	// RulesNow answers with the rules that hold at the moment, where they are changed while calls are made; nil: Rules. It must not block.
	RulesNow func() Rules
	Limits   Limits
	// Rings says how long phones ring at the moment; nil: as Limits have it. It must not block.
	Rings   func() Rings
	Results func(trunk string) ResultTable
	Refs    Refs
	Inbound InboundRules // WardInbound if zero

	Phone    Phone
	Tester   PhoneTester // nil where no test calls can be made
	Ledger   Ledger
	Cases    Cases
	Queue    Queue
	Line     LineSource
	Upkeep   Upkeep   // nil for none
	Absences Absences // nil where nobody keeps them
	Board    Board

	// Leased says whether this process may begin calls now; nil when nobody else could. It must not block.
	Leased func() bool
	// DesksApart has every desk be another's until Adopt; else all are this engine's from the start.
	DesksApart bool

	// Now is the clock of the house, by which all rules go.
	Now Clock
	// ClockWrong says why nothing may be dialled by it, nor the line be changed for what only time brings; nil for a clock that is always right.
	ClockWrong func() *Refusal
	Log        *slog.Logger
}

// LineSource yields every waiting case, to rebuild the queue from. The ledger implements it.
type LineSource interface {
	Waiting(ctx context.Context) iter.Seq2[Waiting, error]
}

// Engine makes calls. It owns the desks and the live calls, each call in a goroutine of its own; everyone else asks it
// through methods, which check, start or post, and never touch a call's state. Its mutex guards maps and views only and
// is never held over I/O.
type Engine struct {
	d Deps

	mu       sync.Mutex
	desks    map[DeskID]*desk
	order    []DeskID
	calls    map[CallID]*call
	absent   map[UserID]Absence // open absences of those who sat nowhere when they were read
	draining bool               // no new clicks
	closing  bool               // what still becomes a call is hung up at once

	running   sync.WaitGroup // clicks, calls and their followers; added to under mu, and not once draining
	tidyNow   chan struct{}  // asks keepTidy to look at once
	mending   chan struct{}  // holds one token: whoever looks after the line has it
	recovered chan struct{}  // closed when calls that come in may be taken
	ready     sync.Once      // closes recovered
	strangers strangers      // guarded by mu
	lineStale bool           // guarded by mu: the queue missed something and must be rebuilt
	queueDown bool           // guarded by mu: told to the supervisor, not yet back
}

// NewEngine wires an engine. Call Recover, then Run, before the first Dial.
func NewEngine(d Deps) *Engine {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Inbound == (InboundRules{}) {
		d.Inbound = WardInbound()
	}
	if d.Hours == nil {
		d.Hours = Hours{}.Always
	}
	if d.Rings == nil {
		d.Rings = func() Rings { return Rings{Desk: d.Limits.DeskRing, Customer: d.Limits.Ring} }
	}
	if d.ClockWrong == nil {
		d.ClockWrong = func() *Refusal { return nil }
	}
	if d.Absences == nil {
		d.Absences = unkept{}
	}
	if len(d.Rules.Connections) == 0 {
		d.Rules = DefaultRules()
	}
	if d.Rules.Seats.Usual == nil {
		d.Rules.Seats.Usual = usualLanguages(d.Desks)
	}
	// Whatever the queue has, it is from before: the first thing Run does is to rebuild it.
	e := &Engine{
		d: d, desks: map[DeskID]*desk{}, calls: map[CallID]*call{}, absent: map[UserID]Absence{}, lineStale: true,
		tidyNow: make(chan struct{}, 1), mending: make(chan struct{}, 1), recovered: make(chan struct{}),
	}
	for _, c := range d.Desks {
		e.desks[c.ID] = newDesk(c, d.Now())
		e.desks[c.ID].away = d.DesksApart
		e.order = append(e.order, c.ID)
	}
	d.Phone.OnRegistered(func(id DeskID, registered bool) { e.phoneCameOrWent(id, registered) })
	d.Phone.OnInUseElsewhere(e.phoneUsed)
	d.Phone.OnCall(e.came)
	return e
}

// rules are those that hold at the moment.
func (e *Engine) rules() Rules {
	if e.d.RulesNow != nil {
		return e.d.RulesNow()
	}
	return e.d.Rules
}

// Dial takes a click. It returns once the attempt stands in the ledger and the desk phone is about to be rung, or a
// *Refusal with the rule that forbids the call.
func (e *Engine) Dial(ctx context.Context, r DialRequest) (Accepted, error) {
	clicked := e.d.Now()
	claim, repeated, err := e.holdDesk(ctx, r)
	if err != nil || repeated.Repeated {
		return repeated, err
	}
	defer e.running.Done()
	// From here on the click is carried through, whatever becomes of the browser that made it.
	c, acc, err := e.dialHeld(context.WithoutCancel(ctx), r, claim, clicked)
	if c == nil {
		e.unholdDesk(r.Desk)
		if claim != nil && err != nil {
			// A rule may have taken the case away from the desk: the next one comes to stand there, and is not dialled.
			e.follow(func(ctx context.Context) { e.presentNext(ctx, r.Desk) })
		}
		return acc, err
	}
	e.begin(c)
	return acc, nil
}

// dialHeld makes the call for a desk that is held for it. No call and no error means that the click had been taken.
func (e *Engine) dialHeld(ctx context.Context, r DialRequest, presented *Claim, clicked time.Time) (*call, Accepted, error) {
	if id, err := e.seenBefore(ctx, r); id != "" || err != nil {
		return nil, Accepted{CallID: id, Repeated: id != ""}, err
	}
	if no := e.d.ClockWrong(); no != nil {
		return nil, Accepted{}, no
	}
	if no := e.d.Hours().Refusal(clicked); no != nil {
		return nil, Accepted{}, no
	}
	if up := e.d.Phone.Registered(r.Desk); up != nil && !*up {
		return nil, Accepted{}, Refuse(DeskUnregistered)
	}
	if e.d.Phone.InUseElsewhere(r.Desk) {
		return nil, Accepted{}, phoneInUse
	}
	p, err := e.pick(ctx, r, presented)
	if err != nil {
		return nil, Accepted{}, err
	}
	c, err := e.open(ctx, r, p, clicked)
	if err == nil {
		e.releaseOther(ctx, presented, p.claim)
		return c, Accepted{CallID: c.view.ID, CaseID: p.target.CaseID}, nil
	}
	if again := (*Repeated)(nil); errors.As(err, &again) {
		e.releaseOther(ctx, p.claim, presented)
		return nil, Accepted{CallID: again.ID, Repeated: true}, nil
	}
	if no := (*Refusal)(nil); errors.As(err, &no) && (no.Rule == NumberLocked || no.Rule == CaseBusy) && p.claim != nil {
		return e.afterTheOther(ctx, r, taken{p, presented, clicked}, err)
	}
	e.releaseOther(ctx, p.claim, presented)
	return nil, Accepted{}, err
}

// householdGap is how long a case waits whose number is being called for another case of the household.
const householdGap = 5 * time.Minute

// afterTheOther puts a case off whose number is in a call for another case, or which is in a call itself though the line
// did not know. A click for whatever is next goes on to the
// case after it; a case that an operator had read is never exchanged for one unread.
func (e *Engine) afterTheOther(ctx context.Context, r DialRequest, t taken, err error) (*call, Accepted, error) {
	now := e.d.Now()
	e.putOff(ctx, *t.claim, CaseNext{
		State: CaseWaiting, Due: e.d.Hours().NextOpen(now.Add(householdGap)), Cause: CauseNumber, Why: "同じ番号または案件を呼び出し中のため、あとに回しました",
		WhyEN: "its number, or the case itself, is in a call: put off for a moment",
	})
	e.clearPresented(r.Desk, *t.claim)
	if r.Next && t.presented == nil {
		return e.dialHeld(ctx, r, nil, t.clicked) // the same click: it grows no younger by going on
	}
	return nil, Accepted{}, err
}

// taken is what a click took, and when it was made.
type taken struct {
	picked

	presented *Claim // that the desk had before
	clicked   time.Time
}

// seenBefore finds the call of a click whose key was taken before, by this process or an earlier one.
func (e *Engine) seenBefore(ctx context.Context, r DialRequest) (CallID, error) {
	if r.IdempotencyKey == "" {
		return "", nil
	}
	ctx, cancel := context.WithTimeout(ctx, e.d.Limits.Reserve)
	defer cancel()
	id, err := e.d.Ledger.ByKey(ctx, r.Asker.User, r.IdempotencyKey)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return id, ledgerRefusal(err)
}

// clickWithin is how long after a click a phone may still be opened for it. Whoever waited longer has given up, or a server that slept has just gone on.
const clickWithin = 8 * time.Second

// open prepares the line and writes the reservation: after it the attempt stands, before it nothing was sent.
func (e *Engine) open(ctx context.Context, r DialRequest, p picked, clicked time.Time) (*call, error) {
	id := CallID(NewID(clicked))
	line, err := e.d.Phone.Prepare(ctx, CallOrder{
		ID: id, Desk: r.Desk, Number: p.target.Number, Sample: p.target.Sample, Supervisor: r.Asker.Supervises(),
		Click: NewClick(r.Desk),
	})
	if err != nil {
		return nil, err
	}
	rctx, cancel := context.WithTimeout(ctx, e.d.Limits.Reserve)
	defer cancel()
	err = e.d.Ledger.Reserve(rctx, Reservation{
		ID: id, Target: p.target, Desk: r.Desk, Operator: r.Asker.User, Trunk: line.Trunk(), At: clicked,
		IdempotencyKey: r.IdempotencyKey, DeskLeg: line.Desk().Handle(), Override: p.override, MustWait: p.mustWait,
	})
	if err == nil && e.d.Now().Sub(clicked) > clickWithin {
		err = fmt.Errorf("the click is older than %s: %w", clickWithin, ErrLedgerDown) // its attempt stands, and is closed as one that failed
	}
	if err != nil {
		line.Close()
		e.unreserve(id, p, clicked, err)
		return nil, ledgerRefusal(err)
	}
	return e.newCall(id, r, p, line, clicked), nil
}

// unreserve closes an attempt whose reservation got no answer: it may have been committed all the same, and an attempt
// that nobody owns would keep its case and number locked.
func (e *Engine) unreserve(id CallID, p picked, clicked time.Time, err error) {
	if !errors.Is(err, ErrLedgerDown) {
		return
	}
	verdict, _ := DefaultResults().Decide(Outcome{EndedBy: BySystem})
	end := AttemptEnd{
		ID: id, StartedAt: clicked, EndedAt: e.d.Now(), EndedBy: BySystem, Verdict: verdict, CaseID: p.target.CaseID,
	}
	tried := make(chan struct{})
	e.running.Go(func() { e.insist(end, func() { close(tried) }) }) // while the click still counts as running
	<-tried
}

// Hangup asks for the end of a call. An operator may end calls of the desk they sit at, a supervisor any.
func (e *Engine) Hangup(_ context.Context, a Asker, id CallID) error {
	e.mu.Lock()
	c := e.calls[id]
	var mine bool
	if c != nil {
		d := e.desks[c.shown.Desk] // none yet, of a call that came in
		mine = c.shown.Operator == a.User || d != nil && d.view.Operator == a.User
	}
	e.mu.Unlock()
	if c == nil {
		return ErrNotFound
	}
	if !mine && !a.Supervises() {
		return Refuse(NotYourDesk)
	}
	c.post(posted{fact: HangupAsked, by: ByOperator})
	return nil
}

// Calls returns the live calls, oldest first.
func (e *Engine) Calls() []CallView {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]CallView, 0, len(e.calls))
	for _, c := range e.calls {
		out = append(out, c.shown)
	}
	sortCalls(out)
	return out
}

// Call returns one live call.
func (e *Engine) Call(id CallID) (CallView, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c, ok := e.calls[id]
	if !ok {
		return CallView{}, false
	}
	return c.shown, true
}

func sortCalls(v []CallView) {
	sort.Slice(v, func(i, j int) bool { return v[i].ID < v[j].ID })
}
