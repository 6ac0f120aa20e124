package main

import (
	"context"

	"kakeru/dialer/alarm"
	"kakeru/dialer/report"
)

// alarms watches for what only time shows.
func (a *app) alarms() *alarm.Watch {
	s := a.settings.Alerts
	return alarm.NewWatch(alarm.Deps{
		Hours: a.live.hours, Calls: a.fleet.Calls, Desks: a.fleet.Desks, Pace: a.paceOfToday, Store: a.ledger, Presences: a.ledger, Tell: a.alertAll,
		Limits: alarm.Limits{LongTalk: s.LongTalk, Absent: s.SVAbsent, Break: s.SVBreak, Behind: s.Behind, BehindCalls: s.BehindCalls},
		Now:    a.watch.Now, Log: a.log,
	})
}

// paceOfToday is how today stands against its share of the month's target.
func (a *app) paceOfToday(ctx context.Context) (alarm.Pace, error) {
	p, err := a.targets.Progress(ctx, report.Current(report.OfMonth, a.watch.Now()))
	return alarm.Pace{Done: p.Today.Attempts, Plan: p.Today.Target}, err
}
