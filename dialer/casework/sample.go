package casework

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
)

// SampleMark stands in the 見本 column of every row of a made-up list.
const SampleMark = "見本"

// firstEndings are the last two digits of the first numbers of each hundred cases, in this order, so that a list is at once
// good for trying every answer of the lab dial plan, more than once when it is long: a talk, no answer, busy, unallocated,
// voicemail, trouble, and the rest.
var firstEndings = []int{5, 40, 41, 42, 44, 46, 43, 45, 47, 49, 50, 51, 53, 55, 48, 52, 54, 56, 57, 60, 50, 44, 5}

// householdEvery is how many cases there are to one that shares its first number with the case before it.
const householdEvery = 97

// Made-up people: none of the combinations is taken from anybody, and the town does not exist.
var (
	sampleFamilies = [][2]string{
		{"見本", "ミホン"}, {"例示", "レイジ"}, {"試作", "シサク"}, {"仮名", "カメイ"}, {"架空", "カクウ"}, {"練習", "レンシュウ"}, {"雛形", "ヒナガタ"}, {"模範", "モハン"},
		{"想定", "ソウテイ"}, {"下書", "シタガキ"}, {"控田", "ヒカエダ"}, {"試山", "タメシヤマ"}, {"例川", "レイカワ"}, {"仮谷", "カリタニ"}, {"見田", "ミタ"}, {"本木", "ホンギ"},
	}
	sampleGivens = [][2]string{
		{"一太", "イチタ"}, {"二葉", "フタバ"}, {"三郎", "サブロウ"}, {"四季", "シキ"}, {"五月", "サツキ"}, {"六実", "ムツミ"}, {"七海", "ナナミ"}, {"八重", "ヤエ"},
		{"九太", "キュウタ"}, {"十和", "トワ"}, {"千里", "チサト"}, {"万里", "マリ"}, {"百合", "ユリ"}, {"一花", "イチカ"}, {"二郎", "ジロウ"}, {"三奈", "ミナ"},
	}
	sampleBlocks = []string{"東見本町", "西見本町", "南見本町", "北見本町", "中見本町"}
	sampleNotes  = []string{"日中不在が多い", "夕方以降の連絡を希望", "耳が遠いためゆっくり話す", "家族と同居", "以前に納付書再発行あり", "折返し希望あり"}
	// samplePrefixes begin numbers that the plan assigns to nobody (dialer.Number.MadeUp); seven digits follow.
	samplePrefixes = []string{"030", "0900", "0900", "0700", "0500"}
)

// SampleMost is the most cases a made-up list may have.
const SampleMost = 1_000_000

