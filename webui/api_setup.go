package webui

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/webui/auth"
)

// Setup lets the first administrator in, by a code that stands on the console of the server and nowhere else. It is good for an hour,
// once, and only while there is no administrator who can sign in.
type Setup struct {
	now dialer.Clock

	hash  [sha256.Size]byte
	until time.Time

	mu    sync.Mutex
	spent bool
}

// setupFor is how long a set-up code is good. It has 100 bits, so that no number of wrong tries ends it for the right person: wrong
// ones are bounded by address (auth.Keeper.WrongSetup).
const setupFor = time.Hour

// NewSetup makes a code; show it on the console alone.
func NewSetup(now dialer.Clock) (s *Setup, code string) {
	code = rand.Text()[:20]
	code = strings.Join([]string{code[:5], code[5:10], code[10:15], code[15:]}, "-")
	return &Setup{now: now, hash: sha256.Sum256([]byte(plainSetup(code))), until: now().Add(setupFor)}, code
}

func plainSetup(code string) string {
	return strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code))
}

// open reports whether the code can still be used.
func (s *Setup) open() bool {
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.spent && s.now().Before(s.until)
}

// right reports whether a code is the one.
func (s *Setup) right(code string) bool {
	given := sha256.Sum256([]byte(plainSetup(code)))
	return hmac.Equal(given[:], s.hash[:])
}

// spend ends the code.
func (s *Setup) spend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spent = true
}

// HasAdmin reports whether there is an administrator who can sign in.
func HasAdmin(ctx context.Context, users dialer.Users) (bool, error) {
	all, err := users.Users(ctx)
	return slices.ContainsFunc(all, func(u dialer.User) bool { return u.Role == dialer.RoleAdmin && !u.Disabled }), err
}

type setupOutput struct {
	Body struct {
		Needed bool `json:"needed" doc:"there is no administrator yet"`
		Open   bool `json:"open" doc:"the code on the console is still good"`
	}
}

type setupInput struct {
	Body struct {
		Code     string `json:"code" minLength:"1" maxLength:"60"`
		Login    string `json:"login" minLength:"1" maxLength:"100"`
		Name     string `json:"name" minLength:"1" maxLength:"100"`
		Password string `json:"password" minLength:"1" maxLength:"1000"`
	}
}

func (s *Server) setupRoutes() {
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/setup", OperationID: "setup-state", Summary: "Whether the first administrator is missing"}, s.setupState)
	route(s, huma.Operation{Method: http.MethodPost, Path: "/api/setup", OperationID: "setup", Summary: "Make the first administrator"}, s.setup)
}

func (s *Server) setupState(ctx context.Context, _ *struct{}) (*setupOutput, error) {
	out := &setupOutput{}
	if s.d.Setup == nil {
		return out, nil // there was one when the server started
	}
	there, err := HasAdmin(ctx, s.d.Users)
	out.Body.Needed = err == nil && !there
	out.Body.Open = out.Body.Needed && s.d.Setup.open()
	return out, err
}

var (
	errSetUp = newProblem(http.StatusConflict, "set_up",
		"管理者はすでにいます。サインインしてください", "there is an administrator already; sign in")
	errSetupOver = newProblem(http.StatusGone, "setup_over",
		"設定コードの期限が切れました。サーバーを再起動すると、新しいコードが起動画面に出ます",
		"the set-up code has run out; restart the server for a new one on its console")
	errSetupCode = newProblem(http.StatusForbidden, ruleCode,
		"設定コードが違います。サーバーの起動画面に表示されたコードを入力してください", "the set-up code is not right; it stands on the server's console")
)

func (s *Server) setup(ctx context.Context, in *setupInput) (*sessionOutput, error) {
	state, err := s.setupState(ctx, nil)
	switch {
	case err != nil:
		return nil, err
	case !state.Body.Needed:
		return nil, errSetUp
	case !state.Body.Open:
		return nil, errSetupOver
	}
	if !s.d.Setup.right(in.Body.Code) {
		if err := s.keeper.WrongSetup(from(ctx).visit); err != nil {
			return nil, err
		}
		s.log.Warn("a wrong set-up code was given")
		return nil, errSetupCode
	}
	login, name, err := named(in.Body.Login, in.Body.Name)
	if err != nil {
		return nil, err
	}
	u := dialer.User{ID: dialer.UserID(dialer.NewID(s.d.Now())), Login: login, Name: name, Role: dialer.RoleAdmin, CreatedAt: s.d.Now()}
	if err := s.keeper.CheckPassword(in.Body.Password, u); err != nil {
		return nil, err
	}
	if u.PasswordHash, err = auth.HashPassword(in.Body.Password, s.d.Auth.Cost); err != nil {
		return nil, err
	}
	// Of all who have the code and come at once, at any node, the store lets one through.
	switch err := s.d.Users.AddFirstAdmin(ctx, u); {
	case errors.Is(err, dialer.ErrAdminThere):
		return nil, errSetUp
	case errors.Is(err, dialer.ErrLoginTaken):
		return nil, errLoginTaken
	case err != nil:
		return nil, err
	}
	s.d.Setup.spend()
	v := from(ctx)
	v.User = u
	e := s.event(v, audit.Changed)
	e.Object, e.Detail = string(u.ID), "first administrator"
	if err := s.d.Audit.WriteDown(ctx, e); err != nil {
		return nil, err
	}
	return s.signIn(ctx, &signInInput{Body: struct {
		Login    string `json:"login" minLength:"1" maxLength:"100"`
		Password string `json:"password" minLength:"1" maxLength:"1000"`
	}{login, in.Body.Password}})
}
