package auth

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"kakeru/dialer"
)

// idp is an OpenID provider made by hand, as the specifications describe one: none of the library's code that checks it made it.
type idp struct {
	t      *testing.T
	server *httptest.Server
	now    dialer.Clock

	mu     sync.Mutex
	key    *rsa.PrivateKey
	kid    string
	codes  map[string]request // not exchanged yet
	down   bool
	calls  int                            // that came, down or not
	fail   string                         // what the token endpoint answers instead of a token
	claims func(map[string]any)           // changes the ID token's claims
	sign   func(head, body string) string // instead of RS256 with key
	about  map[string]any                 // more for its description
	asked  []url.Values                   // what came to the token endpoint
	basic  []string                       // who said so by HTTP Basic
}

// request is what a browser brought to the authorization endpoint.
type request struct {
	url.Values
	at time.Time
}

const (
	testClient = "kakeru"
	testHush   = "a client's secret + of its own"
	testBack   = testOrigin + "/api/session/directory/answer"
)

func newIDP(t *testing.T, now dialer.Clock) *idp {
	t.Helper()
	p := &idp{t: t, now: now, codes: map[string]request{}, about: map[string]any{}}
	p.rotate("one")
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.describe)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("POST /token", p.token)
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		down := p.down
		p.calls++
		p.mu.Unlock()
		if down {
			panic(http.ErrAbortHandler) // the line is cut
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(p.server.Close)
	return p
}

func (p *idp) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

func (p *idp) rotate(kid string) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		p.t.Fatal(err)
	}
	p.set(func() { p.key, p.kid = key, kid })
}

func answerJSON(w http.ResponseWriter, status int, what any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	b, err := json.Marshal(what)
	if err != nil {
		panic("an answer that is no JSON: " + err.Error())
	}
	_, _ = w.Write(b)
}

func (p *idp) describe(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	is := map[string]any{
		"issuer": p.server.URL, "authorization_endpoint": p.server.URL + "/authorize", "token_endpoint": p.server.URL + "/token", "jwks_uri": p.server.URL + "/keys",
		"id_token_signing_alg_values_supported": []string{"RS256", "none", "HS256"},
	}
	maps.Copy(is, p.about)
	answerJSON(w, http.StatusOK, is)
}

func (p *idp) keys(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := big.NewInt(int64(p.key.E)).Bytes()
	answerJSON(w, http.StatusOK, map[string]any{"keys": []any{map[string]string{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": p.kid, "n": raw(p.key.N.Bytes()), "e": raw(e),
	}}})
}

// authorize is what happens at the provider when a browser comes by to: its person signs in, and is sent back with an answer.
func (p *idp) authorize(to string) url.Values {
	p.t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		p.t.Fatal(err)
	}
	q := u.Query()
	for name, want := range map[string]string{
		"response_type": "code", "client_id": testClient, "redirect_uri": testBack, "scope": "openid", "code_challenge_method": "S256",
	} {
		if q.Get(name) != want {
			p.t.Errorf("the browser brought %s=%q, want %q", name, q.Get(name), want)
		}
	}
	if len(q.Get("state")) < 43 || len(q.Get("nonce")) < 43 || len(q.Get("code_challenge")) != 43 || q.Get("state") == q.Get("nonce") {
		p.t.Errorf("the browser brought %v", q)
	}
	code := random()
	p.set(func() { p.codes[code] = request{q, p.now()} })
	return url.Values{"code": {code}, "state": {q.Get("state")}}
}

func (p *idp) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = r.ParseForm()
	id, hush, ok := r.BasicAuth()
	p.asked, p.basic = append(p.asked, r.PostForm), append(p.basic, id)
	if !ok {
		id, hush = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	} else {
		hush, _ = url.QueryUnescape(hush)
	}
	asked, there := p.codes[r.PostForm.Get("code")]
	delete(p.codes, r.PostForm.Get("code")) // good once
	verifier := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
	switch {
	case p.fail == "teapot":
		http.Error(w, "not now", http.StatusBadGateway)
	case p.fail != "":
		answerJSON(w, http.StatusBadRequest, map[string]string{"error": p.fail})
	case id != testClient || hush != testHush:
		answerJSON(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
	case !there, r.PostForm.Get("redirect_uri") != testBack, raw(verifier[:]) != asked.Get("code_challenge"):
		answerJSON(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
	default:
		answerJSON(w, http.StatusOK, map[string]any{"access_token": "unused", "token_type": "Bearer", "id_token": p.idToken(asked)})
	}
}

// idToken is signed by hand (RFC 7515). mu is held.
func (p *idp) idToken(asked request) string {
	claims := map[string]any{
		"iss": p.server.URL, "aud": testClient, "sub": "s-0001", "preferred_username": "anna@ward.example", "nonce": asked.Get("nonce"),
		"iat": p.now().Unix(), "exp": p.now().Add(time.Minute).Unix(), "auth_time": asked.at.Unix(),
	}
	if p.claims != nil {
		p.claims(claims)
	}
	part := func(what any) string {
		b, err := json.Marshal(what)
		if err != nil {
			p.t.Error(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	head, body := part(map[string]string{"alg": "RS256", "kid": p.kid}), part(claims)
	if p.sign != nil {
		return p.sign(head, body)
	}
	return p.signature(head, body)
}

// signature is a token signed by RS256.
func (p *idp) signature(head, body string) string {
	sum := sha256.Sum256([]byte(head + "." + body))
	signature, err := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, sum[:])
	if err != nil {
		p.t.Error(err)
	}
	return head + "." + body + "." + raw(signature)
}
