package auth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"kakeru/dialer"
)

var (
	// ErrPasskey says that what the browser sent is no passkey's answer to what it was asked.
	ErrPasskey = errors.New("the passkey was not accepted")
	// ErrPasskeysFull says that a person has as many passkeys as there may be.
	ErrPasskeysFull = errors.New("there are as many passkeys as there may be")
	// ErrPasskeyLarge says that one is larger than any device makes.
	ErrPasskeyLarge = errors.New("the passkey is too large")
	// ErrNoOrigin says that passkeys need a setting that is not there.
	ErrNoOrigin = errors.New("passkeys need http.origin")
)

// How many passkeys a person may have, and how large each may be as it is kept, in bytes. All of a person's are read at each sign-in. One without an attestation
// takes about 2 kB, and no more than 6 with the longest id that there may be (WebAuthn §4: 1023 bytes). What a browser says of one is bounded before it is read:
// a key that fills a body takes a second or two to compute with, one that fits in mostSaid a tenth of that. With certificates, which we do not ask for, it is about 8 kB.
const (
	MostPasskeys = 20
	mostPasskey  = 8 << 10
	mostSaid     = 16 << 10
)

// CheckOrigin says what is wrong with the address by which browsers reach the panel, as far as passkeys go (WebAuthn §5.1.3: a domain
// name, by https, or localhost).
func CheckOrigin(origin string) error {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return fmt.Errorf("%q is no origin; write https://NAME or https://NAME:PORT, as it stands in the browser's address bar, without a path", origin)
	}
	if _, err := netip.ParseAddr(strings.Trim(u.Hostname(), "[]")); err == nil {
		return fmt.Errorf("%q is an IP address, for which no browser makes passkeys; give the panel a name", origin)
	}
	if u.Scheme == "http" && u.Hostname() != "localhost" {
		return fmt.Errorf("%q is not https, without which no browser makes passkeys; put TLS in front of the panel", origin)
	}
	return nil
}

// newRelying makes the relying party; nil without an origin.
func newRelying(origin string) (*webauthn.WebAuthn, error) {
	var none *webauthn.WebAuthn
	if origin == "" {
		return none, nil
	}
	if err := CheckOrigin(origin); err != nil {
		return nil, err
	}
	u, err := url.Parse(origin)
	if err != nil {
		return nil, err
	}
	w, err := webauthn.New(&webauthn.Config{RPID: u.Hostname(), RPDisplayName: issuer, RPOrigins: []string{origin}})
	if err != nil {
		return nil, fmt.Errorf("http.origin: %w", err)
	}
	return w, nil
}

// owner is a person as the library wants them. A passkey's user handle is the person's id, which says nothing about them.
type owner struct {
	user   dialer.User
	have   []webauthn.Credential
	sealed map[string]bool // by ID: it was kept as this person's
}

func (o owner) WebAuthnID() []byte                         { return []byte(o.user.ID) }
func (o owner) WebAuthnName() string                       { return o.user.Login }
func (o owner) WebAuthnDisplayName() string                { return o.user.Name }
func (o owner) WebAuthnCredentials() []webauthn.Credential { return o.have }

func (k *Keeper) owner(ctx context.Context, user dialer.User) (owner, error) {
	f, err := k.factors.SecondFactors(ctx, user.ID)
	if err != nil {
		return owner{}, err
	}
	o := owner{user: user, sealed: map[string]bool{}}
	for _, p := range f.Passkeys {
		var c webauthn.Credential
		plain, err := k.safe.open(p.Credential, passkeyOf(user.ID))
		if err != nil {
			plain = p.Credential // of an earlier version, which did not seal
		}
		o.sealed[string(p.ID)] = err == nil
		if err := json.Unmarshal(plain, &c); err != nil {
			return owner{}, fmt.Errorf("a passkey that is kept cannot be read: %w", err)
		}
		o.have = append(o.have, c)
	}
	return o, nil
}

// passkeyOf is what a person's passkeys are sealed for. One that was put in the store by somebody without the installation's secret, or was another's there,
// is not; nor is one of before they were sealed, until it was used with the password.
func passkeyOf(user dialer.UserID) string { return "passkey " + string(user) }

func (k *Keeper) sealPasskey(user dialer.UserID, c *webauthn.Credential) ([]byte, error) {
	plain, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return k.safe.seal(plain, passkeyOf(user)), nil
}

