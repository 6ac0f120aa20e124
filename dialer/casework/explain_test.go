package casework

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kakeru/dialer"
)

func TestExplain(t *testing.T) {
	rules := DefaultRules()
	rules.Seats = dialer.Seats{Usual: map[dialer.DeskID][]string{"desk1": {"zh"}}}
	now := jst(24, 10, 0)
	phones := []Phone{{Rank: 1, Number: "0300001234", Kind: dialer.KindFixed, Usable: true}, {Rank: 2, Number: "09000001234", Kind: dialer.KindMobile, Usable: true}}
	waits := func(f func(*Case, *Moment)) (Case, Moment) {
		c := Case{ID: "x", Phones: phones, Language: "ja", Next: dialer.CaseNext{State: dialer.CaseWaiting, Due: now, Cause: dialer.CauseResult, Why: "不在のため", WhyEN: "no answer"}}
		m := Moment{Now: now, Hours: wardHours(), Tries: TriesAt{}}
		f(&c, &m)
		return c, m
	}
	miss := func(day, hour int) dialer.Try {
		return dialer.Try{At: jst(day, hour, 0), Result: dialer.NoAnswer, MayHaveRung: true}
	}
	one := At{"x", phones[0].Number}
	for _, c := range []struct {
		name  string
		of    func(*Case, *Moment)
		ja    string
		en    string
		rank  int
		phone bool
	}{
		{"due", func(*Case, *Moment) {}, "いま架電できます。不在のため", "may be called now; no answer", 1, true},
		{"later today", func(c *Case, _ *Moment) { c.Next.Due = jst(24, 13, 0) }, "13:00まで待ちます。不在のため", "waits until 13:00; no answer", 1, true},
		{
			"another day", func(c *Case, _ *Moment) { c.Next.Due = jst(26, 9, 0) },
			"11月26日 09:00まで待ちます。不在のため",
			"waits until 2026-11-26 09:00; no answer", 1, true,
		},
		{
			"shut", func(_ *Case, m *Moment) { m.Now = jst(24, 18, 0) },
			"開設時間外のため、11月25日 13:00から架電できます。不在のため",
			"the centre is closed; it may be called from 2026-11-25 13:00; no answer", 1, true,
		},
		{
			"why it comes sooner", func(c *Case, _ *Moment) { c.RankWhy = dialer.Reason{JA: "滞納額30万円以上", EN: "much"} },
			"いま架電できます。不在のため。優先の理由: 滞納額30万円以上",
			"may be called now; no answer; comes sooner or later for: much", 1, true,
		},
		{
			"pinned", func(c *Case, _ *Moment) { c.Pinned, c.RankWhy = true, dialer.Reason{JA: "滞納額", EN: "much"} },
			"いま架電できます。不在のため。先頭に固定されています",
			"may be called now; no answer; it stands before all others", 1, true,
		},
		{"promised", func(c *Case, m *Moment) { c.Next.Mine, c.Next.MineUntil, m.Mine = "u1", jst(24, 10, 30), "佐藤" },
			"いま架電できます。不在のため。10:30までは佐藤だけに出ます", "may be called now; no answer; until 10:30 it comes only to 佐藤", 1, true},
		{
			"a language spoken today", func(c *Case, _ *Moment) { c.Language = "zh" },
			"いま架電できます。不在のため。中国語を話す席だけに出ます",
			"may be called now; no answer; it comes only to desks that speak Chinese", 1, true,
		},
		{
			"a language nobody speaks", func(c *Case, _ *Moment) { c.Language = "ne" },
			"いま架電できます。不在のため。ネパール語を話す席の設定がないため、どの席にも出ます",
			"may be called now; no answer; no desk is ever set to speak Nepali, so it comes to any", 1, true,
		},
		{"the next number", func(_ *Case, m *Moment) { m.Tries[one] = []dialer.Try{miss(20, 10), miss(23, 10)} },
			"いま架電できます。不在のため。1番目の番号は2回続けてつながらないため、次は2番目の番号です", "may be called now; no answer; number 2 is next: the first reached nobody 2 times in a row", 2, true},
		{"its only number was rung", func(c *Case, m *Moment) { c.Phones = phones[:1]; m.Tries[one] = []dialer.Try{miss(24, 9)} },
			"順番は来ていますが、番号は12:00まで発信できません。不在のため。前回と違う時間帯に発信します",
			"its turn has come, but the number may not be rung before 12:00; no answer; the number was rung in this part of the day", 1, true},
		{
			"no number", func(c *Case, _ *Moment) { c.Phones = nil },
			"いま架電できます。不在のため。発信できる番号がありません",
			"may be called now; no answer; none of its numbers may be dialled", 0, false,
		},
		{"at a desk", func(_ *Case, m *Moment) { m.Desk = "席1" }, "いま席1で扱っています(いま架電できます。不在のため)", "stands at 席1 now (may be called now; no answer)", 1, true},
		{"held", func(c *Case, _ *Moment) { c.Next.State = dialer.CaseHeld }, "保留中です(不在のため)", "held back (no answer)", 1, true},
		{
			"its result is owed", func(c *Case, _ *Moment) { c.Next.State = dialer.CaseResultDue },
			"結果の登録を待っています(不在のため)",
			"waits for the result of a talk (no answer)", 1, true,
		},
		{
			"closed, of an older ledger", func(c *Case, _ *Moment) { c.Next.State, c.Next.WhyEN = dialer.CaseClosed, "" },
			"完了しています(不在のため)",
			"closed (不在のため)", 1, true,
		},
	} {
		got := rules.Explain(waits(c.of))
		if got.JA != c.ja || got.EN != c.en {
			t.Errorf("%s:\n got %s\n     %s\nwant %s\n     %s", c.name, got.JA, got.EN, c.ja, c.en)
		}
		if (got.Next != nil) != c.phone || c.phone && got.Next.Rank != c.rank {
			t.Errorf("%s: next %+v", c.name, got.Next)
		}
	}
}

