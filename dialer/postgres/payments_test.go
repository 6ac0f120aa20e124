package postgres

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

const firstTerm = "令和8年度 第1期"

// tokyo is a day of 2026.
func tokyo(month time.Month, day int) dialer.Date {
	return dialer.Date{Year: 2026, Month: month, Day: day}
}

func payment(ward, term string, on dialer.Date, yen int64) casework.PaidRow {
	return casework.PaidRow{
		CaseRef: testRefs.Case(ward), Sample: true, Means: "コンビニ",
		Payment: casework.Payment{Insurance: casework.Kokuho, Term: term, PaidOn: on, Yen: yen},
	}
}

func paidRows(rows ...casework.PaidRow) iter.Seq2[casework.PaidRow, error] {
	return func(yield func(casework.PaidRow, error) bool) {
		for i, r := range rows {
			r.Line = i + 2
			if !yield(r, nil) {
				return
			}
		}
	}
}

// lateLedger is a ledger whose clock the test sets.
func lateLedger(t testing.TB) (l *Ledger, set func(time.Time)) {
	t.Helper()
	l = newLedger(t)
	return l, clockFor(l)
}

// clockFor lets a test set a ledger's clock.
func clockFor(l *Ledger) (set func(time.Time)) {
	var mu sync.Mutex
	now := noon
	l.now = func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	return func(to time.Time) {
		mu.Lock()
		defer mu.Unlock()
		now = to
	}
}

// readPaidList takes a paid list in, read at the ledger's now.
func readPaidList(t testing.TB, l *Ledger, rows ...casework.PaidRow) (casework.PaidPreview, casework.Moved) {
	t.Helper()
	list := newList(true)
	list.ID, list.At = dialer.NewID(l.now()), l.now()
	_, err := l.StagePaid(t.Context(), list, paidRows(rows...), nil)
	must(t, err)
	p, moved, err := l.ApplyPaid(t.Context(), list.ID, "admin")
	must(t, err)
	return p, moved
}

// promisedCase is a listed case (it owes 20,000 yen) of which somebody has promised so much by the day given.
func promisedCase(t testing.TB, l *Ledger, ward string, yen int64, due dialer.Date, parts ...casework.PromisePart) dialer.Reservation {
	t.Helper()
	id := load(t, l, person(ward)).Waiting[0].Case
	return promiseBy(t, l, id, yen, due, parts...)
}

func promiseBy(t testing.TB, l *Ledger, id dialer.CaseID, yen int64, due dialer.Date, parts ...casework.PromisePart) dialer.Reservation {
	t.Helper()
	target, err := l.Target(t.Context(), id, "")
	must(t, err)
	r := call(t, l, target, l.now(), dialer.Answered)
	e := casework.Recorded{
		Entry: casework.Entry{
			Party: casework.Self, Business: []casework.Business{casework.Promised},
			Promise: &casework.Promise{Yen: yen, DueOn: due.String(), Means: "slip", Parts: parts},
		},
		Attempt: r.ID, Case: id, By: "operator1", At: r.At.Add(time.Minute),
	}
	e.Next, _ = l.rules().NextAfter(e.Entry, dialer.Verdict{Result: dialer.Answered}, casework.Situation{Now: e.At, Hours: l.hours()})
	_, err = l.Record(t.Context(), e)
	must(t, err)
	return r
}

func promiseOf(t testing.TB, l *Ledger, id dialer.CaseID) casework.PromiseLine {
	t.Helper()
	lines, err := l.PromisesOf(t.Context(), id)
	must(t, err)
	if len(lines) == 0 {
		t.Fatal("no promise")
	}
	return lines[0]
}

func verdictsOf(t testing.TB, l *Ledger, id dialer.CallID) (states string) {
	t.Helper()
	must(t, l.pool.QueryRow(t.Context(),
		"SELECT coalesce(string_agg(state || ':' || paid_yen, ' ' ORDER BY id), '') FROM promise_verdicts WHERE attempt_id = $1", string(id)).Scan(&states))
	return states
}

