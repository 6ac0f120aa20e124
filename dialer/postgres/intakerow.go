package postgres

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"

	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// about is what rows say of their person again and again: a row for each term, one after the other.
type about struct {
	row                  casework.Row
	ref                  string
	who, born, household []byte
	parts                [][]byte
}

// again reports whether a row says the same of the same person as the one before it.
func (a about) again(ref string, r casework.Row) bool {
	return a.ref == ref && a.row.Person == r.Person && a.row.Household == r.Household && a.row.Language == r.Language && a.row.Note == r.Note &&
		a.row.WardNumber == r.WardNumber && slices.Equal(a.row.Phones, r.Phones)
}

// values seals a row: nothing of it stands anywhere in plain, staged or not. Of a person who stands in the row before it already, it
// is what is owed that is written: a person's first row has the rest, and it is never taken out without the others.
func (in *intake) values(r casework.Row, dueOn pgtype.Date) (row []any, err error) {
	ref, person := in.refOf(r), personOf(r.WardNumber, r.Person)
	phones, sealed, tokens, note, token := noPhones, []byte{}, [][]byte{}, []byte{}, []byte{}
	if !in.last.again(ref, r) {
		if in.last, err = in.about(ref, r, person); err != nil {
			return nil, err
		}
		if phones, err = in.phones(ref, r.Phones); err != nil {
			return nil, err
		}
		if sealed, tokens, err = in.custody.person(ref, person); err != nil {
			return nil, err
		}
		if note, token, err = in.note(ref, plain(r.Note)); err != nil {
			return nil, err
		}
	}
	listed, err := in.digest(r, person)
	if err != nil {
		return nil, err
	}
	a, parts := in.last, slices.Clone(in.last.parts)
	if parts[balancePart], err = in.digests.balance(ref, r.Balance); err != nil {
		return nil, err
	}
	staged := db.StagedRow{
		ListID: in.list.ID, Line: int32(r.Line), CaseRef: ref, Custody: in.custody.day, Who: a.who, Born: a.born, Listed: listed, //nolint:gosec // no list has 2^31 lines
		Sealed: sealed, Tokens: tokens, Language: plain(r.Language), Note: note, NoteToken: token,
		PhoneNumbers: phones.sealed, PhoneEnds: phones.ends, PhoneKinds: phones.kinds, PhoneRefs: phones.refs,
		Insurance: string(r.Balance.Insurance), Term: plain(r.Balance.Term), DueOn: dueOn, Yen: r.Balance.Yen, Parts: parts, Household: a.household,
	}
	return valuesOf(staged), in.handed.add(staged)
}

// partsOfRow is how many digests of parts a row bears, and balancePart which of them is of what is owed.
const (
	partsOfRow  = 5
	balancePart = 3
)

// balance is the digest of what a row says is owed.
func (d listDigests) balance(ref string, b casework.Balance) ([]byte, error) {
	return d.keyed(ref, "balance", b.Insurance, plain(b.Term), b.DueOn, b.Yen)
}

// about makes what is compared of a row's person. The parts are digests like the whole's, of what a list can change of a case: name,
// address, numbers, balance, the rest (GroupStaged). They are bound to the case: what two cases have in common cannot be told from them.
func (in *intake) about(ref string, r casework.Row, p sealedPerson) (a about, err error) {
	a = about{row: r, ref: ref, parts: make([][]byte, partsOfRow)}
	if a.who, err = in.custody.token("who", unspaced(p.Name)); err != nil {
		return a, err
	}
	if p.BornOn != "" { // none is no other
		if a.born, err = in.custody.token("born", p.BornOn); err != nil {
			return a, err
		}
	}
	if r.Household != "" { // none is no other's
		if a.household, err = in.custody.token("household", r.Household); err != nil {
			return a, err
		}
	}
	for i, part := range map[int][]any{
		0: {ref, "name", p.Name, p.Kana, p.BornOn}, 1: {ref, "address", p.PostalCode, p.Address}, 2: {ref, "phones", in.refsOf(r.Phones)}, 4: {ref, "other", r.Language, r.Note},
	} {
		if a.parts[i], err = in.digests.keyed(part...); err != nil {
			return a, err
		}
	}
	return a, nil
}

func (in *intake) refsOf(phones []casework.Phone) []string {
	refs := make([]string, len(phones))
	for i, p := range phones {
		refs[i] = in.refs.Number(p.Number)
	}
	return refs
}

// note seals the ward's note; its token tells the same note on several rows.
func (in *intake) note(ref, text string) (sealed, token []byte, err error) {
	if text == "" {
		return []byte{}, []byte{}, nil
	}
	if token, err = in.custody.token("note", text); err != nil {
		return nil, nil, err
	}
	sealed, err = in.custody.seal(text, aboutCaseNote(ref))
	return sealed, token, err
}

// digest is a keyed digest of what a row says. It outlives the day, so that the next list can tell what is new: nothing can be
// read from it, and it is not the day's key that makes it.
func (in *intake) digest(r casework.Row, person sealedPerson) ([]byte, error) {
	return in.digests.keyed(person, r.Language, r.Note, in.refsOf(r.Phones), r.Balance.Insurance, r.Balance.Term, r.Balance.DueOn, r.Balance.Yen)
}

// listDigests makes keyed digests of what lists say; it is their key.
type listDigests []byte

func (d listDigests) keyed(of ...any) ([]byte, error) {
	text, err := json.Marshal(of)
	if err != nil {
		return nil, err
	}
	m := hmac.New(sha256.New, d)
	m.Write(text)
	return m.Sum(nil), nil
}

// stagedPhones are the columns of a row's numbers.
type stagedPhones struct {
	sealed, ends [][]byte
	kinds, refs  []string
}

var noPhones = stagedPhones{[][]byte{}, [][]byte{}, []string{}, []string{}}

func (in *intake) phones(caseRef string, phones []casework.Phone) (p stagedPhones, err error) {
	n := len(phones)
	p = stagedPhones{make([][]byte, n), make([][]byte, n), make([]string, n), make([]string, n)}
	for i, phone := range phones {
		p.kinds[i], p.refs[i] = string(phone.Kind), in.refs.Number(phone.Number)
		if p.sealed[i], p.ends[i], err = in.custody.phone(phone.Number, p.refs[i], caseRef); err != nil {
			return p, err
		}
	}
	return p, nil
}
