package recording

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tink-crypto/tink-go/v2/tink"
)

type keyPlace struct{ folder, master string }

func newKeyPlace(t testing.TB) keyPlace {
	t.Helper()
	dir := t.TempDir()
	return keyPlace{filepath.Join(dir, "keys"), filepath.Join(dir, "elsewhere", "master")}
}

func (p keyPlace) open(t testing.TB) *KeyFolder {
	t.Helper()
	return must[*KeyFolder](t)(OpenKeys(p.folder, p.master, ""))
}

func TestADaysKeyOutlivesTheProcess(t *testing.T) {
	p := newKeyPlace(t)
	sealed := must[[]byte](t)(must[tink.AEAD](t)(p.open(t).ForDay("2026-11-27")).Encrypt([]byte("x"), nil))
	again := p.open(t)
	if text, err := must[tink.AEAD](t)(again.OfDay("2026-11-27")).Decrypt(sealed, nil); err != nil || string(text) != "x" {
		t.Errorf("%q, %v", text, err)
	}
	other := must[tink.AEAD](t)(again.ForDay("2026-11-28"))
	if _, err := other.Decrypt(sealed, nil); err == nil {
		t.Error("another day's key opens it")
	}
	if days := must[[]string](t)(again.Days()); !slices.Equal(days, []string{"2026-11-27", "2026-11-28"}) {
		t.Errorf("days: %v", days)
	}
	for _, path := range []string{p.master, filepath.Join(p.folder, "2026-11-27.key")} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

func TestADestroyedKeyIsGone(t *testing.T) {
	p := newKeyPlace(t)
	k := p.open(t)
	sealed := must[[]byte](t)(must[tink.AEAD](t)(k.ForDay("2026-11-27")).Encrypt([]byte("x"), nil))
	for range 2 {
		if err := k.Destroy("2026-11-27"); err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range []*KeyFolder{k, p.open(t)} {
		if _, err := k.OfDay("2026-11-27"); !errors.Is(err, ErrNoKey) {
			t.Errorf("it is still there: %v", err)
		}
	}
	if _, err := must[tink.AEAD](t)(k.ForDay("2026-11-27")).Decrypt(sealed, nil); err == nil {
		t.Error("a new key opens what the old one sealed")
	}
}

func TestKeysThatAreNotTheDays(t *testing.T) {
	p := newKeyPlace(t)
	must[tink.AEAD](t)(p.open(t).ForDay("2026-11-27"))
	path := func(day string) string { return filepath.Join(p.folder, day+keySuffix) }
	text := must[[]byte](t)(os.ReadFile(path("2026-11-27")))
	if err := os.WriteFile(path("2026-11-28"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := p.open(t).OfDay("2026-11-28"); err == nil || errors.Is(err, ErrNoKey) {
		t.Errorf("another day's key in its place: %v", err)
	}
	if _, err := p.open(t).ForDay("2026-11-28"); err == nil {
		t.Error("it was replaced")
	}
	for _, day := range []string{"", "../2026-11-27", "2026-02-30"} {
		if _, err := p.open(t).OfDay(day); !errors.Is(err, ErrNoKey) {
			t.Errorf("%q: %v", day, err)
		}
		if err := p.open(t).Destroy(day); err != nil {
			t.Errorf("%q: %v", day, err)
		}
	}
}

func TestMasterKeysThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(p keyPlace) error
		want string
	}{
		{"lost", func(p keyPlace) error { return os.Remove(p.master) }, "put it back"},
		{"readable by others", func(p keyPlace) error { return os.Chmod(p.master, 0o640) }, "chmod 600"},
		{"no key", func(p keyPlace) error { return os.WriteFile(p.master, []byte(`{"secret":1}`), 0o600) }, "put the right file back"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newKeyPlace(t)
			must[tink.AEAD](t)(p.open(t).ForDay("2026-11-27"))
			if err := c.do(p); err != nil {
				t.Fatal(err)
			}
			_, err := OpenKeys(p.folder, p.master, "")
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "recording.key_file") || strings.Contains(err.Error(), "secret") {
				t.Errorf("%v", err)
			}
		})
	}
	p := newKeyPlace(t)
	must[tink.AEAD](t)(p.open(t).ForDay("2026-11-27"))
	if err := os.Rename(p.master, p.master+".old"); err != nil {
		t.Fatal(err)
	}
	q := newKeyPlace(t)
	q.open(t)
	if err := os.Rename(q.master, p.master); err != nil {
		t.Fatal(err)
	}
	if _, err := p.open(t).OfDay("2026-11-27"); err == nil || errors.Is(err, ErrNoKey) {
		t.Errorf("another master key: %v", err)
	}
}

