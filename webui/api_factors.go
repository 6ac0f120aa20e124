package webui

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/webui/auth"
)

// Factors are one's own second factors.
type Factors struct {
	TOTP     bool      `json:"totp" doc:"one-time passwords of an app"`
	Codes    int       `json:"recovery_codes" doc:"how many are left"`
	Passkeys []Passkey `json:"passkeys"`
}

// Passkey is one of them.
type Passkey struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	CreatedAt time.Time  `json:"created_at"`
	UsedAt    *time.Time `json:"used_at" doc:"null: never yet"`
}

type factorsOutput struct{ Body Factors }

type codeInput struct {
	Body struct {
		Code string `json:"code" minLength:"1" maxLength:"40" doc:"six digits of the app, or a recovery code"`
	}
}

// Proof is what is given once more before something that a stranger at one's screen must not do.
type Proof struct {
	Password string          `json:"password,omitempty" maxLength:"1000" doc:"one's own; not needed while signing in, nor just after signing in by the directory"`
	Code     string          `json:"code,omitempty" maxLength:"40" doc:"of one's second factor, if there is one: six digits, or a recovery code"`
	Passkey  json.RawMessage `json:"passkey,omitempty" doc:"or what a passkey answered to POST /api/session/passkey: PublicKeyCredential.toJSON()"`
}

func (p Proof) given() auth.Proof {
	return auth.Proof{Password: p.Password, Code: p.Code, Passkey: p.Passkey}
}

type totpOutput struct {
	Body struct {
		Secret string `json:"secret" doc:"for typing in"`
		URL    string `json:"url" doc:"otpauth://"`
		QR     []byte `json:"qr" doc:"the same as a picture, PNG"`
	}
}

type enrolledOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      struct {
		Session SignedIn `json:"session"`
		Codes   []string `json:"recovery_codes" doc:"shown this once; empty when the old ones stay"`
	}
}

type knownOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
}

type codesOutput struct {
	Body struct {
		Codes []string `json:"recovery_codes" doc:"shown this once"`
	}
}

type questionOutput struct {
	Body struct {
		Options json.RawMessage `json:"options" doc:"the publicKey member of what navigator.credentials is asked with, in JSON (WebAuthn 3 §5.1.8)"`
	}
}

type madeInput struct {
	Body struct {
		Name string          `json:"name" minLength:"1" maxLength:"60" doc:"by which its owner knows it"`
		Made json.RawMessage `json:"made" doc:"PublicKeyCredential.toJSON()"`
	}
}

type answerInput struct {
	Body struct {
		Answer json.RawMessage `json:"answer" doc:"PublicKeyCredential.toJSON()"`
	}
}

type removePasskeyInput struct {
	ID string `path:"id" maxLength:"1400"`
	proofInput
}

type resetFactorsInput struct {
	ID dialer.UserID `path:"id" maxLength:"100"`
}

func (s *Server) factorRoutes() {
	const post = http.MethodPost
	route(s, huma.Operation{Method: post, Path: "/api/session/second", OperationID: "give-code", Summary: "Give the second factor: a code"}, s.giveCode)
	route(s, huma.Operation{Method: post, Path: "/api/session/passkey", OperationID: "ask-passkey", Summary: "What a passkey is asked"}, s.askPasskey)
	route(s, huma.Operation{
		Method: post, Path: "/api/session/passkey/answer", OperationID: "give-passkey", Summary: "Give the second factor: a passkey",
	}, s.givePasskey)
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/session/factors", OperationID: "factors", Summary: "One's own second factors"}, s.factors)
	route(s, huma.Operation{Method: post, Path: "/api/session/totp", OperationID: "begin-totp", Summary: "Begin with one-time passwords"}, s.beginTOTP)
	route(s, huma.Operation{
		Method: post, Path: "/api/session/totp/confirm", OperationID: "confirm-totp", Summary: "The first one-time password",
	}, s.confirmTOTP)
	route(s, huma.Operation{
		Method: post, Path: "/api/session/totp/remove", OperationID: "remove-totp", Summary: "End one-time passwords", DefaultStatus: http.StatusNoContent,
	}, s.removeTOTP)
	route(s, huma.Operation{Method: post, Path: "/api/session/passkeys", OperationID: "begin-passkey", Summary: "Begin with a passkey"}, s.beginPasskey)
	route(s, huma.Operation{
		Method: post, Path: "/api/session/passkeys/confirm", OperationID: "confirm-passkey", Summary: "Keep the passkey that was made",
	}, s.confirmPasskey)
	route(s, huma.Operation{
		Method: post, Path: "/api/session/passkeys/{id}/remove", OperationID: "remove-passkey", Summary: "Remove a passkey", DefaultStatus: http.StatusNoContent,
	}, s.removePasskey)
	route(s, huma.Operation{
		Method: post, Path: "/api/session/recovery-codes", OperationID: "new-recovery-codes", Summary: "New recovery codes instead of the old ones",
	}, s.newRecoveryCodes)
	route(s, huma.Operation{
		Method: post, Path: "/api/users/{id}/reset-factors", OperationID: "reset-factors", Summary: "Remove another person's second factors",
		DefaultStatus: http.StatusNoContent,
	}, s.resetFactors)
}

func (s *Server) giveCode(ctx context.Context, in *codeInput) (*sessionOutput, error) {
	session, err := s.keeper.Second(ctx, from(ctx).visit, in.Body.Code)
	return s.proved(ctx, session, err)
}

