package postgres

import (
	"encoding/json"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5/pgtype"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// sealedPerson is what is sealed of a person.
type sealedPerson struct {
	WardNumber string `json:"w,omitempty"`
	Name       string `json:"n,omitempty"`
	Kana       string `json:"k,omitempty"`
	PostalCode string `json:"p,omitempty"`
	Address    string `json:"a,omitempty"`
	BornOn     string `json:"b,omitempty"`
}

func personOf(wardNumber string, p casework.Person) sealedPerson {
	return sealedPerson{
		WardNumber: plain(wardNumber), Name: plain(p.Name), Kana: plain(p.Kana), PostalCode: plain(p.PostalCode),
		Address: plain(p.Address), BornOn: plain(p.BornOn),
	}
}

// person seals one, and makes the tokens by which it is found.
func (c custody) person(caseRef string, p sealedPerson) (sealed []byte, tokens [][]byte, err error) {
	text, err := json.Marshal(p)
	if err != nil {
		return nil, nil, err
	}
	if sealed, err = c.seal(string(text), aboutPerson(caseRef)); err != nil {
		return nil, nil, err
	}
	words := beginnings("name", unspaced(p.Name), 1, nameLetters)
	words = append(words, beginnings("kana", unspaced(p.Kana), kanaFewest, kanaLetters)...)
	if p.WardNumber != "" {
		words = append(words, word{"ward", shortWard(p.WardNumber)})
	}
	tokens = make([][]byte, len(words))
	for i, w := range words {
		if tokens[i], err = c.token(w.kind, w.text); err != nil {
			return nil, nil, err
		}
	}
	return sealed, tokens, nil
}

// openPerson is person's way back; the zero one when its key was destroyed, or there is none.
func (l *Ledger) openPerson(day pgtype.Date, caseRef string, sealed []byte) (p sealedPerson, err error) {
	text, err := l.unseal(day, sealed, aboutPerson(caseRef))
	if err == nil && text != "" {
		err = json.Unmarshal([]byte(text), &p)
	}
	return p, err
}

// phone seals a number for a case, so that in another's place it is none, and makes the token of its last four digits.
func (c custody) phone(number dialer.Number, ref, caseRef string) (sealed, lastFour []byte, err error) {
	text := plain(string(number))
	if sealed, err = c.seal(text, aboutPhone(caseRef, ref)); err != nil {
		return nil, nil, err
	}
	lastFour, err = c.token("last four", text[max(0, len(text)-4):])
	return sealed, lastFour, err
}

// openPhone is phone's way back. What an earlier version sealed for no case in particular opens too, until its day's key is destroyed.
func (l *Ledger) openPhone(day pgtype.Date, sealed []byte, ref, caseRef string) (dialer.Number, error) {
	number, err := l.unseal(day, sealed, aboutPhone(caseRef, ref))
	if err != nil {
		if old, olderr := l.unseal(day, sealed, "phone "+ref); olderr == nil {
			return dialer.Number(old), nil
		}
	}
	return dialer.Number(number), err
}

// How many letters of the beginning of a name and its kana are found by.
const (
	nameLetters = 4
	kanaFewest  = 2
	kanaLetters = 6
)

// word is something to be found by.
type word struct{ kind, text string }

// beginnings are those of a text, of so many letters.
func beginnings(kind, text string, fewest, most int) (words []word) {
	letters := []rune(text)
	for n := fewest; n <= min(most, len(letters)); n++ {
		words = append(words, word{kind, string(letters[:n])})
	}
	return words
}

// shortWard is a number of the ward's without its leading zeros.
func shortWard(number string) string { return strings.TrimLeft(number, "0") }

// unspaced is a name as it is compared: whatever spaces a list has in it.
func unspaced(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, name)
}
