package casework_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"kakeru/dialer/casework"
	"kakeru/dialer/japan"
)

// wardOffice is a source whose columns have names of their own; one of them is a built-in name with another meaning.
var wardOffice = casework.ListSource{Name: "収納課の一覧", Version: 1, Columns: []casework.ListColumn{
	{Name: "番号", Field: casework.FieldWardNumber}, {Name: "お名前", Field: casework.FieldName}, {Name: "第一連絡先", Field: casework.FieldPhone1},
	{Name: "電話番号", Field: casework.FieldPhone2}, {Name: "種別", Field: casework.FieldInsurance}, {Name: "期", Field: casework.FieldTerm},
	{Name: "金額", Field: casework.FieldAmount}, {Name: "整理記号"},
}}

const (
	officeHead = "番号,お名前,第一連絡先,電話番号,種別,期,金額,整理記号\n"
	officeRow  = "11,見本 一太,03-0123-4567,090-0123-4567,国保,令和8年度 第3期,12000,ア\n"
)

// readFrom reads a list where sources were saved, and says by which one.
func readFrom(text, source string, sources ...casework.ListSource) (rows []casework.Row, by string, err error) {
	m := casework.DefaultMapping()
	by = "nobody"
	m.Sources, m.Source, m.Found = sources, source, func(s string) { by = s }
	for row, err := range casework.ReadList(strings.NewReader(text), m, japan.Notation{}, refs) {
		if err != nil {
			return nil, by, err
		}
		rows = append(rows, row)
	}
	return rows, by, nil
}

func TestASavedSourceIsRecognised(t *testing.T) {
	for name, text := range map[string]string{
		"as it was saved":       officeHead + officeRow,
		"in another order":      "整理記号,金額,期,種別,電話番号,第一連絡先,お名前,番号\nア,12000,令和8年度 第3期,国保,090-0123-4567,03-0123-4567,見本 一太,11\n",
		"with spaces and forms": "滞納者一覧\n番 号,お名前,第一連絡先,電話 番号,種別,期,金額,整理記号,\n" + strings.TrimSpace(officeRow) + ",\n",
	} {
		rows, by, err := readFrom(text, "", wardOffice)
		if err != nil || by != wardOffice.Name || len(rows) != 1 {
			t.Fatalf("%s: %v, by %q, %d rows", name, err, by, len(rows))
		}
		r := rows[0]
		if r.WardNumber != "0000000011" || len(r.Phones) != 2 || r.Phones[0].Number != "0301234567" || r.Balance.Yen != 12000 || len(r.Problems) != 0 {
			t.Errorf("%s: %+v", name, r)
		}
	}
	// The ward's own names are read as ever, whatever was saved.
	rows, by, err := readFrom(head+good, "", wardOffice)
	if err != nil || by != "" || len(rows) != 1 {
		t.Fatalf("%v, by %q", err, by)
	}
	// A wrong cell is named by the file's own heading.
	rows, _, err = readFrom(officeHead+strings.Replace(officeRow, "12000", "多額", 1), "", wardOffice)
	if err != nil || !slices.Equal(codes(rows[0].Problems), []string{"bad_amount@金額!"}) {
		t.Errorf("%v, %v", err, codes(rows[0].Problems))
	}
}

func TestColumnsThatMovedAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		head, source, code string
		says               []string
	}{
		"renamed":                            {strings.Replace(officeHead, "第一連絡先", "連絡先A", 1), "", "columns_moved", []string{"第一連絡先", "3列目"}},
		"gone, built-in names remain":        {"宛名番号,氏名,電話番号,保険区分,期別,滞納額\n", "", "", nil},
		"a column that is not taken is gone": {strings.Replace(officeHead, ",整理記号", "", 1), "", "columns_moved", []string{"整理記号", "増えた列: なし"}},
		"one more":                           {strings.Replace(officeHead, "\n", ",区分\n", 1), "", "columns_moved", []string{"9列目", "なくなった列: なし"}},
		"another source was named":           {head, wardOffice.Name, "other_source", []string{wardOffice.Name}},
		"nobody's":                           {"あ,い,う\n", "", "columns", []string{"宛名番号"}},
	} {
		_, _, err := readFrom(c.head+officeRow, c.source, wardOffice)
		if c.code == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		var wrong *casework.ListError
		if !errors.As(err, &wrong) || wrong.Code != c.code || wrong.Header == nil {
			t.Errorf("%s: %v, want %s with the header", name, err, c.code)
			continue
		}
		for _, s := range c.says {
			if !strings.Contains(wrong.JA, s) {
				t.Errorf("%s: %q does not say %q", name, wrong.JA, s)
			}
		}
	}
}

