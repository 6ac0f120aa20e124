package postgres

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
	"kakeru/dialer/report"
)

var _ report.MinutesStore = (*Ledger)(nil)

// MinutesOf implements report.MinutesStore.
func (l *Ledger) MinutesOf(ctx context.Context, month string, whole int) (out []report.KeptMinutes, err error) {
	err = l.query(ctx, "read minutes", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.MinutesOf(ctx, int32(whole), month) //nolint:gosec // of those there are, or none
		if err != nil {
			return err
		}
		for _, r := range rows {
			out = append(out, report.KeptMinutes{
				Revision: int(r.Revision), At: r.At, By: dialer.UserID(r.ByUser), SHA256: hex.EncodeToString(r.Sha256), Content: r.Content,
			})
		}
		signed, err := q.SignaturesOf(ctx, month) // read behind them: none is of a revision that was not read, but of one that came since
		if err != nil {
			return err
		}
		have, err := marksOf(ctx, q, markedSignatures) // after the rows, which come with their marks
		for _, s := range signed {
			if at := int(s.Revision) - 1; at < len(out) && have.has(idOfSignature(s), l.markOfSignature(s)) {
				out[at].Signed = append(out[at].Signed, report.Signature{Side: report.Side(s.Side), By: dialer.UserID(s.ByUser), At: s.At})
			}
		}
		return err
	})
	return out, err
}

// KeepMinutes implements report.MinutesStore.
func (l *Ledger) KeepMinutes(ctx context.Context, month string, k report.KeptMinutes) error {
	sum, err := hex.DecodeString(k.SHA256)
	if err != nil {
		return fmt.Errorf("the digest of minutes: %w", err)
	}
	return l.keepOne(ctx, "keep minutes", func(ctx context.Context, q *db.Queries) (int64, error) {
		return q.KeepMinutes(ctx, db.KeepMinutesParams{
			Month: month, Revision: int32(k.Revision), At: k.At, ByUser: string(k.By), Content: k.Content, Sha256: sum, //nolint:gosec // one more than there are
		})
	})
}

// KeepSignature implements report.MinutesStore.
func (l *Ledger) KeepSignature(ctx context.Context, month string, revision int, s report.Signature) error {
	row := db.MinutesSigned{Month: month, Revision: int32(revision), Side: string(s.Side), ByUser: string(s.By), At: s.At} //nolint:gosec // of those there are
	return l.keepOne(ctx, "sign minutes", func(ctx context.Context, q *db.Queries) (int64, error) {
		n, err := q.KeepSignature(ctx, db.KeepSignatureParams(row))
		if err == nil && n > 0 {
			err = q.MarkRow(ctx, markedSignatures, idOfSignature(row), l.markOfSignature(row))
		}
		return n, err
	})
}

func idOfSignature(r db.MinutesSigned) string {
	return r.Month + " " + strconv.Itoa(int(r.Revision)) + " " + r.Side
}

func (l *Ledger) markOfSignature(r db.MinutesSigned) []byte {
	return l.markUnder(markedSignatures, r.Month, r.Revision, r.Side, r.ByUser, r.At.UnixMicro())
}

func (l *Ledger) signaturesToMark(ctx context.Context, q *db.Queries) (marks, error) {
	found := marks{}
	rows, err := q.AllSignatures(ctx)
	for _, r := range rows {
		found[idOfSignature(r)] = [][]byte{l.markOfSignature(r)}
	}
	return found, err
}

// keepOne adds one row, or finds that it is not the one that comes next.
func (l *Ledger) keepOne(ctx context.Context, op string, add func(context.Context, *db.Queries) (int64, error)) error {
	var n int64
	err := l.inTx(ctx, op, func(ctx context.Context, q *db.Queries) (err error) {
		n, err = add(ctx, q)
		return err
	})
	if err == nil && n == 0 {
		return report.ErrMinutesMoved
	}
	return err
}

// OpenHandoffs is how many hand-offs wait for the ward now.
func (l *Ledger) OpenHandoffs(ctx context.Context) (n int, err error) {
	err = l.query(ctx, "count open hand-offs", func(ctx context.Context, q *db.Queries) error {
		open, err := q.OpenHandoffs(ctx)
		n = int(open)
		return err
	})
	return n, err
}
