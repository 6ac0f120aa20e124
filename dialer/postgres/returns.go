package postgres

import (
	"context"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/casework/dayclose"
	"kakeru/dialer/casework/returns"
	"kakeru/dialer/postgres/internal/db"
	"kakeru/dialer/vault"
)

var _ returns.Store = (*Ledger)(nil)

// TakeForReturn writes down which negotiation records and numbers go with a close.
func (l *Ledger) TakeForReturn(ctx context.Context, c dayclose.Close) error {
	within, cancel := bounded(ctx, longPatience)
	defer cancel()
	var ours []string
	err := l.query(within, "take what goes back", func(ctx context.Context, q *db.Queries) (err error) {
		if ours, err = l.ourCloses(ctx, q); err != nil {
			return err
		}
		return q.TakeForReturn(ctx, c.ID, ours)
	})
	if err != nil {
		return err
	}
	return l.takeNumbers(ctx, c, ours)
}

const (
	// numbersTaken is how many numbers one statement writes down.
	numbersTaken = 5_000
	// firstID is before all ids, for who reads by pages.
	firstID = "00000000-0000-0000-0000-000000000000"
)

// takeNumbers writes down which numbers go with a close, piece by piece, each for itself: however many somebody has typed in, no piece takes longer than another, and
// a close that is carried on finds done what was.
func (l *Ledger) takeNumbers(ctx context.Context, c dayclose.Close, ours []string) error {
	for last := []string{firstID}; len(last) > 0; {
		err := l.query(ctx, "take the numbers that go back", func(ctx context.Context, q *db.Queries) (err error) {
			last, err = q.TakeNumbersForReturn(ctx, db.TakeNumbersForReturnParams{After: last[0], Ours: ours, CloseID: c.ID, Most: numbersTaken})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// RowsOfReturn is a page of the records that go with a close, after one of them.
func (l *Ledger) RowsOfReturn(ctx context.Context, c dayclose.Close, after *returns.Row, limit int) (out []returns.Row, err error) {
	ctx, cancel := bounded(ctx, longPatience)
	defer cancel()
	err = l.query(ctx, "read what goes back", func(ctx context.Context, q *db.Queries) error {
		p := db.RowsOfReturnParams{ID: c.ID, AfterID: firstID, Most: most(limit)}
		if after != nil {
			p.AfterAt, p.AfterID = after.At, string(after.Attempt)
		}
		out, err = l.rowsOf(ctx, q, p)
		return err
	})
	return out, err
}

// rowsOf are records in the file of a close or of an export.
func (l *Ledger) rowsOf(ctx context.Context, q *db.Queries, p db.RowsOfReturnParams) (out []returns.Row, err error) {
	rows, err := q.RowsOfReturn(ctx, p)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		row, err := l.returnRow(r)
		if err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, nil
}

func (l *Ledger) returnRow(r db.RowsOfReturnRow) (returns.Row, error) {
	who, err := l.openPerson(r.PersonCustody, r.CaseRef, r.Person)
	if err != nil {
		return returns.Row{}, err
	}
	note, err := l.unsealNote(r.NoteCustody, r.Note, aboutEntryNote(r.AttemptID, r.Revision))
	if err != nil {
		return returns.Row{}, err
	}
	row := returns.Row{
		Attempt: dialer.CallID(r.AttemptID), Revision: int(r.Revision), WardNumber: who.WardNumber, At: r.StartedAt,
		Direction: dialer.Direction(r.Direction), Origin: casework.Origin(r.Origin), Kind: casework.InboundKind(r.Kind),
		NumberKind: dialer.NumberKind(r.NumberKind), Result: dialer.Result(r.Result),
		Party: casework.Party(r.Party), Note: note, CallAgain: r.CallAgainAt, Operator: dialer.UserID(r.Operator), Mark: returns.Mark(r.Mark),
	}
	if r.ByUser != "" { // who recorded it is who talked
		row.Operator = dialer.UserID(r.ByUser)
	}
	for _, b := range r.Business {
		row.Business = append(row.Business, casework.Business(b))
	}
	if r.DueOn != "" {
		row.Promise = &casework.Promise{Yen: r.Yen, DueOn: r.DueOn, Means: r.Means}
	}
	return row, nil
}

// HandoffsToReturn are those that the ward has answered, or that were taken back; with a final close those too that are open; and those that have their key
// yet, though their row says that they went back.
func (l *Ledger) HandoffsToReturn(ctx context.Context, c dayclose.Close) (ids []string, err error) {
	err = l.query(ctx, "find the hand-offs that go back", func(ctx context.Context, q *db.Queries) error {
		keys, err := l.vault.Matters()
		if err != nil {
			return err
		}
		withKeys := []string{}
		for _, key := range keys {
			if id, ok := key.Matter(); ok {
				withKeys = append(withKeys, id)
			}
		}
		ids, err = q.HandoffsToReturn(ctx, c.Final, withKeys)
		return err
	})
	return ids, err
}

// WholeHandoffs reads hand-offs with what they say. That they are read here is the close's own doing, and is kept with it.
func (l *Ledger) WholeHandoffs(ctx context.Context, ids []string) (out []casework.Handoff, err error) {
	ctx, cancel := bounded(ctx, longPatience)
	defer cancel()
	err = l.query(ctx, "read the hand-offs that go back", func(ctx context.Context, q *db.Queries) error {
		for _, id := range ids {
			h, err := l.handoff(ctx, q, id)
			if err != nil {
				return err
			}
			out = append(out, h)
		}
		return nil
	})
	return out, err
}

// ReturnHandoff ends a hand-off that went back, and destroys its key.
func (l *Ledger) ReturnHandoff(ctx context.Context, id string, by dialer.UserID, at time.Time) error {
	err := l.inTx(ctx, "return a hand-off", func(ctx context.Context, q *db.Queries) error {
		state, err := q.LockHandoff(ctx, id)
		if err != nil {
			return err
		}
		from := casework.HandoffState(state)
		to, known, _ := from.After(casework.HandoffReturn, "")
		if !known { // it is returned already
			return nil
		}
		return l.addEvent(ctx, q, id, casework.HandoffEvent{Act: casework.HandoffReturn, From: from, To: to, By: by, At: at})
	})
	if err != nil {
		return err
	}
	return l.vault.Destroy(vault.Matter(id))
}

// forgetMatters destroys the keys of all matters that are left: at the contract's end none is open, and what a transaction that
// failed left is nobody's.
func (l *Ledger) forgetMatters() error {
	ids, err := l.vault.Matters()
	for _, id := range ids {
		if err == nil {
			err = l.vault.Destroy(id)
		}
	}
	return err
}
