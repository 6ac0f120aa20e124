package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"kakeru/dialer"
	"kakeru/dialer/dialertest/full"
)

// What PostgreSQL says (appendix A of its manual), and what that is to us: away (nothing is dialled, ends wait in the spool);
// final (the same data would be refused again); else a fault that a person mends, for which ends wait too.
func TestEverySQLSTATEHasItsPlace(t *testing.T) {
	for code, what := range map[string]struct{ away, final bool }{
		"08000": {away: true}, "08001": {away: true}, "08003": {away: true}, "08004": {away: true}, "08006": {away: true}, "08P01": {away: true},
		"53000": {away: true}, "53100": {away: true}, "53200": {away: true}, "53300": {away: true}, "53400": {away: true},
		"57000": {away: true}, "57014": {away: true}, "57P01": {away: true}, "57P02": {away: true}, "57P03": {away: true}, "57P04": {away: true},
		"57P05": {away: true}, "58000": {away: true}, "58030": {away: true}, "25006": {away: true}, "25P03": {away: true}, "25P04": {away: true},
		"28000": {away: true}, "28P01": {away: true}, "3D000": {away: true}, "40001": {away: true}, "40P01": {away: true}, "55P03": {away: true},
		"72000": {}, "XX000": {}, "XX001": {}, "XX002": {}, "42P01": {}, "42703": {}, "42501": {}, "0A000": {}, "25P02": {}, "54000": {},
		"22001": {final: true}, "22007": {final: true}, "22021": {final: true}, "23502": {final: true}, "23505": {final: true}, "23514": {final: true},
	} {
		err := classify("write", fmt.Errorf("wrapped: %w", &pgconn.PgError{Code: code, Message: "secret"}))
		if got := errors.Is(err, dialer.ErrLedgerDown); got != what.away {
			t.Errorf("%s: away %v", code, got)
		}
		if got := keepable(err); got == what.final {
			t.Errorf("%s: kept for later %v", code, got)
		}
		if !strings.Contains(err.Error(), code) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// The same by a real server: whatever it is that fails, a click is refused because the ledger is down, an end and a result are
// kept, and when it is mended all is as if nothing had been.
func TestWhateverFailsInTheDatabase(t *testing.T) {
	full.Only(t)
	raise := func(code string) (fail, mend string) {
		return fmt.Sprintf(`CREATE FUNCTION faulty() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN RAISE EXCEPTION 'a fault' USING ERRCODE = '%s'; END $f$;
			CREATE TRIGGER faulty BEFORE INSERT OR UPDATE ON attempts EXECUTE FUNCTION faulty();
			CREATE TRIGGER faulty BEFORE INSERT ON attempt_results EXECUTE FUNCTION faulty()`, code), "DROP FUNCTION faulty CASCADE"
	}
	type fault struct {
		fail, mend string
		dialled    bool // a click is refused for another reason than that the ledger is down
	}
	faults := map[string]fault{
		"a session that is ended": {
			fail: `CREATE FUNCTION faulty() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $f$;
				CREATE TRIGGER faulty BEFORE INSERT OR UPDATE ON attempts EXECUTE FUNCTION faulty();
				CREATE TRIGGER faulty BEFORE INSERT ON attempt_results EXECUTE FUNCTION faulty()`,
			mend: "DROP FUNCTION faulty CASCADE",
		},
		"a table that is gone": {
			fail: "ALTER TABLE attempts RENAME TO elsewhere", mend: "ALTER TABLE elsewhere RENAME TO attempts", dialled: true,
		},
	}
	for _, code := range []string{"53100", "53200", "57P01", "57P03", "58030", "08006", "25006", "XX000"} {
		fail, mend := raise(code)
		faults[code] = fault{fail: fail, mend: mend, dialled: code == "XX000"}
	}
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			url := migrated(t)
			l := openLedger(t, url, t.TempDir())
			target := listedTarget(t, l)
			r := reservation(target, noon)
			must(t, l.Reserve(t.Context(), r))
			must(t, l.Dialled(t.Context(), r.ID, noon, customerLeg(noon)))
			must(t, exec(t, url, f.fail))
			brief := within(t, 5*time.Second)
			err := l.Reserve(brief, reservation(newTarget(), noon))
			if err == nil || errors.Is(err, dialer.ErrLedgerDown) == f.dialled {
				t.Errorf("a click: %v", err)
			}
			must(t, l.End(brief, endOf(r, dialer.Answered)))
			kept, err := l.Record(brief, entry(r))
			if must(t, err); kept.Revision != 0 || l.waiting() != 2 {
				t.Errorf("revision %d, %d records wait", kept.Revision, l.waiting())
			}
			if err := l.Reserve(brief, reservation(newTarget(), noon)); err == nil {
				t.Error("a click is taken before what waits")
			}
			must(t, exec(t, url, f.mend))
			eventually(t, "the replay", func() bool { return l.settle(t.Context()) == nil })
			if a := attempt(t, l, r.ID); a.Verdict.Result != dialer.Answered || a.Entry == nil || a.Entry.Revision != 1 {
				t.Errorf("%+v, %+v", a.Verdict, a.Entry)
			}
			call(t, l, newTarget(), noon, dialer.Busy)
		})
	}
}

// With every connection taken by others the ledger is away, not broken.
func TestTooManyConnections(t *testing.T) {
	url := migrated(t)
	l := openLedger(t, url, t.TempDir())
	r := reservation(newTarget(), noon)
	must(t, l.Reserve(t.Context(), r))
	cfg, err := pgx.ParseConfig(url)
	must(t, err)
	const limited = `DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'crowded') THEN CREATE ROLE crowded LOGIN; END IF; END $$;
		GRANT ALL ON ALL TABLES IN SCHEMA public TO crowded; ALTER ROLE crowded CONNECTION LIMIT 0`
	must(t, exec(t, url, limited))
	cfg.User = "crowded"
	_, err = pgx.ConnectConfig(t.Context(), cfg)
	if err = classify("connect", err); !errors.Is(err, dialer.ErrLedgerDown) || !strings.Contains(err.Error(), "53300") {
		t.Errorf("%v", err)
	}
}

// A statement that hangs on somebody's lock is given up at its deadline: the click is refused, and the end waits.
func TestALockThatSomebodyHolds(t *testing.T) {
	url := migrated(t)
	l := openLedger(t, url, t.TempDir())
	r := reservation(newTarget(), noon)
	must(t, l.Reserve(t.Context(), r))
	other, err := pgx.Connect(t.Context(), url)
	must(t, err)
	defer func() { _ = other.Close(context.Background()) }()
	tx, err := other.Begin(t.Context())
	must(t, err)
	_, err = tx.Exec(t.Context(), "LOCK TABLE attempts IN ACCESS EXCLUSIVE MODE")
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), saveWithin)
	defer cancel()
	wantErr(t, l.Reserve(ctx, reservation(newTarget(), noon)), dialer.ErrLedgerDown)
	ctx, cancel = context.WithTimeout(t.Context(), saveWithin)
	defer cancel()
	must(t, l.End(ctx, endOf(r, dialer.NotDialled)))
	if l.waiting() != 1 {
		t.Errorf("%d records wait", l.waiting())
	}
	must(t, tx.Rollback(t.Context()))
	must(t, l.settle(within(t, slack)))
	if a := attempt(t, l, r.ID); a.Verdict.Result != dialer.NotDialled {
		t.Errorf("%+v", a.Verdict)
	}
}
