package postgres

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"kakeru/dialer/report"
)

func minutesOf(decided string) report.Minutes {
	return report.Minutes{Month: "2026-10", On: "2026-11-05", Present: "係長", Decided: decided}
}

// Of many that save from the same revision one is kept, and the others are told; of many that sign for a side one has signed.
func TestMinutesOfManyHands(t *testing.T) {
	l := newLedger(t)
	s := report.Secretary{Store: l, Now: l.now}
	for revision := range 3 {
		var kept, told atomic.Int32
		var all sync.WaitGroup
		for n := range 6 {
			all.Go(func() {
				switch _, err := s.Save(t.Context(), minutesOf(strings.Repeat("決", 10*revision+n+1)), revision, "sv"); {
				case err == nil:
					kept.Add(1)
				case errors.Is(err, report.ErrMinutesMoved):
					told.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if kept.Load() != 1 || told.Load() != 5 {
			t.Errorf("%d kept, %d told", kept.Load(), told.Load())
		}
	}
	var signed atomic.Int32
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if err := s.Sign(t.Context(), "2026-10", 3, report.SideWard, "ward"); err == nil {
				signed.Add(1)
			} else if !errors.Is(err, report.ErrMinutesMoved) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	must(t, s.Sign(t.Context(), "2026-10", 3, report.SideContractor, "sv"))
	kept, err := l.MinutesOf(t.Context(), "2026-10", report.Newest)
	must(t, err)
	if signed.Load() != 1 || len(kept) != 3 || !kept[2].Frozen() || kept[0].Frozen() || kept[2].SignedBy(report.SideWard).By != "ward" {
		t.Errorf("%d signed: %+v", signed.Load(), kept)
	}
	for _, whole := range []int{report.NoRevision, 1, 2, 3, report.Newest} { // one is read whole, and of the others who wrote them and when
		kept, err := l.MinutesOf(t.Context(), "2026-10", whole)
		must(t, err)
		for _, k := range kept {
			if k.Revision == whole || whole == report.Newest && k.Revision == 3 {
				if _, err := k.Minutes(); err != nil {
					t.Error(err)
				}
			} else if len(k.Content) > 0 || k.By != "sv" || len(k.SHA256) != 64 {
				t.Errorf("asked for %d whole: %+v", whole, k)
			}
		}
	}
	for _, revision := range []int{1, 2, 4} {
		if err := s.Sign(t.Context(), "2026-10", revision, report.SideWard, "ward"); !errors.Is(err, report.ErrMinutesMoved) {
			t.Errorf("revision %d is signed: %v", revision, err)
		}
	}
	if err := l.KeepMinutes(t.Context(), "2026-10", report.KeptMinutes{Revision: 5, At: noon, By: "sv", SHA256: strings.Repeat("ab", 32)}); !errors.Is(err, report.ErrMinutesMoved) {
		t.Errorf("a revision is left out: %v", err)
	}
}

// What was written and signed cannot be unwritten, in the database either.
// TestASignatureOfNobodysIsNone: a row that says that the ward has signed is no signature, whatever mark it is given, is told, and keeps the ward from signing what
// is written next no more than from the rest.
func TestASignatureOfNobodysIsNone(t *testing.T) {
	l := newLedger(t)
	s := report.Secretary{Store: l, Now: l.now}
	_, err := s.Save(t.Context(), minutesOf("決定"), 0, "sv")
	must(t, err)
	must(t, s.Sign(t.Context(), "2026-10", 1, report.SideContractor, "sv"))
	for _, sql := range []string{
		"INSERT INTO minutes_signed (month, revision, side, by_user, at) VALUES ('2026-10', 1, 'ward', 'ward', now())",
		"INSERT INTO row_marks SELECT 'signature', '2026-10 1 ward', mark FROM row_marks WHERE what = 'signature'",
	} {
		_, err := l.pool.Exec(t.Context(), sql)
		must(t, err)
	}
	kept, err := l.MinutesOf(t.Context(), "2026-10", report.NoRevision)
	must(t, err)
	if len(kept) != 1 || kept[0].Frozen() || len(kept[0].Signed) != 1 || kept[0].Signed[0].Side != report.SideContractor {
		t.Errorf("%+v", kept)
	}
	if kinds, err := l.ForeignRows(t.Context()); err != nil || !slices.Equal(kinds, []string{"signature"}) {
		t.Errorf("of it is told %v, %v", kinds, err)
	}
	_, err = s.Save(t.Context(), minutesOf("決定、もう一度"), 1, "sv")
	must(t, err)
	must(t, s.Sign(t.Context(), "2026-10", 2, report.SideWard, "ward"))
}

func TestMinutesAreFrozen(t *testing.T) {
	l := newLedger(t)
	s := report.Secretary{Store: l, Now: l.now}
	_, err := s.Save(t.Context(), minutesOf("決定"), 0, "sv")
	must(t, err)
	must(t, s.Sign(t.Context(), "2026-10", 1, report.SideWard, "ward"))
	for _, sql := range []string{
		"UPDATE minutes SET by_user = 'x'", "DELETE FROM minutes", "TRUNCATE minutes CASCADE", "UPDATE minutes_signed SET by_user = 'x'",
		"DELETE FROM minutes_signed", "TRUNCATE minutes_signed",
		"INSERT INTO minutes_signed (month, revision, side, by_user, at) VALUES ('2026-10', 2, 'ward', 'x', now())",
		"INSERT INTO minutes_signed (month, revision, side, by_user, at) VALUES ('2026-10', 1, 'somebody', 'x', now())",
	} {
		if _, err := l.pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s was done", sql)
		}
	}
}

func TestOpenHandoffsAreThoseThatWait(t *testing.T) {
	l := newLedger(t)
	for i, state := range []string{"open", "open", "acknowledged", "answered", "withdrawn", "returned"} {
		_, err := l.pool.Exec(t.Context(), `INSERT INTO handoffs (id, case_id, case_ref, kind, state, by_user, at, due_on, moved_at, sealed)
			VALUES ($1, $1, 'c', 'other', $2, 'op', now(), '2030-01-01', now(), '')`, "00000000-0000-7000-8000-00000000000"+string(rune('0'+i)), state)
		must(t, err)
	}
	if n, err := l.OpenHandoffs(t.Context()); err != nil || n != 3 {
		t.Errorf("%d wait, %v", n, err)
	}
}
