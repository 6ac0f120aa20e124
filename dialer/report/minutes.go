package report

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"kakeru/dialer"
)

// Minutes are those of a month's meeting (定例報告会議事録, §8(4)). They name staff, and nobody of whom a call was.
type Minutes struct {
	Month   string `json:"month"`
	On      string `json:"on" doc:"the day of the meeting, YYYY-MM-DD"`
	Place   string `json:"place" maxLength:"200"`
	Present string `json:"present" maxLength:"1000" doc:"roles and names of the ward's and the contractor's staff: nobody else's"`
	Agenda  string `json:"agenda" maxLength:"4000"`
	Decided string `json:"decided" maxLength:"4000"`
	ToDo    []Task `json:"to_do" maxItems:"40"`
	Next    string `json:"next" maxLength:"200" doc:"when and where the next meeting is"`
}

// Task is something that somebody is to do.
type Task struct {
	What string `json:"what" maxLength:"400"`
	Who  string `json:"who" maxLength:"100"`
	By   string `json:"by" maxLength:"40" doc:"until when"`
}

// Side is who signs: each side once.
type Side string

// The sides of the contract.
const (
	SideWard       Side = "ward"       // 区
	SideContractor Side = "contractor" // 受託者
)

// Sides lists the sides.
var Sides = []Side{SideWard, SideContractor}

// Signature says who signed a revision for a side, and when.
type Signature struct {
	Side Side
	By   dialer.UserID
	At   time.Time
}

// KeptMinutes is a revision of a month's minutes as it is kept, with who signed it.
type KeptMinutes struct {
	Revision int // 1 for the first
	At       time.Time
	By       dialer.UserID
	SHA256   string // of Content, in hexadecimal
	Content  []byte // JSON of the Minutes; empty of those that were not asked for whole
	Signed   []Signature
}

// Minutes is what was kept. It fails when the bytes are not those that were.
func (k KeptMinutes) Minutes() (m Minutes, err error) {
	if err := thaw(k.Content, k.SHA256, &m); err != nil {
		return m, fmt.Errorf("minutes, revision %d: %w", k.Revision, err)
	}
	return m, nil
}

// SignedBy is a side's signature; nil while it has not signed.
func (k KeptMinutes) SignedBy(side Side) *Signature {
	for i := range k.Signed {
		if k.Signed[i].Side == side {
			return &k.Signed[i]
		}
	}
	return nil
}

// Frozen reports whether both sides have signed.
func (k KeptMinutes) Frozen() bool {
	return k.SignedBy(SideWard) != nil && k.SignedBy(SideContractor) != nil
}

// What stands for a revision.
const (
	NoRevision = 0
	Newest     = -1
)

// MostRevisions bounds how often a month's minutes are written: each revision stays for good, and all are listed.
const MostRevisions = 200

// MinutesStore keeps minutes and signatures, and changes none of them. dialer/postgres implements it.
type MinutesStore interface {
	// MinutesOf lists a month's revisions, the first first, and of one of them, or of Newest, the content; with NoRevision of none.
	MinutesOf(ctx context.Context, month string, whole int) ([]KeptMinutes, error)
	// KeepMinutes adds the revision that follows the newest; ErrMinutesMoved when k is not that.
	KeepMinutes(ctx context.Context, month string, k KeptMinutes) error
	// KeepSignature adds a signature to the newest revision; ErrMinutesMoved when it is another's, or there is one of that side.
	KeepSignature(ctx context.Context, month string, revision int, s Signature) error
}

// ErrMinutesMoved says that somebody else wrote or signed in between.
var ErrMinutesMoved = errors.New("the minutes were changed in between")

// Secretary writes minutes and has them signed.
type Secretary struct {
	Store MinutesStore
	Now   dialer.Clock
}

// Save keeps minutes as a revision of their own, behind the one that they were written from (0: none). What was signed stays as it was,
// and the new one is to be signed anew. What cannot be kept is an *AskError.
func (s Secretary) Save(ctx context.Context, m Minutes, from int, by dialer.UserID) (KeptMinutes, error) {
	m = m.trimmed()
	if err := m.check(s.Now()); err != nil {
		return KeptMinutes{}, err
	}
	before, err := s.Store.MinutesOf(ctx, m.Month, from)
	if err != nil {
		return KeptMinutes{}, fmt.Errorf("read the minutes: %w", err)
	}
	if from != len(before) {
		return KeptMinutes{}, ErrMinutesMoved
	}
	if from >= MostRevisions {
		return KeptMinutes{}, &AskError{
			JA: "この月の議事録はもう200回保存されているため、これ以上は保存できません。最後の版に署名してください",
			EN: "the minutes of this month were saved 200 times, and are saved no more; sign the newest",
		}
	}
	if from > 0 {
		was, err := before[from-1].Minutes()
		if err != nil {
			return KeptMinutes{}, err
		}
		if reflect.DeepEqual(was, m) {
			return KeptMinutes{}, &AskError{JA: "議事録は変わっていません", EN: "nothing has changed"}
		}
	}
	content, digest, err := freeze(m)
	if err != nil {
		return KeptMinutes{}, fmt.Errorf("write the minutes: %w", err)
	}
	kept := KeptMinutes{Revision: from + 1, At: s.Now(), By: by, SHA256: digest, Content: content}
	if err := s.Store.KeepMinutes(ctx, m.Month, kept); err != nil {
		return KeptMinutes{}, fmt.Errorf("keep the minutes: %w", err)
	}
	return kept, nil
}

