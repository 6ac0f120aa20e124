package auth

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"kakeru/dialer"
)

func TestSignInAndOut(t *testing.T) {
	stores := newStores()
	k, _ := newKeeper(t, stores)
	s := mustSignIn(t, k, "Anna", "")
	if s.User.ID != "id-anna" || s.User.PasswordHash != "" || s.Token == "" || s.Asker() != (dialer.Asker{User: "id-anna", Role: dialer.RoleOperator}) {
		t.Fatalf("session %+v", s)
	}
	again, err := k.Session(t.Context(), s.Token)
	if err != nil || !reflect.DeepEqual(again.User, s.User) || again.User.PasswordHash != "" {
		t.Fatalf("session %+v, %v", again, err)
	}
	for range 2 {
		if err := k.SignOut(t.Context(), s.Token); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := k.Session(t.Context(), s.Token); !errors.Is(err, ErrSignedOut) {
		t.Fatalf("after signing out: %v", err)
	}
	if len(stores.sessions) != 0 {
		t.Fatal("the session is still kept")
	}
}

// TestTokenIsRenewedAtSignIn: a token that somebody planted in the browser is worth nothing afterwards.
func TestTokenIsRenewedAtSignIn(t *testing.T) {
	k, _ := newKeeper(t, newStores())
	planted := mustSignIn(t, k, "ben", "")
	mine := mustSignIn(t, k, "anna", planted.Token)
	if mine.Token == planted.Token {
		t.Fatal("the token was kept")
	}
	if _, err := k.Session(t.Context(), planted.Token); !errors.Is(err, ErrSignedOut) {
		t.Fatalf("the planted session lives: %v", err)
	}
	made := mustSignIn(t, k, "anna", "a-token-nobody-was-given")
	if made.Token == "a-token-nobody-was-given" {
		t.Fatal("a made-up token was taken over")
	}
}

func TestWrongSignIns(t *testing.T) {
	k, _ := newKeeper(t, newStores())
	for _, try := range []SignIn{
		{Login: "anna", Password: "wrong"}, {Login: "anna", Password: ""}, {Login: "nobody", Password: password},
		{Login: "former", Password: password}, {Login: "nobody", Password: "no login has this password"}, {Login: "former", Password: "no login has this password"},
	} {
		if _, err := k.SignIn(t.Context(), try); !errors.Is(err, ErrWrong) {
			t.Errorf("%+v: %v", try, err)
		}
	}
	if _, err := k.Session(t.Context(), ""); !errors.Is(err, ErrSignedOut) {
		t.Errorf("no token: %v", err)
	}
	if _, err := k.Session(t.Context(), "made up"); !errors.Is(err, ErrSignedOut) {
		t.Errorf("a made-up token: %v", err)
	}
}

// TestUnknownLoginsTakeTheSameWork: there is a hash to compare with for those who do not exist, of the same cost.
func TestUnknownLoginsTakeTheSameWork(t *testing.T) {
	c, err := newChecker(cheap)
	if err != nil {
		t.Fatal(err)
	}
	params := func(hash string) string { return strings.Join(strings.Split(hash, "$")[:4], "$") }
	if params(c.decoy) != params(passwordHash()) {
		t.Fatalf("the decoy costs %s, a password %s", params(c.decoy), params(passwordHash()))
	}
	if ok, err := c.matches(t.Context(), "no login has this password", "", ""); ok || err != nil {
		t.Fatalf("the decoy's own password: %v %v", ok, err)
	}
	if _, err := c.matches(t.Context(), "x", "not a hash", ""); err == nil {
		t.Fatal("a broken hash was compared")
	}
	full, _ := newChecker(cheap)
	full.turns <- struct{}{}
	full.turns <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := full.matches(ctx, "x", "", ""); !errors.Is(err, context.Canceled) {
		t.Fatalf("a flood of checks: %v", err)
	}
}

// TestWhoHangsUpHasNoPasswordChecked: what they began goes on, but a turn they have not come to is others'.
func TestWhoHangsUpHasNoPasswordChecked(t *testing.T) {
	c, _ := newChecker(cheap)
	asked, hangUp := context.WithCancel(t.Context())
	if ok, err := c.matches(Lasting(asked), password, passwordHash(), ""); !ok || err != nil {
		t.Fatal(ok, err)
	}
	c.turns <- struct{}{}
	c.turns <- struct{}{}
	ended := make(chan error)
	for range mostWaiting {
		go func() {
			_, err := c.matches(Lasting(asked), password, passwordHash(), "")
			ended <- err
		}()
	}
	hangUp()
	for range mostWaiting {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	<-c.turns // a turn is free, and they are gone already
	for range 20 {
		if _, err := c.matches(Lasting(asked), password, passwordHash(), ""); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	if n := c.checks.Load(); n != 1 || Lasting(asked).Err() != nil {
		t.Errorf("%d checks, %v", n, Lasting(asked).Err())
	}
}

func TestSessionsRunOut(t *testing.T) {
	stores := newStores()
	k, c := newKeeper(t, stores)
	s := mustSignIn(t, k, "anna", "")
	if got := s.Expires.Sub(c.Now()); got != 12*time.Hour {
		t.Fatalf("expires in %s", got)
	}
	c.forward(11 * time.Hour)
	if s, err := k.Check(t.Context(), s.Token); err != nil || s.Expires.Sub(c.Now()) != time.Hour {
		t.Fatalf("looked at: %+v %v", s, err)
	}
	s2, err := k.Session(t.Context(), s.Token)
	if err != nil || s2.Expires.Sub(c.Now()) != 12*time.Hour {
		t.Fatalf("used: %+v %v", s2, err)
	}
	c.forward(11 * time.Hour)
	if s2, err = k.Session(t.Context(), s.Token); err != nil || s2.Expires.Sub(c.Now()) != 2*time.Hour {
		t.Fatalf("close to its end: %+v %v", s2, err)
	}
	c.forward(2 * time.Hour)
	if _, err := k.Session(t.Context(), s.Token); !errors.Is(err, ErrSignedOut) {
		t.Fatalf("after a day: %v", err)
	}
	s = mustSignIn(t, k, "anna", "")
	c.forward(12 * time.Hour)
	if _, err := k.Session(t.Context(), s.Token); !errors.Is(err, ErrSignedOut) {
		t.Fatalf("unused for twelve hours: %v", err)
	}
	if len(stores.sessions) != 0 {
		t.Fatal("what is over is still kept")
	}
}

// TestUseIsWrittenNowAndThen: a session is not a row written at every click.
func TestUseIsWrittenNowAndThen(t *testing.T) {
	stores := newStores()
	k, c := newKeeper(t, stores)
	s := mustSignIn(t, k, "anna", "")
	for range 120 {
		c.forward(time.Minute)
		if _, err := k.Session(t.Context(), s.Token); err != nil {
			t.Fatal(err)
		}
	}
	if stores.commits != 1+2 {
		t.Fatalf("written %d times in two hours", stores.commits)
	}
	if stores.finds > 121 {
		t.Fatalf("read %d times", stores.finds)
	}
}

// TestStoresAwaySignNobodyOut: what is known is believed while the stores fail or are silent; strangers wait for them.
func TestStoresAwaySignNobodyOut(t *testing.T) {
	for name, fail := range map[string]func(*stores){
		"failing": func(s *stores) { s.away = true }, "silent": func(s *stores) { s.stalled = true },
	} {
		t.Run(name, func(t *testing.T) {
			stores := newStores()
			k, c := newKeeper(t, stores)
			s, other := mustSignIn(t, k, "anna", ""), mustSignIn(t, k, "ben", "")
			stores.set(func() { fail(stores) })
			for range 3 {
				c.forward(time.Hour)
				if _, err := k.Session(t.Context(), s.Token); err != nil {
					t.Fatalf("signed out by a store that is away: %v", err)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			if _, err := k.Session(ctx, "somebody else's"); errors.Is(err, ErrSignedOut) || err == nil {
				t.Fatalf("a stranger was judged without asking: %v", err)
			}
			if _, err := k.SignIn(ctx, SignIn{Login: "anna", Password: password}); errors.Is(err, ErrWrong) || err == nil {
				t.Fatalf("a sign-in was judged without asking: %v", err)
			}
			c.forward(12 * time.Hour)
			if _, err := k.Session(t.Context(), other.Token); !errors.Is(err, ErrSignedOut) {
				t.Fatalf("an old session outlived its time: %v", err)
			}
		})
	}
}

// TestAClickNeverWaitsWhileASocketIsOpen: the looks of an open socket keep fresh what clicks are judged by, so the stores
// are not asked by a click, away or not.
func TestAClickNeverWaitsWhileASocketIsOpen(t *testing.T) {
	stores := newStores()
	k, c := newKeeper(t, stores)
	s := mustSignIn(t, k, "anna", "")
	asked := func() int {
		stores.mu.Lock()
		defer stores.mu.Unlock()
		return stores.asked
	}
	for i := range 60 {
		if i == 20 {
			stores.set(func() { stores.away = true })
		}
		c.forward(20 * time.Second)
		before := asked()
		if _, err := k.Check(t.Context(), s.Token); err != nil || asked() == before {
			t.Fatalf("a look did not ask: %v", err)
		}
		before = asked()
		if _, err := k.Session(t.Context(), s.Token); err != nil || asked() != before {
			t.Fatalf("a click asked the stores: %v", err)
		}
	}
}

func TestChangesOfAPersonCount(t *testing.T) {
	stores := newStores()
	k, c := newKeeper(t, stores)
	s := mustSignIn(t, k, "anna", "")
	change := func(f func(*dialer.User)) {
		stores.set(func() {
			u := stores.users["id-anna"]
			f(&u)
			stores.users["id-anna"] = u
		})
	}
	change(func(u *dialer.User) { u.Role = dialer.RoleWard })
	k.PersonChanged("id-anna")
	if got, err := k.Session(t.Context(), s.Token); err != nil || got.User.Role != dialer.RoleWard {
		t.Fatalf("told of a change: %+v %v", got, err)
	}
	// Another process changed it: known a little later.
	change(func(u *dialer.User) { u.Disabled = true })
	c.forward(believed)
	if _, err := k.Session(t.Context(), s.Token); !errors.Is(err, ErrSignedOut) {
		t.Fatalf("a disabled person: %v", err)
	}
	s = mustSignIn(t, k, "ben", "")
	stores.set(func() { delete(stores.users, "id-ben") })
	c.forward(believed)
	if _, err := k.Session(t.Context(), s.Token); !errors.Is(err, ErrSignedOut) {
		t.Fatalf("a person who is gone: %v", err)
	}
}

func TestANewPasswordEndsWhatTheOldOneOpened(t *testing.T) {
	stores := newStores()
	k, c := newKeeper(t, stores)
	s := mustSignIn(t, k, "ben", "")
	if _, err := k.Session(t.Context(), s.Token); err != nil {
		t.Fatal(err)
	}
	hash, err := HashPassword("another password", cheap)
	if err != nil {
		t.Fatal(err)
	}
	stores.set(func() {
		ben := stores.users["id-ben"]
		ben.PasswordHash = hash
		stores.users["id-ben"] = ben
	})
	k.PersonChanged("id-ben")
	if _, err := k.Session(t.Context(), s.Token); !errors.Is(err, ErrSignedOut) {
		t.Fatalf("the session of the old password: %v", err)
	}
	c.forward(time.Second)
	fresh, err := k.SignIn(t.Context(), SignIn{Login: "ben", Password: "another password", Visit: Visit{Address: "192.0.2.1"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Session(t.Context(), fresh.Token); err != nil {
		t.Fatalf("the session of the new password: %v", err)
	}
}

func TestEnded(t *testing.T) {
	k, c := newKeeper(t, newStores())
	isOver := func(ch <-chan struct{}) bool {
		select {
		case <-ch:
			return true
		default:
			return false
		}
	}
	s, other := mustSignIn(t, k, "anna", ""), mustSignIn(t, k, "anna", "")
	one, forgetOne := k.Ended(s.Token)
	two, forgetTwo := k.Ended(s.Token)
	third, forgetThird := k.Ended(other.Token)
	defer forgetOne()
	forgetTwo()
	forgetTwo()
	if err := k.SignOut(t.Context(), s.Token); err != nil {
		t.Fatal(err)
	}
	if !isOver(one) || isOver(two) || isOver(third) {
		t.Fatal("the wrong ones were told")
	}
	c.forward(13 * time.Hour)
	if _, err := k.Check(t.Context(), other.Token); !errors.Is(err, ErrSignedOut) || !isOver(third) {
		t.Fatalf("found to be over: %v", err)
	}
	forgetThird()
	if len(k.waiting) != 0 {
		t.Fatal("somebody is still waited for")
	}
}

// TestSigningOutIsFinal: a use that is being noted while somebody signs out does not bring the session back.
func TestSigningOutIsFinal(t *testing.T) {
	stores := newStores()
	k, c := newKeeper(t, stores)
	for range 50 {
		s := mustSignIn(t, k, "anna", "")
		c.forward(time.Hour)
		var both sync.WaitGroup
		for range 3 {
			both.Go(func() { _, _ = k.Session(t.Context(), s.Token) })
		}
		both.Go(func() { _ = k.SignOut(t.Context(), s.Token) })
		both.Wait()
		if _, err := k.Session(t.Context(), s.Token); !errors.Is(err, ErrSignedOut) {
			t.Fatalf("the session came back: %v", err)
		}
		if len(stores.sessions) != 0 {
			t.Fatal("the session is kept again")
		}
	}
}

// TestAUseDuringTheDeletion: what the store answers while a deletion is on its way is not believed once it has arrived.
func TestAUseDuringTheDeletion(t *testing.T) {
	stores := newStores()
	k, _ := newKeeper(t, stores)
	s := mustSignIn(t, k, "anna", "")
	used := false
	stores.deleting = func() {
		_, err := k.Session(t.Context(), s.Token)
		used = err == nil
	}
	if err := k.SignOut(t.Context(), s.Token); err != nil {
		t.Fatal(err)
	}
	if !used {
		t.Fatal("nobody used the session while it was being deleted")
	}
	if _, err := k.Session(t.Context(), s.Token); !errors.Is(err, ErrSignedOut) {
		t.Fatalf("the session came back: %v", err)
	}
}

func TestCookie(t *testing.T) {
	k, _ := newKeeper(t, newStores())
	c := k.Cookie(Session{Token: "abc"})
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if k.Token(r) != "" {
		t.Fatal("a token without a cookie")
	}
	r.AddCookie(&c)
	if k.Token(r) != "abc" || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Secure {
		t.Fatalf("cookie %+v", c)
	}
	if gone := k.Cookie(Session{}); gone.MaxAge >= 0 || gone.Value != "" {
		t.Fatalf("removing cookie %+v", gone)
	}
}

func TestHashPassword(t *testing.T) {
	for text, want := range map[string]error{
		"1234567": ErrPassword, "八文字の合言葉です": nil, strings.Repeat("x", 201): ErrPassword, "12345678": nil,
	} {
		if _, err := HashPassword(text, cheap); !errors.Is(err, want) {
			t.Errorf("%d bytes: %v, want %v", len(text), err, want)
		}
	}
	p := Cost{}.params()
	if p.Memory < 64*1024 || p.SaltLength < 16 || p.KeyLength < 32 {
		t.Fatalf("the default costs %+v", p)
	}
}
