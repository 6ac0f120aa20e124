package postgres

import (
	"errors"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"kakeru/dialer"
	"kakeru/dialer/audit"
)

// TestNothingAnswersInPlaceOfATable: who owns the tables puts something in the place of one that answers as it likes. Nothing is shown then, since it could
// not be written down whose it is; the record is not gone by; and when the table is back, all goes on, and holds.
func TestNothingAnswersInPlaceOfATable(t *testing.T) {
	l := newLedger(t)
	owner := asOwner(t, l)
	target := listedTarget(t, l)
	read := audit.Event{At: noon, By: "u", Action: audit.CaseRead, Cases: []dialer.CaseID{target.CaseID}}
	must(t, l.WriteDown(t.Context(), read))
	instead := func(table, with string) string {
		return "ALTER TABLE " + table + " RENAME TO kept; " + with + "; GRANT ALL ON " + table + " TO " + servingRole
	}
	for name, c := range map[string]struct{ table, put, back string }{
		"a view over cases": {
			"cases", instead("cases", "CREATE VIEW cases AS SELECT id, 'nobody' AS case_ref FROM kept"), "DROP VIEW cases; ALTER TABLE kept RENAME TO cases",
		},
		"a view over the record": {
			"audit", instead("audit", "CREATE VIEW audit AS TABLE kept ORDER BY n LIMIT 1"), "DROP VIEW audit; ALTER TABLE kept RENAME TO audit",
		},
		"a policy that hides rows": {
			"audit", "ALTER TABLE audit ENABLE ROW LEVEL SECURITY; CREATE POLICY none ON audit USING (by_user <> 'u')",
			"DROP POLICY none ON audit; ALTER TABLE audit DISABLE ROW LEVEL SECURITY",
		},
		"a child whose rows are read with it": {
			"alerts", "CREATE TABLE more () INHERITS (alerts)", "DROP TABLE more",
		},
		"an operator for the very types of a search": {
			"operator @>", "CREATE FUNCTION none_holds(text[], text[]) RETURNS boolean LANGUAGE sql AS 'SELECT false'; " +
				"CREATE OPERATOR public.@> (LEFTARG = text[], RIGHTARG = text[], FUNCTION = none_holds)",
			"DROP OPERATOR public.@> (text[], text[]); DROP FUNCTION none_holds",
		},
		"a function for the very types of a question": {
			"function unnest", "CREATE FUNCTION public.unnest(text[]) RETURNS SETOF text LANGUAGE sql AS 'SELECT NULL::text WHERE false'",
			"DROP FUNCTION public.unnest(text[])",
		},
		"people from a view": {
			"users", instead("users", "CREATE VIEW users AS TABLE kept"), "DROP VIEW users; ALTER TABLE kept RENAME TO users",
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := checked(t, l)
			byOwner(t, owner, c.put)
			for what, err := range map[string]error{
				"write":  l.WriteDown(t.Context(), read),
				"newest": second(l.Newest(t.Context())),
				"search": second(l.Entries(t.Context(), audit.Query{By: "u", Most: 10})),
				"all":    allOf(t, l),
			} {
				not, is := errors.AsType[*audit.NotAsMade](err)
				if !is || !slices.Equal(not.Tables, []string{c.table}) {
					t.Errorf("%s: %v", what, err)
				}
			}
			byOwner(t, owner, c.back)
			must(t, l.WriteDown(t.Context(), read))
			if after := checked(t, l); !after.Sound() || after.Entries != before.Entries+1 {
				t.Errorf("afterwards: %+v", after)
			}
		})
	}
}

// TestAnotherSchemaIsNotLookedIn: who may change the database, or the role that serves, puts a schema of theirs first, with a table that answers as they like
// and functions that find nothing amiss. A connection says itself where it looks, and reads what it always read.
func TestAnotherSchemaIsNotLookedIn(t *testing.T) {
	url := migrated(t)
	l := openLedger(t, url, t.TempDir())
	owner := asOwner(t, l)
	target := listedTarget(t, l)
	read := audit.Event{At: noon, By: "u", Action: audit.CaseRead, Cases: []dialer.CaseID{target.CaseID}}
	must(t, l.WriteDown(t.Context(), read))
	before, err := l.Newest(t.Context())
	must(t, err)

	byOwner(t, owner, `CREATE SCHEMA theirs; GRANT USAGE ON SCHEMA theirs TO PUBLIC;
		CREATE TABLE theirs.cases AS SELECT id, 'nobody' AS case_ref FROM public.cases; GRANT ALL ON theirs.cases TO PUBLIC;
		CREATE FUNCTION theirs.to_regclass(text) RETURNS regclass LANGUAGE sql AS $$ SELECT pg_catalog.to_regclass('public.' || $1) $$`)
	first := " SET search_path = theirs, public, pg_catalog"
	var name string
	must(t, owner.QueryRow(t.Context(), "SELECT current_database()").Scan(&name))
	name = pgx.Identifier{name}.Sanitize()
	for _, put := range []string{"ALTER DATABASE " + name, "ALTER ROLE " + servingRole + " IN DATABASE " + name} {
		byOwner(t, owner, put+first)
		later := openLedger(t, url, t.TempDir())
		must(t, later.WriteDown(t.Context(), read))
		after, err := later.Newest(t.Context())
		must(t, err)
		if !slices.Equal(after.Refs, before.Refs) {
			t.Errorf("%s: the read is written down under %q, and not under %q", put, after.Refs, before.Refs)
		}
	}
}

func byOwner(t *testing.T, owner *pgxpool.Pool, sql string) {
	t.Helper()
	_, err := owner.Exec(t.Context(), sql)
	must(t, err)
}

func second[T any](_ T, err error) error { return err }

func allOf(t *testing.T, l *Ledger) error {
	t.Helper()
	for _, err := range l.All(t.Context(), 1) {
		if err != nil {
			return err
		}
	}
	return nil
}
