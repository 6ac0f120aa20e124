package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"kakeru/dialer"
)

// Step is what is still to be done before a session is good for anything.
type Step string

// The steps of signing in, in their order.
const (
	StepDone     Step = "done"
	StepSecond   Step = "second_factor" // a second factor is to be given
	StepEnrol    Step = "enrol"         // the role needs one, and there is none yet
	StepPassword Step = "new_password"  // somebody else has set the password, or it is too short for the role
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

// least is how many characters a new password of a role's must have.
func (k *Keeper) least(role dialer.Role) int {
	if k.Need(role) == Required {
		return MinPassword
	}
	return MinPasswordOnly
}

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

// SignIn opens a session under a fresh token; its Step says what more is asked. ErrWrong, ErrByDirectory, *TooMany, or what the
// stores answer.
func (k *Keeper) SignIn(ctx context.Context, try SignIn) (Session, error) {
	tallies, known := k.tallies(ctx, try.Login, try.Visit)
	if wait := k.limiter.take(tallies...); wait > 0 {
		return Session{}, &TooMany{Wait: wait}
	}
	defer k.limiter.over(tallies...)
	user, err := k.users.UserByLogin(ctx, try.Login)
	if plain := normal(try.Login); errors.Is(err, dialer.ErrNotFound) && plain != try.Login {
		user, err = k.users.UserByLogin(ctx, plain) // typed in full-width letters
	}
	if err != nil && !errors.Is(err, dialer.ErrNotFound) {
		k.limiter.forgive(tallies...)
		return Session{}, err
	}
	if err != nil || user.Disabled {
		user.PasswordHash = ""
	}
	whose := ""
	if known {
		whose = plainLogin(try.Login)
	}
	ok, err := k.checker.matches(ctx, try.Password, user.PasswordHash, whose)
	if _, busy := errors.AsType[*TooMany](err); busy {
		k.limiter.giveBack(tallies...) // nothing was compared
	}
	if err != nil {
		return Session{}, err
	}
	if !ok {
		return Session{}, ErrWrong
	}
	k.limiter.forgive(tallies...)
	if k.byDirectoryAlone(user) {
		return Session{}, ErrByDirectory
	}
	// A role, or a setting, may ask for more than it did when the password was made.
	given := how{short: utf8.RuneCountInString(normal(try.Password)) < k.least(user.Role)}
	return k.enter(ctx, user, try.Visit, given)
}

// how is what somebody has given so far of what is asked.
type how struct {
	directory bool // the ward's directory said who it is, and no password
	second    bool // a second factor
	short     bool // the password is shorter than the role asks for
}

// enter opens the session of somebody who has given so much.
func (k *Keeper) enter(ctx context.Context, user dialer.User, v Visit, given how) (Session, error) {
	step, err := k.next(ctx, user, given)
	if err != nil {
		return Session{}, err
	}
	return k.open(ctx, user, v, step, given)
}

// next is the step that a person is at who has given so much.
func (k *Keeper) next(ctx context.Context, user dialer.User, given how) (Step, error) {
	need := k.Need(user.Role)
	if need != Off && !given.second {
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
	if (user.MustChange || given.short) && !given.directory {
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
	given := s.how
	given.second = true
	return k.enter(ctx, user, v, given)
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

// keep changes a session. It is read anew for that, and the lock keeps it apart from ends and uses: what others wrote since the caller has
// read it stays, and one that has ended meanwhile is not written back (ErrSignedOut). ctx is one without a session in it; put's error
// leaves the session as it is.
func (k *Keeper) keep(ctx context.Context, token string, put func(context.Context) error) error {
	k.ending.Lock()
	defer k.ending.Unlock()
	k.known.doubt(token, 0)
	loaded, err := k.manager.Load(ctx, token)
	if err != nil {
		return fmt.Errorf("sessions: %w", err)
	}
	if k.manager.GetString(loaded, keyUser) == "" {
		return ErrSignedOut
	}
	if err := put(loaded); err != nil {
		return err
	}
	_, _, err = k.manager.Commit(loaded)
	return err
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
