package dayclose

import (
	"crypto/ed25519"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
)

// handed is a folder as a ward has it: closes in a row, each with its file.
type handed struct {
	t      *testing.T
	folder Folder
	last   string // the newest manifest in the row
	final  bool   // what is closed next is the contract's end
	made   int
}

// close adds one, of a day in November, with a receipt when it ended.
func (h *handed) close(day int, key ed25519.PrivateKey, ended bool) Close {
	h.t.Helper()
	h.made++
	c := Close{ID: fmt.Sprintf("01a20b7e-0000-7000-8000-%012d", h.made), Day: dialer.Date{Year: 2026, Month: 11, Day: day}, By: "supervisor", Final: h.final}
	c.Upto = &c.Day
	f, err := h.folder.Write("records", c.Day.String()+"/records-"+c.ID+".csv", []byte("\"a\"\r\n\"\x83\x5c, \"\"x\"\"\r\n2\"\r\n\"z\"\r\n"), 2)
	h.ok(err)
	c.Files = []File{f}
	x := &Closer{d: Deps{Folder: h.folder, Key: key, Now: noTime}}
	m := x.manifest(c, kindReturn, Counts{"attempts": 2}, h.last)
	m.Files = slices.Clone(c.Files)
	signed, err := sign(h.folder, key, kindManifest, manifestName(c), m)
	h.ok(err)
	c.Files, c.Manifest = append(c.Files, signed...), signed[0].SHA256
	if ended {
		signed, err = sign(h.folder, key, kindReceipt, receiptName(c), x.manifest(c, kindDestruction, Counts{"persons": 1}, c.Manifest))
		h.ok(err)
		c.Files = append(c.Files, signed...)
		h.last = c.Manifest
	}
	return c
}

func (h *handed) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *handed) path(name string) string {
	return filepath.Join(string(h.folder), filepath.FromSlash(name))
}

