package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// Case returns one case, whole.
func (l *Ledger) Case(ctx context.Context, id dialer.CaseID) (casework.Case, error) {
	cases, err := l.Cases(ctx, []dialer.CaseID{id})
	if err == nil && len(cases) == 0 {
		err = classify("find a case", pgx.ErrNoRows)
	}
	if err != nil {
		return casework.Case{}, err
	}
	return cases[0], nil
}

// Cases returns the cases of the ids given, in their order, without those there are not.
func (l *Ledger) Cases(ctx context.Context, ids []dialer.CaseID) ([]casework.Case, error) {
	known := make([]string, 0, len(ids))
	for _, id := range ids {
		var u pgtype.UUID
		if u.Scan(string(id)) == nil {
			known = append(known, u.String())
		}
	}
	return l.casesOf(ctx, "read cases", func(context.Context, *db.Queries) ([]string, error) { return known, nil })
}

// Held lists the cases that are held back, newest first.
func (l *Ledger) Held(ctx context.Context, limit int) ([]casework.Case, error) {
	most := int32(min(max(limit, 0), 1000)) //nolint:gosec // bounded here
	return l.casesOf(ctx, "list held cases", func(ctx context.Context, q *db.Queries) ([]string, error) { return q.HeldCases(ctx, most) })
}

// casesOf reads the cases whose ids find returns, in that order.
func (l *Ledger) casesOf(
	ctx context.Context, op string, find func(context.Context, *db.Queries) ([]string, error),
) (cases []casework.Case, err error) {
	err = l.query(ctx, op, func(ctx context.Context, q *db.Queries) error {
		ids, err := find(ctx, q)
		if err != nil || len(ids) == 0 {
			return err
		}
		byID, err := l.loadCases(ctx, q, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if c, ok := byID[id]; ok {
				cases = append(cases, *c)
			}
		}
		return nil
	})
	return cases, err
}

func (l *Ledger) loadCases(ctx context.Context, q *db.Queries, ids []string) (map[string]*casework.Case, error) {
	rows, err := q.CasesByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*casework.Case, len(rows))
	for _, r := range rows {
		if byID[r.ID], err = l.caseFrom(r); err != nil {
			return nil, err
		}
	}
	if err := l.addNotes(ctx, q, byID, ids); err != nil {
		return nil, err
	}
	if err := l.addPhones(ctx, q, byID, ids); err != nil {
		return nil, err
	}
	if err := l.addBalances(ctx, q, byID, ids); err != nil {
		return nil, err
	}
	orders, err := ordersOf(ctx, q, ids)
	for id, o := range orders {
		if c := byID[id]; c != nil {
			c.Order = o
		}
	}
	return byID, err
}

// addPhones adds the numbers of cases, and says of each whether it may be dialled.
func (l *Ledger) addPhones(ctx context.Context, q *db.Queries, byID map[string]*casework.Case, of []string) error {
	phones, err := q.PhonesOf(ctx, of)
	if err != nil {
		return err
	}
	refs, ids := make([]string, len(phones)), make([]string, len(phones))
	for i, p := range phones {
		refs[i], ids[i] = p.NumberRef, idOfNumber(p.CaseID, p.NumberRef)
	}
	bars, err := l.barred(ctx, q, refs, ids)
	if err != nil {
		return err
	}
	for i, p := range phones {
		c := byID[p.CaseID]
		if c == nil {
			continue
		}
		number, err := l.openPhone(p.Custody, p.Sealed, p.NumberRef, c.CaseRef)
		if err != nil {
			return err
		}
		c.DoNotCall = c.DoNotCall || bars.forbidden[p.NumberRef]
		if number != "" {
			c.Phones = append(c.Phones, casework.Phone{
				Rank: int(p.Rank), Number: number, Kind: dialer.NumberKind(p.Kind), Usable: p.Usable && !bars.wrong[ids[i]], DoNotCall: bars.forbidden[p.NumberRef],
			})
		}
	}
	return nil
}

// sumsChangedNote is what stands in place of sums that are not the ward's.
const sumsChangedNote = "【注意】この案件の滞納額はデータベース上で書き換えられているため、表示しません。金額を案内せず、スーパーバイザーに知らせてください"

// addBalances adds what cases owe. Sums that are not the ward's are not shown: an operator would read them out. It comes after the notes.
func (l *Ledger) addBalances(ctx context.Context, q *db.Queries, byID map[string]*casework.Case, ids []string) error {
	all, err := sumsOf(ctx, q, ids)
	if err != nil {
		return err
	}
	for id, of := range all {
		c := byID[id]
		if c == nil {
			continue
		}
		if l.changed(id, of) {
			l.log.Error("what a case owes was changed in the database; it is not shown", "case", id)
			c.WardNote = strings.TrimSuffix(sumsChangedNote+"\n"+c.WardNote, "\n")
			continue
		}
		for _, b := range of.owed {
			c.Balances = append(c.Balances, casework.Balance{Insurance: casework.Insurance(b.Insurance), Term: b.Term, DueOn: b.DueOn, Yen: b.Yen})
		}
	}
	return nil
}

// addNotes adds the ward's notes to cases.
func (l *Ledger) addNotes(ctx context.Context, q *db.Queries, byID map[string]*casework.Case, ids []string) error {
	notes, err := q.CaseNotesOf(ctx, ids)
	if err != nil {
		return err
	}
	for _, n := range notes {
		c := byID[n.CaseID]
		if c == nil {
			continue
		}
		note, err := l.unsealNote(n.Custody, n.Sealed, aboutCaseNote(c.CaseRef))
		if err != nil {
			return err
		}
		c.WardNote = strings.TrimPrefix(c.WardNote+"\n"+note, "\n")
	}
	return nil
}

func (l *Ledger) caseFrom(r db.CasesByIDRow) (*casework.Case, error) {
	p, err := l.openPerson(r.Custody, r.CaseRef, r.Sealed)
	if err == nil && p != (sealedPerson{}) {
		l.opened.note(r.ID, r.CaseRef)
	}
	return &casework.Case{
		ID: dialer.CaseID(r.ID), CaseRef: r.CaseRef, WardNumber: p.WardNumber,
		Person: casework.Person{
			Name: p.Name, Kana: p.Kana, PostalCode: p.PostalCode, Address: p.Address, BornOn: p.BornOn,
		},
		Language: r.Language, Sample: r.Sample, DoNotCall: r.DoNotCall, Priority: int(r.Priority),
		RankWhy: dialer.Reason{JA: r.RankWhy, EN: r.RankWhyEn}, Pinned: r.Pinned,
		Next: dialer.CaseNext{
			State: dialer.CaseState(r.State), Due: timeOf(r.Due), Why: r.Why, WhyEN: r.WhyEn, Cause: dialer.Cause(r.Cause),
			Mine: dialer.UserID(r.Mine), MineUntil: timeOf(r.MineUntil),
		},
		UpdatedAt: r.UpdatedAt,
	}, err
}