func (s *Server) givePasskey(ctx context.Context, in *answerInput) (*sessionOutput, error) {
	session, err := s.keeper.SecondByPasskey(ctx, from(ctx).visit, in.Body.Answer)
	return s.proved(ctx, session, err)
}

func (s *Server) proved(ctx context.Context, session auth.Session, err error) (*sessionOutput, error) {
	if err != nil {
		s.tellAuth("second factor refused", from(ctx).Session)
		return nil, err
	}
	return s.opened(ctx, session)
}

func (s *Server) askPasskey(ctx context.Context, _ *struct{}) (*questionOutput, error) {
	return questioned(s.keeper.AskPasskey(ctx, from(ctx).visit))
}

func (s *Server) beginPasskey(ctx context.Context, in *proofInput) (*questionOutput, error) {
	return questioned(s.keeper.BeginPasskey(ctx, from(ctx).visit, in.Body.given()))
}

func questioned(options []byte, err error) (*questionOutput, error) {
	out := &questionOutput{}
	out.Body.Options = options
	return out, err
}

func (s *Server) factors(ctx context.Context, _ *struct{}) (*factorsOutput, error) {
	have, err := s.keeper.Factors(ctx, from(ctx).User.ID)
	out := &factorsOutput{Body: Factors{TOTP: len(have.TOTP) > 0, Codes: have.Codes, Passkeys: []Passkey{}}}
	for _, p := range have.Passkeys {
		out.Body.Passkeys = append(out.Body.Passkeys, Passkey{
			ID: base64.RawURLEncoding.EncodeToString(p.ID), Name: p.Name, CreatedAt: p.CreatedAt, UsedAt: instant(p.UsedAt),
		})
	}
	return out, err
}

func (s *Server) beginTOTP(ctx context.Context, in *proofInput) (*totpOutput, error) {
	e, err := s.keeper.BeginTOTP(ctx, from(ctx).visit, in.Body.given())
	out := &totpOutput{}
	out.Body.Secret, out.Body.URL, out.Body.QR = e.Secret, e.URL, e.QR
	return out, err
}

func (s *Server) confirmTOTP(ctx context.Context, in *codeInput) (*enrolledOutput, error) {
	session, codes, err := s.keeper.ConfirmTOTP(ctx, from(ctx).visit, in.Body.Code)
	return s.enrolled(ctx, session, codes, err)
}

func (s *Server) confirmPasskey(ctx context.Context, in *madeInput) (*enrolledOutput, error) {
	session, codes, err := s.keeper.FinishPasskey(ctx, from(ctx).visit, in.Body.Name, in.Body.Made)
	return s.enrolled(ctx, session, codes, err)
}

// enrolled answers that a second factor was added; whoever had to is a step further.
func (s *Server) enrolled(ctx context.Context, session auth.Session, codes []string, err error) (*enrolledOutput, error) {
	if err != nil {
		return nil, err
	}
	remarked(ctx, "second factor added")
	s.tellAuth("second factor added", session)
	opened, err := s.opened(ctx, session)
	if err != nil {
		return nil, err
	}
	out := &enrolledOutput{SetCookie: opened.SetCookie}
	out.Body.Session, out.Body.Codes = opened.Body, orEmpty(codes)
	return out, nil
}

func (s *Server) removeTOTP(ctx context.Context, in *proofInput) (*knownOutput, error) {
	return s.removed(ctx, s.keeper.RemoveTOTP(ctx, from(ctx).visit, in.Body.given()))
}

func (s *Server) removePasskey(ctx context.Context, in *removePasskeyInput) (*knownOutput, error) {
	return s.removed(ctx, s.keeper.RemovePasskey(ctx, from(ctx).visit, in.Body.given(), in.ID))
}

// removed answers that a second factor is gone. This browser goes on being known, the person's others are strangers' from now on.
func (s *Server) removed(ctx context.Context, err error) (*knownOutput, error) {
	if err != nil {
		return nil, err
	}
	remarked(ctx, "second factor removed")
	s.tellAuth("second factor removed", from(ctx).Session)
	return &knownOutput{SetCookie: s.known(ctx, from(ctx).User)}, nil
}

func (s *Server) newRecoveryCodes(ctx context.Context, in *proofInput) (*codesOutput, error) {
	codes, err := s.keeper.NewRecoveryCodes(ctx, from(ctx).visit, in.Body.given())
	if err != nil {
		return nil, err
	}
	remarked(ctx, "recovery codes made anew")
	s.tellAuth("recovery codes made anew", from(ctx).Session)
	out := &codesOutput{}
	out.Body.Codes = codes
	return out, nil
}

func (s *Server) resetFactors(ctx context.Context, in *resetFactorsInput) (*struct{}, error) {
	if in.ID == from(ctx).User.ID {
		return nil, newProblem(http.StatusConflict, "yourself",
			"自分の二要素認証は自分の設定画面で変えてください。失ったときはほかの管理者に頼んでください",
			"change your own second factors on your own page; ask another administrator when you have lost them")
	}
	if err := s.keeper.ResetFactors(ctx, in.ID); err != nil {
		return nil, err
	}
	remarked(ctx, "second factors reset")
	s.tellAuth("second factors reset", from(ctx).Session, "of", in.ID)
	return &struct{}{}, nil
}