// TestAPromiseFromTalkToPayment plays four promises through the lists: kept, kept in part, broken, and one that a later list sets
// right.
func TestAPromiseFromTalkToPayment(t *testing.T) {
	l, set := lateLedger(t)
	due := tokyo(time.November, 30)
	kept, partly, broken := promisedCase(t, l, "1", 8000, due), promisedCase(t, l, "2", 8000, due), promisedCase(t, l, "3", 8000, due)
	if c := caseOf(t, l, kept.Target.CaseID); c.Next.Cause != dialer.CausePromise {
		t.Fatalf("%+v", c.Next)
	}

	set(tokyo(time.December, 3).At(10 * 60))
	p, moved := readPaidList(t, l, payment("1", firstTerm, tokyo(time.December, 1), 8000), payment("2", firstTerm, tokyo(time.December, 2), 3000))
	if p.New != 2 || p.NewYen != 11000 || p.Settled.Kept != 1 || p.Settled.Broken != 0 || p.Settled.Partly != 0 || p.To != "2026-12-02" {
		t.Fatalf("%+v", p)
	}
	if len(moved.Waiting) != 1 || moved.Waiting[0].Case != kept.Target.CaseID || len(moved.Left) != 0 {
		t.Fatalf("%+v", moved)
	}
	c := caseOf(t, l, kept.Target.CaseID)
	if c.Next.Cause != dialer.CauseKept || c.Next.State != dialer.CaseWaiting || !strings.Contains(c.Next.Why, "守られました") {
		t.Errorf("after it was kept: %+v", c.Next)
	}
	if line := promiseOf(t, l, partly.Target.CaseID); line.Stage != casework.StageGrace || line.PaidYen != 3000 || !strings.Contains(line.Why.JA, "12月14日") {
		t.Errorf("in its grace: %+v", line)
	}

	// The grace is over, but no list says so: no verdict.
	set(tokyo(time.December, 20).At(10 * 60))
	if _, err := l.Tidy(t.Context(), l.now()); err != nil {
		t.Fatal(err)
	}
	if line := promiseOf(t, l, broken.Target.CaseID); line.Stage != casework.StageUnread {
		t.Errorf("no list reaches it: %+v", line)
	}

	p, moved = readPaidList(t, l, payment("9", firstTerm, tokyo(time.December, 15), 100))
	if p.Unknown != 1 || p.Settled.Partly != 1 || p.Settled.Broken != 1 || len(moved.Waiting) != 2 {
		t.Fatalf("%+v, %+v", p, moved)
	}
	if len(p.Problems) != 1 || p.Problems[0].Code != "unknown_case" || p.Problems[0].Line != 2 || p.Problems[0].Column != "宛名番号" || p.Problems[0].Fatal {
		t.Errorf("%+v", p.Problems)
	}
	c = caseOf(t, l, broken.Target.CaseID)
	if c.Next.Cause != dialer.CauseBroken || c.Next.State != dialer.CaseWaiting || c.Next.Due.After(l.now()) || !strings.Contains(c.Next.Why, "守られていない") {
		t.Errorf("after it was broken: %+v", c.Next)
	}
	if !strings.Contains(c.RankWhy.JA, "不履行") || c.Priority >= casework.Ordinary-15 {
		t.Errorf("a broken one comes sooner: %d, %s", c.Priority, c.RankWhy.JA)
	}
	if c := caseOf(t, l, partly.Target.CaseID); !strings.Contains(c.Next.Why, "一部だけ") {
		t.Errorf("after it was kept in part: %+v", c.Next)
	}

	// A payment that the books had late: the verdict goes back, and both stay written.
	p, _ = readPaidList(t, l, payment("3", firstTerm, tokyo(time.December, 10), 8000))
	if p.Settled.Kept != 1 {
		t.Fatalf("%+v", p)
	}
	if got := verdictsOf(t, l, broken.ID); got != "broken:0 kept:8000" {
		t.Error(got)
	}
	if c := caseOf(t, l, broken.Target.CaseID); c.Next.Cause != dialer.CauseKept {
		t.Errorf("%+v", c.Next)
	}
	// And back again: the payment was none.
	readPaidList(t, l, payment("3", firstTerm, tokyo(time.December, 16), -8000))
	if got := verdictsOf(t, l, broken.ID); got != "broken:0 kept:8000 broken:0" {
		t.Error(got)
	}

	f, err := l.PromiseFigures(t.Context(), "2026-11")
	must(t, err)
	one := casework.Sum{N: 1, Yen: 8000}
	if f.Promised != (casework.Sum{N: 3, Yen: 24000}) || f.Kept != one || f.Partly != one || f.Broken != one || f.Open.N != 0 || f.PaidYen != 11000 {
		t.Errorf("%+v", f)
	}
	f, err = l.PromiseFigures(t.Context(), "2026-12")
	must(t, err)
	if f.Promised.N != 0 || f.KeptInMonth != one || f.PaidInMonthYen != 11000 {
		t.Errorf("%+v", f)
	}
	lines, err := l.Promises(t.Context(), "2026-11", 10)
	if must(t, err); len(lines) != 3 || lines[0].Stage != casework.StageBroken {
		t.Errorf("%+v", lines)
	}
}

