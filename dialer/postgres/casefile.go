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

// Search finds cases by 宛名番号, by a whole number, by the last four digits, or by the beginning of name or kana.
func (l *Ledger) Search(ctx context.Context, q string, limit int) ([]casework.Case, error) {
	p := searchFor(q)
	p.Max = int32(min(max(limit, 0), 1000)) //nolint:gosec // bounded here
	if p.Digits == "" && p.Name == "" {
		return nil, nil
	}
	return l.casesOf(ctx, "search cases", func(ctx context.Context, q *db.Queries) ([]string, error) { return q.SearchCases(ctx, p) })
}

// searchFor reads what a person typed: digits in any width with their punctuation, or the beginning of a name, whose kana
// may be typed as hiragana.
func searchFor(q string) db.SearchCasesParams {
	var digits, name, kana strings.Builder
	isNumber := true
	for _, r := range plain(q) {
		switch {
		case r == ' ' || r == '\u3000':
			continue
		case r >= '０' && r <= '９':
			r -= '０' - '0'
		}
		if r >= '0' && r <= '9' {
			digits.WriteRune(r)
		} else if !strings.ContainsRune("-－‐−―ー()（）", r) {
			isNumber = false
		}
		if strings.ContainsRune(`\%_`, r) { // LIKE's own signs
			name.WriteRune('\\')
			kana.WriteRune('\\')
		}
		name.WriteRune(r)
		if r >= 'ぁ' && r <= 'ゖ' {
			r += 'ァ' - 'ぁ'
		}
		kana.WriteRune(r)
	}
	if isNumber {
		return db.SearchCasesParams{Digits: digits.String()}
	}
	return db.SearchCasesParams{Name: name.String() + "%", Kana: kana.String() + "%"}
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
		byID, err := loadCases(ctx, q, ids)
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

func loadCases(ctx context.Context, q *db.Queries, ids []string) (map[string]*casework.Case, error) {
	rows, err := q.CasesByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*casework.Case, len(rows))
	for _, r := range rows {
		byID[r.ID] = caseFrom(r)
	}
	phones, err := q.PhonesOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, p := range phones {
		if c := byID[p.CaseID]; c != nil {
			c.Phones = append(c.Phones, casework.Phone{
				Rank: int(p.Rank), Number: dialer.Number(p.Number), Kind: dialer.NumberKind(p.Kind), Usable: p.Usable, DoNotCall: p.DoNotCall,
			})
		}
	}
	balances, err := q.BalancesOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, b := range balances {
		if c := byID[b.CaseID]; c != nil {
			c.Balances = append(c.Balances, casework.Balance{
				Insurance: casework.Insurance(b.Insurance), Term: b.Term, DueOn: b.DueOn, Yen: b.Yen,
			})
		}
	}
	orders, err := ordersOf(ctx, q, ids)
	for id, o := range orders {
		if c := byID[id]; c != nil {
			c.Order = o
		}
	}
	return byID, err
}

func caseFrom(r db.CasesByIDRow) *casework.Case {
	return &casework.Case{
		ID: dialer.CaseID(r.ID), CaseRef: r.CaseRef, WardNumber: r.WardNumber,
		Person: casework.Person{
			Name: r.Name, Kana: r.Kana, PostalCode: r.PostalCode, Address: r.Address, BornOn: r.BornOn,
		},
		Language: r.Language, WardNote: r.Note, Sample: r.Sample, DoNotCall: r.DoNotCall, Priority: int(r.Priority),
		RankWhy: dialer.Reason{JA: r.RankWhy, EN: r.RankWhyEn}, Pinned: r.Pinned,
		Next: dialer.CaseNext{
			State: dialer.CaseState(r.State), Due: timeOf(r.Due), Why: r.Why, WhyEN: r.WhyEn, Cause: dialer.Cause(r.Cause),
			Mine: dialer.UserID(r.Mine), MineUntil: timeOf(r.MineUntil),
		},
		UpdatedAt: r.UpdatedAt,
	}
}
