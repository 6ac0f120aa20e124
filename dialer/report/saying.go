package report

import (
	"fmt"
	"slices"
	"strings"
)

// in is a figure of a section by its row and column; zero where there is none.
func (s Section) in(row, column string) int64 {
	at := slices.IndexFunc(s.Columns, func(c Column) bool { return c.Key == column })
	for _, r := range s.Rows {
		if r.Key == row && at >= 0 && r.Cells[at].Value != nil {
			return int64(*r.Cells[at].Value)
		}
	}
	return 0
}

// sampled is a row of a section as a group: of one column, in another.
func (s Section) sampled(row, of, base string) sample {
	out := sample{of: s.in(row, of), base: s.in(row, base)}
	for _, r := range s.Rows {
		if r.Key == row {
			out.name = r.Title
		}
	}
	return out
}

func readKinds(s Section) Words {
	var kinds []sample
	for _, r := range s.Rows {
		if of := s.sampled(r.Key, "spoke", "attempts"); of.base > 0 {
			kinds = append(kinds, of)
		}
	}
	return extremes(kinds, reachedPerson, words("番号種別", "kind of number"))
}

// readTries says what the third try yields, and whether that differs from the first.
func readTries(s Section) Words {
	first, third := s.sampled("1", "spoke", "attempts"), s.sampled("3", "spoke", "attempts")
	if third.base == 0 {
		return words("3回目の架電はありませんでした。", "There was no third try.")
	}
	f, promises := third.fraction(callsUnit), s.in("3", "promises")
	said := words(fmt.Sprintf("3回目の架電で人につながったのは%s、納付約束は%d件でした。", f.JA, promises),
		fmt.Sprintf("The third try reached a person in %s, and yielded %d promises.", f.EN, promises))
	if first.base == 0 {
		return said
	}
	first.name = words("1回目", "the first")
	return and(said, against(third, first, callsUnit))
}

func readKeeping(s Section) Words {
	made, due := s.in(total, "made"), s.sampled(total, "kept", "due")
	switch {
	case made == 0:
		return words("この期間の納付約束はありません。", "No promise was made in the period.")
	case due.base == 0:
		return words(fmt.Sprintf("納付約束は%d件ですが、期日が過ぎたものはまだありません。", made), fmt.Sprintf("Of the %d promises made none is due yet.", made))
	}
	f := due.fraction(callsUnit)
	said := words(fmt.Sprintf("期日が過ぎた約束で履行されたのは%sでした。", f.JA), fmt.Sprintf("Of the promises that are due, %s were kept.", f.EN))
	var channels []sample
	for _, r := range s.Rows {
		if of := s.sampled(r.Key, "kept", "due"); strings.HasPrefix(r.Key, "channel:") && of.base > 0 {
			channels = append(channels, of)
		}
	}
	return and(said, extremes(channels, keptPromise, words("経路", "channel")))
}

// reading says how many of the month's new persons were reached within a week, and whether that differs from the month before.
func (c *cohorts) reading(s Section) Words {
	month, before := c.months[cohortMonths-1], c.months[cohortMonths-2]
	persons := s.in(month, "persons")
	is, was := s.sampled(month, "reached_1", "since_1"), s.sampled(before, "reached_1", "since_1")
	switch {
	case persons == 0:
		return words(MonthJA(month)+"に初めて架電した人はいません。", "Nobody was attempted for the first time in "+month+".")
	case is.base == 0:
		return words(fmt.Sprintf("%sに初めて架電した%d人は、まだだれも1週間を経ていません。", MonthJA(month), persons),
			fmt.Sprintf("Of the %d persons new in %s none has been followed for a week yet.", persons, month))
	}
	f := is.fraction(personsUnit)
	said := words(fmt.Sprintf("%sに初めて架電した%d人のうち、1週間を経た人で1週間以内に人につながったのは%sでした。", MonthJA(month), persons, f.JA),
		fmt.Sprintf("Of the %d persons new in %s, a person was reached within a week for %s of those followed so long.", persons, month, f.EN))
	if was.base == 0 {
		return said
	}
	was.name = words("前月", "the month before")
	return and(said, against(is, was, personsUnit))
}
