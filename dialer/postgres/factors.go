package postgres

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
)

// DescribeSession implements dialer.SessionBook.
func (l *Ledger) DescribeSession(ctx context.Context, token string, about dialer.SessionInfo) error {
	return l.query(ctx, "describe a session", func(ctx context.Context, q *db.Queries) error {
		return q.DescribeSession(ctx, db.DescribeSessionParams{
			TokenHash: hashed(token), UserID: string(about.User), CreatedAt: about.CreatedAt,
			Address: plain(about.Address), Agent: plain(about.Agent), Half: about.Half,
		})
	})
}

// SessionsOf implements dialer.SessionBook.
func (l *Ledger) SessionsOf(ctx context.Context, user dialer.UserID) (list []dialer.SessionInfo, err error) {
	err = l.query(ctx, "list sessions", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.SessionsOf(ctx, l.now(), string(user))
		for _, r := range rows {
			list = append(list, dialer.SessionInfo{
				ID: hex.EncodeToString(r.TokenHash), User: dialer.UserID(r.UserID), CreatedAt: r.CreatedAt, SeenAt: r.SeenAt, Address: r.Address, Agent: r.Agent,
			})
		}
		return err
	})
	return list, err
}

// EndSession implements dialer.SessionBook.
func (l *Ledger) EndSession(ctx context.Context, id string, user dialer.UserID) error {
	hash, err := hex.DecodeString(id)
	if err != nil {
		return dialer.ErrNotFound
	}
	return l.met(ctx, "end a session", func(ctx context.Context, q *db.Queries) (int64, error) {
		return q.EndSessionOf(ctx, hash, string(user))
	})
}

// met runs a statement that must meet a row.
func (l *Ledger) met(ctx context.Context, what string, do func(context.Context, *db.Queries) (int64, error)) error {
	return l.query(ctx, what, func(ctx context.Context, q *db.Queries) error {
		n, err := do(ctx, q)
		if err == nil && n == 0 {
			return dialer.ErrNotFound
		}
		return err
	})
}

// EndSessionsOf implements dialer.SessionBook.
func (l *Ledger) EndSessionsOf(ctx context.Context, user dialer.UserID, but string) error {
	return l.query(ctx, "end a person's sessions", func(ctx context.Context, q *db.Queries) error {
		return q.EndSessionsOf(ctx, string(user), hashed(but))
	})
}

// KeepNewest implements dialer.SessionBook.
func (l *Ledger) KeepNewest(ctx context.Context, user dialer.UserID, most int) error {
	return l.query(ctx, "end old sessions", func(ctx context.Context, q *db.Queries) error {
		return q.EndOldSessions(ctx, string(user), l.now(), int32(most)) //nolint:gosec // a few
	})
}

// LiveSessions implements dialer.SessionBook.
func (l *Ledger) LiveSessions(ctx context.Context, ids []string) (live []string, err error) {
	err = l.query(ctx, "ask which sessions live", func(ctx context.Context, q *db.Queries) error {
		hashes, err := q.LiveSessions(ctx, unhexed(ids), l.now())
		for _, h := range hashes {
			live = append(live, hex.EncodeToString(h))
		}
		return err
	})
	return live, err
}

// SeenSessions implements dialer.SessionBook.
func (l *Ledger) SeenSessions(ctx context.Context, ids []string) error {
	return l.query(ctx, "note the use of sessions", func(ctx context.Context, q *db.Queries) error {
		return q.SeenSessions(ctx, l.now(), unhexed(ids))
	})
}

func unhexed(ids []string) [][]byte {
	hashes := make([][]byte, 0, len(ids))
	for _, id := range ids {
		if h, err := hex.DecodeString(id); err == nil {
			hashes = append(hashes, h)
		}
	}
	return hashes
}

