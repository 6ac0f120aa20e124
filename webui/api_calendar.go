package webui

import (
	"context"

	"kakeru/dialer"
	"kakeru/dialer/japan"
	"kakeru/dialer/settings"
)

// DayCause is why a day is open or closed.
type DayCause string

// The causes.
const (
	ByWeek    DayCause = "week"     // the week's pattern
	ByHoliday DayCause = "holiday"  // 国民の祝日
	ByYearEnd DayCause = "year_end" // 12/29 to 1/3
	ByWard    DayCause = "ward"     // the ward has set the day, here or in the settings file
)

// DayCauses are all there are.
var DayCauses = []DayCause{ByWeek, ByHoliday, ByYearEnd, ByWard}

// CalendarDay is one day of the centre's calendar.
type CalendarDay struct {
	Date    string            `json:"date"`
	Span    *OpenSpan         `json:"span" doc:"null: closed"`
	Cause   DayCause          `json:"cause"`
	Why     string            `json:"why" doc:"in Japanese; empty on a day that is open as every week"`
	Holiday string            `json:"holiday" doc:"the national holiday's name, whether or not it closes the centre"`
	Seats   int               `json:"seats" doc:"how many desks are worked"`
	Past    bool              `json:"past" doc:"it has passed, and cannot be changed: reports were made by it"`
	State   settings.DayState `json:"state" doc:"what is set for this day alone"`
	Note    string            `json:"note"`
	OwnSeat *int              `json:"own_seats" doc:"set for this day alone; null: all desks"`
	Version int64             `json:"version"`
}

type calendarInput struct {
	From string `query:"from" required:"true" maxLength:"10"`
	To   string `query:"to" required:"true" maxLength:"10" doc:"the last day"`
}

type calendarOutput struct {
	Body struct {
		Today  string          `json:"today"`
		Desks  int             `json:"desks"`
		Always bool            `json:"always_open" doc:"the hours are lifted, for trials: calls can be made on closed days too"`
		Weeks  []settings.Week `json:"weeks" doc:"the week's patterns, each from its day on"`
		Days   []CalendarDay   `json:"days"`
		// WeekVersion is the last change of the week's patterns.
		WeekVersion int64 `json:"week_version"`
	}
}

func (s *Server) calendar(ctx context.Context, in *calendarInput) (*calendarOutput, error) {
	first, last, err := spanOfDays(in.From, in.To)
	if err != nil {
		return nil, err
	}
	if _, err := s.d.Settings.Items(ctx); err != nil { // what another node has changed a moment ago is seen too
		return nil, err
	}
	hours, today := s.d.Hours(), dialer.DateOf(s.d.Now())
	out := &calendarOutput{}
	b := &out.Body
	b.Today, b.Desks, b.Always = today.String(), len(s.d.Calls.Desks()), hours.AlwaysOpen
	b.Weeks = []settings.Week{}
	if week, ok := s.d.Settings.Item(settings.CalendarWeek); ok {
		b.Weeks, b.WeekVersion = settings.Weeks(week.Value), week.Newest.ID
	}
	for d := first; !last.Before(d); d = d.Next() {
		b.Days = append(b.Days, s.calendarDay(hours, d, today))
	}
	return out, nil
}

func (s *Server) calendarDay(hours dialer.Hours, d, today dialer.Date) CalendarDay {
	day := CalendarDay{Date: d.String(), Past: d.Before(today), State: settings.DayUsual, Seats: hours.SeatsOn(d, len(s.d.Calls.Desks()))}
	span, why, open := hours.On(d)
	if open {
		day.Span = &OpenSpan{From: clock(span.From), To: clock(span.To)}
	}
	if item, ok := s.d.Settings.Item(settings.CalendarDay + day.Date); ok {
		set := settings.DayOf(item.Value)
		day.State, day.Note, day.OwnSeat, day.Version = set.State, set.Note, set.Seats, item.Newest.ID
	}
	day.Holiday, _ = japan.IsHoliday(d.Year, d.Month, d.Day)
	day.Why = why
	switch {
	case day.State != settings.DayUsual:
		day.Cause = ByWard
	case day.Holiday != "":
		day.Cause = ByHoliday
	case japan.YearEnd(d.Month, d.Day) && !open:
		day.Cause = ByYearEnd
	default:
		day.Cause = ByWeek
	}
	return day
}
