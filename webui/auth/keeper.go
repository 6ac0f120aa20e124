package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/go-webauthn/webauthn/webauthn"

	"kakeru/dialer"
)

// CookieName is the session's cookie; behind https it has the prefix __Host-.
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
	// SecondFactor says who must have one; Optional for roles it does not name.
	SecondFactor map[dialer.Role]Need
	// Secret is the installation's, of 32 bytes or more: under it second factors are sealed, and browsers known again. Without
	// it one is made that is gone with the process.
	Secret []byte
	// Origin is how browsers reach the panel ("https://kakeru.example"); there are no passkeys without it.
	Origin string
	// Directory signs people in besides the password; nil: there is none.
	Directory *Directory
	// Words are refused as the heart of a password, besides those of the person: the centre's own.
	Words []string
	Now   dialer.Clock
}

// Stores are what a Keeper stands on; the ledger is all of them.
type Stores struct {
	Users    dialer.Users
	Sessions dialer.Sessions
	Book     dialer.SessionBook
	Factors  dialer.Factors
}

// Keeper signs people in and knows whose a session is. It is safe for concurrent use.
type Keeper struct {
	users    dialer.Users
	book     dialer.SessionBook
	factors  dialer.Factors
	safe     safe
	relying  *webauthn.WebAuthn // nil without an origin
	ward     *wardDirectory     // nil without a directory
	manager  *scs.SessionManager
	known    *recall[[]byte]
	people   *recall[person]
	checker  *checker
	limiter  *limiter
	settings Settings

	ending sync.Mutex // held while a session is deleted, or its use is written

	mu      sync.Mutex
	waiting map[string]map[chan struct{}]bool // who waits for the end of a token's session
	used    map[string]bool                   // the tokens that were used since that was last written
}

// NewKeeper makes a Keeper over the stores.
func NewKeeper(stores Stores, s Settings) (*Keeper, error) {
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
	safe, err := newSafe(s.Secret)
	if err != nil {
		return nil, err
	}
	relying, err := newRelying(s.Origin)
	if err != nil {
		return nil, err
	}
	known := newRecall[[]byte](s.Now)
	// Not scs.New, which starts a goroutine for a store in memory that nobody would use or stop.
	m := &scs.SessionManager{
		Lifetime: s.Absolute, Codec: scs.GobCodec{}, Store: &sessionStore{kept: stores.Sessions, safe: safe, known: known, now: s.Now, lifetime: s.Absolute},
	}
	return &Keeper{
		users: stores.Users, book: stores.Book, factors: stores.Factors, safe: safe, relying: relying,
		ward: newWardDirectory(s.Directory, s.Now), manager: m, known: known, people: newRecall[person](s.Now), checker: c,
		limiter: newLimiter(s.Now), settings: s,
		waiting: map[string]map[chan struct{}]bool{}, used: map[string]bool{},
	}, nil
}

// Session is somebody being signed in.
type Session struct {
	User    dialer.User // without the hash of the password
	Token   string
	Since   time.Time // when it was opened
	Seen    time.Time // when it was last used before this, to a sixteenth of Idle
	Expires time.Time // unless it is used before
	Step    Step      // what is still to be done before it is good for anything
	Locked  bool      // nobody was there for a while: it is good for the talk that goes on, and for unlocking
	how     how
}

// Asker is the person as the engine's rules see them.
func (s Session) Asker() dialer.Asker { return dialer.Asker{User: s.User.ID, Role: s.User.Role} }

// writePatience is how long a store is waited for when a use is noted or a session's end is written.
const writePatience = 50 * time.Millisecond

