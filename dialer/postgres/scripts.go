package postgres

import (
	"context"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

var _ casework.ScriptStore = (*Ledger)(nil)

// DraftScript keeps a page as the next version of its key and language.
func (l *Ledger) DraftScript(ctx context.Context, p casework.ScriptPage) (casework.ScriptPage, error) {
	p.ID, p.State = dialer.NewID(p.At), casework.Drafted
	situations := make([]string, len(p.Situations))
	for i, s := range p.Situations {
		situations[i] = string(s)
	}
	err := l.inTx(ctx, "draft a page", func(ctx context.Context, q *db.Queries) error {
		if err := roomForDraft(ctx, q); err != nil {
			return err
		}
		version, err := q.InsertScript(ctx, db.InsertScriptParams{
			ID: p.ID, Key: p.Key, Language: p.Language, Title: plain(p.Title), Body: plain(p.Body), Situations: situations,
			ByUser: string(p.By), At: p.At,
		})
		p.Version = int(version)
		return err
	})
	if err != nil {
		return casework.ScriptPage{}, err
	}
	l.log.Info("a page was drafted", "page", p.Key, "language", p.Language, "version", p.Version, "by", p.By)
	return p, nil
}

// roomForDraft refuses a draft when as many wait for the ward as it will ever read: each version stays, and all are listed.
func roomForDraft(ctx context.Context, q *db.Queries) error {
	if err := q.HoldDrafts(ctx); err != nil {
		return err
	}
	n, err := q.CountDrafts(ctx)
	if err == nil && n >= casework.MostDrafts {
		return casework.RefuseDraft()
	}
	return err
}

// DecideScript approves or withdraws a version.
func (l *Ledger) DecideScript(
	ctx context.Context, id string, to casework.ScriptState, by dialer.UserID, at time.Time,
) (p casework.ScriptPage, err error) {
	err = l.inTx(ctx, "decide on a page", func(ctx context.Context, q *db.Queries) error {
		if err := q.HoldScript(ctx, id); err != nil {
			return err
		}
		row, err := q.ScriptVersion(ctx, id)
		if err != nil {
			return err
		}
		p = scriptFrom(row)
		if !p.State.Leads(to) {
			return casework.RefuseScript()
		}
		p.State, p.DecidedBy, p.DecidedAt, p.WasApproved = to, by, at, p.WasApproved || to == casework.Approved
		return q.InsertScriptDecision(ctx, db.InsertScriptDecisionParams{PageID: id, State: string(to), ByUser: string(by), At: at})
	})
	if err != nil {
		return casework.ScriptPage{}, err
	}
	l.log.Info("the ward decided on a page", "page", p.Key, "language", p.Language, "version", p.Version, "state", to, "by", by)
	return p, nil
}

// Scripts lists every version, by key and language, the newest first.
func (l *Ledger) Scripts(ctx context.Context) ([]casework.ScriptPage, error) {
	return l.scripts(ctx, "list the pages", (*db.Queries).ScriptVersions)
}

// ScriptsApproved lists of each page and language the newest version that the ward ever approved, which is all that may be in force.
func (l *Ledger) ScriptsApproved(ctx context.Context) ([]casework.ScriptPage, error) {
	return l.scripts(ctx, "list the pages in force", (*db.Queries).ScriptsApproved)
}

func (l *Ledger) scripts(
	ctx context.Context, op string, ask func(*db.Queries, context.Context) ([]db.ScriptVersion, error),
) (pages []casework.ScriptPage, err error) {
	err = l.read(ctx, op, func(ctx context.Context, q *db.Queries) error {
		rows, err := ask(q, ctx)
		for _, r := range rows {
			pages = append(pages, scriptFrom(r))
		}
		return err
	})
	return pages, err
}

func scriptFrom(r db.ScriptVersion) casework.ScriptPage {
	p := casework.ScriptPage{
		ID: r.ID, Key: r.Key, Language: r.Language, Version: int(r.Version), Title: r.Title, Body: r.Body, By: dialer.UserID(r.ByUser),
		At: r.At, State: casework.ScriptState(r.State), WasApproved: r.WasApproved, DecidedBy: dialer.UserID(r.DecidedBy),
	}
	if r.DecidedBy != "" {
		p.DecidedAt = r.DecidedAt
	}
	for _, s := range r.Situations {
		p.Situations = append(p.Situations, casework.ScriptSituation(s))
	}
	return p
}
