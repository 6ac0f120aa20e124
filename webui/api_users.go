package webui

import (
	"context"
	"errors"
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
		// DirectoryName links them to the ward's directory: the value of the claim that auth.oidc.claim names.
		DirectoryName string `json:"directory_name,omitempty" maxLength:"200"`
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
		// DirectoryName links them to the ward's directory; empty ends the link.
		DirectoryName *string `json:"directory_name,omitempty" maxLength:"200"`
	}
}

var (
	errNoName       = invalid("login", "missing", "ログイン名と氏名を入力してください", "give a login and a name")
	errLoginTaken   = invalid("login", "double", "このログイン名はすでに使われています。別の名前にしてください", "this login is taken; choose another")
	errLoginLetters = invalid("login", "letters", "ログイン名に空白や、目に見えない文字は使えません。消して入力し直してください",
		"a login has no spaces and no characters that are not to be seen; type it anew")
	errNameLetters = invalid("name", "letters", "氏名に、目に見えない文字や向きを変える文字は使えません。消して入力し直してください",
		"a name has no characters that are not to be seen or that turn round how it is read; type it anew")
	errLastAdmin = newProblem(http.StatusConflict, "last_admin",
		"これで管理者がいなくなるため、変えられません。先にほかの人を管理者にしてください", "nobody would be left who is an administrator; make somebody else one first")
	errLoginRaced = func() *Problem {
		p := *errLoginTaken // by somebody who was added at the same moment
		p.Status, p.Title = http.StatusConflict, http.StatusText(http.StatusConflict)
		return &p
	}()
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
		p := s.shown(u)
		p.HasSecondFactor = slices.Contains(holders, u.ID)
		out.Body.Items = append(out.Body.Items, p)
	}
	return out, nil
}

func (s *Server) addUser(ctx context.Context, in *newUserInput) (*userOutput, error) {
	login, name, err := named(in.Body.Login, in.Body.Name)
	if err != nil {
		return nil, err
	}
	_, err = s.d.Users.UserByLogin(ctx, login)
	if err == nil {
		return nil, errLoginTaken
	}
	if !isGone(err) {
		return nil, err
	}
	u := dialer.User{
		ID: dialer.UserID(dialer.NewID(s.d.Now())), Login: login, Name: name, Role: in.Body.Role, CreatedAt: s.d.Now(),
	}
	if err := s.link(ctx, &u, &in.Body.DirectoryName); err != nil {
		return nil, err
	}
	remarked(ctx, fmt.Sprintf("added %s as %s", u.ID, u.Role))
	remarked(ctx, "password set")
	if err := s.secure(ctx, &u, &in.Body.Password); err != nil {
		return nil, err
	}
	if err := s.d.Users.AddUser(ctx, u); errors.Is(err, dialer.ErrLoginTaken) {
		return nil, errLoginRaced
	} else if err != nil {
		return nil, err
	}
	return s.changed(ctx, u)
}

// named are a login and a name as they are kept.
func named(typedLogin, typedName string) (login, name string, err error) {
	if login, err = auth.Login(typedLogin); err != nil {
		return "", "", errLoginLetters
	}
	if name, err = auth.Name(typedName); err != nil {
		return "", "", errNameLetters
	}
	if login == "" || name == "" {
		return "", "", errNoName
	}
	return login, name, nil
}

