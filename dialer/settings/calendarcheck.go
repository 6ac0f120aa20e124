package settings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"kakeru/dialer"
)

// strictly reads a value that has no other fields.
func strictly(raw json.RawMessage, to any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(to)
}

// checkDay refuses what a day cannot be, and any change of a day that has passed: reports were made by it.
func checkDay(p Proposed) (json.RawMessage, *Trouble) {
	key := CalendarDay + p.Rest
	no := func(ja, en string) (json.RawMessage, *Trouble) { return nil, &Trouble{Key: key, JA: ja, EN: en} }
	date, err := dialer.ParseDate(p.Rest)
	if err != nil {
		return no("日付は 2026-11-29 の形で指定してください", "write the date as 2026-11-29")
	}
	name, today := nameDay(p.Rest), dialer.DateOf(p.Now)
	if date.Before(today) {
		return no(name.JA+"は過ぎた日です。日報・月報がその日の開設時間で作られているため、変更できません",
			name.EN+" has passed: reports were made by its hours, so it cannot be changed")
	}
	if date.Year > today.Year+farthestYear {
		return no(fmt.Sprintf("%d年までの日を指定してください", today.Year+farthestYear), fmt.Sprintf("days up to the end of %d can be set", today.Year+farthestYear))
	}
	var d Day
	if err := strictly(p.Value, &d); err != nil || !slices.Contains(DayStates, d.State) {
		return no(name.JA+"は、通常どおり・開設・閉庁のどれかを選んでください", name.EN+": choose as usual, open or closed")
	}
	if d.State != DayOpen {
		d.Hours = ""
	} else if s, ok := parseSpan(d.Hours); ok {
		d.Hours = spanOf(s)
	} else {
		return no(name.JA+"の開設時間は 09:00-17:00 の形で、始まりより後に終わるように入力してください",
			name.EN+": write the hours as 09:00-17:00, with the end after the beginning")
	}
	if d.Note = strings.TrimSpace(d.Note); utf8.RuneCountInString(d.Note) > longestNote {
		return no(fmt.Sprintf("理由の表示は%d文字までで入力してください", longestNote), fmt.Sprintf("the note has at most %d characters", longestNote))
	}
	if d.State == DayUsual {
		d.Note = ""
	}
	if d.Seats != nil && (*d.Seats < 0 || *d.Seats > mostSeats) {
		return no(fmt.Sprintf("席数は0から%dまでで入力してください", mostSeats), fmt.Sprintf("write 0 to %d seats", mostSeats))
	}
	if d.State == DayClosed {
		d.Seats = nil
	}
	return encode(d), nil
}

// checkWeeks refuses what a week cannot be, and any change of what held on days that have passed.
func checkWeeks(p Proposed) (json.RawMessage, *Trouble) {
	no := func(ja, en string) (json.RawMessage, *Trouble) {
		return nil, &Trouble{Key: CalendarWeek, JA: ja, EN: en}
	}
	var weeks, before []Week
	if err := strictly(p.Value, &weeks); err != nil || len(weeks) == 0 || weeks[0].From != "" {
		return no("曜日ごとの時間を読み取れません。画面から入力し直してください", "a week's hours cannot be read; enter them on the screen again")
	}
	if len(weeks) > mostWeeks {
		return no(fmt.Sprintf("曜日ごとの時間は%d通りまでです。これから始まるものを減らすか、1日だけの変更は日ごとに設定してください", mostWeeks),
			fmt.Sprintf("there are at most %d patterns of a week; leave out some that have not begun, and set single days where only a day is another", mostWeeks))
	}
	_ = json.Unmarshal(p.Before, &before)
	today := dialer.DateOf(p.Now)
	var last dialer.Date
	for i := range weeks {
		w := weeks[i]
		if i > 0 {
			from, err := dialer.ParseDate(w.From)
			if err != nil {
				return no("いつから変わるかを 2026-12-01 の形で入力してください", "write the day from which it holds as 2026-12-01")
			}
			if !last.Before(from) {
				return no("開始日は古い順に、重ならないように並べてください", "the days from which patterns hold follow each other, each later than the one before")
			}
			last = from
		}
		if trouble := w.check(); trouble != nil {
			return nil, trouble
		}
	}
	if !samePast(before, weeks, today) {
		return no("過ぎた日の開設時間が変わってしまいます。日報・月報がその時間で作られているため、開始日を本日以降にしてください",
			"hours of days that have passed would change, and reports were made by them; let it begin today or later")
	}
	return encode(weeks), nil
}

// check also writes the hours as they are kept.
func (w Week) check() *Trouble {
	for key, text := range w.Days {
		i := slices.IndexFunc(weekdays, func(d weekday) bool { return d.key == key })
		if i < 0 {
			return &Trouble{Key: CalendarWeek, JA: "曜日は mon tue wed thu fri sat sun で指定してください", EN: "a day is one of mon tue wed thu fri sat sun"}
		}
		s, ok := parseSpan(text)
		if !ok {
			return &Trouble{
				Key: CalendarWeek, JA: weekdays[i].ja + "曜日の開設時間は 09:00-17:00 の形で、始まりより後に終わるように入力してください",
				EN: weekdays[i].en + ": write the hours as 09:00-17:00, with the end after the beginning",
			}
		}
		if w.BreakMinutes >= s.Minutes() {
			return &Trouble{
				Key: CalendarWeek, JA: weekdays[i].ja + "曜日の開設時間より休憩のほうが長くなっています", EN: weekdays[i].en + ": the break is longer than the day",
			}
		}
		w.Days[key] = spanOf(s)
	}
	switch {
	case len(w.Days) == 0:
		return &Trouble{Key: CalendarWeek, JA: "開く曜日がありません。少なくとも1日の開設時間を入力してください", EN: "no day is open; write the hours of one day at least"}
	case w.BreakMinutes < 0 || w.BreakMinutes > longestBreak:
		return &Trouble{
			Key: CalendarWeek, JA: fmt.Sprintf("休憩は0から%d分までで入力してください", longestBreak), EN: fmt.Sprintf("the break is 0 to %d minutes", longestBreak),
		}
	}
	return nil
}

// samePast reports whether the same patterns held on every day before today. A pattern changes only on the days that lists name, so
// those, and the day before today, are all that need be looked at.
func samePast(before, after []Week, today dialer.Date) bool {
	yesterday := dialer.DateOf(today.At(-1))
	days := []dialer.Date{{}, yesterday}
	for _, w := range slices.Concat(before, after) {
		if d := w.startOf(); d.Before(today) {
			days = append(days, d)
		}
	}
	for _, d := range days {
		a, b := weekOn(before, d), weekOn(after, d)
		if a.BreakMinutes != b.BreakMinutes || !maps.Equal(a.pattern(), b.pattern()) {
			return false
		}
	}
	return true
}
