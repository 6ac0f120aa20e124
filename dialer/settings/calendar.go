package settings

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"kakeru/dialer"
)

// The keys of the calendar.
const (
	CalendarWeek = "calendar.week"
	CalendarDay  = "calendar.day." // with a date
)

// DayState is what is set for a single day.
type DayState string

// The states of a day.
const (
	DayUsual  DayState = "usual"  // as the week, the holidays and the year's end have it
	DayOpen   DayState = "open"   // open all the same: 日曜開庁, the year's end
	DayClosed DayState = "closed" // closed all the same
)

// DayStates are all there are.
var DayStates = []DayState{DayUsual, DayOpen, DayClosed}

// Day is what is set for a single day.
type Day struct {
	State DayState `json:"state"`
	Hours string   `json:"hours,omitempty"` // "09:00-17:00", where it is open all the same
	Note  string   `json:"note,omitempty"`  // why, in the ward's words
	Seats *int     `json:"seats,omitempty"` // how many desks are worked; all when left out
}

// Week is a week's pattern from a day on. The first of a list has no day: it has always held.
type Week struct {
	From         string            `json:"from,omitempty"`
	Days         map[string]string `json:"days"` // "mon" to "sun": "09:00-17:00"; closed when left out
	BreakMinutes int               `json:"break_minutes"`
}

// weekday is a day of the week by its names.
type weekday struct {
	key, ja, en string
	day         time.Weekday
}

// weekdays in the order in which people read them.
var weekdays = []weekday{
	{"mon", "月", "Mon", time.Monday}, {"tue", "火", "Tue", time.Tuesday}, {"wed", "水", "Wed", time.Wednesday}, {"thu", "木", "Thu", time.Thursday},
	{"fri", "金", "Fri", time.Friday}, {"sat", "土", "Sat", time.Saturday}, {"sun", "日", "Sun", time.Sunday},
}

// The bounds of a calendar.
const (
	longestNote  = 40 // characters
	longestBreak = 240
	mostSeats    = 500
	farthestYear = 3   // years from today
	mostWeeks    = 200 // patterns, those that have passed among them
)

// CalendarFile is what the settings file says: its week, and its single days.
type CalendarFile struct {
	Week Week
	Days map[dialer.Date]Day
}

// Calendar are the calendar's settings.
func Calendar(file CalendarFile) []Setting {
	return []Setting{
		{
			Key: CalendarWeek, Group: GroupCalendar, Kind: KindOwn, Name: func(string) Words { return Words{"曜日ごとの開設時間", "opening hours of the week"} },
			Basis: Words{"仕様書§5: 月〜金 9〜17時、水 13〜19時、うち休憩1時間", "§5: Mon to Fri 9–17, Wed 13–19, one hour of break inside"},
			File:  func(string) json.RawMessage { return encode([]Week{file.Week}) },
			Check: checkWeeks, Say: func(_ string, v json.RawMessage) Words { return sayWeeks(v) },
		},
		{
			Key: CalendarDay, Group: GroupCalendar, Kind: KindOwn, Name: nameDay,
			Basis: Words{"仕様書§5: 区が指定する日曜開庁日、閉庁日", "§5: the ward's Sunday openings and closed days"},
			File: func(rest string) json.RawMessage {
				if d, err := dialer.ParseDate(rest); err == nil {
					if day, ok := file.Days[d]; ok {
						return encode(day)
					}
				}
				return encode(Day{State: DayUsual})
			},
			Check: checkDay, Say: func(_ string, v json.RawMessage) Words { return sayDay(v) },
		},
	}
}

func nameDay(rest string) Words {
	d, err := dialer.ParseDate(rest)
	if err != nil {
		return Words{rest, rest}
	}
	w := weekdays[(int(d.Weekday())+6)%7]
	return Words{fmt.Sprintf("%d年%d月%d日(%s)", d.Year, int(d.Month), d.Day, w.ja), fmt.Sprintf("%s %s", w.en, d)}
}

// Apply puts the calendar's values over the file's hours.
func (v Values) Apply(h dialer.Hours) dialer.Hours {
	if weeks := Weeks(v[CalendarWeek]); len(weeks) > 0 {
		h.Week, h.BreakMinutes, h.Later = weeks[0].pattern(), weeks[0].BreakMinutes, nil
		for _, w := range weeks[1:] {
			h.Later = append(h.Later, dialer.WeekFrom{From: w.startOf(), Week: w.pattern(), BreakMinutes: w.BreakMinutes})
		}
	}
	h.Extra, h.Notes, h.Seats = orNew(maps.Clone(h.Extra)), orNew(maps.Clone(h.Notes)), orNew(maps.Clone(h.Seats))
	closing := closings{file: h.Closed, shut: map[dialer.Date]string{}, usual: map[dialer.Date]bool{}}
	for key, raw := range v {
		rest, of := strings.CutPrefix(key, CalendarDay)
		if date, err := dialer.ParseDate(rest); of && err == nil {
			DayOf(raw).apply(date, h, closing)
		}
	}
	h.Closed = closing.why
	return h
}