// SecondFactors implements dialer.Factors.
func (l *Ledger) SecondFactors(ctx context.Context, user dialer.UserID) (f dialer.SecondFactors, err error) {
	err = l.query(ctx, "find second factors", func(ctx context.Context, q *db.Queries) error {
		f, err = factorsOf(ctx, q, user)
		return err
	})
	return f, err
}

func factorsOf(ctx context.Context, q *db.Queries, user dialer.UserID) (f dialer.SecondFactors, err error) {
	totp, err := q.TOTP(ctx, string(user))
	switch {
	case err == nil:
		f.TOTP, f.LastStep = totp.Sealed, totp.LastStep
	case !errors.Is(classify("", err), dialer.ErrNotFound):
		return f, err
	}
	codes, err := q.CountRecoveryCodes(ctx, string(user))
	if err != nil {
		return f, err
	}
	f.Codes = int(codes)
	rows, err := q.Passkeys(ctx, string(user))
	for _, r := range rows {
		p := dialer.Passkey{ID: r.ID, Name: r.Name, Credential: r.Credential, CreatedAt: r.CreatedAt}
		if r.UsedAt != nil {
			p.UsedAt = *r.UsedAt
		}
		f.Passkeys = append(f.Passkeys, p)
	}
	return f, err
}

// withFactors runs do on a person's factors with the person's row locked: whatever changes them stands in line there. Who
// is left without a factor is left without recovery codes too.
func (l *Ledger) withFactors(ctx context.Context, what string, user dialer.UserID, do func(context.Context, *db.Queries, dialer.SecondFactors) error) error {
	return l.inTx(ctx, what, func(ctx context.Context, q *db.Queries) error {
		row, err := q.UserToChange(ctx, string(user))
		if err != nil {
			return err
		}
		now, err := factorsOf(ctx, q, user)
		if err != nil {
			return err
		}
		if err := do(ctx, q, now); err != nil {
			return err
		}
		at := l.changeAfter(row.ChangedAt)
		if l.markedRight(row) { // else it stays as nobody's
			row.ChangedAt = at
			if err := q.TouchUser(ctx, at, l.markOf(row), string(user)); err != nil {
				return err
			}
		}
		l.remember(ctx, changeOf(string(user), at))
		if left, err := factorsOf(ctx, q, user); err != nil || left.Any() {
			return err
		}
		return q.DeleteRecoveryCodes(ctx, string(user))
	})
}

// seen runs do if the factors are those that were seen.
func seen(by dialer.SecondFactors, do func(context.Context, *db.Queries) (int64, error)) func(context.Context, *db.Queries, dialer.SecondFactors) error {
	return func(ctx context.Context, q *db.Queries, now dialer.SecondFactors) error {
		if !now.Same(by) {
			return dialer.ErrFactorsMoved
		}
		n, err := do(ctx, q)
		if err == nil && n == 0 {
			return dialer.ErrNotFound
		}
		return err
	}
}

// FactorHolders implements dialer.Factors.
func (l *Ledger) FactorHolders(ctx context.Context) (holders []dialer.UserID, err error) {
	err = l.query(ctx, "list who has a second factor", func(ctx context.Context, q *db.Queries) error {
		ids, err := q.FactorHolders(ctx)
		for _, id := range ids {
			holders = append(holders, dialer.UserID(id))
		}
		return err
	})
	return holders, err
}

// PutTOTP implements dialer.Factors.
func (l *Ledger) PutTOTP(ctx context.Context, user dialer.UserID, by dialer.SecondFactors, sealed []byte, step int64) error {
	return l.withFactors(ctx, "write one-time passwords", user, seen(by, func(ctx context.Context, q *db.Queries) (int64, error) {
		return 1, q.PutTOTP(ctx, string(user), sealed, step)
	}))
}

// TakeCodeStep implements dialer.Factors.
func (l *Ledger) TakeCodeStep(ctx context.Context, user dialer.UserID, step int64) (fresh bool, err error) {
	err = l.query(ctx, "take a one-time password", func(ctx context.Context, q *db.Queries) error {
		n, err := q.TakeTOTPStep(ctx, step, string(user))
		fresh = n > 0
		return err
	})
	return fresh, err
}

