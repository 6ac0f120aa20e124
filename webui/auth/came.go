package auth

import (
	"encoding/json"
	"net/http"
	"time"

	"kakeru/dialer"
)

// cameCookie is the cookie of a browser in which somebody has signed in. It says who, sealed, so that what is asked from there is rated as that person's, and
// not by an address which they may share with strangers, before a store was asked anything. It lets nobody in.
const cameCookie = "kakeru_came"

type browserOf struct {
	Who dialer.UserID
	At  time.Time
}

// CameCookie is that cookie of a person. Where there is a directory it is lax: its answer is a request that begins at another site, and comes without strict ones.
func (k *Keeper) CameCookie(who dialer.UserID) http.Cookie {
	c := http.Cookie{ //nolint:gosec // Secure is a setting: a panel on the ward's own network may be without TLS
		Name: k.hostOnly(cameCookie), Value: k.sealedValue(cameCookie, browserOf{who, k.settings.Now()}), Path: "/", MaxAge: int(knownFor.Seconds()),
		HttpOnly: true, Secure: k.settings.SecureCookie, SameSite: http.SameSiteStrictMode,
	}
	if k.ward != nil {
		c.SameSite = http.SameSiteLaxMode
	}
	return c
}

// Came is who has signed in before in the browser that a request comes from; "" when nobody has, or it is too long ago.
func (k *Keeper) Came(r *http.Request) dialer.UserID { return k.cameIn(r.Cookies()) }

func (k *Keeper) cameIn(cookies []*http.Cookie) dialer.UserID {
	for plain := range k.unsealed(cameCookie, cookies) {
		var came browserOf
		if json.Unmarshal(plain, &came) == nil && k.settings.Now().Sub(came.At) < knownFor {
			return came.Who
		}
	}
	return ""
}
