package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer/casework/dayclose"
	"kakeru/dialer/postgres/internal/db"
)

// Closes stay for ever, also those that were given up, and rows that somebody has written into the database. So none of these looks reads a row twice, however many there
// are: each goes on after the last row of the page before.

// closesAtFirst is how many closes a list reads at first: most who ask want the newest.
const closesAtFirst = 20

// newestCloses hands on closes, the one that is under way first, then the contract's end, which nothing follows whatever a row says of its time, then the newest, until it
// is told that it is enough.
func (l *Ledger) newestCloses(ctx context.Context, q *db.Queries, do func(dayclose.Close) (goOn bool)) error {
	rows, err := q.CloseUnderWay(ctx)
	if err != nil {
		return err
	}
	under := ""
	for _, r := range rows {
		if under = r.ID; !do(l.closeOf(r)) {
			return nil
		}
	}
	goOn := true
	once := func(c dayclose.Close) bool {
		goOn = c.ID == under || do(c) // it may have come to its end since
		return goOn
	}
	err = l.closesOver(ctx, q, true, once)
	if err == nil && goOn {
		err = l.closesOver(ctx, q, false, once)
	}
	return err
}

// closesOver hands on closes that are over, the newest first: those that ended the contract, or all others.
func (l *Ledger) closesOver(ctx context.Context, q *db.Queries, ends bool, do func(dayclose.Close) (goOn bool)) error {
	for p := (db.ClosesOverParams{Ends: ends, BeforeAt: farFuture, BeforeID: lastID, Most: closesAtFirst}); ; p.Most = olderAtOnce {
		rows, err := q.ClosesOver(ctx, p)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if !do(l.closeOf(r)) {
				return nil
			}
			p.BeforeAt, p.BeforeID = r.BegunAt, r.ID
		}
		if len(rows) < int(p.Most) {
			return nil
		}
	}
}

// eachClose has do see closes in no order that means anything, each once; those that were given up only where they are wanted.
func (l *Ledger) eachClose(ctx context.Context, q *db.Queries, givenUp bool, do func(dayclose.Close)) error {
	return l.closesByPages(func(after string) ([]db.Close, error) { return q.ClosesByID(ctx, after, givenUp, olderAtOnce) }, do)
}

func (l *Ledger) closesByPages(read func(after string) ([]db.Close, error), do func(dayclose.Close)) error {
	for after := firstID; ; {
		rows, err := read(after)
		if err != nil {
			return err
		}
		for _, r := range rows {
			do(l.closeOf(r))
			after = r.ID
		}
		if len(rows) < olderAtOnce {
			return nil
		}
	}
}

// ourCloses are the ids of the closes that bear our marks and were not given up: what stands under another has not gone back, whatever its rows say.
func (l *Ledger) ourCloses(ctx context.Context, q *db.Queries) ([]string, error) {
	ours := []string{}
	err := l.eachClose(ctx, q, false, func(c dayclose.Close) {
		if !c.Foreign {
			ours = append(ours, c.ID)
		}
	})
	return ours, err
}

// LastClosed returns the newest close that ended; dialer.ErrNotFound when none has.
func (l *Ledger) LastClosed(ctx context.Context) (last dayclose.Close, err error) {
	err = l.query(ctx, "find the last close", func(ctx context.Context, q *db.Queries) error {
		found := false
		err := l.newestCloses(ctx, q, func(c dayclose.Close) (goOn bool) {
			if found = c.Step == dayclose.Closed && !c.Foreign; found {
				last = c
			}
			return !found
		})
		if err == nil && !found {
			err = pgx.ErrNoRows
		}
		return err
	})
	return last, err
}

// Closes lists closes, newest first. What is over and bears no mark of ours never was; what is under way without one stands in the way, and is shown.
func (l *Ledger) Closes(ctx context.Context, limit int) (list []dayclose.Close, err error) {
	err = l.read(ctx, "list closes", func(ctx context.Context, q *db.Queries) error {
		if limit <= 0 {
			return nil
		}
		return l.newestCloses(ctx, q, func(c dayclose.Close) bool {
			if !c.Foreign || !c.Step.Over() {
				list = append(list, c)
			}
			return len(list) < limit
		})
	})
	return list, err
}

// paceOfCloses refuses the beginning of a close for a while when too many of its day were given up. What is foreign does not count: who writes into the database would keep
// the day open with it.
func (l *Ledger) paceOfCloses(ctx context.Context, q *db.Queries, c dayclose.Close) error {
	given := dayclose.GivenUpBefore{Now: c.BegunAt}
	err := l.closesByPages(func(after string) ([]db.Close, error) {
		return q.ClosesGivenUp(ctx, after, c.Day.String(), olderAtOnce)
	}, func(before dayclose.Close) {
		if !before.Foreign {
			given.Add(before)
		}
	})
	if err != nil {
		return err
	}
	if no := given.Refuse(); no != nil {
		return no
	}
	return nil
}
