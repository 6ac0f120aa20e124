package dayclose

import (
	"cmp"
	"crypto/ed25519"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"kakeru/dialer"
)

// Finding is one line of what a check of what went back found.
type Finding struct {
	Name string // of the file it is about, within the folder
	Text string
	Bad  bool
}

func (f Finding) String() string {
	word := "ok"
	if f.Bad {
		word = "WRONG"
	}
	return fmt.Sprintf("%-5s %s: %s", word, printable(f.Name), printable(f.Text))
}

// printable is a text on one line, without what a terminal would take for an order: whoever can name a file must not write lines of their own.
func printable(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }) < 0 && utf8.ValidString(s) {
		return s
	}
	return strings.Trim(strconv.Quote(s), `"`)
}

// VerifyAll checks what lies in a ward's folder without asking the centre: that each manifest and receipt is as it was signed, each
// file that they name as it was written, that no close was taken out of the row, and that each receipt is of its manifest. only picks
// the closes that are reported on; nil is all. trusted is as Verify's.
//
// One thing no folder can tell: that the newest close is gone from it whole. Nothing names it yet; the panel lists it.
func VerifyAll(folder Folder, trusted ed25519.PublicKey, only func(Manifest) bool) ([]Finding, error) {
	all, err := filesIn(folder)
	if err != nil {
		return nil, err
	}
	v := &verification{folder: folder, receipts: map[string]signed{}}
	for _, name := range all {
		if isSigned(name) {
			v.read(name, trusted)
		}
	}
	if len(v.manifests)+len(v.found) == 0 {
		return nil, fmt.Errorf("no manifest of a close (%s….json) lies in %s", returnPrefix, folder)
	}
	slices.SortFunc(v.manifests, func(a, b signed) int { return cmp.Compare(a.Close, b.Close) }) // a UUIDv7 begins with its time
	for i := range v.manifests {
		if only == nil || only(v.manifests[i].Manifest) {
			v.close(i)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(v.receipts)) {
		r := v.receipts[id]
		if only != nil && !only(r.Manifest) {
			continue
		}
		if !slices.ContainsFunc(v.manifests, func(m signed) bool { return m.Close == id }) {
			v.badf(r.name, "the manifest that it belongs to is not here, or was changed")
		}
	}
	if only == nil {
		v.strays(all)
	}
	return v.found, nil
}

// isSigned reports whether a file is a manifest or a receipt, by its name.
func isSigned(name string) bool {
	base := path.Base(name)
	return path.Ext(base) == manifestEnd && (strings.HasPrefix(base, returnPrefix) || strings.HasPrefix(base, receiptPrefix))
}

// filesIn are the files in a folder and those below it.
func filesIn(folder Folder) (names []string, err error) {
	err = filepath.WalkDir(string(folder), func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(string(folder), at)
		if !d.IsDir() {
			names = append(names, filepath.ToSlash(inside))
		}
		return err
	})
	return names, err
}

// signed is a manifest or a receipt that was read.
type signed struct {
	Manifest
	name string
	hash string // SHA-256
}

// verification is a check under way.
type verification struct {
	folder    Folder
	found     []Finding
	manifests []signed
	receipts  map[string]signed // by close
}

func (v *verification) goodf(name, format string, args ...any) {
	v.found = append(v.found, Finding{Name: name, Text: fmt.Sprintf(format, args...)})
}

func (v *verification) badf(name, format string, args ...any) {
	v.found = append(v.found, Finding{Name: name, Text: fmt.Sprintf(format, args...), Bad: true})
}

// strays tells of files that nothing names: a close that was given up before it was signed leaves its records behind.
func (v *verification) strays(all []string) {
	named := map[string]bool{}
	for _, m := range slices.Concat(v.manifests, slices.Collect(maps.Values(v.receipts))) {
		named[m.name], named[m.name+signatureEnd] = true, true
		for _, f := range m.Files {
			named[f.Name] = true
		}
	}
	for _, name := range all {
		if !named[name] && !isSigned(strings.TrimSuffix(name, signatureEnd)) {
			v.goodf(name, "no manifest names it: it is of a close that was given up before it was signed, or not of Kakeru")
		}
	}
}

// read takes a manifest or a receipt in, if it is what was signed and stands where it belongs.
func (v *verification) read(name string, trusted ed25519.PublicKey) {
	m, hash, err := Verify(v.folder, name, trusted)
	c := Close{ID: m.Close}
	var misplaced error
	if err == nil {
		c.Day, misplaced = dialer.ParseDate(m.Day)
	}
	s := signed{Manifest: m, name: name, hash: hash}
	switch {
	case err != nil:
		v.badf(name, "%v", err)
	case m.Kind == kindReturn && misplaced == nil && name == manifestName(c):
		v.manifests = append(v.manifests, s)
	case m.Kind == kindDestruction && misplaced == nil && name == receiptName(c):
		v.receipts[m.Close] = s
	default:
		v.badf(name, "it is the %s of the close %s on %s, in another's place", m.Kind, m.Close, m.Day)
	}
}

