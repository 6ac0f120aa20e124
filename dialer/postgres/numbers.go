package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/casework/dayclose"
	"kakeru/dialer/postgres/internal/db"
	"kakeru/dialer/vault"
)

var _ casework.NumberStore = (*Ledger)(nil)

// EnterNumber keeps a number that was typed in from a document, and puts it among the numbers of its case.
func (l *Ledger) EnterNumber(ctx context.Context, n casework.EnteredNumber) (casework.EnteredNumber, error) {
	if n.ID == "" {
		n.ID = dialer.NewID(n.At)
	}
	c, err := l.custody()
	if err != nil {
		return casework.EnteredNumber{}, err
	}
	err = l.inTx(ctx, "enter a number", func(ctx context.Context, q *db.Queries) error {
		if err := l.enterDay(ctx, q); err != nil {
			return err
		}
		if err := q.HoldPersonsNumbers(ctx, n.CaseRef); err != nil {
			return err
		}
		stands, err := q.StandsEntered(ctx, n.CaseRef, n.NumberRef, dialer.DateOf(n.At).At(0))
		if err == nil && stands {
			err = casework.RefuseNumber(casework.NumberEntered)
		}
		if err != nil {
			return err
		}
		ranked, err := joinCase(ctx, q, c, &n)
		if err == nil && n.Case != "" {
			err = l.provedWrong(ctx, q, &n)
		}
		if err != nil {
			return err
		}
		return keepNumber(ctx, q, c, n, ranked)
	})
	if err != nil {
		return casework.EnteredNumber{}, err
	}
	l.log.Info("a number was entered", "number", n.ID, "source", n.Source, "seen", n.Seen, "by", n.By)
	return n, nil
}

// provedWrong has a number that proved to be wrong for its case stay unusable there, and says so.
func (l *Ledger) provedWrong(ctx context.Context, q *db.Queries, n *casework.EnteredNumber) error {
	id := idOfNumber(string(n.Case), n.NumberRef)
	wrong, err := l.wrong(ctx, q, []string{id})
	if err != nil || !wrong[id] {
		return err
	}
	n.Seen = casework.NumberWrong
	return q.SpoilNumber(ctx, string(n.Case), n.NumberRef)
}

// joinCase finds the number's case, says what was known of the number, and puts it among the case's when it is new there.
// ranked is where it came; nil when it did not.
func joinCase(ctx context.Context, q *db.Queries, c custody, n *casework.EnteredNumber) (ranked *int32, err error) {
	n.Case, n.Seen = "", casework.NumberNew
	elsewhere, err := q.NumberElsewhere(ctx, n.NumberRef, n.CaseRef)
	if err != nil {
		return nil, err
	}
	if elsewhere {
		n.Seen = casework.NumberElsewhere
	}
	ids, err := q.LockCaseByRef(ctx, n.CaseRef)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	n.Case = dialer.CaseID(ids[0])
	has, err := q.NumberAtCase(ctx, ids[0], n.NumberRef)
	if err != nil || has {
		n.Seen = casework.NumberAtCase
		return nil, err
	}
	rank, err := q.LastRank(ctx, ids[0])
	if err != nil {
		return nil, err
	}
	if rank >= casework.MostNumbers {
		return nil, casework.RefuseNumber(casework.NumberMany)
	}
	if rank++; n.First {
		rank = 1
		if err := q.MoveRanks(ctx, 1, ids[0], rank); err != nil {
			return nil, err
		}
	}
	sealed, lastFour, err := c.phone(n.Number, n.NumberRef, n.CaseRef)
	if err != nil {
		return nil, err
	}
	return &rank, q.AddPhone(ctx, db.AddPhoneParams{
		CaseID: ids[0], Rank: rank, Kind: string(n.Kind), NumberRef: n.NumberRef, Custody: c.day, Sealed: sealed, LastFour: lastFour,
	})
}

func keepNumber(ctx context.Context, q *db.Queries, c custody, n casework.EnteredNumber, ranked *int32) error {
	err := q.InsertEnteredNumber(ctx, db.InsertEnteredNumberParams{
		ID: n.ID, At: n.At, ByUser: string(n.By), CaseRef: n.CaseRef, NumberRef: n.NumberRef, Kind: string(n.Kind), Mended: n.Mended,
		Source: n.Source, DocumentOn: n.DocumentOn, First: n.First, CaseID: string(n.Case), Seen: string(n.Seen), Ranked: ranked,
	})
	if err != nil {
		return err
	}
	whose, err := json.Marshal(whoseNumber{n.WardNumber, n.Number})
	if err != nil {
		return err
	}
	sealed, err := c.seal(string(whose), aboutEntered(n.ID))
	if err != nil {
		return err
	}
	return q.InsertWhoseNumber(ctx, n.ID, c.day, sealed)
}

// whoseNumber is what is sealed of a number that was entered.
type whoseNumber struct {
	WardNumber string        `json:"w"`
	Number     dialer.Number `json:"n"`
}

func aboutEntered(id string) string { return "number entered " + id }

