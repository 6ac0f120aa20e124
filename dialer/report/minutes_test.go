package report

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
)

// drawer keeps minutes as a store does.
type drawer map[string][]KeptMinutes

func (d drawer) MinutesOf(_ context.Context, month string, whole int) ([]KeptMinutes, error) {
	all := append([]KeptMinutes(nil), d[month]...)
	for i := range all {
		if r := all[i].Revision; r != whole && (whole != Newest || r != len(all)) {
			all[i].Content = nil
		}
	}
	return all, nil
}

func (d drawer) KeepMinutes(_ context.Context, month string, k KeptMinutes) error {
	if k.Revision != len(d[month])+1 {
		return ErrMinutesMoved
	}
	d[month] = append(d[month], k)
	return nil
}

func (d drawer) KeepSignature(_ context.Context, month string, revision int, s Signature) error {
	if revision != len(d[month]) || d[month][revision-1].SignedBy(s.Side) != nil {
		return ErrMinutesMoved
	}
	d[month][revision-1].Signed = append(d[month][revision-1].Signed, s)
	return nil
}

func meeting() Minutes {
	return Minutes{
		Month: "2026-11", On: "2026-12-03", Place: " 区役所 5階会議室 ", Present: "区 収納課 係長\n受託者 業務責任者", Agenda: "1. 架電件数 実績5,432件",
		Decided: "土曜の架電を増やす", ToDo: []Task{{What: "土曜の席割り", Who: "受託者", By: "12月10日"}, {}}, Next: "2027-01-07 10:00 区役所",
	}
}

// What is changed is another revision, which nobody has signed; whoever writes from an old one is told.
func TestMinutesAreWrittenAndSigned(t *testing.T) {
	d := drawer{}
	s := Secretary{Store: d, Now: func() time.Time { return december }}
	first, err := s.Save(t.Context(), meeting(), 0, "sv")
	if err != nil || first.Revision != 1 || len(first.SHA256) != 64 {
		t.Fatalf("%+v, %v", first, err)
	}
	kept, err := first.Minutes()
	if err != nil || kept.Place != "区役所 5階会議室" || len(kept.ToDo) != 1 {
		t.Errorf("%+v, %v", kept, err)
	}
	var asked *AskError
	if _, err := s.Save(t.Context(), meeting(), 1, "sv"); !errors.As(err, &asked) {
		t.Errorf("saved without a change: %v", err)
	}
	changed := meeting()
	changed.Decided = "水曜の夜を増やす"
	if _, err := s.Save(t.Context(), changed, 0, "sv2"); !errors.Is(err, ErrMinutesMoved) {
		t.Errorf("written from nothing, and there is a first: %v", err)
	}
	for _, side := range Sides {
		if d["2026-11"][0].Frozen() {
			t.Error("it is frozen before both have signed")
		}
		if err := s.Sign(t.Context(), "2026-11", 1, side, "u"); err != nil {
			t.Error(err)
		}
		if err := s.Sign(t.Context(), "2026-11", 1, side, "u"); !errors.Is(err, ErrMinutesMoved) {
			t.Errorf("signed twice: %v", err)
		}
	}
	if !d["2026-11"][0].Frozen() {
		t.Error("both have signed, and it is not frozen")
	}
	if _, err := s.Save(t.Context(), changed, 1, "sv2"); err != nil {
		t.Fatal(err)
	}
	if two := d["2026-11"]; len(two) != 2 || len(two[1].Signed) != 0 || !two[0].Frozen() || two[1].By != "sv2" {
		t.Errorf("%+v", two)
	}
	if err := s.Sign(t.Context(), "2026-11", 1, SideWard, "u"); !errors.Is(err, ErrMinutesMoved) {
		t.Errorf("an old revision is signed: %v", err)
	}
	d["2026-11"][0].Content[20] ^= 1
	if _, err := d["2026-11"][0].Minutes(); err == nil {
		t.Error("minutes that were tampered with are read")
	}
}

