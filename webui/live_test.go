package webui

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/report"
)

func (h *house) showCall(id dialer.CallID, by dialer.UserID, state dialer.State) {
	h.server.d.Hub.Show(dialer.Change{Type: dialer.ChangeCall, At: h.clock.Now(), Call: &dialer.CallView{
		ID: id, CaseID: "case-1", Desk: "desk1", Operator: by, State: state, StartedAt: tuesday, HeardAt: h.clock.Now(),
	}})
}

func TestSnapshotThenFrames(t *testing.T) {
	h := open(t)
	h.set(func() {
		h.calls["call-1"] = dialer.CallView{ID: "call-1", CaseID: "case-1", Desk: "desk1", Operator: "user-operator", State: dialer.Talking}
		h.attempts = []casework.Attempt{talked("a1", "user-operator")}
		h.progress = report.Progress{Target: 5700, Definition: "attempts"}
	})
	c := h.as("supervisor")
	s := c.watch("")
	first := s.next()
	if first.Type != "snapshot" {
		t.Fatalf("first frame is %s", first.Type)
	}
	snap := dataOf[Snapshot](t, first)
	if len(snap.Desks) != 2 || len(snap.Calls) != 1 || len(snap.Recent) != 1 || snap.Boot == "" || snap.Alerts == nil || !snap.Hours.Open {
		t.Fatalf("snapshot %s", first.Data)
	}
	h.showCall("call-1", "user-operator", dialer.Ending)
	f := s.until("call")
	if got := dataOf[Call](t, f); got.State != dialer.Ending || got.OperatorName != "職員operator" || f.Seq <= first.Seq {
		t.Fatalf("call %s after %d", f.Data, first.Seq)
	}
	h.server.d.Hub.Show(dialer.Change{Type: dialer.ChangeAlert, At: tuesday, Alert: &dialer.Alert{Kind: "ledger_down", Text: "台帳", TextEN: "ledger"}})
	if a := dataOf[Alert](t, s.until("alert")); a.Kind != "ledger_down" || !a.At.Equal(tuesday) {
		t.Fatalf("alert %+v", a)
	}
	again := dataOf[Snapshot](t, c.watch("").next())
	if len(again.Alerts) != 1 {
		t.Fatalf("alerts %+v", again.Alerts)
	}
	eventually(t, "the wait from event to panel is measured", func() bool {
		return strings.Contains(string(c.do("GET", "/metrics", nil).body), "kakeru_event_to_panel_seconds_count 1")
	})
}

