package auth

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"kakeru/dialer"
)

// TestAFactorIsNotReplacedByThePassword: whoever knows the password and stands at an open screen changes nothing about the second factor,
// neither replaces nor removes it, nor makes recovery codes; with a code, or the passkey, its person does.
func TestAFactorIsNotReplacedByThePassword(t *testing.T) {
	k, c := newKeeper(t, newStores())
	s, secret, codes := enrolled(t, k, c, "anna")
	c.forward(time.Minute)
	changes := map[string]func(p Proof) error{
		"replacing it by an app":  func(p Proof) error { return second(k.BeginTOTP(t.Context(), visit(s), p)) },
		"adding a passkey":        func(p Proof) error { return second(k.BeginPasskey(t.Context(), visit(s), p)) },
		"making recovery codes":   func(p Proof) error { return second(k.NewRecoveryCodes(t.Context(), visit(s), p)) },
		"removing it":             func(p Proof) error { return k.RemoveTOTP(t.Context(), visit(s), p) },
		"removing another factor": func(p Proof) error { return k.RemovePasskey(t.Context(), visit(s), p, "AAAA") },
	}
	for what, change := range changes {
		for proof, want := range map[*Proof]error{
			{Password: password}: ErrFactor, {Password: "wrong", Code: codes[0]}: ErrPasswordWrong, {Code: codes[0]}: ErrPasswordWrong, {}: ErrPasswordWrong,
			{Password: password, Passkey: []byte("{}")}: ErrStep,
		} {
			if err := change(*proof); !errors.Is(err, want) {
				t.Errorf("%s with %+v: %v, want %v", what, *proof, err, want)
			}
		}
		for browser := range k.limiter.younger { // the wrong ones above are not what is tried here
			delete(k.limiter.younger, browser)
		}
	}
	if f, _ := k.Factors(t.Context(), "id-anna"); len(f.TOTP) == 0 || f.Codes != recoveryCodes {
		t.Fatalf("something changed: %d codes", f.Codes)
	}
	if err := k.RemoveTOTP(t.Context(), visit(s), Proof{Password: password, Code: "000000"}); !errors.Is(err, ErrCode) {
		t.Errorf("with a made-up code: %v", err)
	}
	if err := k.RemoveTOTP(t.Context(), visit(s), Proof{Password: password, Code: codeAt(t, secret, c.Now())}); err != nil {
		t.Errorf("with its own code: %v", err)
	}
}

// withPasskey is a supervisor who has enrolled a passkey, and is signed in by it.
func withPasskey(t *testing.T) (*Keeper, *authenticator, Session) {
	t.Helper()
	k, _ := newKeeper(t, newStores())
	a := newAuthenticator(t)
	half := mustSignIn(t, k, "chief", "")
	question, err := k.BeginPasskey(t.Context(), visit(half), Proof{})
	if err != nil {
		t.Fatal(err)
	}
	s, _, err := k.FinishPasskey(t.Context(), visit(half), "鍵", a.create(question))
	if err != nil {
		t.Fatal(err)
	}
	return k, a, s
}

// TestAQuestionMakesNoPasskey: the question that shows whose a passkey is takes no proof, so what it asked makes none.
func TestAQuestionMakesNoPasskey(t *testing.T) {
	k, a, s := withPasskey(t)
	asked, err := k.AskPasskey(t.Context(), visit(s))
	if err != nil {
		t.Fatal(err)
	}
	thief := newAuthenticator(t)
	thief.id = []byte("a thief's")
	if _, _, err := k.FinishPasskey(t.Context(), visit(s), "x", thief.create(asked)); !errors.Is(err, ErrStep) {
		t.Fatalf("a passkey was made of it: %v", err)
	}
	if _, err := k.NewRecoveryCodes(t.Context(), visit(s), Proof{Password: password, Passkey: a.get(asked)}); err != nil {
		t.Errorf("the passkey as a proof: %v", err)
	}
}

