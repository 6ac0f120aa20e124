package dialertest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"time"

	"kakeru/dialer"
)

// Factors is dialer.Factors in memory.
type Factors struct {
	mu    sync.Mutex
	of    map[dialer.UserID]dialer.SecondFactors
	codes map[dialer.UserID][]string
	taken map[string]bool
	err   error
}

var _ dialer.Factors = (*Factors)(nil)

// NewFactors are nobody's yet.
func NewFactors() *Factors {
	return &Factors{of: map[dialer.UserID]dialer.SecondFactors{}, codes: map[dialer.UserID][]string{}}
}

// Fail makes every call answer err; nil ends that.
func (f *Factors) Fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

// change runs do on a person's factors.
func (f *Factors) change(user dialer.UserID, do func(*dialer.SecondFactors) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return f.err
	}
	s := f.of[user]
	err := do(&s)
	f.of[user] = s
	return err
}

// SecondFactors implements dialer.Factors.
func (f *Factors) SecondFactors(_ context.Context, user dialer.UserID) (out dialer.SecondFactors, err error) {
	err = f.change(user, func(s *dialer.SecondFactors) error {
		out = *s
		out.Codes, out.Passkeys = len(f.codes[user]), slices.Clone(s.Passkeys)
		return nil
	})
	return out, err
}

// FactorHolders implements dialer.Factors.
func (f *Factors) FactorHolders(context.Context) (holders []dialer.UserID, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for user, s := range f.of {
		if s.Any() {
			holders = append(holders, user)
		}
	}
	return holders, f.err
}

// changeSeen runs do on a person's factors if they are those that were seen.
func (f *Factors) changeSeen(user dialer.UserID, seen dialer.SecondFactors, do func(*dialer.SecondFactors) error) error {
	return f.change(user, func(s *dialer.SecondFactors) error {
		if !s.Same(seen) {
			return dialer.ErrFactorsMoved
		}
		err := do(s)
		if !s.Any() {
			f.codes[user] = nil
		}
		return err
	})
}

// PutTOTP implements dialer.Factors.
func (f *Factors) PutTOTP(_ context.Context, user dialer.UserID, seen dialer.SecondFactors, sealed []byte, step int64) error {
	return f.changeSeen(user, seen, func(s *dialer.SecondFactors) error {
		s.TOTP, s.LastStep = sealed, step
		return nil
	})
}

// TakeCodeStep implements dialer.Factors.
func (f *Factors) TakeCodeStep(_ context.Context, user dialer.UserID, step int64) (fresh bool, err error) {
	err = f.change(user, func(s *dialer.SecondFactors) error {
		if fresh = len(s.TOTP) > 0 && step > s.LastStep; fresh {
			s.LastStep = step
		}
		return nil
	})
	return fresh, err
}

// RemoveTOTP implements dialer.Factors.
func (f *Factors) RemoveTOTP(_ context.Context, user dialer.UserID, seen dialer.SecondFactors) error {
	return f.changeSeen(user, seen, func(s *dialer.SecondFactors) error {
		s.TOTP, s.LastStep = nil, 0
		return nil
	})
}

// PutRecoveryCodes implements dialer.Factors.
func (f *Factors) PutRecoveryCodes(_ context.Context, user dialer.UserID, hashes [][]byte) error {
	return f.change(user, func(s *dialer.SecondFactors) error {
		if !s.Any() {
			return dialer.ErrNotFound
		}
		f.codes[user] = nil
		for _, h := range hashes {
			f.codes[user] = append(f.codes[user], string(h))
		}
		return nil
	})
}

// TakeRecoveryCode implements dialer.Factors.
func (f *Factors) TakeRecoveryCode(_ context.Context, user dialer.UserID, hash []byte) (taken bool, err error) {
	err = f.change(user, func(*dialer.SecondFactors) error {
		if i := slices.Index(f.codes[user], string(hash)); i >= 0 {
			f.codes[user], taken = slices.Delete(f.codes[user], i, i+1), true
		}
		return nil
	})
	return taken, err
}

// TakeAnswer implements dialer.Factors.
func (f *Factors) TakeAnswer(_ context.Context, answer string, _ time.Time) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.taken == nil {
		f.taken = map[string]bool{}
	}
	fresh := !f.taken[answer]
	f.taken[answer] = true
	return fresh && f.err == nil, f.err
}

// PutPasskey implements dialer.Factors.
func (f *Factors) PutPasskey(_ context.Context, user dialer.UserID, seen dialer.SecondFactors, p dialer.Passkey) error {
	f.mu.Lock()
	for other, s := range f.of {
		if other != user && slices.ContainsFunc(s.Passkeys, func(q dialer.Passkey) bool { return string(q.ID) == string(p.ID) }) {
			f.mu.Unlock()
			return dialer.ErrNotFound
		}
	}
	f.mu.Unlock()
	return f.changeSeen(user, seen, func(s *dialer.SecondFactors) error {
		s.Passkeys = append(slices.Clone(s.Passkeys), p)
		return nil
	})
}

