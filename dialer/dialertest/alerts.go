package dialertest

import (
	"context"
	"slices"
	"sync"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/alarm"
)

var (
	_ alarm.Store         = (*Alerts)(nil)
	_ alarm.PresenceStore = (*Alerts)(nil)
)

// Alerts are alerts in memory, as the ledger keeps them. The zero value is empty.
type Alerts struct {
	mu   sync.Mutex
	kept []alarm.Kept // oldest first
	here map[dialer.UserID]alarm.Presence
	down error
	not  string
}

// Break has every call fail with err; nil mends it.
func (s *Alerts) Break(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = err
}

// Swallow has no alert of a kind be kept, and nothing said of it, as when somebody else's row stands in its place; the empty kind ends it.
func (s *Alerts) Swallow(kind string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.not = kind
}

// RaiseAlert implements alarm.Store.
func (s *Alerts) RaiseAlert(_ context.Context, a dialer.Alert, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil {
		return s.down
	}
	if a.Kind == s.not {
		return nil
	}
	for _, k := range s.kept {
		over := !k.EndedAt.IsZero()
		if !alarm.Stands(a.Kind) {
			over = !k.SeenAt.IsZero()
		}
		if alarm.Condition(k.Alert) == alarm.Condition(a) && (!over || k.At.Equal(at)) {
			return nil
		}
	}
	s.kept = append(s.kept, alarm.Kept{Alert: a, ID: int64(len(s.kept) + 1), At: at})
	return nil
}

// EndAlerts implements alarm.Store.
func (s *Alerts) EndAlerts(_ context.Context, a dialer.Alert, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, k := range s.kept {
		if slices.Contains(alarm.Ended(a), alarm.Condition(k.Alert)) && alarm.Stands(k.Kind) && k.EndedAt.IsZero() && !k.At.After(at) {
			s.kept[i].EndedAt, s.kept[i].End = at, dialer.Reason{JA: a.Text, EN: a.TextEN}
		}
	}
	return s.down
}

// AcknowledgeAlert implements alarm.Store.
func (s *Alerts) AcknowledgeAlert(_ context.Context, id int64, by dialer.UserID, at time.Time, note string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id < 1 || int(id) > len(s.kept) {
		return dialer.ErrNotFound
	}
	if k := &s.kept[id-1]; k.SeenAt.IsZero() {
		k.SeenAt, k.SeenBy, k.Note = at, by, note
	}
	return s.down
}

// CurrentAlerts implements alarm.Store.
func (s *Alerts) CurrentAlerts(context.Context) ([]alarm.Kept, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Clone(s.kept)
	slices.Reverse(all)
	return all, s.down
}

// Alerts implements alarm.Store.
func (s *Alerts) Alerts(_ context.Context, f alarm.Filter) (out []alarm.Kept, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range slices.Backward(s.kept) {
		lasts := alarm.Stands(k.Kind) && k.EndedAt.IsZero()
		fits := map[alarm.State]bool{
			"": true, alarm.Unseen: k.SeenAt.IsZero(), alarm.Standing: lasts, alarm.Done: !k.SeenAt.IsZero() && !lasts,
		}[f.State]
		if fits && (f.Kind == "" || f.Kind == k.Kind) && (f.Before == 0 || k.ID < f.Before) && !k.At.Before(f.From) &&
			(f.To.IsZero() || k.At.Before(f.To)) && len(out) < f.Limit {
			out = append(out, k)
		}
	}
	return out, s.down
}

// Alert implements alarm.Store.
func (s *Alerts) Alert(_ context.Context, id int64) (alarm.Kept, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id < 1 || int(id) > len(s.kept) {
		return alarm.Kept{}, dialer.ErrNotFound
	}
	return s.kept[id-1], s.down
}

// Here implements alarm.PresenceStore.
func (s *Alerts) Here(_ context.Context, p alarm.Presence) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.here == nil {
		s.here = map[dialer.UserID]alarm.Presence{}
	}
	if !p.At.Before(s.here[p.User].At) {
		s.here[p.User] = p
	}
	return s.down
}

// Presences implements alarm.PresenceStore.
func (s *Alerts) Presences(context.Context) (out []alarm.Presence, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.here {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b alarm.Presence) int { return a.At.Compare(b.At) })
	return out, s.down
}
