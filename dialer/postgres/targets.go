package postgres

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
	"kakeru/dialer/report"
)

var _ report.TargetStore = (*Ledger)(nil)

// TargetWords implements report.TargetStore.
func (l *Ledger) TargetWords(ctx context.Context) (out []report.TargetWord, err error) {
	err = l.query(ctx, "read the targets", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.TargetWords(ctx)
		out = make([]report.TargetWord, len(rows))
		for i, r := range rows {
			out[i] = report.TargetWord{Month: r.Month, Reason: r.Reason, By: dialer.UserID(r.ByUser), At: r.At}
			if r.Calls >= 0 {
				n := int(r.Calls)
				out[i].Calls = &n
			}
		}
		return err
	})
	return out, err
}

// SetTarget implements report.TargetStore.
func (l *Ledger) SetTarget(ctx context.Context, w report.TargetWord) error {
	calls := int32(-1) // as the contract says
	if w.Calls != nil {
		calls = int32(*w.Calls)
	}
	return l.query(ctx, "set a target", func(ctx context.Context, q *db.Queries) error {
		return q.SetTarget(ctx, db.SetTargetParams{Month: w.Month, Calls: calls, Reason: w.Reason, ByUser: string(w.By), At: w.At})
	})
}

// TellTarget implements report.TargetStore.
func (l *Ledger) TellTarget(ctx context.Context, s report.Standing, at time.Time) (first bool, err error) {
	err = l.query(ctx, "note that a target fails", func(ctx context.Context, q *db.Queries) error {
		n, err := q.TellTarget(ctx, db.TellTargetParams{
			Measure: string(s.Measure), Kind: string(s.Kind), Period: s.Period, Since: s.FailedOn, At: at,
		})
		first = n > 0
		return err
	})
	return first, err
}

// KeepNotice implements report.TargetStore.
func (l *Ledger) KeepNotice(ctx context.Context, k report.KeptNotice) (id int64, err error) {
	sum, err := hex.DecodeString(k.SHA256)
	if err != nil {
		return 0, fmt.Errorf("a notice's digest: %w", err)
	}
	err = l.query(ctx, "keep a notice", func(ctx context.Context, q *db.Queries) error {
		id, err = q.KeepNotice(ctx, db.KeepNoticeParams{At: k.At, ByUser: string(k.By), Content: k.Content, Sha256: sum})
		return err
	})
	return id, err
}

// Notices implements report.TargetStore.
func (l *Ledger) Notices(ctx context.Context, most int) (out []report.KeptNotice, err error) {
	err = l.query(ctx, "list the notices", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.Notices(ctx, int32(most))
		for _, r := range rows {
			out = append(out, noticeOf(r))
		}
		return err
	})
	return out, err
}

// KeptNotice implements report.TargetStore.
func (l *Ledger) KeptNotice(ctx context.Context, id int64) (out report.KeptNotice, err error) {
	err = l.query(ctx, "read a notice", func(ctx context.Context, q *db.Queries) error {
		r, err := q.Notice(ctx, id)
		out = noticeOf(r)
		return err
	})
	return out, err
}

func noticeOf(r db.WardNotice) report.KeptNotice {
	return report.KeptNotice{ID: r.ID, At: r.At, By: dialer.UserID(r.ByUser), Content: r.Content, SHA256: hex.EncodeToString(r.Sha256)}
}
