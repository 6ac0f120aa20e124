package sip

import (
	"bytes"
	"io"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// maxChallenges bounds how often one request answers challenges: a proxy's and a registrar's, and a stale nonce of each.
const maxChallenges = 4

// isChallenge reports whether a response asks for credentials (RFC 3261 §22).
func isChallenge(res *sip.Response) bool {
	return res.StatusCode == sip.StatusUnauthorized || res.StatusCode == sip.StatusProxyAuthRequired
}

// credentials is a user name and its secret.
type credentials struct{ user, password string }

// signer answers the digest challenges of one request, however often that is sent anew (RFC 3261 §22). It keeps what it was
// challenged with, so that a request which two elements challenge carries both answers.
type signer struct {
	with     credentials
	of       *uplink // whose credentials they are: within a dialog nobody else is shown them; nil where there are none
	dialled  string  // the user part that we called; empty where we were called
	held     []*challenged
	answered []*challenged // of them, those that this request has answered
	tries    int
}

// another is the signer of the next request to the same far end: it shows what the last nonces ask for before it is
// challenged (§22.3), and has tries of its own.
func (s *signer) another() signer {
	return signer{with: s.with, of: s.of, dialled: s.dialled, held: slices.Clone(s.held)}
}

// challenged is one realm's challenge; count is how often its nonce was used.
type challenged struct {
	header string // the header that answers it
	by     *digest.Challenge
	count  int
}

// take remembers a 401's or 407's challenge. It is false when there is nothing to answer it with, or when the answer
// given was refused.
func (s *signer) take(res *sip.Response) bool {
	if s.with.user == "" || s.tries >= maxChallenges {
		return false
	}
	s.tries++
	asks, answers := "WWW-Authenticate", "Authorization"
	if res.StatusCode == sip.StatusProxyAuthRequired {
		asks, answers = "Proxy-Authenticate", "Proxy-Authorization"
	}
	// The one who asks lists its challenges by preference; the first we can answer is taken (RFC 8760 §2.4).
	for _, text := range values(res, asks) {
		by, err := digest.ParseChallenge(text)
		if err != nil {
			continue
		}
		for i := range by.QOP {
			by.QOP[i] = strings.TrimSpace(by.QOP[i])
		}
		if digest.CanDigest(by) {
			return s.keep(answers, by)
		}
	}
	return false
}

// keep replaces the realm's earlier challenge. A second one of the same realm is answered only if it calls the nonce
// stale, and brings another: else our secret is wrong, and asking again would not mend it.
func (s *signer) keep(header string, by *digest.Challenge) bool {
	for _, c := range s.held {
		if c.header != header || c.by.Realm != by.Realm {
			continue
		}
		if slices.Contains(s.answered, c) && (!by.Stale || by.Nonce == c.by.Nonce) {
			return false
		}
		if by.Nonce != c.by.Nonce {
			c.count = 0
		}
		c.by = by
		s.answered = append(s.answered, c)
		return true
	}
	c := &challenged{header: header, by: by}
	s.held, s.answered = append(s.held, c), append(s.answered, c)
	return true
}

// sign adds the answers. The digest's uri is the Request-URI exactly as it is sent, parameters and all.
func (s *signer) sign(req *sip.Request) error {
	for _, c := range s.held {
		c.count++
		made, err := digest.Digest(c.by, digest.Options{
			Method: string(req.Method), URI: req.Recipient.String(), Count: c.count,
			Username: s.with.user, Password: s.with.password,
			GetBody: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(req.Body())), nil },
		})
		if err != nil {
			return err
		}
		req.AppendHeader(sip.NewHeader(c.header, made.String()))
	}
	return nil
}

// renew forgets which nonces were used for which method: a BYE may be challenged as the INVITE was.
func (s *signer) renew() { s.tries, s.held, s.answered = 0, nil, nil }

// signer is one of requests to the trunk.
func (u *uplink) signer() signer { return signer{with: u.trunk.credentials(), of: u} }

// signerOf is that of a trunk by its name.
func (a *Agent) signerOf(trunk string) signer {
	if u := a.uplink(trunk); u != nil {
		return u.signer()
	}
	return signer{}
}

// shows reports whether somebody at a place may see our answers to challenges: who asks by a nonce of their own can guess the password from one
// for as long as they like.
func (s *signer) shows(to place) bool { return s.of == nil || s.of.has(to.AddrPort) }

// mayShow reports whether a request within a dialog may carry credentials: it goes to the trunk, and an INVITE is for nobody but whom we have dialled.
// An answer is good for the Request-URI and the nonce that it was made for, and both are the far end's to choose (RFC 3261 §12.2.1.1): with one to
// the carrier's own nonce, for any number, it could dial in our name, past gate and ceiling. Behind a strict router the target is the last Route.
func (s *signer) mayShow(req *sip.Request, to place, d *dialog) bool {
	return s.shows(to) && (s.of == nil || !req.IsInvite() || s.dialsNobodyElse(req.Recipient) && s.dialsNobodyElse(uriIn("<"+d.Target+">")))
}

// mostNameDigits is how many digits a name has at most that is no number.
const mostNameDigits = 4

// dialsNobodyElse reports whether a URI is a name, such as a border's own, or the number that was dialled: as it was, in national form or with the
// country's code. What has a prefix for the public network reads a number without it as another, so that there only what was dialled is that. Of a
// call that came in no number is, since who calls says themselves what theirs is.
func (s *signer) dialsNobodyElse(uri sip.Uri) bool {
	if !isSIPScheme(uri.Scheme) || !isHost(uri.Host) {
		return false
	}
	if isNobody(uri) {
		return true
	}
	user, err := url.PathUnescape(uri.User)
	if err != nil || s.dialled == "" || strings.Contains(user, ";") { // a parameter may say another number (RFC 4694)
		return false
	}
	if user == s.dialled || s.of.trunk.Prefix != "" {
		return user == s.dialled
	}
	n := string(national(user))
	return n == s.dialled || "0"+strings.TrimPrefix(n, "81") == s.dialled
}

// isNobody reports whether nothing in a URI can be whom to call: no user part, and no host where that stands alone. A password, or headers, can be read as either.
func isNobody(uri sip.Uri) bool {
	switch {
	case uri.Password != "" || len(uri.Headers) > 0:
		return false
	case uri.User != "" || isAddress(uri.Host):
		return isName(uri.User)
	}
	machine, _, domain := strings.Cut(uri.Host, ".")
	return isName(machine) || domain && isLetter(rune(machine[0])) // a name of a domain's, however its machines are counted
}

// isHost reports whether a host is one, and no number in its place (RFC 3261 §25.1): an address, or a name whose last label begins with a letter. What is
// neither cannot be looked up, and a request to it goes where the call went: to the trunk, which may read it as a number.
func isHost(host string) bool {
	if isAddress(host) {
		return true
	}
	host = strings.TrimSuffix(host, ".") // of the root
	top := host[strings.LastIndexByte(host, '.')+1:]
	return !strings.HasPrefix(host, ".") && top != "" && isLetter(rune(top[0])) && !strings.ContainsFunc(host, func(r rune) bool {
		return !isLetter(r) && (r < '0' || r > '9') && !strings.ContainsRune("-._", r)
	})
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(bare(host))
	return err == nil
}

func isLetter(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' }

// isName reports whether a user part can be no number.
func isName(user string) bool {
	digits := 0
	for i, r := range user {
		switch {
		case isLetter(r):
		case i == 0:
			return false
		case '0' <= r && r <= '9':
			digits++
		case !strings.ContainsRune("-._", r):
			return false
		}
	}
	return digits <= mostNameDigits
}
