package webui

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/casework/dayclose"
)

// slowShelf reads and applies lists for as long as it is not let go on.
type slowShelf struct {
	Lists
	reads, applies chan struct{}
	at, most       atomic.Int32 // how many are applied, now and at most
}

func newSlowShelf(d *Deps) *slowShelf {
	s := &slowShelf{Lists: d.Lists, reads: make(chan struct{}), applies: make(chan struct{})}
	d.Lists = s
	return s
}

// until waits for what lets it go on, or says why it is not waited for any more.
func until(ctx context.Context, open <-chan struct{}) error {
	select {
	case <-open:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *slowShelf) Stage(ctx context.Context, list casework.StagedList, file io.Reader, progress func(int)) (casework.Preview, error) {
	if err := until(ctx, s.reads); err != nil {
		return casework.Preview{}, err
	}
	return s.Lists.Stage(ctx, list, file, progress)
}

func (s *slowShelf) Apply(ctx context.Context, list string, by dialer.UserID, progress func(int)) (casework.Applied, error) {
	defer s.at.Add(-1)
	if n := s.at.Add(1); n > s.most.Load() {
		s.most.Store(n)
	}
	if err := until(ctx, s.applies); err != nil {
		return casework.Applied{}, err
	}
	return s.Lists.Apply(ctx, list, by, progress)
}

// slowPaid reads paid lists for as long as it is not let go on.
type slowPaid struct {
	PaidLists
	reads chan struct{}
}

func (s slowPaid) StagePaid(ctx context.Context, list casework.StagedList, file io.Reader, progress func(int)) (casework.PaidPreview, error) {
	if err := until(ctx, s.reads); err != nil {
		return casework.PaidPreview{}, err
	}
	return s.PaidLists.StagePaid(ctx, list, file, progress)
}

func (c *client) list(id string) casework.Preview {
	c.h.t.Helper()
	return into[casework.Preview](c.h.t, c.do("GET", "/api/lists/"+id, nil).want(c.h.t, 200))
}

func awaitList(t *testing.T, who *client, id, state string) {
	t.Helper()
	eventually(t, "the list is "+state, func() bool { return who.list(id).State == state })
}

// halfSent begins an upload and sends no more of it.
func (c *client) halfSent() net.Conn {
	c.h.t.Helper()
	conn, err := net.Dial("tcp", c.h.host())
	if err != nil {
		c.h.t.Fatal(err)
	}
	c.h.t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patienceOfTests))
	_, _ = fmt.Fprintf(conn, "POST /api/lists HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000000\r\n\r\n--x",
		c.h.host(), c.cookie())
	return conn
}

// TestHalfSentUploadsOfOnePersonKeepNobodyOut: the first has a place, the others are refused before they have come, and whoever else has a list brings it.
func TestHalfSentUploadsOfOnePersonKeepNobodyOut(t *testing.T) {
	h := open(t)
	ward := h.as("ward")
	first := ward.halfSent()
	eventually(t, "the first is being read", func() bool {
		h.server.jobs.mu.Lock()
		defer h.server.jobs.mu.Unlock()
		return h.server.jobs.reading["user-ward"]
	})
	for range mostJobs {
		answer, err := http.ReadResponse(bufio.NewReader(h.as("ward").halfSent()), nil) // by whatever session
		if err != nil {
			t.Fatal(err)
		}
		told, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(told), errOneEach.Detail) {
			t.Errorf("one more: %d %s", answer.StatusCode, told)
		}
	}
	for _, login := range []string{"supervisor", "admin"} {
		c := h.as(login)
		awaitList(t, c, into[struct{ List string }](t, c.upload("list.csv", "a\n").want(t, 202)).List, listStaged)
	}
	first.Close()
	eventually(t, "the place of what broke off is free", func() bool { return ward.upload("list.csv", "a\n").status == http.StatusAccepted })
}

