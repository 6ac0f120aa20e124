package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer"
	"kakeru/dialer/fleet"
	"kakeru/dialer/postgres/internal/db"
	"kakeru/dialer/vault"
)

// Reserve opens an attempt. Ends that wait in the spool are replayed first: an attempt that has ended in truth must not
// lock its case and number; if they cannot be, the answer is ErrLedgerDown rather than a wrong case_busy.
func (l *Ledger) Reserve(ctx context.Context, r dialer.Reservation) error {
	if err := l.settle(ctx); err != nil {
		return err
	}
	by := l.self().Life
	err := l.inTx(ctx, "reserve the attempt", func(ctx context.Context, q *db.Queries) error {
		if err := l.insertAttempt(ctx, q, r, by); err != nil {
			return err
		}
		return l.putLeg(ctx, q, r.ID, r.DeskLeg)
	})
	if again := l.repeated(ctx, r, err); again != nil {
		return again
	}
	l.tellCeiling(ctx, r.At, err)
	return err
}

func (l *Ledger) insertAttempt(ctx context.Context, q *db.Queries, r dialer.Reservation, by fleet.Life) error {
	if err := q.HoldAttempt(ctx, string(r.ID)); err != nil {
		return err
	}
	if err := mustWait(ctx, q, r); err != nil {
		return err
	}
	today := dialer.DateOf(r.At) // a call noted by hand has no desk: it was made, whatever was read
	if err := l.refuseClosedDay(ctx, q, r.At); err != nil {
		return err
	}
	now, err := q.MayReserve(ctx, db.MayReserveParams{
		NeedHistory: l.needHistory() && r.Desk != "", CaseID: string(r.Target.CaseID), ByUser: string(r.Operator), DayBegan: today.At(0),
		NumberRef: r.Target.NumberRef,
	})
	switch {
	case err != nil:
		return err
	case now.CallsUs:
		return dialer.ErrCallsUs
	case now.Unread:
		return dialer.Refuse(dialer.HistoryUnread)
	}
	if err := l.mayRing(ctx, q, r); err != nil {
		return err
	}
	mark := l.markOfAttempt(db.Attempt{
		ID: string(r.ID), Direction: string(dialer.Outbound), CaseRef: r.Target.CaseRef, NumberRef: r.Target.NumberRef, Sample: r.Target.Sample,
		Desk: string(r.Desk), Operator: string(r.Operator), StartedAt: r.At, Node: string(by.Node), NodeEpoch: by.Epoch,
	})
	n, err := q.InsertAttempt(ctx, db.InsertAttemptParams{
		ID: string(r.ID), CaseID: string(r.Target.CaseID), CaseRef: r.Target.CaseRef, NumberRef: r.Target.NumberRef,
		NumberKind: string(r.Target.Number.Kind()), Insurance: r.Target.Insurance, Language: r.Target.Language,
		BalanceBand: r.Target.BalanceBand, Sample: r.Target.Sample, Desk: string(r.Desk), Operator: string(r.Operator),
		Trunk: r.Trunk, OverrideReason: dialer.MaskDigits(plain(r.Override)), IdempotencyKey: plain(r.IdempotencyKey),
		StartedAt: r.At, Node: string(by.Node), NodeEpoch: by.Epoch, Mark: mark,
	})
	return fenced(n, err)
}

