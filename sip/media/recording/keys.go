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
	"syscall"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// ErrNoKey is told of a day whose key was destroyed, or never made: what it sealed cannot be read.
var ErrNoKey = errors.New("there is no key for that day: it was destroyed, or is not in recording.keys_folder")

// Keys are the days' keys. Whoever keeps them keeps them out of the recordings' folder and its backups.
type Keys interface {
	// ForDay is a day's key, made if there is none. Days are written YYYY-MM-DD.
	ForDay(day string) (tink.AEAD, error)
	// OfDay is the key of a day gone by; ErrNoKey when there is none.
	OfDay(day string) (tink.AEAD, error)
	// Days lists those that have a key.
	Days() ([]string, error)
	// Destroy ends a day's key, and with it all that it sealed. A day without one is no error.
	Destroy(day string) error
}

// KeyFolder keeps each day's key in a file of its own, sealed under a master key that is kept elsewhere. While that is changed the one before
// opens too (Rotate).
type KeyFolder struct {
	folder  string
	masters []tink.AEAD // the first seals

	mu   sync.Mutex
	keys map[string]tink.AEAD
}

const keySuffix = ".key"

// OpenKeys opens a folder of keys and the master key's file; the first start makes both. A master key that is lost is not
// replaced while there are keys that only it opens. formerFile holds the master key before; "" when there is none.
func OpenKeys(folder, masterFile, formerFile string) (*KeyFolder, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("recording.keys_folder: %w", err)
	}
	k := &KeyFolder{folder: folder, keys: map[string]tink.AEAD{}}
	days, err := k.Days()
	if err != nil {
		return nil, fmt.Errorf("recording.keys_folder: %w", err)
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
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	if err := writeDurably(path, text); err != nil {
		return nil, err
	}
	return aead.New(handle)
}

// ForDay implements Keys.
func (k *KeyFolder) ForDay(day string) (tink.AEAD, error) {
	key, err := k.OfDay(day)
	if !errors.Is(err, ErrNoKey) {
		return key, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if key := k.keys[day]; key != nil { // somebody else was faster
		return key, nil
	}
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	if err := k.seal(day, handle); err != nil {
		return nil, err
	}
	return k.keep(day, handle)
}

// OfDay implements Keys.
func (k *KeyFolder) OfDay(day string) (tink.AEAD, error) {
	if !isDay(day) {
		return nil, ErrNoKey
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, err := os.Stat(k.path(day)); errors.Is(err, fs.ErrNotExist) { // another node may have destroyed it
		delete(k.keys, day)
		return nil, ErrNoKey
	}
	if key := k.keys[day]; key != nil {
		return key, nil
	}
	sealed, err := os.ReadFile(k.path(day))
	if err != nil {
		return nil, err
	}
	handle, _, err := k.unseal(day, sealed)
	if err != nil {
		return nil, err
	}
	return k.keep(day, handle)
}

// keep needs k.mu.
func (k *KeyFolder) keep(day string, handle *keyset.Handle) (tink.AEAD, error) {
	key, err := aead.New(handle)
	if err == nil {
		k.keys[day] = key
	}
	return key, err
}

// Days implements Keys.
func (k *KeyFolder) Days() ([]string, error) {
	entries, err := os.ReadDir(k.folder)
	if err != nil {
		return nil, err
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
	unlock, err := k.lock()
	if err != nil {
		return err
	}
	defer unlock()
	path := k.path(day)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := overwrite(path, info.Size()); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return err
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

func overwrite(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NOFOLLOW, 0) //nolint:gosec // ours, in the folder of the settings; no link of somebody's is followed
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, size))
	return errors.Join(err, f.Sync(), f.Close())
}

// writeDurably makes a file that is there whole after a crash, or not at all.
func writeDurably(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // 0600
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(path string) error {
	d, err := os.Open(path) //nolint:gosec // one of ours
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
