package casework

import (
	"context"
	"io"
	"iter"
	"maps"
	"strings"
	"time"

	"kakeru/dialer"
)

// The fields of a paid list (消込リスト) that the ward's list does not have.
const (
	FieldPaidOn  Field = "paid_on"
	FieldPaidYen Field = "paid_yen"
	FieldPaidBy  Field = "paid_by"
)

// paidFields lists the columns in the order in which a made-up list has them.
var paidFields = []Field{FieldWardNumber, FieldInsurance, FieldTerm, FieldPaidOn, FieldPaidYen, FieldPaidBy, FieldSample}

var paidColumns = map[Field][]string{
	FieldPaidOn:  {"収納日", "収納年月日", "納付日", "領収日", "領収年月日", "入金日"},
	FieldPaidYen: {"収納額", "収納金額", "納付額", "納付金額", "入金額", "領収額", "領収金額"},
	FieldPaidBy:  {"収納方法", "納付方法", "収納区分", "納付区分", "収納チャネル"},
}

// PaidMapping is the mapping of a paid list as the centre knows it. The caller may change what it returns.
func PaidMapping() Mapping {
	m := Mapping{
		Columns:    maps.Clone(paidColumns),
		Need:       []Field{FieldWardNumber, FieldInsurance, FieldTerm, FieldPaidOn, FieldPaidYen},
		Insurances: maps.Clone(defaultInsurances),
		WardDigits: DefaultMapping().WardDigits,
	}
	for _, f := range []Field{FieldWardNumber, FieldInsurance, FieldTerm, FieldSample} {
		m.Columns[f] = defaultColumns[f]
	}
	return m
}

// PaidRow is one line of a paid list after reading. The ward's number is not kept: a reference stands for it.
type PaidRow struct {
	Line     int
	CaseRef  string
	Payment  Payment
	Means    string // 収納方法, as the list spells it
	Sample   bool
	Problems []Problem // with any Fatal one the row is not taken
	Repairs  []Problem
}

// ReadPaid reads a paid list (UTF-8, separated by commas or tabs) row by row, as ReadList reads the ward's.
func ReadPaid(r io.Reader, m Mapping, n Notation, refs dialer.Refs) iter.Seq2[PaidRow, error] {
	l := newLines(m, n, refs)
	return readRows(r, l, func(rec record, ofHeader []Problem) PaidRow {
		row := l.paidRow(rec)
		row.Problems = append(ofHeader, row.Problems...)
		return row
	})
}

// paidRow reads one record.
func (l *lines) paidRow(rec record) PaidRow {
	c := &cells{lines: l, text: rec.cells, row: Row{Line: rec.line}}
	p := PaidRow{Line: rec.line}
	switch {
	case rec.broken != "":
		c.problem("", rec.broken, true)
	case !c.fits():
		c.problem("", "cells", true)
	default:
		c.readPaid(&p)
	}
	p.Problems, p.Repairs = c.row.Problems, c.row.Repairs
	return p
}

func (c *cells) readPaid(p *PaidRow) {
	if number := c.wardNumber(); number != "" {
		p.CaseRef = c.refs.Case(number)
	}
	var known bool
	if p.Payment.Insurance, known = c.insurances[c.key(c.get(FieldInsurance))]; !known {
		c.problem(FieldInsurance, "unknown_insurance", true)
	}
	if p.Payment.Term = c.getText(FieldTerm); p.Payment.Term == "" {
		c.problem(FieldTerm, "missing", true)
	}
	iso := c.date(FieldPaidOn, true)
	if day, err := dialer.ParseDate(iso); err == nil {
		p.Payment.PaidOn = day
	} else if strings.TrimSpace(c.get(FieldPaidOn)) == "" {
		c.problem(FieldPaidOn, "missing", true)
	}
	p.Payment.Yen = c.paidYen()
	p.Means = c.getText(FieldPaidBy)
	p.Sample = strings.TrimSpace(c.get(FieldSample)) != ""
}

