package webui

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/casework"
	"kakeru/webui/auth"
)

// Problem is every answer that is not what was asked for (RFC 9457). Detail is Japanese, for the screen; it says what is
// wrong and what to do, and holds no personal data.
type Problem struct {
	Type     string         `json:"type"`
	Title    string         `json:"title"`
	Status   int            `json:"status"`
	Rule     string         `json:"rule,omitempty" doc:"the rule that forbids it, or what kind of mistake it is"`
	Detail   string         `json:"detail"`
	DetailEN string         `json:"detail_en"`
	Errors   []FieldProblem `json:"errors,omitempty" doc:"what is wrong, field by field"`
	headers  http.Header
}

// FieldProblem is what is wrong with one field of what was sent, and what to do.
type FieldProblem struct {
	Field    string `json:"field" doc:"as the request spells it, e.g. promise.due_on"`
	Code     string `json:"code"`
	Detail   string `json:"detail"`
	DetailEN string `json:"detail_en"`
}

// The rules beside those of dialer.Rule.
const (
	ruleUnauthorized = "unauthorized"
	ruleForbidden    = "forbidden"
	ruleHalf         = "second_factor"
	ruleLocked       = "locked"
	rulePassword     = "password"
	ruleCode         = "code"
	ruleFactor       = "factor" // besides the password
	ruleInvalid      = "invalid"
	ruleNotFound     = "not_found"
	ruleRecord       = "record_damaged"
)

func (p *Problem) Error() string { return p.Rule + ": " + p.DetailEN }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header { return p.headers }

// setting is the same problem with a cookie.
func (p *Problem) setting(c http.Cookie) *Problem {
	other := *p
	other.headers = http.Header{"Set-Cookie": {c.String()}}
	return &other
}

// ContentType implements huma.ContentTypeFilter: RFC 9457 §3.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

func newProblem(status int, rule, ja, en string) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Rule: rule, Detail: ja, DetailEN: en}
}

// with is the same problem with other sentences: the ones below are shared.
func (p *Problem) with(ja, en string) *Problem {
	other := *p
	other.Detail, other.DetailEN = ja, en
	return &other
}

// The problems that say the same each time.
var (
	errRecord = newProblem(http.StatusServiceUnavailable, ruleRecord,
		"閲覧の記録を置く表が差し替えられているため、お見せできません。管理者と区に知らせてください",
		"the tables of the record of who saw what were replaced, so nothing can be shown; tell the administrator and the ward")
	errSignedOut = newProblem(http.StatusUnauthorized, ruleUnauthorized,
		"サインインしていないか、時間切れです。サインインしてください", "you are not signed in, or the session is over; sign in")
	errWrongSignIn = newProblem(http.StatusUnauthorized, ruleUnauthorized,
		"ログイン名かパスワードが違います", "the login or the password is wrong")
	errHalf = newProblem(http.StatusUnauthorized, ruleHalf,
		"サインインの途中です。続きの手順を済ませてください", "you have not finished signing in; go on with the next step")
	errLocked = newProblem(http.StatusForbidden, ruleLocked,
		"画面がロックされています。パスワードかパスキーで解除してください", "the screen is locked; unlock it with your password or a passkey")
	errForbidden = newProblem(http.StatusForbidden, ruleForbidden,
		"この操作の権限がありません。必要なときは管理者に相談してください", "your role may not do this; ask the administrator if you need it")
	errForeign = newProblem(http.StatusForbidden, ruleForbidden,
		"別のサイトからの操作は受け付けません。この画面から操作してください", "requests from another origin are refused; use the panel itself")
	errNotFound = newProblem(http.StatusNotFound, ruleNotFound,
		"見つかりません。画面を更新してください", "there is no such thing; reload the page")
	errNoRoute = newProblem(http.StatusNotFound, ruleNotFound,
		"このAPIはありません。/api/openapi.json を確かめてください", "there is no such route and method; see /api/openapi.json")
	errInvalid = newProblem(http.StatusUnprocessableEntity, ruleInvalid,
		"入力に誤りがあります。項目を確かめてください", "the request is not right; see its fields")
	errMalformed = newProblem(http.StatusBadRequest, ruleInvalid,
		"リクエストを JSON として読めません", "the request cannot be read as JSON")
	errIllegible = newProblem(http.StatusBadRequest, ruleInvalid,
		"URL に文字として読めないものがあります。画面から操作し直してください", "the URL holds something that is no text; use the panel, or write it anew")
	errMediaType = newProblem(http.StatusUnsupportedMediaType, ruleInvalid,
		"Content-Type は application/json にしてください", "send application/json")
	errSlowBody = newProblem(http.StatusRequestTimeout, ruleInvalid,
		"送信に時間がかかりすぎました。通信を確かめて、もう一度お試しください", "what was sent took too long to come; see the network, and try again")
	errTooLarge = newProblem(http.StatusRequestEntityTooLarge, ruleInvalid,
		"送られたデータが大きすぎます", "what was sent is too large")
	errUnwritten = newProblem(http.StatusServiceUnavailable, string(dialer.LedgerDown),
		"閲覧の記録を書けないため、表示しません。しばらくしてからお試しください",
		"who reads this could not be written down, so it is not shown; try again shortly")
	errDoneUnwritten = newProblem(http.StatusServiceUnavailable, string(dialer.LedgerDown),
		"操作は済みましたが、操作記録を書けませんでした。画面を更新して結果を確かめ、管理者に連絡してください",
		"it was done, but could not be written down; reload to see what became of it, and tell the administrator")
	errSlept = newProblem(http.StatusServiceUnavailable, string(dialer.QueueDown),
		"サーバーが一時止まっていたため、この操作は行いませんでした。画面を確かめて、もう一度操作してください",
		"the server stood still for a while, so this was not done; look at the screen, and do it again")
	errInternal = newProblem(http.StatusInternalServerError, "",
		"システムの内部で問題が起きました。もう一度お試しください。続くときは管理者に連絡してください",
		"something went wrong inside; try again, and tell the administrator if it stays")
)

