package postgres

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer"
)

// randomYear writes a fiscal year of made-up calls, promises and all else that a report counts, past the engine and its rules: whatever
// the ledger's constraints allow may come before a report.
type randomYear struct {
	t     testing.TB
	l     *Ledger
	tx    pgx.Tx
	r     *rand.Rand
	year  int
	list  string
	uuids int
	calls []string
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func (y *randomYear) exec(sql string, args ...any) {
	y.t.Helper()
	if _, err := y.tx.Exec(y.t.Context(), sql, args...); err != nil {
		y.t.Fatalf("%s: %v", sql, err)
	}
}

func (y *randomYear) id() string {
	y.uuids++
	return fmt.Sprintf("%08d-0000-7000-8000-%012d", y.year, y.uuids)
}

// at is an instant of the year: of a few days of it, so that days and months have many, and often beside midnight.
func (y *randomYear) at() time.Time {
	month := pick(y.r, 4, 5, 11, 12, 3)
	year := y.year
	if month == 3 {
		year++
	}
	day := dialer.Date{Year: year, Month: time.Month(month), Day: pick(y.r, 1, 2, 15, 28, 30)}
	return day.At(0).Add(pick(y.r,
		time.Duration(y.r.IntN(86_400))*time.Second, time.Duration(y.r.IntN(3))*time.Second, 24*time.Hour-time.Second,
		9*time.Hour+time.Duration(y.r.IntN(8*3600))*time.Second))
}

func (y *randomYear) write(calls int) {
	y.list = y.id()
	y.exec(`INSERT INTO paid_lists (id, file_name, by_user, at, sample, state) VALUES ($1, 'x', 'sv', $2, true, 'applied')`, y.list, y.at())
	for range calls {
		y.call()
	}
	y.custody(y.calls)
	y.papers()
	for range calls / 6 {
		at := y.at()
		y.exec(`INSERT INTO handoffs (id, case_id, case_ref, kind, state, by_user, at, due_on, moved_at, sealed)
			VALUES ($1, $2, 'c', $3, $4, 'op', $5, '2030-01-01', $5, '')`,
			y.id(), y.id(), pick(y.r, "instalments", "slip_reissue", "complaint", "other"), pick(y.r, "open", "answered", "withdrawn", "returned"), at)
		number := y.id()
		y.exec(`INSERT INTO numbers_entered (id, at, by_user, case_ref, number_ref, kind, mended, source, document_on, first, seen)
			VALUES ($1, $2, 'op', $3, $3, 'fixed', '', 'slip', '2020-01-01', $4, 'new')`, number, at, number, y.r.IntN(2) == 0)
		if y.r.IntN(4) == 0 {
			y.exec(`INSERT INTO numbers_taken_back (id, at, by_user) VALUES ($1, $2, 'op')`, number, at)
		}
	}
	for range y.r.IntN(4) {
		y.exec(`INSERT INTO sms_counts (day, sent, by_user, at) VALUES ($1, $2, 'sv', now())`, dialer.DateOf(y.at()).String(), y.r.IntN(300))
	}
}

// call writes one call: ours, one that came in, or one that was noted by hand; some have not ended.
func (y *randomYear) call() {
	id, at := y.id(), y.at()
	y.calls = append(y.calls, id)
	direction, origin := "outbound", "sip"
	switch y.r.IntN(10) {
	case 0:
		direction = "inbound"
	case 1:
		origin = "manual"
	case 2:
		direction, origin = "inbound", pick(y.r, "sip", "manual")
	default:
	}
	result := pick(y.r, "answered", "answered", "answered", "no_answer", "no_answer", "busy", "unallocated", "number_changed", "out_of_reach", "bad_number",
		"refused", "line_trouble", "cancelled", "interrupted", "not_dialled")
	if origin == "manual" || direction == "inbound" {
		result = pick(y.r, "answered", "answered", "no_answer", "busy", "interrupted")
	}
	var dialled, answered *time.Time
	if result != "not_dialled" && direction == "outbound" {
		left := at.Add(time.Duration(y.r.IntN(20)) * time.Second)
		dialled = &left
	}
	ended := at.Add(time.Minute + time.Duration(y.r.IntN(300_000))*time.Millisecond)
	if result == "answered" || result == "interrupted" && y.r.IntN(2) == 0 {
		picked := at.Add(30 * time.Second)
		answered = &picked
	}
	counted := origin == "sip" && direction == "outbound" && dialled != nil && y.r.IntN(5) > 0
	trunk := "t"
	if origin == "manual" {
		trunk = ""
	}
	person := pick(y.r, y.r.IntN(12), y.r.IntN(12), 12+y.r.IntN(60)) // some often, some once or twice
	y.exec(`INSERT INTO attempts (id, case_id, case_ref, number_ref, number_kind, insurance, language, balance_band, sample, desk, operator, trunk,
			direction, origin, started_at, dialled_at, answered_at, ended_at, ended_by, result, confidence, rule, why, counted)
		VALUES ($1, $2, $3, $4, $5, $6, $7, '', true, $8, $9, $10, $11, $12, $13, $14, $15, $16, 'far', $17, 'high', 'r', 'w', $18)`,
		id, y.id(), fmt.Sprint("case-", person), fmt.Sprint("number-", person/2), pick(y.r, "fixed", "mobile", "ip", ""),
		pick(y.r, "kokuho", "kouki", "both", ""), pick(y.r, "ja", "ja", "zh", "vi", "xx"), pick(y.r, "desk-1", "desk-2"), pick(y.r, "op1", "op2", "sv"), trunk,
		direction, origin, at, dialled, answered, ended, result, counted)
	if result == "answered" || result == "interrupted" {
		y.results(id, ended)
	}
}

// results writes what was recorded of a talk, some of it more than once, and the promises in it.
func (y *randomYear) results(id string, ended time.Time) {
	all := []string{"promise", "already_paid", "complaint", "language", "account_transfer", "not_in", "information"}
	revisions := pick(y.r, 0, 1, 1, 1, 2, 3)
	for revision := 1; revision <= revisions; revision++ {
		var business []string
		for _, b := range all {
			if y.r.IntN(4) == 0 {
				business = append(business, b)
			}
		}
		if business == nil {
			business = []string{}
		}
		y.exec(`INSERT INTO attempt_results (attempt_id, revision, party, business, mine, by_user, at, next_state, next_why, kind, language)
			VALUES ($1, $2, $3, $4, false, 'op', $5, 'closed', '', $6, $7)`,
			id, revision, pick(y.r, "self", "self", "family", "third_party", "voicemail", "recorder", "fax", "silent"), business,
			ended.Add(time.Duration(revision*(1+y.r.IntN(100)))*time.Second+time.Duration(revision*pick(y.r, 0, 0, 9))*time.Hour),
			pick(y.r, "", "call_back_received", "inquiry", "complaint", "other_business"),
			pick(y.r, "", "", "", "ja", "zh", "ne"))
		if y.r.IntN(2) == 0 {
			y.promise(id, revision, revision == revisions)
		}
	}
}

func (y *randomYear) promise(id string, revision int, newest bool) {
	yen, state := int64(1000*(1+y.r.IntN(90))), "replaced"
	if newest {
		state = pick(y.r, "open", "kept", "partly", "broken")
	}
	var paid int64
	var keptOn *string
	if day := dialer.DateOf(y.at()).String(); state == "kept" {
		paid, keptOn = yen, &day
	} else if state == "partly" {
		paid = yen / 3
	}
	y.exec(`INSERT INTO promises (attempt_id, revision, yen, due_on, means, state, paid_yen, kept_on) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		id, revision, yen, dialer.DateOf(y.at()).String(), pick(y.r, "slip", "convenience", "bank"), state, paid, keptOn)
	if y.r.IntN(2) == 0 {
		y.exec(`INSERT INTO promise_parts (attempt_id, revision, n, insurance, term, yen) VALUES ($1, $2, 0, 'kokuho', '1', $3), ($1, $2, 1, 'kouki', '1', $4)`,
			id, revision, yen/4, yen-yen/4)
	}
	if paid > 0 {
		var payment int64
		err := y.tx.QueryRow(y.t.Context(), `INSERT INTO payments (case_ref, insurance, term, paid_on, yen, n, means, list_id, at)
			VALUES ($1, 'kokuho', '1', $2, $3, 1, '', $4, now()) RETURNING id`, id, dialer.DateOf(y.at()).String(), paid, y.list).Scan(&payment)
		if err != nil {
			y.t.Fatal(err)
		}
		y.exec(`INSERT INTO promise_counted (attempt_id, revision, payment_id, part, yen) VALUES ($1, $2, $3, -1, $4), ($1, $2, $3, 0, $5)`,
			id, revision, payment, paid-paid/3, max(1, paid/3))
	}
}
