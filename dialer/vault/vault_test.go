package vault

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kakeru/dialer"
)

var (
	tuesday = dialer.Date{Year: 2026, Month: time.November, Day: 24}
	matter  = Matter("019ac3e0-0000-7000-8000-000000000001")
)

func opened(t *testing.T, folder string) *Vault {
	t.Helper()
	v, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func folderOf(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "keys")
}

// TestWhatIsSealedComesBack for any octets, to any process over the folder, and only under its key and in its place.
func TestWhatIsSealedComesBack(t *testing.T) {
	folder := folderOf(t)
	v, other := opened(t, folder), opened(t, folder)
	rapid.Check(t, func(rt *rapid.T) {
		plain, about := rapid.SliceOf(rapid.Byte()).Draw(rt, "plain"), rapid.SliceOf(rapid.Byte()).Draw(rt, "about")
		id := rapid.SampledFrom([]KeyID{Day(tuesday), Day(tuesday.Next()), matter}).Draw(rt, "key")
		sealed, err := v.Seal(id, plain, about)
		if err != nil {
			rt.Fatal(err)
		}
		got, err := other.Unseal(id, sealed, about)
		if err != nil || !bytes.Equal(got, plain) {
			rt.Fatalf("%q, %v", got, err)
		}
		if len(plain) > 8 && bytes.Contains(sealed, plain) {
			rt.Fatal("it can be read")
		}
		i := rapid.IntRange(0, len(sealed)-1).Draw(rt, "octet")
		sealed[i] ^= 1
		if _, err := v.Unseal(id, sealed, about); !errors.Is(err, ErrAltered) {
			rt.Fatalf("octet %d was changed: %v", i, err)
		}
		sealed[i] ^= 1
		if _, err := v.Unseal(id, sealed, append(about, 'x')); !errors.Is(err, ErrAltered) {
			rt.Fatalf("in another place: %v", err)
		}
	})
	sealed := must[[]byte](t)(v.Seal(Day(tuesday), []byte("見本"), nil))
	must[[]byte](t)(v.Seal(matter, nil, nil))
	if _, err := v.Unseal(matter, sealed, nil); !errors.Is(err, ErrAltered) {
		t.Errorf("under another key: %v", err)
	}
	if _, err := v.Unseal(Day(dialer.Date{Year: 2020, Month: 1, Day: 1}), sealed, nil); !errors.Is(err, ErrNoKey) {
		t.Errorf("under a key that never was: %v", err)
	}
}

// TestBlindIndex: the same word of a kind and a day is the same token, and nothing else is.
func TestBlindIndex(t *testing.T) {
	folder := folderOf(t)
	v, other := opened(t, folder), opened(t, folder)
	seen := map[string]string{}
	for _, day := range []dialer.Date{tuesday, tuesday.Next()} {
		for _, kind := range []string{"number", "last four"} {
			for n := range 100 {
				word := fmt.Sprintf("%04d", n)
				what := fmt.Sprintf("%s %s %s", day, kind, word)
				token := must[[]byte](t)(v.Index(Day(day), kind, word))
				if again := must[[]byte](t)(other.Index(Day(day), kind, word)); !bytes.Equal(token, again) || len(token) != 16 {
					t.Fatalf("%s: %x and %x", what, token, again)
				}
				if before := seen[string(token)]; before != "" {
					t.Fatalf("%s is as %s", what, before)
				}
				seen[string(token)] = what
			}
		}
	}
}

