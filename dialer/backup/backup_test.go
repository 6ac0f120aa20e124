package backup

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"filippo.io/age"
	"pgregory.net/rapid"
)

var errDump = errors.New("the dump stopped")

// key is a new pair.
func key(t testing.TB) ([]age.Recipient, []age.Identity) {
	t.Helper()
	secret, public, err := NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	to, err := Recipients([]string{public})
	if err != nil {
		t.Fatal(err)
	}
	with, err := Identities(strings.NewReader(secret))
	if err != nil {
		t.Fatal(err)
	}
	return to, with
}

// ours is a centre's secret.
var ours = bytes.Repeat([]byte{5}, 32)

func made(t testing.TB, to []age.Recipient, dump []byte) []byte {
	t.Helper()
	var file bytes.Buffer
	_, err := Write(&file, to, ours, func(w io.Writer) (Manifest, error) {
		for rest := dump; len(rest) > 0; {
			n := min(len(rest), 300_000)
			if _, err := w.Write(rest[:n]); err != nil {
				return Manifest{}, err
			}
			rest = rest[n:]
		}
		return Manifest{Rows: map[string]int64{"attempts": 3}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	to, with := key(t)
	rapid.Check(t, func(rt *rapid.T) {
		dump := bytes.Repeat([]byte(rapid.StringN(0, 40, 60).Draw(rt, "words")), rapid.IntRange(0, 60_000).Draw(rt, "times"))
		file := made(t, to, dump)
		var got bytes.Buffer
		m, err := Read(bytes.NewReader(file), with, &got)
		if err != nil || !bytes.Equal(got.Bytes(), dump) || m.Octets != int64(len(dump)) || m.Rows["attempts"] != 3 {
			rt.Fatalf("%d octets of %d, %+v, %v", got.Len(), len(dump), m, err)
		}
	})
}

// Every octet counts, and so does every octet that is missing or too many.
func TestABackupThatIsNotWholeIsRefused(t *testing.T) {
	to, with := key(t)
	file := made(t, to, bytes.Repeat([]byte("a row of a table\n"), 9000))
	for i := range 400 {
		at := i * (len(file) - 1) / 399
		changed := bytes.Clone(file)
		changed[at] ^= 0x20
		if _, err := Verify(bytes.NewReader(changed), with); err == nil {
			t.Errorf("octet %d was changed, and nobody sees it", at)
		}
		if _, err := Verify(bytes.NewReader(file[:at]), with); err == nil {
			t.Errorf("cut off at octet %d, and nobody sees it", at)
		}
	}
	if _, err := Verify(bytes.NewReader(append(bytes.Clone(file), 0)), with); !errors.Is(err, ErrBroken) {
		t.Errorf("an octet more: %v", err)
	}
	if _, err := Verify(bytes.NewReader(file[:len(file)/2]), with); !errors.Is(err, ErrBroken) {
		t.Errorf("half of it: %v", err)
	}
	for _, other := range []string{"", "hello", "PGDMP" + strings.Repeat("x", 4000)} {
		if _, err := Verify(strings.NewReader(other), with); !errors.Is(err, ErrOther) {
			t.Errorf("%.10q: %v", other, err)
		}
	}
	_, wrong := key(t)
	if _, err := Verify(bytes.NewReader(file), wrong); !errors.Is(err, ErrKey) {
		t.Errorf("another key: %v", err)
	}
	// Something else that was encrypted for the same key.
	var foreign bytes.Buffer
	w, err := age.Encrypt(&foreign, to...)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(w, "a letter that has nothing to do with it")
	_ = w.Close()
	if _, err := Verify(&foreign, with); err == nil {
		t.Error("a letter was taken for a backup")
	}
}

// A manifest that says something else than what stands before it is found though age is content.
func TestAManifestThatDoesNotFit(t *testing.T) {
	to, with := key(t)
	for name, manifest := range map[string]string{
		"another digest": `{"octets":3,"sha256":"00"}`, "another length": `{"octets":4,"sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}`,
		"no manifest": "{",
	} {
		var file bytes.Buffer
		w, err := age.Encrypt(&file, to...)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []struct {
			kind byte
			text string
		}{{kindHead, head}, {kindDump, "abc"}, {kindManifest, manifest}} {
			if err := writePiece(w, p.kind, []byte(p.text)); err != nil {
				t.Fatal(err)
			}
		}
		_ = w.Close()
		if _, err := Verify(&file, with); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestADumpThatFailsIsNoBackup(t *testing.T) {
	to, with := key(t)
	var file bytes.Buffer
	_, err := Write(&file, to, ours, func(w io.Writer) (Manifest, error) {
		_, _ = w.Write(make([]byte, 3*mostPiece))
		return Manifest{}, errDump
	})
	if !errors.Is(err, errDump) {
		t.Fatal(err)
	}
	if _, err := Verify(&file, with); !errors.Is(err, ErrBroken) {
		t.Errorf("what is left of it: %v", err)
	}
}

func TestKeysThatAreNone(t *testing.T) {
	for _, keys := range [][]string{nil, {"age1"}, {"AGE-SECRET-KEY-1QQQQ"}} {
		if _, err := Recipients(keys); err == nil || len(keys) > 0 && strings.Contains(err.Error(), keys[0]+"Q") {
			t.Errorf("%v: %v", keys, err)
		}
	}
	const secret = "AGE-SECRET-KEY-1NOTWHOLE"
	if _, err := Identities(strings.NewReader(secret)); err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("%v", err)
	}
}