// TestOnePersonHasOneListReadAtATime, of either sort, until it is read; others have theirs read meanwhile.
func TestOnePersonHasOneListReadAtATime(t *testing.T) {
	var slow *slowShelf
	h := open(t, func(d *Deps) { slow = newSlowShelf(d) })
	ward := h.as("ward")
	id := into[struct{ List string }](t, ward.upload("list.csv", "a\n").want(t, 202)).List
	for _, path := range []string{"/api/lists", "/api/payments"} {
		p := h.as("ward").uploadTo(path, "list.csv", "a\n").problem(t, http.StatusServiceUnavailable, string(dialer.CaseBusy))
		if p.Detail != errOneEach.Detail || p.DetailEN != errOneEach.DetailEN {
			t.Errorf("%s: %+v", path, p)
		}
	}
	h.as("admin").upload("list.csv", "a\n").want(t, 202)
	h.as("supervisor").upload("list.csv", "a\n").want(t, 202)
	close(slow.reads)
	awaitList(t, ward, id, listStaged)
	ward.upload("list.csv", "a\n").want(t, 202)
}

// TestTheLastPlaceIsTheSupervisors: neither what the others have read nor what they have applied takes it.
func TestTheLastPlaceIsTheSupervisors(t *testing.T) {
	ward := func(n int) dialer.User {
		return dialer.User{ID: dialer.UserID(fmt.Sprint("ward", n)), Role: dialer.RoleWard}
	}
	boss, other := dialer.User{ID: "boss", Role: dialer.RoleSupervisor}, dialer.User{ID: "other", Role: dialer.RoleSupervisor}
	takes := func(j *jobs, who dialer.User, want *Problem) {
		t.Helper()
		if p := j.take(who); p != want {
			t.Errorf("%s is told %v", who.ID, p)
		}
	}
	read := newJobs()
	for n := range mostJobs - 1 {
		takes(read, ward(n), nil)
	}
	takes(read, ward(mostJobs), errFull)
	takes(read, boss, nil)
	takes(read, other, errFull)
	read.leave("ward0")
	takes(read, other, nil)

	applied := newJobs()
	for n := range 2 * mostJobs {
		applied.set(casework.Preview{List: fmt.Sprint(n), State: listApplying})
	}
	takes(applied, ward(0), errFull)
	takes(applied, boss, nil)
	takes(applied, other, nil)

	both := newJobs()
	takes(both, ward(0), nil)
	for n := range mostJobs - 1 {
		both.set(casework.Preview{List: fmt.Sprint(n), State: listApplying})
	}
	takes(both, ward(1), errFull)
	takes(both, boss, nil)
}

// TestTheDaysCloseEndsTheReadingOfLists: what is being read only is a note before the button, and ends when the close has begun, with what to do; one that is
// refused ends nothing. Of a paid list nothing goes with the day: it is read on.
func TestTheDaysCloseEndsTheReadingOfLists(t *testing.T) {
	paid := make(chan struct{})
	h := open(t, func(d *Deps) {
		newSlowShelf(d)
		d.Paid = slowPaid{d.Paid, paid}
	})
	ward, admin, boss := h.as("ward"), h.as("admin"), h.as("supervisor")
	id := into[struct{ List string }](t, ward.upload("list.csv", "a\n").want(t, 202)).List
	paidID := into[struct{ List string }](t, admin.uploadTo("/api/payments", "paid.csv", "a\n").want(t, 202)).List
	state := func() closeState {
		return into[closeState](t, boss.do("GET", "/api/close", nil).want(t, 200))
	}
	h.closing.found = dayclose.Found{Staging: 1, ResultsDue: 1}
	day := map[string]any{"day": state().Day}
	boss.do("POST", "/api/close", day).problem(t, http.StatusConflict, "not_ready")
	if p := ward.list(id); p.State != listStaging {
		t.Fatalf("a close that was refused has ended it: %+v", p)
	}
	h.closing.found = dayclose.Found{Staging: 1}
	if s := state(); !s.Ready || !slices.Contains(s.Checklist, dayclose.Item{Name: "lists_read", N: 1, OK: true}) {
		t.Errorf("%+v", s)
	}
	boss.do("POST", "/api/close", day).want(t, 202)
	awaitList(t, ward, id, listFailed)
	if p := ward.list(id); len(p.Problems) != 1 || p.Problems[0].Code != casework.ErrStopped.Code || p.Problems[0].JA != casework.ErrStopped.JA || !p.Problems[0].Fatal {
		t.Errorf("%+v", p.Problems)
	}
	close(paid)
	awaitPaid(t, admin, paidID, listStaged)
}

