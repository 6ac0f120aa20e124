package main

import (
	"context"
	"fmt"
	"strings"

	"kakeru/configs"
	"kakeru/dialer/postgres"
)

// checkRole looks at what the role that serves may do in PostgreSQL: whoever takes the server has that too.
func checkRole(ctx context.Context, s configs.Settings) []finding {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	r, err := postgres.RightsOf(ctx, s.Database.URL)
	if err != nil {
		return nil // that it does not answer is said already
	}
	return append(roleRights(r), roleOwn(r)...)
}

func roleRights(r postgres.Rights) []finding {
	const about = "PostgreSQL role"
	switch {
	case r.Owner:
		return []finding{{
			minor, about, "one alone: " + r.Role + " serves and owns the tables, so whoever takes the server may switch off what keeps the record as it is",
			"make a role that only serves, and name the owner in database.migrate_url for `kakeru migrate` (docs/operations.md)",
		}}
	case len(r.Lacks) > 0:
		return []finding{{
			major, about, fmt.Sprintf("%s serves, and may not read %s", r.Role, strings.Join(r.Lacks, ", ")),
			"run `kakeru migrate` with database.migrate_url, which gives it what it needs",
		}}
	case !r.Least():
		return []finding{{
			minor, about, fmt.Sprintf("%s serves, and may do more than it needs: %s", r.Role, strings.Join(excess(r), ", ")),
			"run `kakeru migrate` with database.migrate_url, which takes that away; what it has by another role or by PUBLIC is yours to revoke",
		}}
	}
	return []finding{{fine, about, "two: " + r.Role + " serves, and may change neither the tables nor what is written once; another owns them", ""}}
}

// roleOwn looks at what PostgreSQL lets every role change of itself.
func roleOwn(r postgres.Rights) (all []finding) {
	const about = "PostgreSQL role"
	if len(r.Sets) > 0 {
		all = append(all, finding{
			minor, about, fmt.Sprintf("%s has settings of its own: %s; the server takes no notice of them, and it may have made them itself", r.Role, strings.Join(r.Sets, ", ")),
			"as the owner or a superuser: ALTER ROLE " + r.Role + " RESET ALL (and IN DATABASE); what you want of them, set for the database",
		})
	}
	if r.ByPassword {
		all = append(all, finding{
			minor, about, r.Role + " comes in by a password: whoever learns it may change it, and the server is kept out until a superuser sets it anew",
			"have PostgreSQL take it by peer (this machine) or by a certificate (docs/operations.md, \"Two roles in PostgreSQL\")",
		})
	}
	return all
}

// checkAsMade looks for what would keep the record of who saw what from being written, and with it all that is shown.
func checkAsMade(ctx context.Context, s configs.Settings) []finding {
	const about = "record's tables"
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	what, err := postgres.NotAsMade(ctx, s.Database.URL)
	switch {
	case err != nil:
		return nil // that it does not answer is said already
	case len(what) > 0:
		return []finding{{
			major, about, "are not as Kakeru made them, or something stands beside them that answers in place of PostgreSQL's own: " + strings.Join(what, ", "),
			"an extension belongs in a schema of its own: ALTER EXTENSION … SET SCHEMA …; what nobody of yours made is tampering: keep the database as it is, and tell the ward",
		}}
	}
	return []finding{{fine, about, "are as Kakeru made them", ""}}
}

// excess says what a role may do beyond serving.
func excess(r postgres.Rights) []string {
	var all []string
	if r.Creates {
		all = append(all, "make tables")
	}
	if len(r.Changes) > 0 {
		all = append(all, "change "+strings.Join(r.Changes, " "))
	}
	return all
}