// Passkeys reports whether there can be passkeys, and for browsers at which origin.
func (k *Keeper) Passkeys() (origin string, ok bool) { return k.settings.Origin, k.relying != nil }

// BeginPasskey makes what a browser's navigator.credentials.create is asked with, as JSON. The proof is as with BeginTOTP.
func (k *Keeper) BeginPasskey(ctx context.Context, v Visit, p Proof) ([]byte, error) {
	if k.relying == nil {
		return nil, ErrNoOrigin
	}
	s, err := k.enrolling(ctx, v, p)
	if err != nil {
		return nil, err
	}
	o, err := k.owner(ctx, s.User)
	if err != nil {
		return nil, err
	}
	if len(o.have) >= MostPasskeys {
		return nil, ErrPasskeysFull
	}
	options, asked, err := k.relying.BeginRegistration(o,
		webauthn.WithExclusions(webauthn.Credentials(o.have).CredentialDescriptors()),
		webauthn.WithConveyancePreference(protocol.PreferNoAttestation),
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{UserVerification: protocol.VerificationPreferred}))
	if err != nil {
		return nil, fmt.Errorf("asking for a passkey: %w", err)
	}
	return k.ask(ctx, s, keyMake, asked, options.Response)
}

// ask keeps what was asked with the session, and returns the question. ErrStep when the session was locked or unlocked since: a locked one
// asks for more.
func (k *Keeper) ask(ctx context.Context, s Session, key string, asked *webauthn.SessionData, question any) ([]byte, error) {
	kept, err := json.Marshal(asked)
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(question)
	if err != nil {
		return nil, err
	}
	return b, k.keep(ctx, s.Token, func(loaded context.Context) error {
		if k.manager.GetBool(loaded, keyLock) != s.Locked {
			return ErrStep
		}
		k.manager.Put(loaded, key, kept)
		return nil
	})
}

// asked takes what was asked out of the session: each question is answered once.
func (k *Keeper) asked(ctx context.Context, token, key string) (webauthn.SessionData, error) {
	var asked webauthn.SessionData
	var b []byte
	err := k.keep(ctx, token, func(loaded context.Context) error {
		if b = k.manager.GetBytes(loaded, key); b == nil {
			return ErrStep
		}
		k.manager.Remove(loaded, key)
		return nil
	})
	if err != nil {
		return asked, err
	}
	return asked, json.Unmarshal(b, &asked)
}

