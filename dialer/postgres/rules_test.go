package postgres

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// ruled is a ledger by the rules given, with a clock that a test puts forward.
func ruled(t testing.TB, rules casework.Rules) (l *Ledger, url string, clock *time.Time) {
	t.Helper()
	url = migrated(t)
	clock = new(noon)
	l, err := Open(t.Context(), Options{
		URL: url, Refs: testRefs, Vault: testVault(t), Rules: rules, Hours: dialer.Hours{Week: dialer.WardHours()}.Always,
		Now: func() time.Time { return *clock }, Log: slog.New(slog.DiscardHandler),
	})
	must(t, err)
	t.Cleanup(l.Close)
	return l, url, clock
}

func placeOf(t testing.TB, l *Ledger, id dialer.CaseID) dialer.Waiting {
	t.Helper()
	w, err := l.Place(t.Context(), id)
	must(t, err)
	if w == nil {
		t.Fatalf("%s does not wait", id)
	}
	return *w
}

// tidied is the number of places that a Tidy changed; told again it changes none.
func tidied(t testing.TB, l *Ledger, now time.Time) int {
	t.Helper()
	moved, err := l.Tidy(t.Context(), now)
	must(t, err)
	again, err := l.Tidy(t.Context(), now)
	must(t, err)
	if len(again) > 0 {
		t.Fatalf("told again it moves %+v", again)
	}
	for _, w := range moved {
		if w != placeOf(t, l, w.Case) {
			t.Fatalf("told %+v, and the place is %+v", w, placeOf(t, l, w.Case))
		}
	}
	return len(moved)
}

func TestTargetSaysHowOftenTheCaseWasCalled(t *testing.T) {
	l, _, clock := ruled(t, casework.DefaultRules())
	target := listedTarget(t, l)
	if len(target.Numbers) != 2 || target.Numbers[0].Number != target.Number || target.Numbers[1].Ref != testRefs.Number(target.Numbers[1].Number) {
		t.Fatalf("%+v", target.Numbers)
	}
	// Tuesday the 24th is noon: earlier this month, Monday, today; and one today that does not count.
	for _, at := range []time.Time{noon.AddDate(0, 0, -20), noon.AddDate(0, 0, -40), noon.AddDate(0, 0, -1), noon.Add(-time.Hour)} {
		call(t, l, target, at, dialer.NoAnswer)
	}
	r := reservation(target, noon)
	must(t, l.Reserve(t.Context(), r))
	must(t, l.Dialled(t.Context(), r.ID, noon, customerLeg(noon)))
	made := func() dialer.CaseCount {
		got, err := l.Target(t.Context(), target.CaseID, "")
		must(t, err)
		return got.Made
	}
	if got := made(); got != (dialer.CaseCount{Day: 2, Week: 3, Month: 4}) { // the one that runs among them
		t.Errorf("%+v", got)
	}
	e := endOf(r, dialer.Cancelled)
	e.Verdict.Counted = false
	must(t, l.End(t.Context(), e))
	if got := made(); got != (dialer.CaseCount{Day: 1, Week: 2, Month: 3}) {
		t.Errorf("after one that does not count: %+v", got)
	}
	*clock = noon.AddDate(0, 0, 6) // Monday the 30th
	if got := made(); got != (dialer.CaseCount{Month: 3}) {
		t.Errorf("the next Monday: %+v", got)
	}
	*clock = noon.AddDate(0, 0, 7) // Tuesday the 1st
	if got := made(); got != (dialer.CaseCount{}) {
		t.Errorf("the next month: %+v", got)
	}
}

