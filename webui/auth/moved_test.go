package auth

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
)

// TestOwnPasswordUndoesNothing: what an administrator does to a person whose own new password is being hashed stays.
func TestOwnPasswordUndoesNothing(t *testing.T) {
	const fresh = "a fresh sentence to know"
	theirs, err := HashPassword("a sentence from the administrator", cheap)
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		do   func(*dialer.User)
		want error
	}{
		"disabled":         {func(u *dialer.User) { u.Disabled = true }, ErrMoved},
		"another password": {func(u *dialer.User) { u.PasswordHash, u.MustChange = theirs, true }, ErrMoved},
		"another role":     {func(u *dialer.User) { u.Role = dialer.RoleWard }, nil},
	} {
		s := newStores()
		k, _ := newKeeper(t, s)
		session := mustSignIn(t, k, "anna", "")
		want := s.users["id-anna"]
		c.do(&want)
		s.changing = func() { s.set(func() { s.users["id-anna"] = want }) }
		opened, err := k.ChangePassword(t.Context(), visit(session), password, fresh)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
		got := s.users["id-anna"]
		if got.Disabled != want.Disabled || got.Role != want.Role || got.MustChange != want.MustChange {
			t.Errorf("%s: undone: %+v", what, got)
		}
		if c.want != nil && (got.PasswordHash != want.PasswordHash || opened.Token != "") {
			t.Errorf("%s: the password was taken, or a session opened", what)
		}
	}
}

// TestLoginsThatLookAlike: full-width letters are plain ones; what nobody sees, or what turns a name round, is refused.
func TestLoginsThatLookAlike(t *testing.T) {
	for typed, want := range map[string]string{"ＯＰＥＲＡＴＯＲ１": "OPERATOR1", "operator1": "operator1", "花子": "花子"} {
		if got, err := Login(typed); err != nil || got != want {
			t.Errorf("%q: %q, %v", typed, got, err)
		}
	}
	for _, hidden := range []string{"a\u200bb", "a\u202eb", "a\u0000b", "a\u00adb", "a\u034fb", "a\u3164b", "a\ufeffb", "a\ue000b"} {
		if got, err := Login(hidden); !errors.Is(err, ErrLetters) {
			t.Errorf("%q: taken as %q", hidden, got)
		}
		if got, err := Name(hidden); !errors.Is(err, ErrLetters) {
			t.Errorf("%q: taken as a name %q", hidden, got)
		}
	}
	if _, err := Login("a b"); !errors.Is(err, ErrLetters) {
		t.Error("a space was taken")
	}
	if got, err := Name("葛\U000e0100城 花子"); err != nil || !strings.HasSuffix(got, "花子") {
		t.Errorf("a name with a variant of a letter: %q, %v", got, err)
	}
	s := newStores()
	k, _ := newKeeper(t, s)
	if _, err := k.SignIn(t.Context(), SignIn{Login: "ａｎｎａ", Password: password, Visit: Visit{Address: "192.0.2.1"}}); err != nil {
		t.Errorf("full-width at the sign-in: %v", err)
	}
}

// TestManyKnownBrowsersHaveOneBound: each sign-in gives a cookie, and many of them give no more tries of a code than two browsers have.
// Strangers do not use these up.
func TestManyKnownBrowsersHaveOneBound(t *testing.T) {
	k, _ := newKeeper(t, newStores())
	browser := func() Visit {
		c, err := k.KnownCookie(t.Context(), "anna")
		if err != nil {
			t.Fatal(err)
		}
		return Visit{Address: "192.0.2.1", cookies: []*http.Cookie{&c}}
	}
	for range wrongCodes { // a stranger
		k.limiter.take(k.codeTallies(t.Context(), "anna", Visit{Address: "198.51.100.1"})...)
	}
	taken := 0
	for range 25 {
		v := browser()
		for range wrongCodes {
			if k.limiter.take(k.codeTallies(t.Context(), "anna", v)...) == 0 {
				taken++
			}
		}
	}
	if want := browsersTogether * wrongCodes; taken != want {
		t.Errorf("%d codes were tried, want %d", taken, want)
	}
	taken = 0
	for range 25 {
		v := browser()
		for range wrongPerLogin {
			tallies, _ := k.tallies(t.Context(), "ANNA", v)
			if k.limiter.take(tallies...) == 0 {
				taken++
			}
		}
	}
	if want := browsersTogether * wrongPerLogin; taken != want {
		t.Errorf("%d passwords were tried, want %d", taken, want)
	}
}

