package recording

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"kakeru/dialer/vault/owner"
)

// ErrNoKey is told of a day whose key was destroyed, or never made: what it sealed cannot be read.
var ErrNoKey = errors.New("there is no key for that day: it was destroyed, or is not in recording.keys_folder")

// Keys are the days' keys. Whoever keeps them keeps them out of the recordings' folder and its backups.
type Keys interface {
	// ForDay is a day's key, made if there is none. Days are written YYYY-MM-DD.
	ForDay(day string) (tink.AEAD, error)
	// OfDay is the key of a day gone by; ErrNoKey when there is none, ErrKeyAway when nobody can know.
	OfDay(day string) (tink.AEAD, error)
	// Days lists those that have a key.
	Days() ([]string, error)
	// Destroy ends a day's key, and with it all that it sealed. A day without one is no error.
	Destroy(day string) error
	// Expect tells that there were keys: where there never were any they are away (ErrKeyAway), and none is made.
	Expect() error
}

// ErrKeyAway is told of a key that must be somewhere, but not here: nobody has destroyed it.
var ErrKeyAway = errors.New("a key is missing from recording.keys_folder: mount the folder, or put the key back from where it was kept")

// KeyFolder keeps each day's key in a file of its own, sealed under a master key that is kept elsewhere. While that is changed the one before
// opens too (Rotate). Several nodes may share it: the file says which key is the day's, whatever one of them remembers.
type KeyFolder struct {
	folder  string
	masters []tink.AEAD // the first seals

	mu    sync.Mutex
	keys  map[string]dayKey
	known bool // it has keys, or had some: without its mark it is another folder

	destroyed atomic.Int64 // how many keys were, by this process
}

// dayKey is a key, and the file that it was read from or written to.
type dayKey struct {
	sealed []byte
	key    tink.AEAD
}

const (
	keySuffix = ".key"
	// markName is a file without content that stands in a folder of keys from its first key on, also when all of them are destroyed. The
	// place where a disk is mounted has none while the disk is away.
	markName = ".kakeru-keys"
)

// OpenKeys opens a folder of keys and the master key's file; the first start makes both. A master key that is lost is not
// replaced while there are keys that only it opens. formerFile holds the master key before; "" when there is none.
func OpenKeys(folder, masterFile, formerFile string) (*KeyFolder, error) {
	if err := owner.Folder(folder); err != nil {
		return nil, fmt.Errorf("recording.keys_folder: %w", err)
	}
	k := &KeyFolder{folder: folder, keys: map[string]dayKey{}}
	days, err := k.Days()
	if err == nil && len(days) > 0 {
		err = k.claim()
	}
	if err != nil {
		return nil, err
	}
	master, err := masterKey(masterFile, len(days) > 0 || formerFile != "")
	if err != nil {
		return nil, fmt.Errorf("recording.key_file: %w", err)
	}
	k.masters = []tink.AEAD{master}
	if formerFile == "" {
		return k, nil
	}
	former, err := masterKey(formerFile, true)
	if err != nil {
		return nil, fmt.Errorf("recording.former_key_file: %w", err)
	}
	k.masters = append(k.masters, former)
	return k, nil
}

// masterKey reads the master key, or makes it.
func masterKey(path string, needed bool) (tink.AEAD, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && needed:
		return nil, fmt.Errorf("%s is not there, but keys that only it opens are: put it back from where it was kept", path)
	case errors.Is(err, fs.ErrNotExist):
		return newMasterKey(path)
	case err != nil:
		return nil, err
	case info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("%s may be read by others; chmod 600 it", path)
	}
	text, err := os.ReadFile(path) //nolint:gosec // the settings say which
	if err != nil {
		return nil, err
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(text)))
	if err != nil {
		return nil, fmt.Errorf("%s holds no key; put the right file back", path) // tink's error might quote it
	}
	return aead.New(handle)
}

// NewMaster makes a master key, as its file holds it.
func NewMaster() ([]byte, error) {
	_, text, err := makeMaster()
	return text, err
}

func makeMaster() (*keyset.Handle, []byte, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, nil, err
	}
	var text bytes.Buffer
	err = insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&text))
	return handle, text.Bytes(), err
}

func newMasterKey(path string) (tink.AEAD, error) {
	handle, text, err := makeMaster()
	if err != nil {
		return nil, err
	}
	if err := owner.Folder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	err = createDurably(path, text)
	if errors.Is(err, fs.ErrExist) { // another node starts for the first time too, and was faster
		return masterKey(path, true)
	}
	if err != nil {
		return nil, err
	}
	return aead.New(handle)
}