func TestSupervisorsOrders(t *testing.T) {
	l, url, _ := ruled(t, casework.DefaultRules())
	row := person("0000000001")
	row.Language = "zh"
	id := load(t, l, row).Waiting[0].Case
	order := func(o casework.Order) dialer.CaseNext {
		t.Helper()
		o.By, o.At, o.Reason = "supervisor", noon, "区の依頼 0312345678"
		next, err := l.Order(t.Context(), id, o)
		must(t, err)
		return next
	}
	must(t, l.Defer(t.Context(), id, dialer.CaseNext{State: dialer.CaseWaiting, Due: noon.Add(time.Hour), Why: "あとで"}))
	order(casework.Order{Act: casework.Pin})
	w := placeOf(t, l, id)
	if w.Priority != casework.PinnedPriority || w.Lane != dialer.LaneOf("", "", dialer.KindMobile) || !w.Due.Equal(noon) {
		t.Errorf("pinned: %+v", w)
	}
	c := caseOf(t, l, id)
	if !c.Pinned || c.Order == nil || c.Order.Act != casework.Pin || c.Order.By != "supervisor" || strings.Contains(c.Next.Why+c.Order.Reason, "0312345678") {
		t.Errorf("the pinned case: %+v, %+v", c.Next, c.Order)
	}
	// A rule that puts it off for a moment does not take the pin; a call does.
	must(t, l.Defer(t.Context(), id, dialer.CaseNext{State: dialer.CaseWaiting, Due: noon.Add(time.Hour), Cause: dialer.CauseNumber, Why: "間隔"}))
	if w := placeOf(t, l, id); w.Priority != casework.PinnedPriority || !w.Due.Equal(noon.Add(time.Hour)) {
		t.Errorf("put off: %+v", w)
	}
	target, err := l.Target(t.Context(), id, "")
	must(t, err)
	r := reservation(target, noon)
	must(t, l.Reserve(t.Context(), r))
	for _, act := range casework.Acts {
		_, err := l.Order(t.Context(), id, casework.Order{Act: act, By: "supervisor", At: noon, Until: noon.Add(time.Hour), Reason: "通話中"})
		wantRule(t, err, dialer.CaseBusy)
	}
	must(t, l.Dialled(t.Context(), r.ID, noon, customerLeg(noon)))
	must(t, l.End(t.Context(), endOf(r, dialer.NoAnswer)))
	if w := placeOf(t, l, id); w.Priority == casework.PinnedPriority || w.Lane != dialer.LaneOf("", "zh", dialer.KindMobile) {
		t.Errorf("after its call: %+v", w)
	}
	if next := order(casework.Order{Act: casework.Skip, Until: noon.Add(8 * time.Hour)}); !next.Due.Equal(noon.Add(25 * time.Hour)) {
		t.Errorf("put off until the opening: %+v", next)
	}
	order(casework.Order{Act: casework.Pin})
	order(casework.Order{Act: casework.Hold})
	if w, err := l.Place(t.Context(), id); err != nil || w != nil || caseOf(t, l, id).Pinned {
		t.Errorf("held: %+v, %v", w, err)
	}
	order(casework.Order{Act: casework.Release})
	if w := placeOf(t, l, id); !w.Due.Equal(noon) || w.Priority == casework.PinnedPriority {
		t.Errorf("released: %+v", w)
	}
	if n := count(t, l, "SELECT count(*) FROM case_orders WHERE case_id = $1 AND by_user = 'supervisor'", string(id)); n != 5 {
		t.Errorf("%d orders are kept", n)
	}
	for _, sql := range []string{
		"UPDATE case_orders SET reason = 'x'", "DELETE FROM case_orders", "TRUNCATE case_orders",
		"INSERT INTO case_orders (case_id, at, by_user, act, reason) SELECT id, now(), 's', 'skip', 'x' FROM cases",
		"INSERT INTO case_orders (case_id, at, by_user, act, reason) SELECT id, now(), '', 'pin', 'x' FROM cases",
		"UPDATE cases SET pinned = true, state = 'held'", "UPDATE cases SET mine = 'operator1'",
	} {
		if err := exec(t, url, sql); err == nil {
			t.Errorf("accepted: %s", sql)
		}
	}
	_, err = l.Order(t.Context(), dialer.CaseID(dialer.NewID(noon)), casework.Order{Act: casework.Pin, By: "supervisor", At: noon, Reason: "x"})
	wantErr(t, err, dialer.ErrNotFound)
}

// A call that was promised in person is its operator's until the grace is over; then it is anyone's.
func TestAPromisedCallIsAnyonesInTheEnd(t *testing.T) {
	l, _, _ := ruled(t, casework.DefaultRules())
	target := listedTarget(t, l)
	r := call(t, l, target, noon.Add(-time.Hour), dialer.Answered)
	next := dialer.CaseNext{
		State: dialer.CaseWaiting, Due: noon, Cause: dialer.CauseAsked, Why: "希望の日時", Mine: "operator1", MineUntil: noon.Add(30 * time.Minute),
	}
	e := entry(r)
	e.Next = next
	_, err := l.Record(t.Context(), e)
	must(t, err)
	tidied(t, l, noon) // ranks all, the first time
	own, anyones := dialer.LaneOf("operator1", "ja", dialer.KindMobile), dialer.LaneOf("", "ja", dialer.KindMobile)
	if w := placeOf(t, l, target.CaseID); w.Lane != own || w.Priority >= casework.Ordinary {
		t.Errorf("promised: %+v", w)
	}
	// What only puts it off leaves it theirs.
	must(t, l.Defer(t.Context(), target.CaseID, dialer.CaseNext{State: dialer.CaseWaiting, Due: noon.Add(time.Minute), Why: "間隔"}))
	if n := tidied(t, l, noon.Add(29*time.Minute)); n != 0 || placeOf(t, l, target.CaseID).Lane != own {
		t.Errorf("before the grace is over %d moved: %+v", n, placeOf(t, l, target.CaseID))
	}
	if n := tidied(t, l, noon.Add(30*time.Minute)); n != 1 || placeOf(t, l, target.CaseID).Lane != anyones {
		t.Errorf("after the grace %d moved: %+v", n, placeOf(t, l, target.CaseID))
	}
}

