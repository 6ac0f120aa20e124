package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/casework"
	"kakeru/dialer/casework/dayclose"
	"kakeru/dialer/casework/returns"
	"kakeru/dialer/report"
)

// refusedBy says which rule of the house a constraint of the schema stands for.
var refusedBy = map[string]dialer.Rule{
	"attempts_open_case":   dialer.CaseBusy,
	"attempts_open_number": dialer.NumberLocked,
}

// failure is an error of the database without the values that PostgreSQL's own text would quote.
type failure struct {
	code       string // SQLSTATE
	constraint string
	table      string
}

func (f *failure) Error() string {
	s := "PostgreSQL refused it (SQLSTATE " + f.code
	if f.constraint != "" {
		s += ", constraint " + f.constraint
	}
	if f.table != "" {
		s += ", table " + f.table
	}
	return s + ")"
}

// final reports whether the same data would be refused again: it breaks a type or a constraint.
func (f *failure) final() bool {
	return strings.HasPrefix(f.code, "22") || strings.HasPrefix(f.code, "23")
}

// classify turns what pgx returned for op into what the ports promise. Every error of this package comes through here
// once, where it enters; its text never carries a value.
func classify(op string, err error) error {
	var (
		refusal  *dialer.Refusal
		repeated *dialer.Repeated
		list     *casework.ListError
		notReady *dayclose.NotReady
		notOurs  *audit.NotAsMade
		pg       *pgconn.PgError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refusal), errors.As(err, &repeated), errors.As(err, &list), errors.As(err, &notReady), errors.Is(err, dialer.ErrNotFound),
		errors.Is(err, dialer.ErrLedgerDown), errors.Is(err, dialer.ErrFactorsMoved), errors.As(err, &notOurs),
		errors.Is(err, dialer.ErrFenced), errors.Is(err, dayclose.ErrUnderWay), errors.Is(err, dayclose.ErrClosed), errors.Is(err, dayclose.ErrMoved),
		errors.Is(err, returns.ErrNothing), errors.Is(err, returns.ErrGone), errors.Is(err, report.ErrIssued), errors.Is(err, report.ErrNotIssued):
		return err // classified by the operation itself
	case errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("%s: %w", op, dialer.ErrNotFound)
	case errors.As(err, &pg):
		return classifyServer(op, pg)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%s: %w", op, context.Canceled)
	case isConnection(err):
		return fmt.Errorf("%s: %w: %w", op, dialer.ErrLedgerDown, connectionCause(err))
	default:
		// pgx quotes values when it cannot encode or scan them: only the kind of error is safe to show.
		return fmt.Errorf("%s: the ledger could not read or write a value (%T)", op, errors.Unwrap(err))
	}
}

func classifyServer(op string, pg *pgconn.PgError) error {
	f := &failure{code: pg.Code, constraint: pg.ConstraintName, table: pg.TableName}
	if rule, ok := refusedBy[pg.ConstraintName]; ok {
		return dialer.Refuse(rule)
	}
	switch {
	case pg.Code == "22P02": // invalid text for a type: only ids are sent as text
		return fmt.Errorf("%s: %w", op, dialer.ErrNotFound)
	case pg.Code == "40001", pg.Code == "40P01", pg.Code == "55P03": // lost to another transaction
		return fmt.Errorf("%s: %w: %w", op, dialer.ErrLedgerDown, f)
	case isAway(pg.Code):
		return fmt.Errorf("%s: %w: %w", op, dialer.ErrLedgerDown, f)
	}
	return fmt.Errorf("%s: %w", op, f)
}

// isAway reports whether a SQLSTATE means that the server cannot serve now: connection (08), who may come in (28, 3D: asked
// when a connection is made, and well at the start), resources (53), operator intervention (57), a system error (58), that it
// is a standby (25006), or that a transaction was idle or long for too much time (25P03, 25P04).
func isAway(code string) bool {
	switch code[:min(2, len(code))] {
	case "08", "28", "3D", "53", "57", "58":
		return true
	}
	return code == "25006" || code == "25P03" || code == "25P04"
}

func isConnection(err error) bool {
	var (
		connect *pgconn.ConnectError
		network net.Error
	)
	return pgconn.Timeout(err) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &connect) ||
		errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, puddle.ErrClosedPool) || pgconn.SafeToRetry(err)
}

// connectionCause is the part of a connection's error that is worth a line.
func connectionCause(err error) error {
	var connect *pgconn.ConnectError
	switch {
	case errors.As(err, &connect):
		return errors.New(strings.Join(strings.Fields(connect.Error()), " "))
	case pgconn.Timeout(err), errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	default:
		return errors.New("the connection broke")
	}
}

// keepable reports whether what the database did not take may be taken later: it was away, or something is wrong with the
// database itself, which a person will mend. What is wrong with the data stays wrong.
func keepable(err error) bool {
	var f *failure
	return isDown(err) || errors.As(err, &f) && !f.final()
}

// isDown reports whether the operation may succeed later with the same data.
func isDown(err error) bool {
	return errors.Is(err, dialer.ErrLedgerDown) || errors.Is(err, context.Canceled)
}

// unreachable says in one line why a server at cfg's address cannot be used, and what to do. Errors of another kind come
// back as they are.
func unreachable(cfg *pgx.ConnConfig, err error) error {
	var (
		pg      *pgconn.PgError
		connect *pgconn.ConnectError
		network *net.OpError
	)
	where := fmt.Sprintf("PostgreSQL at %s (database %s)", net.JoinHostPort(cfg.Host, strconv.Itoa(int(cfg.Port))), cfg.Database)
	switch {
	case errors.As(err, &pg) && pg.Code == "3D000":
		return fmt.Errorf("%s: there is no such database; create it with `createdb %s`", where, cfg.Database)
	case errors.As(err, &pg) && strings.HasPrefix(pg.Code, "28"):
		return fmt.Errorf("%s does not let the user %s in; correct the user or the password in its URL", where, cfg.User)
	case errors.As(err, &pg) && isAway(pg.Code):
		return fmt.Errorf("%s cannot serve now (SQLSTATE %s): %w", where, pg.Code, dialer.ErrLedgerDown)
	case errors.As(err, &network) && network.Op == "dial":
		return fmt.Errorf("%s cannot be reached: %w; start it or correct its URL: %w", where, network.Err, dialer.ErrLedgerDown)
	case errors.As(err, &connect), isConnection(err):
		return fmt.Errorf("%s does not answer; see what it is busy with, or correct its URL: %w", where, dialer.ErrLedgerDown)
	default:
		return err
	}
}
