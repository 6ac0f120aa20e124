package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"kakeru/dialer"
)

// ward is a keeper with a directory, in which anna is s-0001.
type ward struct {
	t      *testing.T
	k      *Keeper
	idp    *idp
	clock  *clock
	stores *stores
}

func newWard(t *testing.T, change ...func(*Directory)) *ward {
	t.Helper()
	w := &ward{t: t, stores: newStores(), clock: &clock{now: time.Date(2026, 11, 24, 10, 0, 0, 0, dialer.Tokyo)}}
	w.idp = newIDP(t, w.clock.Now)
	d := Directory{
		Issuer: w.idp.server.URL, ClientID: testClient, ClientSecret: testHush, Redirect: testBack, Label: "区の認証", Claim: "sub", AskAgain: true, Passwords: true,
	}
	for _, c := range change {
		c(&d)
	}
	k, err := NewKeeper(w.stores.all(), Settings{
		Cost: cheap, Now: w.clock.Now, Secret: testSecret, Origin: testOrigin, SecureCookie: true, Directory: &d,
		SecondFactor: map[dialer.Role]Need{dialer.RoleAdmin: Required},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.k = k
	w.link("anna", "s-0001")
	return w
}

func (w *ward) link(login, name string) {
	w.t.Helper()
	who, err := w.k.DirectoryName(name)
	if err != nil {
		w.t.Fatal(err)
	}
	w.stores.set(func() {
		u := w.stores.users[dialer.UserID("id-"+login)]
		u.Directory = who
		w.stores.users[u.ID] = u
	})
}

// begin goes to the directory, and returns where to and what the browser comes back with.
func (w *ward) begin(token string) (to string, back Visit) {
	w.t.Helper()
	to, cookie, err := w.k.BeginDirectory(w.t.Context(), Visit{Address: "192.0.2.1", Token: token})
	if err != nil {
		w.t.Fatal(err)
	}
	if cookie.Name != "__Host-"+directoryCookie || !cookie.HttpOnly || !cookie.Secure || cookie.Path != "/" || cookie.SameSite != http.SameSiteLaxMode || cookie.MaxAge != 600 {
		w.t.Errorf("the cookie: %+v", cookie)
	}
	// The session's own cookie is strict: it does not come back with the answer.
	return to, Visit{Address: "192.0.2.1", cookies: []*http.Cookie{&cookie}}
}

// signIn does all of it.
func (w *ward) signIn() (Session, error) {
	w.t.Helper()
	to, back := w.begin("")
	return w.k.FinishDirectory(w.t.Context(), back, w.idp.authorize(to))
}

func (w *ward) refused(what string, err error, want DirectoryTrouble) {
	w.t.Helper()
	f, is := errors.AsType[*DirectoryFault](err)
	if !is || f.Trouble != want {
		w.t.Errorf("%s: %v, want %s", what, err, want)
		return
	}
	for _, secret := range []string{testHush, "s-0001", "anna"} {
		if strings.Contains(f.Error(), secret) {
			w.t.Errorf("%s: the reason tells %s", what, secret)
		}
	}
}

// TestSignInByTheDirectory: by PKCE, with our secret, and into the person's own role; whoever was signed in there before is out.
func TestSignInByTheDirectory(t *testing.T) {
	w := newWard(t)
	before := mustSignIn(t, w.k, "ben", "")
	to, back := w.begin(before.Token)
	for _, hidden := range []string{before.Token, testHush} {
		if strings.Contains(to, hidden) || strings.Contains(back.cookies[0].Value, hidden) {
			t.Error("a secret goes to the directory or stands readable in the cookie")
		}
	}
	if u, _ := url.Parse(to); u.Query().Get("prompt") != "login" || u.Query().Get("max_age") != "0" {
		t.Errorf("the person is not asked again: %s", to)
	}
	s, err := w.k.FinishDirectory(t.Context(), back, w.idp.authorize(to))
	if err != nil || s.User.ID != "id-anna" || s.Step != StepDone || s.User.Role != dialer.RoleOperator {
		t.Fatalf("%v: %+v", err, s)
	}
	if _, err := w.k.Session(t.Context(), before.Token); !errors.Is(err, ErrSignedOut) {
		t.Errorf("the session from before: %v", err)
	}
	if len(w.idp.asked) != 1 || w.idp.basic[0] != testClient || w.idp.asked[0].Get("client_secret") != "" || w.idp.asked[0].Get("grant_type") != "authorization_code" {
		t.Errorf("the token endpoint was asked %v", w.idp.asked)
	}
}

// TestWhatTheDirectorySaysIsChecked walks the ways in which an answer does not hold.
func TestWhatTheDirectorySaysIsChecked(t *testing.T) {
	change := func(name string, value any) func(*ward) {
		return func(w *ward) { w.idp.claims = func(c map[string]any) { c[name] = value } }
	}
	thief, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	head := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	for what, c := range map[string]struct {
		set  func(*ward)
		want DirectoryTrouble
	}{
		"another nonce":            {change("nonce", "x"), DirectoryWrong},
		"no nonce":                 {change("nonce", ""), DirectoryWrong},
		"for another party":        {change("aud", "another"), DirectoryWrong},
		"for several, whose first": {change("aud", []string{testClient, "another"}), DirectoryWrong},
		"made for another party":   {change("azp", "another"), DirectoryWrong},
		"of another directory":     {change("iss", "https://elsewhere.example"), DirectoryWrong},
		"run out": {func(w *ward) {
			w.idp.claims = func(c map[string]any) { c["exp"] = w.clock.Now().Add(-time.Second).Unix() }
		}, DirectoryWrong},
		"not good yet": {func(w *ward) {
			w.idp.claims = func(c map[string]any) { c["nbf"] = w.clock.Now().Add(time.Hour).Unix() }
		}, DirectoryWrong},
		"the person not asked": {func(w *ward) {
			w.idp.claims = func(c map[string]any) { c["auth_time"] = w.clock.Now().Add(-time.Hour).Unix() }
		}, DirectoryWrong},
		"no word of when":        {func(w *ward) { w.idp.claims = func(c map[string]any) { delete(c, "auth_time") } }, DirectoryWrong},
		"somebody unknown":       {change("sub", "s-0002"), DirectoryNobody},
		"another's name in case": {change("sub", "S-0001"), DirectoryNobody},
		"no subject":             {change("sub", ""), DirectorySet},
		"a subject that is none": {change("sub", 1), DirectoryWrong},
		"unsigned": {func(w *ward) {
			w.idp.sign = func(_, body string) string { return head(`{"alg":"none"}`) + "." + body + "." }
		}, DirectoryWrong},
		"signed by another key": {func(w *ward) { w.idp.sign = signedBy(t, thief) }, DirectoryWrong},
		"signed with our secret": {func(w *ward) {
			w.idp.sign = func(_, body string) string {
				h := head(`{"alg":"HS256"}`)
				m := hmac.New(sha256.New, []byte(testHush))
				m.Write([]byte(h + "." + body))
				return h + "." + body + "." + raw(m.Sum(nil))
			}
		}, DirectoryWrong},
		"no token at all":         {func(w *ward) { w.idp.sign = func(_, _ string) string { return "" } }, DirectoryWrong},
		"a code that is not ours": {func(w *ward) { w.idp.fail = "invalid_grant" }, DirectoryWrong},
		"a secret that is wrong":  {func(w *ward) { w.idp.fail = "invalid_client" }, DirectorySet},
		"a word that is none":     {func(w *ward) { w.idp.fail = "anna\ns-0001" }, DirectorySet},
		"trouble of its own":      {func(w *ward) { w.idp.fail = "teapot" }, DirectoryDown},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWard(t)
			w.idp.set(func() { c.set(w) })
			s, err := w.signIn()
			w.refused(what, err, c.want)
			if len(w.stores.sessions) != 0 || s.Token != "" {
				t.Error("a session was opened")
			}
		})
	}
}