// A case in a language that nobody speaks today waits for the day on which somebody does, and comes then.
func TestACaseWaitsForItsLanguage(t *testing.T) {
	rules := casework.DefaultRules()
	rules.Seats = dialer.Seats{
		Days: map[dialer.Date]map[dialer.DeskID][]string{
			{Year: 2026, Month: 11, Day: 26}: {"desk1": {"zh"}}, {Year: 2026, Month: 11, Day: 20}: {"desk1": {"vi"}},
		},
		Usual: map[dialer.DeskID][]string{"desk1": nil, "desk2": {"en"}},
	}
	l, _, _ := ruled(t, rules)
	ids := map[string]dialer.CaseID{}
	for i, language := range []string{"zh", "vi", "en", "ja", "ko"} {
		row := person("000000000" + string(rune('1'+i)))
		row.Language = language
		ids[language] = load(t, l, row).Waiting[0].Case
	}
	tidied(t, l, noon)
	next := func(language string) dialer.CaseNext { return caseOf(t, l, ids[language]).Next }
	opens := time.Date(2026, 11, 26, 9, 0, 0, 0, dialer.Tokyo)
	if n := next("zh"); !n.Due.Equal(opens) || n.Cause != dialer.CauseLanguage || n.Why != "中国語の席がある11月26日を待ちます" || n.WhyEN == "" {
		t.Errorf("a day is set: %+v", n)
	}
	tomorrow := time.Date(2026, 11, 25, 13, 0, 0, 0, dialer.Tokyo)
	if n := next("vi"); !n.Due.Equal(tomorrow) || n.Cause != dialer.CauseLanguage || !strings.Contains(n.Why, "予定がまだありません") {
		t.Errorf("no day is set: %+v", n)
	}
	for _, language := range []string{"en", "ja", "ko"} { // spoken, everybody's, and spoken by nobody ever: everybody's
		if n := next(language); !n.Due.Equal(noon) || n.Cause != dialer.CauseNew {
			t.Errorf("%s: %+v", language, n)
		}
	}
	// A pin is a person's decision, whatever is spoken.
	_, err := l.Order(t.Context(), ids["vi"], casework.Order{Act: casework.Pin, By: "supervisor", At: noon, Reason: "通訳がいる"})
	must(t, err)
	tidied(t, l, noon)
	if w := placeOf(t, l, ids["vi"]); !w.Due.Equal(noon) {
		t.Errorf("pinned: %+v", w)
	}
	tidied(t, l, opens)
	if w := placeOf(t, l, ids["zh"]); w.Due.After(opens) || w.Lane != dialer.LaneOf("", "zh", dialer.KindMobile) {
		t.Errorf("on the day: %+v", w)
	}
	// The calendar gets an earlier day: what waits is brought forward.
	must(t, l.Defer(t.Context(), ids["zh"], dialer.CaseNext{State: dialer.CaseWaiting, Due: opens, Cause: dialer.CauseLanguage, Why: "待ち"}))
	l.rules().Seats.Days[dialer.Date{Year: 2026, Month: 11, Day: 25}] = map[dialer.DeskID][]string{"desk2": {"zh"}}
	tidied(t, l, noon)
	if w := placeOf(t, l, ids["zh"]); !w.Due.Equal(tomorrow) {
		t.Errorf("an earlier day: %+v", w)
	}
}

