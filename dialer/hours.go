package dialer

import (
	"cmp"
	"fmt"
	"time"
)

// Tokyo is the centre's time zone. Japan has had no summer time since 1951, so a fixed zone is exact and needs no
// database of zones on the machine.
var Tokyo = time.FixedZone("JST", 9*60*60)

// Date is a calendar day in Asia/Tokyo.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf returns the day in Tokyo that t falls on.
func DateOf(t time.Time) Date {
	y, m, d := t.In(Tokyo).Date()
	return Date{y, m, d}
}

// ParseDate reads YYYY-MM-DD.
func ParseDate(s string) (Date, error) {
	t, err := time.ParseInLocation(time.DateOnly, s, Tokyo)
	if err != nil {
		return Date{}, fmt.Errorf("%q is not a date; write YYYY-MM-DD", s)
	}
	return DateOf(t), nil
}

// String gives YYYY-MM-DD.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day) }

// At returns the instant so many minutes after the day's midnight in Tokyo.
func (d Date) At(minutes int) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, minutes, 0, 0, Tokyo)
}

// Next returns the day after.
func (d Date) Next() Date { return DateOf(d.At(24 * 60)) }

// Compare returns -1 when the day lies before another, +1 when it lies after it, and 0 when they are one.
func (d Date) Compare(o Date) int {
	return cmp.Or(cmp.Compare(d.Year, o.Year), cmp.Compare(d.Month, o.Month), cmp.Compare(d.Day, o.Day))
}

// Before reports whether the day lies before another.
func (d Date) Before(o Date) bool { return d.Compare(o) < 0 }

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.At(0).Weekday() }

// Span is a stretch of a day, in minutes since its midnight: [From, To).
type Span struct{ From, To int }

// Minutes is how long the span is.
func (s Span) Minutes() int { return max(0, s.To-s.From) }

// Hours are the centre's opening hours (spec §5): a week's pattern, days on which it is closed all the same, and days on
// which it opens although the pattern says no (日曜開庁日).
type Hours struct {
	Week map[time.Weekday]Span
	// Later are patterns that hold from a day on instead, the earliest first.
	Later []WeekFrom
	// Closed says why a day is closed ("勤労感謝の日", "年末年始"), or "" when the pattern holds.
	Closed func(Date) string
	// Extra are the ward's Sunday openings, and other days on which it opens all the same.
	Extra map[Date]Span
	// Notes say in the ward's words why a day of Extra is open.
	Notes map[Date]string
	// Seats are the days on which not all desks are worked: how many are. Until there is a roster they are written into the settings.
	Seats map[Date]int
	// BreakMinutes of each open day are not worked (§5: one hour); a later pattern has its own.
	BreakMinutes int
	// AlwaysOpen lifts the rule, for trials: the screen says so.
	AlwaysOpen bool
}

// WeekFrom is a week's pattern that holds from a day on.
type WeekFrom struct {
	From         Date
	Week         map[time.Weekday]Span
	BreakMinutes int
}

// Calendar answers with the hours that hold at the moment. They are changed while calls are made, so whoever lives longer than one
// question keeps the Calendar and never the Hours. It does not block.
type Calendar func() Hours

// Always is a Calendar of hours that nobody changes: Hours{…}.Always.
func (h Hours) Always() Hours { return h }

// WardHours is the pattern of the specification: Monday to Friday 9–17, Wednesday 13–19.
func WardHours() map[time.Weekday]Span {
	nine := Span{9 * 60, 17 * 60}
	return map[time.Weekday]Span{
		time.Monday: nine, time.Tuesday: nine, time.Wednesday: {13 * 60, 19 * 60}, time.Thursday: nine, time.Friday: nine,
	}
}

// On returns the day's opening span; ok is false when the centre is closed, and why says so in Japanese.
func (h Hours) On(d Date) (s Span, why string, ok bool) {
	if s, ok := h.Extra[d]; ok {
		switch note := h.Notes[d]; {
		case note != "":
			return s, note, true
		case d.Weekday() == time.Sunday:
			return s, "日曜開庁日", true
		default:
			return s, "臨時開庁日", true
		}
	}
	if h.Closed != nil {
		if why := h.Closed(d); why != "" {
			return Span{}, why, false
		}
	}
	week, _ := h.WeekOn(d)
	s, ok = week[d.Weekday()]
	if !ok {
		return Span{}, "閉庁日", false
	}
	return s, "", true
}

// WeekOn is the week's pattern that holds on a day, and its break in minutes.
func (h Hours) WeekOn(d Date) (week map[time.Weekday]Span, breakMinutes int) {
	week, breakMinutes = h.Week, h.BreakMinutes
	for _, later := range h.Later {
		if !d.Before(later.From) {
			week, breakMinutes = later.Week, later.BreakMinutes
		}
	}
	return week, breakMinutes
}

// WorkedMinutes is how long a day is worked at each desk: its span without the break; 0 when the centre is closed.
func (h Hours) WorkedMinutes(d Date) int {
	s, _, ok := h.On(d)
	if !ok {
		return 0
	}
	_, pause := h.WeekOn(d)
	return max(0, s.Minutes()-pause)
}

// SeatsOn is how many desks are worked on a day, of those there are.
func (h Hours) SeatsOn(d Date, usual int) int {
	if n, ok := h.Seats[d]; ok {
		return n
	}
	return usual
}

// Open reports whether calls may be made at t.
func (h Hours) Open(t time.Time) bool {
	if h.AlwaysOpen {
		return true
	}
	s, _, ok := h.On(DateOf(t))
	if !ok {
		return false
	}
	m := minuteOf(t)
	return m >= s.From && m < s.To
}

// NextOpen returns t when the centre is open then, else the next instant it opens; t itself when it never does within
// two months (a calendar that closes every day is a mistake of the settings, which configs refuses).
func (h Hours) NextOpen(t time.Time) time.Time {
	if h.Open(t) {
		return t
	}
	d := DateOf(t)
	for range 62 {
		if s, _, ok := h.On(d); ok {
			if from := d.At(s.From); !from.Before(t) {
				return from
			}
		}
		d = d.Next()
	}
	return t
}

// Refusal returns why no call may be made at t, or nil when one may.
func (h Hours) Refusal(t time.Time) *Refusal {
	if h.Open(t) {
		return nil
	}
	next := InWords(h.NextOpen(t))
	reason := "開設時間外です"
	if _, why, ok := h.On(DateOf(t)); !ok {
		reason = "本日は閉庁日です(" + why + ")"
	}
	return &Refusal{
		Rule: OutsideHours, JA: reason + "。次に発信できるのは " + next.JA + " からです", EN: "the centre is closed; calls may be made again from " + next.EN,
	}
}

// InWords is an instant as screens and refusals say it, by the day and the minute in Tokyo.
func InWords(t time.Time) Reason {
	t = t.In(Tokyo)
	return Reason{JA: fmt.Sprintf("%d月%d日 %s", int(t.Month()), t.Day(), t.Format("15:04")), EN: t.Format("2006-01-02 15:04")}
}

func minuteOf(t time.Time) int {
	h, m, _ := t.In(Tokyo).Clock()
	return h*60 + m
}