func signedBy(t *testing.T, key *rsa.PrivateKey) func(head, body string) string {
	other := &idp{t: t, key: key}
	return func(head, body string) string { return other.signature(head, body) }
}

// TestAnAnswerBelongsToItsBrowser: another browser's, an older one's, one brought twice, one too late, and one nobody asked for.
func TestAnAnswerBelongsToItsBrowser(t *testing.T) {
	w := newWard(t)
	to, mine := w.begin("")
	_, others := w.begin("")
	answer := w.idp.authorize(to)
	finish := func(v Visit, a url.Values) error { return second(w.k.FinishDirectory(t.Context(), v, a)) }
	w.refused("in another browser", finish(others, answer), DirectoryAgain)
	w.refused("in a browser that asked nothing", finish(Visit{Address: "192.0.2.9"}, answer), DirectoryAgain)
	forged := *mine.cookies[0]
	forged.Value = forged.Value[:len(forged.Value)-4] + "AAAA"
	w.refused("with a cookie that was changed", finish(Visit{cookies: []*http.Cookie{&forged}}, answer), DirectoryAgain)
	w.refused("without a state", finish(mine, url.Values{"code": answer["code"]}), DirectoryAgain)
	if len(w.idp.asked) != 0 {
		t.Fatal("the directory was asked all the same")
	}
	if err := finish(mine, answer); err != nil {
		t.Fatal(err)
	}
	w.refused("the same once more", finish(mine, answer), DirectoryAgain)

	// A code that was taken from another's answer: bound to that browser by PKCE, even with the state of one's own.
	toMine, mine := w.begin("")
	toOthers, _ := w.begin("")
	stolen := w.idp.authorize(toOthers)
	own := w.idp.authorize(toMine)
	w.refused("a code of another's", finish(mine, url.Values{"code": stolen["code"], "state": own["state"]}), DirectoryWrong)

	to, late := w.begin("")
	answer = w.idp.authorize(to)
	w.clock.forward(directoryWait)
	w.refused("too late", finish(late, answer), DirectoryAgain)
}

