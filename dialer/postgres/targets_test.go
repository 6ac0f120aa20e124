package postgres

import (
	"errors"
	"strings"
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/report"
)

// The newest word on a month counts, one takes another back, and none is ever changed.
func TestTargetWords(t *testing.T) {
	l := newLedger(t)
	four, none := 4000, 0
	for _, w := range []report.TargetWord{
		{Month: "2026-12", Calls: &four, Reason: "対象者が少ない", By: "ward", At: noon},
		{Month: "2026-11", Calls: &four, Reason: "一度は指示した", By: "ward", At: noon},
		{Month: "2026-11", Reason: "契約どおりに戻す", By: "sv", At: noon},
		{Month: "2027-01", Calls: &none, Reason: "催告を休む", By: "ward", At: noon},
	} {
		must(t, l.SetTarget(t.Context(), w))
	}
	words, err := l.TargetWords(t.Context())
	if err != nil || len(words) != 3 {
		t.Fatalf("%+v, %v", words, err)
	}
	if w := words[0]; w.Month != "2026-11" || w.Calls != nil || w.By != "sv" || w.Reason != "契約どおりに戻す" || !w.At.Equal(noon) {
		t.Errorf("%+v", w)
	}
	if words[1].Calls == nil || *words[1].Calls != 4000 || words[2].Calls == nil || *words[2].Calls != 0 {
		t.Errorf("%+v", words)
	}
	for _, sql := range []string{
		"INSERT INTO month_targets (month, calls, reason, by_user, at) VALUES ('2026-13', 1, 'x', 'sv', now())",
		"INSERT INTO month_targets (month, calls, reason, by_user, at) VALUES ('2026-11', -1, 'x', 'sv', now())",
		"UPDATE month_targets SET calls = 1", "DELETE FROM month_targets", "TRUNCATE month_targets",
	} {
		if _, err := l.pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s was done", sql)
		}
	}
}

// That a target fails is told once, whoever sees it; when it fails anew it is told anew.
func TestTellTargetOnce(t *testing.T) {
	l := newLedger(t)
	s := report.Standing{Measure: report.Calls, Kind: report.OfMonth, Period: "2026-11", FailedOn: "2026-11-13"}
	for i, since := range []string{"2026-11-13", "2026-11-13", "2026-11-12", "2026-12-20"} { // told, known, known though the day moved, anew
		s.FailedOn = since
		want := i == 0 || i == 3
		if first, err := l.TellTarget(t.Context(), s, noon); err != nil || first != want {
			t.Errorf("%d: %v, %v", i, first, err)
		}
	}
}

func TestNoticesAreKept(t *testing.T) {
	l := newLedger(t)
	k, err := report.Notice{Standing: report.Standing{State: report.FailingNow}, Reason: "席が空いた", Remedy: "席を増やす"}.Freeze("sv", noon)
	must(t, err)
	id, err := l.KeepNotice(t.Context(), k)
	must(t, err)
	got, err := l.KeptNotice(t.Context(), id)
	must(t, err)
	if n, err := got.Notice(); err != nil || n.Reason != "席が空いた" || got.By != "sv" || !got.At.Equal(noon) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := l.KeptNotice(t.Context(), id+1); !errors.Is(err, dialer.ErrNotFound) {
		t.Errorf("%v", err)
	}
	if all, err := l.Notices(t.Context(), 10); err != nil || len(all) != 1 || all[0].ID != id {
		t.Errorf("%+v, %v", all, err)
	}
	for _, sql := range []string{"UPDATE ward_notices SET by_user = 'x'", "DELETE FROM ward_notices", "TRUNCATE ward_notices", "TRUNCATE target_alerts"} {
		if _, err := l.pool.Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "P0001") && !strings.Contains(err.Error(), "SQLSTATE") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}
