package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"

	"filippo.io/age"
)

// FuzzVerify: a file that anybody made, as it is and sealed for us, is read whole or refused with one of the errors that say what to do.
func FuzzVerify(f *testing.F) {
	to, with := key(f)
	file := made(f, to, []byte("a dump"))
	f.Add(file)
	f.Add(file[:len(file)-3])
	f.Add([]byte(intro + "-> X25519 x\n"))
	var pieces bytes.Buffer
	for _, p := range []struct {
		kind byte
		text string
	}{{kindHead, head}, {kindDump, "a dump"}, {kindManifest, `{"octets":6,"sha256":""}`}} {
		if err := writePiece(&pieces, p.kind, []byte(p.text)); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(pieces.Bytes())
	f.Add([]byte{kindHead, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		var sealed bytes.Buffer
		w, err := age.Encrypt(&sealed, to...)
		if err == nil {
			_, err = w.Write(b)
			err = errors.Join(err, w.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range [][]byte{b, sealed.Bytes()} {
			var dump bytes.Buffer
			m, err := Read(bytes.NewReader(file), with, &dump)
			if err != nil && !errors.Is(err, ErrKey) && !errors.Is(err, ErrBroken) && !errors.Is(err, ErrOther) {
				t.Errorf("it says %v", err)
			}
			if sum := sha256.Sum256(dump.Bytes()); err == nil && (m.Octets != int64(dump.Len()) || m.SHA256 != hex.EncodeToString(sum[:])) {
				t.Error("a dump is taken that is not the manifest's")
			}
		}
	})
}

// FuzzIdentities: a key file that is none is refused, without being quoted.
func FuzzIdentities(f *testing.F) {
	secret, _, err := NewIdentity()
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{secret, "", "# nothing", "AGE-SECRET-KEY-1", "age1x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := Identities(bytes.NewReader([]byte(text)))
		if err == nil && len(all) == 0 {
			t.Error("no key, and no error")
		}
		_, _ = Recipients([]string{text})
	})
}
