package auth

import (
	"context"
	"errors"
	"time"

	"kakeru/dialer"
)

// sessionStore is dialer.Sessions as scs wants it, with what was last answered remembered. What is kept of a session is sealed, and bound to
// its token: who can write in the store, but has not the installation's secret, makes no session of anybody's, nor a second one of one that
// is there. A row that does not open is no session.
type sessionStore struct {
	kept     dialer.Sessions
	safe     safe
	known    *recall[[]byte]
	now      func() time.Time
	lifetime time.Duration
}

// sessionOf is what the session of a token is bound to.
func sessionOf(token string) string { return "session " + token }

func (s *sessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	b, err := s.known.get(ctx, token, func(ctx context.Context) ([]byte, error) {
		b, found, err := s.kept.FindCtx(ctx, token)
		switch {
		case err != nil:
			return nil, err
		case !found:
			return nil, errNone
		}
		if b, err = s.safe.open(b, sessionOf(token)); err != nil {
			return nil, errNone
		}
		return b, nil
	})
	if errors.Is(err, errNone) {
		return nil, false, nil
	}
	return b, err == nil, err
}

// CommitCtx takes no notice of scs's expiry, which goes by the machine's clock. When a session is over the Keeper says, by the
// ledger's; what is kept with it says only from when on it can be tidied away. It is believed here only once it is written, and if no
// session was ended meanwhile: that might have been this one.
func (s *sessionStore) CommitCtx(ctx context.Context, token string, b []byte, _ time.Time) error {
	before := s.known.mark()
	if err := s.kept.CommitCtx(ctx, token, s.safe.seal(b, sessionOf(token)), s.now().Add(s.lifetime)); err != nil {
		return err
	}
	s.known.putSince(before, token, b)
	return nil
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