// TestKnownBrowsersDoNotWaitBehindStrangers: with all places of strangers taken a known one's password is compared at once, and one more
// stranger is told to come back.
func TestKnownBrowsersDoNotWaitBehindStrangers(t *testing.T) {
	c, err := newChecker(cheap)
	if err != nil {
		t.Fatal(err)
	}
	for range cap(c.turns) {
		c.turns <- struct{}{}
	}
	for range cap(c.queue) {
		c.queue <- struct{}{}
	}
	if ok, err := c.matches(t.Context(), password, passwordHash(), "anna"); !ok || err != nil {
		t.Errorf("a known browser: %v, %v", ok, err)
	}
	if _, err := c.matches(t.Context(), password, passwordHash(), ""); err == nil {
		t.Error("one stranger more was taken")
	} else if many := (*TooMany)(nil); !errors.As(err, &many) || many.Wait != busyWait {
		t.Errorf("one stranger more: %v", err)
	}
}

// TestTwoRemovalsAtOnce: of two factors that are removed side by side one stays, where the role needs one: each was judged by there being
// the other.
func TestTwoRemovalsAtOnce(t *testing.T) {
	stores := newStores()
	k, c := newKeeper(t, stores)
	s, secret, codes := enrolled(t, k, c, "chief")
	have, err := k.Factors(t.Context(), s.User.ID)
	if err != nil {
		t.Fatal(err)
	}
	key := dialer.Passkey{ID: []byte("key"), Name: "x", Credential: []byte("{}")}
	if err := stores.factors.PutPasskey(t.Context(), s.User.ID, have, key); err != nil {
		t.Fatal(err)
	}
	c.forward(stepSeconds * time.Second)
	errs := make([]error, 2)
	var all sync.WaitGroup
	all.Go(func() {
		errs[0] = k.RemoveTOTP(t.Context(), visit(s), Proof{Password: password, Code: codeAt(t, secret, c.Now())})
	})
	all.Go(func() {
		errs[1] = k.RemovePasskey(t.Context(), visit(s), Proof{Password: password, Code: codes[0]}, base64.RawURLEncoding.EncodeToString(key.ID))
	})
	all.Wait()
	have, err = k.Factors(t.Context(), s.User.ID)
	late := errors.Join(errs...)
	if err != nil || !have.Any() || (errs[0] == nil) == (errs[1] == nil) || !errors.Is(late, ErrMoved) && !errors.Is(late, ErrNeeded) {
		t.Errorf("removed both: %v, left %+v, %v", errs, have, err)
	}
}

// TestAResetBeatsWhatIsBeingAdded: whoever sits in a session of a person whose factors an administrator resets puts in none of their own,
// whichever way the two fall.
func TestAResetBeatsWhatIsBeingAdded(t *testing.T) {
	for range 20 {
		stores := newStores()
		k, c := newKeeper(t, stores)
		s := mustSignIn(t, k, "anna", "")
		e, err := k.BeginTOTP(t.Context(), visit(s), Proof{Password: password})
		if err != nil {
			t.Fatal(err)
		}
		code := codeAt(t, e.Secret, c.Now())
		var all sync.WaitGroup
		all.Go(func() { _, _, _ = k.ConfirmTOTP(t.Context(), visit(s), code) })
		all.Go(func() {
			if err := k.ResetFactors(t.Context(), "id-anna"); err != nil {
				t.Error(err)
			}
		})
		all.Wait()
		if _, err := k.Session(t.Context(), s.Token); !errors.Is(err, ErrSignedOut) {
			t.Errorf("the session lives: %v", err)
		}
	}
}

