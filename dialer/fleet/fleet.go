package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"kakeru/dialer"
)

// Deps is what a Fleet is made of. All are needed but Phones and Log.
type Deps struct {
	ID    dialer.NodeID
	Label string // where people reach this node
	// Lease is how long a node may be silent before the others take over from it; Beat how often it shows itself, at most a
	// third of that.
	Lease, Beat time.Duration
	Desks       []dialer.DeskConfig

	Nodes Nodes
	Wire  Wire
	// Owed lists the results that are owed; the ledger has them.
	Owed  Owed
	Phone Phone
	// Board is this node's own: what happens anywhere is shown there.
	Board dialer.Board
	// Phones are told to whoever takes a desk over; nil when phones find their own way.
	Phones Phones
	// Now is the house's clock, for what is shown. Leases run by the monotonic one.
	Now dialer.Clock
	Log *slog.Logger
}

// Owed is the part of dialer.Ledger that says which desks wait for a result.
type Owed interface {
	ResultsDue(ctx context.Context) ([]dialer.ResultDue, error)
}

// Phone is the part of dialer.Phone that says where a desk's phone is registered.
type Phone interface {
	Registered(desk dialer.DeskID) *bool
}

// Phones keeps where desk phones were last, so that another node can ring them.
type Phones interface {
	// Recall has the phone side learn where these desks' phones were last, and ask whether they are there.
	Recall(ctx context.Context, desks []dialer.DeskID)
}

// Engine is what a fleet needs of this node's engine: what a person asks for, and to give and take desks.
type Engine interface {
	Dial(ctx context.Context, r dialer.DialRequest) (dialer.Accepted, error)
	Hangup(ctx context.Context, a dialer.Asker, id dialer.CallID) error
	Digits(ctx context.Context, a dialer.Asker, id dialer.CallID, digits string) error
	AnnouncementHeard(ctx context.Context, a dialer.Asker, id dialer.CallID, what dialer.Announcement) error
	Sit(ctx context.Context, a dialer.Asker, id dialer.DeskID, takeOver bool) (dialer.DeskView, error)
	Hold(ctx context.Context, a dialer.Asker, id dialer.CallID, on bool) error
	Mute(ctx context.Context, a dialer.Asker, id dialer.CallID, on bool) error
	PauseRecording(ctx context.Context, a dialer.Asker, id dialer.CallID, on bool) error
	Transfer(ctx context.Context, a dialer.Asker, id dialer.CallID, to dialer.DeskID, consult bool) error
	CompleteTransfer(ctx context.Context, a dialer.Asker, id dialer.CallID) error
	CancelTransfer(ctx context.Context, a dialer.Asker, id dialer.CallID) error
	NameCase(ctx context.Context, a dialer.Asker, id dialer.CallID, to dialer.CaseID) error
	Leave(ctx context.Context, a dialer.Asker, id dialer.DeskID) (dialer.DeskView, error)
	Away(ctx context.Context, a dialer.Asker, id dialer.DeskID, reason dialer.AwayReason) (dialer.DeskView, error)
	Back(ctx context.Context, a dialer.Asker, id dialer.DeskID) (dialer.DeskView, error)
	Pause(ctx context.Context, a dialer.Asker, id dialer.DeskID, reason string) (dialer.DeskView, error)
	Unpause(ctx context.Context, a dialer.Asker, id dialer.DeskID) (dialer.DeskView, error)
	TestDesk(ctx context.Context, a dialer.Asker, id dialer.DeskID, auto bool) (dialer.DeskTestReport, error)
	Touched(ctx context.Context, a dialer.Asker, id dialer.DeskID, ago time.Duration) error
	Present(ctx context.Context, a dialer.Asker, id dialer.DeskID, want dialer.CaseID, skip bool) (dialer.CaseID, error)
	ResultRecorded(ctx context.Context, id dialer.CallID, caseID dialer.CaseID) error
	Desks() []dialer.DeskView
	Calls() []dialer.CallView
	Call(id dialer.CallID) (dialer.CallView, bool)

	Recover(ctx context.Context) error
	TakeOver(ctx context.Context, open []dialer.OpenAttempt)
	Adopt(ctx context.Context, seats []dialer.Seat) error
	GiveUp(ctx context.Context, id dialer.DeskID, owing bool) (who dialer.UserID, ok bool)
	HangUpAll(ctx context.Context) error
	Settle(ctx context.Context, owed []dialer.ResultDue, at time.Time)
	Drain(ctx context.Context)
	LineKept()
}

var _ Engine = (*dialer.Engine)(nil)