// TestAPaidListOfTheOtherInsuranceBreaksNothing: of 国保 nothing was read, whatever day the list of 後期 reaches.
func TestAPaidListOfTheOtherInsuranceBreaksNothing(t *testing.T) {
	l, set := lateLedger(t)
	promised := promisedCase(t, l, "1", 8000, tokyo(time.November, 30))
	set(tokyo(time.December, 20).At(10 * 60))
	other := payment("9", firstTerm, tokyo(time.December, 18), 100)
	other.Payment.Insurance = casework.Kouki
	if p, _ := readPaidList(t, l, other); p.Settled.Broken != 0 {
		t.Errorf("%+v", p.Settled)
	}
	if line := promiseOf(t, l, promised.Target.CaseID); line.Stage != casework.StageUnread || !strings.Contains(line.Why.JA, "国保の消込リストをまだ") {
		t.Errorf("%+v", line)
	}
	if p, _ := readPaidList(t, l, other, payment("9", firstTerm, tokyo(time.December, 18), 100)); p.Settled.Broken != 1 {
		t.Errorf("%+v", p.Settled)
	}
}

// TestAPaymentThatIsSaidAgainAfterItWasTakenBackIsNamed: it may be paid anew, or be said again by a list that overlaps. It does not count, and whoever
// reads the list is told in which row; with the taking back in the same list it is a repetition, and nobody is.
func TestAPaymentThatIsSaidAgainAfterItWasTakenBackIsNamed(t *testing.T) {
	l, set := lateLedger(t)
	promised := promisedCase(t, l, "1", 8000, tokyo(time.November, 30))
	paid, back := payment("1", firstTerm, tokyo(time.November, 25), 8000), payment("1", firstTerm, tokyo(time.November, 28), -8000)
	for i, list := range [][]casework.PaidRow{{paid}, {back}, {paid, back}, {paid}} {
		set(tokyo(time.December, i+1).At(10 * 60))
		p, _ := readPaidList(t, l, list...)
		if i < 3 && len(p.Problems) > 0 || i == 3 && (len(p.Problems) != 1 || p.Problems[0].Code != "taken_back_once" || p.Problems[0].Line != 2 || p.Known != 1) {
			t.Errorf("list %d: %+v", i+1, p)
		}
	}
	if line := promiseOf(t, l, promised.Target.CaseID); line.PaidYen != 0 {
		t.Errorf("%+v", line)
	}
}

func TestReadingOneListAgainChangesNothing(t *testing.T) {
	l, set := lateLedger(t)
	r := promisedCase(t, l, "1", 4000, tokyo(time.November, 30))
	set(tokyo(time.December, 20).At(10 * 60))
	rows := []casework.PaidRow{
		payment("1", firstTerm, tokyo(time.December, 1), 2000), payment("1", firstTerm, tokyo(time.December, 1), 2000), // alike: two payments
		payment("1", firstTerm, tokyo(time.December, 16), 100),
	}
	p, _ := readPaidList(t, l, rows...)
	if p.New != 3 || p.Known != 0 || p.Settled.Kept != 1 {
		t.Fatalf("%+v", p)
	}
	before := dump(t, l)
	for _, again := range [][]casework.PaidRow{rows, rows[:1], {rows[2], rows[0], rows[1]}} {
		p, moved := readPaidList(t, l, again...)
		if p.New != 0 || p.Known != len(again) || p.Settled != (casework.Verdicts{}) || len(moved.Waiting)+len(moved.Left) != 0 {
			t.Errorf("%+v, %+v", p, moved)
		}
	}
	if _, err := l.judgeAll(t.Context(), "", l.now()); err != nil {
		t.Fatal(err)
	}
	if after := dump(t, l); after != before {
		t.Errorf("before %s\nafter  %s", before, after)
	}
	if got := verdictsOf(t, l, r.ID); got != "kept:4000" {
		t.Error(got)
	}
	// The same list applied a second time is the same list.
	if n := count(t, l, "SELECT count(*) FROM payments"); n != 3 {
		t.Errorf("%d payments", n)
	}
}

