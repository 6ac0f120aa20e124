package auth

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var cheap = Cost{MemoryKiB: 8 * 1024, Passes: 1}

const password = "correct horse battery"

var passwordHash = sync.OnceValue(func() string {
	hash, err := HashPassword(password, cheap)
	if err != nil {
		panic(err)
	}
	return hash
})

// stores are dialer.Users and dialer.Sessions over maps; away makes them fail, and stalled wait for their context.
type stores struct {
	mu       sync.Mutex
	users    map[dialer.UserID]dialer.User
	sessions map[string][]byte
	away     bool
	stalled  bool
	asked    int
	finds    int
	commits  int
	book     *dialertest.Book
	factors  *dialertest.Factors
	changing func() // called before a person is changed
	deleting func() // called when a deletion is asked for, before it is done
}

func newStores() *stores {
	s := &stores{users: map[dialer.UserID]dialer.User{}, sessions: map[string][]byte{}, factors: dialertest.NewFactors()}
	s.book = &dialertest.Book{
		Has: func(token string) bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			_, there := s.sessions[token]
			return there
		},
		Delete: func(token string) { s.set(func() { delete(s.sessions, token) }) },
	}
	for _, login := range []string{"anna", "ben", "former", "chief"} {
		id, role := dialer.UserID("id-"+login), dialer.RoleOperator
		if login == "chief" {
			role = dialer.RoleAdmin // who needs a second factor
		}
		s.users[id] = dialer.User{ID: id, Login: login, Role: role, PasswordHash: passwordHash(), Disabled: login == "former"}
	}
	return s
}

// testSecret and testOrigin are an installation's.
var testSecret = bytes.Repeat([]byte{7}, 32)

const testOrigin = "https://kakeru.example"

// all are the stores as a Keeper wants them.
func (s *stores) all() Stores { return Stores{Users: s, Sessions: s, Book: s.book, Factors: s.factors} }

func (s *stores) ask(ctx context.Context) error {
	s.mu.Lock()
	s.asked++
	away, stalled := s.away, s.stalled
	s.mu.Unlock()
	if stalled {
		<-ctx.Done()
	}
	if away || stalled {
		return dialer.ErrLedgerDown
	}
	return nil
}

func (s *stores) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *stores) UserByLogin(ctx context.Context, login string) (dialer.User, error) {
	if err := s.ask(ctx); err != nil {
		return dialer.User{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.users {
		if strings.EqualFold(u.Login, login) {
			return u, nil
		}
	}
	return dialer.User{}, dialer.ErrNotFound
}

func (s *stores) User(ctx context.Context, id dialer.UserID) (dialer.User, error) {
	if err := s.ask(ctx); err != nil {
		return dialer.User{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.users[id]
	if !ok {
		return u, dialer.ErrNotFound
	}
	return u, nil
}

func (s *stores) UserByDirectory(ctx context.Context, who dialer.DirectoryName) (dialer.User, error) {
	if err := s.ask(ctx); err != nil {
		return dialer.User{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.users {
		if u.Directory == who && who.Name != "" {
			return u, nil
		}
	}
	return dialer.User{}, dialer.ErrNotFound
}

func (s *stores) AddFirstAdmin(context.Context, dialer.User) error { return nil }

func (s *stores) Users(context.Context) ([]dialer.User, error) { return nil, nil }

func (s *stores) AddUser(_ context.Context, u dialer.User) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.users {
		if strings.EqualFold(other.Login, u.Login) {
			return dialer.ErrLoginTaken
		}
	}
	s.users[u.ID] = u
	return nil
}

func (s *stores) ChangeUser(_ context.Context, id dialer.UserID, change func(*dialer.User) error) (dialer.User, error) {
	if s.changing != nil {
		s.changing()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.users[id]
	if !ok {
		return u, dialer.ErrNotFound
	}
	if err := change(&u); err != nil {
		return u, err
	}
	s.users[id] = u
	return u, nil
}

func (s *stores) PutUser(_ context.Context, u dialer.User) (dialer.UserID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[u.ID] = u
	return u.ID, nil
}

func (s *stores) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	if err := s.ask(ctx); err != nil {
		return nil, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finds++
	b, ok := s.sessions[token]
	return b, ok, nil
}

func (s *stores) CommitCtx(ctx context.Context, token string, b []byte, _ time.Time) error {
	if err := s.ask(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commits++
	s.sessions[token] = b
	return nil
}

func (s *stores) DeleteCtx(ctx context.Context, token string) error {
	if err := s.ask(ctx); err != nil {
		return err
	}
	if s.deleting != nil {
		s.deleting()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, token)
	return nil
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newKeeper(t *testing.T, s *stores) (*Keeper, *clock) {
	t.Helper()
	c := &clock{now: time.Date(2026, 11, 24, 10, 0, 0, 0, dialer.Tokyo)}
	k, err := NewKeeper(s.all(), Settings{Cost: cheap, Now: c.Now, Secret: testSecret, Origin: testOrigin, SecondFactor: map[dialer.Role]Need{dialer.RoleAdmin: Required}})
	if err != nil {
		t.Fatal(err)
	}
	return k, c
}

func mustSignIn(t *testing.T, k *Keeper, login, token string) Session {
	t.Helper()
	s, err := k.SignIn(t.Context(), SignIn{Login: login, Password: password, Visit: Visit{Address: "192.0.2.1", Token: token}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
