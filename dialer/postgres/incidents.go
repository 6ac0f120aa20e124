package postgres

import (
	"context"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/audit/incident"
	"kakeru/dialer/postgres/internal/db"
)

var _ incident.Store = (*Ledger)(nil)

// KeepIncident implements incident.Store.
func (l *Ledger) KeepIncident(ctx context.Context, i incident.Incident) (id int64, err error) {
	id = i.ID
	var kept int64
	err = l.inTx(ctx, "keep an incident", func(ctx context.Context, q *db.Queries) error {
		if id == 0 {
			if id, err = q.NextIncident(ctx); err != nil {
				return err
			}
		}
		who := []string{}
		for _, w := range i.Who {
			who = append(who, string(w))
		}
		kept, err = q.KeepIncident(ctx, db.KeepIncidentParams{
			ID: id, Revision: int32(i.Revision), At: i.At, ByUser: string(i.By), //nolint:gosec // one more than there are
			Kind: string(i.Kind), FoundAt: i.FoundAt, FromAt: i.From, UntilAt: i.Until,
			Who: who, Malice: i.Malice, What: plain(i.What), Cause: plain(i.Cause), Done: plain(i.Done), Future: plain(i.Future),
		})
		return err
	})
	if err == nil && kept == 0 {
		err = incident.ErrMoved
	}
	return id, err
}

// TakeStep implements incident.Store.
func (l *Ledger) TakeStep(ctx context.Context, id int64, s incident.Step) error {
	var taken int64
	err := l.query(ctx, "take a step", func(ctx context.Context, q *db.Queries) (err error) {
		taken, err = q.TakeStep(ctx, db.TakeStepParams{ID: id, Act: string(s.Act), At: s.At, ByUser: string(s.By), Note: plain(s.Note)})
		return err
	})
	if err == nil && taken == 0 {
		err = incident.ErrTaken
	}
	return err
}

// Incident implements incident.Store.
func (l *Ledger) Incident(ctx context.Context, id int64) (f incident.File, err error) {
	err = l.read(ctx, "read an incident", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.IncidentRevisions(ctx, id)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return dialer.ErrNotFound
		}
		for _, r := range rows {
			f.Revisions = append(f.Revisions, incidentOf(r))
		}
		steps, err := q.IncidentSteps(ctx, id)
		for _, s := range steps {
			f.Steps = append(f.Steps, incident.Step{Act: incident.Act(s.Act), At: s.At, By: dialer.UserID(s.ByUser), Note: s.Note})
		}
		return err
	})
	return f, err
}

// Incidents implements incident.Store.
func (l *Ledger) Incidents(ctx context.Context, p incident.Page) (lines []incident.Line, err error) {
	err = l.read(ctx, "list incidents", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.IncidentLines(ctx, p.Below, p.Closed, most(p.Most))
		if err != nil {
			return err
		}
		at, ids := map[int64]int{}, []int64{}
		for n, r := range rows {
			at[r.ID], ids = n, append(ids, r.ID)
			lines = append(lines, incident.Line{Incident: incidentOf(db.Incident{
				ID: r.ID, Revision: r.Revision, At: r.At, ByUser: r.ByUser, Kind: r.Kind, FoundAt: r.FoundAt, FromAt: r.FromAt, UntilAt: r.UntilAt, Malice: r.Malice,
			})})
		}
		steps, err := q.StepsOfIncidents(ctx, ids)
		for _, s := range steps {
			of := &lines[at[s.ID]]
			of.Steps = append(of.Steps, incident.Step{Act: incident.Act(s.Act), At: s.At, By: dialer.UserID(s.ByUser)})
		}
		return err
	})
	return lines, err
}

// incidentOf reads a revision. Its times had no lower bound once, and none is ever changed: what cannot be shown is brought near enough that all the others can.
func incidentOf(r db.Incident) incident.Incident {
	i := incident.Incident{
		ID: r.ID, Revision: int(r.Revision), At: r.At, By: dialer.UserID(r.ByUser), Kind: incident.Kind(r.Kind), FoundAt: dialer.Plausible(r.FoundAt),
		From: dialer.Plausible(r.FromAt), Until: dialer.Plausible(r.UntilAt), Malice: r.Malice, What: r.What, Cause: r.Cause, Done: r.Done, Future: r.Future,
	}
	for _, w := range r.Who {
		i.Who = append(i.Who, dialer.UserID(w))
	}
	return i
}

// shows are the actions by which persons are seen.
var shows = []audit.Action{audit.CaseRead, audit.Listed, audit.Searched, audit.DebtShown, audit.Listened, audit.ReportRead, audit.Exported, audit.ListTaken, audit.Printed}

// Reach implements incident.Store.
func (l *Ledger) Reach(ctx context.Context, i incident.Incident) (r incident.Reach, err error) {
	p := db.IncidentReachParams{FromAt: i.From, ListsFrom: i.From.Add(-audit.ListStands), UntilAt: i.Until, Who: []string{}}
	for _, w := range i.Who {
		p.Who = append(p.Who, string(w))
	}
	for _, a := range shows {
		p.Actions = append(p.Actions, string(a))
	}
	err = l.read(ctx, "count an incident's reach", func(ctx context.Context, q *db.Queries) error {
		n, err := q.IncidentReach(ctx, p)
		r = incident.Reach{Persons: int(n.Persons), Entries: int(n.Entries), Files: int(n.Files), Held: int(n.Held)}
		return err
	})
	return r, err
}
