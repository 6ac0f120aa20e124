package report

import (
	"context"
	"time"

	"kakeru/dialer"
)

// Counts are the ways of counting 件, side by side (DOMAIN "What counts as 件").
type Counts struct {
	Attempts int `json:"attempts"` // dialled attempts that count
	Persons  int `json:"persons"`  // distinct 宛名番号 among them
	Cases    int `json:"cases"`    // distinct 宛名番号 × insurance
	// Thirds: of a person's absences in a month the third, sixth and so on; everything else counts as it is.
	Thirds int `json:"thirds,omitempty" doc:"three absences are one; left out where it is not the definition"`
}

// plus adds another's.
func (c Counts) plus(o Counts) Counts {
	return Counts{c.Attempts + o.Attempts, c.Persons + o.Persons, c.Cases + o.Cases, c.Thirds + o.Thirds}
}

// Day is one day's figures. Date is YYYY-MM-DD in Asia/Tokyo: the day the INVITE left.
type Day struct {
	Date     string `json:"day"`
	Attempts int    `json:"attempts"`
	Answered int    `json:"answered"`
	// Inbound are the calls that came in: never attempts.
	Inbound Inbound `json:"inbound"`
	// ByHand are the calls of ours that were made on another telephone and noted by hand (手動): never among the attempts.
	ByHand int `json:"by_hand"`
}

// Inbound counts calls that came in (受電): by whether somebody answered them, and those of which a result was recorded by what
// they were.
type Inbound struct {
	Answered   int `json:"answered"`
	Missed     int `json:"missed"`
	CallBacks  int `json:"call_backs"`
	Inquiries  int `json:"inquiries"`
	Complaints int `json:"complaints"`
	Others     int `json:"others" doc:"other business of the ward's"`
	ByHand     int `json:"by_hand" doc:"of all these, those that were taken on another telephone and noted by hand"`
}

// Add adds another's.
func (i *Inbound) Add(of Inbound) {
	i.Answered += of.Answered
	i.Missed += of.Missed
	i.CallBacks += of.CallBacks
	i.Inquiries += of.Inquiries
	i.Complaints += of.Complaints
	i.Others += of.Others
	i.ByHand += of.ByHand
}

// Figures are a span's figures as the ledger sums them: no counter can disagree with the rows.
type Figures struct {
	Done     Counts
	ByResult map[dialer.Result]int // counted or not, all but not_dialled
	ByDay    []Day
	// DayResults are ByResult of each day (YYYY-MM-DD) on which anything was dialled.
	DayResults map[string]map[dialer.Result]int
	Inbound    Inbound
	ByHand     int // calls of ours noted by hand, in none of the others
}

// Source sums the ledger over [from, to). dialer/postgres implements it.
type Source interface {
	Figures(ctx context.Context, from, to time.Time) (Figures, error)
}

// Progress is where a month stands (CONTRACT "progress").
type Progress struct {
	Month      string                `json:"month"` // YYYY-MM
	Target     int                   `json:"target"`
	Definition string                `json:"definition"` // which of Counts is held against the target: attempts, persons, cases or thirds
	Done       Counts                `json:"done"`
	ByResult   map[dialer.Result]int `json:"by_result"`
	ByDay      []Day                 `json:"by_day"`
	Inbound    Inbound               `json:"inbound"`
	ByHand     int                   `json:"by_hand" doc:"calls of ours noted by hand, which are in none of the other figures"`
	Forecast   Forecast              `json:"forecast"`
	Chance     float64               `json:"chance" doc:"that the target is reached, in percent"`
	State      State                 `json:"state"`
	Pace       *float64              `json:"pace,omitempty" doc:"for an hour of one seat, so far; left out before the first"`
	Needed     *float64              `json:"needed,omitempty" doc:"for an hour of one seat, from now on; left out where nothing is needed any more"`
	Ward       *TargetWord           `json:"ward,omitempty" doc:"who set the target; left out where it is the contract's"`
	Today      Today                 `json:"today"`
	// OpenDays lists the month's days on which the centre opens, with their hours: the plan's shape.
	OpenDays []OpenDay `json:"open_days"`
}

// Forecast is what a period will come to: four of five such periods lie between Low and High, half of them above Mid. All three are
// what is done once the period is over, and while nothing was done that one could go by.
type Forecast struct {
	Low  int `json:"low"`
	Mid  int `json:"mid"`
	High int `json:"high"`
}

// Today is the current day's figures, with what the day's share of the target is.
type Today struct {
	Date     string                `json:"day"`
	Attempts int                   `json:"attempts"`
	Answered int                   `json:"answered"`
	Target   int                   `json:"target"`
	Inbound  Inbound               `json:"inbound"`
	ByHand   int                   `json:"by_hand"`
	ByResult map[dialer.Result]int `json:"by_result"`
}

// Own are one operator's figures of a day. What their share of the day's target is follows from Today.Target and OpenDay.Seats.
type Own struct {
	Date     string `json:"day"`
	Attempts int    `json:"attempts"`
	Answered int    `json:"answered"`
}

// OpenDay is a day on which the centre opens, and for how many minutes of work.
type OpenDay struct {
	Date    string `json:"day"`
	Minutes int    `json:"minutes"`
	Seats   int    `json:"seats"` // how many are worked
}
