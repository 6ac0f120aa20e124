package dayclose

import (
	"fmt"
	"strings"
)

// Found is what stands in the way of a close, and what a supervisor should know before one. All zero is ready.
type Found struct {
	OpenCalls  int // reserved, ringing or in talk, on any node
	ResultsDue int // talks without a result
	Spooled    int // ends, notes and results that wait for the ledger
	Applying   int // lists and paid lists being applied now

	// What does not stand in the way.
	Staging         int // lists being read, on any node: the close ends that, and they are chosen again
	HandoffsOpen    int // they stay, under keys of their own; a final close takes them as they stand
	HandoffsUnseen  int // … and the ward has not acknowledged them
	NumbersWaiting  int // entered and not returned: they go with this close
	EntriesWaiting  int // results and attempts not yet returned: they too
	DaysWithoutGone int // days before this one whose data was not returned
}

// Item is one line of the checklist.
type Item struct {
	Name   string `json:"name"`
	N      int    `json:"n"`
	OK     bool   `json:"ok"`
	Blocks bool   `json:"blocks"` // no close while it is not OK
}

// Checklist is what a supervisor reads before the button.
func (f Found) Checklist() []Item {
	item := func(name string, n int, blocks bool) Item { return Item{Name: name, N: n, OK: n == 0, Blocks: blocks} }
	note := func(name string, n int) Item { return Item{Name: name, N: n, OK: true} }
	return []Item{
		item("open_calls", f.OpenCalls, true),
		item("results_due", f.ResultsDue, true),
		item("spool", f.Spooled, true),
		item("lists", f.Applying, true),
		item("handoffs_unseen", f.HandoffsUnseen, false),
		item("days_without", f.DaysWithoutGone, false),
		note("lists_read", f.Staging),
		note("entries_waiting", f.EntriesWaiting),
		note("numbers_waiting", f.NumbersWaiting),
		note("handoffs_open", f.HandoffsOpen),
	}
}

// FinalChecklist is what a supervisor reads before the contract's end: no hand-off stays.
func (f Found) FinalChecklist() []Item {
	var items []Item
	for _, i := range f.Checklist() {
		switch i.Name {
		case "handoffs_unseen":
		case "handoffs_open":
			items = append(items, Item{Name: "handoffs_go_open", N: i.N, OK: true})
		default:
			items = append(items, i)
		}
	}
	return items
}

// NotReady is why a close does not begin.
type NotReady struct{ Found Found }

func (e *NotReady) Error() string {
	var what []string
	for _, i := range e.Found.Checklist() {
		if i.Blocks && !i.OK {
			what = append(what, fmt.Sprintf("%s %d", i.Name, i.N))
		}
	}
	return "the day cannot be closed yet: " + strings.Join(what, ", ")
}

// Ready is nil when a close may begin.
func (f Found) Ready() error {
	for _, i := range f.Checklist() {
		if i.Blocks && !i.OK {
			return &NotReady{Found: f}
		}
	}
	return nil
}
