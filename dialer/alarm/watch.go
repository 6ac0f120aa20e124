package alarm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"kakeru/dialer"
)

// Limits are when the watch raises an alert.
type Limits struct {
	LongTalk time.Duration // a talk lasts longer
	Absent   time.Duration // no supervisor touched anything for so long, in opening hours
	Break    time.Duration // a supervisor's break may last so long
	// Behind is the share of what the plan asks for by now that must be missing, in percent, and at least BehindCalls.
	Behind      int
	BehindCalls int
}

// Pace is how the day stands.
type Pace struct {
	Done int // what counts
	Plan int // of the whole day
}

// Deps is what a Watch looks at.
type Deps struct {
	Hours     dialer.Calendar
	Calls     func() []dialer.CallView
	Desks     func() []dialer.DeskView
	Pace      func(ctx context.Context) (Pace, error)
	Store     Store
	Presences PresenceStore
	// Tell raises an alert. What stands already is not raised again (Store).
	Tell   func(dialer.Alert)
	Limits Limits
	Now    dialer.Clock
	Log    *slog.Logger
}

// LookEvery is how often the watch looks.
const LookEvery = 10 * time.Second

// slot is how often the pace is looked at, on the clock: at the hour and at half past.
const slot = 30 * time.Minute

// early is how long after the opening nobody is told that the day is behind: a few calls say nothing.
const early = time.Hour

// Watch finds out what only time shows. Look is one goroutine's.
type Watch struct {
	d     Deps
	began time.Time
	paced time.Time // the half hour for which the pace was looked at
}

// NewWatch makes one.
func NewWatch(d Deps) *Watch { return &Watch{d: d, began: d.Now()} }

