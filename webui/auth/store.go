package auth

import (
	"context"
	"errors"
	"time"

	"kakeru/dialer"
)

// sessionStore is dialer.Sessions as scs wants it, with what was last answered remembered.
type sessionStore struct {
	kept     dialer.Sessions
	known    *recall[[]byte]
	now      func() time.Time
	lifetime time.Duration
}

func (s *sessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	b, err := s.known.get(ctx, token, func(ctx context.Context) ([]byte, error) {
		b, found, err := s.kept.FindCtx(ctx, token)
		if err == nil && !found {
			return nil, errNone
		}
		return b, err
	})
	if errors.Is(err, errNone) {
		return nil, false, nil
	}
	return b, err == nil, err
}

// CommitCtx takes no notice of scs's expiry, which goes by the machine's clock. When a session is over the Keeper says, by the
// ledger's; what is kept with it says only from when on it can be tidied away.
func (s *sessionStore) CommitCtx(ctx context.Context, token string, b []byte, _ time.Time) error {
	s.known.put(token, b)
	return s.kept.CommitCtx(ctx, token, b, s.now().Add(s.lifetime))
}

// DeleteCtx forgets twice: before, since the session is over whether or not the store can be told; and after, since who
// asked in between was told that the session is there, and must not go on believing it.
func (s *sessionStore) DeleteCtx(ctx context.Context, token string) error {
	s.known.forget(token)
	defer s.known.forget(token)
	return s.kept.DeleteCtx(ctx, token)
}

func (s *sessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

func (s *sessionStore) Commit(token string, b []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, b, expiry)
}

func (s *sessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
