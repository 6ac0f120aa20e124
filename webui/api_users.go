package webui

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/webui/auth"
)

type usersOutput struct {
	Body struct {
		Items      []Person `json:"items"`
		NextCursor *string  `json:"next_cursor" doc:"null: the list is whole"`
	}
}

type newUserInput struct {
	Body struct {
		Login    string      `json:"login" minLength:"1" maxLength:"100"`
		Name     string      `json:"name" minLength:"1" maxLength:"100"`
		Role     dialer.Role `json:"role"`
		Password string      `json:"password" maxLength:"1000"`
	}
}

type changeUserInput struct {
	ID   dialer.UserID `path:"id" maxLength:"100"`
	Body struct {
		Name     *string      `json:"name,omitempty" minLength:"1" maxLength:"100"`
		Role     *dialer.Role `json:"role,omitempty"`
		Disabled *bool        `json:"disabled,omitempty"`
		Password *string      `json:"password,omitempty" maxLength:"1000"`
		// Languages are what they speak besides Japanese, whole: those left out are no longer spoken.
		Languages *[]string `json:"languages,omitempty" maxItems:"20" nullable:"false"`
	}
}

var (
	errNoName     = invalid("login", "missing", "ログイン名と氏名を入力してください", "give a login and a name")
	errLoginTaken = invalid("login", "double", "このログイン名はすでに使われています。別の名前にしてください", "this login is taken; choose another")
)

type userOutput struct{ Body Person }

func (s *Server) userRoutes() {
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/users", OperationID: "users", Summary: "Who can sign in"}, s.users)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/users", OperationID: "add-user", Summary: "Add a person", DefaultStatus: http.StatusCreated,
	}, s.addUser)
	route(s, huma.Operation{Method: http.MethodPatch, Path: "/api/users/{id}", OperationID: "change-user", Summary: "Change a person"}, s.changeUser)
}

func (s *Server) users(ctx context.Context, _ *struct{}) (*usersOutput, error) {
	all, err := s.d.Users.Users(ctx)
	if err != nil {
		return nil, err
	}
	holders, err := s.d.Factors.FactorHolders(ctx)
	if err != nil {
		return nil, err
	}
	out := &usersOutput{}
	out.Body.Items = []Person{}
	for _, u := range all {
		p := personOf(u)
		p.HasSecondFactor = slices.Contains(holders, u.ID)
		out.Body.Items = append(out.Body.Items, p)
	}
	return out, nil
}

func (s *Server) addUser(ctx context.Context, in *newUserInput) (*userOutput, error) {
	login, name := strings.TrimSpace(in.Body.Login), strings.TrimSpace(in.Body.Name)
	if login == "" || name == "" {
		return nil, errNoName
	}
	_, err := s.d.Users.UserByLogin(ctx, login)
	if err == nil {
		return nil, errLoginTaken
	}
	if !isGone(err) {
		return nil, err
	}
	u := dialer.User{
		ID: dialer.UserID(dialer.NewID(s.d.Now())), Login: login, Name: name, Role: in.Body.Role, CreatedAt: s.d.Now(),
	}
	remarked(ctx, fmt.Sprintf("added %s as %s", u.ID, u.Role))
	return s.put(ctx, u, &in.Body.Password)
}

func (s *Server) changeUser(ctx context.Context, in *changeUserInput) (*userOutput, error) {
	u, err := s.d.Users.User(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	if u.ID == from(ctx).User.ID && ((b.Disabled != nil && *b.Disabled) || (b.Role != nil && *b.Role != u.Role)) {
		return nil, invalid("role", "yourself", "自分の権限は変えられません。ほかの管理者に頼んでください",
			"you cannot take your own rights away; ask another administrator")
	}
	was := u.Languages
	if b.Languages != nil {
		if wrong := knownLanguages(*b.Languages); wrong != nil {
			return nil, wrong
		}
		u.Languages = *b.Languages
	}
	before := u
	if b.Name != nil {
		u.Name = *b.Name
	}
	if b.Role != nil {
		u.Role = *b.Role
	}
	if b.Disabled != nil {
		u.Disabled = *b.Disabled
	}
	if b.Name != nil && u.Name != before.Name {
		remarked(ctx, "name changed")
	}
	remarkChange(ctx, "role", before.Role, u.Role)
	remarkChange(ctx, "disabled", before.Disabled, u.Disabled)
	remarkChange(ctx, "languages", strings.Join(was, " "), strings.Join(u.Languages, " "))
	out, err := s.put(ctx, u, b.Password)
	if err == nil && u.Role != before.Role { // another role may need a second factor, which these sessions were not asked for
		err = s.keeper.EndSessionsOf(ctx, u.ID, "")
	}
	return out, err
}

// put writes a person, with a new password when one is given.
func (s *Server) put(ctx context.Context, u dialer.User, password *string) (*userOutput, error) {
	if password != nil {
		remarked(ctx, "password set")
		if err := s.keeper.CheckPassword(*password, u); err != nil {
			return nil, err
		}
		hash, err := auth.HashPassword(*password, s.d.Auth.Cost)
		if err != nil {
			return nil, err
		}
		u.PasswordHash = hash
		u.MustChange = u.ID != from(ctx).User.ID // who was told it by somebody else is not the only one who knows it
	}
	id, err := s.d.Users.PutUser(ctx, u)
	if err != nil {
		return nil, err
	}
	u.ID = id
	s.keeper.PersonChanged(id)
	if u.Disabled {
		if err := s.keeper.EndSessionsOf(ctx, id, ""); err != nil {
			return nil, err
		}
	}
	s.names.learn(u)
	s.log.Info("person changed", "user", id, "role", u.Role, "disabled", u.Disabled, "by", from(ctx).User.ID)
	return &userOutput{Body: personOf(u)}, nil
}
