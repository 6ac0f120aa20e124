package webui

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/webui/auth"
)

// What is written down of a request (package audit): its row of auth.Table says as what, and here is gathered what it was about.

// subject is what a request is about, as its path says and as its answer shows.
type subject struct {
	object string
	query  url.Values // as it was typed
	cases  []dialer.CaseID
	calls  []dialer.CallID
}

// remark is what a handler has to add.
type remark struct {
	detail []string
	cases  []dialer.CaseID // that the body names
	held   io.Closer       // what the answer would send, and close
}

// willSend notes what an answer is to send: when it never leaves, since it could not be written down, nobody else closes that.
func willSend(ctx context.Context, sent io.Closer) {
	if r := from(ctx).remark; r != nil {
		r.held = sent
	}
}

// letGo closes what an answer would have sent.
func letGo(ctx context.Context) {
	if r := from(ctx).remark; r != nil && r.held != nil {
		_ = r.held.Close() // it was only read
	}
}

// remarkedCase adds a case that is named in a request's body: of a refused one nothing else says which it was.
func remarkedCase(ctx context.Context, id dialer.CaseID) {
	if r := from(ctx).remark; r != nil && id != "" {
		r.cases = append(r.cases, id)
	}
}

// remarked adds to what is written down of a request: what changed, before and after. It must hold no personal data.
func remarked(ctx context.Context, what string) {
	if r := from(ctx).remark; r != nil {
		r.detail = append(r.detail, what)
	}
}

// remarkChange adds a setting that is another than before.
func remarkChange[T comparable](ctx context.Context, name string, before, after T) {
	if before != after {
		remarked(ctx, fmt.Sprintf("%s: %v → %v", name, before, after))
	}
}

// aboutPath is what a request's path names.
func aboutPath(r *http.Request, row auth.Row) subject {
	_, path, _ := strings.Cut(row.Route, " ")
	var named []string
	about := subject{}
	for part := range strings.SplitSeq(path, "/") {
		name, ok := strings.CutPrefix(part, "{")
		if !ok {
			continue
		}
		value := r.PathValue(strings.TrimSuffix(name, "}"))
		switch {
		case name == "id}" && strings.HasPrefix(path, "/api/cases/"):
			about.cases = append(about.cases, dialer.CaseID(value))
			continue // kept as its case_ref
		case name == "id}" && (strings.HasPrefix(path, "/api/attempts/") || strings.HasPrefix(path, "/api/calls/")):
			about.calls = append(about.calls, dialer.CallID(value))
		}
		named = append(named, value)
	}
	about.object = strings.Join(named, "/")
	about.query = r.URL.Query()
	return about
}

// plainValue is how ids, days, months, years, times and small numbers are written in a query. A telephone number is none of these, and no
// name.
var plainValue = regexp.MustCompile(`^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]{4}-[0-9]{2}(-[0-9]{2})?|` +
	`[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})|[0-9]{1,6})$`)

// leftOut stands in a kept query for a value that may be anything somebody typed.
const leftOut = "(left out)"

// filters is what is kept of the query of a request that was answered: the parameters that the route knows, with their values where they
// are words of ours, plain values or desks. A cursor, or what else is free text, is left out.
func (s *Server) filters(row auth.Row, query url.Values) string {
	var kept []string
	for _, p := range s.parameters(row.Route) {
		if p.In != "query" || !query.Has(p.Name) {
			continue
		}
		value := query.Get(p.Name)
		if !plainValue.MatchString(value) && !s.wordOfOurs(p.Schema, value) && !s.isDesk(value) {
			value = leftOut
		}
		kept = append(kept, p.Name+"="+value)
	}
	if len(kept) == 0 {
		return ""
	}
	return "?" + strings.Join(kept, "&")
}

// parameters are those of a route, as the API's description has them.
func (s *Server) parameters(route string) []*huma.Param {
	method, path, _ := strings.Cut(route, " ")
	item := s.api.OpenAPI().Paths[path]
	if item == nil {
		return nil
	}
	op := map[string]*huma.Operation{
		http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put, http.MethodPatch: item.Patch, http.MethodDelete: item.Delete,
	}[method]
	if op == nil {
		return nil
	}
	return op.Parameters
}

