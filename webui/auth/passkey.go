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
	// ErrNoOrigin says that passkeys need a setting that is not there.
	ErrNoOrigin = errors.New("passkeys need http.origin")
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
	user dialer.User
	have []webauthn.Credential
}

func (o owner) WebAuthnID() []byte                         { return []byte(o.user.ID) }
func (o owner) WebAuthnName() string                       { return o.user.Login }
func (o owner) WebAuthnDisplayName() string                { return o.user.Name }
func (o owner) WebAuthnCredentials() []webauthn.Credential { return o.have }

func (k *Keeper) owner(ctx context.Context, user dialer.User) (owner, dialer.SecondFactors, error) {
	f, err := k.factors.SecondFactors(ctx, user.ID)
	if err != nil {
		return owner{}, f, err
	}
	o := owner{user: user}
	for _, p := range f.Passkeys {
		var c webauthn.Credential
		if err := json.Unmarshal(p.Credential, &c); err != nil {
			return owner{}, f, fmt.Errorf("a passkey that is kept cannot be read: %w", err)
		}
		o.have = append(o.have, c)
	}
	return o, f, nil
}

// Passkeys reports whether there can be passkeys, and for browsers at which origin.
func (k *Keeper) Passkeys() (origin string, ok bool) { return k.settings.Origin, k.relying != nil }

// BeginPasskey makes what a browser's navigator.credentials.create is asked with, as JSON. The password is as with BeginTOTP.
func (k *Keeper) BeginPasskey(ctx context.Context, v Visit, password string) ([]byte, error) {
	if k.relying == nil {
		return nil, ErrNoOrigin
	}
	loaded, s, err := k.enrolling(ctx, v, password)
	if err != nil {
		return nil, err
	}
	o, _, err := k.owner(ctx, s.User)
	if err != nil {
		return nil, err
	}
	options, asked, err := k.relying.BeginRegistration(o,
		webauthn.WithExclusions(webauthn.Credentials(o.have).CredentialDescriptors()),
		webauthn.WithConveyancePreference(protocol.PreferNoAttestation),
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{UserVerification: protocol.VerificationPreferred}))
	if err != nil {
		return nil, fmt.Errorf("asking for a passkey: %w", err)
	}
	return k.ask(loaded, asked, options.Response)
}

// ask keeps what was asked with the session, and returns the question.
func (k *Keeper) ask(loaded context.Context, asked *webauthn.SessionData, question any) ([]byte, error) {
	kept, err := json.Marshal(asked)
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(question)
	if err != nil {
		return nil, err
	}
	return b, k.keep(loaded, func(ctx context.Context) { k.manager.Put(ctx, keyAsked, kept) })
}

// asked takes what was asked out of the session: each question is answered once.
func (k *Keeper) asked(loaded context.Context) (webauthn.SessionData, error) {
	var asked webauthn.SessionData
	b := k.manager.GetBytes(loaded, keyAsked)
	if b == nil {
		return asked, ErrStep
	}
	if err := k.keep(loaded, func(ctx context.Context) { k.manager.Remove(ctx, keyAsked) }); err != nil {
		return asked, err
	}
	return asked, json.Unmarshal(b, &asked)
}

// FinishPasskey takes what the browser made, as JSON, and keeps it under a name. It returns as ConfirmTOTP does, with recovery codes
// only when there was no factor before. ErrPasskey, ErrStep.
func (k *Keeper) FinishPasskey(ctx context.Context, v Visit, name string, made []byte) (Session, []string, error) {
	if k.relying == nil {
		return Session{}, nil, ErrNoOrigin
	}
	loaded, s, err := k.at(ctx, v, StepDone, StepEnrol)
	if err != nil {
		return Session{}, nil, err
	}
	if err := k.mayEnrol(ctx, s); err != nil {
		return Session{}, nil, err
	}
	asked, err := k.asked(loaded)
	if err != nil {
		return Session{}, nil, err
	}
	o, before, err := k.owner(ctx, s.User)
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
	if err := k.putPasskey(ctx, s.User.ID, dialer.Passkey{Name: name, CreatedAt: k.settings.Now()}, c); err != nil {
		if errors.Is(err, dialer.ErrNotFound) {
			err = ErrPasskey // another person's
		}
		return Session{}, nil, err
	}
	if before.Any() {
		s, err := k.Session(ctx, v.Token)
		return s, nil, err
	}
	return k.enrolled(ctx, v, s)
}

func (k *Keeper) putPasskey(ctx context.Context, user dialer.UserID, p dialer.Passkey, c *webauthn.Credential) error {
	kept, err := json.Marshal(c)
	if err != nil {
		return err
	}
	p.ID, p.Credential = c.ID, kept
	return k.factors.PutPasskey(ctx, user, p)
}

// AskPasskey makes what a browser's navigator.credentials.get is asked with at StepSecond, as JSON.
func (k *Keeper) AskPasskey(ctx context.Context, v Visit) ([]byte, error) {
	if k.relying == nil {
		return nil, ErrNoOrigin
	}
	loaded, s, err := k.at(ctx, v, StepSecond)
	if err != nil {
		return nil, err
	}
	o, _, err := k.owner(ctx, s.User)
	if err != nil {
		return nil, err
	}
	if len(o.have) == 0 {
		return nil, ErrStep
	}
	question, asked, err := k.relying.BeginLogin(o, webauthn.WithUserVerification(protocol.VerificationPreferred))
	if err != nil {
		return nil, fmt.Errorf("asking for a passkey: %w", err)
	}
	return k.ask(loaded, asked, question.Response)
}

// SecondByPasskey takes a passkey's answer at StepSecond, and returns the session that follows. ErrPasskey, ErrStep, *TooMany.
func (k *Keeper) SecondByPasskey(ctx context.Context, v Visit, answer []byte) (Session, error) {
	if k.relying == nil {
		return Session{}, ErrNoOrigin
	}
	loaded, s, err := k.at(ctx, v, StepSecond)
	if err != nil {
		return Session{}, err
	}
	tallies := k.codeTallies(s.User.Login, v)
	if wait := k.limiter.take(tallies...); wait > 0 {
		return Session{}, &TooMany{Wait: wait}
	}
	asked, err := k.asked(loaded)
	if err != nil {
		return Session{}, err
	}
	o, before, err := k.owner(ctx, s.User)
	if err != nil {
		return Session{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return Session{}, ErrPasskey
	}
	c, err := k.relying.ValidateLogin(o, asked, parsed)
	// A counter that goes back is a copy of the key (WebAuthn §6.1.1).
	if err != nil || c.Authenticator.CloneWarning {
		return Session{}, ErrPasskey
	}
	used := dialer.Passkey{UsedAt: k.settings.Now()}
	for _, p := range before.Passkeys {
		if string(p.ID) == string(c.ID) {
			used.Name, used.CreatedAt = p.Name, p.CreatedAt
		}
	}
	if err := k.putPasskey(ctx, s.User.ID, used, c); err != nil {
		return Session{}, err
	}
	k.limiter.forgive(tallies...)
	return k.advance(ctx, v, s)
}

// RemovePasskey removes one of one's own passkeys, by the ID in base64url. ErrNeeded as with RemoveTOTP.
func (k *Keeper) RemovePasskey(ctx context.Context, v Visit, password, id string) error {
	user, err := k.Confirm(ctx, v, password)
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
	return k.without(ctx, user, left, func() error { return k.factors.RemovePasskey(ctx, user.ID, raw) })
}
