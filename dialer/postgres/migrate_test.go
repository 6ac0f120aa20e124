package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"kakeru/cmd/stores/storestest"
	"kakeru/dialer"
)

func TestMigrateMayRunTwiceAndAtOnce(t *testing.T) {
	url := storestest.Postgres(t)
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if err := migrate(url); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	must(t, migrate(url))
	must(t, openLedger(t, url, "").Ready(t.Context()))
}

func TestAnotherSchemaIsRefusedInOneLine(t *testing.T) {
	all, err := migrations()
	must(t, err)
	newest, before := all[len(all)-1], all[len(all)-2]
	_, err = Open(t.Context(), Options{URL: storestest.Postgres(t), Refs: testRefs, Vault: testVault(t)})
	oneLine(t, err, "version 0", fmt.Sprintf("needs %d", newest), "kakeru migrate")

	older := migrated(t)
	must(t, exec(t, older, "DELETE FROM goose_db_version WHERE version_id = $1", newest))
	_, err = Open(t.Context(), Options{URL: older, Refs: testRefs, Vault: testVault(t)})
	oneLine(t, err, fmt.Sprintf("version %d", before), fmt.Sprintf("needs %d", newest), "kakeru migrate")

	holed := migrated(t)
	const recordings = 10
	must(t, exec(t, holed, "DELETE FROM goose_db_version WHERE version_id = $1", recordings))
	must(t, exec(t, holed, "DROP TABLE recordings, recording_pauses, recording_listens"))
	_, err = Open(t.Context(), Options{URL: holed, Refs: testRefs, Vault: testVault(t)})
	oneLine(t, err, fmt.Sprintf("version %d", newest), fmt.Sprintf("lacks version %d", recordings), "kakeru migrate")
	must(t, Migrate(t.Context(), holed))
	must(t, openLedger(t, holed, "").Ready(t.Context()))

	newer := migrated(t)
	must(t, exec(t, newer, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)"))
	_, err = Open(t.Context(), Options{URL: newer, Refs: testRefs, Vault: testVault(t)})
	oneLine(t, err, "version 9999", "newer kakeru")
}

func TestMigrateTellsWhatIsWrong(t *testing.T) {
	oneLine(t, Migrate(t.Context(), "://"), "URL")
	wantErr(t, Migrate(t.Context(), "postgres://kakeru@127.0.0.1:1/kakeru"), dialer.ErrLedgerDown)
	url := storestest.Postgres(t)
	must(t, exec(t, url, "CREATE TABLE attempts ()"))
	oneLine(t, Migrate(t.Context(), url), "attempts", "42P07")
}

// The way back exists too, for whoever must take it by hand.
func TestMigrationsGoDown(t *testing.T) {
	url := migrated(t)
	names, err := migrationFiles.ReadDir("migrations")
	must(t, err)
	for _, name := range slices.Backward(names) {
		b, err := migrationFiles.ReadFile("migrations/" + name.Name())
		must(t, err)
		_, down, ok := strings.Cut(string(b), "-- +goose Down")
		if !ok {
			t.Fatalf("%s has no way back", name.Name())
		}
		for statement := range strings.SplitSeq(down, ";\n") {
			if strings.TrimSpace(statement) != "" {
				must(t, exec(t, url, statement))
			}
		}
	}
	conn, err := pgx.Connect(t.Context(), url)
	must(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	var left []string
	must(t, conn.QueryRow(t.Context(), "SELECT array_agg(tablename::text) FROM pg_tables WHERE schemaname = 'public'").Scan(&left))
	if len(left) != 1 || left[0] != "goose_db_version" {
		t.Errorf("left: %v", left)
	}
}

// PostgreSQL's texts quote the values they are about; none may reach a log or a screen.
func TestNoErrorQuotesAValue(t *testing.T) {
	secret := "09012345678"
	for _, pg := range []*pgconn.PgError{
		{Code: "23505", Message: "duplicate key", Detail: "Key (number)=(" + secret + ") already exists.", ConstraintName: "phones_pkey", TableName: "phones"},
		{Code: "23505", Detail: "Key (" + secret + ")", ConstraintName: "attempts_open_number"},
		{Code: "22007", Message: "invalid input syntax for type date: \"" + secret + "\""},
		{Code: "22P02", Message: "invalid input syntax for type uuid: \"" + secret + "\""},
		{Code: "57014", Message: "canceled", Where: "COPY staged_rows, line 1: \"" + secret + "\""},
		{Code: "", Message: secret},
	} {
		err := classify("write", fmt.Errorf("wrapped: %w", pg))
		for e := err; e != nil; e = errors.Unwrap(e) {
			if strings.Contains(fmt.Sprintf("%v %+v", e, e), secret) {
				t.Errorf("%s: %v", pg.Code, e)
			}
		}
	}
	if err := classify("write", fmt.Errorf("failed to encode args[3]: unable to encode %s", secret)); strings.Contains(err.Error(), secret) {
		t.Error(err)
	}

	// The same with the real thing: a row that PostgreSQL refuses, by COPY and by INSERT.
	l := newLedger(t)
	row := person(secret)
	row.Person.Name, row.Balance.Term = secret, secret
	byOwner(t, asOwner(t, l), "ALTER TABLE staged_rows ADD CHECK (line > 1000)") // "Failing row contains (…)"
	_, err := l.Stage(t.Context(), newList(true), rowsOf(row), nil)
	oneLine(t, err)
	if strings.Contains(err.Error(), secret) {
		t.Error(err)
	}
	r := call(t, l, newTarget(), noon, dialer.Answered)
	e := entry(r)
	e.Promise.DueOn = secret
	if _, err = l.Record(t.Context(), e); err == nil || strings.Contains(err.Error(), secret) {
		t.Error(err)
	}
}