// Whatever a case is, it is in one state, and there is a sentence for it in each language that names no number.
func TestEveryCaseIsExplained(t *testing.T) {
	rules := DefaultRules()
	rules.Seats = dialer.Seats{Usual: map[dialer.DeskID][]string{"desk1": {"zh"}}}
	rapid.Check(t, func(t *rapid.T) {
		now := jst(1, 0, 0).Add(time.Duration(rapid.IntRange(0, 60*24*60).Draw(t, "now")) * time.Minute)
		c := Case{
			ID: "x", Language: rapid.SampledFrom([]string{"", "ja", "zh", "vi", "xx"}).Draw(t, "language"), Pinned: rapid.Bool().Draw(t, "pinned"),
			Next: dialer.CaseNext{
				State: rapid.SampledFrom([]dialer.CaseState{dialer.CaseWaiting, dialer.CaseHeld, dialer.CaseResultDue, dialer.CaseClosed}).Draw(t, "state"),
				Due:   now.Add(time.Duration(rapid.IntRange(-9999, 9999).Draw(t, "due")) * time.Minute), Why: rapid.SampledFrom([]string{"", "理由"}).Draw(t, "why"),
			},
		}
		if rapid.Bool().Draw(t, "mine") {
			c.Next.Mine, c.Next.MineUntil = "u", now
		}
		m := Moment{Now: now, Hours: wardHours(), Tries: TriesAt{}, Desk: rapid.SampledFrom([]string{"", "席1"}).Draw(t, "desk")}
		for i := range rapid.IntRange(0, 3).Draw(t, "phones") {
			p := Phone{
				Rank: i + 1, Number: dialer.Number("0300000" + string(rune('1'+i)) + "00"), Kind: dialer.KindFixed,
				Usable: rapid.Bool().Draw(t, "usable"), DoNotCall: rapid.Bool().Draw(t, "barred"),
			}
			c.Phones = append(c.Phones, p)
			for range rapid.IntRange(0, 3).Draw(t, "tries") {
				at := At{c.ID, p.Number}
				m.Tries[at] = append(m.Tries[at], dialer.Try{
					At: now.Add(-time.Duration(rapid.IntRange(0, 3000).Draw(t, "ago")) * time.Minute), MayHaveRung: true,
					Result: rapid.SampledFrom([]dialer.Result{dialer.NoAnswer, dialer.Busy, dialer.Answered}).Draw(t, "result"),
				})
			}
		}
		x := rules.Explain(c, m)
		if x.JA == "" || x.EN == "" || strings.Contains(x.JA+x.EN, "0300000") {
			t.Fatalf("%+v: %+v", c, x)
		}
	})
}