// dump is all that the lists have made of payments and promises.
func dump(t testing.TB, l *Ledger) (all string) {
	t.Helper()
	must(t, l.pool.QueryRow(t.Context(), `SELECT (SELECT json_agg(p ORDER BY id)::text FROM payments p) || (SELECT json_agg(p ORDER BY attempt_id, revision)::text FROM promises p) ||
		(SELECT json_agg(c ORDER BY attempt_id, payment_id)::text FROM promise_counted c) || (SELECT json_agg(v ORDER BY id)::text FROM promise_verdicts v) ||
		(SELECT json_agg(json_build_array(c.id, c.state, c.due, c.cause) ORDER BY id)::text FROM cases c)`).Scan(&all))
	return all
}

func TestACaseThatIsPerhapsPaidIsHeldUntilTheNextList(t *testing.T) {
	l, set := lateLedger(t)
	ids := load(t, l, person("1"), person("2"), person("3")).Waiting // each owes 20,000 yen
	set(tokyo(time.November, 25).At(10 * 60))
	p, moved := readPaidList(t, l, payment("1", firstTerm, tokyo(time.November, 20), 20000), payment("2", firstTerm, tokyo(time.November, 20), 19999),
		payment("3", firstTerm, tokyo(time.November, 20), 20000))
	if p.Settled.MaybePaid != 2 || len(moved.Left) != 2 {
		t.Fatalf("%+v, %+v", p, moved)
	}
	c := caseOf(t, l, ids[0].Case)
	if c.Next.State != dialer.CaseHeld || c.Next.Cause != dialer.CausePaid || !strings.Contains(c.Next.Why, "納付済の可能性") {
		t.Errorf("%+v", c.Next)
	}
	if c := caseOf(t, l, ids[1].Case); c.Next.State != dialer.CaseWaiting {
		t.Errorf("one yen is still owed: %+v", c.Next)
	}
	got, err := l.PaidTo(t.Context(), ids[1].Case)
	if must(t, err); got.Yen != 19999 || got.Newest != "2026-11-20" || !got.ReadAt.Equal(l.now()) {
		t.Errorf("%+v", got)
	}

	// A payment that is taken back frees one; the ward's next list the other, for it owes all the same.
	_, moved = readPaidList(t, l, payment("3", firstTerm, tokyo(time.November, 24), -20000))
	if len(moved.Waiting) != 1 || moved.Waiting[0].Case != ids[2].Case {
		t.Errorf("%+v", moved)
	}
	list := newList(true)
	list.At = l.now()
	_, err = l.Stage(t.Context(), list, rowsOf(person("1"), person("4")), nil)
	must(t, err)
	done, err := l.Apply(t.Context(), list.ID, "admin", nil)
	must(t, err)
	if c = caseOf(t, l, ids[0].Case); c.Next.State != dialer.CaseWaiting || len(done.Waiting) != 2 {
		t.Errorf("%+v, %+v", c.Next, done)
	}
	if got, err := l.PaidTo(t.Context(), ids[0].Case); err != nil || got.Yen != 0 {
		t.Errorf("the list's balance has it: %+v, %v", got, err)
	}
	// What the ward has taken into account holds nobody again.
	if held, _, err := l.holdPaid(t.Context(), l.now()); err != nil || len(held) != 0 {
		t.Errorf("%v, %v", held, err)
	}
}