// wordOfOurs reports whether a value is one that a schema lists.
func (s *Server) wordOfOurs(schema *huma.Schema, value string) bool {
	if schema != nil && schema.Ref != "" {
		schema = s.api.OpenAPI().Components.Schemas.SchemaFromRef(schema.Ref)
	}
	return schema != nil && slices.ContainsFunc(schema.Enum, func(word any) bool { return fmt.Sprint(word) == value })
}

func (s *Server) isDesk(value string) bool {
	return slices.ContainsFunc(s.d.Calls.Desks(), func(d dialer.DeskView) bool { return string(d.ID) == value })
}

// ours is how our own ids, months, numbers and kinds are written. A telephone number is not.
var ours = regexp.MustCompile(`^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]{4}-[0-9]{2}|[0-9]{0,6}|[a-z_]{1,20}(-[a-z0-9]{1,12}){0,2})$`)

// asNamed is an object as it is kept of a request that was refused: nothing has looked at what it is made of, and it may be anything that
// somebody typed. A query is left out.
func (s *Server) asNamed(object string) string {
	object, _, _ = strings.Cut(object, "?")
	for part := range strings.SplitSeq(object, "/") {
		if !ours.MatchString(part) && !s.isDesk(part) {
			return "(no name of ours)"
		}
	}
	return object
}

// noneSuch stands for an object of which there is none: what was typed there may be anything.
const noneSuch = "(none such)"

// ofPersons are routes that name what is a person's.
var ofPersons = regexp.MustCompile(` /api/(cases|attempts|handoffs)/\{`)

// probed reports whether not finding what a route names leaves an entry: whoever tries one id after the other until one fits leaves a trace.
// A call that is over is not found by those who were in it all day long, and leaves none.
func probed(row auth.Row) bool {
	return strings.Contains(row.Route, "{") && (row.Noted != "" || ofPersons.MatchString(row.Route))
}

// noted reports whether a request is written down that ended so: p is nil when it was answered.
func noted(row auth.Row, reads bool, p *Problem) bool {
	switch {
	case p == nil:
		return row.Noted != ""
	case p.Status == http.StatusNotFound:
		return probed(row) || !reads && row.Noted != ""
	case p.Status >= http.StatusInternalServerError:
		return row.Noted != "" && !reads // how far it came, nobody knows
	}
	return row.Noted != "" && (!reads || p.Status == http.StatusForbidden) // else nothing was shown
}

// note writes down that a request was answered, or what refused it, before the answer leaves.
func (s *Server) note(ctx context.Context, row auth.Row, out any, err error) error {
	if row.Public {
		return nil
	}
	reads := !changes(row)
	var p *Problem
	if err != nil {
		p = s.problemOf(ctx, err)
	}
	if !noted(row, reads, p) {
		return nil
	}
	v := from(ctx)
	e := s.event(v, row.Noted)
	e.Object, e.Cases, e.Calls = v.about.object+s.filters(row, v.about.query), v.about.cases, v.about.calls
	if v.remark != nil {
		e.Detail = strings.Join(v.remark.detail, "; ")
		e.Cases = append(slices.Clone(e.Cases), v.remark.cases...)
	}
	if p != nil {
		e.Outcome, e.Object = cmp.Or(p.Rule, ruleInvalid), s.asNamed(e.Object)
		if p.Status == http.StatusNotFound && probed(row) {
			e.Object = noneSuch
		}
		if reads || e.Action == "" {
			e.Action = audit.Refused
		}
	}
	look(reflect.ValueOf(out), &e, 0)
	again := reads && p == nil && e.Action == audit.Listed
	if again && !s.relists.fresh(v.token, &e) {
		return nil
	}
	if p != nil && p.Status >= http.StatusInternalServerError {
		s.noteLater(e) // most likely by want of what the record needs too, and whoever asked has waited for that already
		return nil
	}
	if down := s.d.Audit.WriteDown(ctx, e); down != nil {
		if reads || p != nil {
			return errUnwritten
		}
		// What was done is kept for the record; what its answer would show of somebody is not shown before it stands there.
		if s.keepUnwritten(e) && row.Noted != audit.CaseRead && row.Noted != audit.DebtShown {
			return nil
		}
		return errDoneUnwritten
	}
	if again {
		s.relists.written(v.token, e)
	}
	return nil
}

