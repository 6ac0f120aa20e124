package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kakeru/cmd/stores/storestest"
)

// TestAWholeDay plays one working day in real browsers, from the ward's list in the morning to its return at night: calls of all
// results, call-backs, a call that comes in, promises, a hand-off that the ward answers, numbers entered, an export, the close. Then
// the house wakes up on the next morning, and three weeks later: the list again, paid lists, promises kept and broken, and a history
// that has joined up; and the contract ends. The days are true: PostgreSQL and the server live by clocks that were set on (Redis cannot,
// and is asked for no case).
func TestAWholeDay(t *testing.T) {
	if os.Getenv("KAKERU_LONG") == "" {
		t.Skip("a whole day takes minutes; make test-long plays it")
	}
	t.Parallel()
	h := newHouse(t, houseOptions{desks: 2, cases: 1, ring: 2 * time.Second, fastCarrier: true})
	clock := wrongClock{filepath.Join(h.dir, "clock")}
	h.env = []string{asServer + "=" + clock.path}
	day := t.TempDir()
	for _, act := range []struct {
		name  string
		later time.Duration
	}{{"the day", 0}, {"the next morning", 24 * time.Hour}, {"three weeks later", 24 * 24 * time.Hour}, {"the contract's end", 0}} {
		if act.later > 0 {
			h.kill()
			h.postgres = storestest.PostgresLater(t, h.postgres, act.later)
			h.must(clock.set(act.later))
		}
		if h.child == nil {
			h.start()
		}
		h.play(act.name, day)
	}
}

// play has browsers play a part of the day.
func (h *house) play(part, day string) {
	h.t.Helper()
	logins := map[string]string{}
	for _, l := range testLogins() {
		logins[l.Login] = l.Password
	}
	names, err := json.Marshal(logins)
	h.must(err)
	app := filepath.Join("..", "..", "webui", "app")
	cmd := exec.CommandContext(h.t.Context(), "node", "browser/run.mjs", part, "day") //nolint:gosec // part is one of ours
	cmd.Dir = app
	cmd.Env = append(os.Environ(), asBinary+"=1", "KAKERU_BIN="+os.Args[0], "KAKERU_URL=http://"+h.http, "KAKERU_LOGINS="+string(names),
		"KAKERU_INCOMING="+demoCallerID+"@"+h.sip.String(), "KAKERU_DAY="+day, "KAKERU_PICTURES="+filepath.Join(day, part))
	out, err := cmd.CombinedOutput()
	h.t.Logf("%s", out)
	if err != nil {
		h.t.Fatalf("%s: %v; the server's warnings:\n%s", part, err, h.warnings())
	}
}

// warnings are the lines of the server's log that are no everyday ones.
func (h *house) warnings() string {
	var out strings.Builder
	for line := range strings.Lines(h.serverLog()) {
		if strings.Contains(line, `"level":"WARN"`) || strings.Contains(line, `"level":"ERROR"`) {
			out.WriteString(line)
		}
	}
	return out.String()
}
