package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
	"kakeru/dialer/vault"
)

var _ casework.HandoffStore = (*Ledger)(nil)

// sealMatter seals a text of a hand-off under the matter's own key. No text is no octets.
func (l *Ledger) sealMatter(id string, n int32, text string) ([]byte, error) {
	if text == "" {
		return []byte{}, nil
	}
	return l.vault.Seal(vault.Matter(id), []byte(text), aboutHandoff(id, n))
}

// unsealMatter reads it again; gone when the matter's key was destroyed.
func (l *Ledger) unsealMatter(id string, n int32, sealed []byte) (text string, gone bool, err error) {
	if len(sealed) == 0 {
		return "", false, nil
	}
	b, err := l.vault.Unseal(vault.Matter(id), sealed, aboutHandoff(id, n))
	if errors.Is(err, vault.ErrDestroyed) {
		return "", true, nil
	}
	return string(b), false, err
}

// aboutHandoff binds what is sealed to its place: 0 is whom the hand-off is about, n its nth event's text.
func aboutHandoff(id string, n int32) []byte { return fmt.Appendf(nil, "handoff %s %d", id, n) }

// pass is a hand-off that is about to be made.
type pass struct {
	of        dialer.CaseID
	attempt   dialer.CallID // empty for none
	numberRef string        // that was called
	kind      casework.HandoffKind
	text      string
	by        dialer.UserID
	at        time.Time
}

// passOn makes a hand-off in the transaction of q. made is empty when there is one of the attempt and the kind already.
func (l *Ledger) passOn(ctx context.Context, q *db.Queries, p pass) (made string, err error) {
	id := dialer.NewID(p.at)
	about, err := l.aboutWhom(ctx, q, p)
	if err != nil {
		return "", err
	}
	sealed, err := l.sealMatter(id, 0, about)
	if err != nil {
		return "", err
	}
	var attempt pgtype.UUID
	if p.attempt != "" {
		if err := attempt.Scan(string(p.attempt)); err != nil {
			return "", err
		}
	}
	n, err := q.InsertHandoff(ctx, db.InsertHandoffParams{
		ID: id, CaseID: string(p.of), AttemptID: attempt, Kind: string(p.kind), ByUser: string(p.by), At: p.at,
		DueOn: p.kind.DueOn(p.at, l.hours()).String(), Sealed: sealed,
	})
	if err != nil {
		return "", err
	}
	if n == 0 {
		return "", l.vault.Destroy(vault.Matter(id)) // nothing was sealed with it that is kept
	}
	return id, l.addEvent(ctx, q, id, casework.HandoffEvent{
		Act: casework.HandoffPass, To: casework.HandoffOpen, By: p.by, At: p.at, Text: p.text,
	})
}

// aboutWhom is what the ward needs to act on a hand-off once the day's own data is gone.
func (l *Ledger) aboutWhom(ctx context.Context, q *db.Queries, p pass) (string, error) {
	cases, err := l.loadCases(ctx, q, []string{string(p.of)})
	if err != nil {
		return "", err
	}
	c := cases[string(p.of)]
	if c == nil {
		return "", pgx.ErrNoRows
	}
	about := casework.HandoffAbout{WardNumber: c.WardNumber, Name: c.Person.Name}
	for _, f := range c.Phones {
		if p.numberRef != "" && l.refs.Number(f.Number) == p.numberRef {
			about.Number = f.Number
		}
	}
	b, err := json.Marshal(about)
	return string(b), err
}

// addEvent appends what was done, and has the hand-off stand where it leads.
func (l *Ledger) addEvent(ctx context.Context, q *db.Queries, id string, e casework.HandoffEvent) error {
	n, err := q.NextHandoffEvent(ctx, id)
	if err != nil {
		return err
	}
	sealed, err := l.sealMatter(id, n, plain(e.Text))
	if err != nil {
		return err
	}
	if err := q.AddHandoffEvent(ctx, db.AddHandoffEventParams{
		HandoffID: id, N: n, Act: string(e.Act), FromState: string(e.From), ToState: string(e.To), ByUser: string(e.By), At: e.At, Sealed: sealed,
	}); err != nil || e.From == e.To {
		return err
	}
	return q.MoveHandoff(ctx, string(e.To), e.At, id)
}

// PassOn makes a hand-off by hand.
func (l *Ledger) PassOn(
	ctx context.Context, of dialer.CaseID, kind casework.HandoffKind, text string, by dialer.UserID,
) (h casework.Handoff, err error) {
	err = l.inTx(ctx, "pass a matter on", func(ctx context.Context, q *db.Queries) error {
		if err := l.enterDay(ctx, q); err != nil {
			return err
		}
		id, err := l.passOn(ctx, q, pass{of: of, kind: kind, text: text, by: by, at: l.now()})
		if err != nil {
			return err
		}
		h, err = l.handoff(ctx, q, id)
		return err
	})
	return h, err
}