// TestUnlockingByAPasskey: where it stands alone, the passkey must have seen who touches it; and what it was asked before the lock does
// not unlock.
func TestUnlockingByAPasskey(t *testing.T) {
	k, a, s := withPasskey(t)
	ask := func() []byte {
		t.Helper()
		question, err := k.AskPasskey(t.Context(), visit(s))
		if err != nil {
			t.Fatal(err)
		}
		return question
	}
	before := ask()
	if err := k.Lock(t.Context(), visit(s)); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Unlock(t.Context(), visit(s), Proof{Passkey: a.get(before)}); !errors.Is(err, ErrStep) {
		t.Errorf("by a question from before: %v", err)
	}
	question := ask()
	if !bytes.Contains(question, []byte(`"userVerification":"required"`)) {
		t.Errorf("asked %s", question)
	}
	touched := *a
	touched.flags = userPresent
	if _, err := k.Unlock(t.Context(), visit(s), Proof{Passkey: touched.get(question)}); !errors.Is(err, ErrPasskey) {
		t.Errorf("by a key that lay there: %v", err)
	}
	if now, err := k.Unlock(t.Context(), visit(s), Proof{}); !errors.Is(err, ErrPasswordWrong) {
		t.Errorf("by nothing: %v %v", err, now.Locked)
	}
	if now, err := k.Unlock(t.Context(), visit(s), Proof{Passkey: a.get(ask())}); err != nil || now.Locked {
		t.Errorf("by the passkey: %v", err)
	}
	if now, err := k.Session(t.Context(), s.Token); err != nil || now.Locked {
		t.Errorf("it is still locked: %v", err)
	}
}

