package webui

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/alarm"
)

const (
	// alertsAgain is how often it is read what other nodes raised, and how soon what could not be written is tried again.
	alertsAgain = 3 * time.Second
	alertWait   = time.Second
	// alertsWaiting bounds what waits for the ledger; of more only the first are kept: they say what went wrong first.
	alertsWaiting = 256
	// alertsKept is how many a snapshot shows where nothing keeps them.
	alertsKept = 20
)

// alertBook has alerts kept (package alarm), and shows every node's panels how each stands. Alerts wait for nothing: what the ledger does
// not take is shown all the same, without a number to acknowledge it by, and written when it is back.
type alertBook struct {
	s    *Server
	wake chan struct{}

	mu      sync.Mutex
	waiting []raisedAlert
	lost    int     // alerts for which there was no room
	shown   []Alert // newest first
	// owed are this node's alerts of tampering and incidents, the last of each condition: shown until somebody acknowledged them, whatever the
	// ledger gives back. Who can write there could otherwise keep them from being seen.
	owed map[string]raisedAlert
}

// raisedAlert waits to be written.
type raisedAlert struct {
	alert dialer.Alert
	at    time.Time
	tried bool // it is shown without having been written
}

func newAlertBook(s *Server) *alertBook {
	return &alertBook{s: s, wake: make(chan struct{}, 1), owed: map[string]raisedAlert{}}
}

// take takes an alert that was raised. It never blocks.
func (b *alertBook) take(a dialer.Alert, at time.Time) {
	if at.IsZero() {
		at = b.s.d.Now()
	}
	b.mu.Lock()
	if b.s.d.Alerts == nil { // the hub shows it
		b.shown = append([]Alert{{Alert: a, At: at}}, b.shown[:min(len(b.shown), alertsKept-1)]...)
		b.mu.Unlock()
		return
	}
	if ofSafety(Alert{Alert: a}) {
		b.owed[alarm.Condition(a)] = raisedAlert{alert: a, at: at}
	}
	if len(b.waiting) < alertsWaiting {
		b.waiting = append(b.waiting, raisedAlert{alert: a, at: at})
	} else {
		b.lost++
	}
	b.mu.Unlock()
	b.look()
}

// look has the book read again soon.
func (b *alertBook) look() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// show puts an alert before the panels as it stands now.
func (b *alertBook) show(a Alert) {
	b.mu.Lock()
	i := slices.IndexFunc(b.shown, func(o Alert) bool { return a.ID != 0 && o.ID == a.ID })
	if i >= 0 {
		b.shown[i] = a
	} else {
		b.shown = append([]Alert{a}, b.shown...)
	}
	b.mu.Unlock()
	b.s.d.Hub.number(string(dialer.ChangeAlert), a, time.Time{})
}

// run works until ctx is done.
func (b *alertBook) run(ctx context.Context) {
	if b.s.d.Alerts == nil {
		return
	}
	again := time.NewTicker(alertsAgain)
	defer again.Stop()
	for {
		if b.write(ctx) {
			b.read(ctx)
		}
		select {
		case <-b.wake:
		case <-again.C:
		case <-ctx.Done():
			return
		}
	}
}

// write writes what waits, in its order; ok is false when the ledger does not take it.
func (b *alertBook) write(ctx context.Context) (ok bool) {
	for {
		b.mu.Lock()
		if len(b.waiting) == 0 {
			lost := b.lost
			b.lost = 0
			b.mu.Unlock()
			if lost > 0 {
				b.s.log.Error("alerts were not kept: too many waited for the ledger", "lost", lost)
			}
			return true
		}
		next := b.waiting[0]
		b.mu.Unlock()
		if err := b.writeOne(ctx, next); err != nil {
			b.showUnkept()
			return false
		}
		b.mu.Lock()
		b.waiting = b.waiting[1:]
		b.mu.Unlock()
	}
}

func (b *alertBook) writeOne(ctx context.Context, r raisedAlert) error {
	ctx, cancel := context.WithTimeout(ctx, alertWait)
	defer cancel()
	var err error
	if alarm.Ends(r.alert.Kind) {
		err = b.s.d.Alerts.EndAlerts(ctx, r.alert, r.at)
	} else {
		err = b.s.d.Alerts.RaiseAlert(ctx, r.alert, r.at)
	}
	if err != nil && !errors.Is(err, dialer.ErrLedgerDown) && ctx.Err() == nil {
		b.s.log.Error("an alert could not be kept", "kind", r.alert.Kind, "err", err)
		return nil // nor will it be: it does not stand in the way of others
	}
	return err
}

