package webui

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/casework/dayclose"
)

// closing stands in for the closer: it keeps what it was asked, and is in whatever state a test wants.
type closing struct {
	mu      sync.Mutex
	day     dialer.Date
	found   dayclose.Found
	trouble string
	closed  bool // today was
	list    []dayclose.Close
	folder  dayclose.Folder
}

func (c *closing) State(context.Context) (dayclose.State, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := dayclose.State{Day: c.day, Found: c.found, Closed: c.closed}
	s.Ended = slices.ContainsFunc(c.list, func(cl dayclose.Close) bool { return cl.Final && cl.Step == dayclose.Closed })
	if n := len(c.list); n > 0 && !c.list[n-1].Step.Over() {
		s.Under, s.Trouble = &c.list[n-1], c.trouble
	}
	return s, nil
}

func (c *closing) End(ctx context.Context) (dayclose.End, error) {
	s, err := c.State(ctx)
	return dayclose.End{State: s, Goes: dayclose.Counts{"persons": 7, "recording_keys": 2}}, err
}

func (c *closing) Begin(_ context.Context, day dialer.Date, by dialer.UserID, final bool) (dayclose.Close, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.ContainsFunc(c.list, dayclose.Close.Ends) {
		return dayclose.Close{}, dialer.Refuse(dialer.ContractEnded)
	}
	if c.closed {
		return dayclose.Close{}, dayclose.ErrClosed
	}
	if err := c.found.Ready(); err != nil {
		return dayclose.Close{}, err
	}
	if n := len(c.list); n > 0 && !c.list[n-1].Step.Over() {
		return dayclose.Close{}, dayclose.ErrUnderWay
	}
	cl := dayclose.Close{ID: fmt.Sprintf("close-%d", len(c.list)+1), Day: day, Upto: &day, Final: final, By: by, BegunAt: tuesday, Moved: tuesday, Step: dayclose.Begun}
	c.list = append(c.list, cl)
	return cl, nil
}

func (c *closing) GiveUp(_ context.Context, id string, _ dialer.UserID) (dayclose.Close, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.list {
		if c.list[i].ID != id {
			continue
		}
		if !c.list[i].Step.Leads(dayclose.GivenUp) {
			return dayclose.Close{}, dayclose.ErrNoWayBack
		}
		c.list[i].Step = dayclose.GivenUp
		return c.list[i], nil
	}
	return dayclose.Close{}, dialer.ErrNotFound
}

func (c *closing) Closes(context.Context, int) ([]dayclose.Close, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.list, nil
}

func (c *closing) Open(_ context.Context, id string, n int) (dayclose.File, *os.File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, cl := range c.list {
		if cl.ID == id && n < len(cl.Files) {
			f, err := c.folder.Open(cl.Files[n])
			return cl.Files[n], f, err
		}
	}
	return dayclose.File{}, nil, dialer.ErrNotFound
}

type closeState struct {
	Day       string
	OpenNow   bool `json:"open_now"`
	Ready     bool
	Checklist []dayclose.Item
	UnderWay  *Close `json:"under_way"`
	Stuck     bool
}

// TestClosingADay: the supervisor reads what stands in the way, closes the day that was read, and may let it go on while nothing is
// destroyed.
func TestClosingADay(t *testing.T) {
	h := open(t)
	supervisor := h.as("supervisor")
	h.closing.found = dayclose.Found{ResultsDue: 2}
	read := func() closeState {
		t.Helper()
		return into[closeState](t, supervisor.do(http.MethodGet, "/api/close", nil).want(t, http.StatusOK))
	}
	s := read()
	if s.Day != "2026-11-24" || s.Ready || !s.OpenNow || s.UnderWay != nil || s.Stuck || len(s.Checklist) < 6 {
		t.Fatalf("%+v", s)
	}
	day := map[string]any{"day": s.Day}
	supervisor.do(http.MethodPost, "/api/close", day).problem(t, http.StatusConflict, "not_ready")
	h.closing.found = dayclose.Found{}
	supervisor.do(http.MethodPost, "/api/close", map[string]any{"day": "2026-11-23"}).problem(t, http.StatusConflict, "other_day")
	c := into[Close](t, supervisor.do(http.MethodPost, "/api/close", day).want(t, http.StatusAccepted))
	if c.Step != dayclose.Begun || c.ByName != "職員supervisor" || c.Upto != "2026-11-24" {
		t.Fatalf("%+v", c)
	}
	supervisor.do(http.MethodPost, "/api/close", day).problem(t, http.StatusConflict, "under_way")
	h.closing.trouble = "the disk is full"
	if s = read(); s.UnderWay == nil || !s.Stuck {
		t.Errorf("%+v", s)
	}
	c = into[Close](t, supervisor.do(http.MethodPost, "/api/closes/"+c.ID+"/give-up", nil).want(t, http.StatusOK))
	if c.Step != dayclose.GivenUp {
		t.Errorf("%+v", c)
	}
	supervisor.do(http.MethodPost, "/api/closes/"+c.ID+"/give-up", nil).problem(t, http.StatusConflict, "no_way_back")
	supervisor.do(http.MethodPost, "/api/closes/nothing/give-up", nil).problem(t, http.StatusNotFound, "not_found")
}

