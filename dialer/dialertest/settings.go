package dialertest

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/settings"
)

// Settings is a settings.Store in memory.
type Settings struct {
	mu      sync.Mutex
	changes []settings.Change
	// Down has every method answer dialer.ErrLedgerDown.
	Down bool
}

var _ settings.Store = (*Settings)(nil)

// AppendSettings implements settings.Store.
func (s *Settings) AppendSettings(_ context.Context, changes []settings.Change, seen int64) (ids []int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Down {
		return nil, dialer.ErrLedgerDown
	}
	if int64(len(s.changes)) > seen {
		return nil, settings.ErrStale
	}
	all := slices.Clone(s.changes)
	for _, c := range changes {
		if newestOf(all, c.Key) != c.Follows {
			return nil, settings.ErrStale
		}
		c.ID = int64(len(all) + 1)
		ids, all = append(ids, c.ID), append(all, c)
	}
	s.changes = all
	return ids, nil
}

func newestOf(all []settings.Change, key string) int64 {
	for _, c := range slices.Backward(all) {
		if c.Key == key {
			return c.ID
		}
	}
	return 0
}

// HeldSettings implements settings.Store.
func (s *Settings) HeldSettings(context.Context) (out []settings.Change, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Down {
		return nil, dialer.ErrLedgerDown
	}
	for _, c := range s.changes {
		if newestOf(s.changes, c.Key) == c.ID {
			out = append(out, c)
		}
	}
	return out, nil
}

// LastSetting implements settings.Store.
func (s *Settings) LastSetting(context.Context) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Down {
		return 0, dialer.ErrLedgerDown
	}
	return int64(len(s.changes)), nil
}

// SettingChanges implements settings.Store.
func (s *Settings) SettingChanges(_ context.Context, q settings.Query) (out []settings.Change, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Down {
		return nil, dialer.ErrLedgerDown
	}
	for _, c := range slices.Backward(s.changes) {
		of := q.Key == "" || c.Key == q.Key || strings.HasSuffix(q.Key, ".") && strings.HasPrefix(c.Key, q.Key)
		if of && (q.Below == 0 || c.ID < q.Below) && len(out) < q.Most {
			out = append(out, c)
		}
	}
	return out, nil
}

// SettingChange implements settings.Store.
func (s *Settings) SettingChange(_ context.Context, id int64) (settings.Change, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id < 1 || id > int64(len(s.changes)) {
		return settings.Change{}, dialer.ErrNotFound
	}
	return s.changes[id-1], nil
}

// RunSettings proves that a store keeps the promises of settings.Store. It must be empty.
func RunSettings(t *testing.T, s settings.Store) {
	t.Helper()
	ctx := t.Context()
	change := func(key, before, after string, follows int64) settings.Change {
		return settings.Change{
			At: Noon, By: "user-admin", Key: key, Before: json.RawMessage(before), BeforeFile: follows == 0, After: json.RawMessage(after),
			Reason: "試験", Follows: follows,
		}
	}
	seen := int64(0)
	put := func(changes ...settings.Change) []int64 {
		t.Helper()
		ids, err := s.AppendSettings(ctx, changes, seen)
		if err != nil || len(ids) != len(changes) {
			t.Fatalf("%v %v", ids, err)
		}
		seen = ids[len(ids)-1]
		return ids
	}
	if last, err := s.LastSetting(ctx); err != nil || last != 0 {
		t.Fatalf("an empty record: %d %v", last, err)
	}
	first := put(change("a.one", "1", "2", 0), change("a.two", `{"x":1}`, `{"x":[1,"二"]}`, 0))
	if _, err := s.AppendSettings(ctx, []settings.Change{change("b", "1", "2", 0), change("a.one", "1", "9", 0)}, seen); !errors.Is(err, settings.ErrStale) {
		t.Fatalf("who comes second is not told: %v", err)
	}
	for _, older := range []int64{0, first[0]} {
		if _, err := s.AppendSettings(ctx, []settings.Change{change("b", "1", "2", 0)}, older); !errors.Is(err, settings.ErrStale) {
			t.Fatalf("who has not seen another key's change is not told: %v", err)
		}
	}
	undo := change("a.one", "2", "1", first[0])
	undo.Reverts, undo.AfterFile = first[0], true
	second := put(undo)
	if last, _ := s.LastSetting(ctx); last != second[0] {
		t.Errorf("the last is %d, not %d", last, second[0])
	}
	held, err := s.HeldSettings(ctx)
	if err != nil || len(held) != 2 { // of the two together that were refused, none is there
		t.Fatalf("%+v %v", held, err)
	}
	for _, c := range held {
		if c.Key == "a.one" && (c.ID != second[0] || !c.AfterFile || c.Reverts != first[0] || c.By != "user-admin" || !c.At.Equal(Noon) || c.Reason != "試験") {
			t.Errorf("%+v", c)
		}
	}
	newest, err := s.SettingChanges(ctx, settings.Query{Key: "a.", Most: 2})
	if err != nil || len(newest) != 2 || newest[0].ID != second[0] || newest[1].Key != "a.two" {
		t.Fatalf("%+v %v", newest, err)
	}
	if rest, _ := s.SettingChanges(ctx, settings.Query{Below: newest[1].ID, Most: 9}); len(rest) != 1 || rest[0].ID != first[0] {
		t.Errorf("%+v", rest)
	}
	if one, _ := s.SettingChanges(ctx, settings.Query{Key: "a.two", Most: 9}); len(one) != 1 {
		t.Errorf("%+v", one)
	}
	if c, err := s.SettingChange(ctx, first[1]); err != nil || c.Key != "a.two" {
		t.Errorf("%+v %v", c, err)
	}
	if _, err := s.SettingChange(ctx, 1<<40); !errors.Is(err, dialer.ErrNotFound) {
		t.Errorf("%v", err)
	}
}