// showUnkept shows what waits for the ledger and was not shown yet.
func (b *alertBook) showUnkept() {
	b.mu.Lock()
	var fresh []Alert
	for i, r := range b.waiting {
		if !r.tried {
			b.waiting[i].tried = true
			fresh = append(fresh, Alert{Alert: r.alert, At: r.at})
		}
	}
	b.mu.Unlock()
	for _, a := range fresh {
		b.show(a)
	}
}

// read reads how the alerts stand, and shows what is new or has changed.
func (b *alertBook) read(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, alertWait)
	defer cancel()
	kept, err := b.s.d.Alerts.CurrentAlerts(ctx)
	if err != nil {
		b.showOwed()
		return
	}
	now := b.owing(ctx, kept)
	for _, k := range kept {
		now = append(now, b.s.dressAlert(k))
	}
	b.mu.Lock()
	before := map[string]Alert{}
	for _, a := range b.shown {
		before[a.key()] = a
	}
	b.shown = now
	b.mu.Unlock()
	for _, a := range slices.Backward(now) {
		if old, known := before[a.key()]; !known || !old.same(a) {
			b.s.d.Hub.number(string(dialer.ChangeAlert), a, time.Time{})
		}
	}
}

// owing are the alerts that are owed and that the ledger does not give back as they were raised. One that was acknowledged is owed no longer.
func (b *alertBook) owing(ctx context.Context, kept []alarm.Kept) (out []Alert) {
	b.mu.Lock()
	owed := maps.Clone(b.owed)
	b.mu.Unlock()
	for condition, o := range owed {
		if slices.ContainsFunc(kept, func(k alarm.Kept) bool { return o.is(k) && k.Open() && k.Text == o.alert.Text }) {
			continue
		}
		done, err := b.s.d.Alerts.Alerts(ctx, alarm.Filter{Kind: o.alert.Kind, State: alarm.Done, Limit: alertsShown})
		if err == nil && slices.ContainsFunc(done, func(k alarm.Kept) bool { return o.is(k) && !k.SeenAt.Before(o.at) }) {
			b.mu.Lock()
			if b.owed[condition].at.Equal(o.at) {
				delete(b.owed, condition)
			}
			b.mu.Unlock()
			continue
		}
		out = append(out, Alert{Alert: o.alert, At: o.at})
		b.raiseAgain(o)
	}
	slices.SortFunc(out, func(a, c Alert) int { return c.At.Compare(a.At) })
	return out
}

// raiseAgain has what the ledger does not give back written once more at the next turn, so that it can be acknowledged when the ledger is whole.
func (b *alertBook) raiseAgain(o raisedAlert) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) == 0 {
		b.waiting = append(b.waiting, raisedAlert{alert: o.alert, at: b.s.d.Now(), tried: true})
	}
}

// showOwed shows what is owed while the ledger says nothing of alerts, be it that it refuses to.
func (b *alertBook) showOwed() {
	b.mu.Lock()
	var fresh []Alert
	for _, o := range b.owed {
		a := Alert{Alert: o.alert, At: o.at}
		if !slices.ContainsFunc(b.shown, func(s Alert) bool { return s.Text == a.Text && alarm.Condition(s.Alert) == alarm.Condition(a.Alert) }) {
			fresh = append(fresh, a)
		}
	}
	b.mu.Unlock()
	for _, a := range fresh {
		b.show(a)
	}
}

// is reports whether a kept alert is about what was raised, by what it says and not by the condition that is written to it.
func (r raisedAlert) is(k alarm.Kept) bool {
	return alarm.Condition(k.Alert) == alarm.Condition(r.alert)
}

// of returns the alerts that a viewer may see, newest first.
func (b *alertBook) of(v viewer) []Alert {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := []Alert{}
	for _, a := range b.shown {
		if v.seesAlert(a) {
			out = append(out, a)
		}
	}
	return out
}

func (s *Server) dressAlert(k alarm.Kept) Alert {
	a := Alert{
		Alert: k.Alert, ID: k.ID, At: k.At, Lasts: alarm.Stands(k.Kind), EndedAt: instant(k.EndedAt), EndText: k.End.JA, EndTextEN: k.End.EN,
		SeenAt: instant(k.SeenAt), Note: k.Note,
	}
	if k.SeenBy != "" {
		a.SeenByName = s.names.of(k.SeenBy)
	}
	return a
}

// key tells alerts apart: by their number, or, of what is not kept, by what it says.
func (a Alert) key() string {
	if a.ID != 0 {
		return strconv.FormatInt(a.ID, 10)
	}
	return alarm.Condition(a.Alert) + "|" + a.Text
}

// same reports whether two pictures of an alert show the same.
func (a Alert) same(o Alert) bool {
	return (a.EndedAt == nil) == (o.EndedAt == nil) && (a.SeenAt == nil) == (o.SeenAt == nil) && strings.EqualFold(a.SeenByName, o.SeenByName)
}
