package auth

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"kakeru/dialer"
)

// DirectoryTrouble is a way in which signing in by the directory fails.
type DirectoryTrouble string

// The ways.
const (
	DirectoryDown    DirectoryTrouble = "down"    // it does not answer, or says that it cannot
	DirectorySet     DirectoryTrouble = "set"     // it knows us otherwise than our settings say
	DirectoryAgain   DirectoryTrouble = "again"   // another browser's answer, one too late, or one brought twice
	DirectoryWrong   DirectoryTrouble = "wrong"   // what it answered does not hold
	DirectoryRefused DirectoryTrouble = "refused" // it, or the person there, said no
	DirectoryNobody  DirectoryTrouble = "nobody"  // nobody here is linked to whom it names
)

// DirectoryFault says why signing in by the directory failed. Why is for the program's log, and names no person.
type DirectoryFault struct {
	Trouble DirectoryTrouble
	Why     string
}

func (f *DirectoryFault) Error() string { return "signing in by the directory: " + f.Why }

func fault(t DirectoryTrouble, why string) *DirectoryFault { return &DirectoryFault{t, why} }

const (
	directoryPatience = 5 * time.Second
	mostOfAnAnswer    = 1 << 20 // bytes
	// How long what it says of itself is believed: before a browser is sent there, so that one that is down says so here and not in a page
	// that cannot be reached; and when one comes back.
	believedThere  = 5 * time.Second
	believedBack   = 5 * time.Minute
	authTimeLeeway = time.Minute // between its clock and ours
)

// wardDirectory asks the directory. What it says of itself is fetched when it is first needed, so that a start never waits for it.
type wardDirectory struct {
	Directory
	now dialer.Clock

	asking singleflight.Group // one question for all who wait

	mu     sync.Mutex
	is     *provider
	at     time.Time // when it said so
	silent error     // what came of asking it later than that, if it did not say
	asked  time.Time
}

// provider is the directory as it describes itself.
type provider struct {
	oauth    oauth2.Config
	verifier *oidc.IDTokenVerifier
	saysIss  bool // its answers name it (RFC 9207)
}

func newWardDirectory(d *Directory, now dialer.Clock) *wardDirectory {
	if d == nil {
		return nil
	}
	w := &wardDirectory{Directory: *d, now: now}
	if w.Client == nil {
		w.Client = &http.Client{Timeout: directoryPatience}
	}
	client := *w.Client
	if client.Transport == nil {
		client.Transport = &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true} // a few sign-ins a day
	}
	client.Transport = shortAnswers{client.Transport}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // our secret goes to no other place
	w.Client = &client
	return w
}

// shortAnswers cuts off what is longer than any answer of a directory.
type shortAnswers struct{ next http.RoundTripper }

func (s shortAnswers) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := s.next.RoundTrip(r)
	if err == nil {
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(answer.Body, mostOfAnAnswer), answer.Body}
	}
	return answer, err
}

// known is the directory as it describes itself (OpenID Connect Discovery 1.0), or did so within. *DirectoryFault. However many sign in
// by one that is away, it is asked once in believedThere.
func (w *wardDirectory) known(ctx context.Context, within time.Duration) (*provider, error) {
	w.mu.Lock()
	is, age, silent, since := w.is, w.now().Sub(w.at), w.silent, w.now().Sub(w.asked)
	w.mu.Unlock()
	switch {
	case is != nil && age < within:
		return is, nil
	case silent != nil && since >= 0 && since < min(within, believedThere):
		return nil, silent
	}
	answer := w.asking.DoChan("", func() (any, error) { return w.describe(context.WithoutCancel(ctx)) }) // not only for who came first
	select {
	case <-ctx.Done():
		return nil, fault(DirectoryDown, "nobody waited for its description")
	case a := <-answer:
		is, _ = a.Val.(*provider)
		return is, a.Err
	}
}

// describe asks the directory what it is, and keeps what came of it. The client's patience ends it.
func (w *wardDirectory) describe(ctx context.Context) (*provider, error) {
	is, err := w.discover(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked, w.silent = w.now(), err
	if err == nil {
		w.is, w.at = is, w.asked
	}
	return is, err
}

// discover is OpenID Connect Discovery 1.0. *DirectoryFault.
func (w *wardDirectory) discover(ctx context.Context) (*provider, error) {
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, w.Client), w.Issuer)
	if _, other := errors.AsType[*oidc.IssuerMismatchError](err); other {
		return nil, fault(DirectorySet, "it names itself otherwise than auth.oidc.issuer")
	}
	var about struct {
		Methods []string `json:"token_endpoint_auth_methods_supported"`
		SaysIss bool     `json:"authorization_response_iss_parameter_supported"`
	}
	if err == nil {
		err = found.Claims(&about)
	}
	if err != nil {
		return nil, fault(DirectoryDown, "its description cannot be had")
	}
	is := &provider{
		oauth: oauth2.Config{
			ClientID: w.ClientID, ClientSecret: w.ClientSecret, Endpoint: found.Endpoint(), RedirectURL: w.Redirect,
			Scopes: append([]string{oidc.ScopeOpenID}, w.Scopes...),
		},
		verifier: found.Verifier(&oidc.Config{ClientID: w.ClientID, Now: w.now}),
		saysIss:  about.SaysIss,
	}
	// Said, not tried out: a second try would come with a code that the first has used up.
	is.oauth.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if len(about.Methods) > 0 && !slices.Contains(about.Methods, "client_secret_basic") {
		is.oauth.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return is, nil
}

