package casework

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kakeru/dialer"
	"kakeru/dialer/dialertest/full"
)

// on is a day of November 2026; days beyond its end go on into December.
func on(day int) dialer.Date {
	return dialer.DateOf(dialer.Date{Year: 2026, Month: time.November, Day: 1}.At((day - 1) * 24 * 60))
}

const (
	first  = "令和8年度 第1期"
	second = "令和8年度 第2期"
)

// pledge is an unsplit promise made on one day of November and due on another.
func pledge(id string, made, due int, yen int64, parts ...PromisePart) Pledge {
	return Pledge{Promise: Promise{Yen: yen, DueOn: on(due).String(), Parts: parts}, Attempt: dialer.CallID(id), Revision: 1, MadeOn: on(made)}
}

func paid(id int64, term string, day int, yen int64) Payment {
	return Payment{ID: id, Insurance: Kokuho, Term: term, PaidOn: on(day), Yen: yen}
}

func of(term string, yen int64) PromisePart {
	return PromisePart{Insurance: Kokuho, Term: term, Yen: yen}
}

func TestSettle(t *testing.T) {
	replaced := pledge("a", 1, 10, 5000)
	replaced.Replaced = true
	for _, tt := range []struct {
		name     string
		pledges  []Pledge
		payments []Payment
		readTo   int // 0: no list
		want     string
	}{
		{"no list, no verdict", []Pledge{pledge("a", 1, 10, 5000)}, nil, 0, "open:0"},
		{"the list does not reach the end of the grace", []Pledge{pledge("a", 1, 10, 5000)}, nil, 23, "open:0"},
		{"it reaches it", []Pledge{pledge("a", 1, 10, 5000)}, nil, 24, "broken:0"},
		{"kept before its day, and long before the grace is over", []Pledge{pledge("a", 1, 10, 5000)}, []Payment{paid(1, first, 3, 5000)}, 3, "kept:5000"},
		{"some of it", []Pledge{pledge("a", 1, 10, 5000)}, []Payment{paid(1, first, 3, 4999)}, 24, "partly:4999"},
		{"some of it, and there is still time", []Pledge{pledge("a", 1, 10, 5000)}, []Payment{paid(1, first, 3, 4999)}, 20, "open:4999"},
		{"on the day it was made", []Pledge{pledge("a", 5, 10, 5000)}, []Payment{paid(1, first, 5, 5000)}, 24, "kept:5000"},
		{"the day before", []Pledge{pledge("a", 5, 10, 5000)}, []Payment{paid(1, first, 4, 5000)}, 24, "broken:0"},
		{"on the last day of the grace", []Pledge{pledge("a", 1, 10, 5000)}, []Payment{paid(1, first, 24, 5000)}, 24, "kept:5000"},
		{"a day late", []Pledge{pledge("a", 1, 10, 5000)}, []Payment{paid(1, first, 25, 5000)}, 25, "broken:0"},
		{"more than was promised", []Pledge{pledge("a", 1, 10, 5000)}, []Payment{paid(1, first, 3, 9000)}, 24, "kept:5000"},
		{"in two payments", []Pledge{pledge("a", 1, 10, 5000)}, []Payment{paid(1, first, 3, 2000), paid(2, second, 12, 3000)}, 24, "kept:5000"},
		{
			"split, and each part paid", []Pledge{pledge("a", 1, 10, 5000, of(first, 2000), of(second, 3000))},
			[]Payment{paid(1, second, 3, 3000), paid(2, first, 3, 2000)}, 24, "kept:5000",
		},
		{
			"split, and paid for another term", []Pledge{pledge("a", 1, 10, 5000, of(first, 2000), of(second, 3000))},
			[]Payment{paid(1, first, 3, 5000)}, 24, "partly:2000",
		},
		{
			"a part of any term leaves the other its own", []Pledge{pledge("a", 1, 10, 5000, PromisePart{Insurance: Kokuho, Yen: 3000}, of(second, 2000))},
			[]Payment{paid(1, second, 3, 2000), paid(2, first, 4, 3000)}, 24, "kept:5000",
		},
		{
			"the older is served first", []Pledge{pledge("b", 2, 10, 3000), pledge("a", 1, 12, 4000)},
			[]Payment{paid(1, first, 3, 5000)}, 26, "kept:4000 partly:1000",
		},
		{
			"what came before the younger was made is the older's alone", []Pledge{pledge("a", 1, 10, 3000), pledge("b", 5, 12, 3000)},
			[]Payment{paid(1, first, 4, 6000)}, 26, "kept:3000 broken:0",
		},
		{
			"a replaced one takes nothing", []Pledge{replaced, pledge("b", 1, 10, 5000)},
			[]Payment{paid(1, first, 3, 5000)}, 24, "replaced:0 kept:5000",
		},
		{"taken back", []Pledge{pledge("a", 1, 10, 5000)}, []Payment{paid(1, first, 3, 5000), paid(2, first, 6, -5000)}, 24, "broken:0"},
		{"some of it taken back", []Pledge{pledge("a", 1, 10, 5000)}, []Payment{paid(1, first, 3, 5000), paid(2, first, 6, -2000)}, 24, "partly:3000"},
		{
			"one of two alike taken back", []Pledge{pledge("a", 1, 10, 5000)},
			[]Payment{paid(1, first, 3, 5000), paid(2, first, 3, 5000), paid(3, first, 3, -5000)}, 24, "kept:5000",
		},
		{"what is taken back was never read", []Pledge{pledge("a", 1, 10, 5000)}, []Payment{paid(1, second, 3, 5000), paid(2, first, 3, -5000)}, 24, "kept:5000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			books := Books{GraceDays: 14}
			if tt.readTo > 0 {
				books.ReadTo = map[Insurance]dialer.Date{Kokuho: on(tt.readTo)}
			}
			got := ""
			for _, s := range Settle(tt.pledges, tt.payments, books) {
				got += fmt.Sprintf(" %s:%d", s.State, s.PaidYen)
				if s.Why.JA == "" || s.Why.EN == "" {
					t.Error("a verdict without its reason")
				}
				if (s.State == PromiseKept) == (s.KeptOn == dialer.Date{}) {
					t.Errorf("%s, kept on %v", s.State, s.KeptOn)
				}
			}
			if got[1:] != tt.want {
				t.Errorf("got %s, want %s", got[1:], tt.want)
			}
		})
	}
}

