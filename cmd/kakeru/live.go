package main

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/settings"
)

// live is what holds at the moment: the settings file's, as the panel has changed it. Whoever lives longer than one question keeps its
// methods and not what they answered.
type live struct {
	file  configs.Settings
	dress func(casework.Rules) casework.Rules // what no setting has: the advice on the hour
	now   atomic.Pointer[holding]
}

// holding is everything that follows from the settings at one moment. It is never changed.
type holding struct {
	settings configs.Settings
	hours    dialer.Hours
	rules    casework.Rules
	// shortened are waits of the rules that are longer in the panel's text than they may be.
	shortened []error
}

// newLive begins with what the file says.
func newLive(s configs.Settings) (*live, error) {
	l := &live{file: s, dress: func(r casework.Rules) casework.Rules { return r }}
	first, err := l.stand(nil)
	if err != nil {
		return nil, err
	}
	l.now.Store(first)
	return l, nil
}

func (l *live) hours() dialer.Hours   { return l.now.Load().hours }
func (l *live) rules() casework.Rules { return l.now.Load().rules }

// engineRules are the rules as far as the engine applies them.
func (l *live) engineRules() dialer.Rules { return l.now.Load().rules.Rules }

func (l *live) settings() configs.Settings { return l.now.Load().settings }

func (l *live) needHistory() bool { return l.settings().Calls.NeedHistoryCheck }

func (l *live) print() bool { return l.settings().Panel.Print }

func (l *live) idleLock(role dialer.Role) time.Duration {
	return l.settings().Auth.IdleLock[string(role)]
}

func (l *live) rings() dialer.Rings {
	c := l.settings().Calls
	return dialer.Rings{Desk: c.DeskRing, Customer: c.Ring}
}

// stand makes what would hold by some values, or says why they do not go together.
func (l *live) stand(v settings.Values) (*holding, error) {
	s, err := overlay(l.file, v)
	if err != nil {
		return nil, err
	}
	open, err := hours(s.Centre)
	if err != nil {
		return nil, err
	}
	st := &holding{settings: s, hours: v.Apply(open)}
	st.rules, st.shortened, err = queueRules(s, st.hours)
	return st, err
}

func (l *live) judge(v settings.Values) error {
	_, err := l.stand(v)
	return err
}

// take makes values hold that judge has taken.
func (l *live) take(v settings.Values) {
	if st, err := l.stand(v); err == nil {
		st.rules = l.dress(st.rules)
		l.now.Store(st)
	}
}

// calendarFile is what the settings file says of the calendar.
func calendarFile(c configs.Centre) settings.CalendarFile {
	f := settings.CalendarFile{Week: settings.Week{Days: c.Week, BreakMinutes: c.BreakMinutes}, Days: map[dialer.Date]settings.Day{}}
	for _, date := range c.ClosedOn {
		if d, err := dialer.ParseDate(date); err == nil {
			f.Days[d] = settings.Day{State: settings.DayClosed}
		}
	}
	for date, span := range c.OpenOn {
		if d, err := dialer.ParseDate(date); err == nil {
			f.Days[d] = settings.Day{State: settings.DayOpen, Hours: span}
		}
	}
	for date, seats := range c.SeatsOn {
		if d, err := dialer.ParseDate(date); err == nil {
			day := f.Days[d]
			day.Seats = &seats
			if day.State == "" {
				day.State = settings.DayUsual
			}
			f.Days[d] = day
		}
	}
	return f
}

// newKeeper makes the settings that may be changed while calls are made.
func newKeeper(store settings.Store, l *live, now dialer.Clock) settings.Deps {
	return settings.Deps{
		Store: store, Settings: changeable(l.file), Judge: l.judge, Take: l.take, Now: now,
	}
}

// keepSettings reads what was changed in the panel, has it hold, and has it followed on every node.
func (a *app) keepSettings(ctx context.Context) error {
	d := newKeeper(a.ledger, a.live, a.watch.Now)
	d.Log = a.log
	d.Take = func(v settings.Values) {
		a.live.take(v)
		a.saysShortened()
		a.ledger.Rerank() // every node: who comes second finds nothing to do
		if a.engine != nil {
			a.engine.RulesChanged()
			a.engine.NameDesks(a.live.deskNames())
		}
		if a.hub != nil {
			a.hub.Show(dialer.Change{Type: dialer.ChangeSettings, At: a.watch.Now()})
		}
	}
	d.Tell = func() { a.fleet.Show(dialer.Change{Type: dialer.ChangeSettings, At: a.watch.Now()}) }
	d.Effects = a.effects
	a.keeper = settings.NewKeeper(d)
	return a.keeper.Load(ctx)
}

