package recording

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/tink-crypto/tink-go/v2/tink"
)

// newMaster writes another master key beside the one of the place.
func (p keyPlace) newMaster(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(filepath.Dir(p.master), name)
	if err := os.WriteFile(path, must[[]byte](t)(NewMaster()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestTheMasterKeyIsChanged: a server that knows both goes on meanwhile; afterwards the new one alone opens all days, and the old one none;
// what was recorded is heard as before.
func TestTheMasterKeyIsChanged(t *testing.T) {
	p := newKeyPlace(t)
	before := p.open(t)
	sealed := must[[]byte](t)(must[tink.AEAD](t)(before.ForDay("2026-11-26")).Encrypt([]byte("x"), nil))
	must[tink.AEAD](t)(before.ForDay("2026-11-27"))
	second := p.newMaster(t, "second")
	if _, err := must[*KeyFolder](t)(OpenKeys(p.folder, second, "")).OfDay("2026-11-26"); err == nil {
		t.Fatal("a new master key opens what the old one sealed")
	}
	both := must[*KeyFolder](t)(OpenKeys(p.folder, second, p.master))
	must[tink.AEAD](t)(both.ForDay("2026-11-28")) // made under the new one
	for round, want := range []int{2, 0} {
		if n, err := both.Rotate(); err != nil || n != want {
			t.Errorf("round %d: %d sealed anew, %v", round, n, err)
		}
	}
	after := must[*KeyFolder](t)(OpenKeys(p.folder, second, ""))
	for _, day := range []string{"2026-11-26", "2026-11-27", "2026-11-28"} {
		if _, err := after.OfDay(day); err != nil {
			t.Errorf("%s: %v", day, err)
		}
		if _, err := p.open(t).OfDay(day); err == nil {
			t.Errorf("%s: the old master key still opens it", day)
		}
	}
	if text, err := must[tink.AEAD](t)(after.OfDay("2026-11-26")).Decrypt(sealed, nil); err != nil || string(text) != "x" {
		t.Errorf("what was recorded: %q, %v", text, err)
	}
}

// TestADestroyedDayIsLeftInNoHalfMadeFile: a rotation that is killed leaves a day's key, sealed anew, in a file of its own beside it.
func TestADestroyedDayIsLeftInNoHalfMadeFile(t *testing.T) {
	p := newKeyPlace(t)
	keys := p.open(t)
	for _, day := range []string{"2026-11-26", "2026-11-27"} {
		must[tink.AEAD](t)(keys.ForDay(day))
		text := must[[]byte](t)(os.ReadFile(keys.path(day)))
		func() {
			defer func() { _ = recover() }()
			_ = durably(keys.path(day), text, func(string) error { panic("killed") })
		}()
	}
	if err := keys.Destroy("2026-11-26"); err != nil {
		t.Fatal(err)
	}
	left := 0
	for _, e := range must[[]os.DirEntry](t)(os.ReadDir(p.folder)) {
		if strings.Contains(e.Name(), "2026-11-26") {
			t.Errorf("%s is left", e.Name())
		}
		if strings.Contains(e.Name(), "2026-11-27") {
			left++
		}
	}
	if left != 2 {
		t.Errorf("of another day %d files are left, want its key and what the killed one left", left)
	}
}

// TestRootChangesTheMasterKeyForTheServer: root, who alone may read both master keys, seals the days' keys anew; they belong to the server as before, which reads
// them at each talk.
func TestRootChangesTheMasterKeyForTheServer(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	const server = 65534
	p := newKeyPlace(t)
	must[tink.AEAD](t)(p.open(t).ForDay("2026-11-26"))
	for _, path := range []string{p.folder, filepath.Join(p.folder, "2026-11-26"+keySuffix), filepath.Join(p.folder, markName)} {
		if err := os.Chown(path, server, server); err != nil {
			t.Fatal(err)
		}
	}
	keys := must[*KeyFolder](t)(OpenKeys(p.folder, p.newMaster(t, "second"), p.master))
	if n, err := keys.Rotate(); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	must[tink.AEAD](t)(keys.ForDay("2026-11-27"))
	for _, e := range must[[]os.DirEntry](t)(os.ReadDir(p.folder)) {
		info := must[os.FileInfo](t)(e.Info())
		if owner, _ := info.Sys().(*syscall.Stat_t); owner.Uid != server || info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %d's, %v", e.Name(), owner.Uid, info.Mode())
		}
	}
}

// TestAChangeThatCannotBeMade: a key that neither opens stops it, and is named; a former master key that is not there is told.
func TestAChangeThatCannotBeMade(t *testing.T) {
	p := newKeyPlace(t)
	must[tink.AEAD](t)(p.open(t).ForDay("2026-11-26"))
	second, third := p.newMaster(t, "second"), p.newMaster(t, "third")
	if _, err := must[*KeyFolder](t)(OpenKeys(p.folder, second, third)).Rotate(); err == nil || !strings.Contains(err.Error(), "2026-11-26") {
		t.Errorf("a key of neither: %v", err)
	}
	if _, err := OpenKeys(p.folder, second, p.master+"-gone"); err == nil || !strings.Contains(err.Error(), "recording.former_key_file") {
		t.Errorf("no former master key: %v", err)
	}
	fresh := newKeyPlace(t)
	if _, err := OpenKeys(fresh.folder, fresh.master, p.master); err == nil {
		t.Error("a mistyped new master key was made beside a former one")
	}
}

// TestADestroyedKeyDoesNotComeBack: days' keys are destroyed by one process while another seals them anew.
func TestADestroyedKeyDoesNotComeBack(t *testing.T) {
	p := newKeyPlace(t)
	days := []string{"2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27", "2026-11-28"}
	for round := range 5 {
		server := p.open(t)
		for _, day := range days {
			must[tink.AEAD](t)(server.ForDay(day))
		}
		second := p.newMaster(t, "second"+strings.Repeat("x", round))
		command := must[*KeyFolder](t)(OpenKeys(p.folder, second, p.master))
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := command.Rotate(); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			for _, day := range days {
				if err := server.Destroy(day); err != nil {
					t.Error(err)
				}
			}
		})
		all.Wait()
		for _, day := range days {
			if _, err := command.OfDay(day); !errors.Is(err, ErrNoKey) {
				t.Errorf("%s came back: %v", day, err)
			}
		}
	}
}
