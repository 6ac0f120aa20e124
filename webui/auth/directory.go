package auth

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"kakeru/dialer"
)

// Directory is the ward's own directory as its administrators set it up for us (OpenID Connect).
type Directory struct {
	Issuer       string // exactly as it names itself
	ClientID     string
	ClientSecret string
	Redirect     string // where browsers come back to, exactly as it is registered there
	Label        string // the button's words
	Claim        string // by which it names people: "sub", "preferred_username", …
	Scopes       []string
	// ACR and AMR are the values of those claims by which it says that it asked for a second factor itself; of either, any one will do.
	ACR, AMR []string
	AskAgain bool // it asks the person each time, though it may know the browser
	// Passwords: linked people may sign in by their password too.
	Passwords bool
	Client    *http.Client // default: one that waits 5 s, and goes where it is sent and nowhere else
}

// name is how a person's link to it is kept.
func (d Directory) name(value string) dialer.DirectoryName {
	return dialer.DirectoryName{Of: d.Issuer + " " + d.Claim, Name: value}
}

// ErrByDirectory says that a person signs in by the ward's directory, and not by a password.
var ErrByDirectory = errors.New("sign in by the ward's directory")

// ErrNoDirectory says that there is none.
var ErrNoDirectory = errors.New("there is no directory to sign in by")

// directoryWait is how long there is for signing in at the directory.
const directoryWait = 10 * time.Minute

// directoryCookie binds what the directory answers to the browser that asked. The answer is a request that begins at another site: a
// strict cookie would not come with it, so this one is lax. It is sealed, and good for one answer.
const directoryCookie = "kakeru_directory"

// errand is what the cookie holds.
type errand struct {
	State, Nonce, Verifier string
	Begun                  time.Time
	Token                  string // the session from before, which ends when the new one opens
}

// Directory is the button's label; ok is false when there is no directory.
func (k *Keeper) Directory() (label string, ok bool) {
	if k.settings.Directory == nil {
		return "", false
	}
	return k.settings.Directory.Label, true
}

// DirectoryName is how a link to a name in the directory is kept; ErrNoDirectory.
func (k *Keeper) DirectoryName(name string) (dialer.DirectoryName, error) {
	if k.settings.Directory == nil {
		return dialer.DirectoryName{}, ErrNoDirectory
	}
	return k.settings.Directory.name(name), nil
}

// InDirectory is a person's name in the directory that is set; "" when they have none there.
func (k *Keeper) InDirectory(u dialer.User) string {
	if d := k.settings.Directory; d != nil && u.Directory.Of == d.name("").Of {
		return u.Directory.Name
	}
	return ""
}

// byDirectoryAlone reports whether a person's password is good for nothing.
func (k *Keeper) byDirectoryAlone(u dialer.User) bool {
	return k.InDirectory(u) != "" && !k.settings.Directory.Passwords
}

func random() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b)
}