// Ranks are made when a case comes or something happens to it, and again each day, because a debt grows old and promises fall due.
func TestRanksFollowTheFactsAndTheDays(t *testing.T) {
	l, _, clock := ruled(t, casework.DefaultRules())
	rich, promised := person("0000000001"), person("0000000002")
	rich.Balance.Yen = 300_000
	done := load(t, l, rich, promised)
	if len(done.Waiting) != 2 || done.Waiting[0].Priority != 45 || done.Waiting[1].Priority != 49 {
		t.Fatalf("from the list: %+v", done.Waiting)
	}
	id := done.Waiting[1].Case
	target, err := l.Target(t.Context(), id, "")
	must(t, err)
	e := entry(call(t, l, target, noon.Add(-time.Hour), dialer.Answered))
	e.Business = []casework.Business{casework.Promised}
	e.Promise = &casework.Promise{Yen: 1000, DueOn: "2026-11-30", Means: "slip"}
	e.Next = dialer.CaseNext{State: dialer.CaseWaiting, Due: noon.AddDate(0, 0, 20), Cause: dialer.CausePromise, Why: "約束"}
	_, err = l.Record(t.Context(), e)
	must(t, err)
	if c := caseOf(t, l, id); c.Priority != casework.Ordinary || c.RankWhy.JA != "" {
		t.Errorf("a promise runs, and it was called: %d %v", c.Priority, c.RankWhy)
	}
	tidied(t, l, noon)
	*clock = time.Date(2026, 12, 14, 10, 0, 0, 0, dialer.Tokyo)
	if n := tidied(t, l, *clock); n != 1 {
		t.Errorf("%d ranks are other than before", n)
	}
	if c := caseOf(t, l, id); c.Priority != 35 || c.RankWhy.JA != "約束の期日を過ぎ納付が未確認" || c.RankWhy.EN == "" {
		t.Errorf("the promise fell due: %d %v", c.Priority, c.RankWhy)
	}
	*clock = time.Date(2027, 8, 2, 10, 0, 0, 0, dialer.Tokyo) // a year after the term was due
	tidied(t, l, *clock)
	if c := caseOf(t, l, done.Waiting[0].Case); c.Priority != 42 {
		t.Errorf("the debt is a year old: %d %v", c.Priority, c.RankWhy)
	}
}

func TestCountsOfWhatWaits(t *testing.T) {
	l, _, _ := ruled(t, casework.DefaultRules())
	var ids []dialer.CaseID
	for range 6 {
		ids = append(ids, listedTarget(t, l).CaseID)
	}
	later := noon.Add(time.Hour)
	for i, next := range []dialer.CaseNext{
		{State: dialer.CaseWaiting, Due: later, Cause: dialer.CauseResult, Why: "間隔"},
		{State: dialer.CaseWaiting, Due: later.Add(time.Hour), Cause: dialer.CauseResult, Why: "間隔"},
		{State: dialer.CaseWaiting, Due: later, Cause: dialer.CauseCap, Why: "上限"},
		{State: dialer.CaseHeld, Why: "保留"},
		{State: dialer.CaseResultDue, Why: "結果"},
	} {
		must(t, l.Defer(t.Context(), ids[i], next))
	}
	c, err := l.Counts(t.Context())
	must(t, err)
	if c.Held != 1 || c.ResultDue != 1 || len(c.Waiting) != 3 {
		t.Fatalf("%+v", c)
	}
	if w := c.Waiting[0]; !w.Due || w.N != 1 || w.Mine {
		t.Errorf("due: %+v", w)
	}
	if w := c.Waiting[1]; w.Due || w.N != 2 || w.Cause != dialer.CauseResult || !w.First.Equal(later) {
		t.Errorf("the most: %+v", w)
	}
	if back := c.HeldBack(); len(back) != 4 || back[0].N != 2 {
		t.Errorf("%+v", back)
	}
}

// A number that proved useless is passed over; the tries at each number are told apart.
func TestTheNumberAfterAUselessOne(t *testing.T) {
	l, _, _ := ruled(t, casework.DefaultRules())
	target := listedTarget(t, l)
	second := target.Numbers[1]
	r := reservation(target, noon.Add(-time.Hour))
	must(t, l.Reserve(t.Context(), r))
	must(t, l.Dialled(t.Context(), r.ID, r.At, customerLeg(r.At)))
	tries, err := l.TriesAt(t.Context(), []dialer.CaseID{target.CaseID})
	must(t, err)
	if got := tries[casework.At{Case: target.CaseID, Number: target.Number}]; len(got) != 1 || !sameTime(got[0].At, r.At) {
		t.Errorf("tries %+v", tries)
	}
	e := endOf(r, dialer.BadNumber)
	e.Verdict.Counted, e.Spoilt = false, true
	must(t, l.End(t.Context(), e))
	now, err := l.Target(t.Context(), target.CaseID, "")
	must(t, err)
	if now.Number != second.Number || len(now.Numbers) != 1 {
		t.Errorf("next is %+v", now.Numbers)
	}
	r = call(t, l, now, noon.Add(-time.Minute), dialer.Answered)
	en := entry(r)
	en.Party, en.Business, en.Promise, en.Spoilt = casework.Fax, nil, nil, true
	en.Next = dialer.CaseNext{State: dialer.CaseHeld, Why: "FAX"}
	_, err = l.Record(t.Context(), en)
	must(t, err)
	_, err = l.Target(t.Context(), target.CaseID, "")
	wantErr(t, err, dialer.ErrNotFound)
}
