package postgres

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"maps"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework/dayclose"
	"kakeru/dialer/postgres/internal/db"
)

var (
	_ dayclose.Store     = (*Ledger)(nil)
	_ dayclose.Destroyer = (*Ledger)(nil)
)

// enterDay lets a transaction write what a close takes away or counts. While a close is under way the answer is a refusal; one
// that begins waits until the transaction is over.
func (l *Ledger) enterDay(ctx context.Context, q *db.Queries) error {
	if err := q.EnterDay(ctx); err != nil {
		return err
	}
	now, err := l.dayStands(ctx, q, l.now())
	return orElse(err, shut(now.closing, now.ended))
}

// enterContract lets a transaction take in what only the contract's end takes away: an ordinary close that is under way is no matter.
func (l *Ledger) enterContract(ctx context.Context, q *db.Queries) error {
	if err := q.EnterDay(ctx); err != nil {
		return err
	}
	now, err := l.dayStands(ctx, q, l.now())
	return orElse(err, shut(false, now.ended))
}

// stands is what closes say of a day: one is under way, this day was closed, the contract is over.
type stands struct{ closing, closed, ended bool }

// dayStands looks what closes say of the day of an instant. One that is over counts if it bears our mark; one that is under way stands in the way whoever has written it
// or changed it since, until it is given up.
func (l *Ledger) dayStands(ctx context.Context, q *db.Queries, at time.Time) (now stands, err error) {
	rows, err := q.ClosesInTheWay(ctx, dialer.DateOf(at).String())
	for _, r := range rows {
		c := l.closeOf(r)
		if c.Foreign && c.Step.Over() {
			continue
		}
		now.closing = now.closing || !c.Step.Over()
		now.closed = now.closed || c.Step == dayclose.Closed && c.Day.String() >= dialer.DateOf(at).String()
		now.ended = now.ended || c.Final
	}
	return now, err
}

// shut is why nothing is dialled or written; nil when nothing is shut.
func shut(closed, ended bool) error {
	switch {
	case ended:
		return dialer.Refuse(dialer.ContractEnded)
	case closed:
		return dialer.Refuse(dialer.DayClosed)
	}
	return nil
}

// Found looks at what stands in the way of a close.
func (l *Ledger) Found(ctx context.Context) (found dayclose.Found, err error) {
	err = l.query(ctx, "look whether the day can be closed", func(ctx context.Context, q *db.Queries) error {
		found, err = l.found(ctx, q)
		return err
	})
	return found, err
}

func (l *Ledger) found(ctx context.Context, q *db.Queries) (dayclose.Found, error) {
	o, err := q.CloseObstacles(ctx)
	if err != nil {
		return dayclose.Found{}, err
	}
	h, err := q.CountHandoffs(ctx)
	if err != nil {
		return dayclose.Found{}, err
	}
	today, err := l.vault.Custody(l.now())
	if err != nil {
		return dayclose.Found{}, err
	}
	ours, err := l.ourCloses(ctx, q)
	if err != nil {
		return dayclose.Found{}, err
	}
	goes, err := q.CountToReturn(ctx, ours, dateColumn(today))
	return dayclose.Found{
		OpenCalls: int(o.OpenCalls), ResultsDue: int(o.ResultsDue), Applying: int(o.Applying), Staging: int(o.Staging), Spooled: l.waiting(),
		HandoffsOpen: int(h.Waiting), HandoffsUnseen: int(h.Unseen),
		EntriesWaiting: int(goes.Records), NumbersWaiting: int(goes.Numbers), DaysWithoutGone: int(goes.DaysBefore),
	}, err
}

