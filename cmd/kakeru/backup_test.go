package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/backup"
	"kakeru/dialer/dialertest/full"
	"kakeru/dialer/postgres"
	"kakeru/dialer/vault"
)

// backupHouse is a house whose settings know a recipient; it returns where its secret half is.
func backupHouse(t *testing.T, cases int) (h *house, key string) {
	t.Helper()
	h = newHouse(t, houseOptions{cases: cases})
	key = filepath.Join(t.TempDir(), "identity")
	r := h.command("backup", "key", "--out", key)
	if r.status != 0 {
		t.Fatal(r.err)
	}
	master := filepath.Join(h.dir, "master")
	h.succeeds("vault", "master", "--out", master)
	text := strings.Replace(h.settings(), "vault: {", `vault: {master: {file: "`+master+`"}, `, 1)
	h.must(os.WriteFile(h.config(), []byte(text+"\n"+r.out), 0o600))
	return h, key
}

// elsewhere is the house's settings with another database, which is made.
func (h *house) elsewhere(name string) (config, url string) {
	h.t.Helper()
	h.must(h.postgres.CreateDatabase(h.t.Context(), name, ""))
	b, err := os.ReadFile(h.config())
	h.must(err)
	url = h.postgres.URL(name)
	return h.file(name+".yaml", strings.ReplaceAll(string(b), "/"+database+"?", "/"+name+"?")), url
}

