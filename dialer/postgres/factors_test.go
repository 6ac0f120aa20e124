package postgres

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kakeru/dialer"
)

// TestATakenStepIsTakenOnce: however many nodes ask at once.
func TestATakenStepIsTakenOnce(t *testing.T) {
	l := newLedger(t)
	id, err := l.PutUser(t.Context(), dialer.User{Login: "anna", Role: dialer.RoleWard})
	must(t, err)
	must(t, l.PutTOTP(t.Context(), id, dialer.SecondFactors{}, []byte("sealed"), 5))
	var taken atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if fresh, err := l.TakeCodeStep(t.Context(), id, 6); err == nil && fresh {
				taken.Add(1)
			}
		})
	}
	all.Wait()
	if fresh, err := l.TakeCodeStep(t.Context(), id, 5); err != nil || fresh || taken.Load() != 1 {
		t.Errorf("taken %d times, and an older one: %v %v", taken.Load(), fresh, err)
	}
}

func TestFactors(t *testing.T) {
	l := newLedger(t)
	id, err := l.PutUser(t.Context(), dialer.User{Login: "anna", Role: dialer.RoleWard})
	must(t, err)
	other, err := l.PutUser(t.Context(), dialer.User{Login: "ben", Role: dialer.RoleWard})
	must(t, err)
	hash := bytes.Repeat([]byte{1}, 32)
	none := dialer.SecondFactors{}
	wantErr(t, l.PutRecoveryCodes(t.Context(), id, [][]byte{hash}), dialer.ErrNotFound)
	key := dialer.Passkey{ID: []byte("key"), Name: "x", Credential: []byte("{}"), CreatedAt: noon}
	must(t, l.PutPasskey(t.Context(), id, none, key))
	has := dialer.SecondFactors{Passkeys: []dialer.Passkey{key}}
	must(t, l.PutRecoveryCodes(t.Context(), id, [][]byte{hash, bytes.Repeat([]byte{2}, 32)}))
	for _, want := range []bool{true, false} {
		if got, err := l.TakeRecoveryCode(t.Context(), id, hash); err != nil || got != want {
			t.Errorf("a recovery code: %v %v, want %v", got, err, want)
		}
	}
	wantErr(t, l.PutPasskey(t.Context(), other, none, key), dialer.ErrNotFound)
	wantErr(t, l.RemovePasskey(t.Context(), other, none, key.ID), dialer.ErrNotFound)
	wantErr(t, l.RemovePasskey(t.Context(), id, none, key.ID), dialer.ErrFactorsMoved)
	wantErr(t, l.PutTOTP(t.Context(), id, none, []byte("sealed"), 1), dialer.ErrFactorsMoved)
	wantErr(t, l.RemovePasskey(t.Context(), id, has, []byte("another")), dialer.ErrNotFound)
	must(t, l.UsePasskey(t.Context(), id, dialer.Passkey{ID: key.ID, Credential: []byte("{}"), UsedAt: noon}))
	f, err := l.SecondFactors(t.Context(), id)
	if must(t, err); !f.Any() || f.Codes != 1 || len(f.Passkeys) != 1 {
		t.Errorf("%+v", f)
	}
	must(t, l.RemoveFactors(t.Context(), id))
	if f, err = l.SecondFactors(t.Context(), id); err != nil || f.Any() || f.Codes != 0 {
		t.Errorf("after the reset: %+v %v", f, err)
	}
	wantErr(t, l.UsePasskey(t.Context(), id, dialer.Passkey{ID: key.ID, Credential: []byte("{}"), UsedAt: noon}), dialer.ErrNotFound)
}