// TestAnAnswerIsTakenAtOneNode: two nodes get the same answer at once.
func TestAnAnswerIsTakenAtOneNode(t *testing.T) {
	w := newWard(t)
	other, err := NewKeeper(w.stores.all(), w.k.settings)
	if err != nil {
		t.Fatal(err)
	}
	to, back := w.begin("")
	answer := w.idp.authorize(to)
	errs := make([]error, 2)
	var both sync.WaitGroup
	for i, k := range []*Keeper{w.k, other} {
		both.Go(func() { _, errs[i] = k.FinishDirectory(t.Context(), back, answer) })
	}
	both.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || len(w.idp.asked) != 1 {
		t.Errorf("%v; the directory was asked %d times", errs, len(w.idp.asked))
	}
}

// TestAnotherDirectorysAnswer: its code is not handed to this one (RFC 9207), by what the answer says, or does not though it should.
func TestAnotherDirectorysAnswer(t *testing.T) {
	w := newWard(t)
	to, back := w.begin("")
	answer := w.idp.authorize(to)
	answer.Set("iss", "https://attacker.example")
	w.refused("another's", second(w.k.FinishDirectory(t.Context(), back, answer)), DirectoryWrong)
	to, back = w.begin("")
	answer = w.idp.authorize(to)
	answer.Set("iss", w.idp.server.URL)
	if _, err := w.k.FinishDirectory(t.Context(), back, answer); err != nil {
		t.Error(err)
	}
	silent := newWard(t)
	silent.idp.about["authorization_response_iss_parameter_supported"] = true
	_, err := silent.signIn()
	silent.refused("one that should say and does not", err, DirectoryWrong)
	for word, want := range map[string]DirectoryTrouble{
		"access_denied": DirectoryRefused, "login_required": DirectoryRefused, "temporarily_unavailable": DirectoryDown, "invalid_scope": DirectorySet, "s-0001\n": DirectoryRefused,
	} {
		to, back := w.begin("")
		answer := w.idp.authorize(to)
		w.refused(word, second(w.k.FinishDirectory(t.Context(), back, url.Values{"error": {word}, "state": answer["state"]})), want)
	}
}