// Run looks until ctx is done.
func (w *Watch) Run(ctx context.Context) error {
	tick := time.NewTicker(LookEvery)
	defer tick.Stop()
	for {
		if err := w.Look(ctx); err != nil && ctx.Err() == nil {
			w.d.Log.Warn("what needs somebody could not be looked at; it is tried again", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Look looks once.
func (w *Watch) Look(ctx context.Context) error {
	now := w.d.Now()
	kept, err := w.d.Store.CurrentAlerts(ctx)
	if err != nil {
		return err
	}
	standing := make([]Kept, 0, len(kept))
	for _, k := range kept {
		if Stands(k.Kind) && k.EndedAt.IsZero() {
			standing = append(standing, k)
		}
	}
	w.longTalks(now)
	w.over(standing)
	return errors.Join(w.pace(ctx, now, standing), w.supervised(ctx, now, standing))
}

// longTalks raises an alert for each talk that lasts too long.
func (w *Watch) longTalks(now time.Time) {
	for _, c := range w.d.Calls() {
		if c.State != dialer.Talking || c.AnsweredAt.IsZero() || now.Sub(c.AnsweredAt) < w.d.Limits.LongTalk {
			continue
		}
		minutes := int(w.d.Limits.LongTalk.Minutes())
		w.d.Tell(dialer.Alert{
			Kind: LongTalk, Desk: c.Desk, CallID: c.ID, Since: c.AnsweredAt, Text: fmt.Sprintf("通話が%d分を超えました。応援がいるか、席の様子を確かめてください", minutes),
			TextEN: fmt.Sprintf("a talk has lasted longer than %d minutes; see whether the desk needs help", minutes),
		})
	}
}

// over ends what stands although its call or its silence is over: whoever should have said so may have crashed.
func (w *Watch) over(standing []Kept) {
	live := map[dialer.CallID]bool{}
	for _, c := range w.d.Calls() {
		live[c.ID] = c.State != dialer.Ended
	}
	there := map[dialer.DeskID]bool{}
	for _, d := range w.d.Desks() {
		there[d.ID] = d.Registered != nil && *d.Registered
	}
	for _, k := range standing {
		switch {
		case k.Kind == "one_way_audio" || k.Kind == "dead_air" || k.Kind == LongTalk:
			if !live[k.CallID] {
				w.d.Tell(dialer.Alert{Kind: CallOver, Desk: k.Desk, CallID: k.CallID, Text: "その通話は終わりました", TextEN: "that call is over"})
			}
		case k.Kind == DeskGone && there[k.Desk]:
			w.d.Tell(dialer.Alert{Kind: DeskBack, Desk: k.Desk, Text: "卓上電話が戻りました", TextEN: "the desk phone is back"})
		case k.Kind == "ledger_down": // it has just been read
			w.d.Tell(dialer.Alert{Kind: "ledger_back", Text: "記録台帳が復旧しました", TextEN: "the ledger is back"})
		}
	}
}

// pace looks at the hour and at half past whether the day is behind its plan. It is told once; then not again until the day had caught up.
func (w *Watch) pace(ctx context.Context, now time.Time, standing []Kept) error {
	told := has(standing, PaceBehind)
	span, open := w.today(now)
	if !open {
		if told {
			w.d.Tell(dialer.Alert{Kind: PaceBack, Text: "本日の受付は終わりました", TextEN: "the day's hours are over"})
		}
		return nil
	}
	half := now.Truncate(slot)
	if half.Equal(w.paced) || half.Before(span.from.Add(early)) || half.Before(w.began.Truncate(slot)) {
		return nil
	}
	p, err := w.d.Pace(ctx)
	if err != nil {
		return err
	}
	w.paced = half
	by := float64(p.Plan) * float64(half.Sub(span.from)) / float64(span.to.Sub(span.from))
	missing := int(by) - p.Done
	switch {
	case missing >= w.d.Limits.BehindCalls && float64(missing)*100 >= by*float64(w.d.Limits.Behind):
		w.d.Tell(dialer.Alert{
			Kind: PaceBehind, Since: half, Text: fmt.Sprintf("%s時点で計画より%d件遅れています(計画%d件、実績%d件)", inTokyo(half), missing, int(by), p.Done),
			TextEN: fmt.Sprintf("at %s the day is %d behind its plan (planned %d, done %d)", inTokyo(half), missing, int(by), p.Done),
		})
	case told && float64(missing)*200 < by*float64(w.d.Limits.Behind): // half of it made good
		w.d.Tell(dialer.Alert{Kind: PaceBack, Text: "計画に追いつきました", TextEN: "the day has caught up with its plan"})
	}
	return nil
}

type opening struct{ from, to time.Time }

// today is the day's opening, and whether now lies in it. That the hours are lifted for a trial changes neither.
func (w *Watch) today(now time.Time) (opening, bool) {
	d := dialer.DateOf(now)
	span, _, ok := w.d.Hours().On(d)
	o := opening{d.At(span.From), d.At(span.To)}
	return o, ok && !now.Before(o.from) && now.Before(o.to)
}

// supervised runs the clock of 仕様書 7(6): in opening hours a supervisor is always there, but for breaks.
func (w *Watch) supervised(ctx context.Context, now time.Time, standing []Kept) error {
	told := has(standing, SVAbsent)
	span, open := w.today(now)
	if !open {
		if told {
			w.d.Tell(dialer.Alert{Kind: SVBack, Text: "スーパーバイザー不在のまま本日の受付が終わりました", TextEN: "the day's hours are over, and no supervisor came"})
		}
		return nil
	}
	since, err := w.missing(ctx, now, span.from)
	switch {
	case err != nil:
		return err
	case now.Sub(since) >= w.d.Limits.Absent:
		w.d.Tell(dialer.Alert{
			Kind: SVAbsent, Since: since, Text: inTokyo(since) + "からスーパーバイザーが不在です。直ちに区へ報告してください(仕様書 7(6))",
			TextEN: "no supervisor has been there since " + inTokyo(since) + "; tell the ward at once (specification 7(6))",
		})
	case told:
		w.d.Tell(dialer.Alert{Kind: SVBack, Text: "スーパーバイザーが席に戻りました", TextEN: "a supervisor is there again"})
	}
	return nil
}

// missing is since when no supervisor is there; now when one is. A talk of a supervisor's own, and keys touched at their desk, are known by
// their panel too.
func (w *Watch) missing(ctx context.Context, now, opened time.Time) (time.Time, error) {
	all, err := w.d.Presences.Presences(ctx)
	since := opened
	for _, p := range all {
		last := p.At
		if p.Break {
			last = p.At.Add(w.d.Limits.Break)
		}
		if last.After(since) {
			since = last
		}
	}
	if since.After(now) {
		since = now
	}
	return since, err
}

// has reports whether a kind of condition stands.
func has(standing []Kept, kind string) bool {
	for _, k := range standing {
		if k.Kind == kind {
			return true
		}
	}
	return false
}

func inTokyo(t time.Time) string { return t.In(dialer.Tokyo).Format("15:04") }
