package postgres

import (
	"context"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// findings counts what a staged list brings and no longer brings, by kind.
func findings(ctx context.Context, q *db.Queries, in *intake, repeated int32) (found []casework.Finding, missing int32, err error) {
	id := in.list.ID
	of := map[casework.FindingKind]casework.Finding{casework.SamePerson: {Cases: int(repeated)}}
	changes, err := q.CountChanges(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	for _, c := range changes {
		of[casework.FindingKind(c.Change)] = casework.Finding{Cases: int(c.N)}
	}
	gone, err := q.CountGone(ctx, in.list.Sample, id)
	if err != nil {
		return nil, 0, err
	}
	for kind, n := range map[casework.FindingKind]int32{
		casework.GonePaid: gone.Paid, casework.GonePromised: gone.Promised, casework.GoneOwing: gone.Owing, casework.GoneBefore: gone.Before,
	} {
		of[kind] = casework.Finding{Cases: int(n)}
	}
	numbers, err := q.CountSameNumber(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	of[casework.SameNumber] = casework.Finding{Cases: int(numbers.Cases), Groups: int(numbers.Groups)}
	households, err := q.CountHouseholds(ctx, id)
	of[casework.SameHousehold] = casework.Finding{Cases: int(households.Cases), Groups: int(households.Groups)}
	return casework.Findings(of), gone.Missing, err
}

// FoundCases lists the cases of one kind of finding while the list is staged.
func (l *Ledger) FoundCases(
	ctx context.Context, list string, kind casework.FindingKind, from, limit int,
) (found []casework.FoundCase, err error) {
	skip, most := int32(max(from, 0)), int32(min(max(limit, 1), 500)) //nolint:gosec // bounded: no list has 2^31 rows
	err = l.read(ctx, "list what a list brings", func(ctx context.Context, q *db.Queries) error {
		row, err := q.ListByID(ctx, list)
		if err != nil {
			return err
		}
		if row.State != "staged" {
			return dialer.ErrNotFound
		}
		found, err = foundCases(ctx, q, row, pageOf{kind, skip, most})
		return err
	})
	return found, err
}

// pageOf is a page of the cases of one kind.
type pageOf struct {
	kind       casework.FindingKind
	skip, most int32
}

func foundCases(ctx context.Context, q *db.Queries, list db.List, p pageOf) (found []casework.FoundCase, err error) {
	switch p.kind {
	case casework.GonePaid, casework.GonePromised, casework.GoneOwing, casework.GoneBefore:
		ids, err := q.GoneCases(ctx, db.GoneCasesParams{Sample: list.Sample, ListID: list.ID, Sort: string(p.kind), Skip: p.skip, Most: p.most})
		for _, id := range ids {
			found = append(found, casework.FoundCase{Case: dialer.CaseID(id), Changes: []casework.FindingKind{p.kind}})
		}
		return found, err
	case casework.SameNumber:
		rows, err := q.SharedNumbers(ctx, list.ID, p.skip, p.most)
		for _, r := range rows {
			found = append(found, foundCase(r.FirstLine, r.CaseID, r.Verdict, r.Changes, r.Place))
		}
		return found, err
	case casework.SameHousehold:
		rows, err := q.SharedHouseholds(ctx, list.ID, p.skip, p.most)
		for _, r := range rows {
			found = append(found, foundCase(r.FirstLine, r.CaseID, r.Verdict, r.Changes, r.Place))
		}
		return found, err
	default:
		rows, err := q.ChangedCases(ctx, db.ChangedCasesParams{ListID: list.ID, Change: string(p.kind), Skip: p.skip, Most: p.most})
		for _, r := range rows {
			found = append(found, foundCase(r.FirstLine, r.CaseID, r.Verdict, r.Changes, 0))
		}
		return found, err
	}
}

func foundCase(line int32, id, verdict string, changes []string, group int32) casework.FoundCase {
	f := casework.FoundCase{Line: int(line), Changes: make([]casework.FindingKind, len(changes)), Group: int(group)}
	for i, c := range changes {
		f.Changes[i] = casework.FindingKind(c)
	}
	if verdict != "new" { // a new one has an id already, but is no case before it is applied
		f.Case = dialer.CaseID(id)
	}
	return f
}

// markGone marks the cases that the list has no more, and takes the mark from those that are back.
func (a *application) markGone(ctx context.Context) error {
	if err := a.q.MarkBack(ctx, a.list.ID); err != nil {
		return err
	}
	return a.q.MarkGone(ctx, a.at, a.list.Sample, a.list.ID)
}

// Kin lists the cases that share a number with one, or address and surname.
func (l *Ledger) Kin(ctx context.Context, id dialer.CaseID) (kin []casework.Kin, err error) {
	err = l.query(ctx, "find a case's kin", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.KinOf(ctx, string(id))
		for _, r := range rows {
			kin = append(kin, casework.Kin{Case: dialer.CaseID(r.CaseID), SameNumber: r.Number, Household: r.Household})
		}
		return err
	})
	return kin, err
}