// opened is the SQL text that a backup holds.
func opened(t *testing.T, file, key string) []byte {
	t.Helper()
	f, with, err := openBackup(file, key)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var dump bytes.Buffer
	if _, err := backup.Read(f, with, &dump); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "pg_restore", "--file=-")
	cmd.Stdin = &dump
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestBackupUnderLoadAndRestore: while people work and a list is taken in, a backup is made; what comes out of it is one instant's, to the
// row. Then all is quiet, and the reports of the restored ledger are those of the first, octet by octet. Nobody can be read in it, and no key is in it.
func TestBackupUnderLoadAndRestore(t *testing.T) {
	full.Only(t)
	t.Parallel()
	h, key := backupHouse(t, 400)
	said := talkedAbout(h)
	ctx, quiet := context.WithCancel(t.Context())
	var load sync.WaitGroup
	load.Go(func() {
		refs := dialer.NewRefs([]byte(strings.Repeat("s", secretBytes)))
		for seed := int64(demoSeed); ctx.Err() == nil; seed++ {
			_ = importSample(ctx, h.ledger, refs, sampleOf{300, seed})
		}
	})
	operator := h.signIn("operator1")
	h.must(operator.call(t.Context(), http.MethodPost, "/api/desks/desk1/sit", map[string]bool{}, nil))
	busy := make(chan string, 1)
	loaded := filepath.Join(t.TempDir(), "loaded.age")
	load.Go(func() { busy <- h.command("backup", "--out", loaded, "--config", h.config()).err })
	for range 3 {
		h.ended(h.dial(operator, "desk1", h.caseEnding("41")))
	}
	said2 := <-busy
	quiet()
	load.Wait()
	if said2 != "" {
		t.Fatal(said2)
	}
	config, _ := h.elsewhere("loaded")
	if r := h.command("restore", loaded, "--key", key, "--config", config); r.status != 0 || !strings.Contains(r.out, "attempts") {
		t.Fatalf("of the time under load: %d %s %s", r.status, r.out, r.err)
	}

	h.kill()
	here, err := pgx.Connect(t.Context(), h.postgres.URL(database))
	h.must(err)
	defer func() { _ = here.Close(context.Background()) }()
	_, err = here.Exec(t.Context(), `INSERT INTO day_closes (id, day, by_user, begun_at, step, moved_at) VALUES (gen_random_uuid(), '2099-01-01', 'x', now(), 'written', now())`)
	h.must(err)
	still := filepath.Join(t.TempDir(), "still.age")
	if r := h.command("backup", "--out", still, "--config", h.config()); r.status != 0 {
		t.Fatal(r.err)
	}
	h.command("backup", "--out", still, "--config", h.config()).failed(t, 1, "exists")
	if r := h.command("backup", "verify", "--key", key, still); r.status != 0 || !strings.Contains(r.out, "SHA-256") {
		t.Fatal(r.err)
	}
	config, url := h.elsewhere("still")
	if r := h.command("restore", still, "--key", key, "--config", config); r.status != 0 {
		t.Fatal(r.err)
	}
	there, err := pgx.Connect(t.Context(), url)
	h.must(err)
	defer func() { _ = there.Close(context.Background()) }()
	var step string
	h.must(there.QueryRow(t.Context(), "SELECT step FROM day_closes WHERE day = '2099-01-01'").Scan(&step))
	if step != "given_up" {
		t.Errorf("a close that was under way stands at %s after a restore: the next start would carry it out", step)
	}
	today := dialer.DateOf(time.Now()).String()
	for _, period := range [][]string{{"--day", today}, {"--month", today[:7]}, {"--analysis", today[:7]}, {"--inspection", today[:7]}} {
		for _, format := range []string{"csv", "json"} {
			args := append([]string{"report", "--format", format}, period...)
			both := func() (was, is ran) {
				return h.command(append(args, "--config", h.config())...), h.command(append(args, "--config", config)...)
			}
			was, is := both()
			if was.out != is.out {
				was, is = both() // a report says the minute in which it was made, which may have changed in between
			}
			if was.status != 0 || was.out == "" || was.out != is.out {
				t.Errorf("%v: %d, %d, %d octets and %d: %s", period, was.status, is.status, len(was.out), len(is.out), is.err)
			}
		}
	}
	if r := h.command("audit", "verify", "--config", config); r.status != 0 {
		t.Errorf("the record of who saw what does not hold after a restore: %s %s", r.out, r.err)
	}
	record := h.command("audit", "list", "--config", config)
	if !strings.Contains(record.out, "kakeru backup") {
		t.Errorf("who made the backup is not written down: %s %s", record.out, record.err)
	}
	// The next start writes it down: TestTwoRoles. Of the first, the server may have done so before it was killed.
	left, err := os.ReadFile(unnotedPath(configs.Settings{StateDir: h.dir}))
	kept := strings.Count(string(left), "kakeru restore")
	if err != nil || kept == 0 || kept+strings.Count(record.out, "kakeru restore") < 2 || !strings.Contains(string(left), "SHA-256") {
		t.Errorf("that it was restored is not kept for the record: %s %v; in the record: %s", left, err, record.out)
	}
	if rights, err := postgres.RightsOf(t.Context(), serving(url)); err != nil || !rights.Least() {
		t.Errorf("the role that serves the restored ledger: %+v %v", rights, err)
	}
	h.everybodyIsThere(url)
	text := opened(t, still, key)
	if got := readable(text, append(peopleOfSample(t, 400, demoSeed), said...)); len(got) > 0 {
		t.Errorf("%d words can be read, among them %q", len(got), got[0])
	}
	sealed, err := os.ReadFile(still)
	h.must(err)
	for _, file := range keysOnDisk(h) {
		octets, err := os.ReadFile(file)
		h.must(err)
		for _, in := range [][]byte{text, sealed} {
			if bytes.Contains(in, octets) || len(readable(in, []string{string(octets)})) > 0 {
				t.Errorf("the backup has the key %s", filepath.Base(file))
			}
		}
	}
	if bytes.Contains(sealed, []byte("attempts")) || bytes.Contains(text, []byte("COPY public.sessions (token_hash, data, expires_at) FROM stdin;\n\\\\x")) {
		t.Error("the file can be read, or has sessions")
	}
}