// TestTheDirectoryComesAndGoes: down, it says so and signs nobody in; back, or with other keys, it works without a restart.
func TestTheDirectoryComesAndGoes(t *testing.T) {
	w := newWard(t)
	w.idp.set(func() { w.idp.down = true })
	_, _, err := w.k.BeginDirectory(t.Context(), Visit{})
	w.refused("down at the start", err, DirectoryDown)
	w.idp.set(func() { w.idp.down = false })
	w.clock.forward(believedThere)
	if _, err := w.signIn(); err != nil {
		t.Fatalf("back: %v", err)
	}
	w.idp.rotate("two")
	if _, err := w.signIn(); err != nil {
		t.Errorf("with another key: %v", err)
	}
	to, back := w.begin("")
	answer := w.idp.authorize(to)
	w.idp.set(func() { w.idp.down = true })
	w.refused("down in between", second(w.k.FinishDirectory(t.Context(), back, answer)), DirectoryDown)
	w.clock.forward(believedThere)
	_, _, err = w.k.BeginDirectory(t.Context(), Visit{})
	w.refused("down again", err, DirectoryDown)
	if s := mustSignIn(t, w.k, "anna", ""); s.Step != StepDone {
		t.Errorf("by the password meanwhile: %v", s.Step)
	}
	w.clock.forward(believedThere)
	w.idp.set(func() { w.idp.down, w.idp.about["issuer"] = false, "https://elsewhere.example" })
	_, _, err = w.k.BeginDirectory(t.Context(), Visit{})
	w.refused("of another name", err, DirectorySet)
}

// TestADirectoryThatIsAwayIsAskedOnce: strangers who sign in by it, one after the other or at once, do not each have it asked anew.
func TestADirectoryThatIsAwayIsAskedOnce(t *testing.T) {
	w := newWard(t)
	w.idp.set(func() { w.idp.down = true })
	var crowd sync.WaitGroup
	for range 20 {
		crowd.Go(func() {
			_, _, err := w.k.BeginDirectory(t.Context(), Visit{})
			w.refused("down", err, DirectoryDown)
		})
	}
	crowd.Wait()
	_, _, err := w.k.BeginDirectory(t.Context(), Visit{})
	w.refused("down", err, DirectoryDown)
	w.idp.set(func() {
		if w.idp.calls != 1 {
			t.Errorf("it was asked %d times", w.idp.calls)
		}
		w.idp.down = false
	})
	w.clock.forward(believedThere)
	if _, err := w.signIn(); err != nil {
		t.Errorf("back: %v", err)
	}
}

// TestWhoStopsWaitingForTheDirectory: whoever goes away takes nobody else's answer with them.
func TestWhoStopsWaitingForTheDirectory(t *testing.T) {
	w := newWard(t)
	gone, leave := context.WithCancel(t.Context())
	leave()
	_, _, err := w.k.BeginDirectory(gone, Visit{})
	if err != nil {
		w.refused("nobody waits", err, DirectoryDown)
	}
	if _, err := w.signIn(); err != nil {
		t.Errorf("who waits: %v", err)
	}
}

// TestSecondFactorsAndTheDirectory: ours are asked for by role, unless the directory says that it asked for one, as the setting has it.
func TestSecondFactorsAndTheDirectory(t *testing.T) {
	says := func(claims func(map[string]any), set ...func(*Directory)) Step {
		t.Helper()
		w := newWard(t, set...)
		w.link("anna", "nobody any more")
		w.link("chief", "s-0001")
		w.idp.claims = claims
		s, err := w.signIn()
		if err != nil {
			t.Fatal(err)
		}
		return s.Step
	}
	mfa := func(c map[string]any) { c["amr"], c["acr"] = []string{"pwd", "mfa"}, "silver" }
	if step := says(mfa); step != StepEnrol {
		t.Errorf("nothing is believed by itself: %v", step)
	}
	if step := says(mfa, func(d *Directory) { d.AMR = []string{"mfa"} }); step != StepDone {
		t.Errorf("by amr: %v", step)
	}
	if step := says(mfa, func(d *Directory) { d.ACR = []string{"gold", "silver"} }); step != StepDone {
		t.Errorf("by acr: %v", step)
	}
	if step := says(nil, func(d *Directory) { d.ACR, d.AMR = []string{"gold"}, []string{"mfa"} }); step != StepEnrol {
		t.Errorf("it says nothing of it: %v", step)
	}
}

