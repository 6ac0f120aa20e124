package casework

import (
	"time"

	"kakeru/dialer"
)

// Act is what a supervisor orders of a case.
type Act string

// The acts.
const (
	Pin     Act = "pin"     // first among those that are due, for whoever comes next
	Skip    Act = "skip"    // not before a time
	Hold    Act = "hold"    // out of the line until it is released
	Release Act = "release" // takes any of these back: the case waits from now on
)

// Acts lists them.
var Acts = []Act{Pin, Skip, Hold, Release}

// Order is what a supervisor ordered of a case.
type Order struct {
	Act    Act
	By     dialer.UserID
	At     time.Time
	Until  time.Time // of Skip
	Reason string    // without personal data
	// From and To are the places of Move, counted from 1.
	From, To int
}

// longestSkip is how far ahead a case may be put off.
const longestSkip = 92 * 24 * time.Hour

// Stands is where a case stands when something is ordered of it.
type Stands struct {
	Next   dialer.CaseNext
	Pinned bool
	InCall bool // an attempt at it has not ended
}

// MayMove says why a case is not to be put elsewhere in the line; nil when it may.
func (s Stands) MayMove(at time.Time) *dialer.Refusal {
	switch {
	case s.InCall:
		return busy("この案件は通話中です。終話してから操作してください", "the case is in a call; wait until it is over")
	case s.Next.State != dialer.CaseWaiting || s.Next.Due.After(at):
		return busy("この案件は、もう架電を待っていません。一覧を更新してください", "the case does not wait to be called any more; reload the line")
	case s.Pinned:
		return pinnedStays
	}
	return nil
}

// Apply says where an order leaves a case, or why it cannot be carried out.
func (o Order) Apply(s Stands, hours dialer.Hours) (Stands, *dialer.Refusal) {
	switch {
	case s.InCall:
		return s, busy("この案件は通話中です。終話してから操作してください", "the case is in a call; wait until it is over")
	case s.Next.State == dialer.CaseResultDue:
		return s, busy("通話の業務結果が未入力です。結果を登録してから操作してください", "the result of its talk is owed; record it first")
	case s.Next.State != dialer.CaseWaiting && s.Next.State != dialer.CaseHeld:
		return s, busy("この案件は完了しています", "the case is closed")
	}
	wait := dialer.CaseNext{State: dialer.CaseWaiting, Due: o.At.Truncate(time.Second), Cause: dialer.CauseSupervisor}
	switch o.Act {
	case Pin:
		return Stands{Next: o.why(wait, "スーパーバイザーが先頭に固定しました", "pinned by a supervisor"), Pinned: true}, nil
	case Skip:
		wait.Due = hours.NextOpen(o.Until)
		until := dialer.InWords(wait.Due)
		return Stands{Next: o.why(wait, "スーパーバイザーが"+until.JA+" まで後回しにしました", "put off by a supervisor until "+until.EN)}, nil
	case Hold:
		return Stands{Next: o.why(dialer.CaseNext{State: dialer.CaseHeld, Cause: dialer.CauseSupervisor},
			"スーパーバイザーが保留にしました", "held by a supervisor")}, nil
	case Release, Move: // a move has a way of its own
	}
	if s.Next.State == dialer.CaseWaiting && !s.Pinned && s.Next.Cause != dialer.CauseSupervisor {
		return s, nil // it waits as it is
	}
	return Stands{Next: o.why(wait, "スーパーバイザーが再開しました", "released by a supervisor")}, nil
}

// why gives a wait the order's reason. The reason is a person's text, and stands in both languages as it was written.
func (o Order) why(n dialer.CaseNext, ja, en string) dialer.CaseNext {
	n.Why, n.WhyEN = ja+": "+o.Reason, en+": "+o.Reason
	return n
}

// Check says what is wrong with an order.
func (o Order) Check() []FieldError {
	if o.Act != Skip {
		return nil
	}
	switch ahead := o.Until.Sub(o.At); {
	case o.Until.IsZero():
		return []FieldError{{Field: "until", Code: "missing", JA: "いつまで後回しにするかを指定してください", EN: "say until when it is put off"}}
	case ahead <= 0:
		return []FieldError{{Field: "until", Code: "past", JA: "これからの日時を指定してください", EN: "give a time that is yet to come"}}
	case ahead > longestSkip:
		return []FieldError{{Field: "until", Code: "too_far", JA: "後回しにできるのは92日先までです", EN: "a case may be put off for 92 days at most"}}
	}
	return nil
}

func busy(ja, en string) *dialer.Refusal {
	return &dialer.Refusal{Rule: dialer.CaseBusy, JA: ja, EN: en}
}