// BeginClose begins a close. Whoever writes in the day is waited for, and from the commit on finds the day closed.
func (l *Ledger) BeginClose(ctx context.Context, c dayclose.Close) error {
	// What waits in the spool is of this day.
	if err := l.settle(ctx); err != nil {
		return err
	}
	return l.inTx(ctx, "begin the day's close", func(ctx context.Context, q *db.Queries) error {
		if err := q.HoldDay(ctx); err != nil {
			return err
		}
		switch now, err := l.dayStands(ctx, q, c.Day.At(0)); {
		case err != nil || now.ended:
			return orElse(err, shut(false, now.ended))
		case now.closing:
			return dayclose.ErrUnderWay
		case now.closed:
			return dayclose.ErrClosed
		}
		found, err := l.found(ctx, q)
		found.Applying = 0 // what was being applied has been waited for; what has the lock by now waits for us
		if err == nil {
			err = found.Ready()
		}
		if err == nil {
			err = l.paceOfCloses(ctx, q, c)
		}
		if err == nil {
			err = stopStaging(ctx, q)
		}
		if err != nil {
			return err
		}
		return q.InsertClose(ctx, db.InsertCloseParams{
			ID: c.ID, Day: c.Day.String(), Upto: uptoOf(c), Final: c.Final, ByUser: string(c.By), BegunAt: c.BegunAt, Step: string(c.Step), MovedAt: c.Moved,
			Mark: l.markOfClose(c),
		})
	})
}

// closesKey names the key of the closes' marks among those that the installation's secret makes.
const closesKey = "closes"

// markOfClose is the mark of a close in its step. Whoever may write into the table could begin one in anybody's name, or name a step to go on from, and have
// keys destroyed; the server goes by no row without the right mark.
func (l *Ledger) markOfClose(c dayclose.Close) []byte {
	return l.markUnder(closesKey, c.ID, c.Day.String(), uptoOf(c), c.Final, string(c.By), c.BegunAt.UnixMicro(), string(c.Step), c.Moved.UnixMicro(),
		orEmptyList(c.Files), orEmptyCounts(c.Counts), c.Manifest, orEmptyCounts(c.Destroyed))
}

func uptoOf(c dayclose.Close) string {
	if c.Upto == nil {
		return ""
	}
	return c.Upto.String()
}

