package webui

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/casework"
	"kakeru/dialer/japan"
)

// AuditChecks says whether the record of who saw what is as it was written.
type AuditChecks interface {
	// Last is the newest check; its At is zero when there was none yet.
	Last() audit.Check
	// Check reads the whole record now.
	Check(ctx context.Context) (audit.Check, error)
}

// AuditDamaged is the kind of the alert that the record was tampered with.
const AuditDamaged = "audit_damaged"

// AuditEntry is one line of the record: 閲覧・操作記録. It names no debtor but by case_ref.
type AuditEntry struct {
	N       int64         `json:"n"`
	At      time.Time     `json:"at"`
	By      dialer.UserID `json:"by" doc:"empty: nobody who is known"`
	ByName  string        `json:"by_name"`
	Role    string        `json:"role" doc:"at that time"`
	Action  audit.Action  `json:"action"`
	Route   string        `json:"route"`
	Object  string        `json:"object,omitempty" doc:"what it was done to, besides cases, and what it was narrowed down by"`
	Outcome string        `json:"outcome,omitempty" doc:"the rule that refused it"`
	Detail  string        `json:"detail,omitempty" doc:"what changed, before and after"`
	Address string        `json:"address,omitempty"`
	Cases   []string      `json:"cases" doc:"case_ref of each case that was seen or changed"`
}

// AuditCheck is what the newest check of the whole record came to.
type AuditCheck struct {
	_        struct{}       `nullable:"true"`
	At       time.Time      `json:"at"`
	Entries  int64          `json:"entries"`
	Anchors  int            `json:"anchors" doc:"kept outside the database, and compared"`
	Findings []AuditFinding `json:"findings" doc:"none: nobody has changed, taken out or added anything"`
}

// AuditFinding is something that is wrong with the record.
type AuditFinding struct {
	Fault audit.Fault `json:"fault"`
	N     int64       `json:"n"`
	To    int64       `json:"to"`
	Table string      `json:"table,omitempty" doc:"which was replaced"`
}

const (
	auditShown    = 100
	findingsShown = 50
	checkWithin   = 2 * time.Minute
)

type auditOutput struct {
	Body struct {
		Newest int64       `json:"newest" doc:"number of the last entry; 0 when there is none"`
		Anchor string      `json:"anchor" doc:"of the last entry: to be written down where nobody can change it"`
		Check  *AuditCheck `json:"check" doc:"null while none has been made since the start"`
	}
}

type auditSearchInput struct {
	Body struct {
		WardNumber string        `json:"ward_number,omitempty" maxLength:"50" doc:"宛名番号"`
		CaseRef    string        `json:"case_ref,omitempty" maxLength:"50"`
		CaseID     dialer.CaseID `json:"case_id,omitempty" maxLength:"100"`
		By         dialer.UserID `json:"by,omitempty" maxLength:"100"`
		Action     audit.Action  `json:"action,omitempty"`
		From       string        `json:"from,omitempty" maxLength:"10" doc:"YYYY-MM-DD, the first day"`
		Until      string        `json:"until,omitempty" maxLength:"10" doc:"YYYY-MM-DD, the last day"`
		Below      int64         `json:"below,omitempty" minimum:"0" doc:"entries of smaller numbers only, to page on"`
	}
}

type auditSearchOutput struct {
	Body struct {
		Items   []AuditEntry `json:"items" doc:"newest first"`
		More    bool         `json:"more"`
		CaseRef string       `json:"case_ref,omitempty" doc:"of the case that was asked for"`
		People  []AuditWho   `json:"people" doc:"everybody whose entries can be asked for"`
	}
}

// AuditWho is somebody whose entries can be asked for.
type AuditWho struct {
	ID   dialer.UserID `json:"id"`
	Name string        `json:"name"`
	Role dialer.Role   `json:"role"`
}

type printedInput struct {
	Body struct {
		Screen string `json:"screen" maxLength:"100" pattern:"^/[a-z0-9/-]*$" doc:"the screen's path, as the browser shows it"`
	}
}

func (s *Server) auditRoutes() {
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/audit", OperationID: "audit", Summary: "How the record of who saw what stands"}, s.auditState)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/audit/search", OperationID: "search-audit", Summary: "Who saw or changed what",
		Description: "Of a case by its 宛名番号, case_ref or id; of a person; of a kind; of days. What is asked for stands in the body: it may be personal data.",
	}, s.searchAudit)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/audit/check", OperationID: "check-audit", Summary: "Check the whole record now",
	}, s.checkAudit)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/audit/printed", OperationID: "printed", Summary: "Say that a screen is printed", DefaultStatus: http.StatusNoContent,
	}, s.printed)
}

