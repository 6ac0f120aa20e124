package postgres

import (
	"context"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
)

// Recording returns how an attempt was recorded; dialer.ErrNotFound when it was not.
func (l *Ledger) Recording(ctx context.Context, id dialer.CallID) (r dialer.Recording, err error) {
	err = l.query(ctx, "find how an attempt was recorded", func(ctx context.Context, q *db.Queries) error {
		row, err := q.RecordingOf(ctx, string(id))
		if err != nil {
			return err
		}
		pauses, err := q.PausesOf(ctx, string(id))
		r = dialer.Recording{
			Ref: row.Ref, From: row.BeganAt, Until: timeOf(row.EndedAt), Lost: time.Duration(row.LostMs) * time.Millisecond,
			Fault: dialer.RecordingFault(row.Fault),
		}
		for _, p := range pauses {
			r.Pauses = append(r.Pauses, dialer.Pause{From: p.BeganAt, Until: p.EndedAt})
		}
		return err
	})
	return r, err
}

// Listened writes down, for ever, that somebody listens to an attempt's recording, once a minute: the month's log has one line for it, and the record of who saw what
// each time. Nothing is played without it.
func (l *Ledger) Listened(ctx context.Context, id dialer.CallID, by dialer.UserID, at time.Time) error {
	return l.query(ctx, "write down who listens", func(ctx context.Context, q *db.Queries) error {
		return q.AddListen(ctx, string(id), string(by), at)
	})
}

// endRecording writes what a recording came to, in the transaction of the attempt's end. The first end counts.
func endRecording(ctx context.Context, q *db.Queries, id dialer.CallID, r *dialer.Recording) error {
	if r == nil {
		return nil
	}
	n, err := q.EndRecording(ctx, db.EndRecordingParams{
		AttemptID: string(id), Ref: plain(r.Ref), BeganAt: r.From, EndedAt: r.Until, LostMs: r.Lost.Milliseconds(), Fault: string(r.Fault),
	})
	if err != nil || n == 0 || len(r.Pauses) == 0 {
		return err
	}
	p := db.AddPausesParams{AttemptID: string(id)}
	for i, pause := range r.Pauses { // no more than the recording does one end before it began
		p.Ns = append(p.Ns, int32(i)) //nolint:gosec // a talk's pauses are counted in tens
		p.Begans, p.Endeds = append(p.Begans, pause.From), append(p.Endeds, later(pause.From, pause.Until))
	}
	return q.AddPauses(ctx, p)
}

// later is the later of two instants.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
