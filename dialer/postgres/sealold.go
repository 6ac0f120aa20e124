package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer"
)

// oldLock has one process seal what an earlier version left; the others wait for it.
const oldLock = "SELECT pg_advisory_xact_lock(hashtextextended('kakeru seals what was plain', 0))"

// sealOld seals what an earlier version kept in plain, under today's key, and drops its tables: once, in one transaction. The
// database's log and its dead rows keep what was plain until they are written over (decision 0024 says what to do).
func (l *Ledger) sealOld(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx) // a start has a few seconds; a hundred thousand cases need more
	ctx, cancel := context.WithTimeout(ctx, longPatience)
	defer cancel()
	if there, err := plainThere(ctx, l.pool); err != nil || !there {
		return err
	}
	c, err := l.custody()
	if err != nil {
		return err
	}
	err = pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		// Long pauses between statements are ours, not a hung process's.
		if _, err := tx.Exec(ctx, "SET LOCAL idle_in_transaction_session_timeout = 0"); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, oldLock); err != nil {
			return err
		}
		if there, err := plainThere(ctx, tx); err != nil || !there {
			return err
		}
		o := old{l: l, c: c, tx: tx}
		for _, seal := range []func(context.Context) error{o.persons, o.phones, o.caseNotes, o.entryNotes, o.legs, o.callers} {
			if err := seal(ctx); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, dropPlainTables)
		return err
	})
	if err == nil {
		l.log.Info("what was kept in plain is sealed; VACUUM FULL and a new base backup rid the disk of what was")
	}
	return err
}

const dropPlainTables = `DROP TABLE plain_persons, plain_phones, plain_case_notes, plain_entry_notes, plain_attempt_legs, plain_inbound_callers`

func plainThere(ctx context.Context, q interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
},
) (there bool, err error) {
	err = q.QueryRow(ctx, "SELECT to_regclass('plain_persons') IS NOT NULL").Scan(&there)
	return there, err
}

// old is what was plain, being sealed.
type old struct {
	l  *Ledger
	c  custody
	tx pgx.Tx
}

// oldAtOnce is how many rows are held in memory.
const oldAtOnce = 5000

// sealedTable is where what was plain goes.
type sealedTable struct {
	name    string
	columns []string
}

// move reads rows of a query, a few thousand at a time, seals each, and copies them into a table.
func move[T any](ctx context.Context, o old, query string, to sealedTable, seal func(T) ([]any, error)) error {
	cursor := "old_" + to.name // its own name: what a FETCH gives is remembered by its text
	if _, err := o.tx.Exec(ctx, "DECLARE "+cursor+" NO SCROLL CURSOR FOR "+query); err != nil {
		return err
	}
	for {
		rows, err := o.tx.Query(ctx, fmt.Sprintf("FETCH %d FROM %s", oldAtOnce, cursor))
		if err != nil {
			return err
		}
		some, err := pgx.CollectRows(rows, pgx.RowToStructByPos[T])
		if err != nil {
			return err
		}
		_, err = o.tx.CopyFrom(ctx, pgx.Identifier{to.name}, to.columns, pgx.CopyFromSlice(len(some), func(i int) ([]any, error) { return seal(some[i]) }))
		if err != nil {
			return err
		}
		if len(some) < oldAtOnce {
			_, err := o.tx.Exec(ctx, "CLOSE "+cursor)
			return err
		}
	}
}

func (o old) persons(ctx context.Context) error {
	type row struct{ CaseID, CaseRef, Ward, Name, Kana, PostalCode, Address, BornOn string }
	if _, err := o.tx.Exec(ctx, "UPDATE cases SET custody = $1 WHERE id IN (SELECT case_id FROM plain_persons)", o.c.day); err != nil {
		return err
	}
	return move(ctx, o, `SELECT c.id::text, c.case_ref, p.ward_number, p.name, p.kana, p.postal_code, p.address, p.born_on
		FROM plain_persons p JOIN cases c ON c.id = p.case_id WHERE p.ward_number <> '' OR p.name <> ''`,
		sealedTable{
			"persons", []string{"case_id", "custody", "sealed", "tokens"},
		}, func(r row) ([]any, error) {
			sealed, tokens, err := o.c.person(r.CaseRef, sealedPerson{r.Ward, r.Name, r.Kana, r.PostalCode, r.Address, r.BornOn})
			return []any{r.CaseID, o.c.day, sealed, tokens}, err
		})
}

func (o old) phones(ctx context.Context) error {
	type row struct {
		CaseID, CaseRef, Ref, Number, Kind string
		Rank                               int32
		Usable                             bool
	}
	return move(ctx, o, `SELECT p.case_id::text, c.case_ref, p.number_ref, p.number, p.kind, p.rank, p.usable
		FROM plain_phones p JOIN cases c ON c.id = p.case_id`, sealedTable{
		"phones", []string{"case_id", "number_ref", "rank", "kind", "usable", "custody", "sealed", "last_four"},
	}, func(r row) ([]any, error) {
		sealed, ends, err := o.c.phone(dialer.Number(r.Number), r.Ref, r.CaseRef)
		return []any{r.CaseID, r.Ref, r.Rank, r.Kind, r.Usable, o.c.day, sealed, ends}, err
	})
}

func (o old) caseNotes(ctx context.Context) error {
	type row struct{ CaseID, CaseRef, Note string }
	return move(ctx, o, "SELECT c.id::text, c.case_ref, n.note FROM plain_case_notes n JOIN cases c ON c.id = n.case_id WHERE n.note <> ''",
		sealedTable{
			"case_notes", []string{"case_id", "n", "custody", "sealed"},
		}, func(r row) ([]any, error) {
			sealed, err := o.c.seal(r.Note, aboutCaseNote(r.CaseRef))
			return []any{r.CaseID, 1, o.c.day, sealed}, err
		})
}

func (o old) entryNotes(ctx context.Context) error {
	type row struct {
		Attempt  string
		Revision int32
		Note     string
	}
	return move(ctx, o, "SELECT attempt_id::text, revision, note FROM plain_entry_notes", sealedTable{
		"entry_notes", []string{"attempt_id", "revision", "custody", "sealed"},
	}, func(r row) ([]any, error) {
		sealed, err := o.c.seal(r.Note, aboutEntryNote(r.Attempt, r.Revision))
		return []any{r.Attempt, r.Revision, o.c.day, sealed}, err
	})
}

func (o old) legs(ctx context.Context) error {
	type row struct {
		Attempt, Leg, CallID string
		Handle               []byte
		Noted                int32
	}
	return move(ctx, o, "SELECT attempt_id::text, leg, sip_call_id, handle, noted FROM plain_attempt_legs", sealedTable{
		"attempt_legs", []string{"attempt_id", "leg", "sip_call_id", "custody", "handle", "noted"},
	}, func(r row) ([]any, error) {
		sealed, err := o.c.seal(string(r.Handle), aboutLeg(r.Attempt, r.Leg))
		return []any{r.Attempt, r.Leg, r.CallID, o.c.day, sealed, r.Noted}, err
	})
}

func (o old) callers(ctx context.Context) error {
	type row struct{ Attempt, Number string }
	return move(ctx, o, "SELECT attempt_id::text, number FROM plain_inbound_callers", sealedTable{
		"inbound_callers", []string{"attempt_id", "custody", "sealed"},
	}, func(r row) ([]any, error) {
		sealed, err := o.c.seal(r.Number, aboutCaller(r.Attempt))
		return []any{r.Attempt, o.c.day, sealed}, err
	})
}
