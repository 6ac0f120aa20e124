package report

import (
	"context"
	"slices"
	"strings"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// total is the row of all.
const total = "total"

// cut is one way of cutting the attempts into rows.
type cut struct {
	grid *grid
	key  func(*marked) string
}

// builder sums facts into the sections of one report.
type builder struct {
	o    Options
	p    Period
	from time.Time

	cuts     []cut
	counting *grid
	pace     *grid
	first    *grid
	business *grid
	promises *grid
	kept     *grid
	inbound  *grid
	others   *grid
	wanted   *grid

	now      marked // the attempt being taken in
	held     []int  // the columns that hold it
	day      calendarDay
	numbers  map[string]bool // dialled on that day
	absences absences        // of the month
	deskRows map[dialer.DeskID]string
	known    [2]people
	met      map[string]bool // persons who came to the telephone themselves
	sms      bool
	asked    *grid // the one that has the cell whose rows are asked for; nil: none are
}

func newBuilder(o Options, p Period) *builder {
	b := &builder{
		o: o, p: p, from: p.Start(), numbers: map[string]bool{}, absences: absences{}, met: map[string]bool{},
		deskRows: map[dialer.DeskID]string{},
	}
	for i := range b.known {
		b.known[i] = newPeople()
	}
	b.lay()
	return b
}

func (b *builder) read(ctx context.Context, l Ledger) error {
	from, to := b.p.facts()
	return l.Facts(ctx, from, to, b)
}

func (b *builder) want(w Where) bool {
	b.asked = b.grid(w.Section)
	if w.Section == efficiencySection {
		b.asked, w.Column = b.pace, behindPace[w.Column]
	}
	return b.asked != nil && b.asked.want(w)
}

func (b *builder) behind() []Ref { return b.asked.refs }

// Attempt implements Sink.
func (b *builder) Attempt(a Attempt) {
	switch ref := a.ref(); {
	case a.Direction == dialer.Inbound:
		if !a.At.Before(b.from) {
			b.cameIn(a, ref)
			b.talked(a, ref)
		}
	case a.Origin == casework.ByHand:
		if !a.At.Before(b.from) {
			b.others.add("by_hand", 0, 1, ref)
			b.talked(a, ref)
		}
	default:
		b.dialled(a, ref)
	}
}

// dialled takes an attempt of ours that went out.
func (b *builder) dialled(a Attempt, ref Ref) {
	if !b.day.has(a.At) {
		day := calendarDayOf(a.At)
		if day.month != b.day.month {
			clear(b.absences)
		}
		clear(b.numbers)
		b.day = day
	}
	b.now = marked{Attempt: a, on: &b.day, repeat: b.numbers[a.NumberRef]}
	m := &b.now
	if a.Counted {
		b.numbers[a.NumberRef] = true
	}
	b.absences.mark(m, b.o)
	if a.At.Before(b.from) {
		return
	}
	b.held = b.held[:0]
	for i := range attemptColumns {
		if attemptColumns[i].holds(m, b.o) {
			b.held = append(b.held, i)
		}
	}
	for _, c := range b.cuts {
		c.grid.addOne(c.key(m), b.held, ref)
	}
	b.count(m, ref)
	b.paced(m, ref)
	b.talked(a, ref)
}

// count counts 件 in the four ways.
func (b *builder) count(m *marked, ref Ref) {
	if !m.Counted {
		return
	}
	b.countInto(0, "attempts", m, ref)
	if m.spoke() {
		b.countInto(1, "answered", m, ref)
	}
}

func (b *builder) countInto(i int, row string, m *marked, ref Ref) {
	c := b.known[i].count(m, b.o)
	for column, n := range []int{c.Attempts, c.Persons, c.Cases, c.Thirds} {
		for range n { // a call about both insurances is two cases, and stands behind each
			b.counting.add(row, column, 1, ref)
		}
	}
}

// insurances are the cases that a call was about: one for each insurance.
func insurances(of string) []string {
	switch of {
	case "both":
		return []string{"kokuho", "kouki"}
	case "kokuho", "kouki":
		return []string{of}
	default:
		return []string{""}
	}
}

// paced sums the times of a counted attempt, in the columns of pace.
func (b *builder) paced(m *marked, ref Ref) {
	if !m.Counted {
		return
	}
	of := [paceColumns]int64{paceAttempts: 1}
	if m.spoke() {
		of[paceSpoke] = 1
	}
	if m.spoke() && m.Party == casework.Self {
		of[paceSelf] = 1
	}
	if m.Result == dialer.Answered {
		of[paceTalks], of[paceTalk] = 1, int64(m.Talk.Round(time.Second)/time.Second)
	}
	if m.recordedSameDay() {
		of[paceRecorded], of[paceWrap] = 1, int64(m.WrapUp.Round(time.Second)/time.Second)
	}
	row, ok := b.deskRows[m.Desk]
	if !ok {
		row = "desk:" + string(m.Desk)
		b.deskRows[m.Desk] = row
	}
	for column, n := range of {
		b.pace.add(total, column, n, ref)
		b.pace.add(row, column, n, ref)
	}
}

// talked takes what came of a talk, whoever began it.
func (b *builder) talked(a Attempt, ref Ref) {
	if a.Revision == 0 {
		return
	}
	channel := channelOf(a.Direction == dialer.Inbound, a.Origin)
	for _, of := range a.Business {
		b.business.add(string(of), channel, 1, ref)
		switch of {
		case casework.AccountTransfer:
			b.others.add("account_transfer", 0, 1, ref)
		case casework.Complaint:
			b.others.add("complaints", 0, 1, ref)
		default:
		}
	}
	if a.Wanted != "" && a.Wanted != "ja" {
		b.wanted.add(a.Wanted, 0, 1, ref)
	} else if slices.Contains(a.Business, casework.LanguageWanted) {
		b.wanted.add("", 0, 1, ref)
	}
	if a.Party == casework.Self && a.Direction == dialer.Outbound && !b.met[a.CaseRef] {
		b.met[a.CaseRef] = true
		row := "none"
		if len(a.Business) > 0 {
			row = string(a.Business[0])
		}
		b.first.add(row, 0, 1, ref)
	}
}

// The channels, as columns.
const (
	byCall = iota
	byInbound
	byHand
)

func channelOf(inbound bool, origin casework.Origin) int {
	switch {
	case origin == casework.ByHand:
		return byHand
	case inbound:
		return byInbound
	default:
		return byCall
	}
}

// cameIn takes a call that came in. One that another answered is that one's: whoever has it counts it.
func (b *builder) cameIn(a Attempt, ref Ref) {
	if a.Result == dialer.Cancelled {
		return
	}
	b.inbound.add(total, 0, 1, ref)
	kind := map[casework.InboundKind]int{
		casework.CallBackReceived: 3, casework.Inquiry: 4, casework.ComplaintMade: 5, casework.OtherBusiness: 6,
	}
	if a.Result == dialer.Answered || a.Result == dialer.Interrupted {
		b.inbound.add(total, 1, 1, ref)
	} else {
		b.inbound.add(total, 2, 1, ref)
	}
	if at, ok := kind[a.Kind]; ok {
		b.inbound.add(total, at, 1, ref)
	} else {
		b.inbound.add(total, 7, 1, ref)
	}
	if a.Origin == casework.ByHand {
		b.inbound.add(total, 8, 1, ref)
	}
}

// Promise implements Sink.
func (b *builder) Promise(p Promise) {
	ref := p.ref()
	if made := !p.At.Before(b.from) && p.At.Before(b.p.End()); made {
		rows := []string{total, "party:" + string(p.Party), "means:" + p.Means}
		for _, row := range rows {
			b.promises.add(row, 0, 1, ref)
			b.promises.add(row, 1, p.Yen, ref)
			b.promises.add(row, 2, p.ByKokuho, ref)
			b.promises.add(row, 3, p.ByKouki, ref)
			b.promises.add(row, 4, p.Yen-p.ByKokuho-p.ByKouki, ref)
			if at := slices.Index(promiseStates, p.State); at >= 0 {
				b.promises.add(row, 5+at, 1, ref)
			}
			b.promises.add(row, 5+len(promiseStates), p.PaidYen, ref)
		}
	}
	if p.State == "kept" && b.within(p.KeptOn) {
		b.keptRow(p.At, func(row string) {
			b.kept.add(row, 0, 1, ref)
			b.kept.add(row, 1, p.Yen, ref)
		})
	}
}

var promiseStates = []string{"open", "kept", "partly", "broken"}

// Payment implements Sink.
func (b *builder) Payment(p Payment) {
	if b.within(p.PaidOn) {
		ref := p.ref()
		b.keptRow(p.Promised, func(row string) { b.kept.add(row, 2, p.Yen, ref) })
	}
}

// keptRow adds to the row of all and to that of the month of the promise.
func (b *builder) keptRow(promised time.Time, add func(row string)) {
	add(total)
	add(monthName(promised))
}

func (b *builder) within(d dialer.Date) bool {
	day := d.String()
	return day >= b.p.From.String() && day < b.p.To.String()
}

// Handoff implements Sink.
func (b *builder) Handoff(h Handoff) {
	if h.At.Before(b.from) {
		return
	}
	ref := h.ref()
	b.others.add("handoffs", 0, 1, ref)
	b.others.add("handoff:"+string(h.Kind), 0, 1, ref)
}

// Number implements Sink.
func (b *builder) Number(n Number) {
	if n.At.Before(b.from) {
		return
	}
	ref := n.ref()
	b.others.add("numbers", 0, 1, ref)
	if n.First {
		b.others.add("numbers_first", 0, 1, ref)
	}
}

// SMS implements Sink.
func (b *builder) SMS(s SMS) {
	if b.within(s.On) {
		b.sms = true
		b.others.add("sms", 0, int64(s.Sent), s.ref())
	}
}

func monthName(t time.Time) string { return t.In(dialer.Tokyo).Format("2006-01") }

func afterColon(key string) string {
	_, rest, _ := strings.Cut(key, ":")
	return rest
}