func (s *Server) event(v visitor, what audit.Action) audit.Event {
	return audit.Event{At: s.d.Now(), By: v.User.ID, Role: v.User.Role, Action: what, Route: v.route, Address: v.address}
}

// noteRefusal writes down that somebody asked for what their role may not do.
func (s *Server) noteRefusal(ctx context.Context, v visitor) {
	e := s.event(v, audit.Refused)
	e.Object, e.Cases, e.Calls = v.about.object, v.about.cases, v.about.calls
	e.Object, e.Outcome = s.asNamed(e.Object), ruleForbidden
	if s.d.Audit.WriteDown(ctx, e) != nil {
		s.keepUnwritten(e)
	}
}

// keepUnwritten keeps what somebody did and could not be written down, which is when the ledger is away, or somebody holds it up: it is written down as
// soon as that is possible, by this process or the next. It reports whether that is sure.
func (s *Server) keepUnwritten(e audit.Event) bool {
	err := s.d.Unwritten(e)
	if err != nil {
		s.log.Error("an entry of the record was not written, and could not be kept for later", "action", e.Action, "route", e.Route, "user", e.By, "err", err)
		return false
	}
	s.log.Error("an entry of the record could not be written yet; it is kept for later", "action", e.Action, "route", e.Route, "user", e.By)
	return true
}

// noteLaterWithin bounds what is written down without being waited for.
const noteLaterWithin = 10 * time.Second

// noteLater writes down what nothing waits for: that somebody signed out, which must work with any store away, and a wrong sign-in,
// whose answer must take as long as that for a login that does not exist.
func (s *Server) noteLater(e audit.Event) {
	s.readers.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), noteLaterWithin)
		defer cancel()
		switch err := s.d.Audit.WriteDown(ctx, e); {
		case err == nil:
		case e.By != "":
			s.keepUnwritten(e)
		default: // a stranger's, of which there may be any number
			s.log.Error("an entry of the record was not written", "action", e.Action, "err", err)
		}
	})
}

// What an answer is searched for, and how much of it is kept.
const (
	lookDepth = 12
	mostSeen  = 2000
)

var (
	caseIDType = reflect.TypeFor[dialer.CaseID]()
	callIDType = reflect.TypeFor[dialer.CallID]()
	timeType   = reflect.TypeFor[time.Time]()
)

// look finds all cases and calls that an answer shows, by their types: so a new screen is written down without a word here.
func look(v reflect.Value, e *audit.Event, depth int) {
	if depth > lookDepth || !v.IsValid() || len(e.Cases)+len(e.Calls) >= mostSeen {
		return
	}
	switch v.Kind() {
	case reflect.String:
		switch {
		case v.Len() == 0:
		case v.Type() == caseIDType && !slices.Contains(e.Cases, dialer.CaseID(v.String())):
			e.Cases = append(e.Cases, dialer.CaseID(v.String()))
		case v.Type() == callIDType && !slices.Contains(e.Calls, dialer.CallID(v.String())):
			e.Calls = append(e.Calls, dialer.CallID(v.String()))
		}
	case reflect.Pointer, reflect.Interface:
		look(v.Elem(), e, depth+1)
	case reflect.Struct:
		if v.Type() == timeType {
			return
		}
		for _, field := range v.Fields() {
			look(field, e, depth+1)
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range v.Len() {
			look(v.Index(i), e, depth+1)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			look(key, e, depth+1)
			look(v.MapIndex(key), e, depth+1)
		}
	default:
	}
}
