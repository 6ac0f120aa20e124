package report

import (
	"fmt"
	"strconv"
	"time"

	"kakeru/dialer"
)

// Kind is which of the ward's reports it is (§8(3)).
type Kind string

// The reports.
const (
	OfDay   Kind = "day"   // 日報
	OfMonth Kind = "month" // 月報
	OfYear  Kind = "year"  // 年報, of a fiscal year: April to March

	OfAnalysis Kind = "analysis"   // 月次分析 of a month (§8(3)④)
	OfPack     Kind = "pack"       // 定例報告会資料 of a month (§8(4)): its 月報 and its 月次分析
	Inspection Kind = "inspection" // 検査・請求資料 (§6), of a month
	Privacy    Kind = "privacy"    // 個人情報管理状況報告 (§8(3)③), of a month
)

// span is how long the periods of a kind are: as a day, a month, or a fiscal year.
func (k Kind) span() Kind {
	switch k {
	case OfAnalysis, OfPack, Inspection, Privacy:
		return OfMonth
	default:
		return k
	}
}

// Kinds lists the reports.
var Kinds = []Kind{OfDay, OfMonth, OfYear, OfAnalysis, OfPack, Inspection, Privacy}

// Period is the span a report is about, in whole days of Asia/Tokyo. To is the day after the last.
type Period struct {
	Kind     Kind
	Name     string // "2026-11-24", "2026-11" or the fiscal year "2026"
	From, To dialer.Date
}

// ParsePeriod reads a period by its kind and name. One that has not begun, or that is none, is an *AskError.
func ParsePeriod(kind Kind, name string, now time.Time) (Period, error) {
	p := Period{Kind: kind, Name: name}
	today := dialer.DateOf(now)
	switch kind.span() {
	case OfDay:
		day, err := dialer.ParseDate(name)
		if err != nil {
			return Period{}, &AskError{JA: "日の指定が正しくありません。2026-11-24 のように指定してください", EN: "not a day; write YYYY-MM-DD, as in 2026-11-24"}
		}
		p.From, p.To = day, day.Next()
	case OfMonth:
		first, err := firstOf(name)
		if err != nil {
			return Period{}, err
		}
		p.From, p.To = dialer.DateOf(first), dialer.DateOf(first.AddDate(0, 1, 0))
	case OfYear:
		year, err := strconv.Atoi(name)
		if err != nil || len(name) != 4 || year < 2000 {
			return Period{}, &AskError{
				JA: "年度の指定が正しくありません。2026 のように、4月が属する年で指定してください",
				EN: "not a fiscal year; write the year in which its April lies, as in 2026",
			}
		}
		p.From, p.To = dialer.Date{Year: year, Month: time.April, Day: 1}, dialer.Date{Year: year + 1, Month: time.April, Day: 1}
	default:
		return Period{}, &AskError{JA: fmt.Sprintf("報告書の種類は %v のいずれかです", Kinds), EN: fmt.Sprintf("unknown report; use one of %v", Kinds)}
	}
	if p.From.Year < 2000 { // nor does every store know a year 0
		return Period{}, &AskError{JA: "2000年以降の期間を指定してください", EN: "ask for a period from the year 2000 on"}
	}
	if p.Start().After(now) {
		return Period{}, &AskError{
			JA: fmt.Sprintf("その期間はまだ始まっていません。%sまでを指定してください", today),
			EN: "that period has not begun; ask for one that holds " + today.String() + " or lies before it",
		}
	}
	return p, nil
}

// Current is the name of the period that holds an instant.
func Current(kind Kind, now time.Time) string {
	switch today := dialer.DateOf(now); kind.span() {
	case OfDay:
		return today.String()
	case OfMonth:
		return monthName(now)
	default:
		if today.Month < time.April {
			today.Year--
		}
		return strconv.Itoa(today.Year)
	}
}

// Start is the first instant of the period, and End the first after it.
func (p Period) Start() time.Time { return p.From.At(0) }

// End is the first instant after the period.
func (p Period) End() time.Time { return p.To.At(0) }

