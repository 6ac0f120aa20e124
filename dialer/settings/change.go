package settings

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"kakeru/dialer"
)

// Change is one entry of the record.
type Change struct {
	ID  int64 // from 1; 0 while it is not written
	At  time.Time
	By  dialer.UserID // empty: the command line
	Key string
	// Before and After are what held and what holds from then on. BeforeFile and AfterFile: it was, or is again, the settings file's.
	Before, After         json.RawMessage
	BeforeFile, AfterFile bool
	Reason                string
	Follows               int64 // the change of the same key before it; 0 for none
	Reverts               int64 // the change that it undoes; 0 for none
}

// Query asks for changes. Empty fields ask for all.
type Query struct {
	Key   string // of this key, or of this family
	Below int64  // of smaller numbers only, to page on
	Most  int
}

// ErrStale is a store's refusal: something was changed that whoever wants the change has not seen.
var ErrStale = errors.New("another change of the settings came first")

// Store keeps the record. The ledger implements it. Methods return dialer.ErrLedgerDown when it does not answer.
type Store interface {
	// AppendSettings writes changes, all or none, and returns their ids. ErrStale when one of them does not follow the last change of its key, or when a change of any key
	// holds that is newer than seen, the newest that they were judged with.
	AppendSettings(ctx context.Context, changes []Change, seen int64) ([]int64, error)
	// HeldSettings are the last change of each key.
	HeldSettings(ctx context.Context) ([]Change, error)
	// LastSetting is the id of the last change there is; 0 for none. It is asked every few seconds.
	LastSetting(ctx context.Context) (int64, error)
	// SettingChanges returns changes, the newest first.
	SettingChanges(ctx context.Context, q Query) ([]Change, error)
	// SettingChange returns one; dialer.ErrNotFound when there is none.
	SettingChange(ctx context.Context, id int64) (Change, error)
}

// Trouble is why a value is not taken: what is wrong, and what to do.
type Trouble struct {
	Key    string
	JA, EN string
}

func (t *Trouble) Error() string { return t.EN }

// Japanese is the same for the screen.
func (t *Trouble) Japanese() string { return t.JA }

// Stale is why a change is refused that somebody else forestalled: Newest is theirs.
type Stale struct {
	Newest Change
	Name   Words // of the setting
	Said   Words // the value that holds
}

func (s *Stale) Error() string {
	return "somebody has changed " + s.Name.EN + " meanwhile; it is now: " + s.Said.EN + ". Look at it, and change it again if it is to be another"
}

// Japanese is the same for the screen.
func (s *Stale) Japanese() string {
	return "ほかの管理者が先に「" + s.Name.JA + "」を変更しました(現在: " + s.Said.JA + ")。内容を確かめてから、必要ならもう一度変更してください"
}

// Rule is what the panel knows it by.
func (*Stale) Rule() string { return "setting_changed" }
