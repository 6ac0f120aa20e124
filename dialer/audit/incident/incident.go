// Package incident is what is done when it happened anyway: 個人情報の事故.
//
// # Words
//
//   - Incident: something that put personal data at risk, as it is known now. What is found out later is another revision; none is
//     ever changed.
//   - Step: what was done about it, once and for ever: the ward told, 速報, 確報, the persons told, closed.
//   - Deadline: until when a step is due. The ward's is at once (§22); 速報 and 確報 are those of the Act on the Protection of Personal
//     Information (個人情報保護法 第68条, 規則 第43条・第44条).
//   - Reach: whose data whoever is in question could see, counted from the record of who saw what (package audit).
//
// # How it fails
//
// What is entered wrongly is a *FieldError list by Check. No text may hold personal data: it is kept in plain, for ever.
package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kakeru/dialer"
)

// Kind is what happened to the data.
type Kind string

// The kinds.
const (
	Leaked   Kind = "leaked"   // 漏えい: somebody saw, took or was told what was not theirs
	Lost     Kind = "lost"     // 滅失
	Damaged  Kind = "damaged"  // 毀損
	Tampered Kind = "tampered" // 改ざん
	Feared   Kind = "feared"   // おそれ: it is not known yet
	Outage   Kind = "outage"   // 機器等の故障 without harm to data: the ward is told all the same (§22)
)

// Kinds are all there are.
var Kinds = []Kind{Leaked, Lost, Damaged, Tampered, Feared, Outage}

// Incident is what is known of one.
type Incident struct {
	ID       int64     `json:"id"`
	Revision int       `json:"revision"`
	At       time.Time `json:"at"` // of the revision

	By dialer.UserID `json:"by"`

	Kind    Kind      `json:"kind"`
	FoundAt time.Time `json:"found_at"` // the clocks run from here
	// From and Until are when the data was in reach, and Who whose accesses are in question; nobody: everybody's.
	From  time.Time       `json:"from"`
	Until time.Time       `json:"until"`
	Who   []dialer.UserID `json:"who"`
	// Malice: 不正の目的によるおそれ. It gives 60 days for 確報 in place of 30.
	Malice bool   `json:"malice"`
	What   string `json:"what"`   // what happened
	Cause  string `json:"cause"`  // as far as it is known
	Done   string `json:"done"`   // what was done at once
	Future string `json:"future"` // so that it does not happen again
}

// Lengths of the texts, in characters.
const mostText = 2000

// mostRevisions is how often one incident is written: all of them are read with it, and go to the ward with it.
const mostRevisions = 200

// mostYears is the longest time that an incident may reach over: as long as the record of who saw what is made to be searched.
const mostYears = 10

// earliest is before anything that this centre could find out, or have in reach: a year before it was mistyped.
var earliest = time.Date(2000, time.January, 1, 0, 0, 0, 0, dialer.Tokyo)

// Wrong is one field that cannot be taken, and what to do.
type Wrong struct{ Field, Code, JA, EN string }

// Check says what is wrong with an incident as it was entered.
func (i Incident) Check(now time.Time) []Wrong {
	var wrong []Wrong
	say := func(field, code, ja, en string) { wrong = append(wrong, Wrong{field, code, ja, en}) }
	if !slices.Contains(Kinds, i.Kind) {
		say("kind", "unknown", "種類を選んでください", "choose a kind")
	}
	if strings.TrimSpace(i.What) == "" {
		say("what", "missing", "何が起きたかを書いてください", "say what happened")
	}
	for field, text := range map[string]string{"what": i.What, "cause": i.Cause, "done": i.Done, "future": i.Future} {
		if utf8.RuneCountInString(text) > mostText {
			say(field, "long", fmt.Sprintf("%d文字以内で書いてください", mostText), fmt.Sprintf("write no more than %d characters", mostText))
		}
	}
	if i.Revision > mostRevisions {
		say("revision", "many", fmt.Sprintf("この事故は%d回書き換えられたため、これ以上書き換えられません。続きは新しい届出にし、この号数を書いてください", mostRevisions),
			fmt.Sprintf("this incident was written %d times, which is as often as one is; report what is new as another, and name the number of this one in it", mostRevisions))
	}
	switch {
	case i.FoundAt.IsZero():
		say("found_at", "missing", "知った日時を入れてください", "say when it was found out")
	case i.FoundAt.Before(earliest):
		say("found_at", "early", "知った日時は2000年以降にしてください。年を確かめてください", "give a time of the year 2000 or later; look at the year")
	case i.FoundAt.After(now):
		say("found_at", "future", "知った日時が未来です", "it cannot have been found out in the future")
	}
	switch {
	case i.From.IsZero() || i.Until.IsZero():
		say("from", "missing", "影響のあった期間を入れてください", "say from when to when data was in reach")
	case i.From.Before(earliest):
		say("from", "early", "期間の始めは2000年以降にしてください。年を確かめてください", "give a time of the year 2000 or later; look at the year")
	case i.Until.Before(i.From):
		say("until", "order", "終わりは始めより後にしてください", "the end must not be before the beginning")
	case i.Until.After(i.From.AddDate(mostYears, 0, 0)):
		say("from", "long", fmt.Sprintf("期間は%d年以内にしてください。記録が始まる前を含める必要はありません", mostYears),
			fmt.Sprintf("the period must be no longer than %d years; what lies before the record begins need not be in it", mostYears))
	case i.From.After(now):
		say("from", "future", "期間の始めが未来です", "the beginning is in the future")
	}
	slices.SortFunc(wrong, func(a, b Wrong) int { return strings.Compare(a.Field+a.Code, b.Field+b.Code) })
	return wrong
}