// BeginDirectory is where a browser goes to sign in by the directory, and the cookie by which it is known when it comes back.
// ErrNoDirectory, *DirectoryFault.
func (k *Keeper) BeginDirectory(ctx context.Context, v Visit) (to string, cookie http.Cookie, err error) {
	if k.ward == nil {
		return "", cookie, ErrNoDirectory
	}
	d, err := k.ward.known(ctx, believedThere)
	if err != nil {
		return "", cookie, err
	}
	e := errand{State: random(), Nonce: random(), Verifier: oauth2.GenerateVerifier(), Begun: k.settings.Now(), Token: v.Token}
	more := []oauth2.AuthCodeOption{oidc.Nonce(e.Nonce), oauth2.S256ChallengeOption(e.Verifier)}
	if k.ward.AskAgain {
		more = append(more, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	if len(k.ward.ACR) > 0 {
		more = append(more, oauth2.SetAuthURLParam("acr_values", k.ward.ACR[0]))
	}
	return d.oauth.AuthCodeURL(e.State, more...), k.errandCookie(k.sealedValue(directoryCookie, e)), nil
}

// errandCookie holds an errand; with "" it removes the cookie.
func (k *Keeper) errandCookie(value string) http.Cookie {
	c := http.Cookie{ //nolint:gosec // Secure is a setting: a panel on the ward's own network may be without TLS
		Name: k.hostOnly(directoryCookie), Value: value, Path: "/", MaxAge: int(directoryWait.Seconds()),
		HttpOnly: true, Secure: k.settings.SecureCookie, SameSite: http.SameSiteLaxMode,
	}
	if value == "" {
		c.MaxAge = -1
	}
	return c
}

// DirectoryDone is the cookie that removes what BeginDirectory gave the browser.
func (k *Keeper) DirectoryDone() http.Cookie { return k.errandCookie("") }

// errandOf opens what a visit's cookie holds.
func (k *Keeper) errandOf(v Visit) (errand, bool) {
	var e errand
	for plain := range k.unsealed(directoryCookie, v.cookies) {
		if json.Unmarshal(plain, &e) == nil {
			age := k.settings.Now().Sub(e.Begun)
			return e, age >= 0 && age < directoryWait
		}
	}
	return e, false
}

// FinishDirectory takes the directory's answer, as the browser brings it, and opens the session of the person who is linked to whom it
// names: nobody is made by it, and the role is ours. ErrNoDirectory, *DirectoryFault, *TooMany, or what the stores answer.
func (k *Keeper) FinishDirectory(ctx context.Context, v Visit, answer url.Values) (Session, error) {
	if k.ward == nil {
		return Session{}, ErrNoDirectory
	}
	e, ok := k.errandOf(v)
	if !ok || !hmac.Equal([]byte(e.State), []byte(answer.Get("state"))) {
		return Session{}, fault(DirectoryAgain, "the answer is not to what this browser asked")
	}
	tally := k.directoryTally(v)
	if wait := k.limiter.take(tally); wait > 0 {
		return Session{}, &TooMany{Wait: wait}
	}
	fresh, err := k.factors.TakeAnswer(ctx, "directory "+e.State, e.Begun.Add(directoryWait))
	if err != nil {
		k.limiter.forgive(tally)
		return Session{}, err
	}
	if !fresh {
		return Session{}, fault(DirectoryAgain, "the answer was brought before")
	}
	said, err := k.ward.ask(ctx, e, answer)
	if err != nil {
		if answer.Has("error") { // the directory was asked nothing
			k.limiter.forgive(tally)
		}
		return Session{}, err
	}
	user, err := k.users.UserByDirectory(ctx, k.ward.name(said.name))
	if errors.Is(err, dialer.ErrNotFound) || err == nil && user.Disabled {
		return Session{}, fault(DirectoryNobody, "nobody here is linked to whom it names")
	}
	k.limiter.forgive(tally)
	if err != nil {
		return Session{}, err
	}
	v.Token = cmp.Or(v.Token, e.Token)
	return k.enter(ctx, user, v, how{directory: true, second: said.second})
}

// directoryTally is what an answer is counted under: that of a browser in which somebody has signed in before is theirs, so strangers at the same address bar nobody
// there.
func (k *Keeper) directoryTally(v Visit) tallied {
	if who := k.cameIn(v.cookies); who != "" {
		return tallied{key: "directory of:" + string(who), most: wrongPerLogin}
	}
	return tallied{key: "directory:" + networkOf(v.Address), most: wrongPerAddress}
}

// said is what the directory says of somebody.
type said struct {
	name   string
	second bool // it asked for a second factor
}

// vouches reports whether the directory says that it asked for a second factor.
func (d Directory) vouches(acr string, amr []string) bool {
	return acr != "" && slices.Contains(d.ACR, acr) || slices.ContainsFunc(amr, func(way string) bool { return slices.Contains(d.AMR, way) })
}
