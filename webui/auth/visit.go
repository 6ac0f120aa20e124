package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net"
	"net/http"
	"net/netip"
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

// network is what of an address is counted by: a household or an office has a whole /64 of IPv6.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if a = a.Unmap(); a.Is4() {
		return a.String()
	}
	p, err := a.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return p.String()
}

// A browser in which a person has signed in is known again by a cookie of its own for that login. Its wrong tries are counted apart, so
// that strangers who try that login cannot bar the person. The cookie opens nothing.
const (
	knownCookie = "kakeru_known_"
	knownFor    = 90 * 24 * time.Hour
)

func (k *Keeper) knownName(login string) string {
	return k.hostOnly(knownCookie + hex.EncodeToString(k.safe.mac("name", strings.ToLower(login))[:6]))
}

// KnownCookie makes the browser known to belong to a person who has signed in there.
func (k *Keeper) KnownCookie(login string) http.Cookie {
	nonce := make([]byte, 12)
	_, _ = rand.Read(nonce) // never fails (crypto/rand)
	what := base64.RawURLEncoding.EncodeToString(nonce) + "." + strconv.FormatInt(k.settings.Now().Unix(), 10)
	return http.Cookie{ //nolint:gosec // Secure is a setting: a panel on the ward's own network may be without TLS
		Name: k.knownName(login), Value: what + "." + k.knownProof(login, what), Path: "/", MaxAge: int(knownFor.Seconds()),
		HttpOnly: true, Secure: k.settings.SecureCookie, SameSite: http.SameSiteStrictMode,
	}
}

func (k *Keeper) knownProof(login, what string) string {
	return base64.RawURLEncoding.EncodeToString(k.safe.mac("known", strings.ToLower(login)+"\x00"+what))
}

// known is the name under which this browser is known to belong to a login's person; "" when it is a stranger.
func (k *Keeper) knownAs(login string, v Visit) string {
	name := k.knownName(login)
	for _, c := range v.cookies {
		if c.Name != name {
			continue
		}
		i := strings.LastIndexByte(c.Value, '.')
		if i < 0 || !hmac.Equal([]byte(k.knownProof(login, c.Value[:i])), []byte(c.Value[i+1:])) {
			continue
		}
		nonce, since, _ := strings.Cut(c.Value[:i], ".")
		at, err := strconv.ParseInt(since, 10, 64)
		if err == nil && k.settings.Now().Sub(time.Unix(at, 0)) < knownFor {
			return nonce
		}
	}
	return ""
}

// tallies are what a try to sign in is counted under.
func (k *Keeper) tallies(login string, v Visit) []tallied {
	if nonce := k.knownAs(login, v); nonce != "" {
		return []tallied{{key: "browser:" + nonce, most: wrongPerLogin, own: true}}
	}
	return strangers(login, v.Address)
}

// codeTallies are what a second factor is counted under.
func (k *Keeper) codeTallies(login string, v Visit) []tallied {
	key := "code:" + strings.ToLower(login)
	if nonce := k.knownAs(login, v); nonce != "" {
		key = "code-browser:" + nonce
	}
	return []tallied{{key: key, most: wrongCodes, own: true}}
}

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