// changeUser writes what was named and nothing else, so that who changes the same person meanwhile is not undone.
func (s *Server) changeUser(ctx context.Context, in *changeUserInput) (*userOutput, error) {
	u, err := s.d.Users.User(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	b := in.Body
	if u.ID == from(ctx).User.ID && ((b.Disabled != nil && (*b.Disabled || u.Disabled)) || (b.Role != nil && *b.Role != u.Role)) {
		return nil, invalid("role", "yourself", "自分の権限は変えられません。ほかの管理者に頼んでください",
			"you cannot take your own rights away; ask another administrator")
	}
	linked := u
	if err := s.link(ctx, &linked, b.DirectoryName); err != nil {
		return nil, err
	}
	// The password is checked and hashed for who they will be, before the row is held.
	to := u
	in.apply(&to)
	if err := s.secure(ctx, &to, b.Password); err != nil {
		return nil, err
	}
	var before dialer.User
	after, err := s.d.Users.ChangeUser(ctx, u.ID, func(now *dialer.User) error {
		before = *now
		in.apply(now)
		if b.DirectoryName != nil {
			now.Directory = linked.Directory
		}
		if b.Password != nil {
			if now.Role != to.Role {
				return auth.ErrMoved // another role may ask for a longer one
			}
			now.PasswordHash, now.MustChange = to.PasswordHash, to.MustChange
		}
		return nil
	})
	if errors.Is(err, dialer.ErrLastAdmin) {
		return nil, errLastAdmin
	}
	if err != nil {
		return nil, err
	}
	remarkPerson(ctx, before, after)
	if b.Password != nil {
		remarked(ctx, "password set")
	}
	out, err := s.changed(ctx, after)
	// Another role may need a second factor, which these sessions were not asked for; another link is another way in; and what the old password opened is
	// over at every node.
	if err == nil && (after.Role != before.Role || after.Directory != before.Directory || b.Password != nil) {
		err = s.keeper.EndSessionsOf(ctx, after.ID, "")
	}
	return out, err
}

// remarkPerson has the record say what is another than before.
func remarkPerson(ctx context.Context, before, after dialer.User) {
	if after.Name != before.Name {
		remarked(ctx, "name changed")
	}
	remarkChange(ctx, "role", before.Role, after.Role)
	remarkChange(ctx, "disabled", before.Disabled, after.Disabled)
	remarkChange(ctx, "languages", strings.Join(before.Languages, " "), strings.Join(after.Languages, " "))
}

// check looks at what was typed, and leaves the name as it is kept.
func (in *changeUserInput) check() error {
	if in.Body.Languages != nil {
		if wrong := knownLanguages(*in.Body.Languages); wrong != nil {
			return wrong
		}
	}
	if in.Body.Name == nil {
		return nil
	}
	name, err := auth.Name(*in.Body.Name)
	switch {
	case err != nil:
		return errNameLetters
	case name == "":
		return errNoName
	}
	in.Body.Name = &name
	return nil
}

// apply changes of a person what was named, but password and link, which take more than writing them down.
func (in *changeUserInput) apply(u *dialer.User) {
	b := in.Body
	if b.Name != nil {
		u.Name = *b.Name
	}
	if b.Role != nil {
		u.Role = *b.Role
	}
	if b.Disabled != nil {
		u.Disabled = *b.Disabled
	}
	if b.Languages != nil {
		u.Languages = *b.Languages
	}
}

// secure gives a person a new password, when there is one.
func (s *Server) secure(ctx context.Context, u *dialer.User, password *string) error {
	if password == nil {
		return nil
	}
	if err := s.keeper.CheckPassword(*password, *u); err != nil {
		return err
	}
	hash, err := auth.HashPassword(*password, s.d.Auth.Cost)
	if err != nil {
		return err
	}
	u.PasswordHash = hash
	u.MustChange = u.ID != from(ctx).User.ID // who was told it by somebody else is not the only one who knows it
	return nil
}

// changed has what was written of a person count, and answers with them.
func (s *Server) changed(ctx context.Context, u dialer.User) (*userOutput, error) {
	s.keeper.PersonChanged(u.ID)
	if u.Disabled {
		if err := s.keeper.EndSessionsOf(ctx, u.ID, ""); err != nil {
			return nil, err
		}
	}
	s.names.learn(u)
	s.log.Info("person changed", "user", u.ID, "role", u.Role, "disabled", u.Disabled, "by", from(ctx).User.ID)
	return &userOutput{Body: s.shown(u)}, nil
}

// shown is a person as the administrator sees them.
func (s *Server) shown(u dialer.User) Person {
	p := personOf(u)
	p.DirectoryName = s.keeper.InDirectory(u)
	return p
}

var errLinked = invalid("directory_name", "double", "この名前はほかの利用者に結び付けられています", "somebody else is linked to this name")

// link links a person to a name in the ward's directory, or ends the link; nil leaves it. The record says that it changed, and no name.
func (s *Server) link(ctx context.Context, u *dialer.User, name *string) error {
	if name == nil || strings.TrimSpace(*name) == s.keeper.InDirectory(*u) {
		return nil
	}
	given := strings.TrimSpace(*name)
	if given == "" {
		u.Directory = dialer.DirectoryName{}
		remarked(ctx, "link to the directory ended")
		return nil
	}
	who, err := s.keeper.DirectoryName(given)
	if err != nil {
		return err
	}
	other, err := s.d.Users.UserByDirectory(ctx, who)
	switch {
	case err == nil && other.ID != u.ID:
		return errLinked
	case err != nil && !isGone(err):
		return err
	}
	u.Directory = who
	remarked(ctx, "linked to the directory")
	return nil
}
