package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kakeru/cmd/stores/storestest"
	"kakeru/dialer"
	"kakeru/dialer/dialertest/full"
	"kakeru/dialer/fleet"
	"kakeru/sip/lab"
	"kakeru/sip/lab/ports"
	"kakeru/webui/auth"
)

// twoNodes is a house of two servers over one PostgreSQL and one Redis: the phone of desk1 registers at the first, all others' at
// the second.
func twoNodes(t *testing.T, desks int, env ...string) (a, b *house) {
	t.Helper()
	o := houseOptions{desks: desks, noPhones: true}
	a = newHouse(t, o)
	b = a.sibling(o)
	a.env = append([]string{"KAKERU_NODE_ID=node-a"}, env...)
	b.env = append([]string{"KAKERU_NODE_ID=node-b"}, env...)
	quiet := slog.New(slog.DiscardHandler)
	a.must(a.world.startPhones(a.sip, a.accounts[:1], false, quiet))
	a.must(a.world.startPhones(b.sip, a.accounts[1:], false, quiet))
	a.start()
	// A phone that comes while its desk passes on is found by the other node, and stays there.
	a.eventually("its phone is here", func() bool { return strings.Contains(a.serverLog(), `"desk":"desk1","registered":true`) })
	b.start()
	for i := range desks {
		want := dialer.NodeID("node-b")
		if i == 0 {
			want = "node-a"
		}
		a.owns(want, deskNamed(i))
	}
	return a, b
}

func deskNamed(i int) dialer.DeskID { return dialer.DeskID("desk" + string(rune('1'+i))) }

// sibling is another server of the same centre.
func (h *house) sibling(o houseOptions) *house {
	h.t.Helper()
	s := *h
	s.sharedKeys = h.keys()
	s.dir, s.sip, s.http, s.child, s.exited = h.t.TempDir(), ports.Lend(h.t, 1), ports.Lend(h.t, 1).String(), nil, nil
	o.rtp = nextRTP()
	s.writeSettings(o)
	h.must(os.WriteFile(filepath.Join(s.dir, "secret"), []byte(strings.Repeat("s", secretBytes)), 0o600))
	return &s
}

// owns waits until the register says that a node has a desk.
func (h *house) owns(id dialer.NodeID, desk dialer.DeskID) {
	h.t.Helper()
	h.eventually(string(id)+" has "+string(desk), func() bool {
		s, err := h.ledger.Standing(h.t.Context())
		return err == nil && s.Desks[desk].Node == id
	})
}

// node is a node as the register has it.
func (h *house) node(id dialer.NodeID) (found fleet.Node) {
	h.t.Helper()
	s, err := h.ledger.Standing(h.t.Context())
	h.must(err)
	for _, n := range s.Nodes {
		if n.Node == id {
			found = n
		}
	}
	return found
}

// ready asks a server whether it takes calls.
func (h *house) ready() bool {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, "http://"+h.http+"/readyz", nil)
	h.must(err)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// shown is the live frames of a panel.
type shown struct {
	mu    sync.Mutex
	calls map[dialer.CallID][]dialer.State
	last  map[dialer.DeskID]dialer.DeskState
	done  map[dialer.CallID]bool // attempts shown with their end
}

// watch has a panel read live frames until the test ends.
func (h *house) watch(c *panelClient) *shown {
	h.t.Helper()
	s := &shown{calls: map[dialer.CallID][]dialer.State{}, last: map[dialer.DeskID]dialer.DeskState{}, done: map[dialer.CallID]bool{}}
	ctx, cancel := context.WithCancel(context.Background())
	began, ended := make(chan struct{}), make(chan struct{})
	var once sync.Once
	go func() {
		defer close(ended)
		_ = c.live(ctx, func(f frame) { once.Do(func() { close(began) }); s.take(f) })
	}()
	h.t.Cleanup(func() { cancel(); <-ended })
	select {
	case <-began:
	case <-time.After(20 * time.Second):
		h.t.Fatal("no live frame came")
	}
	return s
}

func (s *shown) take(f frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch f.Type {
	case "call":
		var v dialer.CallView
		if json.Unmarshal(f.Data, &v) == nil {
			s.calls[v.ID] = append(s.calls[v.ID], v.State)
		}
	case "desk":
		var v dialer.DeskView
		if json.Unmarshal(f.Data, &v) == nil {
			s.last[v.ID] = v.State
		}
	case "attempt":
		var v struct {
			ID dialer.CallID `json:"id"`
		}
		if json.Unmarshal(f.Data, &v) == nil {
			s.done[v.ID] = true
		}
	}
}