// RemoveTOTP implements dialer.Factors.
func (l *Ledger) RemoveTOTP(ctx context.Context, user dialer.UserID, by dialer.SecondFactors) error {
	return l.withFactors(ctx, "remove one-time passwords", user, seen(by, func(ctx context.Context, q *db.Queries) (int64, error) {
		return 1, q.DeleteTOTP(ctx, string(user))
	}))
}

// PutRecoveryCodes implements dialer.Factors.
func (l *Ledger) PutRecoveryCodes(ctx context.Context, user dialer.UserID, hashes [][]byte) error {
	return l.withFactors(ctx, "write recovery codes", user, func(ctx context.Context, q *db.Queries, now dialer.SecondFactors) error {
		if !now.Any() {
			return dialer.ErrNotFound
		}
		if err := q.DeleteRecoveryCodes(ctx, string(user)); err != nil {
			return err
		}
		return q.PutRecoveryCodes(ctx, string(user), hashes)
	})
}

// TakeRecoveryCode implements dialer.Factors.
func (l *Ledger) TakeRecoveryCode(ctx context.Context, user dialer.UserID, hash []byte) (taken bool, err error) {
	err = l.query(ctx, "take a recovery code", func(ctx context.Context, q *db.Queries) error {
		n, err := q.TakeRecoveryCode(ctx, string(user), hash)
		taken = n > 0
		return err
	})
	return taken, err
}

// TakeAnswer implements dialer.Factors.
func (l *Ledger) TakeAnswer(ctx context.Context, answer string, until time.Time) (fresh bool, err error) {
	err = l.query(ctx, "take an answer", func(ctx context.Context, q *db.Queries) error {
		n, err := q.TakeAnswer(ctx, hashed(answer), until)
		fresh = n > 0
		return err
	})
	return fresh, err
}

// PutPasskey implements dialer.Factors.
func (l *Ledger) PutPasskey(ctx context.Context, user dialer.UserID, by dialer.SecondFactors, p dialer.Passkey) error {
	row := db.PutPasskeyParams{ID: p.ID, UserID: string(user), Name: plain(p.Name), Credential: p.Credential, CreatedAt: p.CreatedAt}
	if !p.UsedAt.IsZero() {
		row.UsedAt = &p.UsedAt
	}
	return l.withFactors(ctx, "write a passkey", user, seen(by, func(ctx context.Context, q *db.Queries) (int64, error) { return q.PutPasskey(ctx, row) }))
}

// UsePasskey implements dialer.Factors.
func (l *Ledger) UsePasskey(ctx context.Context, user dialer.UserID, p dialer.Passkey) error {
	return l.met(ctx, "note the use of a passkey", func(ctx context.Context, q *db.Queries) (int64, error) {
		return q.UsePasskey(ctx, db.UsePasskeyParams{Credential: p.Credential, UsedAt: &p.UsedAt, UserID: string(user), ID: p.ID})
	})
}

// RemovePasskey implements dialer.Factors.
func (l *Ledger) RemovePasskey(ctx context.Context, user dialer.UserID, by dialer.SecondFactors, id []byte) error {
	return l.withFactors(ctx, "remove a passkey", user, seen(by, func(ctx context.Context, q *db.Queries) (int64, error) {
		return q.DeletePasskey(ctx, string(user), id)
	}))
}

// RemoveFactors implements dialer.Factors.
func (l *Ledger) RemoveFactors(ctx context.Context, user dialer.UserID) error {
	return l.withFactors(ctx, "remove second factors", user, func(ctx context.Context, q *db.Queries, _ dialer.SecondFactors) error {
		for _, remove := range []func(context.Context, string) error{q.DeleteTOTP, q.DeleteRecoveryCodes, q.DeletePasskeys} {
			if err := remove(ctx, string(user)); err != nil {
				return err
			}
		}
		return nil
	})
}