// TestWhoIsLinked: a name of another claim, or of a directory from before, is nobody's; nor is one of a person who may not sign in; and
// an address counts where the directory has verified it.
func TestWhoIsLinked(t *testing.T) {
	w := newWard(t, func(d *Directory) { d.Claim = "preferred_username" })
	_, err := w.signIn()
	w.refused("a subject where names are wanted", err, DirectoryNobody)
	w.link("anna", "anna@ward.example")
	if _, err := w.signIn(); err != nil {
		t.Error(err)
	}
	w.stores.set(func() {
		u := w.stores.users["id-anna"]
		u.Directory.Of = "https://former.example preferred_username"
		w.stores.users[u.ID] = u
	})
	_, err = w.signIn()
	w.refused("a directory of before", err, DirectoryNobody)
	w.link("anna", "nobody")
	w.link("former", "anna@ward.example")
	_, err = w.signIn()
	w.refused("who may not sign in", err, DirectoryNobody)

	mail := newWard(t, func(d *Directory) { d.Claim = "email" })
	mail.link("anna", "anna@ward.example")
	for verified, want := range map[any]bool{true: true, false: false, nil: false, "true": false} {
		mail.idp.claims = func(c map[string]any) { c["email"], c["email_verified"] = "anna@ward.example", verified }
		if _, err := mail.signIn(); (err == nil) != want {
			t.Errorf("email_verified %v: %v", verified, err)
		}
	}
}

// TestPasswordsOfTheLinked: where the setting says so, a linked person's password opens nothing; who does not know it is told nothing, and
// just after signing in by the directory no password is asked.
func TestPasswordsOfTheLinked(t *testing.T) {
	w := newWard(t, func(d *Directory) { d.Passwords = false })
	try := func(login, word string) error {
		return second(w.k.SignIn(t.Context(), SignIn{Login: login, Password: word, Visit: Visit{Address: "192.0.2.1"}}))
	}
	if err := try("anna", password); !errors.Is(err, ErrByDirectory) {
		t.Errorf("a linked person: %v", err)
	}
	if err := try("anna", "wrong"); !errors.Is(err, ErrWrong) {
		t.Errorf("a stranger: %v", err)
	}
	if err := try("ben", password); err != nil {
		t.Errorf("who is not linked: %v", err)
	}
	w.stores.set(func() {
		u := w.stores.users["id-anna"]
		u.MustChange = true // nobody ever used it
		w.stores.users[u.ID] = u
	})
	s, err := w.signIn()
	if err != nil || s.Step != StepDone {
		t.Fatalf("%v at %v", err, s.Step)
	}
	if _, err := w.k.BeginTOTP(t.Context(), visit(s), Proof{}); err != nil {
		t.Errorf("just after: %v", err)
	}
	w.clock.forward(freshFor)
	if _, err := w.k.BeginTOTP(t.Context(), visit(s), Proof{}); !errors.Is(err, ErrByDirectory) {
		t.Errorf("later: %v", err)
	}
	// Nor is it good for anything else: whoever left the ward, or read it somewhere, may know it still.
	if _, err := w.k.BeginTOTP(t.Context(), visit(s), Proof{Password: password}); !errors.Is(err, ErrByDirectory) {
		t.Errorf("by the password: %v", err)
	}
	if err := w.k.Lock(t.Context(), visit(s)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.k.Unlock(t.Context(), visit(s), Proof{Password: password}); !errors.Is(err, ErrByDirectory) {
		t.Errorf("unlocking by the password: %v", err)
	}
	none, _ := newKeeper(t, newStores())
	if _, _, err := none.BeginDirectory(t.Context(), Visit{}); !errors.Is(err, ErrNoDirectory) {
		t.Errorf("without a directory: %v", err)
	}
	if _, err := none.FinishDirectory(t.Context(), Visit{}, nil); !errors.Is(err, ErrNoDirectory) {
		t.Errorf("without a directory: %v", err)
	}
}

// TestTheDirectorysWaysToKnowUs: our secret in the body, where it wants it there; never to a place it redirects to.
func TestTheDirectorysWaysToKnowUs(t *testing.T) {
	w := newWard(t)
	w.idp.about["token_endpoint_auth_methods_supported"] = []string{"client_secret_post"}
	if _, err := w.signIn(); err != nil || w.idp.asked[0].Get("client_secret") != testHush || w.idp.basic[0] != "" {
		t.Errorf("%v: %v", err, w.idp.asked)
	}
	away := newWard(t)
	var came bool
	elsewhere := newIDP(t, away.clock.Now)
	elsewhere.server.Config.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { came = true })
	moved := http.RedirectHandler(elsewhere.server.URL, http.StatusTemporaryRedirect)
	mux := http.NewServeMux()
	mux.Handle("POST /token", moved)
	mux.Handle("/", away.idp.server.Config.Handler)
	away.idp.server.Config.Handler = mux
	_, err := away.signIn()
	away.refused("a token endpoint that moved", err, DirectorySet)
	if came {
		t.Error("our secret went elsewhere")
	}
}

