package japan

import (
	"sync"
	"time"

	"github.com/rickar/cal/v2/jp"
)

// Holiday is a day on which Japan rests (国民の祝日, 振替休日, 国民の休日).
type Holiday struct {
	Month time.Month
	Day   int
	Name  string // in Japanese
}

// FirstYear is the first year Holidays knows: the moves made for the Games of 2020 and 2021 are left out.
const FirstYear = 2022

// names are the holidays of the law, by their names in the library. What is not here (the rests between two holidays,
// and the days of 2019) follows from the law's own rules, or lies before FirstYear.
var names = map[string]string{
	jp.NewYear.Name:                 "元日",
	jp.ComingOfAgeDay.Name:          "成人の日",
	jp.NationalFoundationDay.Name:   "建国記念の日",
	jp.TheEmperorsBirthday.Name:     "天皇誕生日",
	jp.VernalEquinoxDay.Name:        "春分の日",
	jp.ShowaDay.Name:                "昭和の日",
	jp.ConstitutionMemorialDay.Name: "憲法記念日",
	jp.GreeneryDay.Name:             "みどりの日",
	jp.ChildrensDay.Name:            "こどもの日",
	jp.MarineDay.Name:               "海の日",
	jp.MountainDay.Name:             "山の日",
	jp.RespectForTheAgedDay.Name:    "敬老の日",
	jp.AutumnalEquinoxDay.Name:      "秋分の日",
	jp.SportsDay.Name:               "スポーツの日",
	jp.CultureDay.Name:              "文化の日",
	jp.LaborThanksgivingDay.Name:    "勤労感謝の日",
}

// calendar caches the holidays of a year. The mutex also guards the library, whose equinox rule writes to its own table.
var calendar = struct {
	sync.Mutex
	years map[int]map[time.Time]string
}{years: map[int]map[time.Time]string{}}

// IsHoliday returns the Japanese name of the holiday a date is; ok is false when it is none, or before FirstYear.
func IsHoliday(year int, month time.Month, day int) (name string, ok bool) {
	name, ok = holidays(year)[date(year, month, day)]
	return name, ok
}

// Holidays lists a year's holidays in order; nothing before FirstYear.
func Holidays(year int) []Holiday {
	of := holidays(year)
	var list []Holiday
	for d := date(year, time.January, 1); d.Year() == year; d = d.AddDate(0, 0, 1) {
		if name, ok := of[d]; ok {
			list = append(list, Holiday{Month: d.Month(), Day: d.Day(), Name: name})
		}
	}
	return list
}

// YearEnd reports whether a date lies in the closing at the year's end (12/29 to 1/3), which the ward keeps and the law
// of holidays does not know.
func YearEnd(month time.Month, day int) bool {
	return (month == time.December && day >= 29) || (month == time.January && day <= 3)
}

// Closed says in Japanese why a ward's office is closed on a date, or "" when neither a holiday nor the year's end closes
// it. Weekends are the opening hours' own matter.
func Closed(year int, month time.Month, day int) string {
	if name, ok := IsHoliday(year, month, day); ok {
		return name
	}
	if YearEnd(month, day) {
		return "年末年始"
	}
	return ""
}

func holidays(year int) map[time.Time]string {
	if year < FirstYear {
		return nil
	}
	calendar.Lock()
	defer calendar.Unlock()
	of, ok := calendar.years[year]
	if !ok {
		of = computeHolidays(year)
		calendar.years[year] = of
	}
	return of
}

// computeHolidays applies 国民の祝日に関する法律 §3: a holiday on a Sunday moves to the next day that is none (②), and a
// day between two holidays is one (③).
func computeHolidays(year int) map[time.Time]string {
	of := make(map[time.Time]string, 20)
	for _, h := range jp.Holidays {
		name, ok := names[h.Name]
		if actual, _ := h.Calc(year); ok && !actual.IsZero() {
			of[date(year, actual.Month(), actual.Day())] = name
		}
	}
	legal := make([]time.Time, 0, len(of))
	for d := range of {
		legal = append(legal, d)
	}
	for _, d := range legal {
		if d.Weekday() == time.Sunday {
			for next := d.AddDate(0, 0, 1); ; next = next.AddDate(0, 0, 1) {
				if _, taken := of[next]; !taken {
					of[next] = "振替休日"
					break
				}
			}
		}
	}
	for _, d := range legal {
		between, after := d.AddDate(0, 0, 1), d.AddDate(0, 0, 2)
		_, taken := of[between]
		if name := of[after]; !taken && name != "" && name != "振替休日" {
			of[between] = "国民の休日"
		}
	}
	return of
}

// date is a day as a key: its midnight in UTC, which is never shown.
func date(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}