// The values of a session.
const (
	keyUser  = "user"
	keySince = "since" // Unix milliseconds
	keySeen  = "seen"  // Unix milliseconds
	keyProof = "proof" // of the password it was opened with
	keyStep  = "step"  // what is still to be done; "" is nothing
	keyLock  = "lock"  // whether it is locked
	keyTOTP  = "totp"  // the sealed secret that is being enrolled
	keyAsked = "asked" // what a passkey was asked last, to show whose it is
	keyMake  = "make"  // what a passkey was asked last, to be made: that question took a proof, the other one none
	keyHow   = "how"   // bits of what was given
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
func (k *Keeper) open(ctx context.Context, user dialer.User, v Visit, step Step, given how) (Session, error) {
	if v.Token != "" {
		if err := k.SignOut(ctx, v.Token); err != nil {
			return Session{}, err
		}
	}
	loaded, err := k.manager.Load(ctx, "")
	if err != nil {
		return Session{}, err
	}
	now := k.settings.Now()
	k.manager.Put(loaded, keyUser, string(user.ID))
	k.manager.Put(loaded, keySince, now.UnixMilli())
	k.manager.Put(loaded, keySeen, now.UnixMilli())
	if step != StepDone {
		k.manager.Put(loaded, keyStep, string(step))
	}
	p := personOf(user)
	k.manager.Put(loaded, keyProof, p.proof)
	k.manager.Put(loaded, keyHow, given.bits())
	token, _, err := k.manager.Commit(loaded)
	if err != nil {
		return Session{}, err
	}
	err = k.book.DescribeSession(ctx, token, dialer.SessionInfo{
		User: user.ID, CreatedAt: now, SeenAt: now, Address: v.Address, Agent: v.Agent, Half: step != StepDone,
	})
	if err != nil {
		return Session{}, errors.Join(err, k.SignOut(ctx, token))
	}
	k.people.put(string(user.ID), p)
	if step == StepDone {
		if err := k.boundSessions(ctx, user.ID); err != nil {
			return Session{}, errors.Join(err, k.SignOut(ctx, token))
		}
	}
	return Session{User: p.user, Token: token, Since: now, Seen: now, Expires: k.expires(now, now, step), Step: step, how: given}, nil
}

// bits are how it is kept with a session.
func (h how) bits() int {
	bits := 0
	for i, given := range []bool{h.directory, h.second, h.short} {
		if given {
			bits |= 1 << i
		}
	}
	return bits
}

func howFrom(bits int) how {
	return how{directory: bits&1 != 0, second: bits&2 != 0, short: bits&4 != 0}
}

func (k *Keeper) expires(since, seen time.Time, step Step) time.Time {
	if step != StepDone {
		return since.Add(halfLife)
	}
	idle, absolute := seen.Add(k.settings.Idle), since.Add(k.settings.Absolute)
	if idle.Before(absolute) {
		return idle
	}
	return absolute
}

// Session returns the session of a token and notes that it is used. ErrSignedOut when there is none.
func (k *Keeper) Session(ctx context.Context, token string) (Session, error) {
	return k.SessionUnless(ctx, Visit{Token: token}, nil)
}

// SessionUnless is Session, but one that alone says was left alone is locked first, and this is no use of it. Where the lock cannot be written the
// session is given out as locked all the same.
func (k *Keeper) SessionUnless(ctx context.Context, v Visit, alone func(Session) bool) (Session, error) {
	token := v.Token
	loaded, s, err := k.load(ctx, token, believed)
	if err != nil {
		return Session{}, err
	}
	if alone != nil && s.Step == StepDone && !s.Locked && alone(s) {
		s.Locked = true
		if err := k.Lock(ctx, v); errors.Is(err, ErrSignedOut) {
			return Session{}, err
		}
		return s, nil
	}
	now := k.settings.Now()
	seen := time.UnixMilli(k.manager.GetInt64(loaded, keySeen))
	// Written now and then only: a session of twelve hours need not be known to the second.
	if now.Sub(seen) >= k.settings.Idle/16 {
		k.noteUse(ctx, token, now)
	}
	s.Expires = k.expires(time.UnixMilli(k.manager.GetInt64(loaded, keySince)), now, s.Step)
	k.mu.Lock()
	k.used[token] = true
	k.mu.Unlock()
	return s, nil
}

// noteUse writes that a session is used, unless somebody is ending one just now: a session that was signed out of must
// not come back. When the store is away the session lives on as it was, and the next use writes it.
func (k *Keeper) noteUse(ctx context.Context, token string, now time.Time) {
	if !k.ending.TryLock() {
		return
	}
	defer k.ending.Unlock()
	if !k.known.has(token) {
		return
	}
	brief, cancel := context.WithTimeout(ctx, writePatience)
	defer cancel()
	// Loaded again: what somebody wrote in the meantime must stay.
	loaded, err := k.manager.Load(brief, token)
	if err != nil || k.manager.GetString(loaded, keyUser) == "" {
		return
	}
	k.manager.Put(loaded, keySeen, now.UnixMilli())
	_, _, _ = k.manager.Commit(loaded) //nolint:dogsled // scs returns the token and expiry too, which stay as they are
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
	step := stepFrom(k.manager.GetString(ctx, keyStep))
	expires := k.expires(since, seen, step)
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
	return ctx, Session{
		User: p.user, Token: token, Since: since, Seen: seen, Expires: expires, Step: step, Locked: k.manager.GetBool(ctx, keyLock), how: howFrom(k.manager.GetInt(ctx, keyHow)),
	}, nil
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
