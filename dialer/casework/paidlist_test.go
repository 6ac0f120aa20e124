package casework_test

import (
	"errors"
	"strings"
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/japan"
)

var paidRefs = dialer.NewRefs([]byte("a secret of at least thirty-two bytes"))

func readPaid(t *testing.T, text string) (rows []casework.PaidRow, err error) {
	t.Helper()
	for row, e := range casework.ReadPaid(strings.NewReader(text), casework.PaidMapping(), japan.Notation{}, paidRefs) {
		if e != nil {
			return rows, e
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func codesOf(ps []casework.Problem) string {
	var codes []string
	for _, p := range ps {
		codes = append(codes, p.Code)
	}
	return strings.Join(codes, ",")
}

func TestReadPaid(t *testing.T) {
	rows, err := readPaid(t, "令和8年12月 消込リスト\n"+
		"収納日,収納額,氏名,宛名番号,保険区分,期別,収納方法,見本\n"+ // columns stand where they like; the name is not taken
		"令和8年11月30日,\"１２，３００円\",見本太郎,0000000012,国保,令和8年度 第1期,コンビニ,見本\n"+
		"R8.12.1,▲5000,見本太郎,12,国民健康保険,令和8年度 第1期,,見本\n"+
		"2026/12/01,(500),見本太郎,0000000012,後期,令和8年度 第2期,口座,見本\n")
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	ref := paidRefs.Case("0000000012")
	for i, want := range []casework.Payment{
		{Insurance: casework.Kokuho, Term: "令和8年度 第1期", PaidOn: dialer.Date{Year: 2026, Month: 11, Day: 30}, Yen: 12300},
		{Insurance: casework.Kokuho, Term: "令和8年度 第1期", PaidOn: dialer.Date{Year: 2026, Month: 12, Day: 1}, Yen: -5000},
		{Insurance: casework.Kouki, Term: "令和8年度 第2期", PaidOn: dialer.Date{Year: 2026, Month: 12, Day: 1}, Yen: -500},
	} {
		if r := rows[i]; r.Payment != want || r.CaseRef != ref || r.Line != i+3 || !r.Sample {
			t.Errorf("row %d: %+v", i, r)
		}
	}
	if rows[0].Means != "コンビニ" || codesOf(rows[0].Problems) != "unknown_column" || codesOf(rows[1].Repairs) != "leading_zero" {
		t.Errorf("%+v", rows[:2])
	}
}

func TestRowsOfAPaidListThatAreWrong(t *testing.T) {
	const header = "宛名番号,保険区分,期別,収納日,収納額\n"
	for row, want := range map[string]string{
		",国保,第1期,2026/11/30,100":              "missing",
		"12a,国保,第1期,2026/11/30,100":           "bad_ward_number",
		"0000000012,介護,第1期,2026/11/30,100":    "unknown_insurance",
		"0000000012,国保,,2026/11/30,100":       "missing",
		"0000000012,国保,第1期,,100":              "missing",
		"0000000012,国保,第1期,11/31,100":         "bad_date",
		"0000000012,国保,第1期,2026/11/30,":       "missing",
		"0000000012,国保,第1期,2026/11/30,0":      "zero_paid",
		"0000000012,国保,第1期,2026/11/30,12.5":   "bad_paid_amount",
		"0000000012,国保,第1期,2026/11/30,(100":   "bad_paid_amount",
		"0000000012,国保,第1期,2026/11/30,100,余り": "cells",
		`0000000012,国保,第1期,2026/11/30,1"0`:    "bare_quote",
	} {
		rows, err := readPaid(t, header+row+"\n")
		if err != nil || len(rows) != 1 || codesOf(rows[0].Problems) != want || !rows[0].Problems[0].Fatal {
			t.Errorf("%s: %v, %+v", row, err, rows)
		}
		for _, p := range rows[0].Problems {
			if p.JA == "" || p.EN == "" {
				t.Errorf("%s is said by no sentence", p.Code)
			}
		}
	}
}

func TestAPaidListWhoseColumnsAreNotThere(t *testing.T) {
	var wrong *casework.ListError
	if _, err := readPaid(t, "宛名番号,保険区分,期別,収納日\n1,国保,1,2026/11/30\n"); !errors.As(err, &wrong) || wrong.Code != "columns" || !strings.Contains(wrong.JA, "収納額") {
		t.Errorf("%v", err)
	}
	if _, err := readPaid(t, "宛名番号,保険区分,期別,収納日,収納額,入金額\n"); !errors.As(err, &wrong) || wrong.Code != "double_column" {
		t.Errorf("%v", err)
	}
}
