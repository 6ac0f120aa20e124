package postgres

import (
	"context"
	"fmt"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// Target returns whom a case is about and the number to dial: the usable one of the lowest rank, or the one given. A
// number that is given is not judged here; the engine says why it may not be dialled.
func (l *Ledger) Target(ctx context.Context, id dialer.CaseID, number dialer.Number) (t dialer.Target, err error) {
	// What waits may spoil a number.
	if err := l.settle(ctx); err != nil {
		return dialer.Target{}, err
	}
	err = l.query(ctx, "find whom to call", func(ctx context.Context, q *db.Queries) error {
		if t, err = wholeTarget(ctx, q, id); err != nil {
			return err
		}
		if number == "" {
			next, err := q.NextNumber(ctx, string(id))
			if err != nil {
				return err
			}
			number = dialer.Number(next)
		}
		t.Number, t.NumberRef = number, l.refs.Number(number)
		t.Sample = t.Sample || number.MadeUp() // whatever the case is, a made-up number is nobody's and stays in the lab
		t.DoNotCall, err = q.IsForbidden(ctx, t.NumberRef)
		return err
	})
	if err != nil {
		return dialer.Target{}, err
	}
	return t, nil
}

// insurance says for the attempt whose premium is owed; empty for a case without balances.
func insurance(kokuho, kouki bool) string {
	switch {
	case kokuho && kouki:
		return "both"
	case kokuho:
		return string(casework.Kokuho)
	case kouki:
		return string(casework.Kouki)
	default:
		return ""
	}
}

const (
	adHocWhy   = "スーパーバイザーが番号を指定した案件です"
	newCaseWhy = "名簿で新しく届いた案件です"
)

// AdHoc opens a case for a number that belongs to none; asked again for the same number, it returns the same case. It is
// held, not in the line. The reason is kept with the case as a note.
func (l *Ledger) AdHoc(ctx context.Context, number dialer.Number, reason string, by dialer.UserID) (dialer.CaseID, error) {
	var id string
	at := l.now()
	err := l.inTx(ctx, "open an ad-hoc case", func(ctx context.Context, q *db.Queries) (err error) {
		id, err = q.InsertAdHocCase(ctx, db.InsertAdHocCaseParams{
			ID: dialer.NewID(at), CaseRef: l.refs.Case("ad hoc " + string(number)), Sample: number.MadeUp(), Why: adHocWhy, At: at,
		})
		if err != nil {
			return err
		}
		if err := q.InsertNobody(ctx, id); err != nil {
			return err
		}
		err = q.InsertPhone(ctx, db.InsertPhoneParams{
			CaseID: id, Number: string(number), Kind: string(number.Kind()), NumberRef: l.refs.Number(number),
		})
		if err != nil {
			return err
		}
		return q.AppendCaseNote(ctx, id, plain(reason))
	})
	if err == nil {
		l.log.Info("ad-hoc case opened", "case", id, "by", by)
	}
	return dialer.CaseID(id), err
}

// Defer writes when and why a case is next to be called.
func (l *Ledger) Defer(ctx context.Context, id dialer.CaseID, next dialer.CaseNext) error {
	return l.SetNext(ctx, id, next)
}

// SetNext moves a case. The log says who asked for it; the case says why.
func (l *Ledger) SetNext(ctx context.Context, id dialer.CaseID, next dialer.CaseNext) error {
	// An end in the spool moves the case too, and is older.
	if err := l.settle(ctx); err != nil {
		return err
	}
	return l.inTx(ctx, "move a case", func(ctx context.Context, q *db.Queries) error {
		moved, err := moveCase(ctx, q, string(id), next, l.now())
		if err == nil && !moved {
			return fmt.Errorf("move a case: %w", dialer.ErrNotFound)
		}
		return err
	})
}

// SetDoNotCall puts a number on the do-not-call list, or takes it off. The list keeps the number's reference only.
func (l *Ledger) SetDoNotCall(ctx context.Context, number dialer.Number, on bool, by dialer.UserID) error {
	ref := l.refs.Number(number)
	return l.inTx(ctx, "change the do-not-call list", func(ctx context.Context, q *db.Queries) error {
		if on {
			return q.Forbid(ctx, ref, string(by), l.now())
		}
		return q.Allow(ctx, ref)
	})
}
