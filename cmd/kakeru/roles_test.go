package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/dialertest/full"
)

// TestTwoRoles: all that a day needs is done by a role that may neither change the tables nor what is written once, and the doctor tells whether
// there are two. Every other test of a whole server serves so too.
func TestTwoRoles(t *testing.T) {
	full.Only(t)
	t.Parallel()
	h := newHouse(t, houseOptions{cases: 30})
	doctor := func() ran { return h.command("doctor", "--config", h.config()) }
	doctor().says(t, fine, "PostgreSQL role", "two: "+servingRole)
	unnoted := unnotedPath(configs.Settings{StateDir: h.dir})
	h.must(keepUnnoted(unnoted, byMachine("restore", audit.Event{Action: audit.Changed, Object: "restore"})))
	h.start()
	if found, err := h.ledger.Entries(t.Context(), audit.Query{Action: audit.Changed, Most: 1}); err != nil || len(found) != 1 || found[0].Route != "kakeru restore" {
		t.Errorf("what a command left is not in the record: %+v %v", found, err)
	}
	if _, err := os.Stat(unnoted); err == nil {
		t.Error("what is in the record is kept all the same")
	}
	operator := h.seated("operator1", "desk1")
	id := h.caseEnding("41")
	h.must(operator.call(t.Context(), http.MethodGet, "/api/cases/"+string(id), nil, nil))
	h.ended(h.dial(operator, "desk1", id))
	h.eventually("the record has who read the case", func() bool {
		found, err := h.ledger.Entries(t.Context(), audit.Query{Action: audit.CaseRead, Most: 1})
		return err == nil && len(found) == 1
	})
	h.kill()

	// Whoever takes the server has its settings, and its role.
	stolen, err := pgx.Connect(t.Context(), serving(h.postgres.URL(database)))
	h.must(err)
	for _, sql := range []string{"ALTER TABLE audit DISABLE TRIGGER USER", "DELETE FROM audit", "UPDATE attempt_evidence SET reason = ''", "DROP TABLE attempts"} {
		if _, err := stolen.Exec(t.Context(), sql); err == nil {
			t.Errorf("the role that serves may %s", sql)
		}
	}
	h.must(stolen.Close(t.Context()))

	// What it lacks is told, and `kakeru migrate` gives it.
	owner, err := pgx.Connect(t.Context(), h.postgres.URL(database))
	h.must(err)
	defer func() { _ = owner.Close(context.Background()) }()
	_, err = owner.Exec(t.Context(), "REVOKE SELECT ON users FROM "+servingRole)
	h.must(err)
	doctor().says(t, major, "PostgreSQL role", "may not read users", "→")
	h.succeeds("migrate", "--config", h.config())
	doctor().says(t, fine, "PostgreSQL role")
	_, err = owner.Exec(t.Context(), "GRANT DELETE ON audit TO "+servingRole)
	h.must(err)
	doctor().says(t, minor, "PostgreSQL role", "change audit", "→")

	h.resetting(serving(h.postgres.URL(database)), h.postgres.URL(database))
	doctor().says(t, minor, "PostgreSQL role", "one alone: kakeru", "→")
	h.command("migrate", "--config", h.config()).failed(t, 1, "name another")
}

// slate is a record in memory, which may be away.
type slate struct {
	events []audit.Event
	down   bool
}

func (s *slate) WriteDown(_ context.Context, events ...audit.Event) error {
	if s.down {
		return dialer.ErrLedgerDown
	}
	s.events = append(s.events, events...)
	return nil
}