func TestManyAskForADaysKeyAtOnce(t *testing.T) {
	k := newKeyPlace(t).open(t)
	var asking sync.WaitGroup
	got := make([]tink.AEAD, 8)
	for i := range got {
		asking.Go(func() { got[i], _ = k.ForDay("2026-11-27") })
	}
	asking.Wait()
	sealed := must[[]byte](t)(got[0].Encrypt(nil, nil))
	for i := range got {
		if _, err := got[i].Decrypt(sealed, nil); err != nil {
			t.Errorf("%d has another key", i)
		}
	}
}

// TestAllIsDestroyed: every day's key and file, once and again, also for who had a key in memory; and it is counted before.
func TestAllIsDestroyed(t *testing.T) {
	r := recorder(t)
	var refs []string
	for _, day := range []string{"2026-10-27", "2026-11-27"} {
		ref := reference{day: day}
		key := must[tink.AEAD](t)(r.Keys.ForDay(day))
		f := must[file](t)(createFile(r.path(ref)))
		must[int](t)(f.Write(join(sealed(t, key, ref, sounds...)...)))
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		refs = append(refs, ref.String())
	}
	k, _ := r.Keys.(*KeyFolder)
	other := &KeyFolder{folder: k.folder, masters: k.masters, keys: map[string]dayKey{}}
	must[tink.AEAD](t)(other.OfDay("2026-10-27"))
	if n, keys, err := r.Count(); n != 2 || keys != 2 || err != nil {
		t.Errorf("%d recordings, %d keys, %v", n, keys, err)
	}
	for range 2 {
		if err := r.DestroyAll(); err != nil {
			t.Fatal(err)
		}
		if n, keys, err := r.Count(); n != 0 || keys != 0 || err != nil {
			t.Errorf("%d recordings and %d keys are left, %v", n, keys, err)
		}
	}
	for _, ref := range refs {
		if _, err := r.Open(ref); !errors.Is(err, ErrGone) || r.Kept(ref) {
			t.Errorf("%v", err)
		}
	}
	if _, err := other.OfDay("2026-10-27"); !errors.Is(err, ErrNoKey) {
		t.Errorf("another node has the key still: %v", err)
	}
}

func TestWhatWasKeptLongEnoughGoes(t *testing.T) {
	for _, c := range []struct {
		name    string
		keep    Retention
		gone    string // days
		keyGone bool
	}{
		{"for ever", Retention{Days: 0, Keys: true}, "", false},
		{"thirty days", Retention{Days: 30}, "2026-10-27", false},
		{"thirty days, and their keys", Retention{Days: 30, Keys: true}, "2026-10-27", true},
		{"a day", Retention{Days: 1}, "2026-10-27 2026-10-28", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := recorder(t)
			days := []string{"2026-10-27", "2026-10-28", "2026-11-27"}
			refs := map[string]string{}
			for _, day := range days {
				ref := reference{day: day}
				key := must[tink.AEAD](t)(r.Keys.ForDay(day))
				f := must[file](t)(createFile(r.path(ref)))
				must[int](t)(f.Write(join(sealed(t, key, ref, sounds...)...)))
				if err := f.Close(); err != nil {
					t.Fatal(err)
				}
				refs[day] = ref.String()
			}
			backup := must[[]byte](t)(os.ReadFile(r.path(reference{day: days[0]})))
			// 00:30 in Tokyo is still the day before elsewhere.
			r.Now = func() time.Time { return time.Date(2026, 11, 26, 15, 30, 0, 0, time.UTC) }
			for range 2 {
				if err := r.Sweep(c.keep); err != nil {
					t.Fatal(err)
				}
			}
			for _, day := range days {
				p, err := r.Open(refs[day])
				if r.Kept(refs[day]) != (err == nil) {
					t.Errorf("%s is kept: %v, but %v", day, r.Kept(refs[day]), err)
				}
				if gone := errors.Is(err, ErrGone); gone != strings.Contains(c.gone, day) || !gone && err != nil {
					t.Errorf("%s: %v", day, err)
				}
				if err == nil {
					_ = p.Close()
				}
			}
			// Whoever puts a backup back reads it only if the key is there.
			if !strings.Contains(c.gone, days[0]) {
				return
			}
			f := must[file](t)(createFile(r.path(reference{day: days[0]})))
			must[int](t)(f.Write(backup))
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			p, err := r.Open(refs[days[0]])
			if errors.Is(err, ErrNoKey) != c.keyGone {
				t.Errorf("from a backup: %v", err)
			}
			if err == nil {
				_ = p.Close()
			}
		})
	}
}