// apply puts what is set for a day into the maps of the hours, and of the closings.
func (d Day) apply(date dialer.Date, h dialer.Hours, c closings) {
	delete(h.Extra, date)
	delete(h.Seats, date)
	delete(h.Notes, date)
	switch d.State {
	case DayOpen:
		h.Extra[date], _ = parseSpan(d.Hours)
		if d.Note != "" {
			h.Notes[date] = d.Note
		}
	case DayClosed:
		c.shut[date] = cmp.Or(d.Note, WardClosed)
	case DayUsual:
		c.usual[date] = true
	}
	if d.Seats != nil {
		h.Seats[date] = *d.Seats
	}
}

// closings are the days that are closed: by the file, the law and the year's end, and by single days over them.
type closings struct {
	file  func(dialer.Date) string
	shut  map[dialer.Date]string
	usual map[dialer.Date]bool // the file's own word on them is taken back
}

func (c closings) why(d dialer.Date) string {
	if why, ok := c.shut[d]; ok {
		return why
	}
	if c.file == nil {
		return ""
	}
	if why := c.file(d); why != WardClosed || !c.usual[d] {
		return why
	}
	return ""
}

// WardClosed is why a day is closed that the ward has named without saying more.
const WardClosed = "区が定めた閉庁日"

func orNew[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return map[K]V{}
	}
	return m
}

func (w Week) pattern() map[time.Weekday]dialer.Span {
	out := map[time.Weekday]dialer.Span{}
	for _, day := range weekdays {
		if s, ok := parseSpan(w.Days[day.key]); ok {
			out[day.day] = s
		}
	}
	return out
}

var spanText = regexp.MustCompile(`^([0-2]?\d):([0-5]\d)-([0-2]?\d):([0-5]\d)$`)

// parseSpan reads "09:00-17:00".
func parseSpan(text string) (dialer.Span, bool) {
	found := spanText.FindStringSubmatch(text)
	if found == nil {
		return dialer.Span{}, false
	}
	var n [4]int
	for i := range n {
		n[i], _ = strconv.Atoi(found[i+1])
	}
	s := dialer.Span{From: n[0]*60 + n[1], To: n[2]*60 + n[3]}
	return s, s.From < s.To && s.To <= 24*60
}

func spanOf(s dialer.Span) string {
	return fmt.Sprintf("%02d:%02d-%02d:%02d", s.From/60, s.From%60, s.To/60, s.To%60)
}

func sayDay(v json.RawMessage) Words {
	var d Day
	if json.Unmarshal(v, &d) != nil {
		return Words{string(v), string(v)}
	}
	out := map[DayState]Words{
		DayUsual: {"通常どおり", "as usual"}, DayOpen: {"開設 " + d.Hours, "open " + d.Hours}, DayClosed: {"閉庁", "closed"},
	}[d.State]
	if d.Note != "" {
		out.JA, out.EN = out.JA+"("+d.Note+")", out.EN+" ("+d.Note+")"
	}
	if d.Seats != nil {
		out.JA, out.EN = out.JA+fmt.Sprintf("、%d席", *d.Seats), out.EN+fmt.Sprintf(", %d seats", *d.Seats)
	}
	return out
}

func sayWeeks(v json.RawMessage) Words {
	var weeks []Week
	if json.Unmarshal(v, &weeks) != nil {
		return Words{string(v), string(v)}
	}
	var ja, en []string
	for _, w := range weeks {
		j, e := w.say()
		if w.From != "" {
			j, e = w.From+"から "+j, "from "+w.From+": "+e
		}
		ja, en = append(ja, j), append(en, e)
	}
	return Words{strings.Join(ja, " / "), strings.Join(en, " / ")}
}

// say puts days together that follow each other and are alike.
func (w Week) say() (ja, en string) {
	var js, es []string
	for i := 0; i < len(weekdays); {
		n := i + 1
		for n < len(weekdays) && w.Days[weekdays[n].key] == w.Days[weekdays[i].key] {
			n++
		}
		hours := w.Days[weekdays[i].key]
		nj, ne := weekdays[i].ja, weekdays[i].en
		if n-i > 1 {
			nj, ne = nj+"〜"+weekdays[n-1].ja, ne+"–"+weekdays[n-1].en
		}
		if hours == "" {
			js, es = append(js, nj+" 閉庁"), append(es, ne+" closed")
		} else {
			js, es = append(js, nj+" "+hours), append(es, ne+" "+hours)
		}
		i = n
	}
	return strings.Join(js, "、") + fmt.Sprintf("、休憩%d分", w.BreakMinutes), strings.Join(es, ", ") + fmt.Sprintf(", break %d min", w.BreakMinutes)
}

// startOf is the day from which a pattern holds; the zero one for always.
func (w Week) startOf() dialer.Date {
	d, _ := dialer.ParseDate(w.From)
	return d
}

// weekOn is the pattern that holds on a day.
func weekOn(weeks []Week, d dialer.Date) Week {
	for _, w := range slices.Backward(weeks) {
		if !d.Before(w.startOf()) {
			return w
		}
	}
	return Week{}
}

// Weeks reads the patterns of CalendarWeek.
func Weeks(v json.RawMessage) []Week {
	var weeks []Week
	_ = json.Unmarshal(v, &weeks) // what is kept was checked
	return weeks
}

// DayOf reads the value of a day.
func DayOf(v json.RawMessage) (d Day) {
	_ = json.Unmarshal(v, &d) // what is kept was checked
	return d
}
