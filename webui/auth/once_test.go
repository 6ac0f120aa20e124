package auth

import (
	"context"
	"errors"
	"testing"

	"kakeru/dialer"
)

// between calls something while a person's factors are asked for: after the session was read, and before anything is written to it.
type between struct {
	dialer.Factors

	do func()
}

func (b *between) SecondFactors(ctx context.Context, user dialer.UserID) (dialer.SecondFactors, error) {
	if do := b.do; do != nil {
		b.do = nil
		do()
	}
	return b.Factors.SecondFactors(ctx, user)
}

// newBetween is a keeper, and somebody with a passkey who is signed in.
func newBetween(t *testing.T) (*Keeper, *between, *authenticator, Session) {
	t.Helper()
	s := newStores()
	b := &between{Factors: s.factors}
	all := s.all()
	all.Factors = b
	k, err := NewKeeper(all, Settings{Cost: cheap, Secret: testSecret, Origin: testOrigin})
	if err != nil {
		t.Fatal(err)
	}
	session, a := mustSignIn(t, k, "anna", ""), newAuthenticator(t)
	question, err := k.BeginPasskey(t.Context(), visit(session), Proof{Password: password})
	if err != nil {
		t.Fatal(err)
	}
	if session, _, err = k.FinishPasskey(t.Context(), visit(session), "鍵", a.create(question)); err != nil {
		t.Fatal(err)
	}
	return k, b, a, session
}

// TestAnEndedSessionIsNotWrittenBack: a request that was under way when a session ended does not bring it back, however many there are.
func TestAnEndedSessionIsNotWrittenBack(t *testing.T) {
	for what, end := range map[string]func(k *Keeper, s Session) error{
		"signed out":          func(k *Keeper, s Session) error { return k.SignOut(t.Context(), s.Token) },
		"by an administrator": func(k *Keeper, s Session) error { return k.EndSession(t.Context(), s.SessionID(), "") },
		"all of them":         func(k *Keeper, s Session) error { return k.EndSessionsOf(t.Context(), s.User.ID, "") },
	} {
		k, b, _, session := newBetween(t)
		b.do = func() {
			if err := end(k, session); err != nil {
				t.Error(err)
			}
		}
		if _, err := k.AskPasskey(t.Context(), visit(session)); !errors.Is(err, ErrSignedOut) {
			t.Errorf("%s: the request that was under way: %v", what, err)
		}
		if _, err := k.Session(t.Context(), session.Token); !errors.Is(err, ErrSignedOut) {
			t.Errorf("%s, and the session is there again: %v", what, err)
		}
	}
}

// TestALockStays: a request that was under way when the screen was locked does not unlock it.
func TestALockStays(t *testing.T) {
	k, b, _, session := newBetween(t)
	b.do = func() {
		if err := k.Lock(t.Context(), visit(session)); err != nil {
			t.Error(err)
		}
	}
	_, _ = k.AskPasskey(t.Context(), visit(session)) // whatever it says
	if s, err := k.Session(t.Context(), session.Token); err != nil || !s.Locked {
		t.Errorf("locked: %t, %v", s.Locked, err)
	}
}

// TestAQuestionForALockedScreenIsAskedOfIt: what was asked before the lock, and is content with a key that lies there, unlocks nothing.
func TestAQuestionForALockedScreenIsAskedOfIt(t *testing.T) {
	k, b, a, session := newBetween(t)
	b.do = func() {
		if err := k.Lock(t.Context(), visit(session)); err != nil {
			t.Error(err)
		}
	}
	question, err := k.AskPasskey(t.Context(), visit(session))
	if err != nil {
		return // it was refused
	}
	a.flags &^= 0x04 // nobody was looked at (WebAuthn §6.1: UV)
	if s, err := k.Unlock(t.Context(), visit(session), Proof{Passkey: a.get(question)}); err == nil {
		t.Errorf("unlocked by a key that lay there: %+v", s.Locked)
	}
}

// TestAnAnswerIsTakenOnce: of two requests side by side that bring the same answer of a passkey one is taken.
func TestAnAnswerIsTakenOnce(t *testing.T) {
	k, b, a, session := newBetween(t)
	question, err := k.AskPasskey(t.Context(), visit(session))
	if err != nil {
		t.Fatal(err)
	}
	a.counter-- // it counts nothing, as many do not: 0 each time
	p := Proof{Password: password, Passkey: a.get(question)}
	var other error
	b.do = func() { _, other = k.Confirm(t.Context(), visit(session), p) }
	_, err = k.Confirm(t.Context(), visit(session), p)
	if (err == nil) == (other == nil) {
		t.Errorf("%v and %v: one and only one should be taken", err, other)
	}
}
