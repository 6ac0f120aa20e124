package casework_test

import (
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/japan"
)

var bankDays = casework.BankDays{Holiday: func(d dialer.Date) string {
	name, _ := japan.IsHoliday(d.Year, d.Month, d.Day)
	return name
}}

func TestBankDays(t *testing.T) {
	for day, want := range map[string][2]string{
		"2026-11-27": {"", "2026-11-27"}, // a Friday
		"2026-11-28": {"土曜日", "2026-11-30"},
		"2026-11-29": {"日曜日", "2026-11-30"},
		"2026-11-23": {"勤労感謝の日", "2026-11-24"},
		"2026-12-30": {"", "2026-12-30"}, // the ward is closed, banks are not
		"2026-12-31": {"年末年始", "2027-01-04"},
		"2027-01-01": {"元日", "2027-01-04"},
		"2026-05-03": {"憲法記念日", "2026-05-07"},
	} {
		d, err := dialer.ParseDate(day)
		if err != nil {
			t.Fatal(err)
		}
		if why, next := bankDays.Closed(d), bankDays.Next(d).String(); why != want[0] || next != want[1] {
			t.Errorf("%s: %q, then %s", day, why, next)
		}
	}
}

func TestWarnings(t *testing.T) {
	c := casework.Case{Balances: []casework.Balance{
		{Insurance: casework.Kokuho, Term: "第1期", Yen: 5000}, {Insurance: casework.Kouki, Term: "第1期", Yen: 3000},
	}}
	for name, tt := range map[string]struct {
		promise casework.Promise
		want    string
	}{
		"nothing odd":   {casework.Promise{Yen: 8000, DueOn: "2026-11-30"}, ""},
		"above":         {casework.Promise{Yen: 8001, DueOn: "2026-11-30"}, "promise.amount_yen above_balance;"},
		"on a Saturday": {casework.Promise{Yen: 8000, DueOn: "2026-11-28"}, "promise.due_on non_banking_day;"},
		"a part above": {
			casework.Promise{Yen: 6000, DueOn: "2026-11-30", Parts: []casework.PromisePart{
				{Insurance: casework.Kokuho, Term: "第1期", Yen: 2000}, {Insurance: casework.Kouki, Term: "第1期", Yen: 4000},
			}}, "promise.parts[1].amount_yen above_balance;",
		},
	} {
		e, got := casework.Entry{Party: casework.Self, Business: []casework.Business{casework.Promised}, Promise: &tt.promise}, ""
		tt.promise.Means = "slip"
		for _, w := range e.Warn(c, &bankDays) {
			got += w.Field + " " + w.Code + ";"
			if w.JA == "" || w.EN == "" {
				t.Errorf("%s: %+v", name, w)
			}
		}
		now := time.Date(2026, 11, 24, 10, 0, 0, 0, dialer.Tokyo)
		if found := e.Check(now, c, dialer.Hours{AlwaysOpen: true}); got != tt.want || len(found) != 0 {
			t.Errorf("%s: warned %q, wrong %v", name, got, found)
		}
	}
	if len(casework.Entry{}.Warn(c, &bankDays)) != 0 {
		t.Error("there is no promise to warn of")
	}
}
