package vault

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func master(t *testing.T) Master {
	t.Helper()
	return must[Master](t)(From{Key: NewMaster()}.Open(t.Context()))
}

func with(t *testing.T, folder string, masters ...Master) *Vault {
	t.Helper()
	return must[*Vault](t)(Open(folder, masters...))
}

// service is a key service of a test's: it writes what it reads in another way.
func service(t *testing.T) From {
	t.Helper()
	return From{Wrap: []string{"base64", "-w0"}, Unwrap: []string{"base64", "-d"}}
}

// TestTheMasterWraps: the files alone open nothing; with the master they do, in any process; the same from a file, the environment and a program.
func TestTheMasterWraps(t *testing.T) {
	text := NewMaster()
	path := filepath.Join(t.TempDir(), "master")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := folderOf(t)
	v := with(t, folder, must[Master](t)(From{Key: text}.Open(t.Context())))
	sealed := must[[]byte](t)(v.Seal(Day(tuesday), []byte("見本"), nil))
	for name, from := range map[string]From{"file": {File: path}, "environment": {Key: strings.TrimSpace(text)}, "command": {Command: []string{"cat", path}}} {
		m, err := from.Open(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if plain, err := with(t, folder, m).Unseal(Day(tuesday), sealed, nil); err != nil || string(plain) != "見本" {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
	}
	_, err := with(t, folder).Unseal(Day(tuesday), sealed, nil)
	if !errors.Is(err, ErrNoMaster) || !strings.Contains(err.Error(), "is lost; attempts, results, counts") || !strings.Contains(err.Error(), "vault.master") {
		t.Errorf("without the master: %v", err)
	}
	if _, err := with(t, folder, master(t)).Unseal(Day(tuesday), sealed, nil); !errors.Is(err, ErrNoMaster) {
		t.Errorf("with another: %v", err)
	}
	file := must[[]byte](t)(os.ReadFile(v.path(Day(tuesday), keySuffix)))
	if bytes.Contains(file, []byte("AesGcmKey")) || bytes.Contains(file, []byte("primaryKeyId")) {
		t.Error("the key stands in its file as it is")
	}
	// A wrapped key in another's place does not open.
	if err := os.WriteFile(v.path(Day(tuesday.Next()), keySuffix), file, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Unseal(Day(tuesday.Next()), sealed, nil); err == nil {
		t.Error("one day's key opens in another's place")
	}
}

// TestAMasterThatNeverLeavesItsService wraps by a program, and a key that is put elsewhere does not open there either.
func TestAMasterThatNeverLeavesItsService(t *testing.T) {
	folder := folderOf(t)
	m := must[Master](t)(service(t).Open(t.Context()))
	v := with(t, folder, m)
	sealed := must[[]byte](t)(v.Seal(Day(tuesday), []byte("見本"), nil))
	if plain := must[[]byte](t)(with(t, folder, m).Unseal(Day(tuesday), sealed, nil)); string(plain) != "見本" {
		t.Errorf("%q", plain)
	}
	file := must[[]byte](t)(os.ReadFile(v.path(Day(tuesday), keySuffix)))
	if err := os.WriteFile(v.path(Day(tuesday.Next()), keySuffix), file, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Unseal(Day(tuesday.Next()), sealed, nil); !errors.Is(err, ErrAltered) {
		t.Errorf("in another's place: %v", err)
	}
}

// TestAMasterThatIsAwayLosesNoKey: a program that cannot be asked now can be later; a key of another master's, or in another's place, stays as it is.
func TestAMasterThatIsAwayLosesNoKey(t *testing.T) {
	folder := folderOf(t)
	must[[]byte](t)(with(t, folder, must[Master](t)(service(t).Open(t.Context()))).Seal(Day(tuesday), []byte("見本"), nil))
	away := with(t, folder, program{From{Wrap: []string{"/bin/false"}, Unwrap: []string{"/bin/false"}, Patience: time.Second}})
	if err := away.Has(Day(tuesday)); err == nil || IsLost(err) {
		t.Errorf("away: %v", err)
	}
	if lost := must[[]KeyID](t)(away.Lost()); len(lost) != 1 {
		t.Errorf("it is told of %v", lost)
	}
	other := must[Master](t)(From{Key: NewMaster()}.Open(t.Context()))
	if err := with(t, folder, other).Has(Day(tuesday)); !IsLost(err) {
		t.Errorf("another's: %v", err)
	}
}

// TestMastersThatDoNotOpen are said plainly, in time, and never quoted.
func TestMastersThatDoNotOpen(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const secret = "NOTTHEKEYITSELF"
	for words, from := range map[string]From{
		"is not there":         {File: filepath.Join(dir, "none")},
		"chmod 600":            {File: file("open", NewMaster(), 0o640)},
		"no master key":        {File: file("other", secret, 0o600)},
		"kakeru vault master":  {Key: "kakeru-master-1 " + secret},
		"give one of":          {Key: secret, File: "x"},
		"wrap and unwrap":      {Wrap: []string{"cat"}},
		"ended with status 3":  {Command: []string{"sh", "-c", "echo " + secret + " >&2; exit 3"}},
		"cannot be run":        {Command: []string{filepath.Join(dir, "no-such-program")}},
		"did not answer":       {Command: []string{"sleep", "60"}, Patience: 50 * time.Millisecond},
		"wrote nothing":        {Command: []string{"true"}},
		"more than":            {Command: []string{"head", "-c", "70000", "/dev/zero"}},
		"gives no master key;": {Command: []string{"echo", secret}},
	} {
		_, err := from.Open(t.Context())
		if err == nil || !strings.Contains(err.Error(), words) || strings.Contains(strings.ReplaceAll(err.Error(), "sh -c", ""), secret) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", words, err)
		}
	}
}

// TestRotation: keys as they stood, then under one master, then under another: what was sealed is read at each stage, and the old master
// opens nothing afterwards.
func TestRotation(t *testing.T) {
	folder := folderOf(t)
	first, second := master(t), master(t)
	v := with(t, folder)
	sealed := map[KeyID][]byte{}
	for _, id := range []KeyID{Day(tuesday), Day(tuesday.Next()), matter} {
		sealed[id] = must[[]byte](t)(v.Seal(id, []byte(id), nil))
	}
	if _, err := v.Rotate(); err == nil {
		t.Error("it rotated to nothing")
	}
	all := func(v *Vault) error {
		for id, s := range sealed {
			if plain, err := v.Unseal(id, s, nil); err != nil || string(plain) != string(id) {
				return fmt.Errorf("%s: %q, %w", id, plain, err)
			}
		}
		return nil
	}
	for _, stage := range []struct {
		masters []Master
		wrapped int
	}{{[]Master{first}, 3}, {[]Master{first}, 0}, {[]Master{second, first}, 3}, {[]Master{second}, 0}} {
		v := with(t, folder, stage.masters...)
		if n, err := v.Rotate(); n != stage.wrapped || err != nil {
			t.Errorf("%d keys were wrapped, not %d, %v", n, stage.wrapped, err)
		}
		if err := all(with(t, folder, stage.masters[0])); err != nil {
			t.Error(err)
		}
	}
	old := with(t, folder, first)
	for id, s := range sealed {
		if _, err := old.Unseal(id, s, nil); !errors.Is(err, ErrNoMaster) {
			t.Errorf("the old master opens %s: %v", id, err)
		}
	}
	if standing := must[map[string]int](t)(old.Standing()); len(standing) != 1 || standing[second.Name()] != 3 {
		t.Errorf("%v", standing)
	}
	if lost := must[[]KeyID](t)(old.Lost()); len(lost) != 3 {
		t.Errorf("the old master finds %v lost", lost)
	}
	if lost := must[[]KeyID](t)(with(t, folder, second).Lost()); len(lost) != 0 {
		t.Errorf("the new master finds %v lost", lost)
	}
	// From a key that is held to a service.
	kms := must[Master](t)(service(t).Open(t.Context()))
	if n, err := with(t, folder, kms, second).Rotate(); n != 3 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if err := all(with(t, folder, kms)); err != nil {
		t.Error(err)
	}
}

// TestARotationLosesItsPower at every step: with both masters all is read, and asked again it is finished.
func TestARotationLosesItsPower(t *testing.T) {
	for _, step := range []string{"half", "renamed"} {
		folder := folderOf(t)
		first, second := master(t), master(t)
		sealed := must[[]byte](t)(with(t, folder, first).Seal(Day(tuesday), []byte("見本"), nil))
		v := with(t, folder, second, first)
		v.step = func(s string) error {
			if s == step {
				return errPower
			}
			return nil
		}
		if _, err := v.Rotate(); !errors.Is(err, errPower) {
			t.Fatalf("%s: %v", step, err)
		}
		again := with(t, folder, second, first)
		must[[]byte](t)(again.Unseal(Day(tuesday), sealed, nil))
		if _, err := again.Rotate(); err != nil {
			t.Error(err)
		}
		must[[]byte](t)(with(t, folder, second).Unseal(Day(tuesday), sealed, nil))
		if left, _ := filepath.Glob(filepath.Join(folder, ".*")); len(left) > 0 {
			t.Errorf("%s: %v are left", step, left)
		}
		// Cut, and then the day is closed: what the rotation left of the key goes too.
		v = with(t, folder, first, second)
		v.step = func(s string) error {
			if s == "half" {
				return errPower
			}
			return nil
		}
		if _, err := v.Rotate(); !errors.Is(err, errPower) {
			t.Fatal(err)
		}
		if err := with(t, folder, second).Destroy(Day(tuesday)); err != nil {
			t.Fatal(err)
		}
		if left, _ := filepath.Glob(filepath.Join(folder, ".*")); len(left) > 0 {
			t.Errorf("%v are left of a key that was destroyed", left)
		}
	}
}

// TestADayIsClosedDuringARotation: whoever is first, the key is gone afterwards.
func TestADayIsClosedDuringARotation(t *testing.T) {
	for range 20 {
		folder := folderOf(t)
		first, second := master(t), master(t)
		sealed := must[[]byte](t)(with(t, folder, first).Seal(Day(tuesday), []byte("見本"), nil))
		var both sync.WaitGroup
		turning, closing := with(t, folder, second, first), with(t, folder, second, first)
		both.Go(func() {
			if _, err := turning.Rotate(); err != nil {
				t.Error(err)
			}
		})
		both.Go(func() {
			if err := closing.Destroy(Day(tuesday)); err != nil {
				t.Error(err)
			}
		})
		both.Wait()
		if _, err := with(t, folder, second, first).Unseal(Day(tuesday), sealed, nil); !errors.Is(err, ErrDestroyed) {
			t.Fatal(err)
		}
		if left, _ := filepath.Glob(filepath.Join(folder, "*"+keySuffix)); len(left) > 0 {
			t.Fatalf("%v are left", left)
		}
		if left, _ := filepath.Glob(filepath.Join(folder, ".*")); len(left) > 0 {
			t.Fatalf("%v are left", left)
		}
	}
}

// TestKeysAreReadDuringARotation: whoever has opened a key's file as another takes its place reads octets that are written over, and reads once more.
func TestKeysAreReadDuringARotation(t *testing.T) {
	folder := folderOf(t)
	first, second := master(t), master(t)
	sealed := must[[]byte](t)(with(t, folder, first).Seal(Day(tuesday), []byte("見本"), nil))
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				v := &Vault{folder: folder, masters: []Master{first, second}, now: time.Now, keys: map[KeyID]*key{}, step: func(string) error { return nil }}
				if plain, err := v.Unseal(Day(tuesday), sealed, nil); err != nil || string(plain) != "見本" {
					t.Errorf("read %q: %v", plain, err)
					return
				}
			}
		})
	}
	for i := range 60 {
		masters := []Master{first, second}
		if i%2 == 0 {
			masters = []Master{second, first}
		}
		must[int](t)(with(t, folder, masters...).Rotate())
	}
	close(done)
	readers.Wait()
}