func (s *Server) auditState(ctx context.Context, _ *struct{}) (*auditOutput, error) {
	newest, err := s.d.Record.Newest(ctx)
	if err != nil {
		return nil, err
	}
	out := &auditOutput{}
	out.Body.Newest = newest.N
	if newest.N > 0 {
		out.Body.Anchor = audit.AnchorOf(newest).String()
	}
	out.Body.Check = dressCheck(s.d.Checks.Last())
	return out, nil
}

func dressCheck(c audit.Check) *AuditCheck {
	if c.At.IsZero() {
		return nil
	}
	out := &AuditCheck{At: c.At, Entries: c.Entries, Anchors: c.Anchors, Findings: []AuditFinding{}}
	for _, f := range c.Findings[:min(len(c.Findings), findingsShown)] {
		out.Findings = append(out.Findings, AuditFinding(f))
	}
	return out
}

func (s *Server) checkAudit(ctx context.Context, _ *struct{}) (*auditOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	if _, err := s.d.Checks.Check(ctx); err != nil {
		return nil, err
	}
	return s.auditState(ctx, nil)
}

func (s *Server) searchAudit(ctx context.Context, in *auditSearchInput) (*auditSearchOutput, error) {
	b := in.Body
	q := audit.Query{Ref: strings.TrimSpace(b.CaseRef), Case: b.CaseID, By: b.By, Action: b.Action, Below: b.Below, Most: auditShown + 1}
	if typed := strings.TrimSpace(b.WardNumber); typed != "" {
		number, unread := casework.ReadWardNumber(japan.Notation{}, typed)
		if len(unread) > 0 { // else nothing would be found, as if nobody had looked
			return nil, invalidFields(unread)
		}
		q.Ref, q.Case = s.d.Refs.Case(number), ""
	}
	var wrong error
	if q.From, wrong = dayBegins("from", b.From, 0); wrong != nil {
		return nil, wrong
	}
	if q.Until, wrong = dayBegins("until", b.Until, 1); wrong != nil {
		return nil, wrong
	}
	if !q.From.IsZero() && !q.Until.IsZero() && !q.From.Before(q.Until) {
		return nil, invalid("until", "order", "終わりの日は始めの日より後にしてください", "the last day must not be before the first")
	}
	found, err := s.d.Record.Entries(ctx, q)
	if err != nil {
		return nil, err
	}
	people, err := s.d.Users.Users(ctx)
	if err != nil {
		return nil, err
	}
	out := &auditSearchOutput{}
	out.Body.Items, out.Body.People, out.Body.CaseRef = []AuditEntry{}, []AuditWho{}, q.Ref
	out.Body.More = len(found) > auditShown
	names := map[dialer.UserID]string{}
	for _, u := range people {
		names[u.ID] = u.Name
		out.Body.People = append(out.Body.People, AuditWho{u.ID, u.Name, u.Role})
	}
	for _, e := range found[:min(len(found), auditShown)] {
		out.Body.Items = append(out.Body.Items, AuditEntry{
			N: e.N, At: e.At, By: e.By, ByName: names[e.By], Role: string(e.Role), Action: e.Action, Route: e.Route, Object: e.Object,
			Outcome: e.Outcome, Detail: e.Detail, Address: e.Address, Cases: append([]string{}, e.Refs...),
		})
	}
	return out, nil
}

// dayBegins is when a day, or the one so many after it, begins; the zero time for no day.
func dayBegins(field, day string, after int) (time.Time, error) {
	if day == "" {
		return time.Time{}, nil
	}
	d, err := dialer.ParseDate(day)
	if err != nil {
		return time.Time{}, invalid(field, "date", "日付は 2026-11-24 のように入力してください", "write a day like 2026-11-24")
	}
	for range after {
		d = d.Next()
	}
	return d.At(0), nil
}

// printed is told by the browser, which alone knows. A browser that was tampered with can keep silent: the screen's watermark names
// the reader all the same.
func (s *Server) printed(ctx context.Context, in *printedInput) (*struct{}, error) {
	remarked(ctx, screenNamed(in.Body.Screen))
	return &struct{}{}, nil
}

// ownID is how our own ids are written (UUIDv7).
var ownID = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// screenNamed is a screen's path as it is kept: whoever sends it may have written anything there, and the record holds nobody's number. Ids of ours stay as they are.
func screenNamed(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if !ownID.MatchString(part) {
			parts[i] = dialer.MaskDigits(part)
		}
	}
	return strings.Join(parts, "/")
}
