package main

import (
	"context"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/postgres"
	"kakeru/dialer/report"
)

// reports makes the ward's reports by the settings' definitions.
type reports struct {
	*postgres.Ledger
	hours dialer.Hours
	desks []dialer.DeskID
	now   dialer.Clock
}

func newReports(l *postgres.Ledger, s configs.Settings, hours dialer.Hours, now dialer.Clock) reports {
	r := reports{Ledger: l, hours: hours, now: now}
	for _, d := range desksOf(s.SIP) {
		r.desks = append(r.desks, d.ID)
	}
	return r
}

// options are the definitions as they are now.
func (r reports) options(ctx context.Context) (report.Options, error) {
	users, err := r.Users(ctx)
	if err != nil {
		return report.Options{}, err
	}
	called := make(map[dialer.UserID]string, len(users))
	for _, u := range users {
		called[u.ID] = u.Name
	}
	return report.Options{
		Now: r.now(), Hours: r.hours, Desks: r.desks, Named: func(id dialer.UserID) string { return called[id] },
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
	return report.Behind(ctx, r.Ledger, report.Options{Now: r.now(), Hours: r.hours, Desks: r.desks}, p, w)
}

// Issue implements webui.Reports.
func (r reports) Issue(ctx context.Context, p report.Period, by dialer.UserID, reason string) (report.Issued, error) {
	o, err := r.options(ctx)
	if err != nil {
		return report.Issued{}, err
	}
	return report.Issuer{Ledger: r.Ledger, Store: r.Ledger}.Issue(ctx, o, p, by, reason)
}