// TestRootWorksForTheServer: what root makes in the server's folder belongs to the server.
func TestRootWorksForTheServer(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	const server = 65534
	folder := folderOf(t)
	with(t, folder)
	if err := os.Chown(folder, server, server); err != nil {
		t.Fatal(err)
	}
	v := with(t, folder, master(t))
	for _, id := range []KeyID{Day(tuesday), Day(tuesday.Next())} {
		must[[]byte](t)(v.Seal(id, nil, nil))
	}
	if n, err := with(t, folder, master(t), v.masters[0]).Rotate(); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	if err := v.Destroy(Day(tuesday)); err != nil {
		t.Fatal(err)
	}
	for _, name := range must[[]string](t)(filepath.Glob(filepath.Join(folder, "*"))) {
		info, err := os.Stat(name)
		if err != nil || info.Sys().(*syscall.Stat_t).Uid != server || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
}

func TestACredentialMayBeShownByAnAccessList(t *testing.T) {
	t.Setenv("CREDENTIALS_DIRECTORY", "/somewhere/service")
	for path, want := range map[string]bool{
		"/somewhere/service/master": false, "/run/credentials/kakeru.service/master": false, "/etc/kakeru/master": true, "/somewhere/servicemaster": true,
	} {
		if OpenToOthers(path, 0o440) != want || !OpenToOthers(path, 0o444) || OpenToOthers(path, 0o400) {
			t.Error(path)
		}
	}
}
