package settings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"kakeru/dialer"
)

// Values are the values that were changed and not given back to the file, by key.
type Values map[string]json.RawMessage

// Deps is what a Keeper is made of. All are needed but those said to have a default.
type Deps struct {
	Store    Store
	Settings []Setting
	// Judge refuses values that do not go together, or not with the rest of the settings; its error is a *Trouble, or says it in English.
	Judge func(Values) error
	// Take makes them hold. Judge has taken them.
	Take func(Values)
	// Tell tells the other nodes that something was changed; nil for nobody.
	Tell func()
	// Effects say what a change would do to the work of the day, before it is made; nil for nothing to say.
	Effects func(ctx context.Context, before, after Values) []Words
	Now     dialer.Clock
	Every   time.Duration // between looks at the store; 2 s
	Log     *slog.Logger  // default: none
}

// Keeper keeps what holds.
type Keeper struct {
	d    Deps
	poke chan struct{}

	mu   sync.Mutex
	last int64             // the newest change that was read
	seen int64             // the newest of those that hold, also of keys that this version does not know
	held map[string]Change // the last change of each key
}

// lookEvery is how often a node looks whether another has changed something, where nobody told it.
const lookEvery = 2 * time.Second

// NewKeeper makes one. Load comes first.
func NewKeeper(d Deps) *Keeper {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Every == 0 {
		d.Every = lookEvery
	}
	return &Keeper{d: d, poke: make(chan struct{}, 1), held: map[string]Change{}}
}

// Load reads what holds and has it taken. What was changed once may contradict a settings file that was changed since: the error says
// which, and how to give it back to the file.
func (k *Keeper) Load(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.read(ctx)
}

// read needs mu.
func (k *Keeper) read(ctx context.Context) error {
	last, err := k.d.Store.LastSetting(ctx) // before the values: what comes between is read again
	if err != nil {
		return err
	}
	changes, err := k.d.Store.HeldSettings(ctx)
	if err != nil {
		return err
	}
	held, seen := map[string]Change{}, int64(0)
	for _, c := range changes {
		seen = max(seen, c.ID)
		if _, _, known := find(k.d.Settings, c.Key); !known {
			k.d.Log.Warn("a setting was changed in the panel that this version does not know; it is left alone", "key", c.Key)
			continue
		}
		held[c.Key] = c
	}
	values := valuesOf(held)
	if err := k.d.Judge(values); err != nil {
		return &Trouble{
			JA: "画面で変更した設定が設定ファイルと合いません。設定ファイルを直すか、kakeru settings list と kakeru settings reset で戻してください: " + err.Error(),
			EN: fmt.Sprintf("what was changed in the panel does not go with the settings file (%v); change the file, or see `kakeru settings list` and `kakeru settings reset`", err),
		}
	}
	k.held, k.last, k.seen = held, last, seen
	k.d.Take(values)
	return nil
}

func valuesOf(held map[string]Change) Values {
	out := Values{}
	for key, c := range held {
		if !c.AfterFile {
			out[key] = c.After
		}
	}
	return out
}

// Heard has the keeper look at once: another node has changed something. It does not block.
func (k *Keeper) Heard() {
	select {
	case k.poke <- struct{}{}:
	default:
	}
}

// Run follows what other nodes change, until ctx is done.
func (k *Keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(k.d.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-k.poke:
		}
		if err := k.look(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, dialer.ErrLedgerDown) {
			k.d.Log.Error("what was changed in the panel could not be taken; what held before goes on", "err", err)
		}
	}
}

func (k *Keeper) look(ctx context.Context) error {
	last, err := k.d.Store.LastSetting(ctx)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if last == k.last {
		return nil
	}
	if err := k.read(ctx); err != nil {
		k.last = last // said once
		return err
	}
	k.d.Log.Info("settings that were changed elsewhere hold here too", "change", last)
	return nil
}

// Want is what somebody wants a setting to be.
type Want struct {
	Key string
	// Value is nil for the settings file's.
	Value json.RawMessage
	// Follows is the last change of the key that they have seen; 0 for none.
	Follows int64
	// Reverts is the change that this undoes.
	Reverts int64
}

// Request asks for changes, all or none.
type Request struct {
	Wants  []Want
	By     dialer.UserID
	Reason string // why, for those who read the record: never personal data
}

// longestReason is how long a reason may be, in characters, and mostWants how many changes go at once: a summer's closing.
const (
	longestReason = 200
	mostWants     = 62
)

// Change makes changes, and returns them. Errors are *Trouble, *Stale, or the store's.
func (k *Keeper) Change(ctx context.Context, r Request) ([]Change, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	changes, values, err := k.write(ctx, r)
	if err != nil {
		return nil, err
	}
	for _, c := range changes {
		k.held[c.Key] = c
		k.last, k.seen = max(k.last, c.ID), max(k.seen, c.ID)
		k.d.Log.Info("a setting was changed", "key", c.Key, "change", c.ID, "by", r.By, "undoes", c.Reverts)
	}
	k.d.Take(values)
	if k.d.Tell != nil {
		k.d.Tell()
	}
	return changes, nil
}

// mostTries is how often a change is judged anew because another node was faster by a hair.
const mostTries = 5