// MoveHandoff carries out what a person does. Returning is the day's close's alone (ReturnHandoff).
func (l *Ledger) MoveHandoff(ctx context.Context, m casework.HandoffMove) (h casework.Handoff, err error) {
	err = l.inTx(ctx, "move a hand-off", func(ctx context.Context, q *db.Queries) error {
		// A close that is under way has its file of answers already.
		if err := l.enterDay(ctx, q); err != nil {
			return err
		}
		state, err := q.LockHandoff(ctx, m.ID)
		if err != nil {
			return err
		}
		from := casework.HandoffState(state)
		to, known, may := from.After(m.Act, m.Role)
		if h, err = l.handoff(ctx, q, m.ID); err != nil {
			return err
		}
		if m.Role == dialer.RoleOperator && h.By != m.By {
			may = false // others' are theirs
		}
		if !known || !may {
			return refuseMove(known)
		}
		if !m.Act.Ends() && len(h.Events) >= casework.MostHandoffEvents {
			return casework.RefuseFullHandoff()
		}
		if err := l.addEvent(ctx, q, m.ID, casework.HandoffEvent{Act: m.Act, From: from, To: to, By: m.By, At: l.now(), Text: m.Text}); err != nil {
			return err
		}
		h, err = l.handoff(ctx, q, m.ID)
		return err
	})
	return h, err
}

func refuseMove(known bool) error {
	if !known {
		return &dialer.Refusal{
			Rule: "handoff_moved", JA: "この引継ぎはいまその操作ができる状態ではありません。画面を更新してください",
			EN: "the hand-off does not stand where that can be done; reload it",
		}
	}
	return &dialer.Refusal{
		Rule: "handoff_not_yours", JA: "この操作は相手方の役目です", EN: "that is for the other side to do",
	}
}

// Handoff returns one whole, and keeps that it was read.
func (l *Ledger) Handoff(
	ctx context.Context, id string, by dialer.UserID, may func(casework.Handoff) bool,
) (h casework.Handoff, err error) {
	err = l.inTx(ctx, "read a hand-off", func(ctx context.Context, q *db.Queries) error {
		if h, err = l.handoff(ctx, q, id); err != nil {
			return err
		}
		if !may(h) {
			return pgx.ErrNoRows
		}
		return q.AddHandoffRead(ctx, id, string(by), l.now())
	})
	if err != nil {
		return casework.Handoff{}, err
	}
	return h, nil
}

// handoff reads one whole in the transaction of q.
func (l *Ledger) handoff(ctx context.Context, q *db.Queries, id string) (h casework.Handoff, err error) {
	r, err := q.HandoffByID(ctx, id)
	if err != nil {
		return h, err
	}
	h, err = handoffFrom(db.HandoffsAfterRow{
		ID: r.ID, CaseID: r.CaseID, CaseRef: r.CaseRef, AttemptID: r.AttemptID, Kind: r.Kind, State: r.State, ByUser: r.ByUser, At: r.At,
		DueOn: r.DueOn, MovedAt: r.MovedAt,
	})
	if err != nil {
		return h, err
	}
	about, gone, err := l.unsealMatter(id, 0, r.Sealed)
	if err != nil {
		return h, err
	}
	if h.Gone = gone; !gone {
		if err := json.Unmarshal([]byte(about), &h.About); err != nil {
			return h, err
		}
	}
	events, err := q.HandoffEvents(ctx, id)
	if err != nil {
		return h, err
	}
	for _, e := range events {
		text, _, err := l.unsealMatter(id, e.N, e.Sealed)
		if err != nil {
			return h, err
		}
		h.Events = append(h.Events, casework.HandoffEvent{
			Act: casework.HandoffAct(e.Act), From: casework.HandoffState(e.FromState), To: casework.HandoffState(e.ToState),
			By: dialer.UserID(e.ByUser), At: e.At, Text: text,
		})
	}
	return h, nil
}

func handoffFrom(r db.HandoffsAfterRow) (casework.Handoff, error) {
	due, err := dialer.ParseDate(r.DueOn)
	return casework.Handoff{
		ID: r.ID, Case: dialer.CaseID(r.CaseID), CaseRef: r.CaseRef, Attempt: dialer.CallID(r.AttemptID), Kind: casework.HandoffKind(r.Kind),
		State: casework.HandoffState(r.State), By: dialer.UserID(r.ByUser), At: r.At, DueOn: due, Moved: r.MovedAt,
	}, err
}

// reportNumber passes on, by rule, what the network said of a number that is not the debtor's any more (§12(2)①): it was
// changed, cannot be one, or was unallocated for the second time.
func (l *Ledger) reportNumber(ctx context.Context, q *db.Queries, e dialer.AttemptEnd) error {
	switch e.Verdict.Result {
	case dialer.NumberChanged, dialer.BadNumber, dialer.Unallocated:
	default:
		return nil
	}
	a, err := q.LockAttempt(ctx, string(e.ID))
	if err != nil || a.Direction != string(dialer.Outbound) {
		return err
	}
	if e.Verdict.Result == dialer.Unallocated {
		if n, err := q.CountResult(ctx, a.NumberRef, string(dialer.Unallocated)); err != nil || n < 2 {
			return err
		}
	}
	_, err = l.passOn(ctx, q, pass{
		of: dialer.CaseID(a.CaseID), attempt: e.ID, numberRef: a.NumberRef, kind: casework.HandDiscrepancy, text: e.Verdict.Why, at: e.EndedAt,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil // of no case: there is nobody to report
	}
	return err
}
