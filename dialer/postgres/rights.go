package postgres

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// grants is all that the role that serves may do.
//
//go:embed grants.sql
var grants string

// countForPlanner has PostgreSQL look at a table that has just been filled. Its owner does it, whoever asks (migration 40).
const countForPlanner = "SELECT count_for_planner($1)"

// Grant gives the role of serving what it needs of the database whose owner is at owner, and takes from it whatever else it had. It may be run
// again. Its errors say what to do: the role is not there, or is one that cannot be kept from anything.
func Grant(ctx context.Context, owner, serving string) error {
	cfg, err := poolConfig(serving)
	if err != nil {
		return err
	}
	role := cfg.ConnConfig.User
	conn, err := connect(ctx, owner)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var mighty bool
	err = conn.QueryRow(ctx, `SELECT rolsuper OR pg_has_role(rolname, current_user, 'MEMBER') FROM pg_roles WHERE rolname = $1`, role).Scan(&mighty)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("there is no role %q in PostgreSQL, whom database.url names; make it: CREATE ROLE %s LOGIN, with a password where it needs one",
			role, pgx.Identifier{role}.Sanitize())
	case err != nil:
		return classify("look for the role that serves", err)
	case mighty:
		return fmt.Errorf("the role %q, whom database.url names, owns the database or is a superuser, and cannot be kept from anything; name another there",
			role)
	}
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('the grants', 0))"); err != nil {
			return err
		}
		if err := dropPlain(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, strings.ReplaceAll(grants, "{role}", pgx.Identifier{role}.Sanitize())); err != nil {
			return err
		}
		// Whoever is connected may hold the locks that the record and the close wait for, without a right to anything.
		name := pgx.Identifier{conn.Config().Database}.Sanitize()
		_, err := tx.Exec(ctx, "REVOKE CONNECT, TEMPORARY ON DATABASE "+name+" FROM PUBLIC; GRANT CONNECT ON DATABASE "+name+" TO "+pgx.Identifier{role}.Sanitize())
		return err
	})
	if errors.Is(err, errPlain) {
		return err
	}
	return classify("give the role that serves its rights", err)
}

var errPlain = errors.New("the database has personal data that an early version kept unsealed; start the server once with the owner in database.url, " +
	"which seals it, and then run this again")

// dropPlain removes the tables that migration 14 has put aside, where nothing stands in them: the first start would do it, and may not.
func dropPlain(ctx context.Context, tx pgx.Tx) error {
	there, err := plainThere(ctx, tx)
	if err != nil || !there {
		return err
	}
	var held bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM plain_persons) OR EXISTS (SELECT FROM plain_phones) OR EXISTS (SELECT FROM plain_case_notes)
		OR EXISTS (SELECT FROM plain_entry_notes) OR EXISTS (SELECT FROM plain_attempt_legs) OR EXISTS (SELECT FROM plain_inbound_callers)`).Scan(&held); err != nil {
		return err
	}
	if held {
		return errPlain
	}
	_, err = tx.Exec(ctx, dropPlainTables)
	return err
}

// Rights are what a role may do that serving does not need, and what it may not that it does.
type Rights struct {
	Role       string
	Owner      bool     // it owns tables, or is a superuser: nothing is forbidden to it
	Creates    bool     // it may make tables
	Changes    []string // tables that are written once, which it may change or empty
	Lacks      []string // tables and views that it may not read
	Sets       []string // what is set for it alone, of which the server takes no notice
	ByPassword bool     // it comes in by a password, which PostgreSQL lets it change
}

// Least reports whether the role can do what serving needs and no more.
func (r Rights) Least() bool { return !r.Owner && !r.Creates && len(r.Changes)+len(r.Lacks) == 0 }

// RightsOf looks at what the role of url may do.
func RightsOf(ctx context.Context, url string) (r Rights, err error) {
	conn, err := connect(ctx, url)
	if err != nil {
		return r, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	// tgtype: 8 is of DELETE, 16 of UPDATE (pg_trigger.h).
	err = conn.QueryRow(ctx, `
		WITH ours AS (SELECT c.oid, c.relname::text AS name, c.relowner, c.relkind FROM pg_class c
			WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v')),
		once AS (SELECT o.oid, o.name, bool_or(t.tgtype & 16 > 0 AND t.tgqual IS NULL) AS never_changed FROM ours o JOIN pg_trigger t ON t.tgrelid = o.oid
			WHERE t.tgfoid = to_regproc('refuse_change') AND t.tgtype & 8 > 0 GROUP BY o.oid, o.name)
		SELECT current_user::text,
			(SELECT rolsuper FROM pg_roles WHERE rolname = current_user) OR EXISTS (SELECT FROM ours WHERE pg_has_role(relowner, 'MEMBER')),
			has_schema_privilege('public', 'CREATE'),
			ARRAY(SELECT name FROM once WHERE has_table_privilege(oid, 'DELETE') OR has_table_privilege(oid, 'TRUNCATE') OR has_table_privilege(oid, 'TRIGGER')
				OR never_changed AND has_any_column_privilege(oid, 'UPDATE') ORDER BY 1),
			ARRAY(SELECT name FROM ours WHERE NOT has_table_privilege(oid, 'SELECT') ORDER BY 1),
			ARRAY(SELECT DISTINCT split_part(c, '=', 1) FROM pg_db_role_setting, unnest(setconfig) c
				WHERE setrole = (SELECT oid FROM pg_roles WHERE rolname = current_user) AND setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())) ORDER BY 1)`).
		Scan(&r.Role, &r.Owner, &r.Creates, &r.Changes, &r.Lacks, &r.Sets)
	r.ByPassword = conn.Config().Password != ""
	return r, classify("look at the role's rights", err)
}