func TestTheSweepComesAtTheStart(t *testing.T) {
	r := recorder(t)
	must[tink.AEAD](t)(r.Keys.ForDay("2026-10-01"))
	r.Now = func() time.Time { return noon }
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := r.Run(ctx, func() Retention { return Retention{Days: 1, Keys: true} }); err != nil {
		t.Error(err)
	}
	if days := must[[]string](t)(r.Keys.Days()); len(days) > 0 {
		t.Errorf("still there: %v", days)
	}
}

// By a clock that is not believed nothing goes, neither files nor keys, which is said once. Once it is believed what was kept long enough goes.
func TestNothingGoesByAClockThatIsNotBelieved(t *testing.T) {
	r := recorder(t)
	synctest.Test(t, func(t *testing.T) {
		const day = "2026-11-27"
		must[tink.AEAD](t)(r.Keys.ForDay(day))
		f := must[file](t)(createFile(r.path(reference{day: day})))
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		var right atomic.Bool
		r.Log = slog.New(slog.NewTextHandler(&said, nil))
		r.Now = func() time.Time { return time.Date(2027, 3, 7, 0, 0, 0, 0, time.UTC) }
		r.ClockWrong = func() error {
			if right.Load() {
				return nil
			}
			return errors.New("apart")
		}
		ctx, stop := context.WithCancel(t.Context())
		ran := make(chan error)
		go func() { ran <- r.Run(ctx, func() Retention { return Retention{Days: 30, Keys: true} }) }()
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if files, keys, err := r.Count(); files != 1 || keys != 1 || err != nil || strings.Count(said.String(), "\n") != 1 {
			t.Errorf("%d recordings and %d keys are left: %v, %s", files, keys, err, &said)
		}
		right.Store(true)
		time.Sleep(2 * time.Minute) // and not an hour
		synctest.Wait()
		if files, keys, err := r.Count(); files != 0 || keys != 0 || err != nil {
			t.Errorf("%d recordings and %d keys are left: %v", files, keys, err)
		}
		stop()
		if err := <-ran; err != nil {
			t.Error(err)
		}
	})
}

// TestAKeyThatHangsKeepsNoTalkFromItsOwn: a disk may hang at one day's file, and a talk of today be recorded.
func TestAKeyThatHangsKeepsNoTalkFromItsOwn(t *testing.T) {
	k, _ := recorder(t).Keys.(*KeyFolder)
	must[tink.AEAD](t)(k.ForDay("2026-11-27"))
	if err := syscall.Mkfifo(k.path("2026-10-27"), 0o600); err != nil {
		t.Fatal(err)
	}
	heard := make(chan error)
	go func() {
		_, err := k.OfDay("2026-10-27")
		heard <- err
	}()
	hangs := must[*os.File](t)(os.OpenFile(k.path("2026-10-27"), os.O_WRONLY, 0)) // comes back when the file is being read
	must[tink.AEAD](t)(k.ForDay("2026-11-27"))
	must[tink.AEAD](t)(k.ForDay("2026-11-28"))
	if err := hangs.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-heard; err == nil {
		t.Error("nothing is a key")
	}
}
