package main

import (
	"context"
	"log/slog"
	"time"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/casework/dayclose"
	"kakeru/dialer/postgres"
	"kakeru/dialer/report"
)

// reports makes the ward's reports by the settings' definitions.
type reports struct {
	*postgres.Ledger
	hours  dialer.Calendar
	centre configs.Centre
	desks  []dialer.DeskID
	now    dialer.Clock
	// clockWrong says why now is not believed: then nothing is issued. Nil where nothing ever is.
	clockWrong func() *dialer.Refusal
	head       configs.Report
}

func newReports(l *postgres.Ledger, s configs.Settings, hours dialer.Calendar, now dialer.Clock) reports {
	r := reports{Ledger: l, hours: hours, now: now, head: s.Report, centre: s.Centre}
	for _, d := range desksOf(s.SIP) {
		r.desks = append(r.desks, d.ID)
	}
	return r
}

// reportsEvery is how often it is looked which reports are due.
const reportsEvery = time.Minute

func (a *app) reports() reports {
	r := newReports(a.ledger, a.settings, a.live.hours, a.watch.Now)
	r.clockWrong = a.watch.Refusal
	return r
}

// options are the definitions as they are now.
func (r reports) options(ctx context.Context) (report.Options, error) {
	users, err := r.Users(ctx)
	if err != nil {
		return report.Options{}, err
	}
	closed, err := r.closed(ctx)
	if err != nil {
		return report.Options{}, err
	}
	contract, err := contractOf(r.centre)
	if err != nil {
		return report.Options{}, err
	}
	words, err := r.TargetWords(ctx)
	if err != nil {
		return report.Options{}, err
	}
	called := make(map[dialer.UserID]string, len(users))
	for _, u := range users {
		called[u.ID] = u.Name
	}
	return report.Options{
		Now: r.now(), Hours: r.hours(), Closed: closed, Desks: r.desks, MachinesApart: r.head.MachinesApart,
		Contract: contract, Words: words, Definition: r.centre.Definition, Named: func(id dialer.UserID) string { return called[id] },
	}, nil
}

// Make implements webui.Reports.
func (r reports) Make(ctx context.Context, p report.Period) (report.Report, error) {
	o, err := r.options(ctx)
	if err != nil {
		return report.Report{}, err
	}
	return report.Make(ctx, r.Ledger, o, p)
}

// Behind implements webui.Reports.
func (r reports) Behind(ctx context.Context, p report.Period, w report.Where) ([]report.Ref, error) {
	o, err := r.options(ctx)
	if err != nil {
		return nil, err
	}
	return report.Behind(ctx, r.Ledger, o, p, w)
}

// Issue implements webui.Reports.
func (r reports) Issue(ctx context.Context, p report.Period, by dialer.UserID, reason string) (report.Issued, error) {
	if no := r.clockWrong(); no != nil { // asked before the options are, whose time may be set right in between
		return report.Issued{}, no
	}
	o, err := r.options(ctx)
	if err != nil {
		return report.Issued{}, err
	}
	return r.issuer().Issue(ctx, o, p, by, reason)
}

func (r reports) issuer() report.Issuer { return report.Issuer{Ledger: r.Ledger, Store: r.Ledger} }

// keeper issues what is due by itself.
func (r reports) keeper(log *slog.Logger) *report.Keeper {
	return &report.Keeper{Issuer: r.issuer(), Options: r.options, ClockWrong: r.clockWrong, Log: log}
}

// closed is the newest day that was closed; zero for none.
func (r reports) closed(ctx context.Context) (dialer.Date, error) {
	newest, err := r.Closes(ctx, 1)
	if err != nil || len(newest) == 0 || newest[0].Step != dayclose.Closed {
		return dialer.Date{}, err
	}
	return newest[0].Day, nil
}
