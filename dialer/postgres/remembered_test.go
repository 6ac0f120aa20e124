package postgres

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kakeru/cmd/stores/storestest"
	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// TestARestoreForgetsNoWordAndNobody: of a ledger from a backup a number is as its newest word had it, and whoever was changed since is kept out until an administrator
// enables them; both once, at however many starts. Lines that are not ours hold nothing.
func TestARestoreForgetsNoWordAndNobody(t *testing.T) {
	t.Parallel()
	url, folder := migrated(t), t.TempDir()
	open := func(url string, at time.Time, serves bool) *Ledger {
		t.Helper()
		o := Options{URL: serving(url), RememberIn: folder, Refs: testRefs, Vault: testVault(t), Now: func() time.Time { return at }, Log: slog.New(slog.DiscardHandler)}
		if serves {
			o.SpoolDir = t.TempDir()
		}
		l, err := Open(t.Context(), o)
		must(t, err)
		t.Cleanup(l.Close)
		return l
	}
	l := open(url, noon, true)
	asked, took, still := listedTarget(t, l), listedTarget(t, l), listedTarget(t, l)
	word := func(of dialer.Target, on bool, at time.Time) {
		t.Helper()
		must(t, l.ForbidNumber(t.Context(), of.CaseID, of.Number, casework.Forbidding{On: on, By: "supervisor", At: at, Reason: "本人 の申し出"}))
	}
	people := map[string]dialer.UserID{}
	for _, login := range []string{"left", "demoted", "stays", "lostphone"} {
		id, err := l.PutUser(t.Context(), dialer.User{Login: login, Name: login, Role: dialer.RoleAdmin, PasswordHash: "x"})
		must(t, err)
		people[login] = id
	}
	word(took, true, noon)
	word(still, true, noon)
	var kept bytes.Buffer
	snapshot, err := Dump(t.Context(), url, &kept)
	must(t, err)

	l = open(url, noon.Add(time.Hour), false) // a command remembers too
	word(asked, true, noon.Add(time.Hour))
	word(took, false, noon.Add(time.Hour))
	for login, change := range map[string]func(*dialer.User){
		"left": func(u *dialer.User) { u.Disabled = true }, "demoted": func(u *dialer.User) { u.Role = dialer.RoleOperator },
	} {
		_, err := l.ChangeUser(t.Context(), people[login], func(u *dialer.User) error { change(u); return nil })
		must(t, err)
	}
	if _, err := l.ChangeUser(t.Context(), people["stays"], func(*dialer.User) error { return dialer.ErrLastAdmin }); err == nil {
		t.Fatal("a change that was refused is none")
	}
	must(t, l.RemoveFactors(t.Context(), people["lostphone"]))
	if since, err := RememberedSince(folder, testRefs, noon.Add(time.Minute)); err != nil || since != (Recalled{Numbers: 2, People: 3}) {
		t.Errorf("since the backup: %+v, %v", since, err)
	}
	behind := open(url, noon.Add(30*time.Minute), false) // a clock that is behind changes what was changed before all the same
	_, err = behind.ChangeUser(t.Context(), people["left"], func(u *dialer.User) error { u.Name = "Left"; return nil })
	must(t, err)
	if u, err := l.User(t.Context(), people["left"]); err != nil || !u.Disabled || open(url, noon.Add(time.Hour), true).Recalled().Any() {
		t.Errorf("%v, %v", u, err)
	}
	other := open(url, noon.Add(time.Hour), false)
	other.memory = memory{path: RememberedPath(t.TempDir())}
	for range 2 {
		other.learnOthers(t.Context(), time.Time{})
	}
	if since, err := RememberedSince(filepath.Dir(other.memory.path), testRefs, noon.Add(time.Minute)); err != nil || since != (Recalled{Numbers: 2, People: 3}) {
		t.Errorf("another node remembers %+v, %v", since, err)
	}
	if text, err := os.ReadFile(other.memory.path); err != nil || strings.Count(string(text), `"mark"`) != 3+4 {
		t.Errorf("%d lines, not one of each number and person; %v", strings.Count(string(text), `"mark"`), err)
	}
	text, err := os.ReadFile(RememberedPath(folder))
	must(t, err)
	if strings.Contains(string(text), "申し出") || strings.Contains(string(text), string(asked.Number)) {
		t.Error("the file says more than references")
	}
	forged := strings.ReplaceAll(string(text), ofPerson(people["left"]), ofPerson(people["stays"])) + "{\n" +
		`{"what":"person","of":"` + string(people["stays"]) + `","at":9}` + strings.Repeat("\x00", 5000)
	must(t, os.WriteFile(RememberedPath(folder), []byte(string(text)+forged), 0o600))
	if again := open(url, noon.Add(time.Hour), true); again.Recalled().Any() {
		t.Errorf("a ledger that has it all was given %+v", again.Recalled())
	}

	empty := storestest.PostgresFrom(t, "nothing", func(string) error { return nil })
	must(t, Restore(t.Context(), empty, &kept, snapshot.Rows))
	must(t, Grant(t.Context(), empty, serving(empty)))
	l = open(empty, noon.Add(2*time.Hour), true)
	if got := l.Recalled(); got != (Recalled{Numbers: 2, People: 3}) {
		t.Errorf("put back were %+v", got)
	}
	for of, want := range map[dialer.CaseID]bool{asked.CaseID: true, took.CaseID: false, still.CaseID: true} {
		if got, err := l.Target(t.Context(), of, ""); err != nil || got.DoNotCall != want {
			t.Errorf("forbidden is %v, not %v; %v", got.DoNotCall, want, err)
		}
	}
	for login, out := range map[string]bool{"left": true, "demoted": true, "lostphone": true, "stays": false} {
		if u, err := l.User(t.Context(), people[login]); err != nil || u.Disabled != out {
			t.Errorf("%s is kept out: %v; %v", login, u.Disabled, err)
		}
	}
	if kinds, err := l.ForeignRows(t.Context()); err != nil || len(kinds) > 0 {
		t.Errorf("what was put back counts as somebody else's: %v, %v", kinds, err)
	}
	_, err = l.ChangeUser(t.Context(), people["demoted"], func(u *dialer.User) error { u.Disabled = false; return nil })
	must(t, err)
	if again := open(empty, noon.Add(3*time.Hour), true); again.Recalled().Any() {
		t.Errorf("at the next start it came back again: %+v", again.Recalled())
	}
}

func ofPerson(id dialer.UserID) string { return `"of":"` + string(id) + `"` }
