package auth

import (
	"errors"
	"net/http"
	"testing"
)

// knownVisit is somebody who is signed in, in a browser that is known.
func knownVisit(t *testing.T, k *Keeper, login string) Visit {
	t.Helper()
	s := mustSignIn(t, k, login, "")
	c, err := k.KnownCookie(t.Context(), login)
	if err != nil {
		t.Fatal(err)
	}
	return Visit{Address: "192.0.2.1", Token: s.Token, cookies: []*http.Cookie{&c}}
}

// TestNobodyHoldsUpOthersByTheirOwnPassword: of one person who is known two passwords wait at most, however many are sent; another's unlocking comes after
// these, and who was turned away has lost no try.
func TestNobodyHoldsUpOthersByTheirOwnPassword(t *testing.T) {
	k, _ := newKeeper(t, newStores())
	many, other := knownVisit(t, k, "ben"), knownVisit(t, k, "anna")
	if err := k.Lock(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	many.Token = ""
	signIn := func() error {
		_, err := k.SignIn(t.Context(), SignIn{Login: "ben", Password: password, Visit: many})
		return err
	}
	k.checker.known <- struct{}{} // somebody's is compared
	const sent = wrongPerLogin
	said := make(chan error, sent)
	for range sent {
		go func() { said <- signIn() }()
	}
	for range sent - mostOfOne {
		var busy *TooMany
		if err := <-said; !errors.As(err, &busy) || busy.Wait != busyWait {
			t.Errorf("beyond those that wait: %v", err)
		}
	}
	unlocked := make(chan error, 1)
	go func() {
		_, err := k.Unlock(t.Context(), other, Proof{Password: password})
		unlocked <- err
	}()
	<-k.checker.known
	if err := <-unlocked; err != nil {
		t.Errorf("another's unlocking: %v", err)
	}
	for range mostOfOne {
		if err := <-said; err != nil {
			t.Errorf("one that waited: %v", err)
		}
	}
	for range wrongPerLogin {
		if err := signIn(); err != nil {
			t.Fatalf("afterwards: %v", err)
		}
	}
	if len(k.checker.logins) > 0 {
		t.Errorf("still counted: %v", k.checker.logins)
	}
}