func (s *shown) has(ok func() bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return ok()
}

func (h *house) hangUp(c *panelClient, id dialer.CallID) {
	h.t.Helper()
	h.must(c.call(h.t.Context(), http.MethodPost, "/api/calls/"+string(id)+"/hangup", nil, nil))
}

// record gives a talk its result, by way of any server.
func (h *house) record(c *panelClient, id dialer.CallID) {
	h.t.Helper()
	h.recorded(c, id, map[string]any{"party": "self", "business_results": []string{"no_commitment"}})
}

func stateIs(h *house, c *panelClient, desk string, want dialer.DeskState) func() bool {
	return func() bool { return h.desk(c, desk).State == want }
}

// TestAPanelAtAnotherNode has an operator at one server call from a desk of the other, see all that happens, and record the result.
func TestAPanelAtAnotherNode(t *testing.T) {
	full.Only(t)
	t.Parallel()
	a, b := twoNodes(t, 2)
	panel := a.seated("operator2", "desk2")
	watching := a.watch(panel)
	id := a.dial(panel, "desk2", a.caseEnding("05"))
	a.eventually("the panel shows the talk", func() bool {
		return watching.has(func() bool {
			states := watching.calls[id]
			return len(states) > 0 && states[len(states)-1] == dialer.Talking
		})
	})
	if s := b.sip.String(); !strings.Contains(b.serverLog(), string(id)) || strings.Contains(a.serverLog(), "\"call accepted\"") {
		t.Errorf("the call is not carried by the server at %s", s)
	}
	a.hangUp(panel, id)
	end := a.ended(id)
	if end.Verdict.Result != dialer.Answered || end.EndedBy != dialer.ByOperator {
		t.Errorf("the talk ended as %s by %s", end.Verdict.Result, end.EndedBy)
	}
	a.eventually("the panel shows the attempt", func() bool { return watching.has(func() bool { return watching.done[id] }) })
	a.eventually("the desk waits for the result", stateIs(a, panel, "desk2", dialer.DeskWrapUp))
	a.record(panel, id)
	for _, h := range []*house{a, b} {
		h.eventually("the desk is ready", stateIs(h, panel, "desk2", dialer.DeskReady))
	}
	// The same person at the other server, after a restart of the browser: the same session, the same desk.
	other, err := newPanelClient("http://" + b.http)
	b.must(err)
	b.must(other.signIn(t.Context(), "operator2", "the password of two"))
	b.ended(b.dial(other, "desk2", b.caseEnding("41")))
}