// TestAListOfOneInsuranceBreaksNoPromiseOfTheOther: each is judged by the lists that have the insurance it may be paid to.
func TestAListOfOneInsuranceBreaksNoPromiseOfTheOther(t *testing.T) {
	part := func(of ...Insurance) (parts []PromisePart) {
		for _, insurance := range of {
			parts = append(parts, PromisePart{Insurance: insurance, Yen: 1000})
		}
		return parts
	}
	type reach = map[Insurance]dialer.Date
	for _, tt := range []struct {
		name  string
		owes  []Insurance
		parts []PromisePart
		reach reach
		want  PromiseState
		says  string
	}{
		{"the other's list", nil, part(Kouki), reach{Kokuho: on(30)}, PromiseOpen, "後期の消込リストをまだ"},
		{"its own", nil, part(Kouki), reach{Kouki: on(24)}, PromiseBroken, ""},
		{"its own is behind", nil, part(Kouki), reach{Kokuho: on(30), Kouki: on(23)}, PromiseOpen, "後期の消込リストは11月23日"},
		{"one of both is behind", nil, part(Kokuho, Kouki), reach{Kokuho: on(23), Kouki: on(30)}, PromiseOpen, "国保の消込リストは11月23日"},
		{"both reach it", nil, part(Kokuho, Kouki), reach{Kokuho: on(24), Kouki: on(30)}, PromiseBroken, ""},
		{"not split, and owed to the other", []Insurance{Kouki}, nil, reach{Kokuho: on(30)}, PromiseOpen, "後期の消込リストをまだ"},
		{"not split, and owed to both", []Insurance{Kokuho, Kouki}, nil, reach{Kokuho: on(30)}, PromiseOpen, "後期の消込リストをまだ"},
		{"not split, and what is owed is not known", nil, nil, reach{Kokuho: on(30)}, PromiseBroken, ""},
		{"not split, not known, and one is behind", nil, nil, reach{Kokuho: on(30), Kouki: on(23)}, PromiseOpen, "後期の消込リストは11月23日"},
		{"a part of any insurance", []Insurance{Kouki}, []PromisePart{{Yen: 1000}}, reach{Kokuho: on(30)}, PromiseOpen, "後期の消込リストをまだ"},
		{"no list", nil, part(Kouki), nil, PromiseOpen, "消込リストをまだ"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := pledge("a", 1, 10, 2000, tt.parts...)
			p.Owes = tt.owes
			got := Settle([]Pledge{p}, nil, Books{GraceDays: 14, ReadTo: tt.reach})[0]
			if got.State != tt.want || !strings.Contains(got.Why.JA, tt.says) {
				t.Errorf("%s: %s", got.State, got.Why.JA)
			}
		})
	}
}