// TestACorrectedPromiseTakesTheFirstOnesPlace: the promise that was corrected counts for nothing, and what was paid counts for the
// new one from the day of the talk on.
func TestACorrectedPromiseTakesTheFirstOnesPlace(t *testing.T) {
	l, set := lateLedger(t)
	r := promisedCase(t, l, "1", 4000, tokyo(time.November, 30))
	set(tokyo(time.December, 1).At(10 * 60))
	readPaidList(t, l, payment("1", firstTerm, tokyo(time.November, 27), 4000))
	if line := promiseOf(t, l, r.Target.CaseID); line.Stage != casework.StageKept || line.KeptOn != "2026-11-27" {
		t.Fatalf("%+v", line)
	}
	e := casework.Recorded{
		Entry: casework.Entry{
			Party: casework.Self, Business: []casework.Business{casework.Promised},
			Promise: &casework.Promise{Yen: 6000, DueOn: "2026-12-10", Means: "bank"},
		},
		Attempt: r.ID, Case: r.Target.CaseID, By: "supervisor", At: l.now(),
	}
	_, err := l.Record(t.Context(), e)
	must(t, err)
	lines, err := l.PromisesOf(t.Context(), r.Target.CaseID)
	if must(t, err); len(lines) != 1 || lines[0].Yen != 6000 || lines[0].PaidYen != 4000 || lines[0].Stage != casework.StageAhead {
		t.Errorf("%+v", lines)
	}
	if n := count(t, l, "SELECT sum(yen)::int FROM promise_counted"); n != 4000 {
		t.Errorf("%d yen count", n)
	}
	e.Business, e.Promise, e.At = []casework.Business{casework.NoCommitment}, nil, l.now().Add(time.Minute)
	_, err = l.Record(t.Context(), e)
	must(t, err)
	if n := count(t, l, "SELECT count(*) FROM promise_counted"); n != 0 {
		t.Error("a payment counts for a promise that was taken away")
	}
}

func TestAVerdictLeavesAloneWhatWasDecidedSince(t *testing.T) {
	l, set := lateLedger(t)
	r := promisedCase(t, l, "1", 4000, tokyo(time.November, 30))
	_, err := l.Order(t.Context(), r.Target.CaseID, casework.Order{Act: casework.Hold, By: "supervisor", At: l.now(), Reason: "区の確認"})
	must(t, err)
	set(tokyo(time.December, 20).At(10 * 60))
	p, moved := readPaidList(t, l, payment("9", firstTerm, tokyo(time.December, 19), 1))
	if p.Settled.Broken != 1 || len(moved.Waiting) != 0 {
		t.Errorf("%+v, %+v", p, moved)
	}
	if c := caseOf(t, l, r.Target.CaseID); c.Next.Cause != dialer.CauseSupervisor {
		t.Errorf("%+v", c.Next)
	}
}

func TestPaidRowsThatAreNotTaken(t *testing.T) {
	l := newLedger(t)
	load(t, l, person("1"))
	later, genuine := payment("1", firstTerm, tokyo(time.December, 1), 5), payment("1", firstTerm, tokyo(time.November, 1), 5)
	wrong := payment("1", firstTerm, tokyo(time.November, 1), 5)
	genuine.Sample = false
	wrong.Problems = []casework.Problem{{Line: 4, Code: "bad_date", Fatal: true}}
	list := newList(true)
	p, err := l.StagePaid(t.Context(), list, paidRows(later, genuine, wrong), nil)
	if must(t, err); p.Rows != 3 || p.Wrong != 3 || p.New != 0 || p.To != "" || p.State != "staged" {
		t.Errorf("%+v", p)
	}
	must(t, l.DiscardPaid(t.Context(), list.ID))
	_, err = l.PaidPreview(t.Context(), list.ID)
	wantErr(t, err, dialer.ErrNotFound)

	// Real payments never come to made-up cases.
	list = newList(false)
	_, err = l.StagePaid(t.Context(), list, paidRows(genuine), nil)
	must(t, err)
	_, _, err = l.ApplyPaid(t.Context(), list.ID, "admin")
	wantListError(t, err, "sample_mixed")
}

func TestPaymentsStandAsTheyWereRead(t *testing.T) {
	url := migrated(t)
	l := openLedger(t, url, t.TempDir())
	load(t, l, person("1"))
	readPaidList(t, l, payment("1", firstTerm, tokyo(time.November, 20), 500))
	for _, sql := range []string{
		"UPDATE payments SET yen = 1", "DELETE FROM payments", "TRUNCATE payments CASCADE", "UPDATE promise_verdicts SET why = ''",
	} {
		if strings.Contains(sql, "verdicts") {
			promisedCase(t, l, "2", 4000, tokyo(time.November, 30))
			readPaidList(t, l, payment("2", firstTerm, tokyo(time.November, 24), 4000))
		}
		if exec(t, url, sql) == nil {
			t.Errorf("%s was taken", sql)
		}
	}
	for _, table := range []string{"payments", "paid_lists", "promise_verdicts", "staged_payments"} {
		var text string
		must(t, l.pool.QueryRow(t.Context(), fmt.Sprintf("SELECT coalesce(string_agg(t::text, ''), '') FROM %s t", table)).Scan(&text))
		if strings.Contains(text, "見本　太郎") {
			t.Errorf("%s names a person", table)
		}
	}
}

