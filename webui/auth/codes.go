package auth

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"image/png"
	"slices"
	"strings"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"kakeru/dialer"
)

var (
	// ErrCode says that a code is no second factor of the person's.
	ErrCode = errors.New("the code is not right")
	// ErrUsed says that a code was right, and was used before: each is good once.
	ErrUsed = errors.New("the code was used already; wait for the next")
	// ErrNeeded says that the role must keep a second factor.
	ErrNeeded = errors.New("the role needs a second factor")
)

// One-time passwords as every app makes them (RFC 6238): six digits, half a minute, and one more for typing.
const (
	stepSeconds  = 30
	graceSteps   = 1  // back only: an app whose clock is ahead shows a code whose time has not come
	secretLength = 20 // bytes: RFC 4226 §4 R6
	qrPixels     = 264
	issuer       = "Kakeru"
)

// Enrolment is what an authenticator app needs. QR is a PNG.
type Enrolment struct {
	Secret string
	URL    string
	QR     []byte
}

// BeginTOTP makes a secret for one-time passwords, which counts once ConfirmTOTP was given a code of it. Who is signed in gives a
// proof again; at StepEnrol the password was given just now.
func (k *Keeper) BeginTOTP(ctx context.Context, v Visit, p Proof) (Enrolment, error) {
	s, err := k.enrolling(ctx, v, p)
	if err != nil {
		return Enrolment{}, err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: s.User.Login, SecretSize: secretLength, Period: stepSeconds})
	if err != nil {
		return Enrolment{}, fmt.Errorf("making a secret: %w", err)
	}
	picture, err := key.Image(qrPixels, qrPixels)
	if err != nil {
		return Enrolment{}, fmt.Errorf("drawing a QR code: %w", err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return Enrolment{}, fmt.Errorf("drawing a QR code: %w", err)
	}
	sealed := k.safe.seal([]byte(key.Secret()), string(s.User.ID))
	err = k.keep(ctx, v.Token, func(loaded context.Context) error {
		k.manager.Put(loaded, keyTOTP, sealed)
		return nil
	})
	return Enrolment{Secret: key.Secret(), URL: key.URL(), QR: b.Bytes()}, err
}

// enrolling is a session that may add a second factor.
func (k *Keeper) enrolling(ctx context.Context, v Visit, p Proof) (Session, error) {
	_, s, err := k.at(ctx, v, StepDone, StepEnrol)
	if err != nil || s.Step == StepEnrol {
		return s, err
	}
	_, err = k.Confirm(ctx, v, p)
	return s, err
}

// ConfirmTOTP takes the first code of a secret that was begun. From then on one is asked for. It returns new recovery codes, shown this
// once, and the session, which at StepEnrol is another one. ErrCode, ErrStep when none was begun, *TooMany.
func (k *Keeper) ConfirmTOTP(ctx context.Context, v Visit, code string) (Session, []string, error) {
	loaded, s, have, err := k.mayEnrol(ctx, v)
	if err != nil {
		return Session{}, nil, err
	}
	sealed := k.manager.GetBytes(loaded, keyTOTP)
	if sealed == nil {
		return Session{}, nil, ErrStep
	}
	tallies := k.codeTallies(ctx, s.User.Login, v)
	if wait := k.limiter.take(tallies...); wait > 0 {
		return Session{}, nil, &TooMany{Wait: wait}
	}
	defer k.limiter.over(tallies...)
	step, err := k.stepOf(s.User.ID, sealed, code)
	if err != nil {
		return Session{}, nil, err
	}
	k.limiter.forgive(tallies...)
	if err := k.factors.PutTOTP(ctx, s.User.ID, have, sealed, step); err != nil {
		return Session{}, nil, moved(err)
	}
	return k.enrolled(ctx, v, s)
}

