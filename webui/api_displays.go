package webui

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/webui/auth"
)

// Display is a screen on the wall, as an administrator sees it.
type Display struct {
	ID            string     `json:"id"`
	Name          string     `json:"name"`
	MadeByName    string     `json:"made_by_name"`
	MadeAt        time.Time  `json:"made_at"`
	CodeUntil     time.Time  `json:"code_until" doc:"until when its code may be put in, unless it was"`
	OpenedAt      *time.Time `json:"opened_at" doc:"when its code was put in"`
	RevokedAt     *time.Time `json:"revoked_at"`
	RevokedByName string     `json:"revoked_by_name,omitempty"`
}

type displaysOutput struct {
	Body struct {
		Items      []Display `json:"items"`
		NextCursor *string   `json:"next_cursor" doc:"null: the list is whole"`
	}
}

type makeDisplayInput struct {
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"40" doc:"where it hangs; no personal data"`
	}
}

type madeDisplayOutput struct {
	Body struct {
		Display Display `json:"display"`
		Code    string  `json:"code" doc:"put in once at /wall; it is shown this once, and kept nowhere"`
	}
}

type displayIDInput struct {
	ID string `path:"id" maxLength:"100"`
}

type displayOutput struct{ Body Display }

type openWallInput struct {
	Body struct {
		Code string `json:"code" minLength:"1" maxLength:"100"`
	}
}

type openWallOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      Wall
}

type wallOutput struct{ Body Wall }

func (s *Server) displayRoutes() {
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/displays", OperationID: "displays", Summary: "The screens on the wall"}, s.listDisplays)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/displays", OperationID: "make-display", Summary: "Make a code for a screen on the wall", DefaultStatus: http.StatusCreated,
	}, s.makeDisplay)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/displays/{id}/revoke", OperationID: "revoke-display", Summary: "Have a screen on the wall show nothing any more",
	}, s.revokeDisplay)
	route(s, huma.Operation{Method: http.MethodPost, Path: "/api/wall", OperationID: "open-wall", Summary: "Put a screen's code in"}, s.openWall)
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/wall", OperationID: "wall", Summary: "What a screen on the wall shows"}, s.showWall)
	s.plain("GET /api/wall/live", s.wallLive)
}

func (s *Server) listDisplays(ctx context.Context, _ *struct{}) (*displaysOutput, error) {
	list, err := s.d.Displays.Displays(ctx)
	if err != nil {
		return nil, err
	}
	out := &displaysOutput{}
	out.Body.Items = []Display{}
	for _, d := range list {
		out.Body.Items = append(out.Body.Items, s.dressDisplay(d))
	}
	return out, nil
}

func (s *Server) makeDisplay(ctx context.Context, in *makeDisplayInput) (*madeDisplayOutput, error) {
	name := strings.TrimSpace(in.Body.Name)
	switch {
	case name == "":
		return nil, invalid("name", "missing", "どこに置く画面かを入力してください", "say where the screen hangs")
	case dialer.MaskDigits(name) != name:
		return nil, invalid("name", "digits", "電話番号や宛名番号のような数字は入れないでください", "leave out what looks like a number of somebody's")
	}
	now := s.d.Now()
	code, hash := auth.NewDisplayCode()
	d := dialer.Display{ID: dialer.NewID(now), Name: name, MadeBy: from(ctx).User.ID, MadeAt: now, CodeUntil: now.Add(auth.DisplayCodeFor)}
	if err := s.d.Displays.AddDisplay(ctx, d, hash); err != nil {
		return nil, err
	}
	remarked(ctx, "display made: "+name)
	out := &madeDisplayOutput{}
	out.Body.Display, out.Body.Code = s.dressDisplay(d), code
	return out, nil
}

func (s *Server) revokeDisplay(ctx context.Context, in *displayIDInput) (*displayOutput, error) {
	d, err := s.d.Displays.RevokeDisplay(ctx, in.ID, from(ctx).User.ID, s.d.Now())
	if err != nil {
		return nil, err
	}
	remarked(ctx, "display revoked: "+d.Name)
	s.walls.end(d.ID)
	return &displayOutput{Body: s.dressDisplay(d)}, nil
}

func (s *Server) dressDisplay(d dialer.Display) Display {
	return Display{
		ID: d.ID, Name: d.Name, MadeByName: s.names.of(d.MadeBy), MadeAt: d.MadeAt, CodeUntil: d.CodeUntil, OpenedAt: instant(d.OpenedAt),
		RevokedAt: instant(d.RevokedAt), RevokedByName: s.names.of(d.RevokedBy),
	}
}

var errWrongDisplayCode = newProblem(http.StatusUnauthorized, ruleUnauthorized,
	"コードが違うか、使用済みか、期限(24時間)が切れています。管理者に新しいコードの発行を頼んでください",
	"the code is wrong, was used before, or is older than 24 hours; ask the administrator for a new one")

// openWall lets a screen in. That it was is written down first: by whom it was made stands there already.
func (s *Server) openWall(ctx context.Context, in *openWallInput) (*openWallOutput, error) {
	v := from(ctx)
	token, hash := auth.NewDisplayToken()
	d, err := s.d.Displays.OpenDisplay(ctx, auth.DisplayCodeHash(in.Body.Code), hash, s.d.Now())
	if errors.Is(err, dialer.ErrNotFound) {
		if err := s.keeper.WrongDisplay(v.visit); err != nil {
			return nil, err
		}
		s.noteLater(s.event(v, audit.SignInRefused))
		return nil, errWrongDisplayCode
	}
	if err != nil {
		return nil, err
	}
	e := s.event(v, audit.SignedIn)
	e.Role, e.Object, e.Detail = dialer.RoleDisplay, d.ID, "display: "+d.Name
	if err := s.d.Audit.WriteDown(ctx, e); err != nil {
		return nil, err // its cookie never leaves; another code is needed
	}
	s.log.Info("a screen on the wall was let in", "display", d.ID)
	// The code is used up: its cookie must leave, also while today's curve cannot be summed. The screen is sent that as soon as it can be.
	curve, err := s.curve(ctx, s.recount.progress())
	if err != nil {
		s.log.Warn("a screen on the wall begins without today's curve", "err", err)
		curve = noCurve
	}
	return &openWallOutput{SetCookie: s.keeper.DisplayCookie(token), Body: s.wall(d, curve)}, nil
}

func (s *Server) showWall(ctx context.Context, _ *struct{}) (*wallOutput, error) {
	curve, err := s.curve(ctx, s.recount.progress())
	return &wallOutput{Body: s.wall(from(ctx).display, curve)}, err
}

// walls are the screens that look now, so that one which is revoked goes dark at once. Other nodes' find out at their next ping.
type walls struct {
	mu  sync.Mutex
	now map[string]map[chan struct{}]bool // by display
}

func newWalls() *walls { return &walls{now: map[string]map[chan struct{}]bool{}} }

// watch returns what is closed when a screen is revoked. Call forget when nobody looks any more.
func (w *walls) watch(id string) (revoked <-chan struct{}, forget func()) {
	c := make(chan struct{})
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.now[id] == nil {
		w.now[id] = map[chan struct{}]bool{}
	}
	w.now[id][c] = true
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if delete(w.now[id], c); len(w.now[id]) == 0 {
			delete(w.now, id)
		}
	}
}

func (w *walls) end(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.now[id] {
		close(c)
	}
	delete(w.now, id)
}
