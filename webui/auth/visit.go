package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Visit is where a request comes from.
type Visit struct {
	Address string // the far end's, without port
	Agent   string // the browser in plain words
	Token   string // the session token that the cookie brought, valid or not
	cookies []*http.Cookie
}

// Visit is where a request comes from.
func (k *Keeper) Visit(r *http.Request) Visit {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	return Visit{Address: host, Agent: plainAgent(r.UserAgent()), Token: k.Token(r), cookies: r.Cookies()}
}

// Programs and systems as their users call them, by what their User-Agent says. The first that fits counts: the later ones are
// claimed by many.
var (
	programs = [][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chromium/", "Chromium"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}}
	systems  = [][2]string{
		{"Windows", "Windows"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"CrOS", "ChromeOS"}, {"Mac OS X", "Mac"}, {"Linux", "Linux"},
	}
)

// plainAgent says what a browser is in words for people: "Edge · Windows"; "" when it is no browser that is known.
func plainAgent(agent string) string {
	var words []string
	for _, list := range [][][2]string{programs, systems} {
		for _, entry := range list {
			if strings.Contains(agent, entry[0]) {
				words = append(words, entry[1])
				break
			}
		}
	}
	return strings.Join(words, " · ")
}

// A browser in which a person has signed in is known again by a cookie of its own for that login. Its wrong tries are counted apart, so
// that strangers who try that login cannot bar the person. The cookie opens nothing, and dies with the password and the second factors
// that were given when it was made: who changes these because of a stranger is rid of the stranger's browser too.
const (
	knownCookie = "kakeru_known_"
	knownFor    = 90 * 24 * time.Hour
)

func (k *Keeper) knownName(login string) string {
	return k.hostOnly(knownCookie + hex.EncodeToString(k.safe.mac("name", strings.ToLower(login))[:6]))
}

// KnownCookie makes the browser known to belong to a person who has signed in there. The error is the stores'.
func (k *Keeper) KnownCookie(ctx context.Context, login string) (http.Cookie, error) {
	stamp, err := k.knownStamp(ctx, login)
	if err != nil {
		return http.Cookie{}, err
	}
	nonce := make([]byte, 12)
	_, _ = rand.Read(nonce) // never fails (crypto/rand)
	what := base64.RawURLEncoding.EncodeToString(nonce) + "." + strconv.FormatInt(k.settings.Now().Unix(), 10) + "." + stamp
	return http.Cookie{ //nolint:gosec // Secure is a setting: a panel on the ward's own network may be without TLS
		Name: k.knownName(login), Value: what + "." + k.knownProof(login, what), Path: "/", MaxAge: int(knownFor.Seconds()),
		HttpOnly: true, Secure: k.settings.SecureCookie, SameSite: http.SameSiteStrictMode,
	}, nil
}

// knownStamp stands for a person's password and second factors: it is another as soon as one of them is.
func (k *Keeper) knownStamp(ctx context.Context, login string) (string, error) {
	user, err := k.users.UserByLogin(ctx, normal(login))
	if err != nil {
		return "", err
	}
	have, err := k.factors.SecondFactors(ctx, user.ID)
	if err != nil {
		return "", err
	}
	parts := []string{string(user.ID), user.PasswordHash, hex.EncodeToString(have.TOTP)}
	for _, p := range have.Passkeys {
		parts = append(parts, hex.EncodeToString(p.ID))
	}
	slices.Sort(parts[3:])
	return base64.RawURLEncoding.EncodeToString(k.safe.mac("known with", strings.Join(parts, "\x00"))[:12]), nil
}

func (k *Keeper) knownProof(login, what string) string {
	return base64.RawURLEncoding.EncodeToString(k.safe.mac("known", strings.ToLower(login)+"\x00"+what))
}

// knownAs is the name under which this browser is known to belong to a login's person; "" when it is a stranger. The stores are asked only
// about a cookie that was made here: strangers cost them nothing.
func (k *Keeper) knownAs(ctx context.Context, login string, v Visit) string {
	name := k.knownName(login)
	for _, c := range v.cookies {
		if c.Name != name {
			continue
		}
		i := strings.LastIndexByte(c.Value, '.')
		if i < 0 || !hmac.Equal([]byte(k.knownProof(login, c.Value[:i])), []byte(c.Value[i+1:])) {
			continue
		}
		parts := strings.Split(c.Value[:i], ".")
		if len(parts) != 3 {
			continue // of a former kind
		}
		at, err := strconv.ParseInt(parts[1], 10, 64)
		if err != nil || k.settings.Now().Sub(time.Unix(at, 0)) >= knownFor {
			continue
		}
		if stamp, err := k.knownStamp(ctx, login); err == nil && hmac.Equal([]byte(stamp), []byte(parts[2])) {
			return parts[0]
		}
	}
	return ""
}

// tallies are what a try to sign in is counted under, and whether the browser is known.
func (k *Keeper) tallies(ctx context.Context, login string, v Visit) (list []tallied, known bool) {
	if nonce := k.knownAs(ctx, login, v); nonce != "" {
		return knownTallies("browser:"+nonce, login), true
	}
	return strangers(login, v.Address), false
}

// knownTallies are what is counted of a browser, or a session, that is known to be a person's.
func knownTallies(own, login string) []tallied {
	return []tallied{
		{key: own, most: wrongPerLogin, own: true},
		{key: "browsers:" + plainLogin(login), most: browsersTogether * wrongPerLogin, own: true},
	}
}

// codeTallies are what a second factor is counted under.
func (k *Keeper) codeTallies(ctx context.Context, login string, v Visit) []tallied {
	login = plainLogin(login)
	if nonce := k.knownAs(ctx, login, v); nonce != "" {
		return []tallied{
			{key: "code-browser:" + nonce, most: wrongCodes, own: true},
			{key: "code-browsers:" + login, most: browsersTogether * wrongCodes, own: true},
		}
	}
	return []tallied{{key: "code:" + login, most: wrongCodes, own: true}}
}

// browsersTogether is how many known browsers' wrong tries all of a person's have together: each sign-in makes a browser known anew, and
// whoever collects such cookies must not have so many tries more. Strangers are not counted there, and cannot use it up.
const browsersTogether = 2

// hostOnly is a cookie's name behind https: by its prefix browsers take the cookie from this very host alone (RFC 6265bis §4.1.3.2).
func (k *Keeper) hostOnly(name string) string {
	if k.settings.SecureCookie {
		return "__Host-" + name
	}
	return name
}

// Cookie carries a session's token; of the zero Session it is the one that removes the cookie.
func (k *Keeper) Cookie(s Session) http.Cookie {
	c := http.Cookie{ //nolint:gosec // Secure is a setting: a panel on the ward's own network may be without TLS
		Name: k.hostOnly(CookieName), Value: s.Token, Path: "/",
		HttpOnly: true, Secure: k.settings.SecureCookie, SameSite: http.SameSiteStrictMode,
	}
	if s.Token == "" {
		c.MaxAge = -1
	}
	return c
}

// Token is the session token that a request brings, or "".
func (k *Keeper) Token(r *http.Request) string {
	c, err := r.Cookie(k.hostOnly(CookieName))
	if err != nil {
		return ""
	}
	return c.Value
}

// sessionID names the session of a token (dialer.SessionInfo).
func sessionID(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