// invalid is a problem with one field.
func invalid(field, code, ja, en string) *Problem {
	p := *errInvalid
	p.Errors = []FieldProblem{{field, code, ja, en}}
	return &p
}

func invalidFields(found []casework.FieldError) *Problem {
	p := *errInvalid
	for _, f := range found {
		p.Errors = append(p.Errors, FieldProblem{f.Field, f.Code, f.JA, f.EN})
	}
	return &p
}

func tooManySignIns(t *auth.TooMany) *Problem {
	minutes := strconv.Itoa(int(t.Wait.Minutes()) + 1)
	return newProblem(http.StatusTooManyRequests, ruleUnauthorized,
		"サインインの失敗が続いたため、しばらく受け付けません。"+minutes+"分ほど待ってください",
		"too many wrong sign-ins; try again in "+minutes+" min")
}

// badCursor is the ledger's refusal of a cursor that it did not make.
const badCursor dialer.Rule = "bad_cursor"

// refused turns a refusal into its problem.
func refused(r *dialer.Refusal) *Problem {
	status := http.StatusConflict
	switch r.Rule {
	case dialer.LedgerDown, dialer.QueueDown, dialer.ClockOff, dialer.Draining:
		status = http.StatusServiceUnavailable
	case dialer.UnknownDesk, dialer.UnknownCase:
		status = http.StatusNotFound
	case badCursor:
		return invalid("cursor", string(r.Rule), r.JA, r.EN)
	case dialer.BadDigits:
		return invalid("digits", string(r.Rule), r.JA, r.EN)
	default:
	}
	return newProblem(status, string(r.Rule), r.JA, r.EN)
}

// problemOf turns whatever a port answered into what the browser is told. What nobody expected is logged.
func (s *Server) problemOf(ctx context.Context, err error) *Problem {
	var p *Problem
	var r *dialer.Refusal
	var said interface { // a question or a file that cannot be answered; the other rooms say it so
		error
		Japanese() string
	}
	if known, ok := signInProblem(err); ok {
		return known
	}
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &r) && r.Rule == dialer.QueueEmpty:
		return refused(s.whyNobody(ctx, r))
	case errors.As(err, &r):
		return refused(r)
	case errors.As(err, &said):
		return errInvalid.with(said.Japanese(), said.Error())
	case errors.As(err, new(*audit.NotAsMade)):
		s.log.Error("the record cannot be gone by", "route", routeOf(ctx), "err", err)
		return errRecord
	case errors.Is(err, dialer.ErrNotFound):
		return errNotFound
	case errors.Is(err, dialer.ErrLedgerDown), errors.Is(err, context.DeadlineExceeded):
		return refused(dialer.Refuse(dialer.LedgerDown)).with(
			"記録台帳が応答しません。復旧までお待ちください", "the ledger does not answer; wait until it is back")
	case errors.Is(err, dialer.ErrQueueDown):
		return refused(dialer.Refuse(dialer.QueueDown))
	case ctx.Err() != nil, errors.Is(err, context.Canceled):
		return errInternal // the browser has left: nobody reads this
	}
	s.log.Error("request failed", "route", routeOf(ctx), "err", err)
	return errInternal
}

// speakOurErrors makes huma's own findings (what is no JSON, what fits no schema) problems of ours. It is a setting of
// the whole process: huma has no other.
var speakOurErrors = sync.OnceFunc(func() {
	huma.NewError = humaProblem
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
	humago.MultipartMaxMemory = maxList // beyond it a form goes to a file in plain: the ward's list never touches a disk unsealed
})