// Fleet is this node among the others. It is the engine's board, and what the panel asks in the engine's place.
type Fleet struct {
	d       Deps
	log     *slog.Logger
	engine  Engine
	me      lifeNow
	out     chan said      // to be published
	lost    flag           // something that was to be shown was not
	poke    chan struct{}  // the register may have changed: look at once
	hands   chan struct{}  // holds one token: who moves desks has it
	unheard atomic.Bool    // what was published last did not get through
	work    sync.WaitGroup // commands, the closing of what others left; added to under mu

	mu        sync.Mutex
	state     State
	settled   bool                     // what an earlier life left is closed: desks may be taken
	others    map[dialer.NodeID]*other // what they have shown
	standing  Standing                 // as last read
	free      map[dialer.DeskID]bool   // desks that had no owner then
	asked     map[string]chan reply    // commands of ours that wait for an answer
	taken     map[string]time.Time     // commands that were carried out, until nobody repeats them
	reaping   bool
	wanted    map[dialer.DeskID]bool // desks that their owners are being asked for
	working   bool                   // commands are taken
	downSince time.Time              // since when beats have failed; zero while they do not
}

// New makes a fleet. Drive it, Join, Start, then Run.
func New(d Deps) *Fleet {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Fleet{
		d: d, log: d.Log.With("node", d.ID), out: make(chan said, outRoom), poke: make(chan struct{}, 1),
		hands: make(chan struct{}, 1), state: Live, wanted: map[dialer.DeskID]bool{},
		others: map[dialer.NodeID]*other{}, free: map[dialer.DeskID]bool{}, asked: map[string]chan reply{}, taken: map[string]time.Time{},
	}
}

// Drive says which engine makes this node's calls. Called once, at wiring.
func (f *Fleet) Drive(e Engine) { f.engine = e }

// Join begins this node's life: from here on an earlier process of the same name makes no call. It needs the ledger.
func (f *Fleet) Join(ctx context.Context) error {
	sent := time.Now()
	life, err := f.d.Nodes.Join(ctx, f.d.ID, f.d.Label, f.d.Lease)
	if err != nil {
		return fmt.Errorf("this node could not join the others: %w", err)
	}
	f.me.begin(life, sent.Add(f.d.Lease))
	f.log.Info("joined", "epoch", life.Epoch)
	return nil
}

// Start closes what an earlier life left open and takes the desks that are this node's. The phone must be running, and so should
// Run, or the lease may be over before; nobody is served yet.
func (f *Fleet) Start(ctx context.Context) error {
	if err := f.engine.Recover(ctx); err != nil {
		return err
	}
	if err := f.look(ctx); err != nil {
		return err
	}
	if len(f.alive()) > 1 {
		f.engine.LineKept()
	}
	if err := f.settleIn(ctx); err != nil {
		return err
	}
	f.mu.Lock()
	f.settled = true
	f.mu.Unlock()
	return nil
}

// Run keeps this node's place until ctx is done, then leaves. It returns an error when another process has taken the place.
func (f *Fleet) Run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	f.mu.Lock()
	f.working = true
	f.mu.Unlock()
	var parts sync.WaitGroup
	parts.Go(func() { f.publish(ctx) })
	parts.Go(func() { f.listen(ctx) })
	err := f.keep(ctx)
	stop(err)
	parts.Wait()
	f.mu.Lock()
	f.working = false
	f.mu.Unlock()
	f.work.Wait()
	if err == nil {
		f.leave(ctx)
	}
	return err
}

// leaveWithin bounds the farewell: a register that is away finds out by itself.
const leaveWithin = time.Second

func (f *Fleet) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveWithin)
	defer cancel()
	if err := f.d.Nodes.Leave(ctx); err != nil {
		f.log.Warn("this node could not say goodbye; the others will notice", "err", err)
		return
	}
	_ = f.tell(ctx, said{Look: true}) // the publisher has ended
	f.log.Info("left")
}

// listen takes what the others say.
func (f *Fleet) listen(ctx context.Context) {
	for ctx.Err() == nil {
		life := f.me.life()
		lctx, cancel := context.WithCancel(ctx)
		over := f.me.over(life)
		go func() { // a new life has another inbox
			select {
			case <-over:
			case <-lctx.Done():
			}
			cancel()
		}()
		err := f.d.Wire.Listen(lctx, life, Ears{Heard: f.heard, Told: f.told, Gap: f.gap})
		cancel()
		if err != nil && ctx.Err() == nil {
			f.log.Warn("the wire to the other nodes failed", "err", err)
			pause(ctx, f.d.Beat)
		}
	}
}

// Ready reports whether this node may make calls: nil, or why not.
func (f *Fleet) Ready(context.Context) error {
	if !f.Leased() {
		return errors.New("this node has no lease: the ledger does not answer, or another node has taken over from it")
	}
	return nil
}

// Leased says whether this node's lease runs by its own count, which began before the register's did. It does not block.
func (f *Fleet) Leased() bool { return f.me.leased() }

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// Owned is how many desks this node has.
func (f *Fleet) Owned() int { return len(f.engine.Desks()) }

// Alive is how many nodes have a lease that runs, this one among them.
func (f *Fleet) Alive() int { return len(f.alive()) }