// saysShortened tells the log of waits that the rules' text in the panel has longer than they hold.
func (a *app) saysShortened() {
	for _, err := range a.live.now.Load().shortened {
		a.log.Warn("the rules that were set in the panel have a wait that is too long; the longest there may be holds instead: correct it under Settings", "err", err)
	}
}

// heedful is this node's board: what others say of settings is heard by the keeper, which shows it when it holds here.
type heedful struct {
	dialer.Board

	keeper *settings.Keeper
}

// Show implements dialer.Board.
func (h heedful) Show(c dialer.Change) {
	if c.Type == dialer.ChangeSettings {
		h.keeper.Heard()
		return
	}
	h.Board.Show(c)
}

// effects say what a change does to the work that goes on.
func (a *app) effects(ctx context.Context, before, after settings.Values) (out []settings.Words) {
	b, err := a.live.stand(before)
	if err != nil {
		return nil
	}
	n, err := a.live.stand(after)
	if err != nil {
		return nil
	}
	now := a.watch.Now()
	out = append(out, hoursEffects(b.hours, n.hours, now, len(a.fleet.Calls()))...)
	out = append(out, keepEffects(b.settings, n.settings)...)
	return append(out, a.rulesEffects(ctx, b, n)...)
}

// hoursEffects say what other hours do today and on days to come.
func hoursEffects(before, after dialer.Hours, now time.Time, talks int) (out []settings.Words) {
	say := func(ja, en string) { out = append(out, settings.Words{JA: ja, EN: en}) }
	next := dialer.InWords(after.NextOpen(now))
	switch was, is := before.Open(now), after.Open(now); {
	case was && !is && talks > 0:
		say(fmt.Sprintf("いま通話・呼出中が%d件あります。そのまま続けられ、結果も記録できます", talks),
			fmt.Sprintf("%d calls are going on now; they go on to their end, and their results can be recorded", talks))
		fallthrough
	case was && !is:
		say("新しい発信はすぐにできなくなります。次に発信できるのは"+next.JA+" からです", "no new call can be made at once; the next can be made from "+next.EN)
	case !was && is:
		say("すぐに発信できるようになります", "calls can be made at once")
	}
	today := dialer.DateOf(now)
	if before.WorkedMinutes(today) != after.WorkedMinutes(today) {
		say(fmt.Sprintf("本日の稼働は各席%d分から%d分になり、本日の件数の目安が変わります", before.WorkedMinutes(today), after.WorkedMinutes(today)),
			fmt.Sprintf("today has %d minutes of work at each desk instead of %d; today's share of the target changes", after.WorkedMinutes(today), before.WorkedMinutes(today)))
	}
	var shut, opened []dialer.Date
	for d, i := today.Next(), 0; i < daysAhead; d, i = d.Next(), i+1 {
		_, _, was := before.On(d)
		_, _, is := after.On(d)
		switch {
		case was && !is:
			shut = append(shut, d)
		case !was && is:
			opened = append(opened, d)
		}
	}
	if len(shut) > 0 {
		ja, en := someDays(shut)
		say(ja+"が閉庁になります。その日に予定していた再架電は、次の開設日の始めから出ます", en+" become closed; calls planned for them come from the beginning of the next open day")
	}
	if len(opened) > 0 {
		ja, en := someDays(opened)
		say(ja+"が開設になり、目標の見込みに加わります", en+" become open and are counted in the forecast")
	}
	return out
}

// daysAhead is how far it is looked which days a change opens or closes, and daysNamed how many of them are named.
const (
	daysAhead = 400
	daysNamed = 4
)

func someDays(days []dialer.Date) (ja, en string) {
	var js, es []string
	for _, d := range days[:min(len(days), daysNamed)] {
		js, es = append(js, fmt.Sprintf("%d月%d日", int(d.Month), d.Day)), append(es, d.String())
	}
	ja, en = strings.Join(js, "・"), strings.Join(es, ", ")
	if more := len(days) - daysNamed; more > 0 {
		ja, en = ja+fmt.Sprintf("ほか%d日", more), en+fmt.Sprintf(" and %d more", more)
	}
	return ja, en
}
