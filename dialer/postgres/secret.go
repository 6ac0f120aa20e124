package postgres

import (
	"context"
	"errors"
)

// errOtherSecret is what somebody reads who has lost the secret, or started with another state directory.
var errOtherSecret = errors.New("the secret of the references is not the one this database was made with: " +
	"put the old file back (state_dir/secret, or secret_file); without it number locks and the do-not-call list do not hold")

// secretMark is what both sides seal to see whether they have the same secret.
const secretMark = "the secret's mark"

// sameSecret refuses a database whose references were made with another secret, and says which ledger it is. The first who
// opens it leaves the mark.
func (l *Ledger) sameSecret(ctx context.Context) (ledger string, err error) {
	ctx, cancel := bounded(ctx, patience)
	defer cancel()
	mark := l.refs.Case(secretMark)
	var left string
	// The update changes nothing; it has the statement return the row that is there.
	err = l.pool.QueryRow(ctx, `INSERT INTO reference_secret (mark) VALUES ($1)
		ON CONFLICT (only_one) DO UPDATE SET mark = reference_secret.mark RETURNING mark, ledger::text`, mark).Scan(&left, &ledger)
	if err != nil {
		return "", classify("compare the secret", err)
	}
	if left != mark {
		return "", errOtherSecret
	}
	return ledger, nil
}