// TestANodeIsKilled pulls the plug of a server that has a call in every state. The other hangs all of them up, closes their attempts
// as they were, and has the desks.
func TestANodeIsKilled(t *testing.T) {
	full.Only(t)
	t.Parallel()
	a, b := twoNodes(t, 5)
	calls := []struct {
		desk, ending string
		silent       bool
		reached      func(h *house, id dialer.CallID) bool
		want         dialer.Result
		counted      bool
		state        dialer.CaseState
		id           dialer.CallID
	}{
		{"desk2", "05", true, func(h *house, _ dialer.CallID) bool { return rung(h.world.phones[1]) }, dialer.NotDialled, false, dialer.CaseWaiting, ""},
		{"desk3", "48", false, inviteSeen, dialer.Interrupted, false, dialer.CaseHeld, ""},
		{"desk4", "40", false, ringingNoted, dialer.Interrupted, true, dialer.CaseHeld, ""},
		{"desk5", "06", false, talkNoted, dialer.Interrupted, true, dialer.CaseHeld, ""},
	}
	a.world.phones[1].SetNeverAnswer(true)
	for i := range calls {
		c := &calls[i]
		panel := b.another(i)
		b.must(panel.call(t.Context(), http.MethodPost, "/api/desks/"+c.desk+"/sit", map[string]bool{}, nil))
		c.id = b.dial(panel, c.desk, b.caseEnding(c.ending))
	}
	for _, c := range calls {
		a.eventually(c.desk+" comes to where it is to be", func() bool { return c.reached(a, c.id) })
	}
	died := time.Now()
	b.kill()
	panel := a.signIn("operator1")
	for _, c := range calls {
		end := a.ended(c.id)
		if end.Verdict.Result != c.want || end.Verdict.Counted != c.counted || end.EndedBy != dialer.ByCrash {
			t.Errorf("%s: the attempt ended as %s (counted %v, by %s)", c.desk, end.Verdict.Result, end.Verdict.Counted, end.EndedBy)
		}
		if stood, err := a.ledger.Case(t.Context(), end.CaseID); err != nil || stood.Next.State != c.state {
			t.Errorf("%s: the case is %s (%v)", c.desk, stood.Next.State, err)
		}
	}
	closed := time.Since(died)
	for _, c := range calls {
		a.owns("node-a", dialer.DeskID(c.desk))
		a.eventually(c.desk+" is free, and its phone is there", func() bool {
			d := a.desk(panel, c.desk)
			return d.State == dialer.DeskEmpty && d.Registered != nil && *d.Registered
		})
	}
	free := time.Since(died)
	t.Logf("after kill -9 of a server: its attempts were closed in %s, its desks free and their phones found in %s", closed.Round(time.Millisecond), free.Round(time.Millisecond))
	a.eventually("every far leg is hung up", func() bool {
		up := 0
		for _, p := range a.world.phones {
			up += stillUp(p.Calls())
		}
		return up+stillUp(a.carrier.Calls()) == 0
	})
	if n := len(a.carrier.Calls()); n != 3 {
		t.Errorf("the carrier saw %d calls, want 3: nothing is redialled", n)
	}
	// Life goes on at a desk of the dead, by the phone that had registered there.
	a.must(panel.call(t.Context(), http.MethodPost, "/api/desks/desk5/sit", map[string]bool{}, nil))
	if next := a.ended(a.dial(panel, "desk5", a.caseEnding("41"))); next.Verdict.Result != dialer.Busy {
		t.Errorf("the next call ended as %s", next.Verdict.Result)
	}
	b.start()
	a.eventually("the server is back", func() bool { return b.ready() })
}

func rung(p *lab.Phone) bool {
	calls := p.Calls()
	return len(calls) > 0 && !calls[len(calls)-1].Ringing.IsZero()
}

func stillUp(calls []lab.CallLog) (n int) {
	for _, c := range calls {
		if c.Ended.IsZero() {
			n++
		}
	}
	return n
}

// another adds a person and signs them in.
func (h *house) another(n int) *panelClient {
	h.t.Helper()
	who := login{"another" + string(rune('0'+n)), "見本 太郎", dialer.RoleOperator, "a longer password"}
	h.must(addPeople(h.t.Context(), h.ledger, []login{who}, auth.Cost{MemoryKiB: 64, Passes: 1}))
	c, err := newPanelClient("http://" + h.http)
	h.must(err)
	h.must(c.signIn(h.t.Context(), who.Login, who.Password))
	return c
}

// talkOnB has operator2 talk at desk2, which is the second server's, commanded at the first.
func talkOnB(t *testing.T, a *house) (*panelClient, dialer.CallID) {
	t.Helper()
	panel := a.seated("operator2", "desk2")
	id := a.dial(panel, "desk2", a.caseEnding("05"))
	a.eventually("talking", func() bool { return talkNoted(a, id) })
	return panel, id
}

// TestTheOtherNodeForgetsAtTheClose: what the phones wrote names people, and lies in the memory of the node that heard it, whichever closes the day.
func TestTheOtherNodeForgetsAtTheClose(t *testing.T) {
	full.Only(t)
	t.Parallel()
	a, b := twoNodes(t, 2)
	panel, id := talkOnB(t, a)
	a.must(panel.call(t.Context(), http.MethodPost, "/api/calls/"+string(id)+"/hangup", nil, nil))
	a.ended(id)
	a.recorded(panel, id, map[string]any{"party": "silent"})
	chiefA, chiefB := a.signIn("supervisor"), b.signIn("supervisor")
	trace := func() error {
		return chiefB.call(t.Context(), http.MethodGet, "/api/calls/"+string(id)+"/trace", nil, nil)
	}
	a.must(trace())
	a.must(chiefA.call(t.Context(), http.MethodPost, "/api/close", map[string]string{"day": a.closeState(chiefA).Day}, nil))
	a.eventually("the other node shows no messages any more", func() bool {
		var no *problem
		return errors.As(trace(), &no) && no.Status == http.StatusNotFound
	})
}

