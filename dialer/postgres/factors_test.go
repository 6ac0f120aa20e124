package postgres

import (
	"bytes"
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
	must(t, l.PutTOTP(t.Context(), id, []byte("sealed"), 5))
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
	must(t, l.PutRecoveryCodes(t.Context(), id, [][]byte{hash, bytes.Repeat([]byte{2}, 32)}))
	for _, want := range []bool{true, false} {
		if got, err := l.TakeRecoveryCode(t.Context(), id, hash); err != nil || got != want {
			t.Errorf("a recovery code: %v %v, want %v", got, err, want)
		}
	}
	key := dialer.Passkey{ID: []byte("key"), Name: "x", Credential: []byte("{}"), CreatedAt: noon}
	must(t, l.PutPasskey(t.Context(), id, key))
	wantErr(t, l.PutPasskey(t.Context(), other, key), dialer.ErrNotFound)
	wantErr(t, l.RemovePasskey(t.Context(), other, key.ID), dialer.ErrNotFound)
	f, err := l.SecondFactors(t.Context(), id)
	if must(t, err); !f.Any() || f.Codes != 1 || len(f.Passkeys) != 1 {
		t.Errorf("%+v", f)
	}
	must(t, l.RemoveFactors(t.Context(), id))
	if f, err = l.SecondFactors(t.Context(), id); err != nil || f.Any() || f.Codes != 0 {
		t.Errorf("after the reset: %+v %v", f, err)
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