// Over reports whether the period has ended.
func (p Period) Over(now time.Time) bool { return !p.End().After(now) }

// Title is the report's name for a person.
func (p Period) Title() Words {
	switch p.Kind {
	case OfDay:
		return Words{
			JA: fmt.Sprintf("日報 %d年%d月%d日(%s)", p.From.Year, int(p.From.Month), p.From.Day, Weekday(p.From)),
			EN: "Daily report, " + p.Name,
		}
	case OfMonth:
		return Words{JA: "月報 " + p.month(), EN: "Monthly report, " + p.Name}
	case OfAnalysis:
		return Words{JA: "月次分析 " + p.month(), EN: "Analysis of the month, " + p.Name}
	case OfPack:
		return Words{JA: "定例報告会資料 " + p.month(), EN: "For the monthly meeting, " + p.Name}
	case Inspection:
		return Words{JA: "検査・請求資料 " + p.month(), EN: "For inspection and invoice, " + p.Name}
	case Privacy:
		return Words{JA: "個人情報管理状況報告 " + p.month(), EN: "Personal data in custody, " + p.Name}
	default:
		return Words{
			JA: fmt.Sprintf("年報 %d年度(%d年4月〜%d年3月)", p.From.Year, p.From.Year, p.To.Year),
			EN: fmt.Sprintf("Annual report, fiscal year %s (April %d to March %d)", p.Name, p.From.Year, p.To.Year),
		}
	}
}

// month is the month in which the period begins.
func (p Period) month() string { return MonthJA(monthName(p.Start())) }

// MonthJA is a month written YYYY-MM as it is said; what is none stands for itself.
func MonthJA(month string) string {
	first, err := firstOf(month)
	if err != nil {
		return month
	}
	return first.Format("2006年1月")
}

// head is a report without its sections.
func (p Period) head(whole bool) Report {
	last := dialer.DateOf(p.To.At(-1))
	return Report{Kind: p.Kind, Period: p.Name, From: p.From.String(), Until: last.String(), Title: p.Title(), Whole: whole}
}

// Weekday is a day's weekday in one Japanese character.
func Weekday(d dialer.Date) string {
	return [...]string{"日", "月", "火", "水", "木", "金", "土"}[d.Weekday()]
}

// firstOf is the first instant of a month written YYYY-MM.
func firstOf(month string) (time.Time, error) {
	first, err := time.ParseInLocation("2006-01", month, dialer.Tokyo)
	if err != nil {
		return first, &AskError{JA: "月の指定が正しくありません。2026-11 のように指定してください", EN: "not a month; write YYYY-MM, as in 2026-11"}
	}
	return first, nil
}

// facts is the span whose facts a report needs: from the first of the month on, since three absences in a month may be one 件; an
// analysis follows the new persons of the months before.
func (p Period) facts() (from, to time.Time) {
	first := p.From
	first.Day = 1
	from = first.At(0)
	if p.analysed() {
		from = from.AddDate(0, 1-cohortMonths, 0)
	}
	return from, p.End()
}

func (p Period) analysed() bool { return p.Kind == OfAnalysis || p.Kind == OfPack }

// RowsFrom is the first instant whose rows of the ledger may stand behind a figure.
func (p Period) RowsFrom() time.Time {
	if from, _ := p.facts(); p.analysed() {
		return from
	}
	return p.Start()
}

// calendarDay is a day of Tokyo, which always has 24 hours, with the names it has in tables: a year has a thousand attempts to each.
type calendarDay struct {
	begins      time.Time
	name, month string
}

func calendarDayOf(t time.Time) calendarDay {
	day := dialer.DateOf(t)
	return calendarDay{begins: day.At(0), name: day.String(), month: monthName(t)}
}

func (d calendarDay) has(t time.Time) bool {
	return !t.Before(d.begins) && t.Sub(d.begins) < 24*time.Hour
}

// hour is the name of the hour of an instant of the day.
func (d calendarDay) hour(t time.Time) string {
	at := int(t.Sub(d.begins) / time.Hour)
	return hourNames[2*at : 2*at+2]
}

const hourNames = "000102030405060708091011121314151617181920212223"