// everybodyIsThere reads the people of a restored ledger by the keys that the first one has.
func (h *house) everybodyIsThere(url string) {
	h.t.Helper()
	personal, err := vault.Open(h.keys())
	h.must(err)
	l, err := postgres.Open(h.t.Context(), postgres.Options{URL: url, Refs: dialer.NewRefs([]byte(strings.Repeat("s", secretBytes))), Vault: personal})
	h.must(err)
	defer l.Close()
	for w, err := range l.Waiting(h.t.Context()) {
		h.must(err)
		c, err := l.Case(h.t.Context(), w.Case)
		h.must(err)
		if c.Person.Name == "" || len(c.Phones) == 0 {
			h.t.Fatal("somebody is not there any more")
		}
		return
	}
	h.t.Error("nobody waits in the restored ledger")
}

// TestARestoreUsesWhatItHasVerified: whoever keeps the backups changes the file after it was looked at.
func TestARestoreUsesWhatItHasVerified(t *testing.T) {
	full.Only(t)
	h, key := backupHouse(t, 3)
	file := filepath.Join(t.TempDir(), "b.age")
	if r := h.command("backup", "--out", file, "--config", h.config()); r.status != 0 {
		t.Fatal(r.err)
	}
	f, with, first, err := openToRestore(file, key)
	h.must(err)
	defer func() { _ = f.Close() }()
	other, err := os.ReadFile(forged(h, file, key))
	h.must(err)
	h.must(os.WriteFile(file, other, 0o600)) // in its place
	again, err := backup.Read(f, with, io.Discard)
	if h.must(err); again.Mark != first.Mark {
		t.Error("the second reading is of another backup")
	}
}

// TestARestoreThatIsRefused before anything was touched.
func TestARestoreThatIsRefused(t *testing.T) {
	full.Only(t)
	h, key := backupHouse(t, 30)
	file := filepath.Join(t.TempDir(), "b.age")
	if r := h.command("backup", "--out", file, "--config", h.config()); r.status != 0 {
		t.Fatal(r.err)
	}
	whole, err := os.ReadFile(file)
	h.must(err)
	changed := bytes.Clone(whole)
	changed[len(changed)*2/3] ^= 1
	wrong := filepath.Join(t.TempDir(), "wrong")
	if r := h.command("backup", "key", "--out", wrong); r.status != 0 {
		t.Fatal(r.err)
	}
	config, url := h.elsewhere("empty")
	for name, c := range map[string]struct{ file, key, says string }{
		"cut off":      {h.file("cut", string(whole[:len(whole)-9000])), key, "not whole"},
		"changed":      {h.file("changed", string(changed)), key, "was changed"},
		"another key":  {file, wrong, "does not open"},
		"no backup":    {h.config(), key, "no backup"},
		"without end":  {"/dev/zero", key, "no backup"},
		"no file":      {file + ".none", key, "no file"},
		"no key there": {file, key + ".none", "--key"},
		"no key in it": {file, h.config(), "no identity"},
		"anybody's":    {forged(h, file, key), key, "no mark of this centre's secret_file"},
	} {
		t.Run(name, func(t *testing.T) {
			h.command("restore", c.file, "--key", c.key, "--config", config).failed(t, 1, c.says)
			h.must(postgres.Empty(t.Context(), url))
		})
	}
	h.command("restore", file, "--key", key, "--config", h.config()).failed(t, 1, "not empty", "createdb")
	h.command("restore", "--key", key, "--config", config).failed(t, 2, "one backup")
	h.command("backup", "--config", config).failed(t, 2, "--out")
	h.command("backup", "--out", filepath.Join(h.dir, "none", "b"), "--config", h.config()).failed(t, 1, "no such file")
	without := h.file("without.yaml", strings.Replace(h.settings(), "recipients", "recipients: []\n#", 1))
	h.command("backup", "--out", filepath.Join(h.dir, "x"), "--config", without).failed(t, 1, "backup.recipients", "backup key")
	if r := h.command("restore", file, "--key", key, "--config", config); r.status != 0 {
		t.Errorf("after all of that: %s", r.err)
	}
	config, _ = h.elsewhere("unmarked")
	if r := h.command("restore", forged(h, file, key), "--key", key, "--unmarked", "--config", config); r.status != 0 {
		t.Errorf("taken all the same: %s", r.err)
	}
}

