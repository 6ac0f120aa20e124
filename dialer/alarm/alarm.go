package alarm

import (
	"context"
	"slices"
	"strings"
	"time"

	"kakeru/dialer"
)

// The kinds of alert that this package raises. Those of other rooms stand where they are raised.
const (
	PaceBehind = "pace_behind" // the day falls behind its plan
	PaceBack   = "pace_back"
	LongTalk   = "long_talk"
	CallOver   = "call_back" // a call that had alerts of its own has ended
	DeskGone   = "desk_gone"
	DeskBack   = "desk_back"
	SVAbsent   = "sv_absent" // no supervisor is there in opening hours
	SVBack     = "sv_back"
)

// ends says which kinds each kind ends.
var ends = map[string][]string{
	"ledger_back": {"ledger_down"}, "queue_back": {"queue_down"}, "trunk_back": {"trunk_down"}, "clock_back": {"clock_off"},
	"sound_back": {"one_way_audio", "dead_air"}, CallOver: {"one_way_audio", "dead_air", LongTalk},
	DeskBack: {DeskGone}, PaceBack: {PaceBehind}, SVBack: {SVAbsent},
}

// What tells conditions of a kind apart; all there is, for the others.
var (
	byCall = []string{"one_way_audio", "dead_air", LongTalk}
	byDesk = []string{DeskGone}
)

// Ends reports whether a kind of alert says that a condition is over.
func Ends(kind string) bool { return ends[kind] != nil }

// Stands reports whether a kind's condition lasts until it is told to be over; the others are over once they are acknowledged.
func Stands(kind string) bool {
	for _, kinds := range ends {
		if slices.Contains(kinds, kind) {
			return true
		}
	}
	return false
}

// Condition is what an alert is about: two with the same condition are one alert, as long as it stands.
func Condition(a dialer.Alert) string {
	switch {
	case slices.Contains(byCall, a.Kind):
		return a.Kind + "|" + string(a.CallID)
	case slices.Contains(byDesk, a.Kind):
		return a.Kind + "|" + string(a.Desk)
	}
	return strings.Join([]string{a.Kind, string(a.Desk), string(a.CallID), a.Subject}, "|")
}

// Ended are the conditions that an alert says are over; none for one that says that something is wrong.
func Ended(a dialer.Alert) []string {
	var out []string
	for _, kind := range ends[a.Kind] {
		of := a
		of.Kind = kind
		out = append(out, Condition(of))
	}
	return out
}

// Kept is an alert as it is kept.
type Kept struct {
	dialer.Alert
	ID int64
	At time.Time // when it was raised
	// EndedAt is when its condition was over, and End what was said then; zero and empty while it stands, and of one that does not last.
	EndedAt time.Time
	End     dialer.Reason
	// SeenAt is when somebody acknowledged it; zero while nobody has.
	SeenAt time.Time
	SeenBy dialer.UserID
	Note   string // what they wrote to it
}

// Open reports whether an alert still asks for somebody: its condition stands, or nobody acknowledged it.
func (k Kept) Open() bool { return k.SeenAt.IsZero() || Stands(k.Kind) && k.EndedAt.IsZero() }

// State says which alerts are asked for.
type State string

// The states of alerts. The empty one is all.
const (
	Unseen   State = "unseen"   // nobody acknowledged them
	Standing State = "standing" // their condition lasts
	Done     State = "done"     // neither
)

// States lists them.
var States = []State{Unseen, Standing, Done}

// Filter says which alerts are asked for. Zero fields do not narrow.
type Filter struct {
	From, To time.Time // raised in [From, To)
	Kind     string
	State    State
	Before   int64 // with a smaller ID: the next page
	Limit    int
}

// Store keeps alerts. The ledger implements it. No row of it is ever changed.
type Store interface {
	// RaiseAlert keeps an alert, unless its condition stands, or was raised at the same instant: by another node.
	RaiseAlert(ctx context.Context, a dialer.Alert, at time.Time) error
	// EndAlerts writes that what stands of an alert's Ended conditions is over. Where nothing stands it changes nothing.
	EndAlerts(ctx context.Context, a dialer.Alert, at time.Time) error
	// AcknowledgeAlert writes that somebody saw an alert; of one that was acknowledged it changes nothing. dialer.ErrNotFound.
	AcknowledgeAlert(ctx context.Context, id int64, by dialer.UserID, at time.Time, note string) error
	// CurrentAlerts are those that are Open, at most 200 of each kind so that none pushes out another, and the last 20, newest first.
	CurrentAlerts(ctx context.Context) ([]Kept, error)
	// Alerts lists those of a filter, newest first.
	Alerts(ctx context.Context, f Filter) ([]Kept, error)
	// Alert returns one; dialer.ErrNotFound.
	Alert(ctx context.Context, id int64) (Kept, error)
}

// Presence is whether a supervisor is there, as they themselves show it.
type Presence struct {
	User  dialer.UserID
	At    time.Time // when they last touched key or mouse, or went on their break
	Break bool      // they are on their break since At
}

// PresenceStore keeps who of the supervisors is there. The ledger implements it.
type PresenceStore interface {
	// Here notes that a supervisor is there, or went on a break.
	Here(ctx context.Context, p Presence) error
	// Presences are everybody's newest.
	Presences(ctx context.Context) ([]Presence, error)
}
