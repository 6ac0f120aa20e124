package postgres

import (
	"context"
	"slices"
	"strings"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// sought is what a person typed: digits, or the beginning of a name, which may be its kana.
type sought struct{ digits, name, kana string }

// mostFound is how many cases are looked at for one search: blind tokens know the beginning of a beginning only.
const mostFound = 1000

// Search finds cases by 宛名番号, by a whole number, by the last four digits, or by the beginning of name (from its first letter) or
// kana (from its second).
func (l *Ledger) Search(ctx context.Context, q string, limit int) (found []casework.Case, err error) {
	s := soughtBy(q)
	limit = min(max(limit, 0), mostFound)
	if s == (sought{}) || limit == 0 {
		return nil, nil
	}
	p, err := l.tokensOf(s)
	if err != nil {
		return nil, err
	}
	err = l.read(ctx, "search cases", func(ctx context.Context, q *db.Queries) error {
		ids, err := q.SearchCases(ctx, p)
		if err != nil {
			return err
		}
		for some := range slices.Chunk(ids, max(limit, 50)) {
			byID, err := l.loadCases(ctx, q, some)
			if err != nil {
				return err
			}
			for _, id := range some {
				if c := byID[id]; c != nil && s.meets(c) {
					found = append(found, *c)
				}
			}
			if len(found) >= limit {
				break
			}
		}
		return nil
	})
	// The ward's number as it was typed comes before one with other zeros.
	slices.SortStableFunc(found, func(a, b casework.Case) int {
		return btoi(b.WardNumber == s.digits) - btoi(a.WardNumber == s.digits)
	})
	return found[:min(len(found), limit)], err
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// tokensOf makes what is asked of the database: one token of each kind for each day whose key lives.
func (l *Ledger) tokensOf(s sought) (p db.SearchCasesParams, err error) {
	p.Max = mostFound
	days, err := l.vault.Days()
	if err != nil {
		return p, err
	}
	add := func(to *[][]byte, c custody, kind, text string) {
		if t, terr := c.token(kind, text); terr == nil {
			*to = append(*to, t)
		} else {
			err = terr
		}
	}
	for _, day := range days {
		c := custodyOf(l.vault, day)
		if s.digits != "" {
			add(&p.Ward, c, "ward", shortWard(s.digits))
			add(&p.LastFour, c, "last four", s.digits)
			continue
		}
		if words := beginnings("name", s.name, 1, nameLetters); len(words) > 0 {
			add(&p.Name, c, "name", words[len(words)-1].text)
		}
		if words := beginnings("kana", s.kana, kanaFewest, kanaLetters); len(words) > 0 {
			add(&p.Kana, c, "kana", words[len(words)-1].text)
		}
	}
	if s.digits != "" {
		p.NumberRef = l.refs.Number(dialer.Number(s.digits))
	}
	return p, err
}

// meets says whether a case is one that was sought.
func (s sought) meets(c *casework.Case) bool {
	if s.digits == "" {
		return strings.HasPrefix(unspaced(c.Person.Name), s.name) || strings.HasPrefix(unspaced(c.Person.Kana), s.kana)
	}
	if c.WardNumber != "" && shortWard(c.WardNumber) == shortWard(s.digits) {
		return true
	}
	return slices.ContainsFunc(c.Phones, func(p casework.Phone) bool {
		n := string(p.Number)
		return n == s.digits || len(s.digits) == 4 && strings.HasSuffix(n, s.digits)
	})
}

// soughtBy reads what a person typed: digits in any width with their punctuation, or the beginning of a name, whose kana may be
// typed as hiragana.
func soughtBy(q string) sought {
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
		name.WriteRune(r)
		if r >= 'ぁ' && r <= 'ゖ' {
			r += 'ァ' - 'ぁ'
		}
		kana.WriteRune(r)
	}
	if isNumber {
		return sought{digits: digits.String()}
	}
	return sought{name: name.String(), kana: kana.String()}
}
