package besthour

import (
	"fmt"
	"time"

	"kakeru/dialer"
)

// kindWords are the kinds of number in Japanese and in English.
var kindWords = map[dialer.NumberKind][2]string{
	dialer.KindFixed:    {"固定電話", "fixed lines"},
	dialer.KindMobile:   {"携帯電話", "mobiles"},
	dialer.KindIP:       {"IP電話", "IP phones"},
	dialer.KindFreeDial: {"フリーダイヤル", "free-dial numbers"},
	dialer.KindNavi:     {"ナビダイヤル", "navi-dial numbers"},
}

var weekdayWords = [...]string{"日曜", "月曜", "火曜", "水曜", "木曜", "金曜", "土曜"}

// Note says what is known of an hour that is better or worse than the kind's others, together with the hours beside it
// that are so too.
func (m *Model) Note(kind dialer.NumberKind, at time.Time) (dialer.HourNote, bool) {
	c, ok := m.Chance(kind, at)
	if !ok || c.Grade == Usual {
		return dialer.HourNote{}, false
	}
	s := slotOf(at)
	from, to := m.alike(kind, s, c.Grade)
	n := dialer.HourNote{Good: c.Grade == Good, Usual: c.usual}
	weight := 0.0
	for hour := from; hour < to; hour++ {
		c := m.cells[cellKey{kind, slot{s.weekday, hour}}]
		low, high := c.Bounds()
		w := float64(c.Tries)
		n.Rate, n.Low, n.High, weight = n.Rate+w*c.Rate, n.Low+w*low, n.High+w*high, weight+w
		n.Tries += c.Tries
	}
	n.Rate, n.Low, n.High = n.Rate/weight, n.Low/weight, n.High/weight
	n.JA, n.EN = words(n, kind, s.weekday, from, to)
	return n, true
}

// alike finds the hours around one that have its grade: [from, to).
func (m *Model) alike(kind dialer.NumberKind, s slot, g Grade) (from, to int) {
	same := func(hour int) bool { return m.cells[cellKey{kind, slot{s.weekday, hour}}].Grade == g }
	from, to = s.hour, s.hour+1
	for same(from - 1) {
		from--
	}
	for same(to) {
		to++
	}
	return from, to
}

func words(n dialer.HourNote, kind dialer.NumberKind, day time.Weekday, from, to int) (ja, en string) {
	name, known := kindWords[kind]
	if !known {
		name = [2]string{"この種類の番号", "numbers of this kind"}
	}
	more, moreEN := "高い", "more"
	if !n.Good {
		more, moreEN = "低い", "less"
	}
	ja = fmt.Sprintf("%sは%s%d–%d時の応答率が%s(%d件から推定%.0f%%、全体%.0f%%)", name[0], weekdayWords[day], from, to, more,
		n.Tries, 100*n.Rate, 100*n.Usual)
	en = fmt.Sprintf("%s answer %s on %ss from %d to %d o'clock (%.0f%%, from %d tries; %.0f%% over all hours)", name[1], moreEN, day,
		from, to, 100*n.Rate, n.Tries, 100*n.Usual)
	return ja, en
}