// TestOfTwoChangesOfFactorsOneIsRefused: two factors are removed at once, by whoever saw both; two half sessions enrol at once; a reset
// and a new factor. Each time one comes too late, and no recovery code is left without a factor.
func TestOfTwoChangesOfFactorsOneIsRefused(t *testing.T) {
	l := newLedger(t)
	for round := range 12 {
		id, err := l.PutUser(t.Context(), dialer.User{Login: fmt.Sprintf("anna%d", round), Role: dialer.RoleWard})
		must(t, err)
		key := dialer.Passkey{ID: fmt.Append(nil, "key", round), Name: "x", Credential: []byte("{}"), CreatedAt: noon}
		none := dialer.SecondFactors{}
		both(t, func() error { return l.PutTOTP(t.Context(), id, none, []byte("sealed"), 5) },
			func() error { return l.PutTOTP(t.Context(), id, none, []byte("another's"), 5) })
		first, err := l.SecondFactors(t.Context(), id)
		must(t, err)
		must(t, l.PutPasskey(t.Context(), id, first, key))
		must(t, l.PutRecoveryCodes(t.Context(), id, [][]byte{bytes.Repeat([]byte{byte(round)}, 32)}))
		has, err := l.SecondFactors(t.Context(), id)
		must(t, err)
		both(t, func() error { return l.RemoveTOTP(t.Context(), id, has) }, func() error { return l.RemovePasskey(t.Context(), id, has, key.ID) })
		left, err := l.SecondFactors(t.Context(), id)
		if must(t, err); !left.Any() || left.Codes != 1 {
			t.Errorf("left: %+v", left)
		}
		var all sync.WaitGroup
		all.Go(func() {
			if err := l.RemoveFactors(t.Context(), id); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			if err := l.PutRecoveryCodes(t.Context(), id, [][]byte{bytes.Repeat([]byte{9}, 32)}); err != nil && !errors.Is(err, dialer.ErrNotFound) {
				t.Error(err)
			}
		})
		all.Go(func() {
			if err := l.PutTOTP(t.Context(), id, left, []byte("a third"), 7); err != nil && !errors.Is(err, dialer.ErrFactorsMoved) {
				t.Error(err)
			}
		})
		all.Wait()
		if f, err := l.SecondFactors(t.Context(), id); err != nil || f.Any() || f.Codes != 0 {
			t.Errorf("after the reset: %+v %v", f, err)
		}
	}
}

// both runs two changes at once, of which one must be refused.
func both(t *testing.T, one, two func() error) {
	t.Helper()
	errs := make([]error, 2)
	var all sync.WaitGroup
	for i, do := range []func() error{one, two} {
		all.Go(func() { errs[i] = do() })
	}
	all.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), dialer.ErrFactorsMoved) {
		t.Errorf("two at once: %v", errs)
	}
}

// TestAnEndedSessionStaysEnded: a node that has not heard of the end writes a use, and brings nothing back.
func TestAnEndedSessionStaysEnded(t *testing.T) {
	l := newLedger(t)
	id, err := l.PutUser(t.Context(), dialer.User{Login: "anna", Role: dialer.RoleWard})
	must(t, err)
	must(t, l.CommitCtx(t.Context(), "token", []byte("one"), noon.Add(time.Hour)))
	must(t, l.DescribeSession(t.Context(), "token", dialer.SessionInfo{User: id, CreatedAt: noon, Address: "192.0.2.1"}))
	list, err := l.SessionsOf(t.Context(), id)
	if must(t, err); len(list) != 1 {
		t.Fatalf("%+v", list)
	}
	must(t, l.EndSession(t.Context(), list[0].ID, id))
	must(t, l.CommitCtx(t.Context(), "token", []byte("two"), noon.Add(time.Hour)))
	if _, found, err := l.FindCtx(t.Context(), "token"); err != nil || found {
		t.Errorf("it came back: %v %v", found, err)
	}
	if live, err := l.LiveSessions(t.Context(), []string{list[0].ID}); err != nil || len(live) != 0 {
		t.Errorf("it lives: %v %v", live, err)
	}
}

