package postgres

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/report"
)

// anything is a sink that sees whether there is anything to report.
type anything struct{ seen bool }

func (a *anything) Attempt(report.Attempt) { a.seen = true }
func (a *anything) Promise(report.Promise) {}
func (a *anything) Payment(report.Payment) { a.seen = true }
func (a *anything) Handoff(report.Handoff) { a.seen = true }
func (a *anything) Number(report.Number)   { a.seen = true }
func (a *anything) SMS(report.SMS)         { a.seen = true }

// A look at a period, of each kind, agrees with reading it.
func TestALookSeesWhatReadingFinds(t *testing.T) {
	l := newLedger(t)
	tx, err := l.pool.Begin(t.Context())
	must(t, err)
	y := &randomYear{t: t, l: l, tx: tx, r: rand.New(rand.NewPCG(3, 7)), year: 2026}
	y.write(9)
	must(t, tx.Commit(t.Context()))
	open := time.Date(2026, 6, 15, 15, 0, 0, 0, time.UTC) // the 16th in Tokyo
	_, err = l.pool.Exec(t.Context(), `INSERT INTO attempts (id, case_id, case_ref, number_ref, number_kind, insurance, language, balance_band, sample, desk, operator, trunk,
		direction, origin, started_at, dialled_at, counted) VALUES ($1, $1, 'c', 'n', '', '', 'ja', '', true, 'd', 'op', 't', 'outbound', 'sip', $2, $3, false)`,
		y.id(), open.Add(-time.Second), open)
	must(t, err)
	var periods []report.Period
	now := time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, kind := range report.Kinds {
		for day := (dialer.Date{Year: 2026, Month: 4, Day: 1}); day.Year < 2027; day = day.Next() {
			p, err := report.ParsePeriod(kind, report.Current(kind, day.At(0)), now)
			must(t, err)
			if !slices.Contains(periods, p) {
				periods = append(periods, p)
			}
		}
	}
	looks, err := l.Look(t.Context(), periods)
	must(t, err)
	some, none := 0, 0
	for i, p := range periods {
		found := &anything{}
		if p.Kind == report.Privacy {
			c, err := l.Custody(t.Context(), p.Start(), p.End())
			must(t, err)
			within := func(c report.Close) bool { return c.Day.String() < p.To.String() }
			found.seen = slices.ContainsFunc(c.Closes, within) ||
				len(c.Held)+len(c.Exports)+len(c.Lists)+len(c.Disclosures)+len(c.Checks)+len(c.Reads)+len(c.Listens)+len(c.Incidents)+c.Refused > 0
		} else {
			must(t, l.Facts(t.Context(), p.Start(), p.End(), found))
		}
		if looks[i].Any != found.seen {
			t.Errorf("%s %s: a look says %v, reading it %v", p.Kind, p.Name, looks[i].Any, found.seen)
		}
		if holds := !open.Before(p.Start()) && open.Before(p.End()); looks[i].Open != holds {
			t.Errorf("%s %s: a call of it is open: %v, want %v", p.Kind, p.Name, looks[i].Open, holds)
		}
		if found.seen {
			some++
		} else {
			none++
		}
	}
	if some < 10 || none < 100 {
		t.Errorf("%d periods with something in them and %d without", some, none)
	}
}

// After a standstill of ten months all that was missed is issued, once, but what an open call is in; then that.
func TestWhatWasMissedIsIssued(t *testing.T) {
	l := newLedger(t)
	call(t, l, newTarget(), time.Date(2026, 4, 6, 3, 0, 0, 0, time.UTC), dialer.NoAnswer)
	call(t, l, newTarget(), time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC), dialer.Busy)
	_, err := l.pool.Exec(t.Context(), "INSERT INTO custody_days (day, mark) VALUES ('2026-05-07', '')")
	must(t, err)
	openID := dialer.NewID(noon)
	_, err = l.pool.Exec(t.Context(), `INSERT INTO attempts (id, case_id, case_ref, number_ref, number_kind, insurance, language, balance_band, sample, desk, operator, trunk,
		direction, origin, started_at, dialled_at, counted) VALUES ($1, $1, 'c', 'n', '', '', 'ja', '', true, 'd', 'op', 't', 'outbound', 'sip', $2, $2, false)`,
		openID, time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC))
	must(t, err)
	k := &report.Keeper{
		Issuer: report.Issuer{Ledger: l, Store: l}, Log: slog.New(slog.DiscardHandler), ClockWrong: func() *dialer.Refusal { return nil },
		Options: func(context.Context) (report.Options, error) {
			return report.Options{Now: time.Date(2027, 2, 1, 3, 0, 0, 0, time.UTC), Hours: dialer.Hours{Week: dialer.WardHours()}, Definition: report.ByAttempts}, nil
		},
	}
	once := func(want ...string) {
		t.Helper()
		before, err := l.IssuedSince(t.Context(), noon.AddDate(-2, 0, 0))
		must(t, err)
		n, err := k.Once(t.Context())
		must(t, err)
		after, err := l.IssuedSince(t.Context(), noon.AddDate(-2, 0, 0))
		must(t, err)
		var names []string
		for _, i := range after {
			names = append(names, string(i.Kind)+" "+i.Period)
			if !i.Whole || i.Revision != 1 {
				t.Errorf("%+v", i)
			}
		}
		if slices.Sort(names); !slices.Equal(names, want) || n != len(after)-len(before) {
			t.Errorf("%d were issued, and there are %v, want %v", n, names, want)
		}
	}
	early := []string{"day 2026-04-06", "inspection 2026-04", "month 2026-04", "privacy 2026-05"}
	once(early...)
	_, err = l.pool.Exec(t.Context(), "UPDATE attempts SET ended_at = $2, ended_by = 'far', result = 'busy', confidence = 'high', rule = 'r', why = 'w' WHERE id = $1",
		openID, time.Date(2026, 11, 24, 4, 1, 0, 0, time.UTC))
	must(t, err)
	all := slices.Concat(early, []string{"day 2026-11-24", "inspection 2026-11", "month 2026-11", "privacy 2026-11"})
	slices.Sort(all)
	once(all...)
	once(all...)
}