func TestWhyNobodyIsCalled(t *testing.T) {
	now, hours := jst(24, 10, 0), wardHours()
	for _, c := range []struct {
		name   string
		counts Counts
		now    time.Time
		ja     string
	}{
		{"nothing waits", Counts{}, now, "待っている案件がありません。名簿を取り込んでください"},
		{"shut", Counts{}, jst(24, 18, 0), "開設時間外です。次に発信できるのは 11月25日 13:00 からです"},
		{"for their time", Counts{Waiting: []Count{
			{Cause: dialer.CauseCap, N: 2, First: jst(25, 13, 0)}, {Cause: dialer.CauseResult, N: 42, First: jst(24, 13, 0)},
		}}, now, "いま架電できる案件はありません。次の案件は13:00からです(42件は再架電の間隔待ち、2件は架電回数の上限)"},
		{"for a desk", Counts{Waiting: []Count{
			{Due: true, Language: "zh", N: 3, First: now}, {Due: true, Mine: true, Language: "ja", N: 1, First: now}, {Due: true, Language: "ja", N: 5, First: now},
		}}, now, "いま架電できる案件はありません(3件は中国語の席待ち、1件は約束した担当者待ち)"},
		{"for a decision", Counts{Held: 4, ResultDue: 1}, now, "いま架電できる案件はありません(1件は通話の結果待ち、4件は保留中)"},
		{"for a cause of an older ledger", Counts{Waiting: []Count{{N: 1, First: jst(26, 9, 0)}}}, now, "いま架電できる案件はありません。次の案件は11月26日 09:00からです(1件は予定の日時待ち)"},
	} {
		got := c.counts.WhyNobody(c.now, hours)
		if got.JA != c.ja || got.EN == "" {
			t.Errorf("%s:\n got %s (%s)\nwant %s", c.name, got.JA, got.EN, c.ja)
		}
	}
}

func TestEveryCauseHasItsWords(t *testing.T) {
	for _, cause := range dialer.Causes {
		if why := causeWords[cause]; (why.JA == "" || why.EN == "") && cause != dialer.CauseLanguage {
			t.Errorf("no words for %s", cause)
		}
	}
}

// An order leaves a case in exactly one state, with a reason that says who and why; what cannot be carried out changes nothing.
func TestOrdersLeaveNoCaseBehind(t *testing.T) {
	hours := wardHours()
	rapid.Check(t, func(t *rapid.T) {
		now := jst(1, 0, 0).Add(time.Duration(rapid.IntRange(0, 30*24*60).Draw(t, "now")) * time.Minute)
		s := Stands{
			Next: dialer.CaseNext{
				State: rapid.SampledFrom([]dialer.CaseState{dialer.CaseWaiting, dialer.CaseHeld, dialer.CaseResultDue, dialer.CaseClosed}).Draw(t, "state"),
				Due:   now.Add(time.Hour), Why: "理由", Cause: rapid.SampledFrom(dialer.Causes).Draw(t, "cause"),
			},
			InCall: rapid.Bool().Draw(t, "in call"),
		}
		s.Pinned = s.Next.State == dialer.CaseWaiting && rapid.Bool().Draw(t, "pinned")
		o := Order{Act: rapid.SampledFrom(Acts).Draw(t, "act"), At: now, Until: now.Add(time.Duration(rapid.IntRange(1, 9999).Draw(t, "until")) * time.Minute), Reason: "区の依頼"}
		after, no := o.Apply(s, hours)
		open := s.Next.State == dialer.CaseWaiting || s.Next.State == dialer.CaseHeld
		switch {
		case no != nil:
			if after != s || open && !s.InCall {
				t.Fatalf("refused %+v: %+v, %v", s, after, no)
			}
			return
		case !open || s.InCall:
			t.Fatalf("carried out on %+v", s)
		case after.Next.Why == "" || after.Pinned != (o.Act == Pin):
			t.Fatalf("%s: %+v", o.Act, after)
		case after.Next.State == dialer.CaseWaiting && after.Next.Due.IsZero(), (after.Next.State == dialer.CaseHeld) != (o.Act == Hold):
			t.Fatalf("%s: %+v", o.Act, after)
		case o.Act == Skip && (!hours.Open(after.Next.Due) || after.Next.Due.Before(o.Until)):
			t.Fatalf("skipped to %v", after.Next.Due)
		}
	})
}