// TestANodeFallsAsleep stops a server for longer than its lease, and lets it go on: nothing of what it was doing is done, its legs are
// down, and it comes back as another life.
func TestANodeFallsAsleep(t *testing.T) {
	full.Only(t)
	t.Parallel()
	a, b := twoNodes(t, 2)
	_, id := talkOnB(t, a)
	before := b.node("node-b").Epoch
	a.must(b.child.Process.Signal(syscall.SIGSTOP))
	end := a.ended(id)
	if end.Verdict.Result != dialer.Interrupted || end.EndedBy != dialer.ByCrash {
		t.Errorf("the attempt ended as %s by %s", end.Verdict.Result, end.EndedBy)
	}
	a.eventually("the far legs are down while it sleeps", func() bool { return stillUp(a.carrier.Calls()) == 0 })
	a.owns("node-a", "desk2")
	a.must(b.child.Process.Signal(syscall.SIGCONT))
	a.eventually("it has begun another life", func() bool { n := b.node("node-b"); return n.Epoch > before+1 && n.State == fleet.Live && b.ready() })
	if log := b.serverLog(); !strings.Contains(log, "taken over from this one") {
		t.Error("it does not say what happened to it")
	}
	if again := a.attempt(id); again.EndedBy != dialer.ByCrash || !again.EndedAt.Equal(end.EndedAt) {
		t.Errorf("the end was written anew: by %s", again.EndedBy)
	}
	if n := len(a.carrier.Calls()); n != 1 {
		t.Errorf("the carrier saw %d calls", n)
	}
	// By way of its own panel the desk can be called from, which is the other's now.
	panel := b.seated("operator2", "desk2")
	b.eventually("it takes clicks: what it reads now was not sent while it slept", func() bool {
		var no *problem
		err := panel.call(t.Context(), http.MethodPost, "/api/desks/desk2/next", map[string]any{}, nil)
		return !errors.As(err, &no) || no.Status != http.StatusServiceUnavailable
	})
	b.ended(b.dial(panel, "desk2", b.caseEnding("41")))
}

// TestPostgresAsleepKillsNobody: for longer than a lease nobody can beat. The talk goes on, and both servers are who they were.
func TestPostgresAsleepKillsNobody(t *testing.T) {
	full.Only(t)
	t.Parallel()
	a, b := twoNodes(t, 2)
	panel, id := talkOnB(t, a)
	wake := a.pausePostgres()
	for _, h := range []*house{a, b} {
		h.eventually("the lease has run out", func() bool { return strings.Contains(h.serverLog(), "lease could not be prolonged") && !h.ready() })
	}
	asleep := time.Now()
	a.eventually("another lease has passed", func() bool { return time.Since(asleep) > 6*time.Second })
	wake()
	for _, h := range []*house{a, b} {
		h.eventually("it is ready again", h.ready)
	}
	awake := time.Now()
	a.eventually("another lease has passed", func() bool { return time.Since(awake) > 7*time.Second })
	for _, name := range []dialer.NodeID{"node-a", "node-b"} {
		if n := a.node(name); n.Epoch != 1 || n.State != fleet.Live || !n.Alive {
			t.Errorf("%s is %+v", name, n)
		}
	}
	if !a.attempt(id).EndedAt.IsZero() {
		t.Fatal("the talk did not outlive it")
	}
	a.hangUp(panel, id)
	if end := a.ended(id); end.Verdict.Result != dialer.Answered {
		t.Errorf("the talk ended as %s", end.Verdict.Result)
	}
}

