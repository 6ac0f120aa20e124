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

// One-time passwords as every app makes them (RFC 6238): six digits, half a minute, one step of grace on either side.
const (
	stepSeconds  = 30
	graceSteps   = 1
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

// BeginTOTP makes a secret for one-time passwords, which counts once ConfirmTOTP was given a code of it. Who is signed in gives the
// password again; at StepEnrol it was given just now.
func (k *Keeper) BeginTOTP(ctx context.Context, v Visit, password string) (Enrolment, error) {
	loaded, s, err := k.enrolling(ctx, v, password)
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
	err = k.keep(loaded, func(ctx context.Context) { k.manager.Put(ctx, keyTOTP, sealed) })
	return Enrolment{Secret: key.Secret(), URL: key.URL(), QR: b.Bytes()}, err
}

// enrolling loads a session that may add a second factor.
func (k *Keeper) enrolling(ctx context.Context, v Visit, password string) (context.Context, Session, error) {
	loaded, s, err := k.at(ctx, v, StepDone, StepEnrol)
	if err == nil && s.Step == StepDone {
		_, err = k.Confirm(ctx, v, password)
	}
	return loaded, s, err
}

// ConfirmTOTP takes the first code of a secret that was begun. From then on one is asked for. It returns new recovery codes, shown this
// once, and the session, which at StepEnrol is another one. ErrCode, ErrStep when none was begun, *TooMany.
func (k *Keeper) ConfirmTOTP(ctx context.Context, v Visit, code string) (Session, []string, error) {
	loaded, s, err := k.at(ctx, v, StepDone, StepEnrol)
	if err != nil {
		return Session{}, nil, err
	}
	if err := k.mayEnrol(ctx, s); err != nil {
		return Session{}, nil, err
	}
	sealed := k.manager.GetBytes(loaded, keyTOTP)
	if sealed == nil {
		return Session{}, nil, ErrStep
	}
	tallies := k.codeTallies(s.User.Login, v)
	if wait := k.limiter.take(tallies...); wait > 0 {
		return Session{}, nil, &TooMany{Wait: wait}
	}
	step, err := k.stepOf(s.User.ID, sealed, code)
	if err != nil {
		return Session{}, nil, err
	}
	k.limiter.forgive(tallies...)
	if err := k.factors.PutTOTP(ctx, s.User.ID, sealed, step); err != nil {
		return Session{}, nil, err
	}
	return k.enrolled(ctx, v, s)
}

// mayEnrol refuses a half session whose person has enrolled meanwhile, in another: with the password alone nobody replaces a second factor
// that is there.
func (k *Keeper) mayEnrol(ctx context.Context, s Session) error {
	if s.Step != StepEnrol {
		return nil
	}
	have, err := k.factors.SecondFactors(ctx, s.User.ID)
	if err == nil && have.Any() {
		return ErrStep
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
	loaded, s, err := k.at(ctx, v, StepDone)
	if err != nil {
		return Session{}, nil, err
	}
	err = k.keep(loaded, func(ctx context.Context) {
		k.manager.Remove(ctx, keyTOTP)
		k.manager.Remove(ctx, keyAsked)
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
	for step := now - graceSteps; step <= now+graceSteps; step++ {
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
	tallies := k.codeTallies(s.User.Login, v)
	if wait := k.limiter.take(tallies...); wait > 0 {
		return Session{}, &TooMany{Wait: wait}
	}
	if err := k.takeCode(ctx, s.User.ID, code); err != nil {
		return Session{}, err
	}
	k.limiter.forgive(tallies...)
	return k.advance(ctx, v, s)
}

// takeCode uses up a code of either kind.
func (k *Keeper) takeCode(ctx context.Context, user dialer.UserID, code string) error {
	code = plainCode(code)
	if len(code) == recoveryLength {
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

// Recovery codes: as many, of so many characters of base 32 (50 bits each, far beyond guessing at wrongCodes a quarter of an hour).
const (
	recoveryCodes  = 10
	recoveryLength = 10
)

// newCodes makes recovery codes instead of those there were.
func (k *Keeper) newCodes(ctx context.Context, user dialer.UserID) ([]string, error) {
	codes, hashes := make([]string, 0, recoveryCodes), make([][]byte, 0, recoveryCodes)
	for range recoveryCodes {
		raw := make([]byte, 7)
		_, _ = rand.Read(raw) // never fails (crypto/rand)
		code := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw))[:recoveryLength]
		codes = append(codes, code[:recoveryLength/2]+"-"+code[recoveryLength/2:])
		hashes = append(hashes, k.recoveryHash(user, code))
	}
	return codes, k.factors.PutRecoveryCodes(ctx, user, hashes)
}

func (k *Keeper) recoveryHash(user dialer.UserID, code string) []byte {
	return k.safe.mac("recovery", string(user)+"\x00"+code)
}

// NewRecoveryCodes makes new recovery codes for somebody who is signed in and gives the password; the old ones are good for nothing.
// ErrStep when there is no second factor that they could stand in for.
func (k *Keeper) NewRecoveryCodes(ctx context.Context, v Visit, password string) ([]string, error) {
	user, err := k.Confirm(ctx, v, password)
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
func (k *Keeper) RemoveTOTP(ctx context.Context, v Visit, password string) error {
	user, err := k.Confirm(ctx, v, password)
	if err != nil {
		return err
	}
	have, err := k.factors.SecondFactors(ctx, user.ID)
	if err != nil {
		return err
	}
	have.TOTP = nil
	return k.without(ctx, user, have, func() error { return k.factors.RemoveTOTP(ctx, user.ID) })
}

// without removes a factor when what is left is enough. Recovery codes go with the last factor.
func (k *Keeper) without(ctx context.Context, user dialer.User, left dialer.SecondFactors, remove func() error) error {
	if left.Any() {
		return remove()
	}
	if k.Need(user.Role) == Required {
		return ErrNeeded
	}
	return k.factors.RemoveFactors(ctx, user.ID)
}

// ResetFactors removes all second factors of another person, who has lost them, and ends their sessions.
func (k *Keeper) ResetFactors(ctx context.Context, user dialer.UserID) error {
	if _, err := k.users.User(ctx, user); err != nil {
		return err
	}
	if err := k.factors.RemoveFactors(ctx, user); err != nil {
		return err
	}
	return k.EndSessionsOf(ctx, user, "")
}
