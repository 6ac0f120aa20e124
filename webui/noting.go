package webui

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/webui/auth"
)

// What is written down of a request (package audit): its row of auth.Table says as what, and here is gathered what it was about.

// subject is what a request is about, as its path says and as its answer shows.
type subject struct {
	object string
	cases  []dialer.CaseID
	calls  []dialer.CallID
}

// remark is what a handler has to add.
type remark struct{ detail []string }

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

// mostQuery is how much of a request's query is kept, in bytes: a filter, never personal data.
const mostQuery = 200

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
	if q := r.URL.RawQuery; q != "" {
		about.object += "?" + q[:min(len(q), mostQuery)]
	}
	return about
}

// ours is how our own ids, months, numbers and kinds are written. A telephone number is not.
var ours = regexp.MustCompile(`^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]{4}-[0-9]{2}|[0-9]{0,6}|[a-z_]{1,20}(-[a-z0-9]{1,12}){0,2})$`)

// asNamed is an object as it is kept of a request that was refused: nothing has looked at what it is made of, and it may be anything that
// somebody typed. A query is left out.
func asNamed(object string) string {
	object, _, _ = strings.Cut(object, "?")
	for part := range strings.SplitSeq(object, "/") {
		if !ours.MatchString(part) {
			return "(no name of ours)"
		}
	}
	return object
}

// note writes down that a request was answered, or what refused it, before the answer leaves.
func (s *Server) note(ctx context.Context, row auth.Row, out any, err error) error {
	if row.Noted == "" || row.Public {
		return nil
	}
	reads := strings.HasPrefix(row.Route, http.MethodGet+" ")
	var p *Problem
	if err != nil {
		p = s.problemOf(ctx, err)
	}
	if p != nil && reads && p.Status != http.StatusForbidden {
		return nil // nothing was shown
	}
	v := from(ctx)
	e := s.event(v, row.Noted)
	e.Object, e.Cases, e.Calls = v.about.object, v.about.cases, v.about.calls
	if p != nil {
		if p.Status >= http.StatusInternalServerError {
			return nil // it came to nothing, and the record would not be reached either
		}
		e.Outcome = cmp.Or(p.Rule, ruleInvalid)
	}
	if v.remark != nil {
		e.Detail = strings.Join(v.remark.detail, "; ")
	}
	if reads && p != nil {
		e.Action = audit.Refused
	}
	if p != nil {
		e.Object = asNamed(e.Object)
	}
	look(reflect.ValueOf(out), &e, 0)
	if down := s.d.Audit.WriteDown(ctx, e); down != nil {
		if reads {
			return errUnwritten
		}
		return errDoneUnwritten
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
	e.Object, e.Outcome = asNamed(e.Object), ruleForbidden
	if err := s.d.Audit.WriteDown(ctx, e); err != nil {
		s.log.Error("a refused request was not written down", "route", v.route, "user", v.User.ID, "err", err)
	}
}

// noteLaterWithin bounds what is written down without being waited for.
const noteLaterWithin = 10 * time.Second

// noteLater writes down what nothing waits for: that somebody signed out, which must work with any store away, and a wrong sign-in,
// whose answer must take as long as that for a login that does not exist.
func (s *Server) noteLater(e audit.Event) {
	s.readers.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), noteLaterWithin)
		defer cancel()
		if err := s.d.Audit.WriteDown(ctx, e); err != nil {
			s.log.Error("an entry of the record was not written", "action", e.Action, "user", e.By, "err", err)
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
