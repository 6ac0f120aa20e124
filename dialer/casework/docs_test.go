package casework

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"kakeru/dialer"
)

var update = flag.Bool("update", false, "write the generated pages in docs/ anew")

const rulesIntro = `# The queue's rules

When a case is called again, by whom, and which comes first. Made from ` + "`dialer/rules.json`" + `, the built-in rules, by a test. A centre
changes them with a file of its own, named by ` + "`queue.rules_file`" + ` in the settings: YAML or JSON, with the sections and names below. A
section that is left out stays as it is here; one that is written keeps what its keys do not say, but a table is replaced whole.
Every row has a name and its reason in both languages (` + "`why`, `why_en`" + `): that is what the panel shows.

A server does not start, and ` + "`kakeru doctor`" + ` says so, with a key that is misspelt, a number that is negative, a result that does not
exist, rows that contradict themselves or are never reached, a result without a row, caps of which the smaller span allows more, or
rings that fit into no open day. The error names the key and what to write instead.

No wait is longer than a year, as the ward's contract runs: ` + "`days` and `after_promise_days`" + ` are 366 at most, ` + "`after_minutes`," + `
` + "`after_spoiled_minutes` and `grace_minutes`" + ` 527040. What was set longer in the panel before there was a bound is kept as it was written, holds at the most, and
the server's log says so at its start.

`

// TestPageOfTheRules keeps docs/rules.md equal to the built-in rules; -update writes it.
func TestPageOfTheRules(t *testing.T) {
	const path = "../../docs/rules.md"
	want := rulesPage(DefaultRules())
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("docs/rules.md is not what the code says (%v); run: go test ./dialer/casework -run Page -update", err)
	}
}

func rulesPage(r Rules) string {
	b := &strings.Builder{}
	b.WriteString(rulesIntro)
	settingsPage(b, r)
	connectionsPage(b, r)
	businessPage(b, r)
	promisesPage(b, r)
	prioritiesPage(b, r)
	b.WriteString(rulesEnd)
	return b.String()
}

func settingsPage(b *strings.Builder, r Rules) {
	b.WriteString("## What is set once\n\n| key | is | says |\n|---|---|---|\n")
	var starts []string
	for _, m := range r.Bands[:len(r.Bands)-1] {
		starts = append(starts, fmt.Sprintf("%02d:%02d", m/60, m%60))
	}
	row := func(key string, value any, says string) { fmt.Fprintf(b, "| `%s` | %v | %s |\n", key, value, says) }
	row("bands", strings.Join(starts, " "), "when each part of a day begins; another part of the day is another time to try")
	row("number.rings_per_day", r.Number.RingsPerDay, "how often one number may be rung in a day without an answer, whichever case it stands in")
	row("number.ring_gap_minutes", int(r.Number.RingGap.Minutes()), "and how far apart")
	row("number.other_band", r.Number.OtherBand, "and in another part of the day each time")
	row("number.busy_per_day", r.Number.BusyPerDay, "how often a busy number may be tried in a day")
	row("number.busy_gap_minutes", int(r.Number.BusyGap.Minutes()), "and how far apart")
	row("caps.per_day", r.Caps.PerDay, "how often one case may be called in a day, at all its numbers; 0 is no cap")
	row("caps.per_week", r.Caps.PerWeek, "in a week, from Monday on")
	row("caps.per_month", r.Caps.PerMonth, "in a month")
	row("numbers.rotate_after", r.Numbers.RotateAfter, "tries in a row that reach nobody, before the case's next number has its turn")
	row("numbers.after_spoiled_minutes", r.Numbers.AfterSpoiledMinutes, "how long a case waits whose number proved useless, when it has another")
	row("mine.grace_minutes", r.Mine.GraceMinutes, "how long after its time a call stays kept for the operator who promised it; then anyone may make it")
	b.WriteString("\nThe number rule may stand in the settings (`numbers`) or here, not in both. A person who was reached today is not rung again " +
		"today.\nA time that was asked for, a call that we missed (as often a day as the number may be rung), and a supervisor who gives a reason are " +
		"exceptions, and\nstand in the record.\n\n")
}