// TakeNumberBack appends that a number was entered by mistake.
func (l *Ledger) TakeNumberBack(ctx context.Context, id string, by dialer.UserID, anybodys bool, at time.Time) error {
	return l.inTx(ctx, "take a number back", func(ctx context.Context, q *db.Queries) error {
		if err := l.enterDay(ctx, q); err != nil {
			return err
		}
		if err := q.HoldEnteredNumber(ctx, id); err != nil {
			return err
		}
		n, err := q.EnteredNumber(ctx, id)
		switch {
		case err != nil:
			return err
		case n.ByUser != string(by) && !anybodys:
			return dialer.ErrNotFound
		case n.TakenBack:
			return nil
		}
		if went, err := l.numberWent(ctx, q, id); err != nil || went {
			return orElse(err, casework.RefuseNumber(casework.NumberReturned))
		}
		if _, err := q.TakeNumberBack(ctx, id, at, string(by)); err != nil || n.Ranked == nil {
			return err
		}
		// That it proved to be wrong stays said: the ward's next list may bring it again.
		ranks, err := q.RemovePhone(ctx, n.CaseID, n.NumberRef)
		for _, rank := range ranks {
			if err == nil {
				err = q.MoveRanks(ctx, -1, n.CaseID, rank)
			}
		}
		return err
	})
}

// EnteredNumbers lists what a person entered since an instant, newest first.
func (l *Ledger) EnteredNumbers(ctx context.Context, by dialer.UserID, since time.Time, limit int) ([]casework.EnteredNumber, error) {
	return l.enteredNumbers(ctx, "list numbers entered", func(ctx context.Context, q *db.Queries) ([]db.EnteredNumber, error) {
		return q.EnteredNumbers(ctx, string(by), since, most(limit))
	})
}

// NumbersOfReturn is a page of the numbers that go with a close, after one of them; empty for the first.
func (l *Ledger) NumbersOfReturn(ctx context.Context, c dayclose.Close, after string, limit int) ([]casework.EnteredNumber, error) {
	return l.enteredNumbers(ctx, "list numbers to return", func(ctx context.Context, q *db.Queries) ([]db.EnteredNumber, error) {
		return q.NumbersOfReturn(ctx, c.ID, cmp.Or(after, firstID), most(limit))
	})
}

// CountNumbersOfReturn is how many numbers go with a close, and how many that were not taken back go with none that counts.
func (l *Ledger) CountNumbersOfReturn(ctx context.Context, c dayclose.Close) (taken, left int, err error) {
	ctx, cancel := bounded(ctx, longPatience)
	defer cancel()
	err = l.read(ctx, "count the numbers that go back", func(ctx context.Context, q *db.Queries) error {
		ours, err := l.ourCloses(ctx, q)
		if err != nil {
			return err
		}
		n, err := q.CountNumbersOfReturn(ctx, c.ID, ours)
		taken, left = int(n.Taken), int(n.Remaining)
		return err
	})
	return taken, left, err
}

// numberWent reports whether a number went back with a close of ours.
func (l *Ledger) numberWent(ctx context.Context, q *db.Queries, id string) (bool, error) {
	closes, err := q.NumberWentWith(ctx, id)
	for _, with := range closes {
		row, err := q.CloseByID(ctx, with)
		if err != nil {
			return false, err
		}
		if !l.closeOf(row).Foreign {
			return true, nil
		}
	}
	return false, err
}

func most(limit int) int32 { return int32(min(max(limit, 0), 100_000)) } //nolint:gosec // bounded here

func (l *Ledger) enteredNumbers(
	ctx context.Context, op string, find func(context.Context, *db.Queries) ([]db.EnteredNumber, error),
) (out []casework.EnteredNumber, err error) {
	err = l.read(ctx, op, func(ctx context.Context, q *db.Queries) error {
		rows, err := find(ctx, q)
		for _, r := range rows {
			text, err := l.unseal(r.Custody, r.Sealed, aboutEntered(r.ID))
			if err != nil {
				return err
			}
			var whose whoseNumber
			if text != "" && json.Unmarshal([]byte(text), &whose) != nil {
				return vault.ErrAltered
			}
			out = append(out, casework.EnteredNumber{
				ID: r.ID, At: r.At, By: dialer.UserID(r.ByUser), WardNumber: whose.WardNumber, CaseRef: r.CaseRef,
				Number: whose.Number, NumberRef: r.NumberRef, Kind: dialer.NumberKind(r.Kind), Mended: r.Mended, Source: r.Source,
				DocumentOn: r.DocumentOn, First: r.First, Case: dialer.CaseID(r.CaseID), Seen: casework.NumberSeen(r.Seen), TakenBack: r.TakenBack,
			})
		}
		return err
	})
	return out, err
}

// NumberCounts counts what was entered in [from, to), by day and person.
func (l *Ledger) NumberCounts(ctx context.Context, from, to time.Time) (out []casework.NumberCount, err error) {
	err = l.read(ctx, "count numbers entered", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.CountEnteredNumbers(ctx, from, to)
		for _, r := range rows {
			out = append(out, casework.NumberCount{Day: r.Day, By: dialer.UserID(r.ByUser), N: int(r.N)})
		}
		return err
	})
	return out, err
}