// someBooks draws promises and payments of one case.
func someBooks(t *rapid.T) ([]Pledge, []Payment, Books) {
	terms := rapid.SampledFrom([]string{first, second})
	yen := rapid.Int64Range(1, 9)
	pledges := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Pledge {
		made := rapid.IntRange(1, 20).Draw(t, "made")
		p := pledge(rapid.StringMatching("[a-d]").Draw(t, "talk"), made, made+rapid.IntRange(0, 10).Draw(t, "days"), 0)
		p.Revision, p.Replaced = rapid.IntRange(1, 3).Draw(t, "revision"), rapid.IntRange(0, 4).Draw(t, "replaced") == 0
		for i := range rapid.IntRange(0, 2).Draw(t, "parts") {
			p.Parts = append(p.Parts, of([]string{first, second}[i], yen.Draw(t, "part")))
			p.Yen += p.Parts[i].Yen
		}
		if len(p.Parts) == 0 {
			p.Yen = yen.Draw(t, "yen")
		}
		return p
	}), 0, 5).Draw(t, "promises")
	seen := map[string]bool{}
	pledges = slices.DeleteFunc(pledges, func(p Pledge) bool {
		k := fmt.Sprint(p.Attempt, p.Revision)
		defer func() { seen[k] = true }()
		return seen[k]
	})
	n := int64(0)
	payments := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Payment {
		n++
		return paid(n, terms.Draw(t, "term"), rapid.IntRange(1, 45).Draw(t, "day"), rapid.Int64Range(-6, 12).Filter(func(y int64) bool { return y != 0 }).Draw(t, "yen"))
	}), 0, 8).Draw(t, "payments")
	for i := range payments {
		payments[i].ID = int64(i + 1)
	}
	b := Books{GraceDays: rapid.IntRange(0, 14).Draw(t, "grace")}
	if to := rapid.IntRange(0, 45).Draw(t, "read to"); to > 0 {
		b.ReadTo = map[Insurance]dialer.Date{Kokuho: on(to)}
	}
	return pledges, payments, b
}

func TestNoYenCountsTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pledges, payments, books := someBooks(t)
		byPayment := map[int64]int64{}
		var positive, back, counted int64
		for _, p := range payments {
			positive, back = positive+max(p.Yen, 0), back+min(p.Yen, 0)
		}
		for _, s := range Settle(pledges, payments, books) {
			var sum int64
			byPart := map[int]int64{}
			for _, c := range s.Counted {
				p := payments[c.Payment-1]
				byPayment[c.Payment] += c.Yen
				byPart[c.Part] += c.Yen
				sum += c.Yen
				due, _ := dialer.ParseDate(s.DueOn)
				if c.Yen <= 0 || earlier(p.PaidOn, s.MadeOn) || earlier(books.lastDay(due), p.PaidOn) || c.PaidOn != p.PaidOn {
					t.Fatalf("counted %+v of %+v for %+v", c, p, s.Pledge)
				}
				if c.Part >= 0 && (s.Parts[c.Part].Term != p.Term || byPart[c.Part] > s.Parts[c.Part].Yen) {
					t.Fatalf("part %d got %+v", c.Part, c)
				}
			}
			counted += sum
			if sum != s.PaidYen || sum > s.Yen || s.Replaced && sum != 0 || (s.State == PromiseKept) != (!s.Replaced && sum == s.Yen) {
				t.Fatalf("%+v", s)
			}
			if s.State == PromiseBroken && sum != 0 || s.State == PromisePartly && sum == 0 {
				t.Fatalf("%+v", s)
			}
		}
		for id, yen := range byPayment {
			if yen > payments[id-1].Yen {
				t.Fatalf("payment %d counts %d of %d", id, yen, payments[id-1].Yen)
			}
		}
		if counted > positive {
			t.Fatalf("counted %d of %d", counted, positive)
		}
	})
}

func TestTheOrderOfListsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pledges, payments, books := someBooks(t)
		want := Settle(pledges, payments, books)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		r.Shuffle(len(payments), func(i, j int) { payments[i], payments[j] = payments[j], payments[i] })
		r.Shuffle(len(pledges), func(i, j int) { pledges[i], pledges[j] = pledges[j], pledges[i] })
		if got := Settle(pledges, payments, books); !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v\nwant %+v", got, want)
		}
	})
}

