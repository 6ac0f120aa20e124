package returns

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// Layout says how the negotiation records are written.
type Layout struct {
	Encoding string            `json:"encoding"` // cp932 or utf-8
	Columns  []Column          `json:"columns"`
	Codes    Codes             `json:"codes"`
	Replace  map[string]string `json:"replace"` // one character that CP932 does not have → what stands for it
	// Formulas says what becomes of a cell that a spreadsheet would take for a formula: text (also when empty) puts a ' before it,
	// keep leaves it, for a system of the ward's that reads the file and takes nothing for one.
	Formulas string `json:"formulas,omitempty"`
}

// The words of Layout.Formulas.
const (
	textFormulas = "text"
	keepFormulas = "keep"
)

// Column is one column of the file.
type Column struct {
	Header string `json:"header"`
	Field  string `json:"field"`
}

// Codes are the ward's words for ours.
type Codes struct {
	Direction  map[string]string `json:"direction"`
	NumberKind map[string]string `json:"number_kind"`
	Result     map[string]string `json:"result"`
	Party      map[string]string `json:"party"`
	Business   map[string]string `json:"business"`
	Means      map[string]string `json:"means"`
	Mark       map[string]string `json:"mark"`
	Kind       map[string]string `json:"kind"`
	Origin     map[string]string `json:"origin"`
}

//go:embed layout.json
var builtIn []byte

// DefaultLayout is the layout of a ward that has not given its own.
func DefaultLayout() Layout {
	l, err := ParseLayout(builtIn)
	if err != nil {
		panic(err) // it is part of the program, and a test reads it
	}
	return l
}

// ParseLayout reads a layout and names the key that is wrong, and what to do.
func ParseLayout(text []byte) (Layout, error) {
	var l Layout
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		return l, fmt.Errorf("the layout of the records cannot be read: %w", err)
	}
	if l.Encoding != "cp932" && l.Encoding != "utf-8" {
		return l, fmt.Errorf("encoding: %q is none of cp932, utf-8", l.Encoding)
	}
	if l.Formulas != "" && l.Formulas != textFormulas && l.Formulas != keepFormulas {
		return l, fmt.Errorf("formulas: %q is none of text, keep", l.Formulas)
	}
	if len(l.Columns) == 0 {
		return l, errors.New("columns: none; name at least ward_number")
	}
	seen := map[string]bool{}
	for i, c := range l.Columns {
		switch {
		case c.Header == "" || seen["h"+c.Header]:
			return l, fmt.Errorf("columns[%d].header: %q is empty or stands twice", i, c.Header)
		case fields[c.Field] == nil:
			return l, fmt.Errorf("columns[%d].field: %q is unknown; there are %v", i, c.Field, fieldNames())
		case seen["f"+c.Field]:
			return l, fmt.Errorf("columns[%d].field: %q stands twice", i, c.Field)
		}
		seen["h"+c.Header], seen["f"+c.Field] = true, true
	}
	if !seen["fward_number"] {
		return l, errors.New("columns: ward_number is missing; nobody could tell whose record it is")
	}
	for key := range l.Replace {
		if utf8.RuneCountInString(key) != 1 {
			return l, fmt.Errorf("replace: %q is not one character", key)
		}
	}
	return l, l.Codes.check()
}

// check: every code of ours has a word, so that no cell is ever empty for want of one.
func (c Codes) check() error {
	for _, part := range []struct {
		key   string
		words map[string]string
		want  []string
	}{
		{"direction", c.Direction, texts(dialer.Outbound, dialer.Inbound)},
		{"number_kind", c.NumberKind, texts(dialer.KindFixed, dialer.KindMobile, dialer.KindIP, dialer.KindFreeDial, dialer.KindNavi, dialer.KindNever, dialer.KindWithheld)},
		{"result", c.Result, texts(dialer.Results...)},
		{"party", c.Party, texts(casework.Parties...)},
		{"business", c.Business, texts(casework.Businesses...)},
		{"means", c.Means, casework.Means},
		{"mark", c.Mark, []string{string(Correction), string(Again)}},
		{"kind", c.Kind, texts(casework.InboundKinds...)},
		{"origin", c.Origin, texts(casework.ByHand)},
	} {
		for _, w := range part.want {
			if part.words[w] == "" {
				return fmt.Errorf("codes.%s: %q has no word", part.key, w)
			}
		}
	}
	return nil
}

func texts[T ~string](of ...T) []string {
	out := make([]string, len(of))
	for i, w := range of {
		out[i] = string(w)
	}
	return out
}

func fieldNames() []string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
