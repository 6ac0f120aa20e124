//go:build !production

package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"kakeru/cmd/stores"
	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/postgres"
	"kakeru/dialer/vault"
)

// auditBench is what the benchmark of the record of who saw what is to do.
type auditBench struct {
	years, repeat int
	json          bool
}

// auditFigures are what the record costs whoever waits for it.
type auditFigures struct {
	Entries   int     `json:"entries"`
	FillS     float64 `json:"fill_s"`
	WriteP50  float64 `json:"write_p50_ms"`
	WriteP99  float64 `json:"write_p99_ms"`
	CaseP50   float64 `json:"case_p50_ms"`
	CaseP99   float64 `json:"case_p99_ms"`
	PersonP50 float64 `json:"person_month_p50_ms"`
	PersonP99 float64 `json:"person_month_p99_ms"`
	DayP50    float64 `json:"day_p50_ms"`
	DayP99    float64 `json:"day_p99_ms"`
	CheckS    float64 `json:"check_s"`
}

// What the record of a month is made of: each of 5,700 calls opens its case, and the supervisor's and ward's lists show many.
const (
	benchCases    = 6000
	benchEntries  = 3 * 5700 // of a month
	benchTogether = 500
)

// benchAudit fills years of the record in a private PostgreSQL, as the server writes them, and measures how long one entry takes, how
// long it takes to find who looked at a case, and to check it all.
func benchAudit(ctx context.Context, args []string, std streams) error {
	var o auditBench
	rest, err := flags("bench audit", args, std, func(f *flag.FlagSet) {
		f.IntVar(&o.years, "years", 10, "how many `years` the record has")
		f.IntVar(&o.repeat, "repeat", 300, "how many `times` each is done")
		f.BoolVar(&o.json, "json", false, "print one object of figures")
	})
	if err != nil {
		return err
	}
	if len(rest) > 0 || o.years < 1 || o.years > 30 || o.repeat < 1 || o.repeat > 10_000 {
		return errUsage{"arguments not understood, or out of range"}
	}
	figures, err := o.run(ctx)
	if err != nil {
		return err
	}
	if o.json {
		return json.NewEncoder(std.out).Encode(figures)
	}
	printFigures(std.out, figures)
	return nil
}

// run fills, measures and throws all away, however it ends. The database writes durably, as a centre's does.
func (o auditBench) run(ctx context.Context) (f auditFigures, err error) {
	dir, err := os.MkdirTemp("", "kakeru-audit-")
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	server, err := stores.StartPostgres(ctx, stores.Options{Dir: dir, Log: logger("error", streams{err: os.Stderr})})
	if err != nil {
		return f, err
	}
	defer server.Stop()
	if err := server.CreateDatabase(ctx, database, ""); err != nil {
		return f, err
	}
	url := server.URL(database)
	if err := postgres.Migrate(ctx, url); err != nil {
		return f, err
	}
	personal, err := vault.Open(dir + "/keys")
	if err != nil {
		return f, err
	}
	refs := dialer.NewRefs(make([]byte, secretBytes))
	l, err := postgres.Open(ctx, postgres.Options{URL: url, Refs: refs, Vault: personal})
	if err != nil {
		return f, err
	}
	defer l.Close()
	if err := o.fill(ctx, l, &f); err != nil {
		return f, err
	}
	return f, o.measure(ctx, l, postgres.AuditChain(refs), &f)
}

// began is when the made-up record begins.
var auditBegan = time.Date(2016, 4, 1, 9, 0, 0, 0, dialer.Tokyo)

// made is the i-th entry: a case that is opened, now and then a list of fifty.
func (o auditBench) made(i int) audit.Event {
	e := audit.Event{
		At: auditBegan.Add(time.Duration(i) * (30 * 24 * time.Hour) / benchEntries), By: dialer.UserID(fmt.Sprintf("user-%d", i%5)), Role: dialer.RoleOperator,
		Action: audit.CaseRead, Route: "GET /api/cases/{id}", Address: "192.0.2.1", Refs: []string{benchRef(rand.IntN(benchCases))}, //nolint:gosec // made up
	}
	if i%40 == 0 {
		e.Action, e.Route = audit.Listed, "GET /api/queue"
		for range 50 {
			e.Refs = append(e.Refs, benchRef(rand.IntN(benchCases))) //nolint:gosec // made up
		}
	}
	return e
}

func benchRef(n int) string { return fmt.Sprintf("made-up-reference-%06d", n) }

func (o auditBench) fill(ctx context.Context, l *postgres.Ledger, f *auditFigures) error {
	began := time.Now()
	for f.Entries < 12*o.years*benchEntries {
		events := make([]audit.Event, benchTogether)
		for i := range events {
			events[i] = o.made(f.Entries + i)
		}
		if err := l.WriteDown(ctx, events...); err != nil {
			return err
		}
		f.Entries += len(events)
	}
	f.FillS = time.Since(began).Seconds()
	return nil
}

func (o auditBench) measure(ctx context.Context, l *postgres.Ledger, chain audit.Chain, f *auditFigures) error {
	span := time.Duration(12*o.years) * 30 * 24 * time.Hour
	timed := func(p50, p99 *float64, what func(i int) error) error {
		var took []time.Duration
		for i := range o.repeat {
			began := time.Now()
			if err := what(i); err != nil {
				return err
			}
			took = append(took, time.Since(began))
		}
		*p50, *p99 = percentile(took, 50), percentile(took, 99)
		return nil
	}
	ask := func(q audit.Query) error {
		q.Most = 101
		_, err := l.Entries(ctx, q)
		return err
	}
	return errors.Join(
		timed(&f.WriteP50, &f.WriteP99, func(i int) error { return l.WriteDown(ctx, o.made(f.Entries+i)) }),
		timed(&f.CaseP50, &f.CaseP99, func(int) error { return ask(audit.Query{Ref: benchRef(rand.IntN(benchCases))}) }), //nolint:gosec // any case
		timed(&f.PersonP50, &f.PersonP99, func(i int) error {
			from := auditBegan.Add(time.Duration(rand.Int64N(int64(span)))) //nolint:gosec // any month
			return ask(audit.Query{By: dialer.UserID(fmt.Sprintf("user-%d", i%5)), From: from, Until: from.Add(30 * 24 * time.Hour)})
		}),
		timed(&f.DayP50, &f.DayP99, func(int) error {
			from := auditBegan.Add(time.Duration(rand.Int64N(int64(span)))) //nolint:gosec // any day
			return ask(audit.Query{From: from, Until: from.Add(24 * time.Hour)})
		}),
		func() error {
			began := time.Now()
			check, err := checkAudit(ctx, l, chain, nil)
			f.CheckS = time.Since(began).Seconds()
			if err == nil && !check.Sound() {
				err = fmt.Errorf("what was written does not hold: %v", check.Findings[0])
			}
			return err
		}(),
	)
}