// Act is a step that is taken about an incident.
type Act string

// The steps.
const (
	WardTold    Act = "ward_told"   // 区へ直ちに報告(§22)
	WardAck     Act = "ward_ack"    // 区が受けた: signed in themselves
	Preliminary Act = "preliminary" // 速報
	Final       Act = "final"       // 確報
	PersonsTold Act = "persons"     // 本人への通知
	Closed      Act = "closed"      // 対応完了
)

// Acts are the steps in their order.
var Acts = []Act{WardTold, WardAck, Preliminary, Final, PersonsTold, Closed}

// Step is one that was taken.
type Step struct {
	Act  Act
	At   time.Time
	By   dialer.UserID
	Note string // to whom, by what means, its number: no personal data of a debtor
}

// Deadline is until when a step is due.
type Deadline struct {
	Act  Act
	Due  time.Time
	Met  bool // it was taken
	Late bool // it is due and was not taken, or was taken after it was due
}

// How many days the law gives, the day on which it was found out being the first.
const (
	preliminaryDays = 5 // 速やかに: 3 to 5 days
	finalDays       = 30
	finalDaysMalice = 60
)

// atOnce is how long "at once" may be before the screen says that it is late.
const atOnce = 30 * time.Minute

// Deadlines are those of an incident. shut says whether the authorities are closed on a day: 確報 that would be due then is due on the
// next day on which they are open; 速報 is not put off.
func (i Incident) Deadlines(steps []Step, now time.Time, shut func(dialer.Date) bool) []Deadline {
	due := []Deadline{{Act: WardTold, Due: i.FoundAt.Add(atOnce)}}
	if i.Kind != Outage {
		final := finalDays
		if i.Malice {
			final = finalDaysMalice
		}
		last := nth(i.FoundAt, final)
		for shut(last) {
			last = last.Next()
		}
		due = append(due, Deadline{Act: Preliminary, Due: endOf(nth(i.FoundAt, preliminaryDays))}, Deadline{Act: Final, Due: endOf(last)})
	}
	for n := range due {
		d := &due[n]
		at := now
		if s := slices.IndexFunc(steps, func(s Step) bool { return s.Act == d.Act }); s >= 0 {
			d.Met, at = true, steps[s].At
		}
		d.Late = at.After(d.Due)
	}
	return due
}

// nth is the n-th day, the one of at being the first.
func nth(at time.Time, n int) dialer.Date {
	d := dialer.DateOf(at)
	for range n - 1 {
		d = d.Next()
	}
	return d
}

// endOf is the last second of a day in Tokyo.
func endOf(d dialer.Date) time.Time { return d.Next().At(0).Add(-time.Second) }

// Reach is what whoever is in question could have seen, by the record.
type Reach struct {
	Persons int `json:"persons"` // cases seen, listed, found, heard or shown, each once
	Entries int `json:"entries"` // of the record, that say so
	Files   int `json:"files"`   // taken or made: whose data they hold is not in the record
	Held    int `json:"held"`    // cases whose data is in this centre's custody now: what a thief of the machine and its keys has
}

// File is an incident with all that is kept of it.
type File struct {
	Revisions []Incident // oldest first
	Steps     []Step
}

// Line is an incident in a list: as it is known now, without its texts and whose accesses are in question, and its steps without their notes.
type Line struct {
	Incident

	Steps []Step
}

// Now is the newest revision.
func (f File) Now() Incident { return f.Revisions[len(f.Revisions)-1] }

// Taken reports whether a step was taken.
func (f File) Taken(a Act) bool { return taken(f.Steps, a) }

// Taken reports whether a step was taken.
func (l Line) Taken(a Act) bool { return taken(l.Steps, a) }

func taken(steps []Step, a Act) bool {
	return slices.ContainsFunc(steps, func(s Step) bool { return s.Act == a })
}