// TestARemovedPasskeyDoesNotComeBack: its answer may be on the way while it is removed.
func TestARemovedPasskeyDoesNotComeBack(t *testing.T) {
	f := dialertest.NewFactors()
	key := dialer.Passkey{ID: []byte("key"), Credential: []byte("{}")}
	if err := f.PutPasskey(t.Context(), "anna", dialer.SecondFactors{}, key); err != nil {
		t.Fatal(err)
	}
	if err := f.RemoveFactors(t.Context(), "anna"); err != nil {
		t.Fatal(err)
	}
	if err := notThere(f.UsePasskey(t.Context(), "anna", key)); !errors.Is(err, ErrPasskey) {
		t.Errorf("its use was noted: %v", err)
	}
	if have, err := f.SecondFactors(t.Context(), "anna"); err != nil || have.Any() {
		t.Errorf("it came back: %+v, %v", have, err)
	}
}

// TestAKnownBrowserDiesWithThePassword: and with the second factors, whoever changes them. What is used up of them changes nothing.
func TestAKnownBrowserDiesWithThePassword(t *testing.T) {
	stores := newStores()
	k, c := newKeeper(t, stores)
	known := func() Visit {
		cookie, err := k.KnownCookie(t.Context(), "anna")
		if err != nil {
			t.Fatal(err)
		}
		return Visit{Address: "192.0.2.1", cookies: []*http.Cookie{&cookie}}
	}
	var s Session
	var secret string
	var codes []string
	for _, change := range []struct {
		what string
		dies bool
		do   func() error
	}{
		{"nothing", false, func() error { return nil }},
		{"another role", false, func() error {
			_, err := stores.ChangeUser(t.Context(), "id-anna", func(u *dialer.User) error { u.Role = dialer.RoleWard; return nil })
			return err
		}},
		{"a second factor", true, func() error { s, secret, codes = enrolled(t, k, c, "anna"); return nil }},
		{"a recovery code is used", false, func() error {
			return second(k.NewRecoveryCodes(t.Context(), visit(s), Proof{Password: password, Code: codes[0]}))
		}},
		{"a code is used", false, func() error {
			c.forward(stepSeconds * time.Second)
			return second(k.Confirm(t.Context(), visit(s), Proof{Password: password, Code: codeAt(t, secret, c.Now())}))
		}},
		{"the password", true, func() error {
			return second(k.ChangePassword(t.Context(), visit(s), password, "a fresh sentence to know"))
		}},
		{"an administrator's reset", true, func() error { return k.ResetFactors(t.Context(), "id-anna") }},
		{"another password of the administrator's", true, func() error {
			_, err := stores.ChangeUser(t.Context(), "id-anna", func(u *dialer.User) error { u.PasswordHash += "x"; return nil })
			return err
		}},
	} {
		v := known()
		if k.knownAs(t.Context(), "ANNA", v) == "" || k.knownAs(t.Context(), "ben", v) != "" {
			t.Fatalf("before %s the browser is not known, or as another's", change.what)
		}
		if err := change.do(); err != nil {
			t.Fatalf("%s: %v", change.what, err)
		}
		if dead := k.knownAs(t.Context(), "anna", v) == ""; dead != change.dies {
			t.Errorf("%s: the browser is a stranger's: %v, want %v", change.what, dead, change.dies)
		}
	}
	before := stores.asked
	k.knownAs(t.Context(), "anna", Visit{cookies: []*http.Cookie{{Name: k.knownName("anna"), Value: "AAAA.1.AAAA.AAAA"}}})
	if stores.asked != before {
		t.Error("a stranger's cookie cost the stores a question")
	}
}
