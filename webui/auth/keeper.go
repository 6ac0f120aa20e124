package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"kakeru/dialer"
)

// CookieName is the session's cookie.
const CookieName = "kakeru_session"

var (
	// ErrSignedOut says that the token is no session's, or the session is over.
	ErrSignedOut = errors.New("not signed in")
	// ErrWrong says that there is no such login, that the password is wrong, or that the person is disabled: not which.
	ErrWrong = errors.New("the login or the password is wrong")
)

// TooMany is returned instead of a check when there were too many wrong sign-ins. Wait is how long until the next.
type TooMany struct{ Wait time.Duration }

func (t *TooMany) Error() string {
	return fmt.Sprintf("too many wrong sign-ins; try again in %s", t.Wait.Round(time.Second))
}

// Settings are a Keeper's settings. Zero durations and a zero Cost are the defaults.
type Settings struct {
	Idle         time.Duration // a session unused for so long is over; default 12 h
	Absolute     time.Duration // a session is over after so long in any case; default 24 h
	SecureCookie bool          // the panel is reached by https
	Cost         Cost
	Now          dialer.Clock
}

// Keeper signs people in and knows whose a session is. It is safe for concurrent use.
type Keeper struct {
	users    dialer.Users
	manager  *scs.SessionManager
	known    *recall[[]byte]
	people   *recall[person]
	checker  *checker
	limiter  *limiter
	settings Settings

	ending sync.Mutex // held while a session is deleted, or its use is written

	mu      sync.Mutex
	waiting map[string]map[chan struct{}]bool // who waits for the end of a token's session
}