// write needs mu. What another node changes between the judging and the writing, of whatever key, has it judged anew: two changes that each go with what holds may not go
// with each other, and what does not go together keeps a server from starting.
func (k *Keeper) write(ctx context.Context, r Request) ([]Change, Values, error) {
	for range mostTries {
		changes, values, err := k.plan(ctx, r)
		if err != nil {
			return nil, nil, err
		}
		ids, err := k.d.Store.AppendSettings(ctx, changes, k.seen)
		if errors.Is(err, ErrStale) {
			if err := k.read(ctx); err != nil {
				return nil, nil, err
			}
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		for i, id := range ids {
			changes[i].ID = id
		}
		return changes, values, nil
	}
	return nil, nil, &Trouble{JA: "ほかの管理者が設定を変更しています。少し待ってから、もう一度変更してください", EN: "others are changing settings just now; wait a moment, and change it again"}
}

func (r Request) check() error {
	switch n := utf8.RuneCountInString(strings.TrimSpace(r.Reason)); {
	case n == 0:
		return &Trouble{Key: "reason", JA: "変更の理由を入力してください(個人情報は書かないでください)", EN: "say why; no personal data"}
	case n > longestReason:
		return &Trouble{Key: "reason", JA: "変更の理由は200文字までで入力してください", EN: "say why in at most 200 characters"}
	case len(r.Wants) == 0:
		return &Trouble{JA: "変更する設定がありません", EN: "there is nothing to change"}
	case len(r.Wants) > mostWants:
		return &Trouble{
			JA: fmt.Sprintf("一度に変更できるのは %d 件までです。分けて変更してください", mostWants), EN: fmt.Sprintf("at most %d changes at once; make them in parts", mostWants),
		}
	}
	return nil
}

// plan checks what is wanted and returns the changes, unwritten, and what would hold then. It needs mu. What other nodes have changed
// is read first.
func (k *Keeper) plan(ctx context.Context, r Request) ([]Change, Values, error) {
	last, err := k.d.Store.LastSetting(ctx)
	if err == nil && last != k.last {
		err = k.read(ctx)
	}
	if err != nil {
		return nil, nil, err
	}
	changes := make([]Change, 0, len(r.Wants))
	values, seen := valuesOf(k.held), map[string]bool{}
	for _, w := range r.Wants {
		c, err := k.one(w)
		if err != nil {
			return nil, nil, err
		}
		if seen[c.Key] {
			return nil, nil, &Trouble{Key: c.Key, JA: "同じ設定が2回指定されています", EN: c.Key + " stands there twice; leave one out"}
		}
		seen[c.Key] = true
		c.At, c.By, c.Reason = k.d.Now(), r.By, dialer.MaskDigits(strings.TrimSpace(r.Reason))
		if c.AfterFile {
			delete(values, c.Key)
		} else {
			values[c.Key] = c.After
		}
		changes = append(changes, c)
	}
	if err := k.d.Judge(maps.Clone(values)); err != nil {
		return nil, nil, asTrouble(err)
	}
	return changes, values, nil
}

// asTrouble says what the rest of the settings has against it.
func asTrouble(err error) error {
	if t, ok := errors.AsType[*Trouble](err); ok {
		return t
	}
	return &Trouble{JA: "ほかの設定と合わないため、変更できません: " + err.Error(), EN: "it does not go with the other settings: " + err.Error()}
}

// one checks one want.
func (k *Keeper) one(w Want) (Change, error) {
	s, rest, known := find(k.d.Settings, w.Key)
	if !known {
		return Change{}, &Trouble{Key: w.Key, JA: "この名前の設定はありません。画面を更新してください", EN: "there is no setting of this name; reload the page"}
	}
	before := k.heldNow(s, rest, w.Key)
	c := Change{
		Key: w.Key, Before: before.value, BeforeFile: before.file, Follows: before.change.ID, Reverts: w.Reverts,
		After: w.Value, AfterFile: w.Value == nil || string(w.Value) == "null",
	}
	if w.Follows != c.Follows {
		return Change{}, &Stale{Newest: before.change, Name: s.Name(rest), Said: s.Say(rest, before.value)}
	}
	if c.AfterFile {
		c.After = s.File(rest)
	}
	kept, trouble := s.Check(Proposed{Rest: rest, Before: c.Before, Value: c.After, Now: k.d.Now()})
	if trouble != nil {
		return Change{}, trouble
	}
	c.After = kept
	c.AfterFile = c.AfterFile || same(kept, s.File(rest)) // who wants what the file says wants the file's
	if same(c.Before, c.After) && c.BeforeFile == c.AfterFile {
		return Change{}, &Trouble{
			Key: c.Key, JA: "「" + s.Name(rest).JA + "」はいまと同じ値です。変更していません", EN: s.Name(rest).EN + " is that already; nothing was changed",
		}
	}
	return c, nil
}

// standing is the value of a key as it holds.
type standing struct {
	value  json.RawMessage
	file   bool
	change Change // the last; the zero one for none
}

// heldNow needs mu.
func (k *Keeper) heldNow(s Setting, rest, key string) standing {
	c, changed := k.held[key]
	if !changed || c.AfterFile {
		return standing{value: s.File(rest), file: true, change: c}
	}
	return standing{value: c.After, change: c}
}

// Undo brings back what held before a change, by another change. Follows is the last change of its key that whoever asks has seen: where
// others came after it, they are undone with it.
func (k *Keeper) Undo(ctx context.Context, id, follows int64, r Request) ([]Change, error) {
	c, err := k.d.Store.SettingChange(ctx, id)
	if err != nil {
		return nil, err
	}
	w := Want{Key: c.Key, Value: c.Before, Follows: follows, Reverts: id}
	if c.BeforeFile {
		w.Value = nil
	}
	r.Wants = []Want{w}
	return k.Change(ctx, r)
}