// TestTheReadingOfAListEndsWithTheSession: whoever was disabled or signed out by the administrator leaves no staged list behind, of either sort. What they have
// applied already goes on.
func TestTheReadingOfAListEndsWithTheSession(t *testing.T) {
	var slow *slowShelf
	paid := make(chan struct{})
	h := open(t, func(d *Deps) {
		slow = newSlowShelf(d)
		d.Paid = slowPaid{d.Paid, paid}
	})
	ward, boss, admin := h.as("ward"), h.as("supervisor"), h.as("admin")
	id := into[struct{ List string }](t, ward.upload("list.csv", "a\n").want(t, 202)).List
	paidID := into[struct{ List string }](t, boss.uploadTo("/api/payments", "paid.csv", "a\n").want(t, 202)).List
	admin.do("PATCH", "/api/users/user-ward", map[string]any{"disabled": true}).want(t, 200)
	for _, session := range into[struct{ Items []OpenSession }](t, admin.do("GET", "/api/sessions", nil).want(t, 200)).Items {
		if session.UserID == "user-supervisor" {
			admin.do("POST", "/api/sessions/"+session.ID+"/end", nil).want(t, 204)
		}
	}
	awaitList(t, admin, id, listFailed)
	awaitPaid(t, admin, paidID, listFailed)
	for _, p := range [][]casework.Problem{admin.list(id).Problems, into[casework.PaidPreview](t, admin.do("GET", "/api/payments/"+paidID, nil).want(t, 200)).Problems} {
		if len(p) != 1 || p[0].JA != errUploaderGone.JA || !p[0].Fatal {
			t.Errorf("%+v", p)
		}
	}

	close(slow.reads)
	boss = h.as("supervisor")
	id = into[struct{ List string }](t, boss.upload("list.csv", "a\n").want(t, 202)).List
	awaitList(t, boss, id, listStaged)
	boss.do("POST", "/api/lists/"+id+"/apply", nil).want(t, 202)
	boss.do("DELETE", "/api/session", nil)
	time.Sleep(2 * stillSignedIn)
	close(slow.applies)
	awaitList(t, admin, id, listApplied)
}

// TestAListThatIsAppliedKeepsTheDayOpen: its cases are on their way to the line. It is not ended, and once it is applied the day can be closed.
func TestAListThatIsAppliedKeepsTheDayOpen(t *testing.T) {
	var slow *slowShelf
	h := open(t, func(d *Deps) { slow = newSlowShelf(d) })
	close(slow.reads)
	ward, boss := h.as("ward"), h.as("supervisor")
	id := into[struct{ List string }](t, ward.upload("list.csv", "a\n").want(t, 202)).List
	awaitList(t, ward, id, listStaged)
	ward.do("POST", "/api/lists/"+id+"/apply", nil).want(t, 202)
	h.closing.found = dayclose.Found{Applying: 1} // as the ledger sees it
	s := into[closeState](t, boss.do("GET", "/api/close", nil).want(t, 200))
	if s.Ready || !slices.Contains(s.Checklist, dayclose.Item{Name: "lists", N: 1, Blocks: true}) {
		t.Errorf("%+v", s)
	}
	day := map[string]any{"day": s.Day}
	boss.do("POST", "/api/close", day).problem(t, http.StatusConflict, "not_ready")
	h.server.jobs.stopStaging(casework.ErrStopped)
	if p := ward.list(id); p.State != listApplying {
		t.Fatalf("%+v", p)
	}
	close(slow.applies)
	awaitList(t, ward, id, listApplied)
	h.closing.found = dayclose.Found{}
	boss.do("POST", "/api/close", day).want(t, 202)
}

// TestListsAreAppliedOneAfterTheOther: each that waits for the one before would hold a connection of PostgreSQL's meanwhile, and none would be left for clicks.
func TestListsAreAppliedOneAfterTheOther(t *testing.T) {
	var slow *slowShelf
	h := open(t, func(d *Deps) { slow = newSlowShelf(d) })
	close(slow.reads)
	ward := h.as("ward")
	var ids []string
	for range 3 {
		id := into[struct{ List string }](t, ward.upload("list.csv", "a\n").want(t, 202)).List
		awaitList(t, ward, id, listStaged)
		ids = append(ids, id)
	}
	for _, id := range ids {
		ward.do("POST", "/api/lists/"+id+"/apply", nil).want(t, 202)
	}
	close(slow.applies)
	for _, id := range ids {
		awaitList(t, ward, id, listApplied)
	}
	if n := slow.most.Load(); n != 1 {
		t.Errorf("%d lists were applied at once", n)
	}
}
