package dialer

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func tokyo(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 0, 0, Tokyo)
}

// wardHours is the pattern with some of the year's holidays, the year's end, and one Sunday opening.
func wardHours() Hours {
	return Hours{
		Week: WardHours(), BreakMinutes: 60,
		Extra: map[Date]Span{{2026, time.November, 29}: {9 * 60, 12 * 60}},
		Closed: func(d Date) string {
			switch {
			case d.Month == time.November && d.Day == 23:
				return "勤労感謝の日"
			case d.Month == time.December && d.Day >= 29, d.Month == time.January && d.Day <= 3:
				return "年末年始"
			}
			return ""
		},
	}
}

func TestHours(t *testing.T) {
	h := wardHours()
	for _, c := range []struct {
		at   time.Time
		open bool
		next time.Time
	}{
		{tokyo(11, 24, 9, 0), true, tokyo(11, 24, 9, 0)}, // Tuesday
		{tokyo(11, 24, 8, 59), false, tokyo(11, 24, 9, 0)},
		{tokyo(11, 24, 16, 59), true, tokyo(11, 24, 16, 59)},
		{tokyo(11, 24, 17, 0), false, tokyo(11, 25, 13, 0)},
		{tokyo(11, 24, 0, 0), false, tokyo(11, 24, 9, 0)},
		{tokyo(11, 24, 23, 59), false, tokyo(11, 25, 13, 0)},
		{tokyo(11, 25, 12, 59), false, tokyo(11, 25, 13, 0)}, // Wednesday
		{tokyo(11, 25, 18, 59), true, tokyo(11, 25, 18, 59)},
		{tokyo(11, 25, 19, 0), false, tokyo(11, 26, 9, 0)},
		{tokyo(11, 28, 10, 0), false, tokyo(11, 29, 9, 0)}, // Saturday, before a Sunday opening
		{tokyo(11, 29, 11, 59), true, tokyo(11, 29, 11, 59)},
		{tokyo(11, 29, 12, 0), false, tokyo(11, 30, 9, 0)},
		{tokyo(11, 22, 10, 0), false, tokyo(11, 24, 9, 0)}, // Sunday, then a holiday
		{tokyo(11, 23, 10, 0), false, tokyo(11, 24, 9, 0)},
		{tokyo(12, 28, 17, 0), false, time.Date(2027, 1, 4, 9, 0, 0, 0, Tokyo)}, // the year's end
		{tokyo(11, 24, 9, 0).UTC(), true, tokyo(11, 24, 9, 0)},                  // whatever zone an instant comes in
		{time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC), false, tokyo(11, 25, 13, 0)},
	} {
		if h.Open(c.at) != c.open {
			t.Errorf("%v: open %v", c.at, !c.open)
		}
		if got := h.NextOpen(c.at); !got.Equal(c.next) {
			t.Errorf("%v: opens next at %v, want %v", c.at, got, c.next)
		}
		if no := h.Refusal(c.at); (no == nil) != c.open || no != nil && (no.Rule != OutsideHours || no.JA == "" || no.EN == "") {
			t.Errorf("%v: %+v", c.at, no)
		}
	}
}

func TestHoursSayWhy(t *testing.T) {
	h := wardHours()
	for at, says := range map[time.Time]string{
		tokyo(11, 23, 10, 0): "勤労感謝の日", tokyo(12, 30, 10, 0): "年末年始", tokyo(11, 28, 10, 0): "閉庁日", tokyo(11, 24, 18, 0): "開設時間外",
		tokyo(11, 29, 15, 0): "11月30日 09:00",
	} {
		if no := h.Refusal(at); no == nil || !strings.Contains(no.JA, says) {
			t.Errorf("%v: %+v does not say %s", at, no, says)
		}
	}
	for _, d := range []Date{{2026, 11, 29}, {2026, 11, 24}} {
		if s, _, ok := h.On(d); !ok || s.Minutes() <= 0 {
			t.Errorf("%v: %+v", d, s)
		}
	}
	if (Span{600, 540}).Minutes() != 0 {
		t.Error("a span that ends before it begins has no minutes")
	}
}

func TestAlwaysOpenAndNeverOpen(t *testing.T) {
	night := tokyo(11, 22, 3, 0)
	h := wardHours()
	h.AlwaysOpen = true
	if !h.Open(night) || !h.NextOpen(night).Equal(night) || h.Refusal(night) != nil {
		t.Error("it is always open")
	}
	never := Hours{Week: WardHours(), Closed: func(Date) string { return "休止" }}
	if never.Open(night) || !never.NextOpen(night).Equal(night) || never.Refusal(night) == nil {
		t.Error("it never opens, and does not hang over it")
	}
}

func TestNextOpenIsOpenAndTheFirst(t *testing.T) {
	h := wardHours()
	rapid.Check(t, func(t *rapid.T) {
		at := tokyo(1, 1, 0, 0).Add(time.Duration(rapid.Int64Range(0, 366*24*3600).Draw(t, "second")) * time.Second)
		next := h.NextOpen(at)
		if next.Before(at) || !h.Open(next) {
			t.Fatalf("%v: %v", at, next)
		}
		if between := at.Add(time.Duration(rapid.Float64Range(0, 0.999).Draw(t, "between") * float64(next.Sub(at)))); next.After(at) && h.Open(between) {
			t.Fatalf("%v: open at %v already, not only at %v", at, between, next)
		}
	})
}

func TestDates(t *testing.T) {
	d, err := ParseDate("2026-12-31")
	if err != nil || d != (Date{2026, 12, 31}) || d.String() != "2026-12-31" || d.Next() != (Date{2027, 1, 1}) || d.Weekday() != time.Thursday {
		t.Errorf("%v %v", d, err)
	}
	if (Date{2028, 2, 28}).Next().Day != 29 || !d.At(90).Equal(tokyo(12, 31, 1, 30)) {
		t.Error("calendar")
	}
	if DateOf(time.Date(2026, 11, 24, 15, 0, 0, 0, time.UTC)) != (Date{2026, 11, 25}) {
		t.Error("the day is Tokyo's")
	}
	for _, s := range []string{"", "2026-13-01", "2026/11/24", "2026-02-30", "24.11.2026"} {
		if _, err := ParseDate(s); err == nil || !strings.Contains(err.Error(), "YYYY-MM-DD") {
			t.Errorf("%q: %v", s, err)
		}
	}
}
