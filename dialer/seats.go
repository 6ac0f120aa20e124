package dialer

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Seats says which languages are spoken at which desk on a day, besides Japanese. Until there is a roster it is written into
// the rules.
type Seats struct {
	// Days are what differs on single days, by desk.
	Days map[Date]map[DeskID][]string
	// Usual are the languages of a desk where Days does not say otherwise.
	Usual map[DeskID][]string
}

// On returns what is spoken at a desk on a day, besides Japanese.
func (s Seats) On(d Date, desk DeskID) []string {
	if languages, ok := s.Days[d][desk]; ok {
		return languages
	}
	return s.Usual[desk]
}

// Everybodys reports whether a language needs no desk of its own.
func Everybodys(language string) bool { return language == "" || language == "ja" }

// Spoken reports whether some desk speaks a language on a day.
func (s Seats) Spoken(language string, d Date) bool {
	if Everybodys(language) {
		return true
	}
	for desk := range s.Days[d] {
		if slices.Contains(s.On(d, desk), language) {
			return true
		}
	}
	for desk := range s.Usual {
		if slices.Contains(s.On(d, desk), language) {
			return true
		}
	}
	return false
}

// seatsAhead is how far ahead a day is looked for on which a language is spoken.
const seatsAhead = 92

// Next returns the first opening from t on at which a language is spoken; ok is false when no such day is set.
func (s Seats) Next(language string, t time.Time, hours Hours) (at time.Time, ok bool) {
	for range seatsAhead {
		at := hours.NextOpen(t)
		if s.Spoken(language, DateOf(at)) {
			return at, true
		}
		t = DateOf(at).Next().At(0)
	}
	return time.Time{}, false
}

// Languages lists every language that is spoken on some day.
func (s Seats) Languages() []string {
	spoken := map[string]bool{}
	for _, day := range append(slices.Collect(maps.Values(s.Days)), s.Usual) {
		for _, languages := range day {
			for _, l := range languages {
				spoken[l] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(spoken))
}

// parseSeats reads the section of a file of rules.
func parseSeats(of map[string]map[DeskID][]string) (Seats, error) {
	var p ruleProblems
	s := Seats{Days: map[Date]map[DeskID][]string{}}
	for _, day := range slices.Sorted(maps.Keys(of)) {
		d, err := ParseDate(day)
		if err != nil {
			p.addf("seats."+day, "%v", err)
			continue
		}
		for desk, languages := range of[day] {
			for _, l := range languages {
				if !slices.Contains(Languages, l) {
					p.addf(fmt.Sprintf("seats.%s.%s", day, desk), "%q is no language that cases wait for; write one of %v", l, Languages)
				}
			}
		}
		s.Days[d] = of[day]
	}
	if len(p) > 0 {
		return Seats{}, p[0]
	}
	return s, nil
}

// Stray returns the desks of the calendar that there are not, each as the key at which it stands.
func (s Seats) Stray(desks []DeskID) []string {
	var stray []string
	for d, day := range s.Days {
		for desk := range day {
			if !slices.Contains(desks, desk) {
				stray = append(stray, fmt.Sprintf("seats.%s.%s", d, desk))
			}
		}
	}
	slices.Sort(stray)
	return stray
}

// Ever reports whether a language is spoken on any day at all. One that never is needs no desk: its cases are everybody's, or
// nobody would ever call.
func (s Seats) Ever(language string) bool { return slices.Contains(s.Languages(), language) }

// languageNames are the languages of the ward's list by their names.
var languageNames = map[string]Reason{
	"en": {"英語", "English"}, "zh": {"中国語", "Chinese"}, "vi": {"ベトナム語", "Vietnamese"}, "ko": {"韓国語", "Korean"},
	"ne": {"ネパール語", "Nepali"}, "tl": {"タガログ語", "Tagalog"}, "my": {"ミャンマー語", "Burmese"}, "bn": {"ベンガル語", "Bengali"},
	"hi": {"ヒンディー語", "Hindi"}, "es": {"スペイン語", "Spanish"}, "pt": {"ポルトガル語", "Portuguese"}, "ja": {"日本語", "Japanese"},
}

// KnownLanguages are the languages of the ward's list besides Japanese, by their codes.
func KnownLanguages() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(languageNames)), Everybodys)
}

// LanguageName is what a language is called; its code where that is not known.
func LanguageName(code string) Reason {
	if name, ok := languageNames[code]; ok {
		return name
	}
	return Reason{code, code}
}

// AwaitLanguage says when a case comes whose language nobody speaks today: on the next day that is set, or, when none is, on the
// next opening, when it is looked at again.
func (r Rules) AwaitLanguage(language string, now time.Time, hours Hours) (due time.Time, why Reason) {
	name, tomorrow := LanguageName(language), DateOf(now).Next().At(0)
	if at, ok := r.Seats.Next(language, tomorrow, hours); ok {
		d := DateOf(at)
		return at, Reason{
			fmt.Sprintf("%sの席がある%d月%d日を待ちます", name.JA, int(d.Month), d.Day),
			fmt.Sprintf("waits for %s, when a desk speaks %s", d, name.EN),
		}
	}
	return hours.NextOpen(tomorrow), Reason{
		name.JA + "の席の予定がまだありません。予定が入るまで待ちます", "no day is set yet on which a desk speaks " + name.EN + "; it waits for one",
	}
}
