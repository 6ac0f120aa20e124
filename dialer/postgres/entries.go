package postgres

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// Record appends an entry to an attempt and moves its case, in one transaction. A later entry's promise replaces the
// earlier one's; a number the operator found to be wrong is spoiled. The same entry of the same person again is the same
// revision. When the database is away the entry waits in the spool, behind its attempt's end, and comes back without a
// revision.
func (l *Ledger) Record(ctx context.Context, r casework.Recorded) (casework.Recorded, error) {
	kept := r
	err := l.writeOrKeep(record{Result: &r}, func() error {
		// The attempt's own end may wait in the spool; replayed afterwards, it must not undo what is recorded now.
		if err := l.settle(ctx); err != nil {
			return err
		}
		return l.inTx(ctx, "record the result", func(ctx context.Context, q *db.Queries) (err error) {
			if err := l.enterDay(ctx, q); err != nil {
				return err
			}
			kept, err = l.putAndPassOn(ctx, q, r, true)
			return err
		})
	})
	if err != nil {
		return casework.Recorded{}, err
	}
	if kept.Revision > 0 {
		l.recorded(ctx, kept)
	}
	return kept, nil
}

// recorded does what is done of itself once an entry is committed.
func (l *Ledger) recorded(ctx context.Context, kept casework.Recorded) {
	if kept.Promise != nil || kept.Revision > 1 {
		l.judgeCase(ctx, kept.Case)
	}
	if kept.Next.State == dialer.CaseWaiting {
		l.rank(ctx, kept.Case)
	}
}

// putResult writes an entry in the transaction of q, unless it is there, and returns it as it was kept. Where it is bounded, one revision too many is refused.
func (l *Ledger) putResult(ctx context.Context, q *db.Queries, r casework.Recorded, bounded bool) (casework.Recorded, error) {
	a, err := q.LockAttempt(ctx, string(r.Attempt))
	if err != nil {
		return r, err
	}
	if r.Case != "" && string(r.Case) != a.CaseID {
		return r, fmt.Errorf("record the result: the attempt belongs to another case: %w", dialer.ErrNotFound)
	}
	r.Case = dialer.CaseID(a.CaseID)
	if again, err := l.knownEntry(ctx, q, r); err != nil || again != nil {
		return deref(again, r), err
	}
	revision, err := q.NextRevision(ctx, string(r.Attempt))
	if err != nil {
		return r, err
	}
	if r.Revision = int(revision); bounded && r.Revision > r.MostRevisions() {
		return r, casework.RefuseRevision(r.Decides)
	}
	if newer, err := l.newerEntry(ctx, q, r, bounded); err != nil {
		return r, err
	} else if newer != nil {
		return r, l.insertBefore(ctx, q, r, *newer, a)
	}
	if r.Next.State != "" {
		if r.Next, err = moveAfter(ctx, q, r, a); err != nil {
			return r, err
		}
	}
	if r.Revision > 1 && !spoils(r) {
		if err := l.rightAgain(ctx, q, r, a); err != nil {
			return r, err
		}
	}
	return r, l.insertEntry(ctx, q, r, a)
}

// newerEntry is the newest entry of an attempt if it was made after another one that comes out of a spool. Who records by hand has seen what there was.
func (l *Ledger) newerEntry(ctx context.Context, q *db.Queries, r casework.Recorded, byHand bool) (*casework.Recorded, error) {
	if byHand || r.Revision == 1 {
		return nil, nil //nolint:nilnil // there is none, and that is no mistake
	}
	newest, err := l.entriesOf(ctx, q, []string{string(r.Attempt)})
	if n := newest[string(r.Attempt)]; n != nil && n.At.After(r.At) {
		return n, err
	}
	return nil, err
}

// insertBefore keeps an entry that comes late, and has the newer one count as before: revisions count in the order in which they come, so it is said again. Neither
// moves the case, which the newer one has moved.
func (l *Ledger) insertBefore(ctx context.Context, q *db.Queries, r, newer casework.Recorded, a db.LockAttemptRow) error {
	if err := l.insertEntry(ctx, q, r, a); err != nil {
		return err
	}
	newer.Revision = r.Revision + 1
	return l.insertEntry(ctx, q, newer, a)
}

// moveAfter moves a case to where it stands after an entry, and says where that is. Nobody is called who is perhaps paid, unless a supervisor lifts that very hold.
func moveAfter(ctx context.Context, q *db.Queries, r casework.Recorded, a db.LockAttemptRow) (dialer.CaseNext, error) {
	after, err := placeAfter(ctx, q, r, a)
	if err != nil || !after.moves {
		return after.next, err
	}
	if err := moveCase(ctx, q, a.CaseID, after.next, r.At); err != nil || after.lifts {
		return after.next, err
	}
	held, err := holdThePaid(ctx, q, []string{a.CaseID}, r.At)
	if len(held) > 0 {
		after.next = dialer.CaseNext{State: dialer.CaseHeld, Cause: dialer.CausePaid, Why: casework.MaybePaid.JA, WhyEN: casework.MaybePaid.EN}
	}
	return after.next, err
}