// repeated finds the first click's call for a reservation that was refused: with that call still open, the case and the
// number are busy too, and which index speaks first is not for us to choose.
func (l *Ledger) repeated(ctx context.Context, r dialer.Reservation, err error) error {
	var refusal *dialer.Refusal
	var f *failure
	unique := errors.As(err, &refusal) || errors.As(err, &f) && f.constraint == "attempts_click"
	if !unique || r.IdempotencyKey == "" {
		return nil
	}
	id, err := l.ByKey(ctx, r.Operator, r.IdempotencyKey)
	switch {
	case errors.Is(err, dialer.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	return &dialer.Repeated{ID: id}
}

// putLeg keeps what would end a leg; a leg that was never prepared has nothing.
func (l *Ledger) putLeg(ctx context.Context, q *db.Queries, id dialer.CallID, h dialer.LegHandle) error {
	if h.Leg == "" {
		return nil
	}
	c, err := l.custody()
	if err != nil {
		return err
	}
	row, err := legRow(c, id, h)
	if err != nil {
		return err
	}
	return q.PutLeg(ctx, row)
}

func legRow(c custody, id dialer.CallID, h dialer.LegHandle) (db.PutLegParams, error) {
	sealed, err := c.seal(string(h.Data), aboutLeg(string(id), string(h.Leg)))
	return db.PutLegParams{
		AttemptID: string(id), Leg: string(h.Leg), SipCallID: plain(h.SIPCallID), Custody: c.day, Handle: sealed,
	}, err
}

// Dialled commits that the customer's INVITE is about to be sent. An attempt that has ended is not dialled any more: that
// is an error, so that nobody is rung. Committing the same Call-ID again is none.
func (l *Ledger) Dialled(ctx context.Context, id dialer.CallID, at time.Time, customerLeg dialer.LegHandle) error {
	return l.inTx(ctx, "commit that the customer is dialled", func(ctx context.Context, q *db.Queries) error {
		if err := l.stillAllowed(ctx, q, id); err != nil {
			return err
		}
		n, err := q.MarkDialled(ctx, at, plain(customerLeg.SIPCallID), string(id))
		if err != nil {
			return err
		}
		if n == 0 {
			if err := dialledBefore(ctx, q, id, customerLeg); err != nil {
				return err
			}
		}
		return l.putLeg(ctx, q, id, customerLeg)
	})
}

func dialledBefore(ctx context.Context, q *db.Queries, id dialer.CallID, h dialer.LegHandle) error {
	a, err := q.AttemptState(ctx, string(id))
	if err != nil {
		return err
	}
	if a.State == "dialled" && a.SipCallID == plain(h.SIPCallID) {
		return nil
	}
	if a.State == "reserved" {
		return dialer.ErrFenced
	}
	return fmt.Errorf("the attempt is %s already", a.State)
}

// Note keeps evidence and handles of a running attempt. What comes after its end is dropped: the end brought everything,
// and a handle must not outlive it. A note whose answer was lost may be kept all the same; it is true, and may come again.
// When the database is away it goes to the spool: after a crash it is what ends the legs.
func (l *Ledger) Note(ctx context.Context, id dialer.CallID, p dialer.Progress) error {
	n := note{id, p}
	return l.writeOrKeep(record{Note: &n}, func() error {
		return l.query(ctx, "note progress", func(ctx context.Context, q *db.Queries) error { return l.putNote(ctx, q, n) })
	})
}

func (l *Ledger) putNote(ctx context.Context, q *db.Queries, p note) error {
	c, err := l.custody()
	if err != nil {
		return err
	}
	e := evidenceRows(p.ID, numbered(p.First, p.Evidence))
	n := db.NoteProgressParams{
		ID: string(p.ID), Ns: e.Ns, Ats: e.Ats, Legs: e.Legs, Events: e.Events, Statuses: e.Statuses, Reasons: e.Reasons, Causes: e.Causes,
		Custody: c.day, Noted: int32(p.First + len(p.Evidence)), //nolint:gosec // an attempt's evidence is counted in tens
	}
	for _, h := range p.Legs {
		if h.Leg != "" {
			leg, err := legRow(c, p.ID, h)
			if err != nil {
				return err
			}
			n.HandleLegs = append(n.HandleLegs, leg.Leg)
			n.SipCallIds = append(n.SipCallIds, leg.SipCallID)
			n.Handles = append(n.Handles, leg.Handle)
		}
	}
	if r := p.Recording; r != nil {
		if err := q.BeginRecording(ctx, plain(r.Ref), r.From, string(p.ID)); err != nil {
			return err
		}
	}
	_, err = q.NoteProgress(ctx, n)
	if errors.Is(err, pgx.ErrNoRows) { // it has ended, or there is no such attempt
		_, err = q.AttemptState(ctx, string(p.ID))
	}
	return err
}

// nth is a piece of evidence with its number in the attempt.
type nth struct {
	n int
	dialer.Evidence
}

func numbered(first int, evidence []dialer.Evidence) []nth {
	out := make([]nth, len(evidence))
	for i, e := range evidence {
		out[i] = nth{first + i, e}
	}
	return out
}

func addEvidence(ctx context.Context, q *db.Queries, id dialer.CallID, evidence []nth) error {
	if len(evidence) == 0 {
		return nil
	}
	return q.AddEvidence(ctx, evidenceRows(id, evidence))
}

// evidenceRows are the columns of evidence.
func evidenceRows(id dialer.CallID, evidence []nth) db.AddEvidenceParams {
	p := db.AddEvidenceParams{AttemptID: string(id)}
	for _, e := range evidence {
		p.Ns = append(p.Ns, int32(e.n)) //nolint:gosec // an attempt's evidence is counted in tens
		p.Ats = append(p.Ats, e.At)
		p.Legs = append(p.Legs, string(e.Leg))
		p.Events = append(p.Events, string(e.Event))
		p.Statuses = append(p.Statuses, int32(e.Status)) //nolint:gosec // three digits (RFC 3261 §7.2)
		// The phone has masked it already; what stays for ever is checked twice.
		p.Reasons = append(p.Reasons, dialer.MaskDigits(plain(e.Reason)))
		p.Causes = append(p.Causes, int32(e.Cause)) //nolint:gosec // 1 to 127 (Q.850)
	}
	return p
}

// Open lists the attempts that earlier lives of this node left open, and those that are no node's, oldest first; for a ledger
// that joined no fleet, all of them. An attempt whose end waits in the spool is not open.
func (l *Ledger) Open(ctx context.Context) ([]dialer.OpenAttempt, error) {
	return l.open(ctx, l.self().Life, true)
}

// open lists what lives of a node before an epoch left open. What nobody here has begun is no call: it is ended, and not among them.
func (l *Ledger) open(ctx context.Context, before fleet.Life, ownerless bool) ([]dialer.OpenAttempt, error) {
	if err := l.settle(ctx); err != nil {
		return nil, err
	}
	var open []dialer.OpenAttempt
	err := l.query(ctx, "list the open attempts", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.OpenAttempts(ctx, string(before.Node), before.Epoch, ownerless)
		if err != nil {
			return err
		}
		var ours []db.OpenAttemptsRow
		var ids []string
		for _, r := range rows {
			if !l.begunHere(r.Attempt) {
				err = errors.Join(err, l.endIfForeign(ctx, r.Attempt.ID))
				continue
			}
			ours, ids = append(ours, r), append(ids, r.Attempt.ID)
		}
		if err != nil || len(ours) == 0 {
			return err
		}
		open, err = l.openOf(ctx, q, ours, ids)
		return err
	})
	return open, err
}

// openOf adds their evidence and legs to open attempts.
func (l *Ledger) openOf(ctx context.Context, q *db.Queries, rows []db.OpenAttemptsRow, ids []string) (open []dialer.OpenAttempt, err error) {
	evidence, err := evidenceOf(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	legs, err := l.legsOf(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		a := r.Attempt
		open = append(open, dialer.OpenAttempt{
			ID: dialer.CallID(a.ID), Direction: dialer.Direction(a.Direction), Dialable: r.Dialable, Unlisted: r.Unlisted,
			CaseID: dialer.CaseID(a.CaseID), Desk: dialer.DeskID(a.Desk),
			StartedAt: a.StartedAt, DialledAt: timeOf(a.DialledAt), Trunk: a.Trunk, Evidence: evidence[a.ID], Legs: legs[a.ID],
		})
	}
	return open, nil
}

func evidenceOf(ctx context.Context, q *db.Queries, ids []string) (map[string][]dialer.Evidence, error) {
	rows, err := q.EvidenceOf(ctx, ids)
	out := map[string][]dialer.Evidence{}
	for _, r := range rows {
		out[r.AttemptID] = append(out[r.AttemptID], evidenceFrom(r))
	}
	return out, err
}

func evidenceFrom(r db.AttemptEvidence) dialer.Evidence {
	return dialer.Evidence{
		At: r.At, Leg: dialer.LegName(r.Leg), Event: dialer.EvidenceEvent(r.Event), Status: int(r.Status),
		Reason: r.Reason, Cause: int(r.Cause),
	}
}

func (l *Ledger) legsOf(ctx context.Context, q *db.Queries, ids []string) (map[string][]dialer.LegHandle, error) {
	rows, err := q.LegsOf(ctx, ids)
	out := map[string][]dialer.LegHandle{}
	for _, r := range rows {
		data, err := l.unseal(r.Custody, r.Handle, aboutLeg(r.AttemptID, r.Leg))
		if errors.Is(err, vault.ErrAltered) { // it was put there: its call ends all the same
			l.log.Error("where a leg of a call went was altered in the database; it is not hung up", "call", r.AttemptID, "leg", r.Leg)
			continue
		}
		if err != nil {
			return nil, err
		}
		h := dialer.LegHandle{Leg: dialer.LegName(r.Leg), SIPCallID: r.SipCallID, Data: []byte(data)}
		out[r.AttemptID] = append(out[r.AttemptID], h)
	}
	return out, err
}

// ResultsDue lists answered attempts whose business result is owed, the newest of each desk.
func (l *Ledger) ResultsDue(ctx context.Context) ([]dialer.ResultDue, error) {
	if err := l.settle(ctx); err != nil {
		return nil, err
	}
	var due []dialer.ResultDue
	err := l.query(ctx, "list the results owed", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.ResultsDue(ctx)
		for _, r := range rows {
			due = append(due, dialer.ResultDue{
				ID: dialer.CallID(r.ID), CaseID: dialer.CaseID(r.CaseID), Desk: dialer.DeskID(r.Desk), Operator: dialer.UserID(r.Operator),
			})
		}
		return err
	})
	return due, err
}

// Tries lists the dialled attempts at a number since an instant, oldest first, the open one included.
func (l *Ledger) Tries(ctx context.Context, numberRef string, since time.Time) ([]dialer.Try, error) {
	if err := l.settle(ctx); err != nil {
		return nil, err
	}
	var tries []dialer.Try
	err := l.query(ctx, "list the tries at a number", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.Tries(ctx, numberRef, since)
		for _, r := range rows {
			t := dialer.Try{
				At: r.TriedAt, Result: dialer.Result(r.Result), Party: r.Party, MayHaveRung: r.MayHaveRung, CalledUs: r.CalledUs,
			}
			if r.AskedFor.Unix() != 0 {
				t.AskedFor = r.AskedFor
			}
			tries = append(tries, t)
		}
		return err
	})
	return tries, err
}

// ByKey finds an operator's attempt by its idempotency key.
func (l *Ledger) ByKey(ctx context.Context, operator dialer.UserID, key string) (dialer.CallID, error) {
	if key == "" {
		return "", fmt.Errorf("find a click: %w", dialer.ErrNotFound)
	}
	var id string
	err := l.query(ctx, "find a click", func(ctx context.Context, q *db.Queries) (err error) {
		id, err = q.AttemptByKey(ctx, string(operator), plain(key))
		return err
	})
	return dialer.CallID(id), err
}