// TestRolesOnTheBoard: one change of each kind, and who is shown how much of it.
func TestRolesOnTheBoard(t *testing.T) {
	h := open(t)
	h.set(func() {
		h.attempts = []casework.Attempt{talked("a1", "user-operator")}
		h.desks[0].Operator, h.desks[0].CaseID = "user-operator", "case-1"
	})
	hub := h.server.d.Hub
	seen := map[string]*socket{}
	for _, login := range []string{"operator", "operator2", "supervisor", "ward", "admin"} {
		seen[login] = h.as(login).watch("")
		snap := seen[login].next()
		own := login == "operator" || login == "supervisor"
		if got := strings.Contains(string(snap.Data), "case-1"); got != own {
			t.Errorf("%s: a case in the snapshot is %v, want %v: %s", login, got, own, snap.Data)
		}
	}
	hub.Show(dialer.Change{Type: dialer.ChangeDesk, Desk: &h.desks[0]})
	h.showCall("call-1", "user-operator", dialer.Talking)
	hub.Show(dialer.Change{Type: dialer.ChangeAlert, Alert: &dialer.Alert{Kind: "desk_gone", Desk: "desk1", CallID: "call-1"}})
	hub.Show(dialer.Change{Type: dialer.ChangeAlert, Alert: &dialer.Alert{Kind: "queue_down"}})
	hub.publish(frameAttempt, h.server.dressAttempt(talked("a1", "user-operator")))
	hub.publish(frameList, casework.Preview{List: "list-1"})
	hub.publish("end", nil) // so that a test knows when all has come
	for login, want := range map[string]string{
		"operator":   "desk+ call+ alert:queue_down attempt+",
		"operator2":  "desk- alert:queue_down",
		"supervisor": "desk+ call+ alert:desk_gone alert:queue_down attempt+ list",
		"ward":       "desk- attempt- list",
		"admin":      "desk- alert:queue_down list",
	} {
		var got []string
		for f := seen[login].next(); f.Type != "end"; f = seen[login].next() {
			whole := "-"
			if strings.Contains(string(f.Data), "case-1") {
				whole = "+"
			}
			switch f.Type {
			case "desk", "call", "attempt":
				got = append(got, f.Type+whole)
			case "alert":
				got = append(got, "alert:"+dataOf[Alert](t, f).Kind)
			case "list":
				got = append(got, f.Type)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s saw %v, want %s", login, got, want)
		}
	}
}

// TestFiguresFollow: what an ended call changed is summed again by itself, and the attempt is shown once the ledger has
// its end.
func TestFiguresFollow(t *testing.T) {
	h := open(t)
	s := h.as("supervisor").watch("")
	s.until("snapshot")
	unended := talked("call-1", "user-operator")
	unended.EndedAt = time.Time{}
	h.set(func() { h.attempts = []casework.Attempt{unended} })
	h.showCall("call-1", "user-operator", dialer.Ended) // shown before it is written
	s.until("call")
	h.set(func() {
		h.attempts[0].EndedAt = tuesday
		h.progress.Done.Attempts = 1
	})
	h.server.d.Hub.Show(dialer.Change{Type: dialer.ChangeProgress})
	var ended, summed bool
	for !ended || !summed {
		switch f := s.next(); f.Type {
		case "attempt":
			a := dataOf[Attempt](t, f)
			ended = a.ID == "call-1" && a.EndedAt != nil && len(a.Evidence) == 0
		case "progress":
			summed = dataOf[report.Progress](t, f).Done.Attempts == 1
		}
	}
}

// TestFiguresFollowAnEndThatWaited: an end that stood in the spool while everything was summed is in the figures as soon as it can be shown.
func TestFiguresFollowAnEndThatWaited(t *testing.T) {
	h := open(t)
	s := h.as("supervisor").watch("")
	s.until("snapshot")
	unended := talked("call-1", "user-operator")
	unended.EndedAt = time.Time{}
	h.set(func() { h.attempts, h.progress.Target = []casework.Attempt{unended}, 5700 })
	h.showCall("call-1", "user-operator", dialer.Ended)
	for target := 0; target != 5700; { // the sum without it
		target = dataOf[report.Progress](t, s.until("progress")).Target
	}
	began := time.Now()
	h.set(func() { h.attempts[0].EndedAt, h.progress.Done.Attempts = tuesday, 1 })
	if p := dataOf[report.Progress](t, s.until("progress")); p.Done.Attempts != 1 || time.Since(began) > recountAlways/2 {
		t.Errorf("%d attempts; if they are right, only since everything is read again by and by", p.Done.Attempts)
	}
}

// TestManyChangesFewSums: a burst of changes is summed a few times, and the last sum is the newest.
func TestManyChangesFewSums(t *testing.T) {
	h := open(t)
	s := h.as("ward").watch("")
	s.until("snapshot")
	began := time.Now()
	for i := range 300 {
		h.set(func() { h.progress.Done.Attempts = i + 1 })
		h.server.d.Hub.Show(dialer.Change{Type: dialer.ChangeProgress})
	}
	for done := 0; done != 300; {
		done = dataOf[report.Progress](t, s.until("progress")).Done.Attempts
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	// One at the start, one at once, then no more than two a second.
	if most := 3 + int(time.Since(began)/recountGap); h.sums > most {
		t.Fatalf("summed %d times, at most %d were due", h.sums, most)
	}
}

func TestFiguresComeBackWithTheLedger(t *testing.T) {
	h := open(t, func(d *Deps) { d.Figures.(*world).fail.progress = dialer.ErrLedgerDown })
	s := h.as("ward").watch("")
	if snap := dataOf[Snapshot](t, s.next()); snap.Progress.Month != "2026-11" || snap.Progress.ByDay == nil {
		t.Fatalf("without a ledger: %+v", snap.Progress)
	}
	h.set(func() { h.fail.progress, h.progress.Target = nil, 5700 })
	if p := dataOf[report.Progress](t, s.until("progress")); p.Target != 5700 {
		t.Fatalf("progress %+v", p)
	}
}

func TestResumeWithoutAGap(t *testing.T) {
	h := open(t)
	c := h.as("supervisor")
	s := c.watch("")
	boot := dataOf[Snapshot](t, s.next()).Boot
	h.showCall("call-0", "user-operator", dialer.Talking)
	last := s.until("call").Seq
	s.conn.Close()
	for i := 1; i <= 3; i++ {
		h.showCall(dialer.CallID(fmt.Sprintf("call-%d", i)), "user-operator", dialer.Talking)
	}
	for _, query := range []string{fmt.Sprintf("?since=%d", last), fmt.Sprintf("?since=%d&boot=%s", last+1, boot)} {
		s = c.watch(query)
		for i := 1; i <= 3; i++ {
			f := s.next()
			for f.Type != "call" {
				if f.Type == "snapshot" {
					t.Fatalf("%s: a snapshot, though nothing is lost", query)
				}
				f = s.next()
			}
			if got := dataOf[Call](t, f).ID; got != dialer.CallID(fmt.Sprintf("call-%d", i)) || f.Seq <= last {
				t.Fatalf("%s: frame %d is %s %d", query, i, got, f.Seq)
			}
		}
	}
	for _, query := range []string{"?since=5", fmt.Sprintf("?since=%d&boot=other", last), "?since=9007199254740991"} {
		if f := c.watch(query).next(); f.Type != "snapshot" {
			t.Errorf("%s: %s, want a snapshot", query, f.Type)
		}
	}
	c.do("GET", "/api/live?since=x", nil, "Connection", "Upgrade", "Upgrade", "websocket").problem(t, 422, "invalid")
}

func TestForeignSocketIsRefused(t *testing.T) {
	h := open(t)
	c := h.as("operator")
	for origin, want := range map[string]int{"https://elsewhere.example": 403, "null": 403, h.url + ".example": 403, h.url: 101, "": 101} {
		header := http.Header{}
		if origin != "" {
			header.Set("Origin", origin)
		}
		conn, status := c.connect(websocket.Dialer{}, "", header)
		if conn != nil {
			conn.Close()
		}
		if status != want {
			t.Errorf("origin %q: %d, want %d", origin, status, want)
		}
	}
	if _, status := h.browser().connect(websocket.Dialer{}, "", nil); status != 401 {
		t.Errorf("signed out: %d, want 401", status)
	}
	c.do("GET", "/api/live", nil).problem(t, 426, "invalid")
}

// saysBye reads on to the goodbye and checks that the server then closes.
func (s *socket) saysBye(reason string) received {
	s.t.Helper()
	f := s.until("bye")
	if got := dataOf[Bye](s.t, f).Reason; got != reason {
		s.t.Fatalf("bye %q, want %q", got, reason)
	}
	_ = s.conn.SetReadDeadline(time.Now().Add(patienceOfTests))
	if _, _, err := s.conn.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseServiceRestart) {
		s.t.Fatalf("after the goodbye: %v", err)
	}
	return f
}

func TestSessionsEndEndsTheSocket(t *testing.T) {
	h := open(t, func(d *Deps) { d.Hub = NewHub(tuesday, LiveSettings{Ping: 10 * time.Millisecond}) })
	t.Run("signed out", func(t *testing.T) {
		c := h.as("operator")
		s, other := c.watch(""), h.as("operator").watch("")
		s.until("snapshot")
		c.do("DELETE", "/api/session", nil).want(t, 204)
		s.saysBye("session")
		other.until("snapshot") // another browser of the same person stays
		h.showCall("call-9", "user-operator", dialer.Talking)
		other.until("call")
	})
	t.Run("another role", func(t *testing.T) {
		s := h.as("operator2").watch("")
		s.until("snapshot")
		h.as("admin").do("PATCH", "/api/users/user-operator2", map[string]string{"role": "ward"}).want(t, 200)
		s.saysBye("session")
	})
	t.Run("expired", func(*testing.T) {
		s := h.as("ward").watch("")
		s.until("snapshot")
		h.clock.forward(13 * time.Hour)
		s.saysBye("session")
	})
}

func TestAnOpenSocketDoesNotProlongASession(t *testing.T) {
	h := open(t, func(d *Deps) { d.Hub = NewHub(tuesday, LiveSettings{Ping: 10 * time.Millisecond}) })
	c := h.as("ward")
	s := c.watch("")
	s.until("snapshot")
	for range 3 {
		h.clock.forward(5 * time.Hour)
		time.Sleep(30 * time.Millisecond) // some pings; the outcome does not depend on how many
	}
	s.saysBye("session")
	c.do("GET", "/api/desks", nil).problem(t, 401, "unauthorized")
}

func TestStopSaysGoodbye(t *testing.T) {
	h := open(t)
	s := h.as("supervisor").watch("")
	first := s.until("snapshot")
	h.stop()
	if f := s.saysBye("shutdown"); f.Seq <= first.Seq {
		t.Fatalf("bye %d after %d", f.Seq, first.Seq)
	}
}

// TestASlowReaderHoldsUpNobody: one panel stops reading; the engine and the other panels do not notice, and the slow one
// is dropped. It is told so, unless its own line is too full even for that.
func TestASlowReaderHoldsUpNobody(t *testing.T) {
	h := open(t, func(d *Deps) { d.Hub = NewHub(tuesday, LiveSettings{Buffer: 8, WriteWait: 300 * time.Millisecond}) })
	boss := h.as("supervisor")
	narrow := websocket.Dialer{NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetReadBuffer(4096)
		}
		return conn, err
	}}
	slow, status := boss.connect(narrow, "", nil)
	if slow == nil {
		t.Fatalf("not connected: %d", status)
	}
	defer slow.Close()
	quick := h.as("supervisor").watch("")
	quick.until("snapshot")
	readers := func() int {
		hub := h.server.d.Hub
		hub.mu.Lock()
		defer hub.mu.Unlock()
		return len(hub.subs)
	}
	eventually(t, "both read", func() bool { return readers() == 2 })
	// As much as it takes to fill the slow line; the quick reader reads along, frame by frame.
	text := strings.Repeat("長", 20_000)
	for i := 0; readers() == 2; i++ {
		if i > 5000 {
			t.Fatal("the slow reader was never dropped")
		}
		h.server.d.Hub.Show(dialer.Change{Type: dialer.ChangeAlert, Alert: &dialer.Alert{Kind: fmt.Sprint(i), Text: text}})
		if got := dataOf[Alert](t, quick.until("alert")).Kind; got != fmt.Sprint(i) {
			t.Fatalf("the quick reader got %s, want %d", got, i)
		}
	}
}

func TestEventToPanelCountsOnlyTheLive(t *testing.T) {
	f := &frame{seq: 2, kind: "call", data: Call{}, heard: tuesday}
	b := f.text(f.data)
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil || m["seq"] != float64(2) || m["type"] != "call" {
		t.Fatalf("%s: %v", b, err)
	}
	if strings.Contains(string(b), "HeardAt") || strings.Contains(string(b), "heard") {
		t.Fatal("the frame tells more than it should")
	}
}