// mayEnrol loads a session that adds a second factor now, and the factors that are there. It refuses a half session whose person has
// enrolled meanwhile, in another: with the password alone nobody replaces a second factor that is there. The session is asked for again after
// the factors were seen: who resets them ends the sessions first, so that what was seen before the reset is refused as moved.
func (k *Keeper) mayEnrol(ctx context.Context, v Visit) (loaded context.Context, s Session, have dialer.SecondFactors, err error) {
	if _, s, err = k.at(ctx, v, StepDone, StepEnrol); err != nil {
		return ctx, s, have, err
	}
	if have, err = k.factors.SecondFactors(ctx, s.User.ID); err != nil {
		return ctx, s, have, err
	}
	k.known.doubt(v.Token, 0) // another node may have ended it
	loaded, s, err = k.at(ctx, v, StepDone, StepEnrol)
	if err == nil && s.Step == StepEnrol && have.Any() {
		err = ErrStep
	}
	return loaded, s, have, err
}

// moved tells of factors that were changed meanwhile as of anything else that was.
func moved(err error) error {
	if errors.Is(err, dialer.ErrFactorsMoved) {
		return ErrMoved
	}
	return err
}

// enrolled goes on after a second factor was added: new recovery codes, and the next step.
func (k *Keeper) enrolled(ctx context.Context, v Visit, s Session) (Session, []string, error) {
	codes, err := k.newCodes(ctx, s.User.ID)
	if err != nil {
		return Session{}, nil, err
	}
	if s.Step == StepEnrol {
		s, err = k.advance(ctx, v, s)
		return s, codes, err
	}
	// Whoever else is signed in as this person was never asked for it.
	if err := k.EndSessionsOf(ctx, s.User.ID, v.Token); err != nil {
		return Session{}, nil, err
	}
	_, s, err = k.at(ctx, v, StepDone)
	if err != nil {
		return Session{}, nil, err
	}
	err = k.keep(ctx, v.Token, func(loaded context.Context) error {
		k.manager.Remove(loaded, keyTOTP)
		k.manager.Remove(loaded, keyAsked)
		k.manager.Remove(loaded, keyMake)
		return nil
	})
	return s, codes, err
}

// stepOf finds the step that a code is of. ErrCode when it is of none near now.
func (k *Keeper) stepOf(user dialer.UserID, sealed []byte, code string) (int64, error) {
	secret, err := k.safe.open(sealed, string(user))
	if err != nil {
		return 0, err
	}
	now := k.settings.Now().Unix() / stepSeconds
	found := int64(-1)
	for step := now - graceSteps; step <= now; step++ {
		want, err := hotp.GenerateCodeCustom(string(secret), uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}) //nolint:gosec // after 1970
		if err != nil {
			return 0, fmt.Errorf("a one-time password's secret: %w", err)
		}
		if hmac.Equal([]byte(want), []byte(code)) {
			found = step
		}
	}
	if found < 0 {
		return 0, ErrCode
	}
	return found, nil
}

// Second gives a one-time password or a recovery code at StepSecond, and returns the session that follows. ErrCode, ErrUsed, *TooMany.
func (k *Keeper) Second(ctx context.Context, v Visit, code string) (Session, error) {
	_, s, err := k.at(ctx, v, StepSecond)
	if err != nil {
		return Session{}, err
	}
	if err := k.checkCode(ctx, v, s, code); err != nil {
		return Session{}, err
	}
	return k.advance(ctx, v, s)
}

// checkCode takes a code of either kind, and counts wrong ones.
func (k *Keeper) checkCode(ctx context.Context, v Visit, s Session, code string) error {
	tallies := k.codeTallies(ctx, s.User.Login, v)
	if wait := k.limiter.take(tallies...); wait > 0 {
		return &TooMany{Wait: wait}
	}
	defer k.limiter.over(tallies...)
	if err := k.takeCode(ctx, s.User.ID, code); err != nil {
		return err
	}
	k.limiter.forgive(tallies...)
	return nil
}

// takeCode uses up a code of either kind.
func (k *Keeper) takeCode(ctx context.Context, user dialer.UserID, code string) error {
	code = plainCode(code)
	if len(code) == recoveryLength || len(code) == formerLength {
		taken, err := k.factors.TakeRecoveryCode(ctx, user, k.recoveryHash(user, code))
		if err == nil && !taken {
			err = ErrCode
		}
		return err
	}
	have, err := k.factors.SecondFactors(ctx, user)
	if err != nil {
		return err
	}
	if len(have.TOTP) == 0 {
		return ErrCode
	}
	step, err := k.stepOf(user, have.TOTP, code)
	if err != nil {
		return err
	}
	fresh, err := k.factors.TakeCodeStep(ctx, user, step)
	if err == nil && !fresh {
		err = ErrUsed
	}
	return err
}