func deref(r *casework.Recorded, otherwise casework.Recorded) casework.Recorded {
	if r == nil {
		return otherwise
	}
	return *r
}

// knownEntry finds the entry among those that are there: the very same, written before a crash or an answer that was lost, at
// any place; or one that says again what the newest says.
func (l *Ledger) knownEntry(ctx context.Context, q *db.Queries, r casework.Recorded) (*casework.Recorded, error) {
	revision, err := q.RevisionOf(ctx, db.RevisionOfParams{
		AttemptID: string(r.Attempt), ByUser: string(r.By), At: r.At, Party: string(r.Party), Business: textsOf(r.Business), Mine: r.Mine,
		CallAgainAt: r.CallAgain, Kind: string(r.Kind),
	})
	if err == nil {
		r.Revision = int(revision)
		return &r, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return nil, err
	}
	newest, err := l.entriesOf(ctx, q, []string{string(r.Attempt)})
	if err != nil {
		return nil, err
	}
	n := newest[string(r.Attempt)]
	if n == nil || n.By != r.By || !saysTheSame(n.Entry, r.Entry) {
		return nil, nil //nolint:nilnil // there is none, and that is no mistake
	}
	n.Case = r.Case
	return n, nil
}

// saysTheSame compares what the ledger kept of an entry with one that is about to be kept.
func saysTheSame(kept, e casework.Entry) bool {
	if (kept.CallAgain == nil) != (e.CallAgain == nil) ||
		kept.CallAgain != nil && !kept.CallAgain.Equal(e.CallAgain.Truncate(time.Microsecond)) {
		return false
	}
	kept.CallAgain, e.CallAgain, e.Note = nil, nil, plain(e.Note)
	// What these lead to is kept with what they led to, and is done again without harm.
	e.Details, e.DoNotCall = nil, false
	if len(kept.Business) == 0 && len(e.Business) == 0 {
		kept.Business, e.Business = nil, nil
	}
	return reflect.DeepEqual(kept, e)
}

// noNumberWhy is why a case is closed, or held unless it is its caller's alone, that has no number to call back, noListWhy why one whose caller is on no list: who has
// not asked for it is not called.
const (
	noNumberWhy   = "折り返せる番号がないため、架電しません"
	noNumberWhyEN = "there is no number to call back, so nobody is called"
	noListWhy     = "登録のない番号からの受電のため、こちらからは架電しません"
	noListWhyEN   = "the caller is on no list, so nobody is called"
)

// afterEntry is where a case stands after an entry, whether it is moved there, and whether that lifts a hold.
type afterEntry struct {
	next         dialer.CaseNext
	moves, lifts bool
}

// placeAfter says where the case stands after an entry: where the entry says, unless a later attempt of the case has decided
// since (saidSince). A case that waits for this very result, and for no other, is decided by it all the same.
func placeAfter(ctx context.Context, q *db.Queries, r casework.Recorded, a db.LockAttemptRow) (afterEntry, error) {
	place, err := q.LockCasePlace(ctx, a.CaseID)
	if errors.Is(err, pgx.ErrNoRows) {
		return afterEntry{next: r.Next}, nil
	}
	if err != nil {
		return afterEntry{}, err
	}
	others, err := q.OthersOfCase(ctx, a.StartedAt, string(r.Attempt), a.CaseID)
	if err != nil {
		return afterEntry{}, err
	}
	if r.Stays || others.Newer && (place.State != string(dialer.CaseResultDue) || others.Owing) && !saidSince(others, r.Next, place) {
		return afterEntry{next: standsAt(place)}, nil
	}
	if held, err := staysHeld(ctx, q, r, a, place); held != nil {
		return afterEntry{next: held.next}, err
	} else if err != nil {
		return afterEntry{}, err
	}
	if putOffBeyond(r, place) {
		return afterEntry{next: standsAt(place)}, nil
	}
	after := afterEntry{next: r.Next, moves: true, lifts: r.Decides && holdOf(place) != nil}
	if r.Next.State == dialer.CaseWaiting && r.Next.Cause == dialer.CauseEntry && place.Origin == originInbound {
		after.next = dialer.CaseNext{State: dialer.CaseClosed, Why: noListWhy, WhyEN: noListWhyEN}
		return after, nil
	}
	if r.Next.State == dialer.CaseWaiting && a.Direction == string(dialer.Inbound) {
		switch _, err := q.NextNumber(ctx, a.CaseID); {
		case errors.Is(err, pgx.ErrNoRows):
			after.next = dialer.CaseNext{State: dialer.CaseClosed, Why: noNumberWhy, WhyEN: noNumberWhyEN}
			if place.Origin != originInbound { // the ward's next list may bring a number, and a supervisor then releases it
				after.next.State, after.next.Cause = dialer.CaseHeld, dialer.CauseNumberless
			}
		case err != nil:
			return afterEntry{}, err
		}
	}
	return after, nil
}

