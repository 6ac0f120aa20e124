package auth

import (
	"context"
	"errors"
	"time"

	"github.com/go-webauthn/webauthn/protocol"

	"kakeru/dialer"
)

// Proof is what somebody who is signed in gives once more, before something that a stranger at their screen must not do.
type Proof struct {
	Password string
	Code     string // a one-time password or a recovery code
	Passkey  []byte // a passkey's answer to AskPasskey
}

var (
	// ErrPasswordWrong says that the password of somebody who is signed in was not right.
	ErrPasswordWrong = errors.New("the password is not right")
	// ErrFactor says that besides the password a second factor is to be given, as the person has one.
	ErrFactor = errors.New("the second factor is needed too")
)

// freshFor is how long a sign-in by the directory stands in for the password, which the person may not have.
const freshFor = 5 * time.Minute

// Confirm checks a proof before something that changes how the person signs in: the password, and a second factor where there is one, so
// that with the password alone nobody at an open screen replaces it. ErrPasswordWrong, ErrByDirectory, ErrFactor, ErrCode, ErrUsed,
// ErrPasskey, *TooMany.
func (k *Keeper) Confirm(ctx context.Context, v Visit, p Proof) (dialer.User, error) {
	_, s, err := k.load(ctx, v.Token, believed)
	if err != nil {
		return dialer.User{}, err
	}
	user, err := k.confirmPerson(ctx, v, s, p.Password)
	if err != nil || k.Need(user.Role) == Off {
		return user, err
	}
	have, err := k.factors.SecondFactors(ctx, user.ID)
	switch {
	case err != nil || !have.Any():
		return user, err
	case p.Passkey != nil:
		return user, k.checkPasskey(ctx, v, s, p.Passkey)
	case p.Code != "":
		return user, k.checkCode(ctx, v, s, p.Code)
	}
	return user, ErrFactor
}

// confirmPerson checks the password; for who came by the directory just now, that stands in for it.
func (k *Keeper) confirmPerson(ctx context.Context, v Visit, s Session, password string) (dialer.User, error) {
	if password != "" {
		return k.confirmPassword(ctx, v, password)
	}
	if !s.how.directory {
		return dialer.User{}, ErrPasswordWrong
	}
	if !k.settings.Now().Before(s.ConfirmedUntil()) {
		return dialer.User{}, ErrByDirectory
	}
	return k.users.User(ctx, s.User.ID)
}

// ConfirmedUntil is until when the sign-in itself stands in for the password; zero when it does not.
func (s Session) ConfirmedUntil() time.Time {
	if !s.how.directory {
		return time.Time{}
	}
	return s.Since.Add(freshFor)
}

// confirmTallies are what the password of somebody who is signed in is counted under: of a whole session its own, whether the browser is still known or not, so
// that strangers who try the login do not bar its person from their own screen.
func (k *Keeper) confirmTallies(ctx context.Context, s Session, v Visit) []tallied {
	if s.Step == StepDone || s.Step == StepPassword {
		return knownTallies("session:"+sessionID(s.Token), s.User.Login)
	}
	tallies, _ := k.tallies(ctx, s.User.Login, v)
	return tallies
}

// confirmPassword checks the password of somebody who is signed in. ErrPasswordWrong, ErrByDirectory, *TooMany.
func (k *Keeper) confirmPassword(ctx context.Context, v Visit, password string) (dialer.User, error) {
	_, s, err := k.load(ctx, v.Token, believed)
	if err != nil {
		return dialer.User{}, err
	}
	tallies := k.confirmTallies(ctx, s, v)
	if wait := k.limiter.take(tallies...); wait > 0 {
		return dialer.User{}, &TooMany{Wait: wait}
	}
	defer k.limiter.over(tallies...)
	user, err := k.users.User(ctx, s.User.ID)
	if err != nil {
		k.limiter.forgive(tallies...)
		return dialer.User{}, err
	}
	ok, err := k.checker.matches(ctx, password, user.PasswordHash, plainLogin(s.User.Login))
	if _, busy := errors.AsType[*TooMany](err); busy {
		k.limiter.giveBack(tallies...) // nothing was compared
	}
	if err != nil {
		return dialer.User{}, err
	}
	if !ok {
		return dialer.User{}, ErrPasswordWrong
	}
	k.limiter.forgive(tallies...)
	if k.byDirectoryAlone(user) { // one from before the directory: who left the ward may know it still
		return dialer.User{}, ErrByDirectory
	}
	return user, nil
}

// Lock masks a session: it is good for the talk that goes on, until its person has unlocked it.
func (k *Keeper) Lock(ctx context.Context, v Visit) error {
	if _, _, err := k.at(ctx, v, StepDone); err != nil {
		return err
	}
	return k.keep(ctx, v.Token, func(loaded context.Context) error {
		k.manager.Put(loaded, keyLock, true)
		k.manager.Remove(loaded, keyAsked) // a question from before might be content with a key that lies there
		return nil
	})
}

// Unlock ends a lock by the password, or by a passkey that has looked who touches it. ErrPasswordWrong, ErrByDirectory, ErrPasskey, *TooMany.
func (k *Keeper) Unlock(ctx context.Context, v Visit, p Proof) (Session, error) {
	_, s, err := k.at(ctx, v, StepDone)
	if err != nil {
		return Session{}, err
	}
	if p.Passkey != nil {
		err = k.checkPasskey(ctx, v, s, p.Passkey)
	} else {
		_, err = k.confirmPassword(ctx, v, p.Password)
	}
	if err != nil {
		return Session{}, err
	}
	s.Locked = false
	return s, k.keep(ctx, v.Token, func(loaded context.Context) error {
		k.manager.Remove(loaded, keyLock)
		k.manager.Put(loaded, keySeen, k.settings.Now().UnixMilli()) // it was left alone no longer
		return nil
	})
}

// verification is what a passkey is asked to know of who touches it: where it stands alone, by a PIN or a finger.
func verification(s Session) protocol.UserVerificationRequirement {
	if s.Locked {
		return protocol.VerificationRequired
	}
	return protocol.VerificationPreferred
}

// WrongSetup counts a wrong code for making the first administrator, by its address alone. A right one is not asked for it: it has 100 bits, so that no number of
// tries finds it, and strangers behind the same address must not use up the right person's. *TooMany.
func (k *Keeper) WrongSetup(v Visit) error { return k.wrongCode("setup:", v) }

// WrongDisplay counts a wrong code of a screen, of 80 bits, as WrongSetup does. Each that is taken is on the record, which keeps all for ever: it must not be a
// stranger's to fill. *TooMany.
func (k *Keeper) WrongDisplay(v Visit) error { return k.wrongCode("display:", v) }

func (k *Keeper) wrongCode(of string, v Visit) error {
	if wait := k.limiter.take(tallied{key: of + networkOf(v.Address), most: wrongSetups}); wait > 0 {
		return &TooMany{Wait: wait}
	}
	return nil
}