// TestAThousandRandomDaysLeaveTheBooksBalanced plays promises, payments, corrections and lists day by day: at each day's end
// what was promised is what was kept, kept in part, broken and is open, in number and in yen.
func TestAThousandRandomDaysLeaveTheBooksBalanced(t *testing.T) {
	full.Only(t)
	r := rand.New(rand.NewPCG(1, 2))
	pledges, payments := map[int][]Pledge{}, map[int][]Payment{}
	books := Books{GraceDays: 14}
	paidIDs, talks := int64(0), 0
	for day := 1; day <= 1000; day++ {
		today := on(day)
		for range r.IntN(4) {
			talks++
			who := r.IntN(20)
			p := pledge(fmt.Sprintf("%06d", talks), day, day+r.IntN(20), int64(1000*(1+r.IntN(9))))
			if r.IntN(2) == 0 {
				p.Parts = []PromisePart{of(first, p.Yen/2), of(second, p.Yen-p.Yen/2)}
			}
			if mine := pledges[who]; len(mine) > 0 && r.IntN(8) == 0 {
				mine[len(mine)-1].Replaced = true
			}
			pledges[who] = append(pledges[who], p)
		}
		for range r.IntN(5) {
			paidIDs++
			who := r.IntN(20)
			yen := int64(500 * (1 + r.IntN(14)))
			if r.IntN(12) == 0 {
				yen = -yen
			}
			payments[who] = append(payments[who], paid(paidIDs, []string{first, second}[r.IntN(2)], day-r.IntN(15), yen))
		}
		if r.IntN(5) == 0 {
			books.ReadTo = map[Insurance]dialer.Date{Kokuho: today}
		}
		var f PromiseFigures
		var count int
		var yen, counted, positive int64
		for who := range 20 {
			for _, p := range payments[who] {
				positive += max(p.Yen, 0)
			}
			for _, s := range Settle(pledges[who], payments[who], books) {
				if s.Replaced {
					continue
				}
				due, err := dialer.ParseDate(s.DueOn)
				if err != nil {
					t.Fatal(err)
				}
				f.Add(Stage(s.State, due, today, books.GraceDays), 1, s.Yen, s.PaidYen)
				count, yen, counted = count+1, yen+s.Yen, counted+s.PaidYen
			}
		}
		sum := Sum{f.Kept.N + f.Partly.N + f.Broken.N + f.Open.N, f.Kept.Yen + f.Partly.Yen + f.Broken.Yen + f.Open.Yen}
		if want := (Sum{count, yen}); f.Promised != want || sum != want || f.PaidYen != counted || counted > positive || f.Kept.Yen > counted {
			t.Fatalf("day %d: promised %+v, sum %+v, want %+v; paid %d, counted %d", day, f.Promised, sum, want, f.PaidYen, counted)
		}
	}
}

func TestStage(t *testing.T) {
	for _, tt := range []struct {
		state PromiseState
		today int
		want  PromiseStage
	}{
		{PromiseOpen, 9, StageAhead}, {PromiseOpen, 10, StageToday}, {PromiseOpen, 11, StageGrace}, {PromiseOpen, 24, StageGrace},
		{PromiseOpen, 25, StageUnread}, {PromiseKept, 9, StageKept}, {PromisePartly, 30, StagePartly}, {PromiseBroken, 30, StageBroken},
	} {
		if got := Stage(tt.state, on(10), on(tt.today), 14); got != tt.want {
			t.Errorf("%s on day %d: %s, want %s", tt.state, tt.today, got, tt.want)
		}
	}
}

func TestWhatACaseWaitsForAfterAVerdict(t *testing.T) {
	hours := dialer.Hours{Week: dialer.WardHours()}
	now := on(24).At(10 * 60) // a Tuesday
	r := DefaultRules()
	for _, tt := range []struct {
		state PromiseState
		cause dialer.Cause
		due   time.Time
	}{
		{PromiseKept, dialer.CauseKept, on(31).At(9 * 60)},
		{PromisePartly, dialer.CauseBroken, now},
		{PromiseBroken, dialer.CauseBroken, now},
		{PromiseOpen, dialer.CausePromise, on(44).At(9 * 60)}, // 14 days after the 30th
	} {
		next, ok := r.AfterPromise(Settled{Pledge: pledge("a", 1, 30, 5000), State: tt.state}, now, hours)
		if !ok || next.State != dialer.CaseWaiting || next.Cause != tt.cause || !next.Due.Equal(tt.due) || next.Why == "" || next.WhyEN == "" {
			t.Errorf("%s: %+v", tt.state, next)
		}
	}
	if _, ok := r.AfterPromise(Settled{State: PromiseReplaced}, now, hours); ok {
		t.Error("a replaced promise moves nothing")
	}
}

func TestTheRulesOfPromises(t *testing.T) {
	r, err := ParseRules([]byte(`{"promises": {"grace_days": 10, "kept": {"days": 0, "hold": true, "why": "区の確認待ち", "why_en": "the ward looks"}}}`))
	if err != nil || r.Promises.GraceDays != 10 || !r.Promises.Kept.Hold || r.Promises.Broken != DefaultRules().Promises.Broken {
		t.Errorf("%+v, %v", r.Promises, err)
	}
	for file, key := range map[string]string{
		`{"promises": {"grace_days": -1}}`:       "promises.grace_days",
		`{"promises": {"grace_days": 99}}`:       "promises.grace_days",
		`{"promises": {"kept": {"hold": true}}}`: "promises.kept.hold",
		`{"promises": {"broken": {"days": -1}}}`: "promises.broken.days",
		`{"promises": {"partly": {"why": ""}}}`:  "promises.partly.why",
		`{"promises": {"patience": 3}}`:          "promises.patience",
	} {
		if _, err := ParseRules([]byte(file)); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", file, err)
		}
	}
}
