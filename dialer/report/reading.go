package report

import (
	"fmt"
	"math"
	"slices"
)

// enough is the least number of attempts that a rate is compared by: below it a few calls more or less turn everything around.
const enough = 30

var tellingNote = words("高低は30件以上のものだけを比べ、95 %信頼区間(ウィルソン法、比べた数で補正)が重ならないときだけ差があるとします",
	"Only those of 30 and more are compared, and a difference is claimed only where the 95 % intervals (Wilson's, corrected for how many are compared) do not overlap")

// sample is the rate of a group.
type sample struct {
	name     Words
	of, base int64
}

func (s sample) rate() float64 { return float64(s.of) / float64(s.base) }

// interval is Wilson's of 95 %, in percent, where some groups are compared at once: the more there are, the further apart two of them
// come by chance, so each interval is the wider (Bonferroni's correction).
func (s sample) interval(groups int) (low, high float64) {
	z := math.Sqrt2 * math.Erfinv(1-0.05/float64(max(1, groups)))
	n, p := float64(s.base), s.rate()
	middle, half := p+z*z/(2*n), z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	scale := 100 / (1 + z*z/n)
	return max(0, scale*(middle-half)), min(100, scale*(middle+half))
}

// apart reports whether the intervals of two groups do not overlap.
func apart(a, b sample, groups int) bool {
	al, ah := a.interval(groups)
	bl, bh := b.interval(groups)
	return ah < bl || bh < al
}

// fraction is a rate with what it is of.
func (s sample) fraction(unit Words) Words {
	return words(fmt.Sprintf("%.1f %%(%d%s中%d%s)", tenth(100*s.rate()), s.base, unit.JA, s.of, unit.JA), fmt.Sprintf("%.1f %% (%d of %d)", tenth(100*s.rate()), s.of, s.base))
}

func (s sample) span(groups int) Words {
	low, high := s.interval(groups)
	return words(fmt.Sprintf("%.1f〜%.1f %%", low, high), fmt.Sprintf("%.1f–%.1f %%", low, high))
}

var (
	callsUnit   = words("件", "")
	personsUnit = words("人", "")

	reachedPerson = words("接触率", "rate of reaching a person")
	keptPromise   = words("履行率", "rate of keeping promises")
)

// extremes says which of some groups have the highest and the lowest rate, and whether they can be told apart at all.
func extremes(groups []sample, rate, group Words) Words {
	if len(groups) == 0 {
		return words("架電がなかったため、読み取れることはありません。", "There were no attempts, so there is nothing to read.")
	}
	compared := slices.DeleteFunc(slices.Clone(groups), func(s sample) bool { return s.base < enough })
	switch len(compared) {
	case 0:
		most := slices.MaxFunc(groups, func(a, b sample) int { return int(a.base - b.base) })
		return words(
			fmt.Sprintf("どの%sも%d件に満たないため、%sの高低は言えません(最も多い%sで%d件)。", group.JA, enough, rate.JA, most.name.JA, most.base),
			fmt.Sprintf("Every %s has fewer than %d, so nothing can be said of where the %s is higher (the most has %s, %d).", group.EN, enough, rate.EN, most.name.EN, most.base))
	case 1:
		one := compared[0]
		f := one.fraction(callsUnit)
		return words(
			fmt.Sprintf("%d件以上あるのは%sだけで、%sは%sでした。比べる相手がないため、高低は言えません。", enough, one.name.JA, rate.JA, f.JA),
			fmt.Sprintf("Only %s has %d or more, with a %s of %s; there is nothing to compare it with.", one.name.EN, enough, rate.EN, f.EN))
	}
	slices.SortStableFunc(compared, byRate)
	return and(ranked(compared[0], compared[len(compared)-1], len(compared), rate), leftOut(len(groups)-len(compared), group))
}

// byRate orders the higher rate first, and among equals that of the larger group.
func byRate(a, b sample) int {
	switch left, right := a.of*b.base, b.of*a.base; {
	case left != right:
		return int(right - left)
	default:
		return int(b.base - a.base)
	}
}

// ranked tells the highest and the lowest of some groups.
func ranked(top, low sample, groups int, rate Words) Words {
	t, l, ts, ls := top.fraction(callsUnit), low.fraction(callsUnit), top.span(groups), low.span(groups)
	if apart(top, low, groups) {
		return words(
			fmt.Sprintf("%sが最も高かったのは%sで%s、最も低かったのは%sで%sでした。95 %%信頼区間(%sと%s)は重ならず、差があるといえます。",
				rate.JA, top.name.JA, t.JA, low.name.JA, l.JA, ts.JA, ls.JA),
			fmt.Sprintf("The %s was highest for %s, %s, and lowest for %s, %s. The 95 %% intervals (%s and %s) do not overlap: there is a difference.",
				rate.EN, top.name.EN, t.EN, low.name.EN, l.EN, ts.EN, ls.EN))
	}
	return words(
		fmt.Sprintf("%sは%sの%sから%sの%sまでですが、95 %%信頼区間(%sと%s)が重なるため、差があるとは言えません。",
			rate.JA, top.name.JA, t.JA, low.name.JA, l.JA, ts.JA, ls.JA),
		fmt.Sprintf("The %s goes from %s, %s, to %s, %s, but the 95 %% intervals (%s and %s) overlap: no difference can be told.",
			rate.EN, top.name.EN, t.EN, low.name.EN, l.EN, ts.EN, ls.EN))
}

func leftOut(n int, group Words) Words {
	if n == 0 {
		return Words{}
	}
	return words(fmt.Sprintf("%d件に満たない%s(%d)は比べていません。", enough, group.JA, n), fmt.Sprintf("Those of fewer than %d (%d) are not compared.", enough, n))
}

func and(a, b Words) Words {
	if b.JA == "" {
		return a
	}
	return words(a.JA+b.JA, a.EN+" "+b.EN)
}

// against says whether a rate differs from another, which is named.
func against(is, was sample, unit Words) Words {
	if is.base < enough || was.base < enough {
		return words(fmt.Sprintf("%sとは、%d%sに満たないため比べられません。", was.name.JA, enough, unit.JA),
			fmt.Sprintf("It cannot be compared with %s: there are fewer than %d.", was.name.EN, enough))
	}
	f, a, b := was.fraction(unit), is.span(1), was.span(1)
	spans := words(a.JA+"と"+b.JA, a.EN+" and "+b.EN)
	if !apart(is, was, 1) {
		return words(fmt.Sprintf("%sの%sとは95 %%信頼区間(%s)が重なるため、差があるとは言えません。", was.name.JA, f.JA, spans.JA),
			fmt.Sprintf("The 95 %% intervals (%s) of it and of %s, %s, overlap: no difference can be told.", spans.EN, was.name.EN, f.EN))
	}
	higher := words("高い", "higher")
	if is.rate() < was.rate() {
		higher = words("低い", "lower")
	}
	return words(fmt.Sprintf("%sの%sより%sといえます(95 %%信頼区間%s)。", was.name.JA, f.JA, higher.JA, spans.JA),
		fmt.Sprintf("It is %s than for %s, %s (95 %% intervals %s).", higher.EN, was.name.EN, f.EN, spans.EN))
}
