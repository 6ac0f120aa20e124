package webui

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/audit/incident"
	"kakeru/dialer/casework"
	"kakeru/dialer/report"
)

// Waiting is what waits for the ward, in one look: of hand-offs the kind and the day, of everything else the names of our own things. No debtor.
type Waiting struct {
	Handoffs  []Handoff         `json:"handoffs" nullable:"false" doc:"what is open, by the day it is due"`
	More      bool              `json:"more" doc:"there are more hand-offs"`
	Incidents []WaitingIncident `json:"incidents" nullable:"false" doc:"those that are not closed, newest first"`

	MoreIncidents bool `json:"more_incidents" doc:"there are more incidents"`

	Reports []WaitingReport  `json:"reports" nullable:"false" doc:"issued within two weeks, newest first"`
	Minutes []WaitingMinutes `json:"minutes" nullable:"false" doc:"written, and not yet signed for the ward"`
	Scripts []WaitingScript  `json:"scripts" nullable:"false" doc:"drafts that nobody approved"`
	Targets []WaitingTarget  `json:"targets" nullable:"false" doc:"those that will fail as things stand"`
	Notices []WaitingNotice  `json:"notices" nullable:"false" doc:"what the contractor told of targets within two weeks"`
}

// WaitingIncident is an incident that is not closed, with the next of its clocks.
type WaitingIncident struct {
	ID       int64             `json:"id"`
	Kind     incident.Kind     `json:"kind"`
	FoundAt  time.Time         `json:"found_at"`
	Received bool              `json:"received" doc:"the ward said that it has received it"`
	Next     *IncidentDeadline `json:"next" doc:"null: every clock has stopped"`
}

// WaitingReport is a report that was issued.
type WaitingReport struct {
	Kind     report.Kind `json:"kind"`
	Period   string      `json:"period"`
	Revision int         `json:"revision"`
	At       time.Time   `json:"at"`
}

// WaitingMinutes are the newest minutes of a month.
type WaitingMinutes struct {
	Month    string    `json:"month"`
	Revision int       `json:"revision"`
	At       time.Time `json:"at"`
}

// WaitingScript is a drafted page.
type WaitingScript struct {
	ID       string    `json:"id"`
	Title    string    `json:"title"`
	Language string    `json:"language"`
	Version  int       `json:"version"`
	At       time.Time `json:"at"`
}

// WaitingTarget is a target that will fail as things stand.
type WaitingTarget struct {
	Measure  report.Measure `json:"measure"`
	Kind     report.Kind    `json:"kind" doc:"month or year"`
	Period   string         `json:"period"`
	Target   int            `json:"target"`
	Forecast int            `json:"forecast" doc:"the middle one"`
}

// WaitingNotice is what the contractor told of a target.
type WaitingNotice struct {
	ID int64     `json:"id"`
	At time.Time `json:"at"`
}

const (
	handoffsWaiting  = 50
	incidentsWaiting = 50
	waitingFor       = 14 * 24 * time.Hour // how long what went out is told as new
	daysReported     = 7
	monthsBack       = 2
)

type waitingOutput struct{ Body Waiting }

func (s *Server) waitingRoutes() {
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/waiting", OperationID: "waiting", Summary: "What waits for the ward"}, s.waiting)
}

