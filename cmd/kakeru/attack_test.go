package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/dialertest/full"
)

// TestAttacks breaks into a running house, over its real stores, phones and carrier: by other people's ids, by texts that are
// commands elsewhere, by saying nothing for a long time, and by dialling for somebody else's money.
func TestAttacks(t *testing.T) {
	full.Only(t)
	t.Parallel()
	h := newHouse(t, houseOptions{fastCarrier: true})
	h.start()
	a := &attacks{house: h, victim: h.seated("operator1", "desk1"), other: h.seated("operator2", "desk2")}
	t.Run("IDOR", a.idor)
	t.Run("injection into the stores", a.injection)
	t.Run("slowloris", a.slowloris)
	t.Run("files named on the command line", a.fileArguments)
	t.Run("toll fraud", a.tollFraud)
	h.saysNothingOfAnyone()
}

type attacks struct {
	*house

	victim, other *panelClient
}

// sent is what came back for a request: its status and its text.
type sent struct {
	status int
	text   string
}

func (a *attacks) send(t *testing.T, c *panelClient, method, path string, body any) sent {
	t.Helper()
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, c.base+path, r)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, _ := io.ReadAll(resp.Body)
	return sent{resp.StatusCode, string(b)}
}

// idor: whatever operator2 asks of operator1's call, attempt, desk and hand-off is answered as for an id that nobody has, or refused
// by the rule that names the desk; and nothing of it happens.
func (a *attacks) idor(t *testing.T) {
	call := a.dial(a.victim, "desk1", a.caseEnding("40")) // rings, and nobody answers
	a.eventually("the call is there", func() bool {
		return a.send(t, a.victim, "GET", "/api/calls/"+string(call), nil).status == 200
	})
	nobodys := dialer.NewID(time.Now())
	for _, q := range []struct {
		method, path string
		body         any
	}{
		{"GET", "/api/calls/%s", nil},
		{"GET", "/api/attempts/%s/caller", nil},
		{"POST", "/api/calls/%s/hangup", nil},
		{"POST", "/api/calls/%s/hold", nil},
		{"POST", "/api/calls/%s/mute", nil},
		{"POST", "/api/calls/%s/dtmf", map[string]any{"digits": "1"}},
		{"POST", "/api/calls/%s/heard", map[string]any{"announcement": "vacant"}},
		{"POST", "/api/calls/%s/transfer", map[string]any{"action": "start", "desk": "desk2"}},
		{"PUT", "/api/calls/%s/identity", map[string]any{"confirmed": []string{"name"}}},
		{"POST", "/api/calls/%s/recording/pause", nil},
		{"PUT", "/api/attempts/%s/case", map[string]any{"case_id": nobodys}},
		{"GET", "/api/handoffs/%s", nil},
	} {
		theirs := a.send(t, a.other, q.method, fmt.Sprintf(q.path, call), q.body)
		none := a.send(t, a.other, q.method, fmt.Sprintf(q.path, nobodys), q.body)
		if theirs.status < 400 || theirs.status >= 500 {
			t.Errorf("%s %s: %d %s", q.method, q.path, theirs.status, theirs.text)
		}
		if theirs != none && !strings.Contains(theirs.text, string(dialer.NotYourDesk)) {
			t.Errorf("%s %s tells them apart: %d %s, and %d %s", q.method, q.path, theirs.status, theirs.text, none.status, none.text)
		}
	}
	// That a case was called is for every operator to read before they call (decision 0028); what others noted is not.
	result := map[string]any{"party": "self", "business_results": []string{"refuses_to_pay"}}
	if got := a.send(t, a.other, "PUT", "/api/attempts/"+string(call)+"/result", result); got.status != http.StatusConflict {
		t.Errorf("another's result: %d %s", got.status, got.text)
	}
	for path, body := range map[string]any{
		"/api/desks/desk1/leave": nil, "/api/desks/desk1/next": map[string]any{}, "/api/desks/desk1/sit": map[string]any{},
		"/api/calls": map[string]any{"desk": "desk1", "next": true},
	} {
		if got := a.send(t, a.other, "POST", path, body); got.status != http.StatusConflict {
			t.Errorf("%s of another's desk: %d %s", path, got.status, got.text)
		}
	}
	if at := a.attempt(call); !at.EndedAt.IsZero() || at.Entry != nil {
		t.Errorf("the call did not go on: %+v", at)
	}
	a.must(a.victim.call(t.Context(), "POST", "/api/calls/"+string(call)+"/hangup", nil, nil))
	a.ended(call)
	if got := a.send(t, a.other, "PUT", "/api/attempts/"+string(call)+"/result", result); got.status < 400 || a.attempt(call).Entry != nil {
		t.Errorf("another's result, once the call is over: %d %s", got.status, got.text)
	}
	for _, role := range []string{"ward", "admin"} {
		c := a.signIn(role)
		for _, path := range []string{"/api/cases/" + string(a.caseEnding("41")), "/api/attempts/" + string(call) + "/caller", "/api/calls/" + string(call)} {
			if got := a.send(t, c, "GET", path, nil); got.status != http.StatusForbidden {
				t.Errorf("%s reads %s: %d", role, path, got.status)
			}
		}
	}
}