// paidYen reads a sum that is negative for a payment that is taken back: -5,000, △5,000, ▲5,000 or (5,000).
func (c *cells) paidYen() int64 {
	cell := c.notation.Plain(c.get(FieldPaidYen))
	if cell == "" {
		c.problem(FieldPaidYen, "missing", true)
		return 0
	}
	sum := strings.TrimSpace(strings.TrimLeft(cell, "-‐−△▲"))
	inner, bracketed := strings.CutPrefix(cell, "(")
	if bracketed {
		sum, bracketed = strings.CutSuffix(inner, ")")
	}
	yen, ok := c.notation.Yen(sum)
	switch {
	case !ok, yen > maxYen, strings.HasPrefix(cell, "(") && !bracketed:
		c.problem(FieldPaidYen, "bad_paid_amount", true)
		return 0
	case yen == 0:
		c.problem(FieldPaidYen, "zero_paid", true)
	case sum != cell:
		return -yen
	}
	return yen
}

// PaidPreview says what a paid list would do, and once it was applied what it did.
type PaidPreview struct {
	List      string    `json:"list"`
	FileName  string    `json:"file_name"`
	State     string    `json:"state"` // staging, staged, applying, applied, failed
	Rows      int       `json:"rows"`
	New       int       `json:"new"`        // payments that were not known
	NewYen    int64     `json:"new_yen"`    // their sum, those taken back taken off
	Known     int       `json:"known"`      // payments that an earlier list brought
	TakenBack int       `json:"taken_back"` // of the new ones, those that take an earlier payment back
	Unknown   int       `json:"unknown"`    // new payments of no case there is; they are kept
	Wrong     int       `json:"wrong"`      // rows that are not taken
	Repaired  int       `json:"repaired"`
	Sample    bool      `json:"sample"`
	From      string    `json:"from"` // the first and the last day of payment, YYYY-MM-DD
	To        string    `json:"to"`
	Problems  []Problem `json:"problems"` // the first 200
	Repairs   []Problem `json:"repairs"`  // the first 200
	Progress  int       `json:"progress"` // rows done so far
	AppliedAt time.Time `json:"applied_at,omitzero"`
	Settled   Verdicts  `json:"settled"` // once it was applied
}

// Verdicts is how many promises got which verdict, and what became of their cases.
type Verdicts struct {
	Kept   int `json:"kept"`
	Partly int `json:"partly"`
	Broken int `json:"broken"`
	Open   int `json:"open"` // a correction took their verdict back
	// MaybePaid are the cases that are held because payments cover all that is owed.
	MaybePaid int `json:"maybe_paid"`
}

// Moved are the cases that a paid list moved: the places of those that wait, and those that left the line.
type Moved struct {
	Waiting []dialer.Waiting
	Left    []dialer.CaseID
}

// PaidProblem is what is wrong with one cell of a paid list, for what only its keeper can see.
func PaidProblem(line int, f Field, code string, fatal bool) Problem {
	return Problem{Line: line, Column: PaidMapping().Name(f), Code: code, JA: sentences[code][0], EN: sentences[code][1], Fatal: fatal}
}

// PaidStore takes paid lists in, in two steps, so that nothing is ever half taken.
type PaidStore interface {
	// StagePaid writes the rows of a paid list where nothing counts them and compares them with the payments there are.
	StagePaid(ctx context.Context, list StagedList, rows iter.Seq2[PaidRow, error], progress func(rows int)) (PaidPreview, error)
	// PaidPreview returns what StagePaid found; dialer.ErrNotFound when there is no such list.
	PaidPreview(ctx context.Context, list string) (PaidPreview, error)
	// ApplyPaid makes a staged list's payments count, in one transaction, and settles the promises. A second time it changes
	// nothing. It says which cases moved.
	ApplyPaid(ctx context.Context, list string, by dialer.UserID) (PaidPreview, Moved, error)
	// DiscardPaid forgets a staged list.
	DiscardPaid(ctx context.Context, list string) error
}
