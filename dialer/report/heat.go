package report

import (
	"fmt"
	"slices"
	"strconv"

	"kakeru/dialer"
)

// The sections of the heat map, which the panel draws as one.
const (
	heatRate     = "heat_rate"
	heatReached  = "heat_reached"
	heatAttempts = "heat_attempts"
)

// slot is a cell of the heat map: a weekday ("1" is Monday) and an hour, or the total of either.
type slot struct{ weekday, hour string }

// heat counts the month's attempts, and those that reached a person, by weekday and hour.
type heat struct {
	attempts, spoke map[slot]int64
	wanted          slot
	reached         bool // the rows that are asked for are those that reached a person
	refs            []Ref
}

func newHeat() *heat { return &heat{attempts: map[slot]int64{}, spoke: map[slot]int64{}} }

func (h *heat) add(a *marked, of Ref) {
	weekday, hour := weekdayKey(dialer.DateOf(a.At)), a.At.In(dialer.Tokyo).Format("15")
	for _, at := range []slot{{weekday, hour}, {weekday, total}, {total, hour}, {total, total}} {
		h.attempts[at]++
		if a.spoke() {
			h.spoke[at]++
		}
		if at == h.wanted && (a.spoke() || !h.reached) {
			h.refs = append(h.refs, of)
		}
	}
}

// weekdayKey is a day's weekday from 1, Monday, to 7.
func weekdayKey(d dialer.Date) string { return strconv.Itoa((int(d.Weekday())+6)%7 + 1) }

func (h *heat) has(section string) bool {
	return section == heatRate || section == heatReached || section == heatAttempts
}

// want asks for the rows behind a cell. Which hours there are nobody knows before the ledger was read: each of the day is one.
func (h *heat) want(w Where) bool {
	h.wanted, h.reached = slot{w.Row, w.Column}, w.Section != heatAttempts
	return (w.Row == total || slices.Contains(weekdays, w.Row)) && (w.Column == total || slices.Contains(hoursOfDay, w.Column))
}

func (h *heat) rows() []Ref { return h.refs }

func (h *heat) sections() []Section {
	said := h.reading()
	rate := h.section(heatRate, words("分析 曜日×時間帯の接触率", "Analysis: reached a person, by weekday and hour"), InPercent, func(at slot) Cell {
		return ratio(float64(h.spoke[at]), float64(h.attempts[at]), 100)
	})
	rate.Reading = &said
	rate.Notes = append(rate.Notes, words("接触率は、架電件数のうち人(本人・家族・第三者)につながった割合です", "The rate is of the attempts: those that reached a person"), tellingNote)
	counted := func(of map[slot]int64) func(slot) Cell {
		return func(at slot) Cell { return number(float64(of[at])) }
	}
	return []Section{
		rate,
		h.section(heatReached, words("分析 曜日×時間帯の応答件数", "Analysis: persons reached, by weekday and hour"), InCalls, counted(h.spoke)),
		h.section(heatAttempts, words("分析 曜日×時間帯の架電件数", "Analysis: attempts, by weekday and hour"), InCalls, counted(h.attempts)),
	}
}

// section is one table of the map: of the weekdays and hours that occur.
func (h *heat) section(key string, title Words, unit Unit, cell func(slot) Cell) Section {
	s := Section{Key: key, Title: title, Columns: []Column{}, Rows: []Row{}, Notes: []Words{}}
	hours := h.occurring(hoursOfDay, func(hour string) slot { return slot{total, hour} })
	for _, hour := range hours {
		s.Columns = append(s.Columns, Column{Key: hour, Title: heatHourWords(hour), Unit: unit})
	}
	for _, weekday := range h.occurring(weekdays, func(weekday string) slot { return slot{weekday, total} }) {
		row := Row{Key: weekday, Title: weekdayWords(weekday)}
		for _, hour := range hours {
			row.Cells = append(row.Cells, cell(slot{weekday, hour}))
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

// occurring are those of some keys for which there are attempts, and the total of them.
func (h *heat) occurring(keys []string, at func(string) slot) (out []string) {
	for _, key := range keys {
		if h.attempts[at(key)] > 0 {
			out = append(out, key)
		}
	}
	if len(out) > 0 {
		out = append(out, total)
	}
	return out
}

func (h *heat) reading() Words {
	var slots []sample
	for _, weekday := range weekdays {
		for _, hour := range hoursOfDay {
			if at := (slot{weekday, hour}); h.attempts[at] > 0 {
				w := weekdayWords(weekday)
				slots = append(slots, sample{words(w.JA+hour+"時台", w.EN+" "+hourWords(hour).EN), h.spoke[at], h.attempts[at]})
			}
		}
	}
	return extremes(slots, reachedPerson, words("時間帯", "slot"))
}

var weekdays = []string{"1", "2", "3", "4", "5", "6", "7"}

var hoursOfDay = func() (out []string) {
	for hour := range 24 {
		out = append(out, fmt.Sprintf("%02d", hour))
	}
	return out
}()

func weekdayWords(key string) Words {
	return named(map[string]Words{
		"1": words("月曜", "Monday"), "2": words("火曜", "Tuesday"), "3": words("水曜", "Wednesday"), "4": words("木曜", "Thursday"), "5": words("金曜", "Friday"),
		"6": words("土曜", "Saturday"), "7": words("日曜", "Sunday"), total: totalWords,
	})(key)
}

func heatHourWords(hour string) Words {
	if hour == total {
		return totalWords
	}
	return words(hour+"時", hour+":00")
}