// A list that the built-in names could read, but otherwise than the source it almost is, is never read that way.
func TestTheBuiltInNamesDoNotReadWhatASourceReadsOtherwise(t *testing.T) {
	s := casework.ListSource{Name: "二号様式", Columns: []casework.ListColumn{
		{Name: "宛名番号", Field: casework.FieldWardNumber}, {Name: "氏名", Field: casework.FieldName}, {Name: "携帯", Field: casework.FieldPhone1},
		{Name: "電話番号", Field: casework.FieldPhone2}, {Name: "保険区分", Field: casework.FieldInsurance}, {Name: "期別", Field: casework.FieldTerm},
		{Name: "滞納額", Field: casework.FieldAmount}, {Name: "住所"},
	}}
	const row = "11,見本 一太,090-0123-4567,03-0123-4567,国保,令和8年度 第3期,12000,見本市\n"
	for name, line := range map[string]string{
		"the first number's column was renamed":   "宛名番号,氏名,携帯電話2,電話番号,保険区分,期別,滞納額,住所\n",
		"what is not taken would be":              "宛名番号,氏名,電話番号1,電話番号2,保険区分,期別,滞納額,住所\n",
		"the second number's column is not there": "宛名番号,氏名,電話番号1,ア,保険区分,期別,滞納額,住所\n",
	} {
		_, _, err := readFrom(line+row, "", s)
		var wrong *casework.ListError
		if !errors.As(err, &wrong) || wrong.Code != "columns_moved" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, by, err := readFrom("宛名番号,氏名,電話番号1,電話番号2,保険区分,期別,滞納額,郵便番号\n"+row, "", s); err != nil || by != "" {
		t.Errorf("a list that the built-in names read whole: %v, by %q", err, by)
	}
}

func TestWhatAHeaderSeemsToMean(t *testing.T) {
	_, _, err := readFrom("お客様宛名番号,納付義務者氏名,TEL①,TEL②,ご住所,料目,年度期別,未納額計,使用言語,印\n", "")
	var wrong *casework.ListError
	if !errors.As(err, &wrong) || wrong.Header == nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, c := range wrong.Header.Columns {
		got = append(got, fmt.Sprintf("%s=%s", c.Name, c.Field))
	}
	want := "お客様宛名番号=ward_number,納付義務者氏名=name,TEL①=phone1,TEL②=phone2,ご住所=address,料目=insurance,年度期別=term,未納額計=amount,使用言語=language,印="
	if strings.Join(got, ",") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ","), want)
	}
	// What was saved of a source is proposed again; only what is new is guessed.
	_, _, err = readFrom(strings.Replace(officeHead, "第一連絡先", "自宅TEL", 1), "", wardOffice)
	if !errors.As(err, &wrong) || wrong.Header == nil || wrong.Header.Near != wardOffice.Name || !slices.Equal(wrong.Header.Gone, []string{"第一連絡先"}) {
		t.Fatalf("%+v, %v", wrong, err)
	}
	if c := wrong.Header.Columns[2]; !c.New || c.Field != casework.FieldPhone1 {
		t.Errorf("%+v", c)
	}
	if c := wrong.Header.Columns[3]; c.New || c.Field != casework.FieldPhone2 {
		t.Errorf("%+v", c)
	}
	// A file without a header begins with somebody's row, of which nothing is shown.
	_, _, err = readFrom(officeRow+officeRow+"0312345678,ア,イ\n", "")
	if !errors.As(err, &wrong) || wrong.Header != nil {
		t.Errorf("%+v, %v", wrong.Header, err)
	}
}

func TestWrongAssignments(t *testing.T) {
	change := func(f func(*casework.ListSource)) casework.ListSource {
		s := wardOffice
		s.Columns = slices.Clone(s.Columns)
		f(&s)
		return s
	}
	for name, c := range map[string]struct {
		source casework.ListSource
		want   string // field: code
		says   string
	}{
		"right":                    {wardOffice, "", ""},
		"another version":          {change(func(s *casework.ListSource) { s.Columns[7].Field = casework.FieldNote }), "", ""},
		"no name":                  {change(func(s *casework.ListSource) { s.Name = "　" }), "name: bad_name", ""},
		"a number for a name":      {change(func(s *casework.ListSource) { s.Name = "090-0123-4567" }), "name: bad_name", ""},
		"no columns":               {casework.ListSource{Name: "x"}, "columns: length", ""},
		"two columns of one field": {change(func(s *casework.ListSource) { s.Columns[7].Field = casework.FieldAmount }), "columns[7].field: double_field", "整理記号"},
		"no such field":            {change(func(s *casework.ListSource) { s.Columns[7].Field = "iban" }), "columns[7].field: unknown_field", "整理記号"},
		"a needed one is missing":  {change(func(s *casework.ListSource) { s.Columns[6].Field = "" }), "columns: missing_field", "滞納額"},
		"the same heading twice":   {change(func(s *casework.ListSource) { s.Columns[7].Name = "番 号" }), "columns[7].name: double_column", "番 号"},
		"a row for a heading":      {change(func(s *casework.ListSource) { s.Columns[7].Name = "０３０１２３４５６７" }), "columns[7].name: bad_column_name", "8列目"},
		"another source's columns": {change(func(s *casework.ListSource) { s.Name = "別名" }), "name: same_columns", wardOffice.Name},
	} {
		got, says := "", ""
		for _, f := range c.source.Check([]casework.ListSource{wardOffice}, japan.Notation{}) {
			got, says = got+f.Field+": "+f.Code, says+f.JA
		}
		if got != c.want || !strings.Contains(says, c.says) {
			t.Errorf("%s: %q (%s), want %q", name, got, says, c.want)
		}
		if strings.Contains(says, "４５６７") {
			t.Errorf("%s: repeats what may be somebody's: %s", name, says)
		}
	}
}

// TestThereAreSoManySources: all are read with each list; a next version of one there is can always be saved.
func TestThereAreSoManySources(t *testing.T) {
	var others []casework.ListSource
	for i := range 100 {
		columns := append(slices.Clone(wardOffice.Columns), casework.ListColumn{Name: fmt.Sprintf("印%d", i)})
		others = append(others, casework.ListSource{Name: fmt.Sprintf("取込元%d", i), Columns: columns})
	}
	s := wardOffice
	if wrong := s.Check(others[:99], japan.Notation{}); len(wrong) > 0 {
		t.Errorf("the hundredth: %+v", wrong)
	}
	if wrong := s.Check(others, japan.Notation{}); len(wrong) != 1 || wrong[0].Field != "name" || wrong[0].Code != "many" {
		t.Errorf("one more: %+v", wrong)
	}
	s.Name = others[7].Name
	if wrong := s.Check(others, japan.Notation{}); len(wrong) > 0 {
		t.Errorf("the next version of one: %+v", wrong)
	}
}