// TestRandomListsLeaveTheBooksBalanced reads random lists in random pieces, some twice: each payment is there once, none counts for
// more than it is, and what stands at the promises is what Settle says of all payments at once.
func TestRandomListsLeaveTheBooksBalanced(t *testing.T) {
	l, set := lateLedger(t)
	r := rand.New(rand.NewPCG(3, 4))
	var reservations []dialer.Reservation
	for i := range 6 {
		reservations = append(reservations, promisedCase(t, l, fmt.Sprint(i), int64(1000*(1+r.IntN(6))), tokyo(time.November, 24+r.IntN(6))))
	}
	for day := 25; day <= 45; day++ {
		on := dialer.DateOf(tokyo(time.November, 1).At((day - 1) * 24 * 60))
		set(on.At(10 * 60))
		var rows []casework.PaidRow
		for range r.IntN(8) {
			yen := int64(500 * (1 + r.IntN(8)))
			if r.IntN(10) == 0 {
				yen = -yen
			}
			rows = append(rows, payment(fmt.Sprint(r.IntN(7)), firstTerm, on, yen))
		}
		if len(rows) > 0 {
			readPaidList(t, l, rows[:r.IntN(len(rows))+1]...)
			readPaidList(t, l, rows...)
		}
	}
	if n := count(t, l, `SELECT count(*) FROM (SELECT c.payment_id FROM promise_counted c JOIN payments p ON p.id = c.payment_id
		GROUP BY 1, p.yen HAVING sum(c.yen) > p.yen) x`); n != 0 {
		t.Errorf("%d payments count for more than they are", n)
	}
	if n := count(t, l, `SELECT count(*) FROM promises p WHERE p.paid_yen <> coalesce((SELECT sum(c.yen) FROM promise_counted c
		WHERE c.attempt_id = p.attempt_id AND c.revision = p.revision), 0)`); n != 0 {
		t.Errorf("%d promises do not sum up", n)
	}
	f, err := l.PromiseFigures(t.Context(), "2026-11")
	must(t, err)
	if f.Promised.N != len(reservations) || f.Kept.N+f.Partly.N+f.Broken.N+f.Open.N != f.Promised.N || f.Kept.Yen+f.Partly.Yen+f.Broken.Yen+f.Open.Yen != f.Promised.Yen {
		t.Errorf("%+v", f)
	}
}

// TestAHundredThousandPayments measures; it is a test of correctness on the way.
func TestAHundredThousandPayments(t *testing.T) {
	if os.Getenv("KAKERU_LONG") == "" {
		t.Skip("long: set KAKERU_LONG=1")
	}
	l := newLedger(t)
	const cases, n = 20_000, 100_000
	list := newList(true)
	_, err := l.Stage(t.Context(), list, func(yield func(casework.Row, error) bool) {
		for i := range cases {
			r := person(fmt.Sprintf("%010d", i))
			if r.Line = i + 2; !yield(r, nil) {
				return
			}
		}
	}, nil)
	must(t, err)
	done, err := l.Apply(t.Context(), list.ID, "admin", nil)
	must(t, err)
	for _, w := range done.Waiting[:500] {
		promiseBy(t, l, w.Case, 8000, tokyo(time.November, 30))
	}
	paid := newList(true)
	began := time.Now()
	p, err := l.StagePaid(t.Context(), paid, func(yield func(casework.PaidRow, error) bool) {
		for i := range n {
			r := payment(fmt.Sprintf("%010d", i%(cases+1000)), firstTerm, tokyo(time.November, 1+i%24), int64(100+i))
			if r.Line = i + 2; !yield(r, nil) {
				return
			}
		}
	}, nil)
	must(t, err)
	staged := time.Since(began)
	if p.New != n || p.Unknown == 0 {
		t.Fatalf("%+v", p)
	}
	began = time.Now()
	p, moved, err := l.ApplyPaid(t.Context(), paid.ID, "admin")
	must(t, err)
	t.Logf("staged in %v, applied in %v; %+v, %d wait, %d left", staged, time.Since(began), p.Settled, len(moved.Waiting), len(moved.Left))
}
