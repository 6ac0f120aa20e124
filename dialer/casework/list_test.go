package casework_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/japan"
)

const head = "宛名番号,氏名,氏名カナ,生年月日,郵便番号,住所,電話番号1,電話番号2,電話番号3,保険区分,期別,納期限,滞納額,言語,備考,見本\n"

// good is a row that has nothing wrong with it.
const good = "0000000011,見本　一太,ミホン　イチタ,昭和45年12月3日,135-0000,見本市1丁目,03-0123-4567,090-0123-4567,,国保,令和8年度 第3期,2026/08/31,12000,日本語,,見本\n"

var refs = dialer.NewRefs(bytes.Repeat([]byte("k"), 32))

func read(t testing.TB, text string) ([]casework.Row, error) {
	t.Helper()
	var rows []casework.Row
	for row, err := range casework.ReadList(strings.NewReader(text), casework.DefaultMapping(), japan.Notation{}, refs) {
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// codes gives problems as "code@column", the fatal ones with a "!".
func codes(ps []casework.Problem) []string {
	list := []string{}
	for _, p := range ps {
		s := p.Code + "@" + p.Column
		if p.Fatal {
			s += "!"
		}
		list = append(list, s)
	}
	return list
}

func TestGoodRow(t *testing.T) {
	rows, err := read(t, head+good)
	if err != nil || len(rows) != 1 {
		t.Fatalf("%v, %d rows", err, len(rows))
	}
	want := casework.Row{
		Line: 2, WardNumber: "0000000011", CaseRef: refs.Case("0000000011"),
		Person: casework.Person{Name: "見本　一太", Kana: "ミホン　イチタ", PostalCode: "135-0000", Address: "見本市1丁目", BornOn: "1970-12-03"},
		Phones: []casework.Phone{
			{Rank: 1, Number: "0301234567", Kind: dialer.KindFixed, Usable: true},
			{Rank: 2, Number: "09001234567", Kind: dialer.KindMobile, Usable: true},
		},
		Household: "見本 見本市1",
		Balance:   casework.Balance{Insurance: casework.Kokuho, Term: "令和8年度 第3期", DueOn: "2026-08-31", Yen: 12_000},
		Language:  "ja", Sample: true,
	}
	if got := rows[0]; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// cell is one cell changed in the good row, and what the reader says of it.
func TestCells(t *testing.T) {
	for _, c := range []struct {
		column, cell string
		problems     []string
		repairs      []string
		keeps        func(casework.Row) bool
	}{
		{"宛名番号", "11", nil, []string{"leading_zero@宛名番号"}, func(r casework.Row) bool { return r.WardNumber == "0000000011" && r.CaseRef == refs.Case("0000000011") }},
		{"宛名番号", "００１１", nil, []string{"leading_zero@宛名番号"}, func(r casework.Row) bool { return r.WardNumber == "0000000011" }},
		{"宛名番号", "", []string{"missing@宛名番号!"}, nil, nil},
		{"宛名番号", "12345678901", []string{"bad_ward_number@宛名番号!"}, nil, nil},
		{"宛名番号", "1.2E+09", []string{"bad_ward_number@宛名番号!"}, nil, nil},
		{"宛名番号", "0", []string{"bad_ward_number@宛名番号!"}, nil, nil},
		{"氏名", "　", []string{"missing@氏名!"}, nil, nil},
		{"氏名", "見\ue000　一太", []string{"gaiji@氏名"}, nil, func(r casework.Row) bool { return r.Person.Name == "見\ue000　一太" }},
		{"氏名", "見\xff", []string{"bad_text@氏名!", "missing@氏名!"}, nil, nil},
		{"氏名カナ", "ﾐﾎﾝ ｲﾁﾀﾞ", nil, nil, func(r casework.Row) bool { return r.Person.Kana == "ミホン　イチダ" }},
		{"生年月日", "S45.12.3", nil, nil, func(r casework.Row) bool { return r.Person.BornOn == "1970-12-03" }},
		{"生年月日", "昭和20年0月0日", []string{"bad_date@生年月日"}, nil, func(r casework.Row) bool { return r.Person.BornOn == "" }},
		{"郵便番号", "〒１３５−０００１", []string{"bad_postal_code@郵便番号"}, nil, nil},
		{"郵便番号", "〒１３５－０００１", nil, nil, func(r casework.Row) bool { return r.Person.PostalCode == "135-0001" }},
		{"郵便番号", "600001", nil, []string{"leading_zero@郵便番号"}, func(r casework.Row) bool { return r.Person.PostalCode == "060-0001" }},
		{"電話番号1", "301234567", nil, []string{"leading_zero@電話番号1"}, func(r casework.Row) bool { return r.Phones[0].Number == "0301234567" }},
		{"電話番号1", "9001234568", nil, []string{"leading_zero@電話番号1"}, func(r casework.Row) bool { return r.Phones[0].Number == "09001234568" }},
		{"電話番号1", "+81 3-0123-4567", nil, []string{"country_code@電話番号1"}, nil},
		{"電話番号1", "110", []string{"never_dial@電話番号1"}, nil, func(r casework.Row) bool { return r.Phones[0].Kind == dialer.KindNever && !r.Phones[0].Usable }},
		{"電話番号1", "0990-500-000", []string{"never_dial@電話番号1"}, nil, nil},
		{"電話番号1", "03-0123-456", []string{"bad_number@電話番号1"}, nil, func(r casework.Row) bool { return !r.Phones[0].Usable }},
		{"電話番号1", "不明", []string{"bad_number@電話番号1"}, nil, func(r casework.Row) bool { return len(r.Phones) == 1 && r.Phones[0].Rank == 1 }},
		{"電話番号1", "9.01E+09", []string{"exponent@電話番号1"}, nil, nil},
		{"電話番号1", "03-0123-4567/050-0123-4567", []string{"two_numbers@電話番号1"}, nil, nil},
		{"電話番号1", "０９０－０１２３－４５６７", nil, []string{"double_number@電話番号2"}, func(r casework.Row) bool { return len(r.Phones) == 1 }},
		{"電話番号2", "", nil, nil, func(r casework.Row) bool { return len(r.Phones) == 1 }},
		{"保険区分", "国民健康保険 料", nil, nil, nil},
		{"保険区分", "後期高齢者医療", nil, nil, func(r casework.Row) bool { return r.Balance.Insurance == casework.Kouki }},
		{"保険区分", "社保", []string{"unknown_insurance@保険区分!"}, nil, nil},
		{"期別", "", []string{"missing@期別!"}, nil, nil},
		{"納期限", "令和8年8月31日", nil, nil, func(r casework.Row) bool { return r.Balance.DueOn == "2026-08-31" }},
		{"納期限", "", nil, nil, func(r casework.Row) bool { return r.Balance.DueOn == "" }},
		{"納期限", "8月末", []string{"bad_date@納期限!"}, nil, nil},
		{"滞納額", "\"１２，３００円\"", nil, nil, func(r casework.Row) bool { return r.Balance.Yen == 12_300 }},
		{"滞納額", "△500", []string{"bad_amount@滞納額!"}, nil, nil},
		{"滞納額", "", []string{"missing@滞納額!"}, nil, nil},
		{"滞納額", "100000001", []string{"bad_amount@滞納額!"}, nil, nil},
		{"滞納額", "0", []string{"zero_amount@滞納額"}, nil, nil},
		{"言語", "English", nil, nil, func(r casework.Row) bool { return r.Language == "en" }},
		{"言語", "", nil, nil, func(r casework.Row) bool { return r.Language == "ja" }},
		{"言語", "火星語", []string{"unknown_language@言語"}, nil, func(r casework.Row) bool { return r.Language == "ja" }},
		{"備考", "\"一行目\n二行目, \"\"引用\"\"\"", nil, nil, func(r casework.Row) bool { return r.Note == "一行目\n二行目, \"引用\"" }},
		{"見本", "", nil, nil, func(r casework.Row) bool { return !r.Sample }},
	} {
		i := slices.Index(strings.Split(strings.TrimSpace(head), ","), c.column)
		row := strings.Split(strings.TrimSpace(good), ",")
		row[i] = c.cell
		rows, err := read(t, head+strings.Join(row, ",")+"\n")
		if err != nil || len(rows) != 1 {
			t.Errorf("%s %q: %v, %d rows", c.column, c.cell, err, len(rows))
			continue
		}
		if got := codes(rows[0].Problems); !slices.Equal(got, c.problems) {
			t.Errorf("%s %q: problems %v, want %v", c.column, c.cell, got, c.problems)
		}
		if got := codes(rows[0].Repairs); !slices.Equal(got, c.repairs) {
			t.Errorf("%s %q: repairs %v, want %v", c.column, c.cell, got, c.repairs)
		}
		if c.keeps != nil && !c.keeps(rows[0]) {
			t.Errorf("%s %q: got %+v", c.column, c.cell, rows[0])
		}
	}
}

func TestNoNumberIsSaid(t *testing.T) {
	rows, _ := read(t, head+strings.NewReplacer("03-0123-4567", "110", "090-0123-4567", "").Replace(good))
	if got := codes(rows[0].Problems); !slices.Equal(got, []string{"never_dial@電話番号1", "no_number@電話番号1"}) {
		t.Errorf("got %v", got)
	}
}

func TestBrokenRowsLeaveTheOthers(t *testing.T) {
	text := head + good + // 2
		"1,見本\n" + // 3: too few
		strings.TrimSuffix(good, "\n") + ",多い\n" + // 4: too many
		strings.TrimSuffix(good, "\n") + ",,\n" + // 5: empty ones too many
		strings.Replace(good, "見本　一太", `見本"一太`, 1) + // 6: a bare quote
		strings.Replace(good, "見本　一太", `"見本一太`, 1) + // 7: never closed
		good + // 8
		"\n,,,,,,,,,,,,,,,\n\n" + // nothing
		strings.Replace(good, "見本　一太", `"見本"一太`, 1) + // 12
		strings.Replace(good, "0000000011", `="0000000011"`, 1) + // 13: a spreadsheet's text
		strings.Repeat(good, 30) // the open quote must not reach through these
	rows, err := read(t, text)
	if err != nil {
		t.Fatal(err)
	}
	want := map[int]string{3: "cells", 4: "cells", 6: "bare_quote", 7: "bare_quote", 12: "bare_quote"}
	got := map[int]string{}
	for _, r := range rows {
		if len(r.Problems) > 0 {
			got[r.Line] = r.Problems[0].Code
			if !r.Problems[0].Fatal || r.Problems[0].Line != r.Line {
				t.Errorf("line %d: %+v", r.Line, r.Problems[0])
			}
		}
	}
	if !maps.Equal(got, want) || len(rows) != 9+30 {
		t.Errorf("got %v in %d rows, want %v", got, len(rows), want)
	}
}

func TestAQuoteNeverClosedAtTheEnd(t *testing.T) {
	rows, err := read(t, head+good+`1,"見本`+"\n"+good)
	if err != nil || len(rows) != 3 || len(rows[1].Problems) != 1 || len(rows[2].Problems) != 0 || rows[2].Line != 4 {
		t.Errorf("%v %v", err, rows)
	}
}

func TestForms(t *testing.T) {
	moved := "見本,滞納額,期別,保険種別,ＴＥＬ１,氏名,宛名 番号,余分\n見本,500,第1期,後期,0301234567,見本,0000000011,秘密\n"
	for name, c := range map[string]struct {
		text  string
		lines []int
	}{
		"LF":           {head + good + good, []int{2, 3}},
		"CRLF":         {strings.ReplaceAll(head+good+good, "\n", "\r\n"), []int{2, 3}},
		"CR":           {strings.ReplaceAll(head+good+good, "\n", "\r"), []int{2, 3}},
		"no last end":  {strings.TrimSuffix(head+good, "\n"), []int{2}},
		"mark":         {"\ufeff" + head + good, []int{2}},
		"tabs":         {strings.ReplaceAll(head+good, ",", "\t"), []int{2}},
		"empty lines":  {"\n\n" + head + "\n" + good + "\n\n", []int{5}},
		"a title":      {"滞納一覧表,令和8年11月\n出力日,R8.11.24\n\n" + head + good, []int{5}},
		"moved":        {moved, []int{2}},
		"quoted":       {strings.Replace(head, "電話番号1", "\"電話\n番号1\"", 1) + good, []int{3}},
		"break inside": {head + strings.Replace(good, "日本語,", "日本語,\"a\nb\"", 1) + good, []int{2, 4}},
	} {
		rows, err := read(t, c.text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var lines []int
		for _, r := range rows {
			lines = append(lines, r.Line)
			for _, p := range r.Problems {
				if p.Code != "unknown_column" || name != "moved" || p.Column != "8列目" || p.Line != 1 {
					t.Errorf("%s: %+v", name, p)
				}
			}
		}
		if !slices.Equal(lines, c.lines) {
			t.Errorf("%s: rows at %v, want %v", name, lines, c.lines)
		}
	}
}

func TestListsThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ text, code, says string }{
		"empty":          {"", "empty", "空"},
		"blank":          {"\n\n,,\n", "empty", "空"},
		"header only":    {head, "no_rows", "1行もありません"},
		"header, blanks": {head + "\n,,,\n", "no_rows", "1行もありません"},
		"columns gone":   {strings.NewReplacer("滞納額", "金", "期別", "期").Replace(head) + good, "columns", "期別、滞納額"},
		"no header":      {good + good, "columns", "宛名番号"},
		"column twice":   {strings.Replace(head, "備考", "滞納金額", 1) + good, "double_column", "滞納額"},
		"book":           {"PK\x03\x04\x14\x00", "excel", "Excel"},
		"no list at all": {strings.Repeat("x", 2<<20), "long_line", "長すぎ"},
	} {
		rows, err := read(t, c.text)
		var refused *casework.ListError
		if !errors.As(err, &refused) || refused.Code != c.code || !strings.Contains(refused.Japanese(), c.says) || refused.Error() == "" {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
		if len(rows) > 0 {
			t.Errorf("%s: %d rows nevertheless", name, len(rows))
		}
		if strings.Contains(fmt.Sprint(err), "見本　一太") {
			t.Errorf("%s: the error repeats the list: %v", name, err)
		}
	}
}

func TestWrongEncodingSaysWhere(t *testing.T) {
	encoded, err := japan.EncodeCP932(head + good + good)
	if err != nil {
		t.Fatal(err)
	}
	spoilt := append(bytes.TrimSuffix(encoded, []byte("\n")), []byte("\x83\n")...)
	text, _, err := japan.Decode(bytes.NewReader(spoilt))
	if err != nil {
		t.Fatal(err)
	}
	var got error
	for _, err := range casework.ReadList(text, casework.DefaultMapping(), japan.Notation{}, refs) {
		got = err
	}
	var refused *casework.ListError
	if !errors.As(got, &refused) || refused.Code != "encoding" || !strings.Contains(refused.JA, "3行16列目") {
		t.Errorf("got %v", got)
	}
}

func TestReaderFailing(t *testing.T) {
	gone := errors.New("the disk is gone")
	for row, err := range casework.ReadList(io.MultiReader(strings.NewReader(head), broken{gone}), casework.DefaultMapping(), japan.Notation{}, refs) {
		var refused *casework.ListError
		if !errors.As(err, &refused) || refused.Code != "read" || !errors.Is(err, gone) {
			t.Errorf("%v %v", row, err)
		}
	}
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

func TestStopEarly(*testing.T) {
	for range casework.ReadList(strings.NewReader(head+good+good), casework.DefaultMapping(), japan.Notation{}, refs) {
		break
	}
}

// No problem and no repair ever repeats a cell.
func TestProblemsHoldNoCells(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`[秘密]{2}[0-9]{3,12}`).Draw(t, "secret")
		row := strings.Split(strings.TrimSpace(good), ",")
		for range rapid.IntRange(1, 4).Draw(t, "times") {
			row[rapid.IntRange(0, len(row)-1).Draw(t, "at")] = secret
		}
		for r, err := range casework.ReadList(strings.NewReader(head+strings.Join(row, ",")), casework.DefaultMapping(), japan.Notation{}, refs) {
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range append(r.Problems, r.Repairs...) {
				if strings.Contains(fmt.Sprint(p), secret) || p.JA == "" || p.EN == "" {
					t.Fatalf("%+v", p)
				}
			}
		}
	})
}

func FuzzReadList(f *testing.F) {
	for _, s := range []string{head + good, head + `"`, "\"\n\"", head + "\"\n\n\n", "a\tb\r\r\n", `="`, head + `="1"2`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for r, err := range casework.ReadList(strings.NewReader(head+good+text), casework.DefaultMapping(), japan.Notation{}, refs) {
			if err != nil {
				break
			}
			if r.Line <= last {
				t.Fatalf("line %d after %d", r.Line, last)
			}
			last = r.Line
			for _, p := range append(r.Problems, r.Repairs...) {
				if p.JA == "" || p.EN == "" || p.Code == "" {
					t.Fatalf("%+v", p)
				}
			}
		}
		if last < 2 {
			t.Fatal("the good row was lost")
		}
	})
}

// endless yields the same row as often as wanted without holding it.
type endless struct {
	row  string
	left int
	rest string
}

func (e *endless) Read(p []byte) (int, error) {
	if e.rest == "" {
		if e.left == 0 {
			return 0, io.EOF
		}
		e.left, e.rest = e.left-1, e.row
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func TestAHugeListInFlatMemory(t *testing.T) {
	rows := 20_000
	if os.Getenv("KAKERU_LONG") != "" {
		rows = 200_000
	}
	r := io.MultiReader(strings.NewReader(head), &endless{row: good, left: rows})
	var before, now runtime.MemStats
	seen, most := 0, uint64(0)
	for _, err := range casework.ReadList(r, casework.DefaultMapping(), japan.Notation{}, refs) {
		if err != nil {
			t.Fatal(err)
		}
		if seen++; seen%5_000 == 1 {
			runtime.GC()
			if runtime.ReadMemStats(&now); seen == 1 {
				before = now
			}
			most = max(most, now.HeapAlloc)
		}
	}
	if seen != rows {
		t.Errorf("%d rows", seen)
	}
	if grown := int64(most) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("%d bytes more are held than at the first row", grown)
	}
}