func (s *Server) waiting(ctx context.Context, _ *struct{}) (*waitingOutput, error) {
	out := &waitingOutput{}
	for _, gather := range []func(context.Context, *Waiting) error{
		s.waitingHandoffs, s.waitingIncidents, s.waitingReports, s.waitingMinutes, s.waitingScripts, s.waitingTargets,
	} {
		if err := gather(ctx, &out.Body); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Server) waitingHandoffs(ctx context.Context, w *Waiting) error {
	w.Handoffs = []Handoff{}
	list, _, err := s.d.Handoffs.Handoffs(ctx, casework.HandoffFilter{Limit: handoffsWaiting + 1}) // what waits comes first
	for _, h := range list {
		switch {
		case h.State != casework.HandoffOpen && h.State != casework.HandoffAcknowledged:
		case len(w.Handoffs) == handoffsWaiting:
			w.More = true
		default:
			seen := s.dressHandoff(h, dialer.RoleWard)
			seen.AttemptID = ""
			w.Handoffs = append(w.Handoffs, seen)
		}
	}
	return err
}

func (s *Server) waitingIncidents(ctx context.Context, w *Waiting) error {
	w.Incidents = []WaitingIncident{}
	open, err := s.d.Incidents.Incidents(ctx, incident.Page{Most: incidentsWaiting + 1})
	w.MoreIncidents = len(open) > incidentsWaiting
	for _, i := range open[:min(len(open), incidentsWaiting)] {
		one := WaitingIncident{ID: i.ID, Kind: i.Kind, FoundAt: i.FoundAt, Received: i.Taken(incident.WardAck)}
		for _, d := range s.clocksOf(i) {
			if !d.Met && (one.Next == nil || d.Due.Before(one.Next.Due)) {
				one.Next = &d
			}
		}
		w.Incidents = append(w.Incidents, one)
	}
	return err
}

func (s *Server) waitingReports(ctx context.Context, w *Waiting) error {
	w.Reports = []WaitingReport{}
	now := s.d.Now()
	since := now.Add(-waitingFor)
	ask := func(kind report.Kind, period string) error {
		issued, err := s.d.Reports.IssuedOf(ctx, kind, period)
		if err == nil && len(issued) > 0 && issued[len(issued)-1].At.After(since) {
			newest := issued[len(issued)-1]
			w.Reports = append(w.Reports, WaitingReport{Kind: kind, Period: period, Revision: newest.Revision, At: newest.At})
		}
		return err
	}
	day := dialer.DateOf(now)
	for range daysReported {
		if err := ask(report.OfDay, day.String()); err != nil {
			return err
		}
		day = dialer.DateOf(day.At(0).Add(-time.Hour))
	}
	for _, month := range monthsUntil(now) {
		for _, kind := range []report.Kind{report.OfMonth, report.OfPack} {
			if err := ask(kind, month); err != nil {
				return err
			}
		}
	}
	slices.SortStableFunc(w.Reports, func(a, b WaitingReport) int { return b.At.Compare(a.At) })
	return nil
}

// monthsUntil are this month and those before it, the newest first.
func monthsUntil(now time.Time) []string {
	now = now.In(dialer.Tokyo)
	var out []string
	for n := range monthsBack + 1 {
		out = append(out, time.Date(now.Year(), now.Month()-time.Month(n), 1, 0, 0, 0, 0, dialer.Tokyo).Format("2006-01"))
	}
	return out
}

func (s *Server) waitingMinutes(ctx context.Context, w *Waiting) error {
	w.Minutes = []WaitingMinutes{}
	for _, month := range monthsUntil(s.d.Now()) {
		kept, err := s.d.Minutes.MinutesOf(ctx, month, report.NoRevision)
		if err != nil {
			return err
		}
		if len(kept) == 0 {
			continue
		}
		newest := kept[len(kept)-1]
		if !slices.ContainsFunc(newest.Signed, func(by report.Signature) bool { return by.Side == report.SideWard }) {
			w.Minutes = append(w.Minutes, WaitingMinutes{Month: month, Revision: newest.Revision, At: newest.At})
		}
	}
	return nil
}

func (s *Server) waitingScripts(ctx context.Context, w *Waiting) error {
	w.Scripts = []WaitingScript{}
	pages, err := s.d.Scripts.Scripts(ctx)
	seen := map[[2]string]bool{} // the newest version of each comes first: an older draft is left behind
	for _, p := range pages {
		key := [2]string{p.Key, p.Language}
		if !seen[key] && p.State == casework.Drafted {
			w.Scripts = append(w.Scripts, WaitingScript{ID: p.ID, Title: p.Title, Language: p.Language, Version: p.Version, At: p.At})
		}
		seen[key] = true
	}
	return err
}

func (s *Server) waitingTargets(ctx context.Context, w *Waiting) error {
	w.Targets, w.Notices = []WaitingTarget{}, []WaitingNotice{}
	now := s.d.Now()
	standings, err := s.d.Targets.Standings(ctx, monthOf(now))
	if err != nil {
		return err
	}
	for _, t := range standings {
		if t.FailedOn != "" {
			w.Targets = append(w.Targets, WaitingTarget{Measure: t.Measure, Kind: t.Kind, Period: t.Period, Target: t.Target, Forecast: t.Forecast.Mid})
		}
	}
	notices, err := s.d.Targets.Notices(ctx, noticesShown)
	for _, k := range notices {
		if k.At.After(now.Add(-waitingFor)) {
			w.Notices = append(w.Notices, WaitingNotice{ID: k.ID, At: k.At})
		}
	}
	return err
}