// UsePasskey implements dialer.Factors.
func (f *Factors) UsePasskey(_ context.Context, user dialer.UserID, p dialer.Passkey) error {
	return f.change(user, func(s *dialer.SecondFactors) error {
		for i, q := range s.Passkeys {
			if string(q.ID) == string(p.ID) {
				s.Passkeys[i].Credential, s.Passkeys[i].UsedAt = p.Credential, p.UsedAt
				return nil
			}
		}
		return dialer.ErrNotFound
	})
}

// RemovePasskey implements dialer.Factors.
func (f *Factors) RemovePasskey(_ context.Context, user dialer.UserID, seen dialer.SecondFactors, id []byte) error {
	return f.changeSeen(user, seen, func(s *dialer.SecondFactors) error {
		left := slices.DeleteFunc(slices.Clone(s.Passkeys), func(p dialer.Passkey) bool { return string(p.ID) == string(id) })
		if len(left) == len(s.Passkeys) {
			return dialer.ErrNotFound
		}
		s.Passkeys = left
		return nil
	})
}

// RemoveFactors implements dialer.Factors.
func (f *Factors) RemoveFactors(_ context.Context, user dialer.UserID) error {
	return f.change(user, func(s *dialer.SecondFactors) error {
		*s = dialer.SecondFactors{}
		f.codes[user] = nil
		return nil
	})
}

// Book is dialer.SessionBook over sessions that somebody else keeps: Has asks for one by its token, Delete ends one, Now tells the time.
type Book struct {
	Has    func(token string) bool
	Delete func(token string)
	Now    dialer.Clock

	mu    sync.Mutex
	about map[string]dialer.SessionInfo // by token
}

var _ dialer.SessionBook = (*Book)(nil)

// DescribeSession implements dialer.SessionBook.
func (b *Book) DescribeSession(_ context.Context, token string, about dialer.SessionInfo) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.about == nil {
		b.about = map[string]dialer.SessionInfo{}
	}
	sum := sha256.Sum256([]byte(token))
	about.ID = hex.EncodeToString(sum[:])
	b.about[token] = about
	return nil
}

// SessionsOf implements dialer.SessionBook.
func (b *Book) SessionsOf(_ context.Context, user dialer.UserID) (list []dialer.SessionInfo, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for token, about := range b.about {
		if !about.Half && b.Has(token) && (user == "" || about.User == user) {
			list = append(list, about)
		}
	}
	slices.SortFunc(list, func(x, y dialer.SessionInfo) int {
		if c := y.SeenAt.Compare(x.SeenAt); c != 0 {
			return c
		}
		return strings.Compare(x.ID, y.ID)
	})
	return list, nil
}

// EndSession implements dialer.SessionBook.
func (b *Book) EndSession(_ context.Context, id string, user dialer.UserID) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for token, about := range b.about {
		if about.ID == id && (user == "" || about.User == user) && b.Has(token) {
			b.Delete(token)
			return nil
		}
	}
	return dialer.ErrNotFound
}

// EndSessionsOf implements dialer.SessionBook.
func (b *Book) EndSessionsOf(_ context.Context, user dialer.UserID, but string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for token, about := range b.about {
		if about.User == user && token != but {
			b.Delete(token)
		}
	}
	return nil
}

// KeepNewest implements dialer.SessionBook.
func (b *Book) KeepNewest(_ context.Context, user dialer.UserID, most int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var tokens []string
	for token, about := range b.about {
		if about.User == user && !about.Half && b.Has(token) {
			tokens = append(tokens, token)
		}
	}
	slices.SortFunc(tokens, func(x, y string) int { return b.about[y].CreatedAt.Compare(b.about[x].CreatedAt) })
	for _, token := range tokens[min(most, len(tokens)):] {
		b.Delete(token)
	}
	return nil
}

// LiveSessions implements dialer.SessionBook.
func (b *Book) LiveSessions(_ context.Context, ids []string) (live []string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for token, about := range b.about {
		if slices.Contains(ids, about.ID) && b.Has(token) {
			live = append(live, about.ID)
		}
	}
	return live, nil
}

// SeenSessions implements dialer.SessionBook.
func (b *Book) SeenSessions(_ context.Context, ids []string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now
	if b.Now != nil {
		now = b.Now
	}
	for token, about := range b.about {
		if slices.Contains(ids, about.ID) {
			about.SeenAt = now()
			b.about[token] = about
		}
	}
	return nil
}