// forged is a backup that opens with the key, as whoever knows its public half can make one.
func forged(h *house, file, key string) string {
	h.t.Helper()
	f, with, err := openBackup(file, key)
	h.must(err)
	defer func() { _ = f.Close() }()
	var dump, out bytes.Buffer
	m, err := backup.Read(f, with, &dump)
	h.must(err)
	text, err := os.ReadFile(key)
	h.must(err)
	public, _, _ := strings.Cut(strings.TrimPrefix(string(text), "# public key: "), "\n")
	to, err := backup.Recipients([]string{public})
	h.must(err)
	_, err = backup.Write(&out, to, []byte("a secret of somebody else's, of 32 octets"), func(w io.Writer) (backup.Manifest, error) {
		_, err := dump.WriteTo(w)
		return m, err
	})
	h.must(err)
	return h.file("forged", out.String())
}

func (h *house) settings() string {
	b, err := os.ReadFile(h.config())
	h.must(err)
	return string(b)
}

// TestARestoreKnowsWhatWasClosedSince: a backup of before a day's close brings the rows back, but nobody in them, and says so.
func TestARestoreKnowsWhatWasClosedSince(t *testing.T) {
	full.Only(t)
	h, key := backupHouse(t, 30)
	file := filepath.Join(t.TempDir(), "b.age")
	if r := h.command("backup", "--out", file, "--config", h.config()); r.status != 0 {
		t.Fatal(r.err)
	}
	day := h.ledger.CustodyDay()
	if _, err := h.ledger.DestroyCustody(t.Context(), day); err != nil {
		t.Fatal(err)
	}
	nothing := h.command("restore", file, "--key", key, "--config", func() string { config, _ := h.elsewhere("first"); return config }())
	if !strings.Contains(nothing.out, "is NOT known") {
		t.Errorf("that nothing is remembered is not said: %s %s", nothing.out, nothing.err)
	}
	personal, err := vault.Open(h.keys())
	h.must(err)
	refs := dialer.NewRefs([]byte(strings.Repeat("s", secretBytes)))
	remembers, err := postgres.Open(t.Context(), postgres.Options{URL: h.postgres.URL(database), RememberIn: h.dir, Refs: refs, Vault: personal})
	h.must(err)
	defer remembers.Close()
	left, err := remembers.UserByLogin(t.Context(), "operator2")
	h.must(err)
	_, err = remembers.ChangeUser(t.Context(), left.ID, func(u *dialer.User) error { u.Disabled = true; return nil })
	h.must(err)
	config, url := h.elsewhere("before")
	r := h.command("restore", file, "--key", key, "--config", config)
	if r.status != 0 || !strings.Contains(r.out, "people who were changed: 1.") || !strings.Contains(r.out, "the day "+day.String()+" was closed after this backup") {
		t.Fatalf("%d %s %s", r.status, r.out, r.err)
	}
	l, err := postgres.Open(t.Context(), postgres.Options{URL: url, Refs: refs, Vault: personal})
	h.must(err)
	defer l.Close()
	for range l.Waiting(t.Context()) {
		t.Fatal("somebody waits whose day was closed")
	}
	h.must(os.Remove(filepath.Join(h.keys(), "day-"+day.String()+".gone")))
	config, _ = h.elsewhere("lost")
	if r := h.command("restore", file, "--key", key, "--config", config); !strings.Contains(r.out, "has no key of the day "+day.String()) {
		t.Errorf("%s %s", r.out, r.err)
	}
}
