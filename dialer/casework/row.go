package casework

import (
	"strings"
	"unicode/utf8"

	"kakeru/dialer"
)

// cells is one record on its way to become a row.
type cells struct {
	*lines
	row  Row
	text []string
}

// row reads one record.
func (l *lines) row(rec record) Row {
	c := &cells{lines: l, text: rec.cells, row: Row{Line: rec.line}}
	switch {
	case rec.broken != "":
		c.problem("", rec.broken, true)
		return c.row
	case !c.fits():
		c.problem("", "cells", true)
		return c.row
	}
	c.readPerson()
	c.readPhones()
	c.readBalance()
	c.readRest()
	return c.row
}

// fits reports whether a record has the header's cells; empty ones too many do no harm.
func (c *cells) fits() bool {
	if len(c.text) < c.header.width {
		return false
	}
	for _, extra := range c.text[c.header.width:] {
		if strings.TrimSpace(extra) != "" {
			return false
		}
	}
	return true
}

// get returns a field's cell, empty when the list has no such column.
func (c *cells) get(f Field) string {
	i, ok := c.header.at[f]
	if !ok {
		return ""
	}
	if !utf8.ValidString(c.text[i]) {
		c.problem(f, "bad_text", true)
		return ""
	}
	return c.text[i]
}

// getText returns a field's cell as it is kept.
func (c *cells) getText(f Field) string {
	s := c.notation.Text(c.get(f))
	if strings.ContainsFunc(s, func(r rune) bool { return r >= '\ue000' && r <= '\uf8ff' }) {
		c.problem(f, "gaiji", false)
	}
	return s
}

func (c *cells) problem(f Field, code string, fatal bool) {
	c.row.Problems = append(c.row.Problems, c.describe(f, code, fatal))
}

func (c *cells) repair(f Field, code string) {
	c.row.Repairs = append(c.row.Repairs, c.describe(f, code, false))
}

func (c *cells) describe(f Field, code string, fatal bool) Problem {
	p := Problem{Line: c.row.Line, Code: code, JA: sentences[code][0], EN: sentences[code][1], Fatal: fatal}
	if f != "" {
		p.Column = c.mapping.Name(f)
	}
	return p
}

func (c *cells) readPerson() {
	c.row.WardNumber = c.wardNumber()
	if c.row.WardNumber != "" {
		c.row.CaseRef = c.refs.Case(c.row.WardNumber)
	}
	c.row.Person = Person{
		Name: c.getText(FieldName), Kana: c.notation.Kana(c.get(FieldKana)), Address: c.getText(FieldAddress),
		PostalCode: c.postalCode(), BornOn: c.date(FieldBornOn, false),
	}
	c.row.Household = c.household(c.row.Person)
	if c.row.Person.Name == "" {
		c.problem(FieldName, "missing", true)
	}
}

// wardNumber reads the 宛名番号, with the zeros a spreadsheet took from its front.
func (c *cells) wardNumber() string {
	s, want := c.key(c.get(FieldWardNumber)), c.mapping.WardDigits
	switch {
	case s == "":
		c.problem(FieldWardNumber, "missing", true)
		return ""
	case strings.Trim(s, "0123456789") != "", want > 0 && len(s) > want, strings.Trim(s, "0") == "":
		c.problem(FieldWardNumber, "bad_ward_number", true)
		return ""
	case len(s) < want:
		c.repair(FieldWardNumber, "leading_zero")
		return strings.Repeat("0", want-len(s)) + s
	}
	return s
}

func (c *cells) postalCode() string {
	s := strings.TrimPrefix(strings.ReplaceAll(c.key(c.get(FieldPostalCode)), "-", ""), "〒")
	if s == "" {
		return ""
	}
	if len(s) == 6 {
		s = "0" + s
		c.repair(FieldPostalCode, "leading_zero")
	}
	if len(s) != 7 || strings.Trim(s, "0123456789") != "" {
		c.problem(FieldPostalCode, "bad_postal_code", false)
		return ""
	}
	return s[:3] + "-" + s[3:]
}

// date reads a date that may be left empty.
func (c *cells) date(f Field, fatal bool) string {
	cell := c.get(f)
	if strings.TrimSpace(cell) == "" {
		return ""
	}
	iso, ok := c.notation.Date(cell)
	if !ok {
		c.problem(f, "bad_date", fatal)
		return ""
	}
	return iso
}

// readPhones reads the numbers. One that may never be dialled is kept, marked, so that the panel can show why; one
// that is no number is only reported.
func (c *cells) readPhones() {
	usable, seen := 0, map[dialer.Number]bool{}
	for _, f := range phoneFields {
		cell := c.get(f)
		if strings.TrimSpace(cell) == "" {
			continue
		}
		digits, note := c.notation.Number(cell)
		if digits == "" {
			c.problem(f, note, false)
			continue
		}
		if note != "" {
			c.repair(f, note)
		}
		number := dialer.Number(digits)
		if seen[number] {
			c.repair(f, "double_number")
			continue
		}
		seen[number] = true
		p := Phone{Rank: len(c.row.Phones) + 1, Number: number, Kind: number.Kind()}
		p.Usable = p.Kind != dialer.KindNever
		if p.Usable {
			usable++
		} else if rule, _ := number.Forbidden(); rule == "length" || rule == "not_digits" {
			c.problem(f, "bad_number", false)
		} else {
			c.problem(f, "never_dial", false)
		}
		c.row.Phones = append(c.row.Phones, p)
	}
	if usable == 0 {
		c.problem(FieldPhone1, "no_number", false)
	}
}

func (c *cells) readBalance() {
	b := Balance{Term: c.getText(FieldTerm), DueOn: c.date(FieldDueOn, true), Yen: c.amount()}
	var known bool
	if b.Insurance, known = c.insurances[c.key(c.get(FieldInsurance))]; !known {
		c.problem(FieldInsurance, "unknown_insurance", true)
	}
	if b.Term == "" {
		c.problem(FieldTerm, "missing", true)
	}
	c.row.Balance = b
}

func (c *cells) amount() int64 {
	cell := c.get(FieldAmount)
	yen, ok := c.notation.Yen(cell)
	switch {
	case strings.TrimSpace(cell) == "":
		c.problem(FieldAmount, "missing", true)
	case !ok, yen > maxYen:
		c.problem(FieldAmount, "bad_amount", true)
		return 0
	case yen == 0:
		c.problem(FieldAmount, "zero_amount", false)
	}
	return yen
}

func (c *cells) readRest() {
	var known bool
	if c.row.Language, known = c.languages[c.key(c.get(FieldLanguage))]; !known {
		c.row.Language = "ja"
		c.problem(FieldLanguage, "unknown_language", false)
	}
	c.row.Note = c.getText(FieldNote)
	// Whatever stands in the column marks the row: a mark too many is a refusal, one too few could ring a stranger.
	c.row.Sample = strings.TrimSpace(c.get(FieldSample)) != ""
}
