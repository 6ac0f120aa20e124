package auth

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kakeru/dialer"
)

func TestTooManyWrongSignIns(t *testing.T) {
	k, c := newKeeper(t, newStores())
	try := func(login, password, address string) error {
		_, err := k.SignIn(t.Context(), SignIn{Login: login, Password: password, Visit: Visit{Address: address}})
		return err
	}
	for i := range wrongPerLogin {
		if err := try("ANNA", "wrong", fmt.Sprint(i)); !errors.Is(err, ErrWrong) {
			t.Fatal(err)
		}
	}
	var many *TooMany
	if err := try("anna", password, "elsewhere"); !errors.As(err, &many) || many.Wait != wrongWindow {
		t.Fatalf("one try too many: %v", err)
	}
	if err := try("ben", password, "1"); err != nil {
		t.Fatalf("another login: %v", err)
	}
	c.forward(wrongWindow)
	if err := try("anna", password, "elsewhere"); err != nil {
		t.Fatalf("after the wait: %v", err)
	}
}

func TestARightSignInForgives(t *testing.T) {
	l := newLimiter(time.Now)
	for range 100 {
		for range wrongPerLogin - 1 {
			if wait := l.take(strangers("anna", "a")...); wait > 0 {
				return // the address has had enough, as it should in the end
			}
			l.over(strangers("anna", "a")...)
		}
		l.take(strangers("anna", "a")...)
		l.forgive(strangers("anna", "a")...)
		l.over(strangers("anna", "a")...)
	}
	t.Fatal("wrong tries of one address are never counted")
}

// TestARightSignInForgivesNoneUnderWay: what is still compared stays counted when one beside it was right, and no more are taken than that leaves room for.
func TestARightSignInForgivesNoneUnderWay(t *testing.T) {
	l := newLimiter(time.Now)
	own := tallied{key: "browser:a", most: wrongPerLogin, own: true}
	for range wrongPerLogin {
		l.take(own)
	}
	l.forgive(own)
	l.over(own)
	if l.take(own) > 0 || l.take(own) == 0 {
		t.Error("the right one has left room for other than one")
	}
	for range wrongPerLogin - 1 { // right ones
		l.forgive(own)
		l.over(own)
	}
	l.forgive(own)
	l.over(own)
	if len(l.younger) > 0 {
		t.Errorf("kept when none is under way: %v", l.younger)
	}
}

func TestAddressesAreLimitedToo(t *testing.T) {
	l := newLimiter(time.Now)
	for i := range wrongPerAddress {
		if l.take(strangers(fmt.Sprint("login", i), "192.0.2.9")...) > 0 {
			t.Fatalf("try %d had to wait", i)
		}
	}
	if l.take(strangers("one more", "192.0.2.9")...) == 0 {
		t.Fatal("an address may try logins without end")
	}
	if l.take(strangers("one more", "192.0.2.10")...) > 0 {
		t.Fatal("another address has to wait")
	}
}

// TestLimiterIsBounded: whoever makes up logins and addresses cannot fill the memory.
func TestLimiterIsBounded(t *testing.T) {
	c := &clock{now: time.Date(2026, 11, 24, 10, 0, 0, 0, dialer.Tokyo)}
	l := newLimiter(c.Now)
	for i := range talliesKept * 2 {
		l.take(strangers(fmt.Sprint("l", i), fmt.Sprint("a", i))...)
		if i%1000 == 0 {
			c.forward(time.Second)
		}
		if kept := len(l.younger) + len(l.older); kept > talliesKept {
			t.Fatalf("%d tallies are kept", kept)
		}
	}
}

// TestLimiterNeverLetsMoreThrough: in any order of tries, right ones and time passing, no login has more wrong tries in
// a window than allowed.
func TestLimiterNeverLetsMoreThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &clock{now: time.Unix(0, 0)}
		l := newLimiter(c.Now)
		wrong := map[string][]time.Time{}
		for range rapid.IntRange(1, 120).Draw(t, "tries") {
			login := rapid.SampledFrom([]string{"anna", "ben"}).Draw(t, "login")
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				if l.take(strangers(login, "a")...) == 0 {
					l.forgive(strangers(login, "a")...)
					l.over(strangers(login, "a")...)
					wrong[login] = nil
				}
			case 1:
				c.forward(time.Duration(rapid.IntRange(1, 1200).Draw(t, "seconds")) * time.Second)
			default:
				if l.take(strangers(login, "a")...) == 0 {
					l.over(strangers(login, "a")...)
					wrong[login] = append(wrong[login], c.Now())
				}
			}
			recent := 0
			for _, at := range wrong[login] {
				if c.Now().Sub(at) < wrongWindow/2 {
					recent++
				}
			}
			if recent > 2*wrongPerLogin {
				t.Fatalf("%d wrong tries of %s in half a window", recent, login)
			}
		}
	})
}