func TestWhatCannotBeMinutes(t *testing.T) {
	for says, spoil := range map[string]func(*Minutes){
		"まだ始まっていません": func(m *Minutes) { m.Month = "2027-03" },
		"開催日":        func(m *Minutes) { m.On = "12月3日" },
		"出席者":        func(m *Minutes) { m.Present = " \n" },
		"宿題の内容":      func(m *Minutes) { m.ToDo = []Task{{Who: "受託者"}} },
		"電話番号":       func(m *Minutes) { m.ToDo[0].What = "03-5555-0123 に電話する" },
		"宛名番号":       func(m *Minutes) { m.Decided = "宛名番号0001234567の件" },
		"使えない文字":     func(m *Minutes) { m.Next = "\x00" },
	} {
		d := drawer{}
		m := meeting()
		spoil(&m)
		_, err := Secretary{Store: d, Now: func() time.Time { return december }}.Save(t.Context(), m, 0, "sv")
		var asked *AskError
		if !errors.As(err, &asked) || !strings.Contains(asked.JA, says) || len(d) > 0 {
			t.Errorf("%s: %v", says, err)
		}
	}
}

func TestNumbersInProse(t *testing.T) {
	for text, want := range map[string]bool{
		"2026-12-03 10:00 に 5,432件、1,234,567円": false, "2026年11月の98.3 %": false, "123456": false, "12-345-6789": false, "": false, "第3版 2026-11-24 2026-11-25": false,
		"1234567": true, "１２３４５６７": true, "090-1234-5678": true, "03(5555)0123": true, "０３ー５５５５ー０１２３": true, "080 1234 5678": true, "件0901234567": true,
	} {
		if got := holdsNumber(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestAgenda(t *testing.T) {
	l := &tale{}
	l.tried(november(2, 10, 0), "a", "self")
	l.promises = []Promise{{
		Attempt: "call-0", At: november(2, 10, 0), CaseRef: "a", Party: "self", Yen: 1234567, DueOn: dialer.DateOf(november(9, 0, 0)), Means: "slip", State: "open",
	}}
	p, err := ParsePeriod(OfMonth, "2026-11", december)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Make(t.Context(), l, Options{Now: december}, p)
	if err != nil {
		t.Fatal(err)
	}
	stands := Progress{Target: 5700, Definition: ByPersons, Done: Counts{Attempts: 9999, Persons: 5432}}
	got := Agenda(r, stands, 3)
	for _, want := range []string{"実績5,432件、目標5,700件(達成率95.3 %)", "納付約束 1件 1,234,567円", "履行 0件、納付金額0円", "苦情 0件", "引継ぎ 3件"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	if got := Agenda(r, Progress{Definition: ByAttempts, Done: Counts{Attempts: 12}}, 0); !strings.Contains(got, "実績12件、目標の定めなし") {
		t.Error(got)
	}
	m := meeting()
	m.Agenda = Agenda(r, stands, 3)
	if err := m.trimmed().check(december); err != nil {
		t.Errorf("the agenda that they begin with cannot be kept: %v", err)
	}
}

// TestMinutesAreWrittenSoOften and no oftener, and those that there are can be signed.
func TestMinutesAreWrittenSoOften(t *testing.T) {
	d := drawer{}
	s := Secretary{Store: d, Now: func() time.Time { return december }}
	m := meeting()
	for n := range MostRevisions {
		m.Decided = strings.Repeat("決", n+1)
		if _, err := s.Save(t.Context(), m, n, "sv"); err != nil {
			t.Fatal(err)
		}
	}
	var asked *AskError
	m.Decided = "もう一度"
	if _, err := s.Save(t.Context(), m, MostRevisions, "sv"); !errors.As(err, &asked) || asked.JA == "" || asked.EN == "" {
		t.Errorf("saved once more: %v", err)
	}
	if err := s.Sign(t.Context(), m.Month, MostRevisions, SideWard, "ward"); err != nil {
		t.Error(err)
	}
}
