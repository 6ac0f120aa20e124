package postgres

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/report"
)

// An issued report is frozen, in the database too; a second of one revision is refused.
func TestIssuedReportsAreFrozen(t *testing.T) {
	l := newLedger(t)
	i := report.Issued{
		Kind: report.OfDay, Period: "2026-11-24", Revision: 1, At: noon, By: "sv", SHA256: strings.Repeat("ab", 32), Content: []byte("{}"),
	}
	issue := func(i report.Issued) error {
		n, err := l.Issue(t.Context(), i)
		if err == nil && n != i.Revision {
			t.Errorf("revision %d went out as %d", i.Revision, n)
		}
		return err
	}
	must(t, issue(i))
	if err := issue(i); !errors.Is(err, report.ErrIssued) {
		t.Errorf("issued twice: %v", err)
	}
	again := i
	again.Revision = 2
	if err := issue(again); err == nil || errors.Is(err, report.ErrIssued) {
		t.Errorf("a revision without a reason: %v", err)
	}
	again.Reason = "訂正"
	must(t, issue(again))
	got, err := l.IssuedReport(t.Context(), report.OfDay, "2026-11-24", 1)
	if err != nil || string(got.Content) != "{}" || got.SHA256 != i.SHA256 || !got.At.Equal(noon) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := got.Report(); err == nil {
		t.Error("content that does not have its digest is taken for a report")
	}
	if _, err := l.IssuedReport(t.Context(), report.OfDay, "2026-11-24", 3); !errors.Is(err, report.ErrNotIssued) {
		t.Errorf("%v", err)
	}
	if all, err := l.IssuedOf(t.Context(), report.OfDay, "2026-11-24"); err != nil || len(all) != 2 || all[1].Reason != "訂正" {
		t.Errorf("%+v, %v", all, err)
	}
	for _, sql := range []string{"UPDATE issued_reports SET reason = 'x'", "DELETE FROM issued_reports", "TRUNCATE issued_reports", "DELETE FROM sms_counts"} {
		must(t, l.EnterSMS(t.Context(), dialer.DateOf(noon), 3, "sv"))
		if _, err := l.pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s was done", sql)
		}
	}
}

// TestAReportThatWasPutThereIsNone: a row that somebody has written is no revision, in no list and no inspection, keeps no report from going out, and is told.
func TestAReportThatWasPutThereIsNone(t *testing.T) {
	l := newLedger(t)
	put := func(period string, revision int) {
		t.Helper()
		for _, sql := range []string{
			`INSERT INTO issued_reports VALUES ('day', $1, $2, now(), 'sv', '訂正', '{}', sha256('{}'), true)`,
			`INSERT INTO row_marks SELECT 'report', 'day ' || $1::text || ' ' || $2::int, m.mark FROM (SELECT mark FROM row_marks UNION SELECT '\x00') m`, // an other's, and before ours
		} {
			_, err := l.pool.Exec(t.Context(), sql, period, revision)
			must(t, err)
		}
	}
	issue := func(period, reason string, revision int) int {
		t.Helper()
		n, err := l.Issue(t.Context(), report.Issued{
			Kind: report.OfDay, Period: period, Revision: revision, At: noon, By: "sv", Reason: reason, SHA256: strings.Repeat("ab", 32), Content: []byte("{}"),
		})
		must(t, err)
		return n
	}
	issue("2026-11-24", "", 1)
	if kinds, err := l.ForeignRows(t.Context()); err != nil || len(kinds) > 0 {
		t.Fatalf("of nothing is told %v, %v", kinds, err)
	}
	put("2026-11-24", 2)
	put("2026-11-25", 1)
	put("2026-11-25", math.MaxInt32)
	for period, want := range map[string]int{"2026-11-24": 1, "2026-11-25": 0} {
		if all, err := l.IssuedOf(t.Context(), report.OfDay, period); err != nil || len(all) != want {
			t.Errorf("of %s there are %+v, %v", period, all, err)
		}
	}
	if _, err := l.IssuedReport(t.Context(), report.OfDay, "2026-11-24", 2); !errors.Is(err, report.ErrNotIssued) {
		t.Errorf("it can be read: %v", err)
	}
	if all, err := l.IssuedSince(t.Context(), noon); err != nil || len(all) != 1 || all[0].Revision != 1 {
		t.Errorf("since then went out %+v, %v", all, err)
	}
	shelf := &paperShelf{}
	must(t, l.Papers(t.Context(), noon.AddDate(0, 0, -1), noon.AddDate(0, 0, 7), shelf))
	if len(shelf.papers) != 1 {
		t.Errorf("an inspection has %+v", shelf.papers)
	}
	if n := issue("2026-11-24", "訂正", 2); n != 3 {
		t.Errorf("the second went out as %d, want 3", n)
	}
	if n := issue("2026-11-25", "", 1); n != 2 {
		t.Errorf("the first of the other day went out as %d, want 2", n)
	}
	for _, of := range []struct {
		period   string
		revision int
	}{{"2026-11-24", 3}, {"2026-11-25", 2}} {
		if got, err := l.IssuedReport(t.Context(), report.OfDay, of.period, of.revision); err != nil || got.By != "sv" {
			t.Errorf("%+v: %+v, %v", of, got, err)
		}
	}
	if kinds, err := l.ForeignRows(t.Context()); err != nil || !slices.Equal(kinds, []string{"report"}) {
		t.Errorf("of it is told %v, %v", kinds, err)
	}
}

// paperShelf keeps what an inspection is told of what went out.
type paperShelf struct {
	report.PaperSink

	papers []report.Paper
}

func (s *paperShelf) Paper(p report.Paper) { s.papers = append(s.papers, p) }

func (s *paperShelf) Amendment(report.Amendment) {}