// ForDay implements Keys. Of several that make a day's key at once, here or on other nodes, one does, and all have that one.
func (k *KeyFolder) ForDay(day string) (tink.AEAD, error) {
	key, err := k.OfDay(day)
	if !errors.Is(err, ErrNoKey) {
		return key, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.claim(); err != nil {
		return nil, err
	}
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	sealed, err := k.seal(day, handle)
	if err != nil {
		return nil, err
	}
	err = createDurably(k.path(day), sealed)
	if errors.Is(err, fs.ErrExist) {
		sealed, err = os.ReadFile(k.path(day))
		return k.open(day, sealed, err)
	}
	if err != nil {
		return nil, err
	}
	return k.keep(day, sealed, handle)
}

// OfDay implements Keys. Its file is read without k.mu: whoever waits for one that hangs must not keep a talk from the key of its day.
func (k *KeyFolder) OfDay(day string) (tink.AEAD, error) {
	if !isDay(day) {
		return nil, ErrNoKey
	}
	before := k.destroyed.Load()
	sealed, err := os.ReadFile(k.path(day))
	k.mu.Lock()
	defer k.mu.Unlock()
	key, err := k.open(day, sealed, err)
	if k.destroyed.Load() != before { // this one, it may be: then it is not to stay in memory
		delete(k.keys, day)
	}
	return key, err
}

// open needs k.mu. The file was asked just now, as it is each time: another node may have destroyed the key, or the folder be another one for now.
func (k *KeyFolder) open(day string, sealed []byte, err error) (tink.AEAD, error) {
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := k.here(); err != nil {
			return nil, err
		}
		delete(k.keys, day)
		return nil, ErrNoKey
	}
	if err != nil {
		return nil, err
	}
	if known := k.keys[day]; known.key != nil && bytes.Equal(known.sealed, sealed) {
		return known.key, nil
	}
	handle, _, err := k.unseal(day, sealed)
	if err != nil {
		return nil, err
	}
	return k.keep(day, sealed, handle)
}

// keep needs k.mu.
func (k *KeyFolder) keep(day string, sealed []byte, handle *keyset.Handle) (tink.AEAD, error) {
	key, err := aead.New(handle)
	if err == nil {
		k.keys[day] = dayKey{sealed, key}
		k.known = true
	}
	return key, err
}

// here needs k.mu: whether the folder bears the mark. An error says that it is not the folder that is known, but the place where that would be
// mounted.
func (k *KeyFolder) here() (marked bool, err error) {
	_, err = os.Lstat(filepath.Join(k.folder, markName))
	switch {
	case err == nil:
		k.known = true
		return true, nil
	case !errors.Is(err, fs.ErrNotExist):
		return false, fmt.Errorf("recording.keys_folder: %w", err)
	case k.known:
		return false, fmt.Errorf("%w (%s has no %s, which stands where keys are; if there are none any more, or never were, make that file)",
			ErrKeyAway, k.folder, markName)
	}
	return false, nil
}

// claim needs k.mu: it marks a folder that is to have keys.
func (k *KeyFolder) claim() error {
	if marked, err := k.here(); marked || err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(k.folder, markName), os.O_WRONLY|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return fmt.Errorf("recording.keys_folder: %w", err)
	}
	k.known = true
	return errors.Join(owner.LikeFolder(f, k.folder), f.Close(), syncFolder(k.folder))
}

// Expect implements Keys.
func (k *KeyFolder) Expect() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.known = true
	_, err := k.here()
	return err
}

// Days implements Keys. A folder that is away has not none.
func (k *KeyFolder) Days() ([]string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, err := k.here(); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(k.folder)
	if err != nil {
		return nil, fmt.Errorf("recording.keys_folder: %w", err)
	}
	var days []string
	for _, e := range entries {
		if day, ok := strings.CutSuffix(e.Name(), keySuffix); ok && isDay(day) {
			days = append(days, day)
		}
	}
	return days, nil
}

// Destroy implements Keys. The octets are written over first: on most disks that is no promise, but the master key does not
// stand beside them.
func (k *KeyFolder) Destroy(day string) error {
	if !isDay(day) {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.keys, day)
	defer k.destroyed.Add(1) // before k.mu is given back: whoever has read the file meanwhile keeps nothing
	unlock, err := k.lock()
	if err != nil {
		return err
	}
	defer unlock()
	all, err := halves(k.path(day)) // of a rotation that was cut off: the same key, sealed anew
	if err != nil {
		return err
	}
	for _, path := range append(all, k.path(day)) {
		if err := destroy(path); err != nil {
			return err
		}
	}
	return syncFolder(k.folder)
}

func (k *KeyFolder) path(day string) string { return filepath.Join(k.folder, day+keySuffix) }

// purpose binds a key to its day: one day's file in the place of another's does not open.
func purpose(day string) []byte { return []byte("kakeru recording key " + day) }

func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}