// TestRedisGoneBetweenNodes: each server goes on with its own desks, says of the other's that they are out of reach, and shows
// everything when Redis is back.
func TestRedisGoneBetweenNodes(t *testing.T) {
	full.Only(t)
	t.Parallel()
	a, b := twoNodes(t, 2)
	own := a.seated("operator1", "desk1")
	theirs := a.seated("operator2", "desk2")
	atB := b.signIn("operator2")
	a.must(syscall.Kill(a.redis.Pid(), syscall.SIGKILL))
	<-a.redis.Exited()
	mine := a.dial(own, "desk1", a.caseEnding("05"))
	err := theirs.call(t.Context(), http.MethodPost, "/api/calls", map[string]any{"desk": "desk2", "case_id": a.caseEnding("06")}, nil)
	if p := (*problem)(nil); !errors.As(err, &p) || p.Rule != string(dialer.QueueDown) {
		t.Errorf("a command that cannot reach the other server: %v", err)
	}
	other := b.dial(atB, "desk2", b.caseEnding("06"))
	for _, id := range []dialer.CallID{mine, other} {
		a.eventually("talking", func() bool { return talkNoted(a, id) })
	}
	a.redis = storestest.RestartRedis(t, a.redis)
	supervisor := a.signIn("supervisor")
	a.eventually("the first server shows both", func() bool { return len(a.allLive(supervisor)) == 2 })
	a.hangUp(supervisor, other)
	a.hangUp(supervisor, mine)
	a.ended(mine)
	a.ended(other)
}

// allLive are the calls that a server shows.
func (h *house) allLive(c *panelClient) []dialer.CallView {
	h.t.Helper()
	var all struct {
		Items []dialer.CallView `json:"items"`
	}
	h.must(c.call(h.t.Context(), http.MethodGet, "/api/calls", nil, &all))
	return all.Items
}

// TestARollingRestart tells a server with a talk to stop: the talk goes on until it ends, then the server does, and its desk is the
// other's with the result still owed.
func TestARollingRestart(t *testing.T) {
	full.Only(t)
	t.Parallel()
	a, b := twoNodes(t, 2, "KAKERU_CALLS_DRAIN=5m")
	panel, id := talkOnB(t, a)
	a.must(b.child.Process.Signal(syscall.SIGTERM))
	a.eventually("it drains", func() bool { return b.node("node-b").State == fleet.Draining })
	err := panel.call(t.Context(), http.MethodPost, "/api/calls", map[string]any{"desk": "desk2", "next": true}, nil)
	if err == nil {
		t.Error("a click was taken by a server that ends")
	}
	if !a.attempt(id).EndedAt.IsZero() || stillUp(a.carrier.Calls()) != 1 {
		t.Fatal("the talk was ended")
	}
	a.hangUp(panel, id)
	if end := a.ended(id); end.Verdict.Result != dialer.Answered || end.EndedBy != dialer.ByOperator {
		t.Errorf("the talk ended as %s by %s", end.Verdict.Result, end.EndedBy)
	}
	if err := <-b.exited; err != nil {
		t.Errorf("it ended with %v\n%s", err, b.serverLog())
	}
	b.child = nil
	a.owns("node-a", "desk2")
	a.eventually("the desk waits for the result", stateIs(a, panel, "desk2", dialer.DeskWrapUp))
	a.record(panel, id)
	a.eventually("its phone is there", func() bool { d := a.desk(panel, "desk2"); return d.Registered != nil && *d.Registered })
	a.ended(a.dial(panel, "desk2", a.caseEnding("41")))
}

// TestTwoServersOfOneName: the one that began later stays; the other ends and says what to do.
func TestTwoServersOfOneName(t *testing.T) {
	full.Only(t)
	a := newHouse(t, houseOptions{desks: 1})
	a.env = []string{"KAKERU_NODE_ID=node-a"}
	a.start()
	panel := a.seated("operator1", "desk1")
	id := a.dial(panel, "desk1", a.caseEnding("05"))
	a.eventually("talking", func() bool { return talkNoted(a, id) })
	b := a.sibling(houseOptions{desks: 1})
	b.env = a.env
	b.start()
	if err := <-a.exited; err == nil || !strings.Contains(a.serverLog(), "node.id") {
		t.Errorf("the first ended with %v\n%s", err, a.serverLog())
	}
	a.child = nil
	// Closed by the second, or hung up by the first as it was told, whichever came sooner.
	if end := a.ended(id); end.Verdict.Result != dialer.Interrupted && (end.Verdict.Result != dialer.Answered || end.EndedBy != dialer.BySystem) {
		t.Errorf("its talk ended as %s, by %s", end.Verdict.Result, end.EndedBy)
	}
	a.eventually("its legs are down", func() bool { return stillUp(a.carrier.Calls()) == 0 })
	b.eventually("the second is ready", b.ready)
	b.owns("node-a", "desk1")
	b.seated("operator1", "desk1")
}