// wrong are the names that a check of all finds something wrong with.
func (h *handed) wrong(trusted ed25519.PublicKey, only func(Manifest) bool) []string {
	h.t.Helper()
	found, err := VerifyAll(h.folder, trusted, only)
	h.ok(err)
	names := map[string]bool{}
	for _, f := range found {
		if f.Bad {
			names[f.Name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func noTime() time.Time { return time.Time{} }

var otherKey = ed25519.NewKeyFromSeed([]byte("another seed of just 32 octets!!"))

// threeDays are two closes that ended, with one between them that was given up.
func threeDays(t *testing.T) (h *handed, closes []Close) {
	h = &handed{t: t, folder: Folder(t.TempDir())}
	return h, []Close{h.close(24, testKey, true), h.close(25, testKey, false), h.close(25, testKey, true)}
}

// TestAFolderThatIsWhole: all is said to be in order, against the centre's key and without one, as a whole and each close by itself.
func TestAFolderThatIsWhole(t *testing.T) {
	h, closes := threeDays(t)
	for _, trusted := range []ed25519.PublicKey{nil, publicOf(testKey)} {
		if got := h.wrong(trusted, nil); len(got) > 0 {
			t.Errorf("wrong: %v", got)
		}
	}
	if got := h.wrong(publicOf(otherKey), nil); len(got) != 5 {
		t.Errorf("against somebody else's key only this is wrong: %v", got)
	}
	for _, c := range closes {
		found, err := VerifyAll(h.folder, nil, func(m Manifest) bool { return m.Close == c.ID })
		h.ok(err)
		for _, f := range found {
			if f.Bad || !strings.Contains(f.String(), c.ID) {
				t.Errorf("of the close %s: %s", c.ID, f)
			}
		}
	}
	if _, err := VerifyAll(Folder(t.TempDir()), nil, nil); err == nil {
		t.Error("an empty folder is in order")
	}
}

// TestTheContractsEndIsSaid, and one that was given up ends nothing.
func TestTheContractsEndIsSaid(t *testing.T) {
	h, _ := threeDays(t)
	h.final = true
	h.close(26, testKey, false)
	h.final = false
	h.close(27, testKey, true)
	h.final = true
	end := h.close(28, testKey, true)
	if got := h.wrong(publicOf(testKey), nil); len(got) > 0 {
		t.Errorf("wrong: %v", got)
	}
	found, err := VerifyAll(h.folder, nil, func(m Manifest) bool { return m.Close == end.ID })
	h.ok(err)
	if !slices.ContainsFunc(found, func(f Finding) bool {
		return f.Name == manifestName(end) && strings.Contains(f.Text, "the contract's end")
	}) {
		t.Errorf("%v", found)
	}
}

// TestAnyChangeIsFound: each file in turn loses an octet, has one changed, is emptied, or is gone.
func TestAnyChangeIsFound(t *testing.T) {
	h, closes := threeDays(t)
	// The manifest that was given up over is named by nothing: it may be gone, and so may its file with it.
	named := slices.Concat(closes[0].Files, closes[1].Files[:1], closes[2].Files)
	for _, f := range named {
		b, err := os.ReadFile(h.path(f.Name))
		h.ok(err)
		for what, change := range map[string]func() error{
			"shorter": func() error { return os.WriteFile(h.path(f.Name), b[:len(b)/2], 0o600) },
			"changed": func() error {
				changed := slices.Clone(b)
				changed[len(b)/3] ^= 1
				return os.WriteFile(h.path(f.Name), changed, 0o600)
			},
			"empty": func() error { return os.WriteFile(h.path(f.Name), nil, 0o600) },
			"gone":  func() error { return os.Remove(h.path(f.Name)) },
		} {
			h.ok(change())
			if len(h.wrong(publicOf(testKey), nil)) == 0 {
				t.Errorf("%s is %s, and nobody noticed", f.Name, what)
			}
			h.ok(os.WriteFile(h.path(f.Name), b, 0o600))
		}
	}
	if got := h.wrong(publicOf(testKey), nil); len(got) > 0 {
		t.Errorf("put back: %v", got)
	}
}

// TestAnyOctetOfWhatIsSigned that is changed is found, in the manifest and in its signature.
func TestAnyOctetOfWhatIsSigned(t *testing.T) {
	h := &handed{t: t, folder: Folder(t.TempDir())}
	c := h.close(24, testKey, true)
	for _, name := range []string{manifestName(c), manifestName(c) + signatureEnd, receiptName(c)} {
		b, err := os.ReadFile(h.path(name))
		h.ok(err)
		for i := range b {
			if b[i] == '\n' || b[i] == '=' {
				continue // white space around base64
			}
			changed := slices.Clone(b)
			changed[i] ^= 1
			h.ok(os.WriteFile(h.path(name), changed, 0o600))
			if _, _, err := Verify(h.folder, strings.TrimSuffix(name, signatureEnd), publicOf(testKey)); err == nil {
				t.Fatalf("octet %d of %s changed, and nobody noticed", i, filepath.Base(name))
			}
		}
		h.ok(os.WriteFile(h.path(name), b, 0o600))
	}
}

// TestTheRow: what is done to whole closes, by somebody who has the key or only the files.
func TestTheRow(t *testing.T) {
	for name, c := range map[string]struct {
		do    func(h *handed, closes []Close)
		about func(closes []Close) string // what must be named as wrong
	}{
		"the first was taken out": {func(h *handed, closes []Close) {
			h.ok(os.RemoveAll(h.path(closes[0].Day.String())))
		}, func(closes []Close) string { return manifestName(closes[2]) }},
		"one was slipped in": {func(h *handed, closes []Close) {
			h.last = closes[0].Manifest
			h.close(26, testKey, true)
		}, func(closes []Close) string { return manifestName(closes[2]) }},
		"one is signed by another": {func(h *handed, _ []Close) { h.close(26, otherKey, true) }, func([]Close) string {
			return "2026-11-26/return-01a20b7e-0000-7000-8000-000000000004.json"
		}},
		"a receipt was taken away": {func(h *handed, closes []Close) {
			h.ok(os.Remove(h.path(receiptName(closes[2]))))
		}, func(closes []Close) string { return manifestName(closes[2]) }},
		"a manifest stands in another's place": {func(h *handed, closes []Close) {
			for _, end := range []string{"", signatureEnd} {
				b, err := os.ReadFile(h.path(manifestName(closes[0]) + end))
				h.ok(err)
				h.ok(os.WriteFile(h.path(manifestName(closes[2])+end), b, 0o600))
			}
		}, func(closes []Close) string { return manifestName(closes[2]) }},
		"a receipt is another manifest's": {func(h *handed, closes []Close) {
			c := closes[0]
			x := &Closer{d: Deps{Folder: h.folder, Key: testKey, Now: noTime}}
			_, err := sign(h.folder, testKey, kindReceipt, receiptName(c), x.manifest(c, kindDestruction, nil, closes[2].Manifest))
			h.ok(err)
		}, func(closes []Close) string { return receiptName(closes[0]) }},
		"a close follows the contract's end": {func(h *handed, _ []Close) {
			h.final = true
			h.close(26, testKey, true)
			h.final = false
			h.close(27, testKey, true)
		}, func([]Close) string { return "2026-11-27/return-01a20b7e-0000-7000-8000-000000000005.json" }},
		"a receipt is of no final close": {func(h *handed, _ []Close) {
			h.final = true
			c := h.close(26, testKey, true)
			c.Final, c.Files = false, c.Files[:len(c.Files)-2]
			x := &Closer{d: Deps{Folder: h.folder, Key: testKey, Now: noTime}}
			_, err := sign(h.folder, testKey, kindReceipt, receiptName(c), x.manifest(c, kindDestruction, nil, c.Manifest))
			h.ok(err)
		}, func([]Close) string { return "2026-11-26/destruction-01a20b7e-0000-7000-8000-000000000004.json" }},
		"a row count is not the file's": {func(h *handed, closes []Close) {
			c := Close{ID: "01a20b7e-0000-7000-8000-000000000009", Day: closes[2].Day, Files: []File{closes[2].Files[0]}}
			c.Files[0].Rows++
			x := &Closer{d: Deps{Folder: h.folder, Key: testKey, Now: noTime}}
			_, err := sign(h.folder, testKey, kindManifest, manifestName(c), x.manifest(c, kindReturn, nil, h.last))
			h.ok(err)
		}, func(closes []Close) string { return closes[2].Files[0].Name }},
	} {
		t.Run(name, func(t *testing.T) {
			h, closes := threeDays(t)
			c.do(h, closes)
			if got, want := h.wrong(nil, nil), c.about(closes); !slices.Contains(got, want) {
				t.Errorf("%s is not among what is wrong: %v", want, got)
			}
		})
	}
}

// TestWhatNothingNamesIsNamed: what a close that was given up left behind, and whatever else lies there, on a line of its own whatever its name is.
func TestWhatNothingNamesIsNamed(t *testing.T) {
	h, _ := threeDays(t)
	before, err := VerifyAll(h.folder, nil, nil)
	h.ok(err)
	bad := "2026-11-24/x\nok    all is well\x1b[2K.csv"
	for _, name := range []string{"2026-11-24/records-given-up.csv", bad, "note.txt"} {
		h.ok(os.WriteFile(h.path(name), []byte("x"), 0o600))
	}
	found, err := VerifyAll(h.folder, nil, nil)
	h.ok(err)
	if len(found) != len(before)+3 {
		t.Fatalf("%d findings, %d before", len(found), len(before))
	}
	var told strings.Builder
	for _, f := range found {
		if f.Bad {
			t.Errorf("%q", f)
		}
		fmt.Fprintln(&told, f)
	}
	if got := told.String(); strings.Count(got, "\n") != len(found) || strings.Contains(got, "\x1b") || !strings.Contains(got, `x\nok    all is well\x1b[2K.csv`) {
		t.Errorf("told:\n%s", got)
	}
}
