package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

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
		if err := l.refuseReturned(ctx, q, id); err != nil {
			return err
		}
		if err := l.addNumbers(ctx, q, &t); err != nil {
			return err
		}
		if t.Made, err = l.made(ctx, q, id); err != nil {
			return err
		}
		if number == "" {
			if len(t.Numbers) == 0 {
				return pgx.ErrNoRows
			}
			number = t.Numbers[0].Number
		} else {
			ref := l.refs.Number(number)
			t.Foreign = !slices.ContainsFunc(t.Numbers, func(n dialer.CaseNumber) bool { return n.Ref == ref })
			t.Numbers = nil // the one asked for, and no other
		}
		t.Number, t.NumberRef = number, l.refs.Number(number)
		t.Sample = t.Sample || number.MadeUp() // whatever the case is, a made-up number is nobody's and stays in the lab
		t.DoNotCall, err = l.isForbidden(ctx, q, t.NumberRef)
		return err
	})
	if err != nil {
		return dialer.Target{}, err
	}
	return t, nil
}

// addNumbers adds the numbers of a case that may be dialled, in their order.
func (l *Ledger) addNumbers(ctx context.Context, q *db.Queries, t *dialer.Target) error {
	rows, err := q.NumbersOf(ctx, string(t.CaseID))
	if err != nil {
		return err
	}
	refs, ids := make([]string, len(rows)), make([]string, len(rows))
	for i, r := range rows {
		refs[i], ids[i] = r.NumberRef, idOfNumber(r.CaseID, r.NumberRef)
	}
	bars, err := l.barred(ctx, q, refs, ids)
	if err != nil {
		return err
	}
	for i, r := range rows {
		number, err := l.openPhone(r.Custody, r.Sealed, r.NumberRef, t.CaseRef)
		if err != nil {
			return err
		}
		if number == "" || bars.wrong[ids[i]] {
			continue
		}
		t.Numbers = append(t.Numbers, dialer.CaseNumber{Number: number, Ref: r.NumberRef, DoNotCall: bars.forbidden[r.NumberRef]})
	}
	return nil
}

// made counts the calls of a case for its caps.
func (l *Ledger) made(ctx context.Context, q *db.Queries, id dialer.CaseID) (dialer.CaseCount, error) {
	today := dialer.DateOf(l.now())
	sinceMonday := (int(today.Weekday()) + 6) % 7
	row, err := q.CaseMade(ctx, db.CaseMadeParams{
		CaseID: string(id), Day: today.At(0), Week: today.At(-sinceMonday * 24 * 60), Month: dialer.Date{Year: today.Year, Month: today.Month, Day: 1}.At(0),
	})
	return dialer.CaseCount{Day: int(row.Day), Week: int(row.Week), Month: int(row.Month)}, err
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
	adHocWhy     = "スーパーバイザーが番号を指定した案件です"
	newCaseWhy   = "名簿で新しく届いた案件です"
	newCaseWhyEN = "new from the ward's list"
)

// AdHoc opens a case for a number that belongs to none; asked again for the same number, it returns the same case. It is
// held, not in the line. The reason is kept with the case as a note.
func (l *Ledger) AdHoc(ctx context.Context, number dialer.Number, reason string, by dialer.UserID) (dialer.CaseID, error) {
	var id string
	at, ref := l.now(), l.refs.Case("ad hoc "+string(number))
	c, err := l.custody()
	if err != nil {
		return "", err
	}
	err = l.inTx(ctx, "open an ad-hoc case", func(ctx context.Context, q *db.Queries) (err error) {
		if err := l.enterDay(ctx, q); err != nil {
			return err
		}
		id, err = q.InsertAdHocCase(ctx, db.InsertAdHocCaseParams{
			ID: dialer.NewID(at), CaseRef: ref, Sample: number.MadeUp(), Why: adHocWhy, At: at, Custody: c.day,
		})
		if err != nil {
			return err
		}
		if err := c.insertPhone(ctx, q, phoneOf{id, ref}, number, l.refs.Number(number)); err != nil {
			return err
		}
		note, err := c.seal(plain(reason), aboutCaseNote(ref))
		if err != nil {
			return err
		}
		return q.AppendCaseNote(ctx, id, c.day, note)
	})
	if err == nil {
		l.log.Info("ad-hoc case opened", "case", id, "by", by)
	}
	return dialer.CaseID(id), err
}

// phoneOf is the case that a number is of.
type phoneOf struct{ id, ref string }

// insertPhone gives a case the one number that it is about.
func (c custody) insertPhone(ctx context.Context, q *db.Queries, of phoneOf, number dialer.Number, ref string) error {
	sealed, lastFour, err := c.phone(number, ref, of.ref)
	if err != nil {
		return err
	}
	return q.InsertPhone(ctx, db.InsertPhoneParams{
		CaseID: of.id, NumberRef: ref, Kind: string(number.Kind()), Custody: c.day, Sealed: sealed, LastFour: lastFour,
	})
}

// refuseReturned refuses to dial a case whose personal data went back to the ward: until the next list, or for good.
func (l *Ledger) refuseReturned(ctx context.Context, q *db.Queries, id dialer.CaseID) error {
	row, err := q.TargetOf(ctx, string(id))
	if err != nil || row.Here {
		return err
	}
	now, err := l.dayStands(ctx, q, l.now())
	if err == nil && !now.ended {
		err = dialer.Refuse(dialer.CaseReturned)
	}
	return orElse(err, shut(false, now.ended))
}

// Defer writes when and why a case is next to be called. It waits for what it waited for, only longer: it stays pinned, and its
// operator's. One that does not wait, such as one that is held since it was asked, is put off by nobody: dialer.ErrNotFound.
func (l *Ledger) Defer(ctx context.Context, id dialer.CaseID, next dialer.CaseNext) error {
	// An end in the spool moves the case too, and is older.
	if err := l.settle(ctx); err != nil {
		return err
	}
	return l.inTx(ctx, "move a case", func(ctx context.Context, q *db.Queries) error {
		to := moveTo(string(id), next, l.now())
		to.PutOff = true
		moved, err := q.MoveCase(ctx, to)
		if err == nil && moved == 0 {
			return fmt.Errorf("move a case: %w", dialer.ErrNotFound)
		}
		return err
	})
}

// SetDoNotCall puts a number on the do-not-call list, or takes it off. The list keeps the number's reference only.
func (l *Ledger) SetDoNotCall(ctx context.Context, number dialer.Number, on bool, by dialer.UserID) error {
	ref := l.refs.Number(number)
	return l.inTx(ctx, "change the do-not-call list", func(ctx context.Context, q *db.Queries) error {
		return l.forbid(ctx, q, ref, casework.Forbidding{On: on, By: by, At: l.now()})
	})
}