// TestAShortPasswordIsChangedAtTheNextSignIn: a role that asks for longer ones than the person has, whether the role or the setting
// changed; also where a second factor comes in between.
func TestAShortPasswordIsChangedAtTheNextSignIn(t *testing.T) {
	stores := newStores()
	k, c := newKeeper(t, stores)
	const short = "eleven chars"
	hash, err := HashPassword(short, cheap)
	if err != nil {
		t.Fatal(err)
	}
	raise := func(login string, role dialer.Role) {
		stores.set(func() {
			u := stores.users[dialer.UserID("id-"+login)]
			u.PasswordHash, u.Role = hash, role
			stores.users[u.ID] = u
		})
		k.PersonChanged(dialer.UserID("id-" + login))
	}
	signIn := func(login, word string) Session {
		t.Helper()
		s, err := k.SignIn(t.Context(), SignIn{Login: login, Password: word, Visit: Visit{Address: "192.0.2.1"}})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	raise("anna", dialer.RoleAdmin)
	half := signIn("anna", short)
	e, err := k.BeginTOTP(t.Context(), visit(half), Proof{})
	if err != nil {
		t.Fatal(err)
	}
	if s, _, err := k.ConfirmTOTP(t.Context(), visit(half), codeAt(t, e.Secret, c.Now())); err != nil || s.Step != StepDone {
		t.Fatalf("an administrator, of whom 8 characters and a factor are asked: %v at %v", err, s.Step)
	}
	raise("anna", dialer.RoleSupervisor) // of whom the keeper of these tests asks no factor, and so 15 characters
	c.forward(time.Minute)
	half = signIn("anna", short)
	if half.Step != StepSecond {
		t.Fatalf("first the factor: %v", half.Step)
	}
	next, err := k.Second(t.Context(), visit(half), codeAt(t, e.Secret, c.Now()))
	if err != nil || next.Step != StepPassword {
		t.Fatalf("then a longer password: %v at %v", err, next.Step)
	}
	if _, err := k.ChangePassword(t.Context(), visit(next), short, "also short"); !errors.Is(err, ErrPassword) {
		t.Errorf("another short one: %v", err)
	}
	done, err := k.ChangePassword(t.Context(), visit(next), short, "a sentence that is long enough")
	if err != nil || done.Step != StepDone {
		t.Fatalf("the longer one: %v at %v", err, done.Step)
	}
	raise("ben", dialer.RoleOperator)
	if s := signIn("ben", short); s.Step != StepPassword {
		t.Errorf("an operator with a short one: %v", s.Step)
	}
}

// TestOnePersonsSessionsAreBounded: one more than the bound ends the oldest, and whoever waits for its end is told.
func TestOnePersonsSessionsAreBounded(t *testing.T) {
	k, c := newKeeper(t, newStores())
	first := mustSignIn(t, k, "anna", "")
	ended, forget := k.Ended(first.Token)
	defer forget()
	bens := mustSignIn(t, k, "ben", "")
	var last Session
	for range mostSessions - 1 {
		c.forward(time.Second)
		last = mustSignIn(t, k, "anna", "")
	}
	if _, err := k.Session(t.Context(), first.Token); err != nil {
		t.Fatalf("at the bound: %v", err)
	}
	c.forward(time.Second)
	mustSignIn(t, k, "anna", "")
	select {
	case <-ended:
	default:
		t.Error("nobody was told")
	}
	for what, s := range map[string]Session{"the newest": last, "somebody else's": bens} {
		if _, err := k.Session(t.Context(), s.Token); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := k.Session(t.Context(), first.Token); !errors.Is(err, ErrSignedOut) {
		t.Errorf("the oldest: %v", err)
	}
	if list, err := k.Sessions(context.Background(), "id-anna"); err != nil || len(list) != mostSessions {
		t.Errorf("%d sessions: %v", len(list), err)
	}
}

// TestRecoveryCodesAreLong: 120 bits, so that what is kept of one needs no slow hash; those of before, of 50, are good until made anew.
func TestRecoveryCodesAreLong(t *testing.T) {
	stores := newStores()
	k, c := newKeeper(t, stores)
	_, _, codes := enrolled(t, k, c, "anna")
	seen := map[string]bool{}
	for _, code := range codes {
		if plain := plainCode(code); len(plain)*5 < 112 || seen[plain] {
			t.Errorf("%d characters", len(plain))
		}
		seen[plainCode(code)] = true
	}
	if err := stores.factors.PutRecoveryCodes(t.Context(), "id-anna", [][]byte{k.recoveryHash("id-anna", "abcde23456")}); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Second(t.Context(), visit(mustSignIn(t, k, "anna", "")), "abcde-23456"); err != nil {
		t.Errorf("one of before: %v", err)
	}
}

// TestAPasskeyGivenBySQLUnlocksNothing: whoever can write in the store has a passkey of their own be another's, and stands before that one's locked screen. With
// the password, which they have not, it would be a second factor; and from then on it is the person's.
func TestAPasskeyGivenBySQLUnlocksNothing(t *testing.T) {
	stores := newStores()
	k, _ := newKeeper(t, stores)
	thief, a := mustSignIn(t, k, "anna", ""), newAuthenticator(t)
	question, err := k.BeginPasskey(t.Context(), visit(thief), Proof{Password: password})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err = k.FinishPasskey(t.Context(), visit(thief), "鍵", a.create(question)); err != nil {
		t.Fatal(err)
	}
	s := mustSignIn(t, k, "ben", "")
	theirs, err := stores.factors.SecondFactors(t.Context(), thief.User.ID)
	if err != nil {
		t.Fatal(err)
	}
	planted := theirs.Passkeys[0]
	if plain, err := k.safe.open(planted.Credential, "passkey "+string(thief.User.ID)); err == nil {
		planted.Credential = plain // as the store had it before passkeys were sealed
	}
	if err := stores.factors.RemoveFactors(t.Context(), thief.User.ID); err != nil {
		t.Fatal(err)
	}
	if err := stores.factors.PutPasskey(t.Context(), s.User.ID, dialer.SecondFactors{}, planted); err != nil {
		t.Fatal(err)
	}
	if err := k.Lock(t.Context(), visit(s)); err != nil {
		t.Fatal(err)
	}
	question, err = k.AskPasskey(t.Context(), visit(s))
	if err != nil {
		t.Fatal(err)
	}
	if now, err := k.Unlock(t.Context(), visit(s), Proof{Passkey: a.get(question)}); !errors.Is(err, ErrPasskey) {
		t.Errorf("unlocked by it: %v, locked %v", err, now.Locked)
	}
}
