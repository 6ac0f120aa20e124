package postgres

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"kakeru/cmd/stores/storestest"
	"kakeru/dialer/dialertest/full"
)

// TestTheRoleThatServes may do what serving needs, which all other tests of this room show, and not what would change what was written once.
func TestTheRoleThatServes(t *testing.T) {
	l := newLedger(t)
	r, err := RightsOf(t.Context(), l.pool.Config().ConnString())
	must(t, err)
	if r.Role != servingRole || !r.Least() {
		t.Errorf("%+v", r)
	}
	for _, sql := range []string{
		"ALTER TABLE audit DISABLE TRIGGER USER", "DROP TABLE audit", "DROP TRIGGER audit_once ON audit", "TRUNCATE audit", "DELETE FROM audit", "UPDATE audit SET by_user = 'x'",
		"ALTER TABLE audit ADD COLUMN x int", "CREATE TABLE more (x int)", "SET session_replication_role = replica", "DELETE FROM attempts", "TRUNCATE attempts CASCADE",
		"UPDATE attempt_evidence SET reason = ''", "DELETE FROM incidents", "UPDATE promise_verdicts SET at = at", "DELETE FROM users", "DELETE FROM recordings",
		"CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
		"CREATE TRIGGER x BEFORE INSERT ON audit EXECUTE FUNCTION refuse_change()", "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, true)",
		"SELECT setval('incident_ids', 1)", "SELECT pg_read_file('/etc/passwd')", "CREATE ROLE another", "COPY audit TO PROGRAM 'cat'", "SELECT count_for_planner('audit')",
		"ANALYZE audit; SELECT 1/0",
	} {
		_, err := l.pool.Exec(t.Context(), sql)
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.Code != "42501" && pg.Code != "20000" && pg.Code != "22012" { // insufficient_privilege, case_not_found
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// TestNobodyElseConnects: a role without any right could hold the lock that the record waits for, as long as it likes.
func TestNobodyElseConnects(t *testing.T) {
	url := migrated(t)
	must(t, Grant(t.Context(), url, serving(url)))
	must(t, exec(t, url, "DO $$ BEGIN CREATE ROLE kakeru_nobody LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"))
	for role, may := range map[string]bool{"kakeru": true, servingRole: true, "kakeru_nobody": false} {
		conn, err := pgx.Connect(t.Context(), strings.Replace(url, "user=kakeru", "user="+role, 1))
		if (err == nil) != may {
			t.Errorf("%s: %v", role, err)
		}
		if err == nil {
			must(t, conn.Close(t.Context()))
		}
	}
	if err := exec(t, serving(url), "CREATE TEMPORARY TABLE day_closes (final boolean)"); err == nil {
		t.Error("the role that serves makes tables of its own")
	}
}

// TestGrantsFollowTheTriggers: every table stands in grants.sql once, and what the triggers keep as it was written is there without the right to
// change it.
func TestGrantsFollowTheTriggers(t *testing.T) {
	l := newLedger(t)
	rows, err := asOwner(t, l).Query(t.Context(), `
		SELECT c.relname::text, c.relpersistence = 'u',
			EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgfoid = 'refuse_change'::regproc AND t.tgtype & 8 > 0),
			EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgfoid = 'refuse_change'::regproc AND t.tgtype & 16 > 0 AND t.tgqual IS NULL),
			array_to_string(ARRAY(SELECT p FROM unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) p WHERE has_table_privilege($1, c.oid, p)), ' ')
		FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'goose_db_version'`, servingRole)
	must(t, err)
	tables := 0
	var name, may string
	var staged, stays, unchanged bool
	_, err = pgx.ForEachRow(rows, []any{&name, &staged, &stays, &unchanged, &may}, func() error {
		tables++
		want := []string{"SELECT INSERT UPDATE", "SELECT INSERT UPDATE DELETE"}
		switch {
		case staged:
			want = []string{"SELECT INSERT UPDATE DELETE TRUNCATE"}
		case name == "arrivals_taken_for": // a trigger's, with its owner's rights
			want = []string{"SELECT"}
		case unchanged:
			want = []string{"SELECT INSERT"}
		case stays:
			want = want[:1]
		}
		if may != want[0] && may != want[len(want)-1] {
			t.Errorf("%s: %q is granted, want %q: add it to grants.sql where it belongs", name, may, want)
		}
		return nil
	})
	must(t, err)
	if tables < 50 {
		t.Errorf("only %d tables were looked at", tables)
	}
}

// TestGrantsAreTakenBack: what somebody gave by hand goes with the next `kakeru migrate`, and a role that cannot be bounded is refused.
func TestGrantsAreTakenBack(t *testing.T) {
	full.Only(t)
	url := migrated(t)
	must(t, exec(t, url, "GRANT UPDATE, TRIGGER ON audit TO "+servingRole))
	must(t, exec(t, url, "REVOKE SELECT ON users FROM "+servingRole))
	r, err := RightsOf(t.Context(), serving(url))
	must(t, err)
	if r.Least() || strings.Join(r.Changes, " ") != "audit" || strings.Join(r.Lacks, " ") != "users" {
		t.Errorf("%+v", r)
	}
	must(t, Grant(t.Context(), url, serving(url)))
	if r, err := RightsOf(t.Context(), serving(url)); err != nil || !r.Least() {
		t.Errorf("%+v %v", r, err)
	}
	if r, err := RightsOf(t.Context(), url); err != nil || !r.Owner || r.Least() {
		t.Errorf("the owner's: %+v %v", r, err)
	}
	oneLine(t, Grant(t.Context(), url, url), "kakeru", "name another")
	oneLine(t, Grant(t.Context(), url, strings.Replace(url, "user=kakeru", "user=nobody_there", 1)), "nobody_there", "CREATE ROLE")
	oneLine(t, Migrate(t.Context(), serving(storestest.Postgres(t))), "database.migrate_url")
	oneLine(t, Grant(t.Context(), url, "://"), "URL")
}

// TestPlainTablesGoWithTheGrants: what an early version kept in plain is not left to a role that could not seal it.
func TestPlainTablesGoWithTheGrants(t *testing.T) {
	url := storestest.Postgres(t)
	must(t, Migrate(t.Context(), url))
	must(t, makeRole(t.Context(), url))
	must(t, exec(t, url, "INSERT INTO plain_case_notes SELECT (jsonb_populate_record(NULL::plain_case_notes, '{}')).* WHERE false"))
	must(t, Grant(t.Context(), url, serving(url)))
	conn, err := connect(t.Context(), url)
	must(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	if there, err := plainThere(t.Context(), conn); err != nil || there {
		t.Errorf("they are there still: %v", err)
	}
}
