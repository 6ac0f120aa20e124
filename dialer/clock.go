package dialer

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// ClockLimits say how far this machine's clock may be from the ledger's. Both must be positive.
type ClockLimits struct {
	// Tell: beyond it the supervisor is told.
	Tell time.Duration
	// Stop: beyond it nothing is dialled, and nothing ends because its day is over. Which of the two clocks is wrong nobody here can know, and rules that
	// go by the time of day would go wrong with it.
	Stop time.Duration
}

// WardClock are the defaults.
func WardClock() ClockLimits { return ClockLimits{Tell: 2 * time.Second, Stop: time.Minute} }

// WatchDeps is what a Watch is made of. Ledger is needed.
type WatchDeps struct {
	// Ledger asks PostgreSQL what time it is.
	Ledger func(context.Context) (time.Time, error)
	Limits ClockLimits // WardClock if zero
	Alert  func(Alert) // told when a limit is passed, and when all is well again; nil for nobody
	Log    *slog.Logger
	// Wall is this machine's clock, which people and programs set. Count counts on evenly, whatever they do.
	Wall  Clock
	Count func() time.Duration
}

// Watch is the clock of the house: the ledger's time, carried on by what this machine counts. So all machines of a house
// agree, and whoever sets this machine's clock an hour back or forth neither has anybody dialled early nor a lease run out.
// Until the ledger was asked for the first time it shows this machine's time.
type Watch struct {
	d WatchDeps

	mu    sync.Mutex
	shown time.Time     // what the watch showed …
	at    time.Duration // … at this count
	off   time.Duration // the ledger's time less this machine's, when last compared
	wall  time.Time     // this machine's time then …
	asked time.Duration // … and the count
	known bool
	moved time.Duration // by so much this machine's clock and the ledger's moved together, and are not believed
	steps []clockStep   // that they made together within a day, and that were believed
	told  clockState
}

// clockStep is by how much both clocks moved against what was counted, at a count.
type clockStep struct{ at, by time.Duration }

// movedWithin is the time within which steps are summed up: who moves a clock by many small ones has moved it all the same. By itself a good machine counts a
// few seconds a day wrong.
const movedWithin = 24 * time.Hour

// together sums up what both clocks moved by with one step more. It needs mu.
func (w *Watch) together(step clockStep) (sum time.Duration) {
	w.steps = slices.DeleteFunc(w.steps, func(s clockStep) bool { return step.at-s.at > movedWithin })
	for _, s := range w.steps {
		sum += s.by
	}
	return sum + step.by
}

// clockState is what the supervisor was told last.
type clockState int

const (
	clockRight clockState = iota
	clockOff
	clockStopped
	clockMoved
)

// NewWatch makes a watch that shows this machine's time.
func NewWatch(d WatchDeps) *Watch {
	if d.Limits == (ClockLimits{}) {
		d.Limits = WardClock()
	}
	if d.Alert == nil {
		d.Alert = func(Alert) {}
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Wall == nil {
		d.Wall = time.Now
	}
	if d.Count == nil {
		began := time.Now()
		d.Count = func() time.Duration { return time.Since(began) }
	}
	w := &Watch{d: d}
	w.shown, w.at = w.wallNow(), d.Count()
	return w
}

// wallNow is this machine's time alone: what Go counts beside it is Count's to say.
func (w *Watch) wallNow() time.Time { return w.d.Wall().Round(0) }

// Now is the time of the house.
func (w *Watch) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now(w.d.Count())
}

// now needs mu.
func (w *Watch) now(count time.Duration) time.Time { return w.shown.Add(count - w.at) }

// Offset is the ledger's time less this machine's, when last compared.
func (w *Watch) Offset() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.off
}

// Refusal says why nothing may be dialled by this clock, and nothing be destroyed, closed or issued because a day is over; nil when it is right. Whoever asks both
// asks this first and the time after it: the time that was shown until a clock was set right is believed no more than before. A clock that was not compared yet
// is not known to be right.
func (w *Watch) Refusal() *Refusal {
	w.mu.Lock()
	off, moved, known := w.off.Abs(), w.moved, w.known
	w.mu.Unlock()
	if !known {
		return &Refusal{
			Rule: ClockOff,
			JA:   "サーバーの時計をまだ記録台帳の時計と比べられていないため" + stoppedJA + "。しばらく待ってからやり直し、続くときは管理者に連絡してください",
			EN:   "the server's clock could not be compared with the ledger's yet, so " + stoppedEN + "; try again in a moment, and tell the administrator if it lasts",
		}
	}
	if moved != 0 {
		ja, en := inWords(moved.Abs())
		wayJA, way := "進みました", "ahead"
		if moved < 0 {
			wayJA, way = "戻りました", "back"
		}
		return &Refusal{
			Rule: ClockOff,
			JA:   "サーバーと記録台帳の時計が動作中にそろって" + ja + wayJA + "。正しい時刻か分からないため" + stoppedJA + "。管理者が時刻を確かめ、正しければサーバーを再起動してください",
			EN: "the server's clock and the ledger's went " + way + " together by " + en + " while this ran; nobody here can know which time is right, so " + stoppedEN + "; " +
				"have it looked at, and the server started anew if it is right",
		}
	}
	if off <= w.d.Limits.Stop {
		return nil
	}
	ja, en := inWords(off)
	return &Refusal{
		Rule: ClockOff,
		JA:   "サーバーの時計が記録台帳の時計と" + ja + "ずれているため" + stoppedJA + "。管理者に連絡し、時計が直るまでお待ちください",
		EN:   "the server's clock and the ledger's are " + en + " apart, so " + stoppedEN + "; have the wrong one set right",
	}
}

// What stands still while the clock is not believed.
const (
	stoppedJA = "、発信・終業返却・報告書の発行ができません"
	stoppedEN = "nothing is dialled, no day is closed and no report is issued"
)

