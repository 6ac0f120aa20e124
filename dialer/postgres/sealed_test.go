package postgres

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// Nothing that a person said, and no number, can be read off the disk.
func TestTheSpoolIsSealed(t *testing.T) {
	dir := t.TempDir()
	s, _ := newSpool(t, dir)
	r := reservation(newTarget(), noon)
	said := entry(r)
	said.Note = "夕方に電話がほしい"
	leg := customerLeg(noon)
	leg.Data = []byte("INVITE sip:" + string(r.Target.Number))
	a := dialer.Arrival{ID: r.ID, At: noon, Trunk: "lab", Caller: r.Target.Number, CustomerLeg: leg}
	all := []record{
		{Arrival: &a}, {Note: &note{r.ID, dialer.Progress{First: 2, Legs: []dialer.LegHandle{leg}}}}, ended(endOf(r, dialer.Answered)), {Result: &said},
	}
	for _, rec := range all {
		must(t, s.append(rec))
	}
	must(t, s.setAside([]byte("x"), ""))
	for _, name := range []string{spoolName, rejectedName} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		must(t, err)
		for _, secret := range []string{said.Note, string(r.Target.Number), string(r.ID), "令和"} {
			if bytes.Contains(b, []byte(secret)) {
				t.Errorf("%s shows %q", name, secret)
			}
		}
	}
	s.close()
	s, _ = newSpool(t, dir)
	back, err := s.next(10)
	must(t, err)
	if len(back) != len(all) || back[0].Arrival.Caller != a.Caller || string(back[1].Note.Legs[0].Data) != string(leg.Data) ||
		back[1].Note.First != 2 || back[2].End.ID != r.ID || back[3].Result.Note != said.Note || back[3].Result.Promise.Parts[1].Yen != 5000 {
		t.Errorf("%+v", back)
	}
}

// A record that somebody changed, or that was sealed for another ledger, is no record.
func TestASealThatDoesNotHold(t *testing.T) {
	s, _ := newSpool(t, t.TempDir())
	sealed, err := s.seal.close(ended(anEnd()))
	must(t, err)
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 0x10
		if _, err := s.seal.open(changed); !errors.Is(err, errBroken) {
			t.Fatalf("octet %d: %v", i, err)
		}
	}
	other := newSeal(testVault(t), testNow, "01935b6e-0000-7000-8000-000000000002")
	if _, err := other.open(sealed); !errors.Is(err, errBroken) {
		t.Errorf("%v", err)
	}
}

// A spool that waits for another ledger is refused in one line and left as it is; one in which
// nothing waits is taken over.
func TestAnothersSpoolIsRefused(t *testing.T) {
	otherLedger := newSeal(testVault(t), testNow, "01935b6e-0000-7000-8000-000000000002")
	open := func(dir string, s *seal) (*spool, error) { return openSpool(dir, s, slog.New(slog.DiscardHandler)) }
	for words, theirs := range map[string]*seal{"another database": otherLedger} {
		dir := t.TempDir()
		path := filepath.Join(dir, spoolName)
		s, err := open(dir, theirs)
		must(t, err)
		must(t, s.append(ended(anEnd())))
		s.close()
		before, err := os.ReadFile(path)
		must(t, err)
		_, err = open(dir, testSeal(t))
		oneLine(t, err, dir, words, "left as")
		after, err := os.ReadFile(path)
		if must(t, err); !bytes.Equal(before, after) {
			t.Errorf("%s: the spool was changed", words)
		}
		s, err = open(dir, theirs)
		must(t, err)
		if got := drain(t, s); len(got) != 1 {
			t.Errorf("%s: %d records are left", words, len(got))
		}
		s.close()
		s, err = open(dir, testSeal(t))
		must(t, err)
		must(t, s.append(ended(anEnd())))
		s.close()
	}
	// The ends of an earlier version stood there unsealed.
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, spoolName), []byte(`0dd3f19a 00000002 {}`+"\n"), 0o600))
	_, err := open(dir, testSeal(t))
	oneLine(t, err, dir, "version", "left as")
}

// The whole ledger says so too, and starts again with the folder it had.
func TestALedgerRefusesTheSpoolOfAnother(t *testing.T) {
	url, dir := migrated(t), t.TempDir()
	l := openLedger(t, url, dir)
	must(t, l.spool.append(record{Result: &casework.Recorded{Attempt: newID(), By: "operator1"}}))
	l.Close()
	_, err := Open(t.Context(), Options{URL: migrated(t), SpoolDir: dir, Refs: testRefs, Vault: testVault(t)})
	oneLine(t, err, "another database", "database.url")
	if strings.Contains(err.Error(), url) {
		t.Error(err)
	}
	l = openLedger(t, url, dir) // replays: there is no such attempt, so it is set aside
	if l.waiting() != 0 {
		t.Errorf("%d records wait", l.waiting())
	}
	if _, err := os.Stat(filepath.Join(dir, rejectedName)); err != nil {
		t.Error(err)
	}
}

func newID() dialer.CallID { return dialer.CallID(dialer.NewID(noon)) }
