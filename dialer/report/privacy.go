package report

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"kakeru/dialer"
)

// privacy makes 個人情報管理状況報告 of a month from the logs of custody. What no log holds it says not to know, and never calls nought.
type privacy struct {
	o Options
	p Period

	closes      *grid
	closesByDay *grid
	returns     *grid
	destroyed   *grid
	lists       *grid
	exports     *grid
	exportsBy   *grid
	shownBy     *grid
	shownOn     *grid
	identity    *grid
	unknown     *grid

	asked *grid
	seen  map[[3]string]bool // calls and cases of a row that were counted once
}

func newPrivacy(o Options, p Period) *privacy {
	b := &privacy{o: o, p: p, seen: map[[3]string]bool{}}
	b.lay()
	return b
}

func (b *privacy) read(ctx context.Context, l Ledger) error {
	c, err := l.Custody(ctx, b.p.Start(), b.p.End())
	if err != nil {
		return err
	}
	b.readCloses(&c)
	b.readIncidents(&c)
	for _, of := range c.Lists {
		b.list(of, c.Closes)
	}
	for _, e := range c.Exports {
		b.export(e)
	}
	for i := range c.Disclosures {
		b.disclosure(&c.Disclosures[i])
	}
	for _, of := range []struct {
		acts   []Act
		kind   RefKind
		column int
	}{{c.Checks, RefHistoryCheck, shownChecks}, {c.Reads, RefHandoffRead, shownReads}, {c.Listens, RefListen, shownListens}} {
		for _, a := range of.acts {
			b.shown(a.By, a.At, of.column, Ref{Kind: of.kind, ID: a.ID, At: a.At, By: a.By, What: words(a.About, a.About)})
		}
	}
	return nil
}

func (b *privacy) want(w Where) bool {
	for _, g := range b.grids() {
		if g.section.Key == w.Section {
			b.asked = g
			return g.want(w)
		}
	}
	return false
}

func (b *privacy) behind() []Ref { return b.asked.refs }

func (b *privacy) grids() []*grid {
	return []*grid{b.closes, b.closesByDay, b.returns, b.destroyed, b.lists, b.exportsBy, b.exports, b.shownBy, b.shownOn, b.identity, b.unknown}
}

func (b *privacy) report() Report {
	r := b.p.head(b.p.Over(b.o.Now))
	for _, g := range b.grids() {
		r.Sections = append(r.Sections, g.done())
	}
	return r
}

// readIncidents says which incidents were found out, and how often somebody asked for what their role may not do.
func (b *privacy) readIncidents(c *Custody) {
	found := Words{JA: fmt.Sprintf("%d件", len(c.Incidents)), EN: strconv.Itoa(len(c.Incidents))}
	for i, id := range c.Incidents {
		ja, en := "、", ", "
		if i == 0 {
			ja, en = ": ", ": "
		}
		found.JA += fmt.Sprintf("%s第%d号", ja, id)
		found.EN += fmt.Sprintf("%sno. %d", en, id)
	}
	b.unknown.say("incidents", "count", Cell{Text: &found})
	b.unknown.say("refused", "count", Cell{Text: &Words{JA: fmt.Sprintf("%d件", c.Refused), EN: strconv.Itoa(c.Refused)}})
}

// readCloses takes the month's closes, and says of each day on which the centre opened what became of its data.
func (b *privacy) readCloses(c *Custody) {
	opened := map[string]bool{}
	for _, d := range openDays(b.o.Hours, b.p.From, b.p.To, len(b.o.Desks)) {
		if day, err := dialer.ParseDate(d.Date); err == nil && !day.At(0).After(b.o.Now) {
			opened[d.Date] = true
		}
	}
	for _, d := range c.Held {
		opened[d.String()] = true
	}
	final := false
	for i := range c.Closes {
		of := &c.Closes[i]
		if !b.within(of.Day) {
			continue
		}
		opened[of.Day.String()] = true
		b.oneClose(of)
		final = final || of.Final && of.done()
	}
	if !final {
		for _, row := range b.destroyed.keep {
			b.destroyed.say(row, "contract_end", Cell{Why: NoBase})
		}
	}
	for _, day := range sortedKeys(opened) {
		b.openDay(day, c)
	}
}

