package casework_test

import (
	"bytes"
	"strings"
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/japan"
)

func TestSampleIsAListWithoutFault(t *testing.T) {
	const cases = 6000
	var list bytes.Buffer
	out := japan.NewWriter(&list, japan.CP932)
	if err := casework.WriteSample(out, cases, 7); err != nil {
		t.Fatal(err)
	}
	text, enc, err := japan.Decode(&list)
	if err != nil || enc != japan.CP932 {
		t.Fatalf("%s %v", enc, err)
	}
	type person struct {
		phones []casework.Phone
		terms  map[casework.Balance]bool
	}
	people := map[string]*person{}
	owners := map[dialer.Number]string{}
	endings, languages, insurances, shared := map[string]int{}, map[string]int{}, map[casework.Insurance]int{}, 0
	var order []string
	for row, err := range casework.ReadList(text, casework.DefaultMapping(), japan.Notation{}, refs) {
		if err != nil {
			t.Fatal(err)
		}
		if len(row.Problems)+len(row.Repairs) > 0 || !row.Sample || row.Balance.Yen <= 0 || row.Balance.DueOn == "" || row.Person.BornOn == "" {
			t.Fatalf("line %d: %+v", row.Line, row)
		}
		p := people[row.WardNumber]
		if p == nil {
			p = &person{phones: row.Phones, terms: map[casework.Balance]bool{}}
			people[row.WardNumber] = p
			order = append(order, row.WardNumber)
			languages[row.Language]++
			endings[row.Phones[0].Number.LastTwo()]++
			for i, phone := range row.Phones {
				if !phone.Number.MadeUp() || !phone.Usable {
					t.Fatalf("line %d: a number that could be somebody's", row.Line)
				}
				if owners[phone.Number] != "" {
					shared++
					if i > 0 {
						t.Errorf("line %d: only first numbers are shared", row.Line)
					}
				}
				owners[phone.Number] = row.WardNumber
			}
		}
		key := casework.Balance{Insurance: row.Balance.Insurance, Term: row.Balance.Term}
		if p.terms[key] {
			t.Errorf("line %d: a term twice", row.Line)
		}
		p.terms[key] = true
		insurances[row.Balance.Insurance]++
	}
	if len(people) != cases || len(endings) != 100 || len(languages) != 4 || len(insurances) != 2 {
		t.Errorf("%d people, %d endings, languages %v, insurances %v", len(people), len(endings), languages, insurances)
	}
	if shared == 0 || shared > cases/50 {
		t.Errorf("%d numbers are shared: households should be a few", shared)
	}
	for ending, n := range endings {
		if n < cases/100/3 || n > cases/100*3 {
			t.Errorf("%d numbers end in %s: not uniform", n, ending)
		}
	}
	for i, want := range []string{"05", "40", "41", "42", "44", "46"} {
		if got := people[order[i]].phones[0].Number.LastTwo(); got != want {
			t.Errorf("case %d ends in %s, want %s", i+1, got, want)
		}
	}
}

func TestSampleIsTheSameForASeed(t *testing.T) {
	write := func(seed int64) string {
		var b strings.Builder
		if err := casework.WriteSample(&b, 200, seed); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if first, again := write(7), write(7); first != again {
		t.Error("one seed, two lists")
	}
	if write(7) == write(8) {
		t.Error("two seeds, one list")
	}
	if !strings.HasSuffix(write(7), "見本\r\n") {
		t.Error("lines end with CRLF, after the mark")
	}
}

func TestSampleRefusesSizes(t *testing.T) {
	for _, n := range []int{-1, 0, 1_000_001} {
		if err := casework.WriteSample(&bytes.Buffer{}, n, 1); err == nil {
			t.Errorf("%d cases were written", n)
		}
	}
	if err := casework.WriteSample(fullDisk{}, 10, 1); err == nil {
		t.Error("a full disk went unnoticed")
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, bytes.ErrTooLarge }