// Answers reports why nobody could sign in by the directory now: it does not answer, or names itself otherwise. *DirectoryFault.
func (d Directory) Answers(ctx context.Context) error {
	_, err := newWardDirectory(&d, time.Now).known(ctx, 0)
	return err
}

// claims are what is looked at of an ID token besides what the library checks.
type claims struct {
	Party    string   `json:"azp"`
	ACR      string   `json:"acr"`
	AMR      []string `json:"amr"`
	AuthTime float64  `json:"auth_time"`
	Verified any      `json:"email_verified"`
}

// ask takes the directory's answer to an errand, and has it say who that is. *DirectoryFault.
func (w *wardDirectory) ask(ctx context.Context, e errand, answer url.Values) (said, error) {
	is, err := w.known(ctx, believedBack)
	if err != nil {
		return said{}, err
	}
	// Of another directory, whose code we must not hand to this one (RFC 9207).
	if iss := answer.Get("iss"); iss != w.Issuer && (iss != "" || is.saysIss) {
		return said{}, fault(DirectoryWrong, "the answer is another directory's")
	}
	if code := answer.Get("error"); code != "" {
		return said{}, refusedBy(code)
	}
	token, err := is.oauth.Exchange(oidc.ClientContext(ctx, w.Client), answer.Get("code"), oauth2.VerifierOption(e.Verifier))
	if err != nil {
		return said{}, unexchanged(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := is.verifier.Verify(oidc.ClientContext(ctx, w.Client), raw)
	if err != nil {
		return said{}, unverified(err)
	}
	return w.read(e, id)
}

// read checks what the library leaves to us (OpenID Connect Core 1.0 §3.1.3.7), and finds the person's name.
func (w *wardDirectory) read(e errand, id *oidc.IDToken) (said, error) {
	var c claims
	values := map[string]json.RawMessage{}
	if id.Claims(&c) != nil || id.Claims(&values) != nil {
		return said{}, fault(DirectoryWrong, "the ID token's claims cannot be read")
	}
	switch {
	case !hmac.Equal([]byte(id.Nonce), []byte(e.Nonce)):
		return said{}, fault(DirectoryWrong, "the ID token's nonce is not ours")
	case len(id.Audience) > 1 && c.Party == "", c.Party != "" && c.Party != w.ClientID:
		return said{}, fault(DirectoryWrong, "the ID token was made for another party")
	case w.AskAgain && time.Unix(int64(c.AuthTime), 0).Before(e.Begun.Add(-authTimeLeeway)):
		return said{}, fault(DirectoryWrong, "it did not ask the person again (auth_time): see auth.oidc.ask_again")
	case w.Claim == "email" && c.Verified != true:
		return said{}, fault(DirectoryWrong, "it has not verified the address by which people are to be known")
	}
	var name string
	if json.Unmarshal(values[w.Claim], &name) != nil || name == "" {
		return said{}, fault(DirectorySet, "the ID token has no claim "+w.Claim+" (auth.oidc.claim)")
	}
	return said{name: name, second: w.vouches(c.ACR, c.AMR)}, nil
}

// plainWord is how an error code of OAuth is written (RFC 6749 §4.1.2.1), so that nothing else comes into a log.
var plainWord = regexp.MustCompile(`^[a-z_]{1,60}$`)

func wordOf(code string) string {
	if plainWord.MatchString(code) {
		return code
	}
	return "an error that is no word"
}

// refusedBy is what an error in the answer means (RFC 6749 §4.1.2.1, OpenID Connect Core 1.0 §3.1.2.6).
func refusedBy(code string) *DirectoryFault {
	why := "it answered " + wordOf(code)
	switch code {
	case "server_error", "temporarily_unavailable":
		return fault(DirectoryDown, why)
	case "invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope":
		return fault(DirectorySet, why)
	}
	return fault(DirectoryRefused, why)
}

// unexchanged is why a code was not taken (RFC 6749 §5.2).
func unexchanged(err error) *DirectoryFault {
	refused, is := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case !is && strings.Contains(err.Error(), "cannot parse"), !is && strings.Contains(err.Error(), "missing access_token"):
		return fault(DirectoryWrong, "what its token endpoint answered is no token")
	case !is, refused.Response != nil && refused.Response.StatusCode >= http.StatusInternalServerError:
		return fault(DirectoryDown, "its token endpoint does not answer")
	case refused.ErrorCode == "invalid_grant":
		return fault(DirectoryWrong, "it did not take the code")
	case refused.Response != nil && refused.ErrorCode == "":
		return fault(DirectorySet, "its token endpoint answered "+strconv.Itoa(refused.Response.StatusCode))
	}
	return fault(DirectorySet, "its token endpoint answered "+wordOf(refused.ErrorCode))
}

// unverified is why an ID token was not believed. The library's own text may quote it, and is left out.
func unverified(err error) *DirectoryFault {
	_, expired := errors.AsType[*oidc.TokenExpiredError](err)
	switch text := err.Error(); {
	case expired:
		return fault(DirectoryWrong, "the ID token has run out: compare the clocks")
	case strings.Contains(text, "fetching keys"):
		return fault(DirectoryDown, "its keys cannot be had")
	case strings.Contains(text, "expected audience"):
		return fault(DirectoryWrong, "the ID token is for somebody else")
	case strings.Contains(text, "different provider"):
		return fault(DirectoryWrong, "the ID token is another directory's")
	}
	return fault(DirectoryWrong, "the ID token's signature does not hold")
}