// oneClose counts one close of the month.
func (b *privacy) oneClose(c *Close) {
	day, ref := c.Day.String(), refOf(c)
	switch {
	case c.done():
		b.closes.add(total, closesDone, 1, ref)
	case c.Step == closeGivenUp:
		b.closes.add(total, closesGivenUp, 1, ref)
		return
	default:
		b.closes.add(total, closesUnderWay, 1, ref)
	}
	b.returned(c, ref)
	for i, kind := range returnedKinds {
		b.closesByDay.add(day, dayReturned+i, c.Rows[kind.Key], ref)
	}
	if !c.done() {
		return
	}
	b.closesByDay.add(day, dayKeys, c.Destroyed["keys"], ref)
	b.closesByDay.add(day, dayPersons, c.Destroyed["persons"], ref)
	column := 0
	if c.Final {
		column = 1
	}
	for _, row := range b.destroyed.keep {
		b.destroyed.add(row, column, c.Destroyed[row], ref)
	}
}

// returned says of one close whether its return is proved.
func (b *privacy) returned(c *Close, ref Ref) {
	b.returns.add(c.ID, 0, int64(c.Files), ref)
	b.returns.add(c.ID, 1, oneIf(c.Manifest != ""), ref)
	b.returns.add(c.ID, 2, oneIf(c.Receipt), ref)
	b.returns.say(c.ID, "ward", Cell{Why: Unused, Text: &Words{JA: "記録なし", EN: "no record"}})
	b.returns.say(c.ID, "manifest", said(c.Manifest, c.Manifest))
	b.returns.title(c.ID, closeWords(c))
}

// openDay says of a day on which the centre opened how its data went back.
func (b *privacy) openDay(day string, of *Custody) {
	open, closes := int64(1), of.Closes
	own := slices.IndexFunc(closes, func(c Close) bool { return c.Day.String() == day && c.done() })
	later := slices.IndexFunc(closes, func(c Close) bool {
		return c.done() && c.Upto != (dialer.Date{}) && c.Day.String() > day && c.Upto.String() >= day
	})
	underWay := slices.ContainsFunc(closes, func(c Close) bool { return c.Day.String() == day && !c.done() && c.Step != closeGivenUp })
	state, by := words("未返却", "not returned"), Words{}
	switch {
	case own >= 0:
		c := &closes[own]
		state, by = words("返却済", "returned"), b.doneBy(c)
		if c.Upto.String() < day {
			state = words("返却済(個人情報は保管継続)", "returned; personal data kept")
		}
		if c.Final {
			state = words("契約終了の返却", "the contract's end")
		}
	case later >= 0:
		c := &closes[later]
		state, by = words("後日返却("+c.Day.String()+")", "returned later ("+c.Day.String()+")"), b.doneBy(c)
		b.closes.add(total, closesLater, 1, refOf(c))
	case underWay:
		state = words("実施中", "under way")
	case day == dialer.DateOf(b.o.Now).String():
		state, open = words("当日(終業前)", "today, not yet"), 0
	case !slices.ContainsFunc(of.Held, func(d dialer.Date) bool { return d.String() == day }):
		state = words("終業返却なし(預かりなし)", "not closed, nothing came in")
		b.closes.add(total, closesWithout, 1, Ref{})
	default:
		b.closes.add(total, closesMissing, 1, Ref{})
	}
	b.closes.add(total, closesOpen, open, Ref{})
	b.closesByDay.say(day, "state", said(state.JA, state.EN))
	b.closesByDay.say(day, "by", said(by.JA, by.EN))
}

// doneBy says when a close was done, and by whom.
func (b *privacy) doneBy(c *Close) Words {
	by, at := b.o.called(string(c.By)), c.Moved.In(dialer.Tokyo).Format("01-02 15:04")
	return words(at+" "+by.JA, at+" "+by.EN)
}

func closeWords(c *Close) Words {
	if c.Final {
		return words(c.Day.String()+" 契約終了", c.Day.String()+", the contract's end")
	}
	return words(c.Day.String()+" 終業返却", c.Day.String()+", the day's close")
}

func refOf(c *Close) Ref {
	return Ref{Kind: RefClose, ID: c.ID, At: c.Moved, By: c.By, What: closeWords(c)}
}

