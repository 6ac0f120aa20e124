package report

import (
	"context"
	"fmt"
	"strings"
	"time"

	"kakeru/dialer"
)

// Notice is what the ward is told when a target cannot be met (§10(3)): how it stands, why, and what is done about it.
type Notice struct {
	Standing   Standing `json:"standing"` // without its curve
	Definition string   `json:"definition" doc:"how 件 are counted"`
	Reason     string   `json:"reason" doc:"特段の事情: never personal data"`
	Remedy     string   `json:"remedy" doc:"今後の対応: never personal data"`
}

// KeptNotice is a notice as it went out: frozen.
type KeptNotice struct {
	ID      int64
	At      time.Time
	By      dialer.UserID
	Content []byte // JSON of the Notice
	SHA256  string // of Content, in hexadecimal
}

// Notice is what went out. It fails when the bytes are not those that did.
func (k KeptNotice) Notice() (n Notice, err error) {
	if err := thaw(k.Content, k.SHA256, &n); err != nil {
		return n, fmt.Errorf("notice %d: %w", k.ID, err)
	}
	return n, nil
}

// TargetStore keeps the ward's words, and what the ward was told. dialer/postgres implements it.
type TargetStore interface {
	// TargetWords are the newest words, one for each month that has any.
	TargetWords(ctx context.Context) ([]TargetWord, error)
	SetTarget(ctx context.Context, w TargetWord) error
	// TellTarget notes that a target fails since a day; false when that is known.
	TellTarget(ctx context.Context, s Standing, at time.Time) (first bool, err error)
	KeepNotice(ctx context.Context, k KeptNotice) (id int64, err error)
	// Notices are the newest, with their contents.
	Notices(ctx context.Context, most int) ([]KeptNotice, error)
	// KeptNotice returns one; dialer.ErrNotFound when there is none.
	KeptNotice(ctx context.Context, id int64) (KeptNotice, error)
}

// Freeze makes a notice what is kept. One that gives no reason, or no remedy, is an *AskError: the ward would ask.
func (n Notice) Freeze(by dialer.UserID, at time.Time) (KeptNotice, error) {
	switch n.Standing.State {
	case AtRisk, FailingNow, Missed, NotKnown:
	default:
		return KeptNotice{}, &AskError{
			JA: "この目標は達成しているか達成の見込みであるため、区への報告(仕様書10(3))の対象ではありません",
			EN: "this target is reached or on track, or there is none: there is nothing to tell the ward of it",
		}
	}
	n.Reason, n.Remedy, n.Standing.Curve = strings.TrimSpace(n.Reason), strings.TrimSpace(n.Remedy), []Point{}
	for _, text := range []string{n.Reason, n.Remedy} {
		if k := len([]rune(text)); k == 0 || k > maxNotice {
			return KeptNotice{}, &AskError{
				JA: fmt.Sprintf("事情と今後の対応を、それぞれ%d文字以内で書いてください", maxNotice),
				EN: fmt.Sprintf("write the reason and what is done about it, each in at most %d characters", maxNotice),
			}
		}
	}
	content, digest, err := freeze(n)
	if err != nil {
		return KeptNotice{}, fmt.Errorf("write the notice: %w", err)
	}
	return KeptNotice{At: at, By: by, Content: content, SHA256: digest}, nil
}

// maxNotice is how long each part of a notice may be, in characters.
const maxNotice = 1000