// NewKeeper makes a Keeper over the stores.
func NewKeeper(users dialer.Users, sessions dialer.Sessions, s Settings) (*Keeper, error) {
	if s.Idle == 0 {
		s.Idle = 12 * time.Hour
	}
	if s.Absolute == 0 {
		s.Absolute = 24 * time.Hour
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	c, err := newChecker(s.Cost)
	if err != nil {
		return nil, err
	}
	known := newRecall[[]byte](s.Now)
	// Not scs.New, which starts a goroutine for a store in memory that nobody would use or stop.
	m := &scs.SessionManager{
		Lifetime: s.Absolute, Codec: scs.GobCodec{}, Store: &sessionStore{kept: sessions, known: known, now: s.Now, lifetime: s.Absolute},
	}
	return &Keeper{
		users: users, manager: m, known: known, people: newRecall[person](s.Now), checker: c,
		limiter: newLimiter(s.Now), settings: s,
		waiting: map[string]map[chan struct{}]bool{},
	}, nil
}

// Session is somebody being signed in.
type Session struct {
	User    dialer.User // without the hash of the password
	Token   string
	Since   time.Time // when it was opened
	Expires time.Time // unless it is used before
}

// Asker is the person as the engine's rules see them.
func (s Session) Asker() dialer.Asker { return dialer.Asker{User: s.User.ID, Role: s.User.Role} }

// SignIn is a try to sign in. Token is that of the cookie that came along, if any: its session ends.
type SignIn struct {
	Login    string
	Password string
	Address  string // the far end's, without port
	Token    string
}

// SignIn opens a session under a fresh token. ErrWrong, *TooMany, or what the stores answer.
func (k *Keeper) SignIn(ctx context.Context, try SignIn) (Session, error) {
	if wait := k.limiter.take(try.Login, try.Address); wait > 0 {
		return Session{}, &TooMany{Wait: wait}
	}
	user, err := k.users.UserByLogin(ctx, try.Login)
	if err != nil && !errors.Is(err, dialer.ErrNotFound) {
		k.limiter.forgive(try.Login, try.Address)
		return Session{}, err
	}
	if err != nil || user.Disabled {
		user.PasswordHash = ""
	}
	ok, err := k.checker.matches(ctx, try.Password, user.PasswordHash)
	if err != nil {
		return Session{}, err
	}
	if !ok {
		return Session{}, ErrWrong
	}
	k.limiter.forgive(try.Login, try.Address)
	return k.open(ctx, user, try.Token)
}

// writePatience is how long a store is waited for when a use is noted or a session's end is written.
const writePatience = 50 * time.Millisecond

// The values of a session.
const (
	keyUser  = "user"
	keySince = "since" // Unix milliseconds
	keySeen  = "seen"  // Unix milliseconds
	keyProof = "proof" // of the password it was opened with
)

// person is somebody as the stores know them. proof changes with the password.
type person struct {
	user  dialer.User // without the hash of the password
	proof string
}

func personOf(u dialer.User) person {
	sum := sha256.Sum256([]byte(u.PasswordHash))
	u.PasswordHash = ""
	return person{u, hex.EncodeToString(sum[:8])}
}

// open starts a session under a new token. One that came with the browser is deleted: whoever planted it gains nothing.
func (k *Keeper) open(ctx context.Context, user dialer.User, old string) (Session, error) {
	if old != "" {
		if err := k.SignOut(ctx, old); err != nil {
			return Session{}, err
		}
	}
	ctx, err := k.manager.Load(ctx, "")
	if err != nil {
		return Session{}, err
	}
	now := k.settings.Now()
	k.manager.Put(ctx, keyUser, string(user.ID))
	k.manager.Put(ctx, keySince, now.UnixMilli())
	k.manager.Put(ctx, keySeen, now.UnixMilli())
	p := personOf(user)
	k.manager.Put(ctx, keyProof, p.proof)
	token, _, err := k.manager.Commit(ctx)
	if err != nil {
		return Session{}, err
	}
	k.people.put(string(user.ID), p)
	return Session{User: p.user, Token: token, Since: now, Expires: k.expires(now, now)}, nil
}

func (k *Keeper) expires(since, seen time.Time) time.Time {
	idle, absolute := seen.Add(k.settings.Idle), since.Add(k.settings.Absolute)
	if idle.Before(absolute) {
		return idle
	}
	return absolute
}

// Session returns the session of a token and notes that it is used. ErrSignedOut when there is none.
func (k *Keeper) Session(ctx context.Context, token string) (Session, error) {
	loaded, s, err := k.load(ctx, token, believed)
	if err != nil {
		return Session{}, err
	}
	now := k.settings.Now()
	seen := time.UnixMilli(k.manager.GetInt64(loaded, keySeen))
	// Written now and then only: a session of twelve hours need not be known to the second.
	if now.Sub(seen) >= k.settings.Idle/16 {
		k.noteUse(loaded, token, now)
	}
	s.Expires = k.expires(time.UnixMilli(k.manager.GetInt64(loaded, keySince)), now)
	return s, nil
}

// noteUse writes that a session is used, unless somebody is ending one just now: a session that was signed out of must
// not come back. When the store is away the session lives on as it was, and the next use writes it.
func (k *Keeper) noteUse(loaded context.Context, token string, now time.Time) {
	if !k.ending.TryLock() {
		return
	}
	defer k.ending.Unlock()
	if !k.known.has(token) {
		return
	}
	k.manager.Put(loaded, keySeen, now.UnixMilli())
	brief, cancel := context.WithTimeout(loaded, writePatience)
	defer cancel()
	_, _, _ = k.manager.Commit(brief) //nolint:dogsled // scs returns the token and expiry too, which stay as they are
}

// Check returns the session of a token without noting a use: an open socket alone keeps nobody signed in.
func (k *Keeper) Check(ctx context.Context, token string) (Session, error) {
	_, s, err := k.load(ctx, token, askAhead)
	return s, err
}

// load reads a token's session and person; what is known of them is asked for again when it is as old as age.
func (k *Keeper) load(ctx context.Context, token string, age time.Duration) (context.Context, Session, error) {
	if token == "" {
		return ctx, Session{}, ErrSignedOut
	}
	k.known.doubt(token, age)
	ctx, err := k.manager.Load(ctx, token)
	if err != nil {
		return ctx, Session{}, fmt.Errorf("sessions: %w", err)
	}
	id := k.manager.GetString(ctx, keyUser)
	if id == "" {
		k.tell(token)
		return ctx, Session{}, ErrSignedOut
	}
	since, seen := time.UnixMilli(k.manager.GetInt64(ctx, keySince)), time.UnixMilli(k.manager.GetInt64(ctx, keySeen))
	expires := k.expires(since, seen)
	if !k.settings.Now().Before(expires) {
		return ctx, Session{}, k.end(ctx, token)
	}
	k.people.doubt(id, age)
	p, err := k.person(ctx, dialer.UserID(id))
	if err != nil {
		return ctx, Session{}, err
	}
	// A new password ends what was opened with the old one: whoever knew that is out.
	if p.user.ID == "" || p.user.Disabled || p.proof != k.manager.GetString(ctx, keyProof) {
		return ctx, Session{}, k.end(ctx, token)
	}
	return ctx, Session{User: p.user, Token: token, Since: since, Expires: expires}, nil
}

// person finds a person by id; the zero person when there is none.
func (k *Keeper) person(ctx context.Context, id dialer.UserID) (person, error) {
	return k.people.get(ctx, string(id), func(ctx context.Context) (person, error) {
		u, err := k.users.User(ctx, id)
		if errors.Is(err, dialer.ErrNotFound) {
			return person{}, nil
		}
		return personOf(u), err
	})
}

// PersonChanged makes what was changed of a person count from the next request on.
func (k *Keeper) PersonChanged(id dialer.UserID) { k.people.forget(string(id)) }

// end deletes a session that is over and says so.
func (k *Keeper) end(ctx context.Context, token string) error {
	k.ending.Lock()
	defer k.ending.Unlock()
	brief, cancel := context.WithTimeout(ctx, writePatience)
	defer cancel()
	_ = k.manager.Destroy(brief) // over all the same: its own time says so
	k.tell(token)
	return ErrSignedOut
}

// SignOut ends a session. A token that is no session's is no mistake.
func (k *Keeper) SignOut(ctx context.Context, token string) error {
	if token == "" {
		return nil
	}
	k.tell(token)
	k.ending.Lock()
	defer k.ending.Unlock()
	loaded, err := k.manager.Load(ctx, token)
	if err != nil {
		return fmt.Errorf("sessions: %w", err)
	}
	if k.manager.Token(loaded) == "" {
		return nil
	}
	return k.manager.Destroy(loaded)
}

// Ended returns a channel that is closed when the session ends by signing out, or is found to be over. Call forget when
// nobody waits any more.
func (k *Keeper) Ended(token string) (ended <-chan struct{}, forget func()) {
	ch := make(chan struct{})
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.waiting[token] == nil {
		k.waiting[token] = map[chan struct{}]bool{}
	}
	k.waiting[token][ch] = true
	return ch, func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.waiting[token], ch)
		if len(k.waiting[token]) == 0 {
			delete(k.waiting, token)
		}
	}
}

func (k *Keeper) tell(token string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for ch := range k.waiting[token] {
		close(ch)
	}
	delete(k.waiting, token)
}

// Cookie carries a session's token; of the zero Session it is the one that removes the cookie.
func (k *Keeper) Cookie(s Session) http.Cookie {
	c := http.Cookie{ //nolint:gosec // Secure is a setting: a panel on the ward's own network may be without TLS
		Name: CookieName, Value: s.Token, Path: "/",
		HttpOnly: true, Secure: k.settings.SecureCookie, SameSite: http.SameSiteStrictMode,
	}
	if s.Token == "" {
		c.MaxAge = -1
	}
	return c
}

// Token is the session token that a request brings, or "".
func Token(r *http.Request) string {
	c, err := r.Cookie(CookieName)
	if err != nil {
		return ""
	}
	return c.Value
}