// putOffBeyond reports whether a supervisor has put a case off for longer than a correction would, since the talk's first entry: what corrects that decides nothing of
// the order.
func putOffBeyond(r casework.Recorded, place db.LockCasePlaceRow) bool {
	return r.Revision > 1 && !r.Decides && r.Next.State == dialer.CaseWaiting && place.State == string(dialer.CaseWaiting) &&
		place.Cause == string(dialer.CauseSupervisor) && timeOf(place.Due).After(r.Next.Due)
}

// saidSince reports whether a talk decides though calls came after it. That they reached nobody takes back nothing of what was said in it: that nobody is to be called
// any more, or not before a date that was promised or asked for. Nor do they decide of a case that waits for what was said, which they have left as it was.
func saidSince(others db.OthersOfCaseRow, next dialer.CaseNext, place db.LockCasePlaceRow) bool {
	waits := place.State == string(dialer.CaseWaiting)
	switch {
	case others.NewerTalk:
		return false
	case next.State == dialer.CaseHeld:
		return true
	case !waits:
		return false
	case next.Cause == dialer.CausePromise || next.Cause == dialer.CauseAsked:
		return next.Due.After(timeOf(place.Due))
	}
	switch dialer.Cause(place.Cause) {
	case dialer.CausePromise, dialer.CauseAsked, dialer.CauseEntry:
		return true
	default:
		return false
	}
}

func (l *Ledger) insertEntry(ctx context.Context, q *db.Queries, r casework.Recorded, a db.LockAttemptRow) error {
	id, revision := string(r.Attempt), int32(r.Revision) //nolint:gosec // counted from 1
	err := q.InsertResult(ctx, db.InsertResultParams{
		AttemptID: id, Revision: revision, Party: string(r.Party), Business: textsOf(r.Business), CallAgainAt: r.CallAgain, Mine: r.Mine,
		ByUser: string(r.By), At: r.At, NextState: string(r.Next.State), NextDue: opt(r.Next.Due), NextWhy: plain(r.Next.Why),
		Kind: string(r.Kind), Language: plain(r.Language),
	})
	if err != nil {
		return err
	}
	if err := q.ReplacePromises(ctx, id); err != nil {
		return err
	}
	if err := recordPromise(ctx, q, id, revision, r.Promise); err != nil {
		return err
	}
	if r.Note != "" {
		if err := l.keepNote(ctx, q, id, revision, plain(r.Note)); err != nil {
			return err
		}
	}
	if !spoils(r) {
		return nil
	}
	return l.spoil(ctx, q, a.CaseID, a.NumberRef)
}

// spoils reports whether an entry says that the number that was called is useless.
func spoils(r casework.Recorded) bool {
	return r.Spoilt || slices.Contains(r.Business, casework.WrongNumber)
}

// keepNote keeps what was said, sealed.
func (l *Ledger) keepNote(ctx context.Context, q *db.Queries, id string, revision int32, note string) error {
	c, err := l.custody()
	if err != nil {
		return err
	}
	sealed, err := c.seal(note, aboutEntryNote(id, revision))
	if err != nil {
		return err
	}
	return q.InsertEntryNote(ctx, db.InsertEntryNoteParams{AttemptID: id, Revision: revision, Custody: c.day, Sealed: sealed})
}

func textsOf[T ~string](of []T) []string {
	out := make([]string, len(of))
	for i, text := range of {
		out[i] = string(text)
	}
	return out
}

func recordPromise(ctx context.Context, q *db.Queries, id string, revision int32, p *casework.Promise) error {
	if p == nil {
		return nil
	}
	err := q.InsertPromise(ctx, db.InsertPromiseParams{
		AttemptID: id, Revision: revision, Yen: p.Yen, DueOn: p.DueOn, Means: p.Means,
	})
	if err != nil {
		return err
	}
	for i, part := range p.Parts {
		err := q.InsertPromisePart(ctx, db.InsertPromisePartParams{
			AttemptID: id, Revision: revision, N: int32(i), //nolint:gosec // a handful
			Insurance: string(part.Insurance), Term: plain(part.Term), Yen: part.Yen,
		})
		if err != nil {
			return err
		}
	}
	return nil
}