// storeTexts are commands to PostgreSQL and Redis, and characters that their clients must not pass on as they are.
var storeTexts = []string{
	`' OR '1'='1`, `'; DROP TABLE attempts CASCADE; --`, `"; SELECT pg_sleep(20); --`, `\'; --`, "$1", "%' --", "a\x00b", "\x00",
	"\r\nFLUSHALL\r\n", `") redis.call("FLUSHALL") --`, "*1\r\n$8\r\nFLUSHALL\r\n", "{x}:*", "\U0010ffff", "\ufeff", "=1+1", "../../etc/passwd", "-1", "9e999",
	`<script>alert(1)</script>`, strings.Repeat("ア", 400), "０３１２３４５６７８", "2026-11-24", "2026-11", "day",
}

// injection sends each through every field and parameter of the API, as whoever may use the route. Afterwards all is there that was.
func (a *attacks) injection(t *testing.T) {
	people := map[string]*panelClient{}
	for _, l := range testLogins() {
		people[l.Login] = a.signIn(l.Login)
	}
	before := a.rowsOfAll(t)
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters  []struct{ Name, In string }
			RequestBody struct {
				Content map[string]struct{ Schema map[string]any }
			} `json:"requestBody"`
		}
		Components struct{ Schemas map[string]map[string]any }
	}
	a.must(a.victim.call(t.Context(), "GET", "/api/openapi.json", nil, &doc))
	var fill func(s map[string]any, text string, depth int) any
	fill = func(s map[string]any, text string, depth int) any {
		if ref, ok := s["$ref"].(string); ok {
			s = doc.Components.Schemas[ref[strings.LastIndex(ref, "/")+1:]]
		}
		kind := s["type"]
		if all, ok := kind.([]any); ok {
			kind = all[0]
		}
		switch kind {
		case "object":
			out := map[string]any{}
			for name, p := range s["properties"].(map[string]any) {
				if depth < 4 {
					out[name] = fill(p.(map[string]any), text, depth+1)
				}
			}
			return out
		case "array":
			return []any{fill(s["items"].(map[string]any), text, depth+1)}
		case "boolean":
			return false
		case "integer", "number":
			return 1
		}
		// Half of what is a choice is chosen rightly, so that the rest of the body is looked at.
		if choices, ok := s["enum"].([]any); ok && len(text)%2 == 0 {
			return choices[0]
		}
		return text
	}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			method = strings.ToUpper(method)
			if path == "/api/live" || path == "/api/session" || path == "/api/close" && method == "POST" {
				continue
			}
			var body map[string]any
			if content, ok := op.RequestBody.Content["application/json"]; ok {
				body = content.Schema
			}
			for _, text := range storeTexts {
				at, query := path, url.Values{}
				for _, p := range op.Parameters {
					switch p.In {
					case "path":
						at = strings.ReplaceAll(at, "{"+p.Name+"}", url.PathEscape(text))
					case "query":
						query.Set(p.Name, text)
					}
				}
				if len(query) > 0 {
					at += "?" + query.Encode()
				}
				var with any
				if body != nil {
					with = fill(body, text, 0)
				}
				for _, login := range []string{"operator2", "supervisor", "ward", "admin"} {
					got := a.send(t, people[login], method, at, with)
					if got.status >= 500 {
						t.Errorf("%s %s with %.30q as %s: %d %s", method, path, text, login, got.status, got.text)
					}
					if got.status != http.StatusForbidden {
						break
					}
				}
			}
		}
	}
	after := a.rowsOfAll(t)
	for table, n := range before {
		if after[table] < n && table != "sessions" {
			t.Errorf("%s had %d rows and has %d", table, n, after[table])
		}
	}
	waiting := 0
	for _, err := range a.ledger.Waiting(t.Context()) {
		a.must(err)
		waiting++
	}
	var queue struct{ Items []any }
	a.must(people["supervisor"].call(t.Context(), "GET", "/api/queue?limit=300", nil, &queue))
	if waiting == 0 || len(queue.Items) == 0 {
		t.Errorf("%d cases wait in the ledger, %d in the queue", waiting, len(queue.Items))
	}
}

