package returns

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/casework/dayclose"
)

// Handover implements HandoverStore: the year is told by the attempts of it.
func (d *day) Handover(_ context.Context, _ dayclose.Close, yearBegan time.Time) (Handover, error) {
	d.yearBegan = yearBegan
	return d.handing, nil
}

var handed = Handover{
	Cases: []HandoverCase{
		{CaseRef: "ref-b", Language: "vi", Attempts: 3, ThisYear: 1, DoNotCall: true},
		{
			CaseRef: "ref-c", WardNumber: "0000000020", Language: "ja", Attempts: 12, ThisYear: 4,
			Promises: []casework.Promise{{Yen: 5000, DueOn: "2026-11-30", Means: "slip"}, {Yen: 1200, DueOn: "2026-12-15", Means: "slip"}},
			TalkedAt: new(time.Date(2026, 11, 20, 1, 5, 0, 0, time.UTC)), Party: casework.Self, Business: []casework.Business{casework.Promised, casework.Information},
		},
		{CaseRef: "ref-a", WardNumber: "0000000010", CallAt: new(time.Date(2026, 12, 1, 2, 30, 0, 0, time.UTC))},
	},
	Months: []HandoverMonth{
		{Month: "2026-10", Attempts: 5700, Talks: 800, Promises: 300, PromisedYen: 3_000_000, Kept: 200, KeptYen: 2_000_000},
		{Month: "2026-11", Attempts: 4300, Talks: 700, Promises: 200, PromisedYen: 1_234_567, Kept: 1, KeptYen: 999},
	},
	Languages: []LanguageCount{{"vi", 7}, {"ne", 1}},
	Open:      HandoverOpen{Handoffs: 3, Promises: 299, PromisedYen: 2_233_568, NumbersForbidden: 4},
	Pages:     []casework.ScriptPage{{Title: "名乗り", Language: "ja", Version: 2, DecidedAt: time.Date(2026, 10, 1, 3, 0, 0, 0, time.UTC)}},
}

// handedOver closes a contract and reads both files again.
func handedOver(t *testing.T, h Handover) (rows [][]string, text string, d *day) {
	t.Helper()
	d = &day{handing: h}
	dir := t.TempDir()
	x := &Returner{
		Store: d, Then: d, Handing: d, Rules: casework.DefaultRules, Folder: dayclose.Folder(dir), Layout: DefaultLayout(), Alphabet: ward{}, Name: named, Now: time.Now,
	}
	c := dayclose.Close{ID: "close-1", Day: dialer.Date{Year: 2026, Month: 3, Day: 31}, Final: true}
	first, err := x.Return(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(d.handing.Cases) // in whatever order the ledger has them
	again, err := x.Return(t.Context(), c)
	if err != nil || !slices.Equal(first, again) {
		t.Errorf("written again it is another: %v, %v", again, err)
	}
	var names []string
	for _, f := range first {
		if f.Kind != "handover" {
			continue
		}
		names = append(names, f.Name)
		body, err := os.ReadFile(dir + "/" + f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f.Name, ".csv") {
			rows = readBack(t, body)
			if f.Rows != len(rows)-1 {
				t.Errorf("%d rows, and the file says %d", len(rows)-1, f.Rows)
			}
		} else {
			text = string(body)
		}
	}
	if want := []string{"2026-03-31/handover-close-1.csv", "2026-03-31/handover-close-1.txt"}; !slices.Equal(names, want) {
		t.Errorf("%v", names)
	}
	return rows, text, d
}

// TestTheHandoverNamesCases by 宛名番号, and those that the ward has back by their reference, after the others; the year is the fiscal one.
func TestTheHandoverNamesCases(t *testing.T) {
	rows, _, d := handedOver(t, Handover{Cases: slices.Clone(handed.Cases)})
	want := []string{
		strings.Join(handoverHeaders, "|"),
		"0000000010|ref-a||||2026/12/01 11:30|||0|0|||",
		"0000000020|ref-c|2026/11/30、2026/12/15|5000、1200|納付書、納付書||||12|4|2026/11/20 10:05|本人|納付約束、制度案内",
		"|ref-b|||||あり|ベトナム語|3|1|||",
	}
	var got []string
	for _, r := range rows {
		got = append(got, strings.Join(r, "|"))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
	if began := dialer.DateOf(d.yearBegan); began != (dialer.Date{Year: 2025, Month: time.April, Day: 1}) {
		t.Errorf("the fiscal year of 31 March began on %s", began)
	}
}

// TestTheSummaryNamesNobody: figures, rules and pages, in Japanese, and no number or reference of a case.
func TestTheSummaryNamesNobody(t *testing.T) {
	_, text, _ := handedOver(t, handed)
	for _, want := range []string{
		"2026-10 から 2026-11 まで", "2026-10: 架電 5,700件、本人との通話 800件、納付約束 300件 3,000,000円、うち履行 200件 2,000,000円",
		"合計: 架電 10,000件、本人との通話 1,500件、納付約束 500件 4,234,567円、うち履行 201件 2,000,999円", "納付約束: 299件 2,233,568円", "お約束の架電: 1件",
		"引継ぎ(状態のまま返却): 3件", "架電禁止の番号: 4件", "CSV の案件: 3件", "照合番号だけのもの 1件", "言語 ベトナム語 を要する案件: 7件", "言語 ne を要する案件: 1件",
		"・応答のない番号は1日に2回まで、60分以上あけて、時間帯を変えて", "・番号変更のため、区への相違報告を待ちます", "・名乗り(日本語、第2版、2026/10/01承認)\r\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it lacks %q", want)
		}
	}
	for _, c := range handed.Cases {
		if strings.Contains(text, c.CaseRef) || c.WardNumber != "" && strings.Contains(text, c.WardNumber) {
			t.Errorf("it names %s", c.CaseRef)
		}
	}
	if _, empty, _ := handedOver(t, Handover{}); !strings.Contains(empty, "架電の記録はありません") || !strings.Contains(empty, "承認された文面はありません") {
		t.Error(empty)
	}
}