// TestADayIsClosedOnce: afterwards the screen offers nothing, and who asks all the same is told.
func TestADayIsClosedOnce(t *testing.T) {
	h := open(t)
	h.closing.closed, h.closing.day = true, h.closing.day.Next()
	supervisor := h.as("supervisor")
	s := into[struct{ Closed, Ready bool }](t, supervisor.do(http.MethodGet, "/api/close", nil).want(t, http.StatusOK))
	if !s.Closed || s.Ready {
		t.Errorf("%+v", s)
	}
	supervisor.do(http.MethodPost, "/api/close", map[string]any{"day": "2026-11-25"}).problem(t, http.StatusConflict, "day_closed")
	s = into[struct{ Closed, Ready bool }](t, supervisor.do(http.MethodGet, "/api/close/final", nil).want(t, http.StatusOK))
	if !s.Closed || s.Ready {
		t.Errorf("the contract's end: %+v", s)
	}
}

// TestTheContractsEnd: a supervisor reads what goes and types the day; the server reads it too. Afterwards nothing is closed any more.
func TestTheContractsEnd(t *testing.T) {
	h := open(t)
	supervisor := h.as("supervisor")
	h.closing.found = dayclose.Found{HandoffsOpen: 3, HandoffsUnseen: 1}
	end := into[struct {
		Day       string
		Ready     bool
		Checklist []dayclose.Item
		Goes      map[string]int64
	}](t, supervisor.do(http.MethodGet, "/api/close/final", nil).want(t, http.StatusOK))
	if end.Day != "2026-11-24" || !end.Ready || end.Goes["recording_keys"] != 2 ||
		!slices.ContainsFunc(end.Checklist, func(i dayclose.Item) bool { return i.Name == "handoffs_go_open" && i.N == 3 && !i.Blocks }) {
		t.Fatalf("%+v", end)
	}
	for _, typed := range []any{nil, "", "2026-11-23", "2026/11/24", " 2026-11-2"} {
		body := map[string]any{"day": end.Day, "final": true}
		if typed != nil {
			body["confirm"] = typed
		}
		supervisor.do(http.MethodPost, "/api/close", body).problem(t, http.StatusUnprocessableEntity, "not_confirmed")
	}
	if len(h.closing.list) > 0 {
		t.Fatal("it began unconfirmed")
	}
	for _, login := range []string{"operator", "ward", "admin"} {
		person := h.as(login)
		person.do(http.MethodGet, "/api/close/final", nil).want(t, http.StatusForbidden)
		person.do(http.MethodPost, "/api/close", map[string]any{"day": end.Day, "final": true, "confirm": end.Day}).want(t, http.StatusForbidden)
	}
	c := into[Close](t, supervisor.do(http.MethodPost, "/api/close", map[string]any{"day": end.Day, "final": true, "confirm": end.Day}).want(t, http.StatusAccepted))
	if !c.Final || c.Step != dayclose.Begun {
		t.Errorf("%+v", c)
	}
	h.closing.list[0].Step = dayclose.Closed
	s := into[struct{ Ended, Ready bool }](t, supervisor.do(http.MethodGet, "/api/close", nil).want(t, http.StatusOK))
	supervisor.do(http.MethodPost, "/api/close", map[string]any{"day": "2020-01-01"}).problem(t, http.StatusConflict, "contract_ended") // whatever day
	if !s.Ended || s.Ready {
		t.Errorf("%+v", s)
	}
	supervisor.do(http.MethodPost, "/api/close", map[string]any{"day": end.Day}).problem(t, http.StatusConflict, "contract_ended")
}

// TestAReturnedFile comes as it was written, with its name; the ward may take it, and that is in the log. One that was changed is not
// handed out.
func TestAReturnedFile(t *testing.T) {
	h := open(t)
	h.closing.folder = dayclose.Folder(t.TempDir())
	f, err := h.closing.folder.Write("records", "2026-11-24/記録.csv", []byte("1,2\r\n"), 1)
	if err != nil {
		t.Fatal(err)
	}
	h.closing.list = []dayclose.Close{{ID: "close-1", Day: h.closing.day, Step: dayclose.Closed, Files: []dayclose.File{f}}}
	for _, login := range []string{"supervisor", "ward"} {
		got := h.as(login).do(http.MethodGet, "/api/closes/close-1/files/0", nil)
		if got.status != http.StatusOK || string(got.body) != "1,2\r\n" || !strings.Contains(got.header.Get("Content-Disposition"), "%E8%A8%98") {
			t.Errorf("%s: %d %q %v", login, got.status, got.body, got.header)
		}
	}
	if !strings.Contains(h.logs.String(), "a returned file was taken") {
		t.Error("nothing in the log")
	}
	ward := h.as("ward")
	ward.do(http.MethodGet, "/api/closes/close-1/files/1", nil).problem(t, http.StatusNotFound, "not_found")
	if err := os.WriteFile(string(h.closing.folder)+"/2026-11-24/記録.csv", []byte("2,2\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ward.do(http.MethodGet, "/api/closes/close-1/files/0", nil).problem(t, http.StatusGone, "not_found")
}

// TestHowACloseIsSeen: live, whole by supervisor and ward; an operator sees how far it is and no more, the administrator nothing.
func TestHowACloseIsSeen(t *testing.T) {
	c := Close{ID: "1", Day: "2026-11-24", Step: dayclose.Closed, ByName: "x", Files: []ReturnedFile{{Name: "f"}}}
	for role, want := range map[dialer.Role]string{
		dialer.RoleSupervisor: "whole", dialer.RoleWard: "whole", dialer.RoleOperator: "step", dialer.RoleAdmin: "nothing",
	} {
		seen, whole, ok := viewer{role: role}.see(&frame{data: c})
		got := "nothing"
		if ok {
			got = "step"
			if d, _ := seen.(Close); len(d.Files) > 0 && d.ByName != "" {
				got = "whole"
			}
		}
		if got != want || whole != (want == "whole") {
			t.Errorf("%s sees %s", role, got)
		}
	}
}
