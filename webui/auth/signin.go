package auth

import (
	"context"
	"errors"
	"slices"
	"time"

	"kakeru/dialer"
)

// Step is what is still to be done before a session is good for anything.
type Step string

// The steps of signing in, in their order.
const (
	StepDone     Step = "done"
	StepSecond   Step = "second_factor" // a second factor is to be given
	StepEnrol    Step = "enrol"         // the role needs one, and there is none yet
	StepPassword Step = "new_password"  // somebody else has set the password
)

// Steps are all there are.
var Steps = []Step{StepDone, StepSecond, StepEnrol, StepPassword}

func stepFrom(word string) Step {
	if word == "" {
		return StepDone
	}
	return Step(word)
}

// halfLife is how long there is for the steps after the password.
const halfLife = 10 * time.Minute

// Need says whether a role must have a second factor.
type Need string

// The needs of a second factor.
const (
	Optional Need = "optional" // asked of those who have one
	Required Need = "required"
	Off      Need = "none" // asked of nobody
)

// Needs are all there are.
var Needs = []Need{Off, Optional, Required}

// Need is what is needed of a role.
func (k *Keeper) Need(role dialer.Role) Need {
	if n := k.settings.SecondFactor[role]; n != "" {
		return n
	}
	return Optional
}

// ErrStep says that a session is not at the step that what was asked belongs to.
var ErrStep = errors.New("the session is not at this step")

// SignIn is a try to sign in.
type SignIn struct {
	Login    string
	Password string
	Visit
}

// SignIn opens a session under a fresh token; its Step says what more is asked. ErrWrong, *TooMany, or what the stores answer.
func (k *Keeper) SignIn(ctx context.Context, try SignIn) (Session, error) {
	tallies := k.tallies(try.Login, try.Visit)
	if wait := k.limiter.take(tallies...); wait > 0 {
		return Session{}, &TooMany{Wait: wait}
	}
	user, err := k.users.UserByLogin(ctx, try.Login)
	if err != nil && !errors.Is(err, dialer.ErrNotFound) {
		k.limiter.forgive(tallies...)
		return Session{}, err
	}
	if err != nil || user.Disabled {
		user.PasswordHash = ""
	}
	ok, err := k.checker.matches(ctx, try.Password, user.PasswordHash)
	if err != nil {
		return Session{}, err
	}
	if !ok {
		return Session{}, ErrWrong
	}
	k.limiter.forgive(tallies...)
	step, err := k.next(ctx, user, false)
	if err != nil {
		return Session{}, err
	}
	return k.open(ctx, user, try.Visit, step)
}

// next is the step that a person whose password was right is at; proved says that the second factor was given too.
func (k *Keeper) next(ctx context.Context, user dialer.User, proved bool) (Step, error) {
	need := k.Need(user.Role)
	if need != Off && !proved {
		have, err := k.factors.SecondFactors(ctx, user.ID)
		switch {
		case err != nil:
			return "", err
		case have.Any():
			return StepSecond, nil
		case need == Required:
			return StepEnrol, nil
		}
	}
	if user.MustChange {
		return StepPassword, nil
	}
	return StepDone, nil
}

// advance opens the session that follows a half one.
func (k *Keeper) advance(ctx context.Context, v Visit, s Session) (Session, error) {
	user, err := k.users.User(ctx, s.User.ID)
	if err != nil {
		return Session{}, err
	}
	step, err := k.next(ctx, user, true)
	if err != nil {
		return Session{}, err
	}
	return k.open(ctx, user, v, step)
}

// at loads the session of a visit, which must be at one of the steps.
func (k *Keeper) at(ctx context.Context, v Visit, steps ...Step) (context.Context, Session, error) {
	loaded, s, err := k.load(ctx, v.Token, believed)
	if err != nil {
		return ctx, Session{}, err
	}
	if slices.Contains(steps, s.Step) {
		return loaded, s, nil
	}
	return ctx, Session{}, ErrStep
}

// keep writes what was put into a loaded session. The store's lock keeps it apart from ends and uses.
func (k *Keeper) keep(loaded context.Context, put func(context.Context)) error {
	k.ending.Lock()
	defer k.ending.Unlock()
	put(loaded)
	_, _, err := k.manager.Commit(loaded)
	return err
}

// Confirm checks the password of somebody who is signed in, before something that a stranger at their screen must not do.
func (k *Keeper) Confirm(ctx context.Context, v Visit, password string) (dialer.User, error) {
	_, s, err := k.load(ctx, v.Token, believed)
	if err != nil {
		return dialer.User{}, err
	}
	tallies := k.tallies(s.User.Login, v)
	if wait := k.limiter.take(tallies...); wait > 0 {
		return dialer.User{}, &TooMany{Wait: wait}
	}
	user, err := k.users.User(ctx, s.User.ID)
	if err != nil {
		k.limiter.forgive(tallies...)
		return dialer.User{}, err
	}
	ok, err := k.checker.matches(ctx, password, user.PasswordHash)
	if err != nil {
		return dialer.User{}, err
	}
	if !ok {
		return dialer.User{}, ErrPasswordWrong
	}
	k.limiter.forgive(tallies...)
	return user, nil
}

// ErrPasswordWrong says that the password of somebody who is signed in was not right.
var ErrPasswordWrong = errors.New("the password is not right")

// Lock masks a session: it is good for the talk that goes on, until its person has unlocked it.
func (k *Keeper) Lock(ctx context.Context, v Visit) error {
	loaded, _, err := k.at(ctx, v, StepDone)
	if err != nil {
		return err
	}
	return k.keep(loaded, func(ctx context.Context) { k.manager.Put(ctx, keyLock, true) })
}

// Unlock ends a lock by the password. ErrPasswordWrong, *TooMany.
func (k *Keeper) Unlock(ctx context.Context, v Visit, password string) (Session, error) {
	if _, err := k.Confirm(ctx, v, password); err != nil {
		return Session{}, err
	}
	loaded, s, err := k.at(ctx, v, StepDone)
	if err != nil {
		return Session{}, err
	}
	s.Locked = false
	return s, k.keep(loaded, func(ctx context.Context) { k.manager.Remove(ctx, keyLock) })
}

// Way is a way to give a second factor.
type Way string

// The ways, in the order in which they are offered.
const (
	ByPasskey  Way = "passkey"
	ByTOTP     Way = "totp"
	ByRecovery Way = "recovery"
)

// Ways are all there are.
var Ways = []Way{ByPasskey, ByTOTP, ByRecovery}

// WaysOf are the ways that are open to whoever has these factors.
func WaysOf(have dialer.SecondFactors) []Way {
	ways := []Way{}
	if len(have.Passkeys) > 0 {
		ways = append(ways, ByPasskey)
	}
	if len(have.TOTP) > 0 {
		ways = append(ways, ByTOTP)
	}
	if have.Codes > 0 {
		ways = append(ways, ByRecovery)
	}
	return ways
}