// plainCode is a code without what people write between its parts. Full-width digits are what a Japanese keyboard makes.
func plainCode(code string) string {
	return strings.NewReplacer(" ", "", "-", "").Replace(strings.ToLower(normal(strings.TrimSpace(code))))
}

// Recovery codes: as many, of so many characters of base 32. With 120 bits each, what is kept of one needs no slow hash (NIST SP
// 800-63B-4 §3.1.2.1: 112); those made before had ten characters, and are good until they are made anew.
const (
	recoveryCodes  = 10
	recoveryLength = 24
	recoveryGroup  = 4
	formerLength   = 10
)

// newCodes makes recovery codes instead of those there were.
func (k *Keeper) newCodes(ctx context.Context, user dialer.UserID) ([]string, error) {
	codes, hashes := make([]string, 0, recoveryCodes), make([][]byte, 0, recoveryCodes)
	for range recoveryCodes {
		raw := make([]byte, recoveryLength*5/8)
		_, _ = rand.Read(raw) // never fails (crypto/rand)
		code := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw))
		var groups []string
		for group := range slices.Chunk([]byte(code), recoveryGroup) {
			groups = append(groups, string(group))
		}
		codes = append(codes, strings.Join(groups, "-"))
		hashes = append(hashes, k.recoveryHash(user, code))
	}
	err := k.factors.PutRecoveryCodes(ctx, user, hashes)
	if errors.Is(err, dialer.ErrNotFound) {
		err = ErrMoved // the last factor was removed meanwhile
	}
	return codes, err
}

func (k *Keeper) recoveryHash(user dialer.UserID, code string) []byte {
	return k.safe.mac("recovery", string(user)+"\x00"+code)
}

// NewRecoveryCodes makes new recovery codes for somebody who is signed in and gives a proof; the old ones are good for nothing.
// ErrStep when there is no second factor that they could stand in for.
func (k *Keeper) NewRecoveryCodes(ctx context.Context, v Visit, p Proof) ([]string, error) {
	user, err := k.Confirm(ctx, v, p)
	if err != nil {
		return nil, err
	}
	have, err := k.factors.SecondFactors(ctx, user.ID)
	if err != nil {
		return nil, err
	}
	if !have.Any() {
		return nil, ErrStep
	}
	return k.newCodes(ctx, user.ID)
}

// Factors are a person's second factors.
func (k *Keeper) Factors(ctx context.Context, user dialer.UserID) (dialer.SecondFactors, error) {
	return k.factors.SecondFactors(ctx, user)
}

// RemoveTOTP removes one's own one-time passwords. ErrNeeded when that is the last factor of a role that needs one.
func (k *Keeper) RemoveTOTP(ctx context.Context, v Visit, p Proof) error {
	user, err := k.Confirm(ctx, v, p)
	if err != nil {
		return err
	}
	have, err := k.factors.SecondFactors(ctx, user.ID)
	if err != nil {
		return err
	}
	left := have
	left.TOTP = nil
	if err := k.enough(user, left); err != nil {
		return err
	}
	return moved(k.factors.RemoveTOTP(ctx, user.ID, have))
}

// enough refuses to leave a person with fewer factors than the role needs.
func (k *Keeper) enough(user dialer.User, left dialer.SecondFactors) error {
	if !left.Any() && k.Need(user.Role) == Required {
		return ErrNeeded
	}
	return nil
}

// ResetFactors removes all second factors of another person, who has lost them, and ends their sessions: before, so that whoever sits in
// one of them adds none just then (mayEnrol), and after, for what was opened by a factor that is gone.
func (k *Keeper) ResetFactors(ctx context.Context, user dialer.UserID) error {
	if _, err := k.users.User(ctx, user); err != nil {
		return err
	}
	if err := k.EndSessionsOf(ctx, user, ""); err != nil {
		return err
	}
	if err := k.factors.RemoveFactors(ctx, user); err != nil {
		return err
	}
	return k.EndSessionsOf(ctx, user, "")
}