// The watch's own times.
const (
	lookAtClock   = time.Second     // how often it is seen whether this machine's clock was set
	compareEvery  = time.Minute     // while all is well
	compareAgain  = 5 * time.Second // while it is not
	clockJump     = time.Second     // by so much a clock does not go wrong by itself
	answerAtMost  = time.Second     // an answer that took longer says too little
	comparedTimes = 3               // the quickest answer is the truest
)

// Run compares the clocks every minute, and at once when this machine's was set, until ctx is done.
func (w *Watch) Run(ctx context.Context) error {
	tick := time.NewTicker(lookAtClock)
	defer tick.Stop()
	for {
		if w.due() {
			if err := w.Compare(ctx); err != nil && ctx.Err() == nil {
				w.d.Log.Debug("the clocks could not be compared", "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// due reports whether it is time to compare.
func (w *Watch) due() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	passed := w.d.Count() - w.asked
	every := compareEvery
	if w.told != clockRight {
		every = compareAgain
	}
	return !w.known || passed >= every || (w.wallNow().Sub(w.wall)-passed).Abs() > clockJump
}

// Compare asks the ledger what time it is, and sets the watch by it.
func (w *Watch) Compare(ctx context.Context) error {
	r, err := AskTime(ctx, w.d.Ledger, w.d.Count)
	if err != nil {
		return err
	}
	w.mu.Lock()
	wall := w.wallNow()
	ledger := r.At.Add(w.d.Count() - r.Count)
	step := ledger.Sub(w.now(w.d.Count()))
	apart := w.off.Abs() > w.d.Limits.Stop // before: then one of them was set right since
	w.off, w.wall, w.asked = ledger.Sub(wall), wall, w.d.Count()
	// Two of three clocks are believed. When the ledger's jumped away from this machine's and from what was counted, it is
	// what must be set right: nothing is dialled meanwhile, and the calls that run go on by the time they had.
	jumped := w.known && step.Abs() > w.d.Limits.Stop && w.off.Abs() > w.d.Limits.Stop
	// Where both stand on one machine, whoever sets its clock moves both, and only what was counted speaks against them. That is no majority, but nobody is
	// dialled by it before a person has looked: the rules go by the time, and so does the record.
	w.moved = 0
	believed := !jumped && step.Abs() > r.Within
	if w.known && !jumped && !apart && w.off.Abs() <= w.d.Limits.Stop {
		one := clockStep{w.asked, step}
		if sum := w.together(one); sum.Abs() > w.d.Limits.Stop {
			w.moved, believed = sum, false
		} else if believed {
			w.steps = append(w.steps, one)
		}
	}
	if believed {
		w.shown, w.at = ledger, w.asked
	}
	w.known = true
	off := w.off
	w.mu.Unlock()
	w.tell(off)
	return nil
}

// Reading is the ledger's time at a count, right to Within.
type Reading struct {
	At     time.Time
	Count  time.Duration
	Within time.Duration
}

// AskTime reads the ledger's clock a few times and returns the truest reading: what it showed half-way between question and
// answer.
func AskTime(ctx context.Context, ledger func(context.Context) (time.Time, error), count func() time.Duration) (best Reading, err error) {
	best.Within = answerAtMost
	for range comparedTimes {
		asked := count()
		at, err := ledger(ctx)
		if err != nil {
			return Reading{}, err
		}
		if half := (count() - asked) / 2; half < best.Within {
			best = Reading{At: at.Round(0), Count: asked + half, Within: half}
		}
	}
	if best.At.IsZero() {
		return Reading{}, fmt.Errorf("its clock was read too slowly: %w", ErrLedgerDown)
	}
	return best, nil
}

// tell says that a limit was passed, or that all is well again.
func (w *Watch) tell(off time.Duration) {
	now := clockRight
	w.mu.Lock()
	moved := w.moved
	w.mu.Unlock()
	switch {
	case moved != 0:
		now = clockMoved
	case off.Abs() > w.d.Limits.Stop:
		now = clockStopped
	case off.Abs() > w.d.Limits.Tell:
		now = clockOff
	}
	w.mu.Lock()
	was := w.told
	w.told = now
	w.mu.Unlock()
	if now == was {
		return
	}
	w.d.Log.Warn("the server's clock and the ledger's", "apart", off, "moved", moved, "calls_refused", now >= clockStopped)
	ja, en := inWords(off.Abs())
	switch now {
	case clockRight:
		w.d.Alert(Alert{Kind: "clock_back", Text: "サーバーの時計のずれが直りました", TextEN: "the server's clock is right again"})
	case clockOff:
		w.d.Alert(Alert{
			Kind: "clock_off", Text: "サーバーの時計が記録台帳の時計と" + ja + "ずれています。時刻の同期を確かめてください",
			TextEN: "the server's clock and the ledger's are " + en + " apart; see what keeps them in step",
		})
	case clockStopped, clockMoved:
		no := w.Refusal()
		if no == nil { // set right in this moment
			return
		}
		w.d.Alert(Alert{Kind: "clock_off", Text: no.JA, TextEN: no.EN})
	}
}

// inWords is how far apart clocks are, for people.
func inWords(d time.Duration) (ja, en string) {
	switch {
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d時間", int(d.Round(time.Hour).Hours())), fmt.Sprintf("%d hours", int(d.Round(time.Hour).Hours()))
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d分", int(d.Round(time.Minute).Minutes())), fmt.Sprintf("%d minutes", int(d.Round(time.Minute).Minutes()))
	default:
		return fmt.Sprintf("%d秒", int(d.Round(time.Second).Seconds())), fmt.Sprintf("%d seconds", int(d.Round(time.Second).Seconds()))
	}
}