// TestDestroyed: nothing that the key sealed can be read again, by any process, and the key cannot be made again. Others stay.
func TestDestroyed(t *testing.T) {
	folder := folderOf(t)
	v, other := opened(t, folder), opened(t, folder)
	clock := time.Now()
	other.now = func() time.Time { return clock }
	sealed := must[[]byte](t)(v.Seal(Day(tuesday), []byte("見本"), nil))
	kept := must[[]byte](t)(v.Seal(matter, []byte("見本"), nil))
	must[[]byte](t)(other.Unseal(Day(tuesday), sealed, nil))
	octets, err := os.ReadFile(v.path(Day(tuesday), keySuffix))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := v.Destroy(Day(tuesday)); err != nil {
			t.Fatal(err)
		}
	}
	clock = clock.Add(fresh)
	for name, w := range map[string]*Vault{"who destroyed it": v, "who had it in memory": other, "who starts": opened(t, folder)} {
		if _, err := w.Unseal(Day(tuesday), sealed, nil); !errors.Is(err, ErrDestroyed) {
			t.Errorf("%s unseals: %v", name, err)
		}
		if _, err := w.Seal(Day(tuesday), nil, nil); !errors.Is(err, ErrDestroyed) {
			t.Errorf("%s seals: %v", name, err)
		}
		if _, err := w.Index(Day(tuesday), "a", "b"); !errors.Is(err, ErrDestroyed) {
			t.Errorf("%s makes an index: %v", name, err)
		}
		must[[]byte](t)(w.Unseal(matter, kept, nil))
		if days := must[[]dialer.Date](t)(w.Days()); len(days) != 0 {
			t.Errorf("%s lists %v", name, days)
		}
	}
	// Not even a key that somebody puts back works: what was destroyed stays so.
	if err := os.WriteFile(v.path(Day(tuesday), keySuffix), octets, 0o600); err != nil {
		t.Fatal(err)
	}
	again := opened(t, folder)
	if _, err := again.Unseal(Day(tuesday), sealed, nil); !errors.Is(err, ErrDestroyed) {
		t.Errorf("put back: %v", err)
	}
	if there, _ := exists(v.path(Day(tuesday), keySuffix)); there {
		t.Error("the key that was put back is there still")
	}
}

// TestCustody: a day that was closed gives what comes in to the next.
func TestCustody(t *testing.T) {
	v := opened(t, folderOf(t))
	noon := tuesday.At(12 * 60)
	for _, want := range []string{"2026-11-24", "2026-11-25", "2026-11-26"} {
		d := must[dialer.Date](t)(v.Custody(noon))
		if d.String() != want {
			t.Fatalf("%s, not %s", d, want)
		}
		if err := v.Destroy(Day(d)); err != nil {
			t.Fatal(err)
		}
	}
}

var errPower = errors.New("the power failed")

// TestPowerFails at every step of making and destroying a key. Opened again, a key that was to be destroyed is gone, one that was
// being made is whole or not there, and nothing half made is used.
func TestPowerFails(t *testing.T) {
	for _, step := range []string{"written", "linked", "tombstone", "overwritten", "removed"} {
		folder := folderOf(t)
		v := opened(t, folder)
		fails := ""
		v.step = func(s string) error {
			if s == fails {
				return errPower
			}
			return nil
		}
		making := step == "written" || step == "linked"
		var sealed []byte
		if !making {
			sealed = must[[]byte](t)(v.Seal(Day(tuesday), []byte("見本"), nil))
		}
		fails = step
		var err error
		if making {
			_, err = v.Seal(Day(tuesday), []byte("見本"), nil)
		} else {
			err = v.Destroy(Day(tuesday))
		}
		if !errors.Is(err, errPower) {
			t.Fatalf("%s: %v", step, err)
		}
		again := opened(t, folder)
		if making {
			sealed = must[[]byte](t)(again.Seal(Day(tuesday), []byte("見本"), nil))
			must[[]byte](t)(opened(t, folder).Unseal(Day(tuesday), sealed, nil))
			continue
		}
		if _, err := again.Unseal(Day(tuesday), sealed, nil); !errors.Is(err, ErrDestroyed) {
			t.Errorf("%s: %v", step, err)
		}
		if there, _ := exists(again.path(Day(tuesday), keySuffix)); there {
			t.Errorf("%s: the key is there still", step)
		}
	}
}