func orElse(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// MoveClose keeps what a close has become.
func (l *Ledger) MoveClose(ctx context.Context, c dayclose.Close, from dayclose.Step) error {
	if !c.MayStandFrom(from) {
		return dayclose.ErrMoved
	}
	p := db.MoveCloseParams{ID: c.ID, Step: string(c.Step), FromStep: string(from), MovedAt: c.Moved, Manifest: c.Manifest, Mark: l.markOfClose(c)}
	if c.Foreign { // it is given up, and is ours no more than before
		p.Mark = []byte{}
	}
	for to, v := range map[*[]byte]any{&p.Files: orEmptyList(c.Files), &p.Counts: orEmptyCounts(c.Counts), &p.Destroyed: orEmptyCounts(c.Destroyed)} {
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		*to = b
	}
	return l.query(ctx, "keep how the day's close stands", func(ctx context.Context, q *db.Queries) error {
		n, err := q.MoveClose(ctx, p)
		if err == nil && n == 0 {
			err = dayclose.ErrMoved
		}
		return err
	})
}

func orEmptyList(files []dayclose.File) []dayclose.File {
	if files == nil {
		return []dayclose.File{}
	}
	return files
}

func orEmptyCounts(c dayclose.Counts) dayclose.Counts {
	if c == nil {
		return dayclose.Counts{}
	}
	return c
}

// CloseByID returns one close.
func (l *Ledger) CloseByID(ctx context.Context, id string) (c dayclose.Close, err error) {
	err = l.query(ctx, "find a close", func(ctx context.Context, q *db.Queries) error {
		row, err := q.CloseByID(ctx, id)
		if err == nil {
			c = l.closeOf(row)
		}
		return err
	})
	return c, err
}

// closeOf is a close as its row has it, and whether that bears our mark. One that cannot be read is not ours either, and must keep no other from being read.
func (l *Ledger) closeOf(r db.Close) dayclose.Close {
	c, err := closeFrom(r)
	c.Foreign = err != nil || !hmac.Equal(l.markOfClose(c), r.Mark)
	return c
}

func closeFrom(r db.Close) (c dayclose.Close, err error) {
	c = dayclose.Close{
		ID: r.ID, Final: r.Final, By: dialer.UserID(r.ByUser), BegunAt: r.BegunAt, Step: dayclose.Step(r.Step), Moved: r.MovedAt, Manifest: r.Manifest,
	}
	if c.Day, err = dialer.ParseDate(r.Day); err != nil {
		return c, err
	}
	if r.Upto != "" {
		upto, err := dialer.ParseDate(r.Upto)
		if err != nil {
			return c, err
		}
		c.Upto = &upto
	}
	for _, f := range []struct {
		b  []byte
		to any
	}{{r.Files, &c.Files}, {r.Counts, &c.Counts}, {r.Destroyed, &c.Destroyed}} {
		if err := json.Unmarshal(f.b, f.to); err != nil {
			return c, err
		}
	}
	return c, nil
}

// HoldClose has one process carry a close. The lock is a session's, and goes with the process.
func (l *Ledger) HoldClose(ctx context.Context, id string) (release func(), err error) {
	conn, err := l.pool.Acquire(ctx)
	if err != nil {
		return nil, l.noticed(classify("hold the day's close", err))
	}
	got, err := db.New(conn).HoldClose(ctx, id)
	if err != nil || !got {
		conn.Release()
		return nil, orElse(l.noticed(classify("hold the day's close", err)), dayclose.ErrHeld)
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if err := db.New(conn).LetGoClose(ctx, id); err != nil {
			_ = conn.Conn().Close(ctx) // and the lock with it
		}
		conn.Release()
	}, nil
}

// DayCounts sums a day in Tokyo.
func (l *Ledger) DayCounts(ctx context.Context, day dialer.Date) (dayclose.Counts, error) {
	counts := dayclose.Counts{}
	err := l.query(ctx, "count the day", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.DayCounts(ctx, day.At(0), day.Next().At(0))
		for _, r := range rows {
			counts[r.Name] = r.N
		}
		return err
	})
	return counts, err
}

// refuseClosedDay is asked in a transaction that opens an attempt, after it entered the day.
func (l *Ledger) refuseClosedDay(ctx context.Context, q *db.Queries, at time.Time) error {
	now, err := l.dayStands(ctx, q, at)
	return orElse(err, shut(now.closing || now.closed, now.ended))
}

// Doomed counts what goes with a close.
func (l *Ledger) Doomed(ctx context.Context, c dayclose.Close) (dayclose.Counts, error) {
	counts := dayclose.Counts{}
	if c.Upto == nil {
		return counts, nil
	}
	err := l.query(ctx, "count what goes back", func(ctx context.Context, q *db.Queries) error {
		r, err := q.CountCustody(ctx, dateColumn(*c.Upto))
		maps.Copy(counts, dayclose.Counts{
			"cases": r.Cases, "persons": r.Persons, "phones": r.Phones, "case_notes": r.CaseNotes, "entry_notes": r.EntryNotes,
			"callers": r.Callers, "staged_rows": r.StagedRows, "numbers_entered": r.NumbersEntered,
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	days, err := l.vault.Days()
	for _, day := range days {
		if day.String() <= c.Upto.String() {
			counts["keys"]++
		}
	}
	return counts, err
}

// Destroy ends the custody of a close's days.
func (l *Ledger) Destroy(ctx context.Context, c dayclose.Close) error {
	if c.Upto == nil {
		return nil
	}
	if _, err := l.DestroyCustody(ctx, *c.Upto); err != nil {
		return err
	}
	if c.Final {
		if err := l.forgetMatters(); err != nil {
			return err
		}
	}
	return l.query(ctx, "empty the staging", func(ctx context.Context, q *db.Queries) error { return q.EmptyStaging(ctx) })
}