// unreadable is huma's word for a body that could not be read to its end.
const unreadable = "cannot read request body"

// humaProblem says in our words what huma found. The values it quotes are left out: they may be personal data.
func humaProblem(status int, msg string, found ...error) huma.StatusError {
	for _, err := range found {
		if p := (*Problem)(nil); errors.As(err, &p) {
			return p
		}
		if strings.Contains(messageOf(err), "body too large") { // net/http's words, by way of the form's reader
			return errTooLarge
		}
	}
	if p, ok := nulProblem(found); ok {
		return p
	}
	switch {
	case status == http.StatusRequestEntityTooLarge:
		return errTooLarge
	case status == http.StatusRequestTimeout:
		return errSlowBody
	case msg == unreadable: // broken off, or cut into chunks wrongly: nothing of ours went wrong
		return errMalformed
	case status == http.StatusUnsupportedMediaType:
		return errMediaType
	case status == http.StatusBadRequest:
		return errMalformed
	case status >= http.StatusInternalServerError:
		return errInternal
	case status == http.StatusUnprocessableEntity:
		return fieldProblems(found)
	}
	return newProblem(status, ruleInvalid, errInvalid.Detail, msg)
}

// messageOf is what an error says, of huma's findings without the value: that is the whole object which a finding stands in, and writing it out
// once for each of its findings takes hours for a body of a megabyte.
func messageOf(err error) string {
	if err == nil {
		return ""
	}
	if d, is := err.(huma.ErrorDetailer); is { //nolint:errorlint // huma hands its findings over unwrapped
		return d.ErrorDetail().Message
	}
	return err.Error()
}

// mostFindings is how many findings of one request are told: more than any form has fields.
const mostFindings = 100

func fieldProblems(found []error) *Problem {
	p := *errInvalid
	for _, err := range found {
		if len(p.Errors) == mostFindings {
			break
		}
		d, ok := err.(huma.ErrorDetailer) //nolint:errorlint // huma hands its findings over unwrapped
		if !ok || err == nil {
			continue
		}
		f := d.ErrorDetail()
		code, ja, en := inWords(f.Message)
		p.Errors = append(p.Errors, FieldProblem{fieldName(f), code, ja, en})
	}
	return &p
}

// fieldName names the field a finding is about, without the part of the request it stands in: "body.promise.due_on" is
// promise.due_on. What is missing is found in its parent and named in the message.
func fieldName(f *huma.ErrorDetail) string {
	location := f.Location
	if rest, ok := strings.CutPrefix(f.Message, "expected required property "); ok {
		name, _, _ := strings.Cut(rest, " ")
		location += "." + name
	}
	for _, part := range []string{"body.", "query.", "path.", "header.", "form."} {
		if rest, ok := strings.CutPrefix(location, part); ok {
			return rest
		}
	}
	return location
}

// finding is what huma's message begins with, and how we say it. An empty EN keeps huma's own English.
type finding struct{ begins, code, ja, en string }

var findings = []finding{
	{"expected required property", "missing", "必須の項目がありません", ""},
	{"required", "missing", "必須の項目がありません", "this is required"},
	{"File required", "missing", "ファイルを選んでください", "choose a file"},
	{"unexpected property", "unexpected", "この項目はありません", "there is no such field"},
	{"unknown query parameter", "unexpected", "この項目はありません", "there is no such parameter"},
	{"expected string to be RFC 3339", "bad_time", "日時の書き方が正しくありません", ""},
	{"expected string to match", "bad_text", "書き方が正しくありません", ""},
	{"expected string", "bad_type", "文字列で指定してください", "give text"},
	{"expected boolean", "bad_type", "true か false で指定してください", "give true or false"},
	{"expected integer", "bad_type", "整数で指定してください", "give a whole number"},
	{"expected number", "out_of_range", "数の範囲が正しくありません", ""},
	{"expected value to be one of", "unknown", "一覧にない値です", ""},
	{"expected length", "length", "長さが正しくありません", ""},
	{"expected array length", "length", "個数が正しくありません", ""},
	{"expected array", "bad_type", "一覧(配列)で指定してください", "give a list"},
	{"expected object", "bad_type", "項目の集まり(オブジェクト)で指定してください", "give an object"},
}

func inWords(message string) (code, ja, en string) {
	for _, f := range findings {
		if strings.HasPrefix(message, f.begins) {
			if f.en == "" {
				return f.code, f.ja, message
			}
			return f.code, f.ja, f.en
		}
	}
	// Messages of parsers quote what they were given.
	return "bad_value", "値を読めません", "the value cannot be read"
}