// TestManyMakeOneKey: whoever is first makes it, and all have the same. With a destruction among them all end without it.
func TestManyMakeOneKey(t *testing.T) {
	for round := range 20 {
		folder := folderOf(t)
		const many = 8
		sealed := make([][]byte, many)
		var wg sync.WaitGroup
		for i := range many {
			v := opened(t, folder)
			wg.Go(func() { sealed[i], _ = v.Seal(Day(tuesday), []byte("見本"), nil) })
		}
		for range 3 * (round % 2) { // several nodes close a day at once
			v := opened(t, folder)
			wg.Go(func() {
				if err := v.Destroy(Day(tuesday)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		last := opened(t, folder)
		for _, s := range sealed {
			_, err := last.Unseal(Day(tuesday), s, nil)
			if round%2 == 0 && err != nil || round%2 == 1 && !errors.Is(err, ErrDestroyed) {
				t.Fatalf("round %d: %v", round, err)
			}
		}
		left, _ := filepath.Glob(filepath.Join(folder, newPrefix+"*"))
		keys, _ := filepath.Glob(filepath.Join(folder, "*"+keySuffix))
		if len(left) > 0 || len(keys) != 1-round%2 {
			t.Fatalf("round %d: %d new files and %d keys are left", round, len(left), len(keys))
		}
	}
}

// TestRefusals: names that are none, a folder that others may read, a key that is broken: each said with what to do, without the key.
func TestRefusals(t *testing.T) {
	folder := folderOf(t)
	v := opened(t, folder)
	for _, id := range []KeyID{"", "day-", "day-2026-11-24/../x", "matter-x", "../day-2026-11-24", "day-2026-11-24.key"} {
		if _, err := v.Seal(id, nil, nil); err == nil {
			t.Errorf("%q was taken", id)
		}
		if v.Destroy(id) == nil {
			t.Errorf("%q was destroyed", id)
		}
	}
	if err := os.Chmod(folder, 0o750); err != nil { //nolint:gosec // on purpose
		t.Fatal(err)
	}
	if _, err := Open(folder); err == nil || !strings.Contains(err.Error(), "chmod 700") {
		t.Errorf("a folder that others may read: %v", err)
	}
	if err := os.Chmod(folder, 0o700); err != nil { //nolint:gosec // a folder needs its x
		t.Fatal(err)
	}
	for _, text := range []string{"", "{}", `{"seal":{},"index":{}}`, "secret words"} {
		if err := os.WriteFile(v.path(Day(tuesday), keySuffix), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Seal(Day(tuesday), nil, nil); err == nil || !strings.Contains(err.Error(), "not whole") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func BenchmarkSeal(b *testing.B) {
	v, err := Open(filepath.Join(b.TempDir(), "keys"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := v.Seal(Day(tuesday), []byte("見本 一太"), []byte("person 1")); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkIndex(b *testing.B) {
	v, err := Open(filepath.Join(b.TempDir(), "keys"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := v.Index(Day(tuesday), "number", "0312345678"); err != nil {
			b.Fatal(err)
		}
	}
}

// TestNoLinkIsFollowed: whoever may write in the folder puts a link there, to a file that is none of theirs and that a command of root's would write to: it stays
// as it is, and the command says so.
func TestNoLinkIsFollowed(t *testing.T) {
	v := opened(t, folderOf(t))
	for _, suffix := range []string{keySuffix, goneSuffix} {
		target := filepath.Join(t.TempDir(), "root's own")
		if err := os.WriteFile(target, []byte("as it was"), 0o600); err != nil {
			t.Fatal(err)
		}
		id := Day(tuesday)
		if suffix == goneSuffix {
			id = Day(tuesday.Next())
		}
		if err := os.Symlink(target, v.path(id, suffix)); err != nil {
			t.Fatal(err)
		}
		if err := v.Destroy(id); err == nil {
			t.Errorf("%s: a link is taken for ours", suffix)
		}
		if text, err := os.ReadFile(target); err != nil || string(text) != "as it was" {
			t.Errorf("%s: the file that it leads to says %q, %v", suffix, text, err)
		}
	}
}
