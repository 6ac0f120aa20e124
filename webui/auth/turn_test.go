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

// TestStrangersBarNobodyFromTheirOwnScreen: a session unlocks however many strangers try its login, though the browser is not known any more since a factor
// was changed elsewhere; and it has no more tries than a known browser has.
func TestStrangersBarNobodyFromTheirOwnScreen(t *testing.T) {
	k, c := newKeeper(t, newStores())
	ctx := t.Context()
	elsewhere, _, codes := enrolled(t, k, c, "anna")
	b, err := k.Second(ctx, visit(mustSignIn(t, k, "anna", "")), codes[0])
	if err != nil {
		t.Fatal(err)
	}
	known, err := k.KnownCookie(ctx, "anna")
	if err != nil {
		t.Fatal(err)
	}
	desk := Visit{Address: "192.0.2.1", Token: b.Token, cookies: []*http.Cookie{&known}}
	if err := k.RemoveTOTP(ctx, visit(elsewhere), Proof{Password: password, Code: codes[1]}); err != nil {
		t.Fatal(err)
	}
	if k.knownAs(ctx, "anna", desk) != "" {
		t.Fatal("the browser is still known")
	}
	if err := k.Lock(ctx, desk); err != nil {
		t.Fatal(err)
	}
	for range wrongPerLogin + 1 {
		_, err = k.SignIn(ctx, SignIn{Login: "anna", Password: "wrong", Visit: Visit{Address: "203.0.113.9"}})
	}
	if _, many := errors.AsType[*TooMany](err); !many {
		t.Fatalf("strangers have enough: %v", err)
	}
	if _, err := k.Unlock(ctx, desk, Proof{Password: password}); err != nil {
		t.Errorf("the person's own screen: %v", err)
	}
	if err := k.Lock(ctx, desk); err != nil {
		t.Fatal(err)
	}
	for range wrongPerLogin {
		if _, err := k.Unlock(ctx, desk, Proof{Password: "wrong"}); !errors.Is(err, ErrPasswordWrong) {
			t.Fatal(err)
		}
	}
	_, err = k.Unlock(ctx, desk, Proof{Password: password})
	if _, many := errors.AsType[*TooMany](err); !many {
		t.Errorf("after as many wrong ones as a browser has: %v", err)
	}
}
