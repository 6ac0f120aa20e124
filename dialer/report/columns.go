package report

import (
	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// marked is an attempt with what only the attempts before it can tell.
type marked struct {
	Attempt
	on     *calendarDay
	repeat bool // the number was dialled before on the same day
	third  bool // the third, sixth, … absence of a person in the month
}

// absences counts each person's in a month.
type absences map[string]int

// mark counts an attempt if it is one, and marks every third.
func (n absences) mark(m *marked, o Options) {
	if m.absent(o) {
		n[m.CaseRef]++
		m.third = n[m.CaseRef]%3 == 0
	}
}

// attemptColumn is one figure of the table ア, and which attempts it is made of.
type attemptColumn struct {
	Column
	holds func(*marked, Options) bool
}

// attemptColumns are the columns of every table of attempts, in the order of the page. Each counted attempt is in exactly one of those
// from self to line_trouble, and each that is not counted in exactly one of those from short_cancel on, so that they add up to
// attempts and to not_counted: a test says so.
var attemptColumns = []attemptColumn{
	col("dialled", "発信総数", "dialled", func(*marked, Options) bool { return true }),
	col("attempts", "架電件数", "attempts", func(a *marked, _ Options) bool { return a.Counted }),
	col("answered", "応答件数", "answered by a person", func(a *marked, _ Options) bool { return a.spoke() }),
	col("self", "本人", "debtor", with(casework.Self)),
	col("family", "家族", "family", with(casework.Family)),
	col("third_party", "第三者", "third party", with(casework.ThirdParty)),
	col("unrecorded", "応答(結果未入力)", "answered, not recorded", with("")),
	col("absent", "不在件数", "absent", func(a *marked, o Options) bool { return a.absent(o) }),
	col("no_answer", "呼出のみ", "no answer", ended(dialer.NoAnswer)),
	col("voicemail", "留守番電話", "voicemail", with(casework.Voicemail)),
	col("recorder", "録音機", "recorder", with(casework.Recorder)),
	col("no_voice", "FAX・無言", "fax, silent", func(a *marked, _ Options) bool {
		return a.Counted && a.Result == dialer.Answered && (a.Party == casework.Fax || a.Party == casework.Silent)
	}),
	col("busy", "話中", "busy", ended(dialer.Busy)),
	col("unallocated", "欠番", "unallocated", ended(dialer.Unallocated)),
	col("number_changed", "番号変更", "number changed", ended(dialer.NumberChanged)),
	col("out_of_reach", "圏外・電源断", "out of reach", ended(dialer.OutOfReach)),
	col("refused", "拒否", "refused", ended(dialer.Refused)),
	col("cancelled", "取消", "cancelled", ended(dialer.Cancelled)),
	col("interrupted", "中断", "interrupted", ended(dialer.Interrupted)),
	col("line_trouble", "回線異常", "line trouble", func(a *marked, _ Options) bool {
		return a.Counted && (a.Result == dialer.LineTrouble || a.Result == dialer.BadNumber)
	}),
	col("repeats", "同日再架電(内数)", "repeats of the day (of these)", func(a *marked, _ Options) bool { return a.Counted && a.repeat }),
	col("not_counted", "件数対象外", "not counted", func(a *marked, _ Options) bool { return !a.Counted }),
	col("short_cancel", "対象外:短時間取消", "not counted: short cancel", spared(dialer.Cancelled)),
	col("line_trouble_spared", "対象外:回線異常", "not counted: line trouble", spared(dialer.LineTrouble)),
	col("bad_number", "対象外:番号形式誤り", "not counted: bad number", spared(dialer.BadNumber)),
	col("other_spared", "対象外:その他", "not counted: others", func(a *marked, _ Options) bool {
		return !a.Counted && a.Result != dialer.Cancelled && a.Result != dialer.LineTrouble && a.Result != dialer.BadNumber
	}),
}

// partOf says which column each one's figure is part of, as its holds says: a test compares them. The others stand by themselves.
func partOf(key string, o Options) string {
	switch key {
	case "dialled", "attempts", "not_counted":
		return ""
	case "self", "family", "third_party":
		return "answered"
	case "no_answer":
		return "absent"
	case "voicemail", "recorder":
		if !o.MachinesApart {
			return "absent"
		}
	case "short_cancel", "line_trouble_spared", "bad_number", "other_spared":
		return "not_counted"
	}
	return "attempts"
}

func col(key, ja, en string, holds func(*marked, Options) bool) attemptColumn {
	return attemptColumn{Column: count(key, ja, en), holds: holds}
}

func count(key, ja, en string) Column {
	return Column{Key: key, Title: Words{JA: ja, EN: en}, Unit: InCalls}
}

func yen(key, ja, en string) Column {
	return Column{Key: key, Title: Words{JA: ja, EN: en}, Unit: InYen}
}

// with holds the counted talks with one party.
func with(p casework.Party) func(*marked, Options) bool {
	return func(a *marked, _ Options) bool { return a.Counted && a.Result == dialer.Answered && a.Party == p }
}

// ended holds the counted attempts of one connection result.
func ended(r dialer.Result) func(*marked, Options) bool {
	return func(a *marked, _ Options) bool { return a.Counted && a.Result == r }
}

// spared holds the attempts of one connection result that do not count.
func spared(r dialer.Result) func(*marked, Options) bool {
	return func(a *marked, _ Options) bool { return !a.Counted && a.Result == r }
}

// isOurs reports whether it is one that we placed, and not by hand.
func (a *marked) isOurs() bool { return a.Direction != dialer.Inbound && a.Origin != casework.ByHand }

// spoke reports whether a counted attempt is one of 応答件数: somebody was there. A 200 is not a person.
func (a *marked) spoke() bool { return a.Counted && a.Result == dialer.Answered && a.Party.IsPerson() }

// recordedSameDay reports whether the result was recorded on the day on which the call ended: what was caught up on later says nothing
// of how long the work after a call takes.
func (a *marked) recordedSameDay() bool {
	return a.Revision > 0 && dialer.DateOf(a.Ended) == dialer.DateOf(a.Ended.Add(a.WrapUp))
}

// absent reports whether a counted attempt is one of 不在件数.
func (a *marked) absent(o Options) bool {
	machine := a.Result == dialer.Answered && (a.Party == casework.Voicemail || a.Party == casework.Recorder)
	return a.Counted && (a.Result == dialer.NoAnswer || machine && !o.MachinesApart)
}