// Sign signs the newest revision for a side.
func (s Secretary) Sign(ctx context.Context, month string, revision int, side Side, by dialer.UserID) error {
	if err := s.Store.KeepSignature(ctx, month, revision, Signature{Side: side, By: by, At: s.Now()}); err != nil {
		return fmt.Errorf("sign the minutes: %w", err)
	}
	return nil
}

// trimmed is without blanks around the texts, and without empty tasks.
func (m Minutes) trimmed() Minutes {
	for _, text := range []*string{&m.Place, &m.Present, &m.Agenda, &m.Decided, &m.Next} {
		*text = strings.TrimSpace(*text)
	}
	tasks := []Task{}
	for _, t := range m.ToDo {
		t = Task{strings.TrimSpace(t.What), strings.TrimSpace(t.Who), strings.TrimSpace(t.By)}
		if t != (Task{}) {
			tasks = append(tasks, t)
		}
	}
	m.ToDo = tasks
	return m
}

// check refuses what cannot be minutes: no day, nobody there, or what looks like the number of somebody who was called.
func (m Minutes) check(now time.Time) error {
	if _, err := ParsePeriod(OfMonth, m.Month, now); err != nil {
		return err
	}
	if _, err := dialer.ParseDate(m.On); err != nil {
		return &AskError{JA: "開催日を 2026-12-03 のように書いてください", EN: "write the day of the meeting as YYYY-MM-DD"}
	}
	if m.Present == "" {
		return &AskError{JA: "出席者を書いてください", EN: "say who was there"}
	}
	texts := []string{m.Place, m.Present, m.Agenda, m.Decided, m.Next}
	for _, t := range m.ToDo {
		if t.What == "" {
			return &AskError{JA: "宿題の内容を書いてください", EN: "say what is to be done"}
		}
		texts = append(texts, t.What, t.Who, t.By)
	}
	for _, text := range texts {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return &AskError{JA: "使えない文字があります", EN: "there is a character that cannot be kept"}
		}
		if holdsNumber(text) {
			return &AskError{
				JA: "電話番号や宛名番号は書けません。金額は 1,234,567円 のように区切ってください",
				EN: "no telephone numbers and no 宛名番号; part the digits of sums, as in 1,234,567",
			}
		}
	}
	return nil
}

// holdsNumber reports whether a text has digits that may be somebody's number: seven in a row, or a telephone number in its parts.
func holdsNumber(text string) bool {
	row, parted, zero := 0, 0, false // digits in a row; with hyphens between them; whether those begin with a nought
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9', r >= '０' && r <= '９':
			if parted == 0 {
				zero = r == '0' || r == '０'
			}
			row, parted = row+1, parted+1
			if row >= 7 || zero && parted >= 10 {
				return true
			}
		case parted > 0 && strings.ContainsRune("-－‐‑–ー−() ()", r):
			row = 0
		default:
			row, parted = 0, 0
		}
	}
	return false
}

// Agenda is what minutes begin with: the month's figures, in the order in which they are gone through.
func Agenda(month Report, stands Progress, openHandoffs int) string {
	figure := func(section, row, column string) string {
		c := month.At(section, row, column)
		if c == nil || c.Value == nil {
			return "—"
		}
		return thousands(int64(*c.Value))
	}
	goal, done := "目標の定めなし", stands.Done.Of(stands.Definition)
	if target := stands.Target; target > 0 {
		goal = fmt.Sprintf("目標%s件(達成率%.1f %%)", thousands(int64(target)), 100*float64(done)/float64(target))
	}
	return strings.Join([]string{
		fmt.Sprintf("1. 架電件数 実績%s件、%s", thousands(int64(done)), goal),
		fmt.Sprintf("2. 納付約束 %s件 %s円", figure("promises", total, "made"), figure("promises", total, "yen")),
		fmt.Sprintf("3. 約束の履行 %s件、納付金額%s円", figure("kept", total, "kept"), figure("kept", total, "paid_yen")),
		fmt.Sprintf("4. 苦情 %s件", figure("others", "complaints", "count")),
		fmt.Sprintf("5. 区の回答を待つ引継ぎ %s件(本日現在)", thousands(int64(openHandoffs))),
		"6. 月次分析",
		"7. その他",
	}, "\n")
}

// thousands is a figure with a comma before every three digits.
func thousands(n int64) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
