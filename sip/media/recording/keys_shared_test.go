package recording

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tink-crypto/tink-go/v2/tink"
)

// atOnce has all of them begin at the same moment, and waits for them.
func atOnce(n int, do func(i int)) {
	var all sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		all.Go(func() { <-begin; do(i) })
	}
	close(begin)
	all.Wait()
}

// sameKey fails unless what each of them seals is opened by each other.
func sameKey(t *testing.T, what string, keys ...tink.AEAD) {
	t.Helper()
	for i, one := range keys {
		if one == nil {
			t.Fatalf("%s: %d has none", what, i)
		}
		text := must[[]byte](t)(one.Encrypt(nil, nil))
		for j, other := range keys {
			if _, err := other.Decrypt(text, nil); err != nil {
				t.Fatalf("%s: %d and %d have two keys", what, i, j)
			}
		}
	}
}

func aDay(i int) string { return time.Date(2026, 1, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly) }

// TestNodesShareADaysKey: the first talks of a day, several at each of several nodes, and a node that starts afterwards.
func TestNodesShareADaysKey(t *testing.T) {
	p := newKeyPlace(t)
	const nodes, talks = 3, 4
	all := make([]*KeyFolder, nodes)
	for i := range all {
		all[i] = p.open(t)
	}
	for i := range 20 {
		day, got := aDay(i), make([]tink.AEAD, nodes*talks)
		atOnce(len(got), func(i int) {
			var err error
			if got[i], err = all[i%nodes].ForDay(day); err != nil {
				t.Error(err)
			}
		})
		sameKey(t, day, slices.Concat(got, []tink.AEAD{must[tink.AEAD](t)(p.open(t).OfDay(day))})...)
	}
	if left := must[[]string](t)(filepath.Glob(filepath.Join(p.folder, ".new-*"))); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestTheFileSaysWhichKeyIsTheDays, whatever a node remembers; what it sealed by the other is not called altered.
func TestTheFileSaysWhichKeyIsTheDays(t *testing.T) {
	r, day := recorder(t), someday.day
	k, _ := r.Keys.(*KeyFolder)
	before := must[tink.AEAD](t)(k.ForDay(day))
	f := must[file](t)(createFile(r.path(someday)))
	must[int](t)(f.Write(join(sealed(t, before, someday, sounds...)...)))
	if err := errors.Join(f.Close(), os.Remove(k.path(day))); err != nil {
		t.Fatal(err)
	}
	other := &KeyFolder{folder: k.folder, masters: k.masters, keys: map[string]dayKey{}}
	sameKey(t, "the file's", must[tink.AEAD](t)(other.ForDay(day)), must[tink.AEAD](t)(k.ForDay(day)))
	if _, err := r.Open(someday.String()); !errors.Is(err, ErrKeyAway) {
		t.Errorf("%v", err)
	}
}

// TestSeveralFirstStarts share the master key's file.
func TestSeveralFirstStarts(t *testing.T) {
	for round := range 10 {
		p := newKeyPlace(t)
		got := make([]tink.AEAD, 4)
		atOnce(len(got), func(i int) {
			k, err := OpenKeys(p.folder, p.master, "")
			if err == nil {
				got[i], err = k.ForDay(someday.day)
			}
			if err != nil {
				t.Error(err)
			}
		})
		sameKey(t, fmt.Sprint("round ", round), slices.Concat(got, []tink.AEAD{must[tink.AEAD](t)(p.open(t).OfDay(someday.day))})...)
	}
}

// TestAChangeBesideNewDays: days begin at two nodes while all keys are sealed anew.
func TestAChangeBesideNewDays(t *testing.T) {
	p := newKeyPlace(t)
	before := must[tink.AEAD](t)(p.open(t).ForDay(aDay(0)))
	second := p.newMaster(t, "second")
	both := func() *KeyFolder { return must[*KeyFolder](t)(OpenKeys(p.folder, second, p.master)) }
	command, nodes := both(), []*KeyFolder{both(), both()}
	late := p.open(t) // was not started anew, and seals under the master key before
	const days = 20
	got := [2][days]tink.AEAD{}
	atOnce(4, func(i int) {
		for n := range days {
			var err error
			switch i {
			case 2:
				_, err = command.Rotate()
			case 3:
				_, _ = late.ForDay(aDay(n)) // what was sealed anew already it cannot open
			default:
				got[i][n], err = nodes[i].ForDay(aDay(n))
			}
			if err != nil {
				t.Error(err)
			}
		}
	})
	must[int](t)(command.Rotate())
	after := must[*KeyFolder](t)(OpenKeys(p.folder, second, ""))
	for n := range days {
		sameKey(t, aDay(n), got[0][n], got[1][n], must[tink.AEAD](t)(after.OfDay(aDay(n))), must[tink.AEAD](t)(nodes[0].OfDay(aDay(n))))
	}
	sameKey(t, "the day before", before, got[0][0])
}

// away puts an empty place where the folder of the keys was, or nothing at all; back undoes it, unless something was put there.
func (p keyPlace) away(t *testing.T, empty bool) (back func()) {
	t.Helper()
	err := os.Rename(p.folder, p.folder+"-away")
	if err == nil && empty {
		err = os.Mkdir(p.folder, 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := os.Remove(p.folder); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if err := os.Rename(p.folder+"-away", p.folder); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNoKeyIsMadeWhileTheFolderIsAway: of a day that has one and of one that has none, and nobody says that all are destroyed, or sealed anew.
func TestNoKeyIsMadeWhileTheFolderIsAway(t *testing.T) {
	for _, empty := range []bool{true, false} {
		p := newKeyPlace(t)
		k := p.open(t)
		before := must[tink.AEAD](t)(k.ForDay(aDay(0)))
		again := p.open(t) // has asked for no key yet
		back := p.away(t, empty)
		for _, node := range []*KeyFolder{k, again} {
			for _, day := range []string{aDay(0), aDay(1)} {
				if _, err := node.ForDay(day); !errors.Is(err, ErrKeyAway) || !strings.Contains(err.Error(), p.folder) {
					t.Errorf("%s: %v", day, err)
				}
			}
			_, days := node.Days()
			_, rotated := node.Rotate()
			for what, err := range map[string]error{"days": days, "rotate": rotated} {
				if !errors.Is(err, ErrKeyAway) {
					t.Errorf("%s: %v", what, err)
				}
			}
		}
		back()
		for _, node := range []*KeyFolder{k, again} {
			sameKey(t, "once it is back", before, must[tink.AEAD](t)(node.ForDay(aDay(0))))
		}
		sameKey(t, "the next day", must[tink.AEAD](t)(k.ForDay(aDay(1))), must[tink.AEAD](t)(again.ForDay(aDay(1))))
	}
}

// TestAStartWhileTheKeysAreAway: there are recordings, so there were keys. It is said, no key is made, and once they are back all is well. Of a
// folder whose keys were all destroyed nothing is expected.
func TestAStartWhileTheKeysAreAway(t *testing.T) {
	r := recorder(t)
	p := keyPlace{filepath.Join(filepath.Dir(r.Folder), "keys"), filepath.Join(filepath.Dir(r.Folder), "master", "key")}
	before := must[tink.AEAD](t)(r.Keys.ForDay(someday.day))
	if f := must[file](t)(createFile(r.path(someday))); f.Close() != nil {
		t.Fatal("not closed")
	}
	back := p.away(t, true)
	var said bytes.Buffer
	c := r.Config
	c.Log, c.Keys = slog.New(slog.NewTextHandler(&said, nil)), p.open(t)
	again := must[*Recorder](t)(New(c))
	if _, err := again.Keys.ForDay(aDay(1)); !errors.Is(err, ErrKeyAway) || !strings.Contains(said.String(), "recording.keys_folder") {
		t.Errorf("%v, %s", err, &said)
	}
	if err := again.DestroyAll(); !errors.Is(err, ErrKeyAway) {
		t.Errorf("destroyed: %v", err)
	}
	back()
	sameKey(t, "once they are back", before, must[tink.AEAD](t)(again.Keys.ForDay(someday.day)))
	if err := again.Keys.Destroy(someday.day); err != nil {
		t.Fatal(err)
	}
	said.Reset()
	c.Keys = p.open(t)
	last := must[*Recorder](t)(New(c))
	if _, err := last.Keys.ForDay(aDay(1)); err != nil || said.Len() > 0 {
		t.Errorf("all were destroyed: %v, %s", err, &said)
	}
}
