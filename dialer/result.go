package dialer

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Result is the connection result (通信結果): what the network says of an attempt, decided by machine from the customer
// leg alone. How a call ended is not what it achieved: business results are another axis (casework).
type Result string

// The connection results (CONTRACT "Codes and shapes").
const (
	Answered      Result = "answered"       // 接続
	NoAnswer      Result = "no_answer"      // 不在
	Busy          Result = "busy"           // 話中
	Unallocated   Result = "unallocated"    // 欠番
	NumberChanged Result = "number_changed" // 番号変更
	OutOfReach    Result = "out_of_reach"   // 圏外・電源断
	BadNumber     Result = "bad_number"     // 番号形式誤り
	Refused       Result = "refused"        // 拒否
	LineTrouble   Result = "line_trouble"   // 回線異常
	Cancelled     Result = "cancelled"      // 取消
	Interrupted   Result = "interrupted"    // 中断
	NotDialled    Result = "not_dialled"    // no 架電 at all
)

// Results lists all connection results.
var Results = []Result{
	Answered, NoAnswer, Busy, Unallocated, NumberChanged, OutOfReach,
	BadNumber, Refused, LineTrouble, Cancelled, Interrupted, NotDialled,
}

// Confidence says how sure a verdict is.
type Confidence string

// The confidences.
const (
	High   Confidence = "high"
	Medium Confidence = "medium"
	Low    Confidence = "low"
)

// Verdict is a decided connection result: with the rule that decided it, how sure it is, one Japanese sentence saying
// why, and whether the attempt counts as 架電.
type Verdict struct {
	Result     Result     `json:"result"`
	Confidence Confidence `json:"confidence"`
	Rule       string     `json:"rule"`
	Why        string     `json:"why"`
	Counted    bool       `json:"counted"`
}

// Outcome is what is known of a finished customer leg, boiled down from its evidence.
type Outcome struct {
	Sent     bool          // the INVITE left
	Ringing  bool          // an 18x came
	Answered bool          // a 2xx came and the operator heard it
	Crossed  bool          // a 2xx came, but after we had given up, or no talk can be made of it: it was hung up
	Status   int           // the final status, 0 when none came
	Cause    int           // Q.850 cause, 0 when none came
	RangFor  time.Duration // from the first 18x to the end or the answer
	Took     time.Duration // from the INVITE to the end or the answer
	EndedBy  EndedBy
	Heard    Announcement // what the operator heard the network say, empty for nothing
}

// ResultRule is one row of the table that turns an outcome into a result. Empty conditions match anything. The first
// row that matches decides. The table is data, one per trunk: engines and carriers disagree about causes.
type ResultRule struct {
	Name     string    `json:"name"`
	EndedBy  []EndedBy `json:"ended_by,omitempty"`
	Status   []int     `json:"status,omitempty"`
	StatusTo int       `json:"status_to,omitempty"` // with one Status: the whole range from it to here
	Cause    []int     `json:"cause,omitempty"`
	Sent     *bool     `json:"sent,omitempty"`
	Ringing  *bool     `json:"ringing,omitempty"`
	Answered *bool     `json:"answered,omitempty"`
	Crossed  *bool     `json:"crossed,omitempty"`
	// Heard is what the operator heard the network say.
	Heard []Announcement `json:"heard,omitempty"`
	// RangAtLeastS and WithinS bound how long it rang, and how long the whole try took, in seconds.
	RangAtLeastS int `json:"rang_at_least_s,omitempty"`
	WithinS      int `json:"within_s,omitempty"`

	Result     Result     `json:"result"`
	Confidence Confidence `json:"confidence"`
	Counted    bool       `json:"counted"`
	Why        string     `json:"why"`
	// Next, on one trunk's own table, is what follows this row instead of what the queue's rules say of the result.
	Next *NextRule `json:"next,omitempty"`
}

//go:embed results.json
var defaultResults []byte

// ResultTable is an ordered list of rules whose last row matches everything.
type ResultTable []ResultRule

// DefaultResults is the table of DOMAIN "Connection results".
func DefaultResults() ResultTable {
	t, err := ParseResults(defaultResults)
	if err != nil {
		panic("the built-in results.json is broken: " + err.Error())
	}
	return t
}