// list takes a list that came in.
func (b *privacy) list(l List, closes []Close) {
	kind, ref, row := listWords[l.Paid], Ref{Kind: RefList, ID: l.ID, At: l.At, By: l.By}, "debts"
	if l.Paid {
		ref.Kind, row = RefPaidList, "paid"
	}
	ref.What = named(listStates)(l.State)
	row += " " + l.ID // in the order of time
	at := l.At.In(dialer.Tokyo).Format("01-02 15:04")
	b.lists.title(row, words(at+" "+kind.JA, at+" "+kind.EN))
	by, state := b.o.called(string(l.By)), named(listStates)(l.State)
	b.lists.say(row, "by", said(by.JA, by.EN))
	b.lists.say(row, "state", said(state.JA, state.EN))
	b.lists.add(row, 2, int64(l.Rows), ref)
	if l.Paid {
		b.lists.say(row, "persons", Cell{Why: NoBase})
	} else {
		b.lists.add(row, 3, int64(l.Persons), ref)
	}
	gone := words("保管中", "in custody")
	if l.Paid {
		gone = words("個人情報なし", "no personal data")
	} else if c := usedUp(l.At, closes); c != nil {
		on := c.Moved.In(dialer.Tokyo).Format("01-02 15:04")
		gone = words(on+" 消去", "destroyed "+on)
	}
	b.lists.say(row, "gone", said(gone.JA, gone.EN))
}

// usedUp is the first close that took what came in at an instant. What comes in after a day's close is of the next day.
func usedUp(at time.Time, closes []Close) *Close {
	for i := range closes {
		if c := &closes[i]; c.done() && c.Begun.After(at) && c.Upto.String() >= dialer.DateOf(at).String() {
			return c
		}
	}
	return nil
}

// export takes a file of records that was written.
func (b *privacy) export(e Export) {
	row, at := e.ID, e.At.In(dialer.Tokyo).Format("01-02 15:04")
	by := b.o.called(string(e.By))
	if e.By == "" {
		by = words("コマンド", "the command line")
	}
	ref := Ref{Kind: RefExport, ID: e.ID, At: e.At, By: e.By, What: words(e.Day.String()+"の記録", "the records of "+e.Day.String())}
	b.exports.title(row, words(at+" "+by.JA, at+" "+by.EN))
	b.exports.say(row, "day", said(e.Day.String(), e.Day.String()))
	for i, n := range []int{e.Firsts + e.Corrections + e.Repeats, e.Firsts, e.Corrections, e.Repeats, e.Files} {
		b.exports.add(row, 1+i, int64(n), ref)
		for _, who := range []string{total, string(e.By)} {
			b.exportsBy.add(who, 1+i, int64(n), ref)
		}
	}
	b.exportsBy.add(total, 0, 1, ref)
	b.exportsBy.add(string(e.By), 0, 1, ref)
}

// disclosure takes that a debt was shown, or hidden again.
func (b *privacy) disclosure(d *Disclosure) {
	ref := Ref{Kind: RefDisclosure, ID: d.ID, At: d.At, By: d.By, What: words(d.CaseRef, d.CaseRef)}
	if !d.Shown {
		b.shown(d.By, d.At, shownHidden, ref)
		return
	}
	b.shown(d.By, d.At, shownDebts, ref)
	for _, row := range b.rowsOf(d.By, d.At) {
		b.once(row, shownTalks, string(d.Attempt), ref)
		b.once(row, shownCases, d.CaseRef, ref)
	}
	b.identity.add(total, 0, 1, ref)
	for _, by := range d.Ticked {
		b.identity.add(string(by), 0, 1, ref)
	}
	b.identity.add("party:"+string(d.Party), 0, 1, ref)
}

// place is one row of one of the two tables of what was shown.
type place struct {
	grid *grid
	row  string
}

// rowsOf are the rows in which an act of somebody's is counted.
func (b *privacy) rowsOf(by dialer.UserID, at time.Time) []place {
	return []place{{b.shownBy, total}, {b.shownBy, "by:" + string(by)}, {b.shownOn, dialer.DateOf(at).String()}}
}

func (b *privacy) shown(by dialer.UserID, at time.Time, column int, ref Ref) {
	for _, in := range b.rowsOf(by, at) {
		in.grid.add(in.row, column, 1, ref)
	}
}

// once counts a call or a case once in a row.
func (b *privacy) once(in place, column int, what string, ref Ref) {
	key := [3]string{in.grid.section.Key + in.row, fmt.Sprint(column), what}
	if !b.seen[key] {
		b.seen[key] = true
		in.grid.add(in.row, column, 1, ref)
	}
}

func (b *privacy) within(d dialer.Date) bool {
	return d.String() >= b.p.From.String() && d.String() < b.p.To.String()
}

func oneIf(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}