// close checks one close: its manifest's files, its place in the row, its receipt.
func (v *verification) close(i int) {
	m := v.manifests[i]
	v.goodf(m.name, "as it was signed; %d files; key %s", len(m.Files), m.Key)
	v.final(i)
	for _, f := range m.Files {
		if err := v.file(f); err != nil {
			v.badf(f.Name, "%v", err)
		} else {
			v.goodf(f.Name, "as it was written; %d rows", f.Rows)
		}
	}
	v.row(i)
	v.receipt(i)
}

// file checks a file's octets, and counts its rows.
func (v *verification) file(f File) error {
	if path.Ext(f.Name) != ".csv" {
		return v.folder.Check(f)
	}
	r, err := v.folder.Open(f)
	if err != nil {
		return err
	}
	n, err := countRows(r)
	if err == nil && n != f.Rows {
		err = fmt.Errorf("it has %d rows, and the manifest says %d", n, f.Rows)
	}
	return errors.Join(err, r.Close())
}

// countRows counts a file's rows below its header. No octet of a character in CP932 is a quote, a comma or a line's end, so they can be
// counted without being read.
func countRows(r io.Reader) (int, error) {
	c := csv.NewReader(r)
	c.ReuseRecord = true
	for n := -1; ; n++ {
		switch _, err := c.Read(); {
		case errors.Is(err, io.EOF):
			return n, nil
		case err != nil:
			return n, fmt.Errorf("its row %d cannot be read", n+1) // the error's own words may quote it
		}
	}
}

// row looks at a close's place in the row: the manifest before it is there, signed with the same key, and was followed by no other
// close that ended.
func (v *verification) row(i int) {
	m := v.manifests[i]
	for _, other := range v.manifests {
		if other.Close != m.Close && other.Previous == m.Previous && v.ended(other) && v.ended(m) {
			v.badf(m.name, "it names the same manifest before it as %s does: one of the two was slipped in", other.name)
		}
	}
	if m.Previous == "" {
		v.goodf(m.name, "it is the first in the row")
		return
	}
	n := slices.IndexFunc(v.manifests, func(b signed) bool { return b.hash == m.Previous })
	switch {
	case n < 0:
		v.badf(m.name, "the manifest before it is not here, or was changed (SHA-256 %s)", m.Previous)
	case v.manifests[n].Key != m.Key:
		v.badf(m.name, "it is signed with another key than the one before it, %s", v.manifests[n].name)
	default:
		v.goodf(m.name, "it follows %s", v.manifests[n].name)
	}
}

// final says of the contract's end that it is one. What was closed after it is wrong: there was nothing any more to call with, and
// nobody to have closed.
func (v *verification) final(i int) {
	m := v.manifests[i]
	if m.Final {
		v.goodf(m.name, "it is the final close: the contract's end")
	}
	for _, before := range v.manifests[:i] {
		if before.Final && v.ended(before) {
			v.badf(m.name, "it was made after the contract's end, which %s says", before.name)
		}
	}
}

func (v *verification) ended(m signed) bool {
	_, ok := v.receipts[m.Close]
	return ok
}

// receipt checks that what was destroyed is what went back. A close without one was given up if another took its place in the row.
func (v *verification) receipt(i int) {
	m := v.manifests[i]
	r, ok := v.receipts[m.Close]
	switch {
	case !ok && slices.ContainsFunc(v.manifests[i+1:], func(later signed) bool { return later.Previous == m.Previous }):
		v.goodf(m.name, "it was given up, and nothing was destroyed with it")
	case !ok:
		v.badf(m.name, "its receipt is not here: the close is not over, was given up, or the receipt was taken away")
	case r.Previous != m.hash || r.Day != m.Day || r.Upto != m.Upto || r.Final != m.Final || r.By != m.By || r.Key != m.Key,
		!slices.Equal(r.Files[:min(len(m.Files), len(r.Files))], m.Files):
		v.badf(r.name, "it is not the receipt of %s as that is now", m.name)
	default:
		for _, f := range r.Files[len(m.Files):] { // the manifest and its signature
			if err := v.folder.Check(f); err != nil {
				v.badf(f.Name, "%v", err)
			}
		}
		v.goodf(r.name, "the receipt of %s, as it was signed; what was in custody up to %s is destroyed", m.name, cmp.Or(r.Upto, "no day"))
	}
}