func (a *attacks) rowsOfAll(t *testing.T) map[string]int {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), a.postgres.URL(database))
	a.must(err)
	defer func() { _ = conn.Close(t.Context()) }()
	names, err := conn.Query(t.Context(), "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
	a.must(err)
	tables, err := pgx.CollectRows(names, pgx.RowTo[string])
	a.must(err)
	out := map[string]int{}
	for _, table := range tables {
		var n int
		a.must(conn.QueryRow(t.Context(), "SELECT count(*) FROM "+pgx.Identifier{table}.Sanitize()).Scan(&n))
		out[table] = n
	}
	return out
}

// slowloris: connections that say next to nothing are dropped within the time a header may take, and people are answered meanwhile.
func (a *attacks) slowloris(t *testing.T) {
	const slow = 200
	var conns []net.Conn
	defer func() {
		for _, c := range conns {
			_ = c.Close()
		}
	}()
	began := time.Now()
	for i := range slow {
		c, err := net.Dial("tcp", a.http)
		a.must(err)
		conns = append(conns, c)
		starts := []string{"", "GET /api/hours HTTP/1.1\r\n", "GET /api/hours HTTP/1.1\r\nHost: x\r\nX-A: ",
			"POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nContent-Type: application/json\r\n\r\n{"}
		_, err = io.WriteString(c, starts[i%len(starts)])
		a.must(err)
	}
	stop := make(chan struct{})
	defer close(stop)
	go func() { // a drop now and then
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				for _, c := range conns {
					_, _ = io.WriteString(c, "a")
				}
			}
		}
	}()
	for range 20 {
		asked := time.Now()
		if got := a.send(t, a.victim, "GET", "/api/desks", nil); got.status != 200 || time.Since(asked) > 5*time.Second {
			t.Fatalf("whoever works gets %d after %s", got.status, time.Since(asked))
		}
	}
	for _, c := range conns {
		_ = c.SetReadDeadline(began.Add(60 * time.Second))
		if _, err := io.Copy(io.Discard, c); err != nil {
			if ne := net.Error(nil); errors.As(err, &ne) && ne.Timeout() {
				t.Fatal("a connection that says nothing is kept for a minute")
			}
		}
	}
}

// fileArguments: what names a file that is none, or that is elsewhere, is said in one line, and nothing of it is shown.
func (a *attacks) fileArguments(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret.txt")
	a.must(os.WriteFile(secret, []byte("topsecret: [1, 2\n\x00"), 0o600))
	for _, args := range [][]string{
		{"import", "--config", a.config(), "--list", secret},
		{"import", "--config", a.config(), "--list", filepath.Dir(secret)},
		{"import", "--config", a.config(), "--list", "/dev/null"},
		{"serve", "--config", secret},
		{"doctor", "--config", filepath.Join(a.dir, "..", "..", "nothing.yaml")},
		{"trace", "--config", a.config(), "../../../../etc/passwd"},
		{"export", "--config", a.config(), "--out", "/proc/self/nothing"},
	} {
		var out, errs bytes.Buffer
		code := dispatch(t.Context(), args, streams{out: &out, err: &errs})
		said := strings.TrimSpace(errs.String())
		if code == 0 && args[0] != "import" || strings.Contains(out.String()+said, "topsecret") || strings.Contains(said, "goroutine") || strings.Contains(out.String(), "root:") {
			t.Errorf("%v: %d %q %q", args, code, out.String(), said)
		}
	}
}