// WriteSample writes a made-up list of so many cases in the ward's format, as UTF-8 with CRLF line ends; the caller
// encodes it. The same seed gives the same list. Every row is marked as a sample and every number is one that nobody
// can have, so the list can be shown to anyone and dialled only in a lab.
func WriteSample(w io.Writer, cases int, seed int64) error {
	if cases < 1 || cases > SampleMost {
		return fmt.Errorf("a sample has 1 to %d cases, not %d", SampleMost, cases)
	}
	out := bufio.NewWriterSize(w, 64<<10)
	m := DefaultMapping()
	names := make([]string, 0, len(fields))
	for _, f := range fields {
		names = append(names, m.Name(f))
	}
	writeRow(out, names)
	s := sampler{rand: rand.New(rand.NewPCG(uint64(seed), 0)), taken: map[string]bool{}}
	for i := range cases {
		for _, row := range s.person(i) {
			writeRow(out, row)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write the sample: %w", err)
	}
	return nil
}

// writeRow writes cells that need no quotes: the sample has no commas, quotes or line ends in them. What cannot be
// written is noticed at the final Flush.
func writeRow(out *bufio.Writer, cells []string) {
	_, _ = out.WriteString(strings.Join(cells, ",") + "\r\n")
}

// sampler makes people up.
type sampler struct {
	rand  *rand.Rand
	taken map[string]bool // numbers given out
	last  string          // the case before's first number
}

// person makes up one case: a row for each term it owes.
func (s *sampler) person(i int) [][]string {
	family, given := pick(s.rand, sampleFamilies), pick(s.rand, sampleGivens)
	insurances := [][]string{{"国保"}, {"国保"}, {"国保"}, {"後期"}, {"国保", "後期"}}[s.rand.IntN(5)]
	terms := 1 + min(s.rand.IntN(6), s.rand.IntN(6))
	phones, note := s.phones(i)
	cells := map[Field]string{
		FieldWardNumber: fmt.Sprintf("%010d", 7_000_001+i*3),
		FieldName:       family[0] + "　" + given[0],
		FieldKana:       family[1] + "　" + given[1],
		FieldBornOn:     s.birthday(insurances[0] == "後期"),
		FieldPostalCode: fmt.Sprintf("000-%04d", s.rand.IntN(10_000)),
		FieldAddress:    fmt.Sprintf("見本県見本市%s%d丁目%d番%d号", pick(s.rand, sampleBlocks), 1+s.rand.IntN(9), 1+s.rand.IntN(40), 1+s.rand.IntN(20)),
		FieldPhone1:     phones[0], FieldPhone2: phones[1], FieldPhone3: phones[2],
		FieldLanguage: s.language(), FieldNote: note, FieldSample: SampleMark,
	}
	first, monthly := 1+s.rand.IntN(9-terms), 500*(3+s.rand.IntN(60))
	var rows [][]string
	for n := range terms {
		// Terms fall due from June to March (第1期 to 第10期); the list is of the autumn of 令和8年度 and the year before it.
		term, year := first+n, 8
		if term > 5 {
			year = 7
		}
		cells[FieldInsurance] = insurances[n%len(insurances)]
		cells[FieldTerm] = fmt.Sprintf("令和%d年度 第%d期", year, term)
		cells[FieldDueOn] = dueOn(year, term)
		cells[FieldAmount] = fmt.Sprint(monthly)
		row := make([]string, 0, len(fields))
		for _, f := range fields {
			row = append(row, cells[f])
		}
		rows = append(rows, row)
	}
	return rows
}

// dueOn is the last day of a term's month, June being the first's.
func dueOn(eraYear, term int) string {
	year, month := 2018+eraYear, 5+term
	if month > 12 {
		year, month = year+1, month-12
	}
	last := []int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
	if month == 2 && year%4 == 0 {
		last = 29
	}
	return fmt.Sprintf("%d/%02d/%02d", year, month, last)
}

// phones makes up one to three numbers, the first being the one that is dialled, and the case's note.
func (s *sampler) phones(i int) (p [3]string, note string) {
	ending := s.rand.IntN(100)
	if place := i % 100; place < len(firstEndings) {
		ending = firstEndings[place]
	}
	if s.rand.IntN(8) == 0 {
		note = pick(s.rand, sampleNotes)
	}
	p[0] = s.number(ending)
	if i > len(firstEndings) && i%householdEvery == 0 {
		p[0], note = s.last, "前の行の方と同じ世帯(同じ電話番号)"
	}
	for rank := 1; rank < 3 && s.rand.IntN(100) < 30; rank++ {
		p[rank] = s.number(s.rand.IntN(100))
	}
	s.last = p[0]
	return p, note
}

// number makes a number of nobody's that was not given out before, with the last two digits wanted.
func (s *sampler) number(ending int) string {
	for {
		digits := fmt.Sprintf("%s%05d%02d", pick(s.rand, samplePrefixes), s.rand.IntN(100_000), ending)
		if s.taken[digits] {
			continue
		}
		s.taken[digits] = true
		cut := len(digits) - 8 // behind the area code, or the three digits of a mobile number
		return digits[:cut] + "-" + digits[cut:cut+4] + "-" + digits[cut+4:]
	}
}

func (s *sampler) birthday(old bool) string {
	era, years := "昭和", 27+s.rand.IntN(37)
	switch {
	case old: // 後期高齢者 are 75 and older
		years = 5 + s.rand.IntN(21)
	case s.rand.IntN(3) == 0:
		era, years = "平成", 1+s.rand.IntN(17)
	}
	return fmt.Sprintf("%s%d年%d月%d日", era, years, 2+s.rand.IntN(11), 1+s.rand.IntN(28))
}

func (s *sampler) language() string {
	switch n := s.rand.IntN(100); {
	case n < 90:
		return "日本語"
	case n < 94:
		return "英語"
	case n < 98:
		return "中国語"
	default:
		return "ベトナム語"
	}
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }
