package recording

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

func newKey(t testing.TB) tink.AEAD {
	t.Helper()
	return must[tink.AEAD](t)(aead.New(must[*keyset.Handle](t)(keyset.NewHandle(aead.AES256GCMKeyTemplate()))))
}

var someday = reference{day: "2026-11-27", id: [idSize]byte{1, 2, 3}}

// sealed is a file of these chunks, each a piece of it; the last is marked.
func sealed(t testing.TB, key tink.AEAD, ref reference, sounds ...[]byte) [][]byte {
	t.Helper()
	pieces := [][]byte{ref.header()}
	s := newSealer(key, ref)
	for i, sound := range sounds {
		pieces = append(pieces, must[[]byte](t)(s.seal(sound, i == len(sounds)-1)))
	}
	return pieces
}

func join(pieces ...[]byte) []byte { return bytes.Join(pieces, nil) }

type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }

// read opens a file and reads its sound.
func read(key tink.AEAD, file []byte) (sound []byte, whole bool, err error) {
	p, err := openFile(inMemory{bytes.NewReader(file)}, someday, key)
	if err != nil {
		return nil, false, err
	}
	wav, err := io.ReadAll(p)
	if err != nil {
		return nil, false, err
	}
	return wav[wavHeaderSize:], p.Whole, nil
}

var sounds = [][]byte{[]byte("aaaaaaaa"), []byte("bbbb"), []byte("cccccc"), {}}

// aCall is whose recordings are made here.
const aCall = "01234567-89ab-7def-8123-456789abcdef"

// TestARecordingIsItsCallsAlone: the reference says whose it is, which nothing outside the file can change.
func TestARecordingIsItsCallsAlone(t *testing.T) {
	r, c := recorder(t), talk(t, 0, 0)
	ref := must[*Recording](t)(begin(r, aCall, c.bridge, func(Event) {})).End(patience).Ref
	for name, want := range map[string]bool{
		ref:                          true,
		"2026-11-28" + ref[daySize:]: true, // a file of its own, if there is one
		someday.String():             false,
		"":                           false,
		"../x":                       false,
		ref + "0":                    false,
	} {
		if IsOf(name, aCall) != want {
			t.Errorf("%q is the call's: %v", name, !want)
		}
	}
	for _, other := range []string{"01234567-89ab-7def-8123-456789abcdee", "", "a1"} {
		if IsOf(ref, other) {
			t.Errorf("it is %q's", other)
		}
	}
	if _, err := begin(r, "a1", c.bridge, nil); err == nil {
		t.Error("what is no call's is recorded")
	}
	moved := reference{day: ref[:daySize], id: someday.id}
	file := must[[]byte](t)(os.ReadFile(r.path(must[reference](t)(parseReference(ref)))))
	key := must[tink.AEAD](t)(r.Keys.OfDay(moved.day))
	copy(file, moved.header())
	if _, err := openFile(inMemory{bytes.NewReader(file)}, moved, key); !errors.Is(err, ErrAltered) {
		t.Errorf("under another call's id: %v", err)
	}
}

func TestAFileCutAnywhereIsPlayedUpToThere(t *testing.T) {
	key := newKey(t)
	file := join(sealed(t, key, someday, sounds...)...)
	all := join(sounds...)
	before := 0
	for cut := range len(file) + 1 {
		sound, whole, err := read(key, file[:cut])
		if cut < headerSize {
			if !errors.Is(err, ErrAltered) {
				t.Fatalf("cut at %d, in the header: %v", cut, err)
			}
			continue
		}
		if err != nil || whole != (cut == len(file)) || !bytes.HasPrefix(all, sound) || len(sound) < before {
			t.Fatalf("cut at %d: %q, whole %v, %v", cut, sound, whole, err)
		}
		before = len(sound)
	}
	if before != len(all) {
		t.Errorf("%d octets of %d", before, len(all))
	}
}

func TestZerosAtTheEndAreNothing(t *testing.T) {
	key := newKey(t)
	pieces := sealed(t, key, someday, sounds...)
	file := join(append(pieces[:3:3], make([]byte, 4096))...)
	if sound, whole, err := read(key, file); string(sound) != "aaaaaaaabbbb" || whole || err != nil {
		t.Errorf("%q, whole %v, %v", sound, whole, err)
	}
	if _, _, err := read(key, append(file, 1)); !errors.Is(err, ErrAltered) {
		t.Errorf("something behind zeros: %v", err)
	}
}

// TestAnAlteredFileIsRefused changes each bit. A length that points behind the end of the file is as one that was cut off.
func TestAnAlteredFileIsRefused(t *testing.T) {
	key := newKey(t)
	file := join(sealed(t, key, someday, sounds...)...)
	all := join(sounds...)
	for at := range file {
		for bit := range 8 {
			other := slices.Clone(file)
			other[at] ^= 1 << bit
			sound, whole, err := read(key, other)
			if err == nil && (whole || !bytes.HasPrefix(all, sound)) || err != nil && !errors.Is(err, ErrAltered) {
				t.Fatalf("octet %d, bit %d: %q, whole %v, %v", at, bit, sound, whole, err)
			}
		}
	}
}

func TestChunksStayWhereTheyWere(t *testing.T) {
	key := newKey(t)
	p := sealed(t, key, someday, sounds...)
	other := sealed(t, key, reference{day: someday.day, id: [idSize]byte{9}}, sounds...)
	marked := slices.Clone(p[2])
	binary.BigEndian.PutUint32(marked, binary.BigEndian.Uint32(marked)|lastChunk)
	unmarked := slices.Clone(p[4])
	binary.BigEndian.PutUint32(unmarked, binary.BigEndian.Uint32(unmarked)&^lastChunk)
	for name, file := range map[string][]byte{
		"taken out":                    join(p[0], p[1], p[3], p[4]),
		"the first taken out":          join(p[0], p[2], p[3], p[4]),
		"exchanged":                    join(p[0], p[2], p[1], p[3], p[4]),
		"repeated":                     join(p[0], p[1], p[1], p[2], p[3], p[4]),
		"of another recording":         join(p[0], p[1], other[2], p[3], p[4]),
		"another recording":            join(other...),
		"more behind the end":          join(join(p...), p[1]),
		"ended too early":              join(p[0], p[1], marked),
		"with its end taken away":      join(p[0], p[1], p[2], p[3], unmarked),
		"of another day":               bytes.Replace(join(p...), []byte("11-27"), []byte("11-28"), 1),
		"with a header that is no day": bytes.Replace(join(p...), []byte("11-27"), []byte("11-99"), 1),
	} {
		if _, _, err := read(key, file); !errors.Is(err, ErrAltered) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAnotherKeysFileIsNotCalledAltered: it is the key that is missing, of a file that breaks off too. Chunks of two keys are another matter.
func TestAnotherKeysFileIsNotCalledAltered(t *testing.T) {
	key, other := newKey(t), newKey(t)
	p, q := sealed(t, key, someday, sounds...), sealed(t, other, someday, sounds...)
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"whole":                {join(q...), ErrKeyAway},
		"broken off":           {join(q[0], q[1], q[2][:7]), ErrKeyAway},
		"a chunk of another":   {join(p[0], p[1], q[2], p[3], p[4]), ErrAltered},
		"the first of another": {join(p[0], q[1], p[2], p[3], p[4]), ErrAltered},
		"another's, altered":   {join(q[0], q[1], p[2], q[3], q[4]), ErrAltered},
		"another call's":       {join(sealed(t, other, reference{day: someday.day}, sounds...)...), ErrAltered},
	} {
		if _, _, err := read(key, c.file); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReferences(t *testing.T) {
	good := someday.String()
	if back, err := parseReference(good); err != nil || back != someday {
		t.Errorf("%s is %v, %v", good, back, err)
	}
	for _, bad := range []string{
		"", ".", good + "0", good[1:], strings.ToUpper(good[:11]) + strings.ToUpper(good[11:13]) + "FF" + good[15:],
		"2026-11-31" + good[10:], "../../../x" + good[10:], good[:10] + "/" + good[11:], good[:11] + "zz" + good[13:],
	} {
		if _, err := parseReference(bad); !errors.Is(err, errNoReference) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestWhatIsNotThere(t *testing.T) {
	r := recorder(t)
	if _, err := r.Open(someday.String()); !errors.Is(err, ErrGone) {
		t.Errorf("no file: %v", err)
	}
	if _, err := r.Open("../x"); !errors.Is(err, errNoReference) {
		t.Errorf("no reference: %v", err)
	}
	path := r.path(someday)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, someday.header(), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Open(someday.String()); !errors.Is(err, ErrNoKey) {
		t.Errorf("no key: %v", err)
	}
}

// TestOthersReadTheWAV has sox, which nobody here wrote, say what it is.
func TestOthersReadTheWAV(t *testing.T) {
	soxi, err := exec.LookPath("soxi")
	if err != nil {
		t.Skip("soxi is not installed (Debian package sox)")
	}
	const frames = rate*3 + 1
	path := filepath.Join(t.TempDir(), "x.wav")
	if err := os.WriteFile(path, append(wavHeader(frames), bytes.Repeat([]byte{silent, 0x80}, frames)...), 0o600); err != nil {
		t.Fatal(err)
	}
	for flag, want := range map[string]string{"-c": "2", "-r": "8000", "-s": "24001", "-e": "u-law", "-b": "8", "-t": "wav"} {
		if said := must[[]byte](t)(exec.Command(soxi, flag, path).CombinedOutput()); strings.TrimSpace(string(said)) != want { //nolint:gosec // sox
			t.Errorf("soxi %s: %s, want %s", flag, said, want)
		}
	}
}

// theSameKey is the same in each process: a fuzzer's seeds are sealed in one, and read in others.
func theSameKey(t testing.TB) tink.AEAD {
	t.Helper()
	const all = `{"primaryKeyId": 1, "key": [{"keyId": 1, "status": "ENABLED", "outputPrefixType": "TINK", "keyData": {
		"typeUrl": "type.googleapis.com/google.crypto.tink.AesGcmKey", "keyMaterialType": "SYMMETRIC", "value": "GhAAAAAAAAAAAAAAAAAAAAAA"}}]}`
	return must[tink.AEAD](t)(aead.New(must[*keyset.Handle](t)(insecurecleartextkeyset.Read(keyset.NewJSONReader(strings.NewReader(all))))))
}

func FuzzPlayback(f *testing.F) {
	key := theSameKey(f)
	p := sealed(f, key, someday, sounds...)
	whole := join(p...)
	all := join(sounds...)
	for _, seed := range [][]byte{nil, whole, whole[:50], join(p[0], p[2]), join(whole, p[1]), append(join(p[0], p[1]), make([]byte, 9)...)} {
		f.Add(seed, 0, byte(0))
	}
	f.Add(whole, 60, byte(1))
	f.Fuzz(func(t *testing.T, file []byte, at int, change byte) {
		if at >= 0 && at < len(file) {
			file = slices.Clone(file)
			file[at] ^= change
		}
		sound, isWhole, err := read(key, file)
		switch {
		case err != nil && !errors.Is(err, ErrAltered) && !errors.Is(err, ErrKeyAway):
			t.Errorf("an error that says nothing: %v", err)
		case errors.Is(err, ErrKeyAway) && bytes.HasPrefix(file[headerSize+wordSize:], p[1][wordSize:wordSize+keyNumberSize]):
			t.Error("the key is here")
		case err == nil && (!bytes.HasPrefix(all, sound) || isWhole && (len(sound) != len(all) || len(file) != len(whole))):
			t.Errorf("%d octets were taken for genuine", len(sound))
		}
	})
}