// ParseResults reads a table from JSON. It refuses one that leaves an outcome undecided, or decides what the ledger could
// not keep: an attempt that was never sent is not_dialled, whatever ended it, and no other is.
func ParseResults(b []byte) (ResultTable, error) {
	var t ResultTable
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields() // a misspelt condition would match anything
	if err := d.Decode(&t); err != nil {
		return nil, fmt.Errorf("results table: %w", err)
	}
	for i, r := range t {
		if wrong := r.wrong(); wrong != "" {
			return nil, fmt.Errorf("results table, row %d (%s): %s", i+1, r.Name, wrong)
		}
	}
	if len(t) == 0 || !t[len(t)-1].matchesAll() {
		return nil, fmt.Errorf("results table: the last row must have no condition, so that every outcome is decided")
	}
	for _, by := range []EndedBy{"", ByOperator, ByCustomer, ByNetwork, ByRingLimit, ByDeskLimit, ByTalkLimit, BySystem, ByCrash} {
		if v, _ := t.Decide(Outcome{EndedBy: by}); v.Result != NotDialled {
			return nil, fmt.Errorf("results table: an attempt that was never sent must be not_dialled, but row %q takes it first", v.Rule)
		}
	}
	return t, nil
}

// wrong says in one sentence what is wrong with a row; empty when nothing is.
func (r ResultRule) wrong() string {
	switch {
	case !slices.Contains(Results, r.Result):
		return fmt.Sprintf("unknown result %q; use one of %v", r.Result, Results)
	case r.Confidence != High && r.Confidence != Medium && r.Confidence != Low:
		return fmt.Sprintf("unknown confidence %q; use high, medium or low", r.Confidence)
	case r.Name == "" || r.Why == "":
		return "it needs a name, and a why for the panel"
	case r.Result == NotDialled && (r.Sent == nil || *r.Sent || r.Counted):
		return "not_dialled needs the condition sent: false, and does not count"
	case r.Result == Answered && (r.Answered == nil || !*r.Answered):
		return "answered needs the condition answered: true"
	case r.StatusTo != 0 && (len(r.Status) != 1 || r.StatusTo < r.Status[0]):
		return "status_to needs exactly one status, the first of the range"
	case r.Next != nil && (r.Next.AfterMinutes < 0 || r.Next.HoldAfter < 0 || r.Next.MostPerDay < 0):
		return "a number in next is negative; write 0 or more"
	case slices.ContainsFunc(r.Heard, func(a Announcement) bool { return a == HeardNothing || !slices.Contains(Announcements, a) }):
		return fmt.Sprintf("unknown word in heard; use some of %v", Announcements[:len(Announcements)-1])
	default:
		return ""
	}
}

// Decide returns the verdict on an outcome; next is nil where the queue's rules say what follows.
func (t ResultTable) Decide(o Outcome) (v Verdict, next *NextRule) {
	for _, r := range t {
		if r.matches(o) {
			return Verdict{Result: r.Result, Confidence: r.Confidence, Rule: r.Name, Why: r.Why, Counted: r.Counted}, r.Next
		}
	}
	// Only a table not made by ParseResults can come here.
	return Verdict{Result: LineTrouble, Confidence: Low, Rule: "none", Why: "判定表に当てはまる行がありません"}, nil
}

func (r ResultRule) matches(o Outcome) bool {
	return (len(r.EndedBy) == 0 || slices.Contains(r.EndedBy, o.EndedBy)) &&
		r.statusMatches(o.Status) &&
		(len(r.Cause) == 0 || slices.Contains(r.Cause, o.Cause)) &&
		is(r.Sent, o.Sent) && is(r.Ringing, o.Ringing) && is(r.Answered, o.Answered) && is(r.Crossed, o.Crossed) &&
		(len(r.Heard) == 0 || slices.Contains(r.Heard, o.Heard)) &&
		(r.RangAtLeastS == 0 || o.RangFor >= time.Duration(r.RangAtLeastS)*time.Second) &&
		(r.WithinS == 0 || o.Took <= time.Duration(r.WithinS)*time.Second)
}

func (r ResultRule) statusMatches(status int) bool {
	if r.StatusTo != 0 && len(r.Status) == 1 {
		return status >= r.Status[0] && status <= r.StatusTo
	}
	return len(r.Status) == 0 || slices.Contains(r.Status, status)
}

func (r ResultRule) matchesAll() bool {
	return len(r.EndedBy) == 0 && len(r.Status) == 0 && len(r.Cause) == 0 && r.Sent == nil && r.Ringing == nil &&
		r.Answered == nil && r.Crossed == nil && len(r.Heard) == 0 && r.RangAtLeastS == 0 && r.WithinS == 0
}

func is(want *bool, got bool) bool { return want == nil || *want == got }