// tollFraud: when more calls go out than the settings allow, no more do; the operator is told why, and the supervisor once.
func (a *attacks) tollFraud(t *testing.T) {
	a.kill()
	a.env = append(a.env, "KAKERU_CALLS_MOST__PER__HOUR=4")
	a.start()
	one := a.seated("operator1", "desk1")
	chief := a.signIn("supervisor")
	went := 0
	var no *problem
	for range 6 {
		var accepted struct {
			CallID dialer.CallID `json:"call_id"`
		}
		var err error
		a.eventually("the desk is free", func() bool {
			err = one.call(t.Context(), "POST", "/api/calls", map[string]any{"desk": "desk1", "next": true}, &accepted)
			return !ruled(err, dialer.DeskBusy)
		})
		if errors.As(err, &no) {
			break
		}
		a.must(err)
		went++
		a.eventually("the call goes out", func() bool {
			at := a.attempt(accepted.CallID)
			return !at.DialledAt.IsZero() || !at.EndedAt.IsZero()
		})
		_ = one.call(t.Context(), "POST", "/api/calls/"+string(accepted.CallID)+"/hangup", nil, nil)
		if at := a.ended(accepted.CallID); at.Verdict.Result == dialer.Answered {
			a.recorded(one, accepted.CallID, map[string]any{"party": "silent"})
		}
	}
	if no == nil || no.Status != http.StatusConflict || no.Rule != string(dialer.CeilingReached) || !strings.Contains(no.Detail, "上限(4件)") || went > 4 {
		t.Fatalf("%d went out, then %v", went, no)
	}
	for range 3 {
		_ = one.call(t.Context(), "POST", "/api/calls", map[string]any{"desk": "desk1", "next": true}, nil)
	}
	var alerts []dialer.Alert
	a.eventually("the supervisor is told", func() bool {
		alerts = a.alertsOf(t, chief, "ceiling_reached")
		return len(alerts) > 0
	})
	if len(alerts) != 1 || alerts[0].Text == "" || alerts[0].TextEN == "" {
		t.Errorf("told %+v", alerts)
	}
}

// alertsOf are the alerts of a kind that somebody's snapshot has.
func (a *attacks) alertsOf(t *testing.T, c *panelClient, kind string) []dialer.Alert {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var snap struct{ Alerts []dialer.Alert }
	_ = c.live(ctx, func(f frame) {
		if f.Type == "snapshot" {
			a.must(json.Unmarshal(f.Data, &snap))
			stop()
		}
	})
	return slices.DeleteFunc(snap.Alerts, func(al dialer.Alert) bool { return al.Kind != kind })
}

// people are those of the port; embedded under this name, since the port has a method Users.
type people interface{ dialer.Users }

// named are people whose names a test chooses.
type named struct {
	people

	names []string
}

func (n named) Users(context.Context) (out []dialer.User, err error) {
	for _, name := range n.names {
		out = append(out, dialer.User{ID: "id", Name: name, Role: dialer.RoleAdmin})
	}
	return out, nil
}

// TestFormulaInjectionInEvidence: neither a name that somebody gave an account, nor what a browser sent, is run by who opens the
// evidence of an incident.
func TestFormulaInjectionInEvidence(t *testing.T) {
	t.Parallel()
	formulas := []string{`=HYPERLINK("http://elsewhere.example","x")`, "+1", "-1", "@SUM(1)", "\t=1", "\r=1", " =1", "　=1", "＝1"}
	file, err := evidence{users: named{names: formulas}}.people(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var record bytes.Buffer
	out := newAuditCSV(&record)
	for _, f := range formulas {
		out.write(audit.Entry{Event: audit.Event{Object: f, Detail: f, Address: f, Outcome: f, Refs: []string{f}}})
	}
	if err := out.flush(); err != nil {
		t.Fatal(err)
	}
	for _, file := range [][]byte{file, record.Bytes()} {
		rows, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
		if err != nil || len(rows) != len(formulas)+1 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if strings.IndexAny(strings.TrimLeft(cell, " \t\r\n　"), "=+-@＝") == 0 {
					t.Errorf("%q is run", cell)
				}
			}
		}
	}
}