// FinishPasskey takes what the browser made, as JSON, and keeps it under a name. It returns as ConfirmTOTP does, with recovery codes
// only when there was no factor before. ErrPasskey, ErrPasskeysFull, ErrPasskeyLarge, ErrStep.
func (k *Keeper) FinishPasskey(ctx context.Context, v Visit, name string, made []byte) (Session, []string, error) {
	if k.relying == nil {
		return Session{}, nil, ErrNoOrigin
	}
	_, s, seen, err := k.mayEnrol(ctx, v)
	if err != nil {
		return Session{}, nil, err
	}
	if len(seen.Passkeys) >= MostPasskeys { // of two that are made at once the store takes one
		return Session{}, nil, ErrPasskeysFull
	}
	if len(made) > mostSaid {
		return Session{}, nil, ErrPasskeyLarge
	}
	asked, err := k.asked(ctx, v.Token, keyMake)
	if err != nil {
		return Session{}, nil, err
	}
	o, err := k.owner(ctx, s.User)
	if err != nil {
		return Session{}, nil, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(made)
	if err != nil {
		return Session{}, nil, ErrPasskey
	}
	c, err := k.relying.CreateCredential(o, asked, parsed)
	if err != nil {
		return Session{}, nil, ErrPasskey
	}
	kept, err := k.sealPasskey(s.User.ID, c)
	if err != nil {
		return Session{}, nil, err
	}
	if len(kept) > mostPasskey {
		return Session{}, nil, ErrPasskeyLarge
	}
	fresh := dialer.Passkey{ID: c.ID, Name: name, Credential: kept, CreatedAt: k.settings.Now()}
	if err := k.factors.PutPasskey(ctx, s.User.ID, seen, fresh); err != nil {
		return Session{}, nil, notThere(moved(err)) // not there: it is another person's
	}
	if seen.Any() {
		s, err := k.Session(ctx, v.Token)
		return s, nil, err
	}
	return k.enrolled(ctx, v, s)
}

// notThere tells of a passkey that is not the person's, or is no more, as of one that does not fit.
func notThere(err error) error {
	if errors.Is(err, dialer.ErrNotFound) {
		return ErrPasskey
	}
	return err
}

// AskPasskey makes what a browser's navigator.credentials.get is asked with, as JSON: at StepSecond, to unlock, or for a Proof.
func (k *Keeper) AskPasskey(ctx context.Context, v Visit) ([]byte, error) {
	if k.relying == nil {
		return nil, ErrNoOrigin
	}
	_, s, err := k.at(ctx, v, StepSecond, StepDone)
	if err != nil {
		return nil, err
	}
	o, err := k.owner(ctx, s.User)
	if err != nil {
		return nil, err
	}
	if len(o.have) == 0 {
		return nil, ErrStep
	}
	question, asked, err := k.relying.BeginLogin(o, webauthn.WithUserVerification(verification(s)))
	if err != nil {
		return nil, fmt.Errorf("asking for a passkey: %w", err)
	}
	return k.ask(ctx, s, keyAsked, asked, question.Response)
}

// SecondByPasskey takes a passkey's answer at StepSecond, and returns the session that follows. ErrPasskey, ErrStep, *TooMany.
func (k *Keeper) SecondByPasskey(ctx context.Context, v Visit, answer []byte) (Session, error) {
	if k.relying == nil {
		return Session{}, ErrNoOrigin
	}
	_, s, err := k.at(ctx, v, StepSecond)
	if err != nil {
		return Session{}, err
	}
	if err := k.checkPasskey(ctx, v, s, answer); err != nil {
		return Session{}, err
	}
	return k.advance(ctx, v, s)
}

// checkPasskey takes a passkey's answer to what the session asked last, and counts wrong ones.
func (k *Keeper) checkPasskey(ctx context.Context, v Visit, s Session, answer []byte) error {
	if k.relying == nil {
		return ErrNoOrigin
	}
	tallies := k.codeTallies(ctx, s.User.Login, v)
	if wait := k.limiter.take(tallies...); wait > 0 {
		return &TooMany{Wait: wait}
	}
	defer k.limiter.over(tallies...)
	if len(answer) > mostSaid {
		return ErrPasskey
	}
	asked, err := k.asked(ctx, v.Token, keyAsked)
	if err != nil {
		return err
	}
	o, err := k.owner(ctx, s.User)
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return ErrPasskey
	}
	c, err := k.relying.ValidateLogin(o, asked, parsed)
	// A counter that goes back is a copy of the key (WebAuthn §6.1.1).
	if err != nil || c.Authenticator.CloneWarning {
		return ErrPasskey
	}
	if s.Locked && !o.sealed[string(c.ID)] {
		return ErrPasskey // where it stands alone
	}
	kept, err := k.sealPasskey(s.User.ID, c)
	if err != nil {
		return err
	}
	if err := k.factors.UsePasskey(ctx, s.User.ID, dialer.Passkey{ID: c.ID, Credential: kept, UsedAt: k.settings.Now()}); err != nil {
		return notThere(err)
	}
	k.limiter.forgive(tallies...)
	return nil
}

// RemovePasskey removes one of one's own passkeys, by the ID in base64url. ErrNeeded as with RemoveTOTP.
func (k *Keeper) RemovePasskey(ctx context.Context, v Visit, p Proof, id string) error {
	user, err := k.Confirm(ctx, v, p)
	if err != nil {
		return err
	}
	raw, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil {
		return dialer.ErrNotFound
	}
	have, err := k.factors.SecondFactors(ctx, user.ID)
	if err != nil {
		return err
	}
	left := dialer.SecondFactors{TOTP: have.TOTP}
	for _, p := range have.Passkeys {
		if string(p.ID) != string(raw) {
			left.Passkeys = append(left.Passkeys, p)
		}
	}
	if len(left.Passkeys) == len(have.Passkeys) {
		return dialer.ErrNotFound
	}
	if err := k.enough(user, left); err != nil {
		return err
	}
	return moved(k.factors.RemovePasskey(ctx, user.ID, have, raw))
}
