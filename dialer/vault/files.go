package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"

	"kakeru/dialer/vault/owner"
)

const (
	keySuffix  = ".key"
	goneSuffix = ".gone" // the tombstone
	newPrefix  = ".new-"
)

// keyFile is what a key's file holds: two of Tink's key sets, as they are or wrapped by a master.
type keyFile struct {
	Seal    json.RawMessage `json:"seal,omitempty"`  // AES-256-GCM
	Index   json.RawMessage `json:"index,omitempty"` // HMAC-SHA-256 as a PRF
	Master  string          `json:"master,omitempty"`
	Wrapped []byte          `json:"wrapped,omitempty"` // a keyFile that is not wrapped
}

func (v *Vault) path(id KeyID, suffix string) string {
	return filepath.Join(v.folder, string(id)+suffix)
}

// open finishes what a crash left: keys that have a tombstone, and files that were never whole.
func (v *Vault) open() error {
	if err := owner.Folder(v.folder); err != nil {
		return fmt.Errorf("vault.folder: %w", err)
	}
	info, err := os.Stat(v.folder)
	if err != nil {
		return fmt.Errorf("vault.folder: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("vault.folder: others may read %s, which holds the keys of personal data; chmod 700 it", v.folder)
	}
	gone, err := v.list(goneSuffix)
	if err != nil {
		return fmt.Errorf("vault.folder: %w", err)
	}
	for _, id := range gone {
		if err := v.destroy(id); err != nil {
			return fmt.Errorf("vault.folder: %w", err)
		}
	}
	return nil
}

// list names the files of a sort. A folder with a hundred days and some thousand matters is read in a few milliseconds.
func (v *Vault) list(suffix string) (ids []KeyID, err error) {
	entries, err := os.ReadDir(v.folder)
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), suffix); ok && wellNamed.MatchString(name) {
			ids = append(ids, KeyID(name))
		}
	}
	return ids, err
}

// stat says whether a key is there, and whether it was destroyed.
func (v *Vault) stat(id KeyID) (there, gone bool, err error) {
	if gone, err = exists(v.path(id, goneSuffix)); err != nil || gone {
		return false, gone, err
	}
	there, err = exists(v.path(id, keySuffix))
	return there, false, err
}

func exists(path string) (bool, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// bear puts a new key in its place, unless another process was faster. The name appears with all of its octets on disk.
func (v *Vault) bear(id KeyID) error {
	text, err := newKey()
	if err == nil {
		text, err = v.wrap(id, text)
	}
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(v.folder, newPrefix) // 0600
	if err != nil {
		return fmt.Errorf("vault.folder: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(text)
	if err = errors.Join(err, owner.LikeFolder(f, v.folder), f.Sync(), f.Close(), v.step("written")); err != nil {
		return fmt.Errorf("vault.folder: %w", err)
	}
	if err := os.Link(f.Name(), v.path(id, keySuffix)); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("vault.folder: %w", err)
	}
	if err := errors.Join(v.step("linked"), syncFolder(v.folder)); err != nil {
		return fmt.Errorf("vault.folder: %w", err)
	}
	// A destruction that began meanwhile has left its tombstone before it looked for the key.
	if gone, err := exists(v.path(id, goneSuffix)); err != nil || gone {
		return errors.Join(err, v.destroy(id), ErrDestroyed)
	}
	return nil
}

func newKey() ([]byte, error) {
	var file keyFile
	for _, part := range []struct {
		to   *json.RawMessage
		make func() (*keyset.Handle, error)
	}{
		{&file.Seal, func() (*keyset.Handle, error) { return keyset.NewHandle(aead.AES256GCMKeyTemplate()) }},
		{&file.Index, func() (*keyset.Handle, error) { return keyset.NewHandle(prf.HMACSHA256PRFKeyTemplate()) }},
	} {
		handle, err := part.make()
		if err != nil {
			return nil, err
		}
		var text bytes.Buffer
		if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&text)); err != nil {
			return nil, err
		}
		*part.to = text.Bytes()
	}
	return json.Marshal(file)
}

// text is a key's file as it lies there. Where another has come in its place while it was read, its octets were being written over (Vault.replace): then that one
// is read.
func (v *Vault) text(id KeyID) ([]byte, error) {
	for {
		text, stands, err := readStanding(v.path(id, keySuffix))
		if err != nil || stands {
			return text, err
		}
	}
}

// readStanding reads a file, and says whether it stands at its path yet. It is open all the while, so that no other can have its number.
func readStanding(path string) (text []byte, stands bool, err error) {
	f, err := os.Open(path) //nolint:gosec // ours, in the folder of the settings
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = f.Close() }()
	text, err = io.ReadAll(f)
	if err != nil {
		return nil, false, err
	}
	read, err := f.Stat()
	if err != nil {
		return nil, false, err
	}
	there, err := os.Stat(path)
	return text, err == nil && os.SameFile(read, there), err
}

func (v *Vault) read(id KeyID) (*key, error) {
	text, err := v.text(id)
	if err != nil {
		return nil, fmt.Errorf("vault.folder: %w", err)
	}
	broken := notWhole(id) // a library's text might quote it
	var file keyFile
	if json.Unmarshal(text, &file) != nil {
		return nil, broken
	}
	if file.Wrapped != nil {
		if text, _, err = v.unwrap(id, file); err != nil {
			return nil, err
		}
		file = keyFile{}
		if json.Unmarshal(text, &file) != nil {
			return nil, broken
		}
	}
	seal, err1 := handle(file.Seal)
	index, err2 := handle(file.Index)
	if err1 != nil || err2 != nil {
		return nil, broken
	}
	var a tink.AEAD
	a, err1 = aead.New(seal)
	p, err2 := prf.NewPRFSet(index)
	if err1 != nil || err2 != nil {
		return nil, broken
	}
	return &key{aead: a, prf: p}, nil
}

func handle(text []byte) (*keyset.Handle, error) {
	return insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(text)))
}

// destroy does what is left of a destruction. Needs v.mu, or to be alone.
func (v *Vault) destroy(id KeyID) error {
	if err := v.tombstone(id); err != nil {
		return fmt.Errorf("a key cannot be destroyed: %w", err)
	}
	if err := v.destroyHalf(id); err != nil {
		return fmt.Errorf("a key cannot be destroyed: %w", err)
	}
	path := v.path(id, keySuffix)
	err := overwrite(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // there was none, or another process was here at the same time
	}
	if err = errors.Join(err, v.step("overwritten")); err != nil {
		return fmt.Errorf("a key cannot be destroyed: %w", err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("a key cannot be destroyed: %w", err)
	}
	if err := errors.Join(v.step("removed"), syncFolder(v.folder)); err != nil {
		return fmt.Errorf("a key cannot be destroyed: %w", err)
	}
	return nil
}

func (v *Vault) tombstone(id KeyID) error {
	f, err := os.OpenFile(v.path(id, goneSuffix), os.O_WRONLY|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(owner.LikeFolder(f, v.folder), f.Sync(), f.Close(), syncFolder(v.folder), v.step("tombstone"))
}

func overwrite(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NOFOLLOW, 0) //nolint:gosec // ours, in the folder of the settings
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		_, err = f.Write(make([]byte, info.Size()))
	}
	return errors.Join(err, f.Sync(), f.Close())
}

func syncFolder(path string) error {
	d, err := os.Open(path) //nolint:gosec // one of ours
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