// TestStrangersBarNobodyFromTheDirectory: who brings wrong answers from an address that others share bars neither them nor, by what the directory is not even asked,
// anybody.
func TestStrangersBarNobodyFromTheDirectory(t *testing.T) {
	w := newWard(t)
	bring := func(answer url.Values) error {
		to, back := w.begin("")
		u, _ := url.Parse(to)
		answer.Set("state", u.Query().Get("state"))
		return second(w.k.FinishDirectory(t.Context(), back, answer))
	}
	for range wrongPerAddress + 20 {
		w.refused("the directory refused", bring(url.Values{"error": {"access_denied"}, "iss": {w.idp.server.URL}}), DirectoryRefused)
	}
	if _, err := w.signIn(); err != nil {
		t.Fatalf("after refusals: %v", err)
	}
	known := w.k.CameCookie("id-anna")
	for range wrongPerAddress {
		if err := bring(url.Values{"code": {"made-up"}, "iss": {w.idp.server.URL}}); err == nil {
			t.Fatal("a made-up code lets somebody in")
		}
	}
	_, err := w.signIn()
	if _, many := errors.AsType[*TooMany](err); !many {
		t.Errorf("a browser that nobody knows, after a hundred made-up codes: %v", err)
	}
	to, back := w.begin("")
	back.cookies = append(back.cookies, &known)
	if _, err := w.k.FinishDirectory(t.Context(), back, w.idp.authorize(to)); err != nil {
		t.Errorf("a browser in which somebody came in before: %v", err)
	}
	w.clock.forward(knownFor)
	if tally := w.k.directoryTally(Visit{Address: "192.0.2.1", cookies: []*http.Cookie{&known}}); tally.most != wrongPerAddress {
		t.Errorf("after %v it is counted as %+v", knownFor, tally)
	}
}

// TestWhoCameIsKnownAtTheDirectorysAnswer: the cookie by which a browser's requests are a person's comes with the answer too, which begins at another site.
func TestWhoCameIsKnownAtTheDirectorysAnswer(t *testing.T) {
	w := newWard(t)
	c := w.k.CameCookie("id-anna")
	if c.Name != "__Host-"+cameCookie || !c.HttpOnly || !c.Secure || c.Path != "/" || c.SameSite != http.SameSiteLaxMode {
		t.Errorf("the cookie: %+v", c)
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	if who := w.k.Came(r); who != "id-anna" {
		t.Errorf("it is %q", who)
	}
	w.clock.forward(knownFor)
	if who := w.k.Came(r); who != "" {
		t.Errorf("after %v it is %q", knownFor, who)
	}
}
