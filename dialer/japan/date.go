package japan

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// era is one era name (元号): the year before its first, and the day it began.
type era struct {
	name, letter string
	code         byte // of municipal systems' numeric dates: 5081124 is 令和8年11月24日
	before       int
	from         time.Time
}

// eras, newest first. 明治 begins with the calendar of today (明治6年).
var eras = []era{
	{"令和", "r", '5', 2018, date(2019, time.May, 1)},
	{"平成", "h", '4', 1988, date(1989, time.January, 8)},
	{"昭和", "s", '3', 1925, date(1926, time.December, 25)},
	{"大正", "t", '2', 1911, date(1912, time.July, 30)},
	{"明治", "m", '1', 1867, date(1873, time.January, 1)},
}

var (
	eraForm    = regexp.MustCompile(`^(令和|平成|昭和|大正|明治|[rhstm])\s*([0-9]{1,2}|元)\s*[年./-]\s*([0-9]{1,2})\s*[月./-]\s*([0-9]{1,2})\s*日?$`)
	westForm   = regexp.MustCompile(`^([0-9]{4})\s*[年./-]\s*([0-9]{1,2})\s*[月./-]\s*([0-9]{1,2})\s*日?$`)
	westDigits = regexp.MustCompile(`^([0-9]{4})([0-9]{2})([0-9]{2})$`)
	eraDigits  = regexp.MustCompile(`^([1-5])([0-9]{2})([0-9]{2})([0-9]{2})$`)
	// timeOfDay is what spreadsheets put behind a date.
	timeOfDay = regexp.MustCompile(`\s+0{1,2}:00(:00)?$`)
)

// ParseDate reads a date with an era year or a common one (令和8年11月24日, R8.11.24, 2026/11/24, 20261124, 5081124) and
// returns it as YYYY-MM-DD. ok is false for what is no date. An era that had ended by then is taken at its word, since
// forms printed in 平成 named 平成32年; one that had not begun is not.
func ParseDate(cell string) (iso string, ok bool) {
	s := Plain(cell)
	if strings.Contains(s, ":") {
		s = timeOfDay.ReplaceAllString(s, "")
	}
	if m := westForm.FindStringSubmatch(s); m != nil {
		return civil(number(m[1]), number(m[2]), number(m[3]))
	}
	if m := westDigits.FindStringSubmatch(s); m != nil {
		return civil(number(m[1]), number(m[2]), number(m[3]))
	}
	m := eraForm.FindStringSubmatch(s)
	if m == nil {
		m = eraDigits.FindStringSubmatch(s)
	}
	if m == nil {
		return "", false
	}
	for _, e := range eras {
		if m[1] == e.name || m[1] == e.letter || m[1] == string(e.code) {
			year := 1
			if m[2] != "元" {
				year = number(m[2])
			}
			iso, ok = civil(e.before+year, number(m[3]), number(m[4]))
			return iso, ok && year > 0 && iso >= e.from.Format(time.DateOnly)
		}
	}
	return "", false
}

// FormatDate writes YYYY-MM-DD with its era year ("令和8年11月24日", "令和元年5月1日"), and in common years before 1873.
func FormatDate(iso string) (string, error) {
	t, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return "", fmt.Errorf("%q is not a date; write YYYY-MM-DD", iso)
	}
	for _, e := range eras {
		if t.Before(e.from) {
			continue
		}
		year := "元"
		if t.Year()-e.before > 1 {
			year = strconv.Itoa(t.Year() - e.before)
		}
		return fmt.Sprintf("%s%s年%d月%d日", e.name, year, int(t.Month()), t.Day()), nil
	}
	return fmt.Sprintf("%d年%d月%d日", t.Year(), int(t.Month()), t.Day()), nil
}

// civil returns the date as YYYY-MM-DD when there is such a day, from 1868 on.
func civil(year, month, day int) (string, bool) {
	t := date(year, time.Month(month), day)
	if t.Year() != year || int(t.Month()) != month || t.Day() != day || year < 1868 {
		return "", false
	}
	return t.Format(time.DateOnly), true
}

// number reads digits that a form has already matched.
func number(digits string) int {
	n, _ := strconv.Atoi(strings.TrimSpace(digits))
	return n
}