// TestOneFirstAdministrator: however many set up at once, at however many nodes.
func TestOneFirstAdministrator(t *testing.T) {
	l := newLedger(t)
	_, err := l.PutUser(t.Context(), dialer.User{Login: "former", Role: dialer.RoleAdmin, Disabled: true})
	must(t, err)
	one := func(login string) error {
		return l.AddFirstAdmin(t.Context(), dialer.User{ID: dialer.UserID(dialer.NewID(noon)), Login: login, Role: dialer.RoleAdmin, PasswordHash: "x", CreatedAt: noon})
	}
	wantErr(t, one("Former"), dialer.ErrLoginTaken)
	var made atomic.Int32
	var all sync.WaitGroup
	for _, login := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		all.Go(func() {
			switch err := one(login); {
			case err == nil:
				made.Add(1)
			case !errors.Is(err, dialer.ErrAdminThere):
				t.Errorf("%s: %v", login, err)
			}
		})
	}
	all.Wait()
	if made.Load() != 1 {
		t.Errorf("%d administrators were made", made.Load())
	}
}

// TestTheNewestSessionsStay: the oldest beyond the bound end; half ones and other people's do not count.
func TestTheNewestSessionsStay(t *testing.T) {
	l := newLedger(t)
	id, err := l.PutUser(t.Context(), dialer.User{Login: "anna", Role: dialer.RoleWard})
	must(t, err)
	other, err := l.PutUser(t.Context(), dialer.User{Login: "ben", Role: dialer.RoleWard})
	must(t, err)
	open := func(token string, of dialer.UserID, after time.Duration, half bool) {
		must(t, l.CommitCtx(t.Context(), token, []byte("x"), l.now().Add(time.Hour)))
		must(t, l.DescribeSession(t.Context(), token, dialer.SessionInfo{User: of, CreatedAt: noon.Add(after), Half: half}))
	}
	open("oldest", id, 0, false)
	open("half", id, -time.Minute, true)
	open("his", other, -time.Minute, false)
	open("second", id, time.Second, false)
	open("third", id, 2*time.Second, false)
	must(t, l.KeepNewest(t.Context(), id, 2))
	for token, want := range map[string]bool{"oldest": false, "half": true, "his": true, "second": true, "third": true} {
		if _, found, err := l.FindCtx(t.Context(), token); err != nil || found != want {
			t.Errorf("%s: there %v, %v", token, found, err)
		}
	}
}

// TestAnAnswerIsTakenOnce: however many nodes ask at once; and what is good for nothing any more is swept away.
func TestAnAnswerIsTakenOnce(t *testing.T) {
	l := newLedger(t)
	var taken atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if fresh, err := l.TakeAnswer(t.Context(), "answer", noon); err == nil && fresh {
				taken.Add(1)
			}
		})
	}
	all.Wait()
	if taken.Load() != 1 {
		t.Errorf("taken %d times", taken.Load())
	}
}

func TestPeopleAreFoundByTheirDirectory(t *testing.T) {
	l := newLedger(t)
	who := dialer.DirectoryName{Of: "https://login.example sub", Name: "0001"}
	id, err := l.PutUser(t.Context(), dialer.User{Login: "anna", Role: dialer.RoleWard, Directory: who})
	must(t, err)
	_, err = l.PutUser(t.Context(), dialer.User{Login: "ben", Role: dialer.RoleWard})
	must(t, err)
	if u, err := l.UserByDirectory(t.Context(), who); err != nil || u.ID != id || u.Directory != who {
		t.Errorf("%+v %v", u, err)
	}
	for _, nobody := range []dialer.DirectoryName{{}, {Of: who.Of}, {Of: "https://other.example sub", Name: "0001"}, {Of: who.Of, Name: "0002"},
		{Of: who.Of, Name: "00\x0001"}, {Of: who.Of, Name: "0001\x00"}} {
		_, err := l.UserByDirectory(t.Context(), nobody)
		wantErr(t, err, dialer.ErrNotFound)
	}
	if _, err := l.PutUser(t.Context(), dialer.User{Login: "cleo", Role: dialer.RoleWard, Directory: who}); err == nil {
		t.Error("two people have one name in the directory")
	}
}