func connectionsPage(b *strings.Builder, r Rules) {
	b.WriteString("## After a connection result\n\n`connections`: the first row that matches decides. A time that was asked for stands when somebody tries before it and\n" +
		"nobody answers, unless the case is held.\n\n" +
		"A case that is held is called again once a supervisor has said so: by releasing it, or by recording a result themselves. The end of a call and what an\n" +
		"operator records (of a talk that came in, or by hand) leave it held; an operator may correct their own entry that holds it\n" +
		"(docs/decisions/0074). A number that was given by itself, and a call that has just come in, are not held in this sense.\n\n" +
		"| name | result | next | why | why_en |\n|---|---|---|---|---|\n")
	for _, c := range r.Connections {
		when := oneOf(c.Results)
		if len(c.Confidence) > 0 {
			when += ", confidence " + oneOf(c.Confidence)
		}
		if c.Counted != nil {
			when += map[bool]string{true: ", counted", false: ", not counted"}[*c.Counted]
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", c.Name, when, afterConnection(c.NextRule), c.JA, c.EN)
	}
	b.WriteString("\n")
}

func afterConnection(n dialer.NextRule) string {
	var out []string
	add := func(on bool, format string, args ...any) {
		if on {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	add(n.AfterMinutes > 0, "`after_minutes: %d`", n.AfterMinutes)
	add(n.NextDay, "`next_day`")
	add(n.OtherBand, "`other_band`")
	add(n.MostPerDay > 0, "`most_per_day: %d`", n.MostPerDay)
	add(n.Hold, "`hold`")
	add(n.HoldAfter > 0, "`hold_after: %d`", n.HoldAfter)
	add(n.SpoilsNumber, "`spoils_number`")
	return strings.Join(out, ", ")
}

func businessPage(b *strings.Builder, r Rules) {
	b.WriteString("## After an operator's entry\n\n`business`: the first row that matches decides; [decision 20](decisions/0020-what-a-case-waits-for.md) " +
		"says why in this order.\n\n| name | when | next | why | why_en |\n|---|---|---|---|---|\n")
	for _, row := range r.Business {
		var when, next []string
		if len(row.Business) > 0 {
			when = append(when, oneOf(row.Business))
		}
		if len(row.Party) > 0 {
			when = append(when, "party "+oneOf(row.Party))
		}
		if len(row.Result) > 0 {
			when = append(when, "connection "+oneOf(row.Result))
		}
		add := func(on bool, format string, args ...any) {
			if on {
				next = append(next, fmt.Sprintf(format, args...))
			}
		}
		if row.Asked {
			when = append(when, "`asked`: a time was asked for")
		}
		add(row.Asked, "that time")
		add(row.Hold, "`hold`")
		add(row.AfterPromiseDays > 0, "`after_promise_days: %d`", row.AfterPromiseDays)
		add(row.Days > 0, "`days: %d`", row.Days)
		add(row.AfterMinutes > 0, "`after_minutes: %d`", row.AfterMinutes)
		add(row.OtherBand, "`other_band`")
		add(row.HoldAfter > 0, "`hold_after: %d`", row.HoldAfter)
		add(row.SpoilsNumber, "`spoils_number`")
		if len(when) == 0 {
			when = append(when, "anything else")
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", row.Name, strings.Join(when, ", "), strings.Join(next, ", "), row.JA, row.EN)
	}
	b.WriteString("\n")
}

func promisesPage(b *strings.Builder, r Rules) {
	fmt.Fprintf(b, "## After a promise\n\n`promises`: the paid lists say whether a promise was kept, [decision 25](decisions/0025-promises-and-payments.md) how. "+
		"`grace_days: %d` is how long\nafter its date a payment still counts, and how far a paid list must reach before there is a verdict. The case that waits for it then waits "+
		"for this:\n\n| name | next | why | why_en |\n|---|---|---|---|\n", r.Promises.GraceDays)
	for _, row := range []struct {
		name string
		PromiseFollow
	}{{"kept", r.Promises.Kept}, {"partly", r.Promises.Partly}, {"broken", r.Promises.Broken}} {
		next := "at once"
		if row.Hold {
			next = "`hold`"
		} else if row.Days > 0 {
			next = fmt.Sprintf("`days: %d`", row.Days)
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", row.name, next, row.JA, row.EN)
	}
	b.WriteString("\n")
}

func prioritiesPage(b *strings.Builder, r Rules) {
	fmt.Fprintf(b, "## Which case comes first\n\n`priorities`: among the cases that are due the one with the most points. All rows that match are added up: a case stands at %d\n"+
		"minus its points, between %d and %d, smaller is sooner; of equal ones that which is due longest.\n"+
		"A pinned case stands before all. Ranks are made when something happens to a case, and anew each day.\n\n"+
		"| name | when | points | why | why_en |\n|---|---|---|---|---|\n", Ordinary, PriorityFirst, PriorityLast)
	for _, row := range r.Priorities {
		var when []string
		add := func(on bool, format string, args ...any) {
			if on {
				when = append(when, fmt.Sprintf(format, args...))
			}
		}
		add(len(row.Causes) > 0, "`causes`: it waits for %s", oneOf(row.Causes))
		add(len(row.Promise) > 0, "`promise`: the newest is %s", oneOf(row.Promise))
		add(row.YenAtLeast > 0, "`yen_at_least: %d`", row.YenAtLeast)
		add(row.YenBelow > 0, "`yen_below: %d`", row.YenBelow)
		add(row.OverdueDaysAtLeast > 0, "`overdue_days_at_least: %d`", row.OverdueDaysAtLeast)
		add(row.TriesAtLeast > 0, "`tries_at_least: %d`", row.TriesAtLeast)
		add(row.TriesBelow > 0, "`tries_below: %d`", row.TriesBelow)
		fmt.Fprintf(b, "| `%s` | %s | %d | %s | %s |\n", row.Name, strings.Join(when, ", "), row.Points, row.JA, row.EN)
	}
	b.WriteString("\n")
}

func oneOf[T ~string](all []T) string {
	words := make([]string, len(all))
	for i, x := range all {
		words[i] = string(x)
	}
	return strings.Join(words, " or ")
}

const rulesEnd = `## Who speaks which language

Cases in English, Chinese and Vietnamese (en, zh, vi) come only to desks that speak it. A desk speaks what its ` + "`languages`" + ` in the
settings say; ` + "`seats`" + ` says otherwise for single days, until there is a roster:

` + "```yaml" + `
seats:
  "2026-12-03": {desk1: [zh], desk2: []}   # a desk that is not named speaks what it always does
` + "```" + `

On a day on which nobody speaks a case's language, the case waits for the next day that is set, and says which; where none is set it
says so, and is looked at again each day. A language that nobody ever speaks is no reason to wait: its cases come to any desk, and
` + "`kakeru doctor`" + ` warns of it.

## A file of one's own

` + "```yaml" + `
caps: {per_day: 3, per_week: 6, per_month: 12}
mine: {grace_minutes: 60}
priorities:
  - {name: asked, causes: [asked], points: 40, why: "希望された日時の再架電", why_en: "a call asked for at this time"}
  - {name: much, yen_at_least: 500000, points: 10, why: "滞納額50万円以上", why_en: "¥500,000 or more is owed"}
` + "```" + `
`
