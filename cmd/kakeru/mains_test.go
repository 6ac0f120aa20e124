package main

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest/full"
	"kakeru/sip/lab/ports"
	"kakeru/webui"
)

// demo is `kakeru demo` as a newcomer starts it: a process of its own on a state directory.
type demo struct {
	t      *testing.T
	dir    string
	cmd    *exec.Cmd
	exited chan error
	logins map[string][2]string // name → password, role
	url    string
}

// startDemo starts the demo and reads what it says up to its ready line.
func startDemo(t *testing.T, dir string) *demo {
	t.Helper()
	d := &demo{t: t, dir: dir, exited: make(chan error, 1), logins: map[string][2]string{}}
	d.cmd = exec.Command(os.Args[0], "demo", "--always-open", "--fast") //nolint:gosec,noctx // this very binary; ended by the test
	d.cmd.Env = append(os.Environ(), asBinary+"=1", "KAKERU_STATE="+dir, "KAKERU_HTTP_ADDR="+ports.Lend(t, 1).String())
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var errs strings.Builder
	d.cmd.Stderr = &errs
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := bufio.NewScanner(out)
	for d.url == "" && s.Scan() {
		d.heard(s.Text())
	}
	go func() {
		for s.Scan() { // drained until the process is gone
		}
		d.exited <- d.cmd.Wait()
	}()
	if d.url == "" {
		t.Fatalf("the demo did not get ready: %v\n%s", <-d.exited, errs.String())
	}
	t.Cleanup(func() { _ = d.cmd.Process.Kill() }) // when the test fails half-way
	return d
}

func (d *demo) heard(line string) {
	f := strings.Fields(line)
	switch {
	case len(f) == 4 && f[0] == "login":
		d.logins[f[1]] = [2]string{f[2], f[3]}
	case len(f) == 3 && f[0] == "kakeru" && f[1] == "ready":
		d.url = f[2]
	}
}

// interrupt is Ctrl-C. The demo must end by itself, with nothing of it left.
func (d *demo) interrupt() {
	d.t.Helper()
	_ = d.cmd.Process.Signal(os.Interrupt)
	select {
	case err := <-d.exited:
		if err != nil {
			d.t.Errorf("the demo ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		d.t.Fatal("the demo does not stop on Ctrl-C")
	}
	// Whatever it had started worked inside its state directory.
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, link := range links {
		if cwd, err := os.Readlink(link); err == nil && strings.HasPrefix(cwd, d.dir) {
			d.t.Errorf("process %s still works in %s", filepath.Base(filepath.Dir(link)), strings.TrimPrefix(cwd, d.dir))
		}
	}
}

// TestDemoFromReadyToCtrlC is the newcomer's first minute: five logins, a ready line, a call whose result records
// itself; Ctrl-C leaves nothing running; the second run finds what the first one wrote.
func TestDemoFromReadyToCtrlC(t *testing.T) {
	full.Only(t)
	dir, err := os.MkdirTemp("/tmp", "kakeru-demo-") // short, and open to the user that the stores run as
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // as above
		t.Fatal(err)
	}
	d := startDemo(t, dir)
	for name, role := range map[string]dialer.Role{
		"operator1": dialer.RoleOperator, "operator2": dialer.RoleOperator, "supervisor": dialer.RoleSupervisor, "ward": dialer.RoleWard, "admin": dialer.RoleAdmin,
	} {
		if got := d.logins[name]; got[1] != string(role) || len(got[0]) < 8 {
			t.Errorf("login %s: %v", name, got[1])
		}
	}
	if len(d.logins) != 5 {
		t.Errorf("%d logins", len(d.logins))
	}
	id := d.busyCall()
	d.interrupt()

	again := startDemo(t, dir)
	for name, l := range d.logins {
		if again.logins[name] != l {
			t.Errorf("%s signs in otherwise the second time", name)
		}
	}
	found := again.attempts(again.signIn("supervisor"))
	if len(found) != 1 || found[0].ID != id || found[0].Result == nil || *found[0].Result != dialer.Busy || !found[0].Counted {
		t.Errorf("the second run finds %+v", found)
	}
	again.interrupt()
}

func (d *demo) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *demo) signIn(name string) *panelClient {
	d.t.Helper()
	c, err := newPanelClient(d.url)
	d.must(err)
	d.must(c.signIn(d.t.Context(), name, d.logins[name][0]))
	return c
}

func (d *demo) attempts(c *panelClient) []webui.Attempt {
	d.t.Helper()
	var all struct{ Items []webui.Attempt }
	d.must(c.call(d.t.Context(), http.MethodGet, "/api/attempts", nil, &all))
	return all.Items
}

// busyCall has an operator dial a case whose line is busy, and waits until that is recorded.
func (d *demo) busyCall() dialer.CallID {
	d.t.Helper()
	c, ctx := d.signIn("operator1"), d.t.Context()
	d.must(c.call(ctx, http.MethodPost, "/api/desks/desk1/sit", map[string]bool{}, nil))
	id := d.busyCase()
	var accepted struct {
		CallID dialer.CallID `json:"call_id"`
	}
	d.must(c.call(ctx, http.MethodPost, "/api/calls", map[string]any{"desk": "desk1", "case_id": id}, &accepted))
	deadline, tick := time.After(30*time.Second), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for {
		var a webui.Attempt
		d.must(c.call(ctx, http.MethodGet, "/api/attempts/"+string(accepted.CallID), nil, &a))
		if a.EndedAt != nil {
			if a.Result == nil || *a.Result != dialer.Busy || a.CaseID != id {
				d.t.Errorf("the call ended as %+v", a)
			}
			return a.ID
		}
		select {
		case <-tick.C:
		case <-deadline:
			d.t.Fatal("the call does not end")
		}
	}
}

// busyCase finds a case whose first number the lab's carrier calls busy.
func (d *demo) busyCase() dialer.CaseID {
	d.t.Helper()
	chief := d.signIn("supervisor")
	var queue struct{ Items []webui.CaseBrief }
	d.must(chief.call(d.t.Context(), http.MethodGet, "/api/queue?limit=500", nil, &queue))
	for _, brief := range queue.Items {
		var shown struct{ Case webui.Case }
		d.must(chief.call(d.t.Context(), http.MethodGet, "/api/cases/"+string(brief.CaseID), nil, &shown))
		if shown.Case.Phones[0].Number.LastTwo() == "41" {
			return brief.CaseID
		}
	}
	d.t.Fatal("no case of the first 500 is busy")
	return ""
}