// TestWhatWasLeftIsWrittenDownWhileMoreIsLeft: requests and commands leave entries while the server takes them into the record: none is lost, and none is
// there twice.
func TestWhatWasLeftIsWrittenDownWhileMoreIsLeft(t *testing.T) {
	path := t.TempDir() + "/unnoted.jsonl"
	const who, each = 4, 100
	var leaving sync.WaitGroup
	for w := range who {
		leaving.Go(func() {
			for i := range each {
				if err := keepUnnoted(path, audit.Event{At: time.Now(), Action: audit.Changed, Object: fmt.Sprint(w*each + i)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { leaving.Wait(); close(done) }()
	s := &slate{}
	for going := true; going; {
		select {
		case <-done:
			going = false
		default:
		}
		if err := noteUnnoted(t.Context(), path, s); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	for _, e := range s.events {
		seen[e.Object] = true
	}
	if len(seen) != who*each || len(s.events) != who*each {
		t.Errorf("%d entries of %d, %d of them different", len(s.events), who*each, len(seen))
	}
}

// TestWhatIsLeftFollowsNoLink: the folder is the server's, and commands of root's write there.
func TestWhatIsLeftFollowsNoLink(t *testing.T) {
	for _, name := range []string{"unnoted.jsonl", "unnoted.jsonl.lock"} {
		folder, target := t.TempDir(), t.TempDir()+"/root's own"
		if err := os.WriteFile(target, []byte("as it was"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, folder+"/"+name); err != nil {
			t.Fatal(err)
		}
		if err := keepUnnoted(folder+"/unnoted.jsonl", audit.Event{Action: audit.Changed}); err == nil {
			t.Errorf("%s: a link is taken for ours", name)
		}
		if text, err := os.ReadFile(target); err != nil || string(text) != "as it was" {
			t.Errorf("%s: the file that it leads to says %q, %v", name, text, err)
		}
	}
}

// TestWhatCommandsCouldNotWriteDown is written down by the next start, once, also where somebody has damaged the file.
func TestWhatCommandsCouldNotWriteDown(t *testing.T) {
	path := t.TempDir() + "/unnoted.jsonl"
	s := &slate{down: true}
	if err := noteUnnoted(t.Context(), path, s); err != nil {
		t.Fatalf("no file: %v", err)
	}
	for _, what := range []string{"backup", "restore"} {
		if err := keepUnnoted(path, byMachine(what, audit.Event{Action: audit.Changed, Object: what})); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString("{half")
	}
	if err != nil || f.Close() != nil {
		t.Fatal(err)
	}
	if err := noteUnnoted(t.Context(), path, s); err == nil {
		t.Error("the ledger is away, and nothing is said")
	}
	s.down = false
	for range 2 {
		if err := noteUnnoted(t.Context(), path, s); err != nil {
			t.Fatal(err)
		}
	}
	objects := []string{}
	for _, e := range s.events {
		objects = append(objects, e.Object+e.Outcome)
		if !strings.Contains(e.Detail, "account of the machine: ") || e.At.IsZero() {
			t.Errorf("%+v", e)
		}
	}
	if !slices.Equal(objects, []string{"backup", "restore", "unnoted.jsonldamaged"}) {
		t.Errorf("written down: %v", objects)
	}
}

// tired is a record that takes so many portions, and then none.
type tired struct {
	slate

	takes int
}

func (s *tired) WriteDown(ctx context.Context, events ...audit.Event) error {
	s.down = s.takes == 0
	s.takes--
	return s.slate.WriteDown(ctx, events...)
}

// TestWhatWasWrittenDownIsNotGivenAgain: a ledger that fails in the middle gets the rest the next time, and nothing twice, whatever was left meanwhile.
func TestWhatWasWrittenDownIsNotGivenAgain(t *testing.T) {
	path := t.TempDir() + "/unnoted.jsonl"
	const all = 3*notedTogether + 7
	leave := func(n int) {
		if err := keepUnnoted(path, audit.Event{At: time.Now(), Action: audit.Changed, Object: fmt.Sprint(n)}); err != nil {
			t.Fatal(err)
		}
	}
	for n := range all {
		leave(n)
	}
	s := &tired{}
	for round := 0; ; round++ {
		s.takes = 1
		err := noteUnnoted(t.Context(), path, s)
		if len(s.events) > all {
			break
		}
		if err == nil || round == all {
			t.Fatalf("round %d, %d written down: %v", round, len(s.events), err)
		}
		if round == 1 {
			leave(all)
		}
	}
	for n, e := range s.events {
		if e.Object != fmt.Sprint(n) {
			t.Fatalf("entry %d is %s", n, e.Object)
		}
	}
	if len(s.events) != all+1 {
		t.Errorf("%d entries, want %d", len(s.events), all+1)
	}
}
