package settings

import (
	"context"
	"encoding/json"
)

// Item is a setting as people are shown it.
type Item struct {
	Key         string
	Group       Group
	Kind        Kind
	Least, Most int
	Unit        Words
	Name, Basis Words
	Sample      string
	Value       json.RawMessage
	Said        Words
	FileSaid    Words  // what the settings file says
	FromFile    bool   // and that holds
	Newest      Change // the zero one for none
}

// Items are the settings that are no family, then those of families that were ever changed.
func (k *Keeper) Items(ctx context.Context) ([]Item, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.fresh(ctx); err != nil {
		return nil, err
	}
	var out []Item
	for _, s := range k.d.Settings {
		if !s.family() {
			out = append(out, k.item(s, "", s.Key))
			continue
		}
		for key := range k.held {
			if of, rest, _ := find(k.d.Settings, key); of.Key == s.Key {
				out = append(out, k.item(s, rest, key))
			}
		}
	}
	return out, nil
}

// fresh needs mu: what this node shows is not older than what another has written.
func (k *Keeper) fresh(ctx context.Context) error {
	last, err := k.d.Store.LastSetting(ctx)
	if err != nil || last == k.last {
		return err
	}
	return k.read(ctx)
}

// item needs mu.
func (k *Keeper) item(s Setting, rest, key string) Item {
	now := k.heldNow(s, rest, key)
	return Item{
		Key: key, Group: s.Group, Kind: s.Kind, Least: s.Least, Most: s.Most, Unit: s.Unit, Name: s.Name(rest), Basis: s.Basis, Sample: s.Sample,
		Value: now.value, Said: s.Say(rest, now.value), FileSaid: s.Say(rest, s.File(rest)), FromFile: now.file, Newest: now.change,
	}
}

// Item is one setting, of a family too.
func (k *Keeper) Item(key string) (Item, bool) {
	s, rest, known := find(k.d.Settings, key)
	if !known {
		return Item{}, false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.item(s, rest, key), true
}

// Line is a change in words.
type Line struct {
	Change

	Kind                  Kind
	Name                  Words
	BeforeSaid, AfterSaid Words
	// Newest: nothing came after it for its key. Frozen: it can be undone no more, and why.
	Newest bool
	Frozen Words
	Last   int64 // the newest change of its key
}

// Plan is what changes would do.
type Plan struct {
	Lines   []Line
	Effects []Words
}

// Plan checks what is wanted as Change does, and says what it would do. Nothing is written.
func (k *Keeper) Plan(ctx context.Context, wants []Want) (Plan, error) {
	r := Request{Wants: wants, Reason: "-"}
	if err := r.check(); err != nil {
		return Plan{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	changes, values, err := k.plan(ctx, r)
	if err != nil {
		return Plan{}, err
	}
	var p Plan
	for _, c := range changes {
		p.Lines = append(p.Lines, k.line(c))
	}
	if k.d.Effects != nil {
		p.Effects = k.d.Effects(ctx, valuesOf(k.held), values)
	}
	return p, nil
}

// line needs mu.
func (k *Keeper) line(c Change) Line {
	l := Line{Change: c, Name: Words{JA: c.Key, EN: c.Key}, BeforeSaid: Words{JA: string(c.Before), EN: string(c.Before)}, AfterSaid: Words{JA: string(c.After), EN: string(c.After)}}
	s, rest, known := find(k.d.Settings, c.Key)
	if !known { // of another version
		l.Frozen = Words{JA: "この版にはない設定のため、元に戻せません", EN: "this version does not know the setting"}
		return l
	}
	l.Kind, l.Name, l.BeforeSaid, l.AfterSaid = s.Kind, s.Name(rest), s.Say(rest, c.Before), s.Say(rest, c.After)
	l.Last = k.held[c.Key].ID
	l.Newest = l.Last == c.ID
	back := c.Before
	if c.BeforeFile {
		back = s.File(rest)
	}
	now := k.heldNow(s, rest, c.Key)
	if _, trouble := s.Check(Proposed{Rest: rest, Before: now.value, Value: back, Now: k.d.Now()}); trouble != nil {
		l.Frozen = Words{JA: trouble.JA, EN: trouble.EN}
	} else if same(now.value, back) && now.file == c.BeforeFile {
		l.Frozen = Words{JA: "すでに元の値です", EN: "that is how it stands already"}
	}
	return l
}

// Lines are changes in words, the newest first.
func (k *Keeper) Lines(ctx context.Context, q Query) ([]Line, error) {
	changes, err := k.d.Store.SettingChanges(ctx, q)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.fresh(ctx); err != nil {
		return nil, err
	}
	out := make([]Line, len(changes))
	for i, c := range changes {
		out[i] = k.line(c)
	}
	return out, nil
}
