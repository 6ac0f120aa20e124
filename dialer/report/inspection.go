package report

import (
	"context"
	"fmt"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// Paper is a day's report that went out, as an inspection lists it.
type Paper struct {
	Day      dialer.Date
	Revision int
	At       time.Time
	By       dialer.UserID
	SHA256   string
}

// Amendment is a result that was recorded, or recorded anew, after its day's report had first gone out.
type Amendment struct {
	Attempt dialer.CallID
	Began   time.Time // the attempt
	At      time.Time // when it was recorded
}

// PaperSink takes what an inspection is made of: a span's facts, the days' reports that went out, in their order, and then what was
// recorded after they had.
type PaperSink interface {
	Sink
	Paper(Paper)
	Amendment(Amendment)
}

// inspection makes 検査・請求資料 of a month: what was done, by which definition, against what was to be done. Its figures are those of
// the month's report, made by the same builder.
type inspection struct {
	*builder
	accepted *grid
	bounds   *grid
	days     *grid
	idle     *grid
	papers   *grid
	amended  *grid

	opened   map[string]OpenDay   // days on which the centre was to open so far
	newest   map[string]time.Time // when each day's newest report went out
	happened map[string]bool      // days of which there is something to report
	messaged map[string]bool      // days of which messages were entered
}

func newInspection(o Options, p Period) *inspection {
	month := p
	month.Kind = OfMonth
	b := &inspection{
		builder: newBuilder(o, month), opened: map[string]OpenDay{}, newest: map[string]time.Time{}, happened: map[string]bool{},
		messaged: map[string]bool{},
	}
	b.lay()
	for _, d := range openDays(o.Hours, p.From, p.To, len(o.Desks)) {
		if day, err := dialer.ParseDate(d.Date); err == nil && !day.At(0).After(o.Now) {
			b.opened[d.Date] = d
			b.days.row(d.Date)
			b.papers.row(d.Date)
		}
	}
	return b
}

func (b *inspection) read(ctx context.Context, l Ledger) error {
	return l.Papers(ctx, b.p.Start(), b.p.End(), b)
}

func (b *inspection) want(w Where) bool {
	if w.Section == b.accepted.section.Key && w.Column == "count" {
		b.asked = b.counting
		return b.asked.want(Where{Row: "attempts", Column: w.Row})
	}
	b.asked = nil
	for _, g := range b.own() {
		if g.section.Key == w.Section {
			b.asked = g
		}
	}
	return b.asked != nil && b.asked.want(w)
}

// own are the sections of an inspection: its own, and those of the month's report that it needs.
func (b *inspection) own() []*grid {
	return []*grid{
		b.accepted, b.cuts[0].grid, b.promises, b.kept, b.inbound, b.others, b.bounds, b.days, b.idle, b.papers, b.amended,
	}
}

// Attempt implements Sink.
func (b *inspection) Attempt(a Attempt) {
	b.builder.Attempt(a)
	ref, day := a.ref(), dialer.DateOf(a.At).String()
	b.happened[day] = true
	switch {
	case a.Direction == dialer.Inbound:
		b.daily(day, dayInbound, 1, ref)
	case a.Origin == casework.ByHand || !a.Counted:
	default:
		b.daily(day, dayAttempts, 1, ref)
		if (&marked{Attempt: a}).spoke() {
			b.daily(day, dayAnswered, 1, ref)
		}
		if a.Result == dialer.Answered {
			b.daily(day, dayTalks, 1, ref)
		}
	}
}

// Promise implements Sink.
func (b *inspection) Promise(p Promise) {
	b.builder.Promise(p)
	if !p.At.Before(b.from) && p.At.Before(b.p.End()) {
		b.daily(dialer.DateOf(p.At).String(), dayPromises, 1, p.ref())
	}
}

// Payment implements Sink.
func (b *inspection) Payment(p Payment) {
	b.builder.Payment(p)
	b.happened[p.PaidOn.String()] = true
}

// Handoff implements Sink.
func (b *inspection) Handoff(h Handoff) {
	b.builder.Handoff(h)
	day := dialer.DateOf(h.At).String()
	b.happened[day] = true
	b.daily(day, dayHandoffs, 1, h.ref())
}

// Number implements Sink.
func (b *inspection) Number(n Number) {
	b.builder.Number(n)
	ref, day := n.ref(), dialer.DateOf(n.At).String()
	b.happened[day] = true
	b.daily(day, dayNumbers, 1, ref)
	b.bounds.add("numbers", 0, 1, ref)
}

// SMS implements Sink.
func (b *inspection) SMS(s SMS) {
	b.builder.SMS(s)
	if !b.within(s.On) {
		return
	}
	ref := s.ref()
	b.happened[s.On.String()], b.messaged[s.On.String()] = true, true
	b.daily(s.On.String(), daySMS, int64(s.Sent), ref)
	b.bounds.add("sms", 0, int64(s.Sent), ref)
}

// Paper implements PaperSink.
func (b *inspection) Paper(p Paper) {
	day := p.Day.String()
	b.newest[day] = p.At
	what := words(fmt.Sprintf("第%d版 %s", p.Revision, p.SHA256), fmt.Sprintf("revision %d %s", p.Revision, p.SHA256))
	b.papers.add(day, 0, 1, Ref{Kind: RefReport, ID: day, At: p.At, By: p.By, What: what})
	at := p.At.In(dialer.Tokyo).Format("01-02 15:04")
	b.papers.say(day, "state", said(fmt.Sprintf("第%d版 %s", p.Revision, at), fmt.Sprintf("revision %d, %s", p.Revision, at)))
	b.papers.say(day, "sha256", said(p.SHA256, p.SHA256))
}

// Amendment implements PaperSink.
func (b *inspection) Amendment(a Amendment) {
	day, ref := dialer.DateOf(a.Began).String(), Ref{Kind: RefAttempt, ID: string(a.Attempt)}
	for _, row := range []string{total, day} {
		b.amended.add(row, 0, 1, ref)
		if a.At.After(b.newest[day]) {
			b.amended.add(row, 1, 1, ref)
		}
	}
}

func (b *inspection) daily(day string, column int, n int64, ref Ref) {
	b.days.add(total, column, n, ref)
	b.days.add(day, column, n, ref)
}

// report is what was summed.
func (b *inspection) report() Report {
	b.compare()
	b.bound(Entries)
	b.bound(Messages)
	b.finishDays()
	asked := b.p
	asked.Kind = Inspection
	r := asked.head(b.whole())
	if !b.sms {
		b.others.say("sms", "count", Cell{Why: Unused})
		b.bounds.say("sms", "count", Cell{Why: Unused})
		b.bounds.say("sms", "verdict", said("未使用(登録なし)", "none was entered"))
	}
	b.noMessages()
	for _, g := range b.own() {
		r.Sections = append(r.Sections, g.done())
	}
	return r
}

// noMessages says of the days of which nobody entered any messages that it is not known how many there were.
func (b *inspection) noMessages() {
	why := NoBase
	if !b.sms {
		why = Unused
	}
	for day := range b.days.rows {
		if !b.messaged[day] && (!b.sms || day != total) {
			b.days.say(day, "sms", Cell{Why: why})
		}
	}
}

// compare holds the count by the agreed definition against the target.
func (b *inspection) compare() {
	counted, goal := b.counting.row("attempts"), b.o.Contract.Goal(Calls, b.p, b.o.Words)
	for i, by := range b.accepted.keep {
		b.accepted.row(by)[0] = counted[i]
		if by != b.o.Definition {
			for _, c := range []string{"held", "target", "difference"} {
				b.accepted.say(by, c, Cell{Why: NoBase})
			}
			continue
		}
		switch {
		case goal.Ward != nil:
			b.accepted.say(by, "held", said("検査の対象(目標は区の指示)", "held against the target, which the ward said"))
		default:
			b.accepted.say(by, "held", said("検査の対象", "held against the target"))
		}
		if goal.Target == 0 && goal.Ward == nil {
			b.accepted.say(by, "target", said("定めなし", "none set"))
			b.accepted.say(by, "difference", Cell{Why: NoBase})
			continue
		}
		b.accepted.row(by)[1] = int64(goal.Target)
		b.accepted.row(by)[2] = counted[i] - int64(goal.Target)
	}
}

// bound says whether a figure lies where the ward wants it.
func (b *inspection) bound(m Measure) {
	row, goal := string(m), b.o.Contract.Goal(m, b.p, nil)
	cells := b.bounds.row(row)
	n, least, most := cells[0], int64(goal.Target), int64(goal.UpTo)
	cells[1], cells[2] = least, most
	for column, bound := range map[string]int64{"least": least, "most": most} {
		if bound == 0 {
			b.bounds.say(row, column, said("定めなし", "none set"))
		}
	}
	verdict := words("範囲内", "within")
	switch {
	case n < least:
		verdict = words(fmt.Sprintf("%d件不足", least-n), fmt.Sprintf("%d too few", least-n))
	case most > 0 && n > most:
		verdict = words(fmt.Sprintf("%d件超過", n-most), fmt.Sprintf("%d too many", n-most))
	}
	b.bounds.say(row, "verdict", said(verdict.JA, verdict.EN))
}

// finishDays says of each day how long the centre was to be open, whether anything was dialled on it, and whether its report went out.
func (b *inspection) finishDays() {
	minutes := 0
	for _, day := range sortedKeys(b.days.rows) {
		if day == total {
			continue
		}
		open, planned := b.opened[day]
		minutes += open.Minutes
		b.days.say(day, "hours", number(tenth(float64(open.Minutes)/60)))
		b.days.say(day, "seats", number(float64(open.Seats)))
		if !planned {
			b.days.say(day, "seats", Cell{Why: NoBase})
		}
		if planned && b.days.row(day)[dayAttempts] == 0 && day < dialer.DateOf(b.o.Now).String() {
			b.idle.say(day, "hours", number(tenth(float64(open.Minutes)/60)))
		}
	}
	b.days.say(total, "hours", number(tenth(float64(minutes)/60)))
	b.days.say(total, "seats", Cell{Why: NoBase})
	for day := range b.happened {
		if d, err := dialer.ParseDate(day); err == nil && b.within(d) {
			b.papers.row(day)
		}
	}
	for day, cells := range b.papers.rows {
		switch {
		case cells[0] > 0:
		case b.happened[day]:
			b.papers.say(day, "state", said("未発行", "missing"))
		default:
			b.papers.say(day, "state", said("実績なし", "nothing to report"))
		}
	}
}
