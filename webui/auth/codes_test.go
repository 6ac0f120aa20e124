package auth

import (
	"bytes"
	"errors"
	"image/png"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"kakeru/dialer"
)

// codeAt is what an app with the secret shows.
func codeAt(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func visit(s Session) Visit { return Visit{Address: "192.0.2.1", Token: s.Token} }

// enrolled signs a person in and gives them one-time passwords.
func enrolled(t *testing.T, k *Keeper, c *clock, login string) (s Session, secret string, codes []string) {
	t.Helper()
	s = mustSignIn(t, k, login, "")
	given := Proof{}
	if s.Step == StepDone {
		given.Password = password
	}
	e, err := k.BeginTOTP(t.Context(), visit(s), given)
	if err != nil {
		t.Fatal(err)
	}
	s, codes, err = k.ConfirmTOTP(t.Context(), visit(s), codeAt(t, e.Secret, c.Now()))
	if err != nil {
		t.Fatal(err)
	}
	return s, e.Secret, codes
}

// TestSecondFactorIsRequiredByRole: the first sign-in of who needs one leads to enrolment and nowhere else.
func TestSecondFactorIsRequiredByRole(t *testing.T) {
	stores := newStores()
	k, c := newKeeper(t, stores)
	half := mustSignIn(t, k, "chief", "")
	if half.Step != StepEnrol || half.Expires.Sub(c.Now()) != halfLife {
		t.Fatalf("signed in: %+v", half)
	}
	e, err := k.BeginTOTP(t.Context(), visit(half), Proof{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(e.QR)); err != nil || !strings.Contains(e.URL, e.Secret) || !strings.HasPrefix(e.URL, "otpauth://totp/Kakeru:chief?") {
		t.Fatalf("enrolment %s: %v", e.URL, err)
	}
	if _, _, err := k.ConfirmTOTP(t.Context(), visit(half), "000000"); !errors.Is(err, ErrCode) {
		t.Fatalf("a made-up code: %v", err)
	}
	whole, codes, err := k.ConfirmTOTP(t.Context(), visit(half), codeAt(t, e.Secret, c.Now()))
	if err != nil || whole.Step != StepDone || whole.Token == half.Token || len(codes) != recoveryCodes {
		t.Fatalf("enrolled: %+v %v", whole, err)
	}
	if _, err := k.Session(t.Context(), half.Token); !errors.Is(err, ErrSignedOut) {
		t.Fatalf("the half session lives on: %v", err)
	}
	f, _ := stores.factors.SecondFactors(t.Context(), "id-chief")
	if bytes.Contains(f.TOTP, []byte(e.Secret)) {
		t.Fatal("the secret is kept in plain")
	}
	for token, data := range stores.sessions {
		if strings.Contains(string(data), e.Secret) {
			t.Fatalf("the secret stands in session %s", token)
		}
	}
}

// TestAHalfSessionRunsOut: the password alone is worth ten minutes of giving the second factor.
func TestAHalfSessionRunsOut(t *testing.T) {
	k, c := newKeeper(t, newStores())
	half := mustSignIn(t, k, "chief", "")
	c.forward(halfLife)
	if _, err := k.BeginTOTP(t.Context(), visit(half), Proof{}); !errors.Is(err, ErrSignedOut) {
		t.Fatalf("after its time: %v", err)
	}
}

// TestACodeIsGoodOnce: one code opens one session, whoever sends it again, at any node, and side by side.
func TestACodeIsGoodOnce(t *testing.T) {
	stores := newStores()
	k, c := newKeeper(t, stores)
	_, secret, _ := enrolled(t, k, c, "anna")
	other, err := NewKeeper(stores.all(), Settings{Cost: cheap, Now: c.Now, Secret: testSecret})
	if err != nil {
		t.Fatal(err)
	}
	// The code of the enrolment itself is used up.
	half := mustSignIn(t, k, "anna", "")
	if half.Step != StepSecond {
		t.Fatalf("step %s", half.Step)
	}
	if _, err := k.Second(t.Context(), visit(half), codeAt(t, secret, c.Now())); !errors.Is(err, ErrUsed) {
		t.Fatalf("the code of the enrolment again: %v", err)
	}
	c.forward(stepSeconds * time.Second)
	code := codeAt(t, secret, c.Now())
	halves := []Session{mustSignIn(t, k, "anna", ""), mustSignIn(t, other, "anna", "")}
	var good, used atomic.Int32
	var both sync.WaitGroup
	for i, keeper := range []*Keeper{k, other} {
		both.Go(func() {
			switch _, err := keeper.Second(t.Context(), visit(halves[i]), code); {
			case err == nil:
				good.Add(1)
			case errors.Is(err, ErrUsed):
				used.Add(1)
			default:
				t.Errorf("%v", err)
			}
		})
	}
	both.Wait()
	if good.Load() != 1 || used.Load() != 1 {
		t.Fatalf("one code opened %d sessions", good.Load())
	}
	// A code of the step before that is refused too, though an app may still show it.
	if _, err := k.Second(t.Context(), visit(mustSignIn(t, k, "anna", "")), codeAt(t, secret, c.Now().Add(-stepSeconds*time.Second))); !errors.Is(err, ErrUsed) {
		t.Fatalf("an older code: %v", err)
	}
}

func TestCodesOfAnotherTime(t *testing.T) {
	k, c := newKeeper(t, newStores())
	_, secret, _ := enrolled(t, k, c, "anna")
	c.forward(time.Hour)
	half := mustSignIn(t, k, "anna", "")
	for off, want := range map[time.Duration]error{-2 * stepSeconds * time.Second: ErrCode, 2 * stepSeconds * time.Second: ErrCode} {
		if _, err := k.Second(t.Context(), visit(half), codeAt(t, secret, c.Now().Add(off))); !errors.Is(err, want) {
			t.Errorf("a code of %s: %v", off, err)
		}
	}
	if _, err := k.Second(t.Context(), visit(half), codeAt(t, secret, c.Now().Add(stepSeconds*time.Second))); !errors.Is(err, ErrCode) {
		t.Errorf("a code whose time has not come: %v", err)
	}
	// As people write it: full-width digits, and a space in the middle.
	code := codeAt(t, secret, c.Now().Add(-stepSeconds*time.Second))
	wide := strings.Map(func(r rune) rune { return r - '0' + '\uff10' }, code)
	if _, err := k.Second(t.Context(), visit(half), " "+wide[:3*len("\uff10")]+" "+wide[3*len("\uff10"):]); err != nil {
		t.Errorf("a code of the half minute before, as a Japanese keyboard writes it: %v", err)
	}
}

func TestWrongCodesAreCounted(t *testing.T) {
	k, c := newKeeper(t, newStores())
	_, secret, _ := enrolled(t, k, c, "anna")
	c.forward(time.Minute)
	for range wrongCodes {
		if _, err := k.Second(t.Context(), visit(mustSignIn(t, k, "anna", "")), "999999"); !errors.Is(err, ErrCode) {
			t.Fatal(err)
		}
	}
	var many *TooMany
	half := mustSignIn(t, k, "anna", "")
	if _, err := k.Second(t.Context(), visit(half), codeAt(t, secret, c.Now())); !errors.As(err, &many) {
		t.Fatalf("one try too many: %v", err)
	}
}

func TestRecoveryCodes(t *testing.T) {
	stores := newStores()
	k, c := newKeeper(t, stores)
	s, _, codes := enrolled(t, k, c, "anna")
	c.forward(time.Minute)
	again := mustSignIn(t, k, "anna", "")
	if _, err := k.Second(t.Context(), visit(again), strings.ToUpper(strings.ReplaceAll(codes[3], "-", " "))); err != nil {
		t.Fatalf("a recovery code as people type it: %v", err)
	}
	if _, err := k.Second(t.Context(), visit(mustSignIn(t, k, "anna", "")), codes[3]); !errors.Is(err, ErrCode) {
		t.Fatalf("the same once more: %v", err)
	}
	// New ones end the old ones, and need the password.
	if _, err := k.NewRecoveryCodes(t.Context(), visit(s), Proof{Password: "wrong"}); !errors.Is(err, ErrPasswordWrong) {
		t.Fatalf("without the password: %v", err)
	}
	if _, err := k.NewRecoveryCodes(t.Context(), visit(s), Proof{Password: password}); !errors.Is(err, ErrFactor) {
		t.Fatalf("with the password alone: %v", err)
	}
	if _, err := k.NewRecoveryCodes(t.Context(), visit(s), Proof{Password: password, Code: codes[0]}); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Second(t.Context(), visit(mustSignIn(t, k, "anna", "")), codes[4]); !errors.Is(err, ErrCode) {
		t.Fatalf("an old one: %v", err)
	}
	// Another person's code is nobody else's.
	_, _, bens := enrolled(t, k, c, "ben")
	if _, err := k.Second(t.Context(), visit(mustSignIn(t, k, "anna", "")), bens[0]); !errors.Is(err, ErrCode) {
		t.Fatalf("somebody else's: %v", err)
	}
}

func TestFactorsAreRemovedAndReset(t *testing.T) {
	k, c := newKeeper(t, newStores())
	chief, _, codes := enrolled(t, k, c, "chief")
	if err := k.RemoveTOTP(t.Context(), visit(chief), Proof{Password: password, Code: codes[0]}); !errors.Is(err, ErrNeeded) {
		t.Fatalf("the last factor of who needs one: %v", err)
	}
	anna, _, codes := enrolled(t, k, c, "anna")
	if err := k.RemoveTOTP(t.Context(), visit(anna), Proof{Password: "wrong"}); !errors.Is(err, ErrPasswordWrong) {
		t.Fatal(err)
	}
	if err := k.RemoveTOTP(t.Context(), visit(anna), Proof{Password: password, Code: codes[1]}); err != nil {
		t.Fatal(err)
	}
	if s := mustSignIn(t, k, "anna", ""); s.Step != StepDone {
		t.Fatalf("after removing: %s", s.Step)
	}
	if err := k.ResetFactors(t.Context(), "id-chief"); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Session(t.Context(), chief.Token); !errors.Is(err, ErrSignedOut) {
		t.Fatalf("a session of who was reset: %v", err)
	}
	if s := mustSignIn(t, k, "chief", ""); s.Step != StepEnrol {
		t.Fatalf("after the reset: %s", s.Step)
	}
	if err := k.ResetFactors(t.Context(), "nobody"); !errors.Is(err, dialer.ErrNotFound) {
		t.Fatal(err)
	}
}

// TestFactorsNeedTheirStep: nothing of signing in can be done out of turn.
func TestFactorsNeedTheirStep(t *testing.T) {
	k, c := newKeeper(t, newStores())
	whole, _, _ := enrolled(t, k, c, "anna")
	half := mustSignIn(t, k, "anna", "")
	for what, err := range map[string]error{
		"a code when signed in":               second(k.Second(t.Context(), visit(whole), "123456")),
		"enrolling with only the password":    second(k.BeginTOTP(t.Context(), visit(half), Proof{Password: password})),
		"a new password before the factor":    second(k.ChangePassword(t.Context(), visit(half), password, "a fresh sentence to know")),
		"a passkey with only the password":    second(k.BeginPasskey(t.Context(), visit(half), Proof{Password: password})),
		"locking a half session":              k.Lock(t.Context(), visit(half)),
		"confirming what was not begun":       third(k.ConfirmTOTP(t.Context(), visit(whole), "123456")),
		"asking for a passkey that is none":   second(k.AskPasskey(t.Context(), visit(half))),
		"answering what a passkey was not":    second(k.SecondByPasskey(t.Context(), visit(half), []byte("{}"))),
		"keeping a passkey that was not made": third(k.FinishPasskey(t.Context(), visit(whole), "x", []byte("{}"))),
	} {
		if !errors.Is(err, ErrStep) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := k.BeginTOTP(t.Context(), visit(whole), Proof{Password: "wrong"}); !errors.Is(err, ErrPasswordWrong) {
		t.Errorf("a stranger at somebody's screen: %v", err)
	}
}

func second[T any](_ T, err error) error        { return err }
func third[T, U any](_ T, _ U, err error) error { return err }

// TestAnotherSecretOpensNothing: what is sealed says so, and tells what to do.
func TestAnotherSecretOpensNothing(t *testing.T) {
	stores := newStores()
	k, c := newKeeper(t, stores)
	_, secret, _ := enrolled(t, k, c, "anna")
	other, err := NewKeeper(stores.all(), Settings{Cost: cheap, Now: c.Now, Secret: bytes.Repeat([]byte{8}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	c.forward(time.Minute)
	if _, err := other.Second(t.Context(), visit(mustSignIn(t, other, "anna", "")), codeAt(t, secret, c.Now())); !errors.Is(err, errOtherKey) {
		t.Fatalf("%v", err)
	}
	if _, err := NewKeeper(stores.all(), Settings{Secret: []byte("short")}); err == nil {
		t.Fatal("a short secret is taken")
	}
	// Moved to another person's row, it is worth nothing either.
	f, _ := stores.factors.SecondFactors(t.Context(), "id-anna")
	if _, err := k.safe.open(f.TOTP, "id-ben"); !errors.Is(err, errOtherKey) {
		t.Fatalf("anna's secret as ben's: %v", err)
	}
}

// TestAnOldHalfSessionReplacesNoFactor: who had the password before its owner enrolled, and kept a half session open, cannot put a second
// factor of their own in place of the owner's.
func TestAnOldHalfSessionReplacesNoFactor(t *testing.T) {
	stores := newStores()
	k, c := newKeeper(t, stores)
	thief := mustSignIn(t, k, "chief", "")
	e, err := k.BeginTOTP(t.Context(), visit(thief), Proof{})
	if err != nil {
		t.Fatal(err)
	}
	enrolled(t, k, c, "chief")
	if s, _, err := k.ConfirmTOTP(t.Context(), visit(thief), codeAt(t, e.Secret, c.Now())); !errors.Is(err, ErrStep) {
		t.Errorf("%v at %v", err, s.Step)
	}
}

// TestASecondFactorEndsWhatWasOpenedWithoutIt: who is signed in with the password alone is out when its owner adds a second factor.
func TestASecondFactorEndsWhatWasOpenedWithoutIt(t *testing.T) {
	stores := newStores()
	k, c := newKeeper(t, stores)
	thief := mustSignIn(t, k, "anna", "")
	own, _, _ := enrolled(t, k, c, "anna")
	if _, err := k.Session(t.Context(), thief.Token); !errors.Is(err, ErrSignedOut) {
		t.Errorf("the other session: %v", err)
	}
	if _, err := k.Session(t.Context(), own.Token); err != nil {
		t.Errorf("one's own: %v", err)
	}
}
