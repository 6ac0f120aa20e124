package auth

import (
	"encoding/base64"
	"encoding/json"
	"iter"
	"net/http"
)

// sealedValue is what a cookie of ours holds that nobody else reads or makes: JSON, sealed under the cookie's name. v must be what always marshals.
func (k *Keeper) sealedValue(name string, v any) string {
	plain, _ := json.Marshal(v) //nolint:errchkjson // texts and instants, as its callers have them, always marshal
	return base64.RawURLEncoding.EncodeToString(k.safe.seal(plain, name))
}

// unsealed are the texts in the cookies of a name that were made here.
func (k *Keeper) unsealed(name string, cookies []*http.Cookie) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for _, c := range cookies {
			if c.Name != k.hostOnly(name) {
				continue
			}
			sealed, err := base64.RawURLEncoding.DecodeString(c.Value)
			if err != nil {
				continue
			}
			if plain, err := k.safe.open(sealed, name); err == nil && !yield(plain) {
				return
			}
		}
	}
}
