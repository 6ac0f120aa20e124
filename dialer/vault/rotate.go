package vault

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"kakeru/dialer/vault/owner"
)

// halfPrefix begins the name of a key's file that is being wrapped anew. It has the key's own name, so that its destruction finds it too.
const halfPrefix = ".rewrap-"

func (v *Vault) half(id KeyID) string { return filepath.Join(v.folder, halfPrefix+string(id)) }

// aboutKey binds a wrapped key to its name.
func aboutKey(id KeyID) []byte { return bound(id, []byte("wrapped by the master")) }

// wrap is the text of a key's file.
func (v *Vault) wrap(id KeyID, text []byte) ([]byte, error) {
	if len(v.masters) == 0 {
		return text, nil
	}
	m := v.masters[0]
	sealed, err := m.Wrap(text, aboutKey(id))
	if err != nil {
		return nil, fmt.Errorf("vault.master: a new key cannot be wrapped: %w", err)
	}
	return json.Marshal(keyFile{Master: m.Name(), Wrapped: sealed})
}

// unwrap is the text that was wrapped, and which of the masters opened it.
func (v *Vault) unwrap(id KeyID, file keyFile) (text []byte, by int, err error) {
	err = ErrNoMaster
	for i, m := range v.masters {
		if m.Name() != file.Master {
			continue
		}
		if text, err = m.Unwrap(file.Wrapped, aboutKey(id)); err == nil {
			return text, i, nil
		}
	}
	if errors.Is(err, ErrNoMaster) {
		return nil, 0, fmt.Errorf("the key %s is wrapped by %s, and %w: put that back (vault.master or vault.former). Without it the personal data "+
			"under this key is lost; attempts, results, counts, reports and references are not. docs/operations.md, \"A key is lost\", says how to go on", id, file.Master, err)
	}
	return nil, 0, fmt.Errorf("vault.master: the key %s does not open: %w", id, err)
}

// Current is the name of the master that wraps what is made from now on; empty where none does.
func (v *Vault) Current() string {
	if len(v.masters) == 0 {
		return ""
	}
	return v.masters[0].Name()
}

// Standing says which master wraps how many of the keys, by its name; "" are those that none does.
func (v *Vault) Standing() (map[string]int, error) {
	ids, err := v.list(keySuffix)
	if err != nil {
		return nil, err
	}
	all := map[string]int{}
	for _, id := range ids {
		file, err := v.peek(id)
		if errors.Is(err, fs.ErrNotExist) {
			continue // destroyed meanwhile
		}
		if err != nil {
			return nil, err
		}
		all[file.Master]++
	}
	return all, nil
}

// peek reads a key's file as it lies there: fs.ErrNotExist also of one that another process is just destroying, whose octets are going.
func (v *Vault) peek(id KeyID) (file keyFile, err error) {
	text, err := v.text(id)
	if err != nil || json.Unmarshal(text, &file) == nil {
		return file, err
	}
	switch gone, err := exists(v.path(id, goneSuffix)); {
	case err != nil:
		return file, fmt.Errorf("vault.folder: %w", err)
	case gone:
		return file, fs.ErrNotExist
	}
	return file, notWhole(id)
}

// errNotWhole is a key's file that nothing can be made of.
var errNotWhole = errors.New("is not whole; put its file back from the folder's other nodes")

func notWhole(id KeyID) error { return fmt.Errorf("vault.folder: the key %s %w", id, errNotWhole) }

// IsLost reports whether what keeps a key from being read will not pass by itself: no master that is known wraps it, or its file says nothing. A master that could not be
// asked just now loses none.
func IsLost(err error) bool {
	return errors.Is(err, ErrNoMaster) || errors.Is(err, ErrAltered) || errors.Is(err, errNotWhole)
}

// Lost lists the keys that none of the masters opens; not one that another process is just destroying.
func (v *Vault) Lost() ([]KeyID, error) {
	ids, err := v.list(keySuffix)
	if err != nil {
		return nil, err
	}
	var lost []KeyID
	for _, id := range ids {
		if _, err := v.read(id); err == nil {
			continue
		}
		if _, gone, err := v.stat(id); err == nil && gone {
			continue
		}
		lost = append(lost, id)
	}
	return lost, nil
}

// Rotate wraps all keys anew by the first master: those of the others, and those that stood as they are. Afterwards the others open
// nothing in the folder. Cut anywhere, each key's file is the old one or the new one, and it is finished by being asked again. Servers
// may run meanwhile, if they know both masters.
func (v *Vault) Rotate() (wrapped int, err error) {
	if len(v.masters) == 0 {
		return 0, errors.New("there is no master key to wrap with; set vault.master")
	}
	folder, err := os.Open(v.folder)
	if err != nil {
		return 0, fmt.Errorf("vault.folder: %w", err)
	}
	defer func() { _ = folder.Close() }()
	if err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil { //nolint:gosec // a file's number
		return 0, fmt.Errorf("vault.folder: somebody else is wrapping the keys anew (%w); try again when that is done", err)
	}
	ids, err := v.list(keySuffix)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		done, err := v.rewrap(id)
		if err != nil {
			return wrapped, fmt.Errorf("after %d of %d keys: %w", wrapped, len(ids), err)
		}
		if done {
			wrapped++
		}
	}
	return wrapped, nil
}

func (v *Vault) rewrap(id KeyID) (done bool, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	file, err := v.peek(id)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // destroyed meanwhile
	}
	if err != nil {
		return false, err
	}
	var text []byte
	if file.Wrapped == nil {
		text, err = json.Marshal(file)
	} else {
		var by int
		if text, by, err = v.unwrap(id, file); err == nil && by == 0 {
			return false, nil
		}
	}
	if err == nil {
		text, err = v.wrap(id, text)
	}
	if err != nil {
		return false, err
	}
	return true, v.replace(id, text)
}

// replace puts a key's new file in the place of the old one, whose octets are written over. A destruction that comes between wins.
func (v *Vault) replace(id KeyID, text []byte) error {
	if err := v.destroyHalf(id); err != nil { // of a rotation that was cut
		return err
	}
	f, err := os.OpenFile(v.half(id), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("vault.folder: %w", err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, owner.LikeFolder(f, v.folder), f.Sync(), f.Close(), v.step("half")); err != nil {
		return fmt.Errorf("vault.folder: %w", err)
	}
	old, err := os.OpenFile(v.path(id, keySuffix), os.O_WRONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return v.overtaken(id, err)
	}
	defer func() { _ = old.Close() }()
	if err := os.Rename(v.half(id), v.path(id, keySuffix)); err != nil {
		return v.overtaken(id, err)
	}
	if err := errors.Join(v.step("renamed"), syncFolder(v.folder)); err != nil {
		return fmt.Errorf("vault.folder: %w", err)
	}
	info, err := old.Stat()
	if err == nil {
		_, err = old.Write(make([]byte, info.Size()))
	}
	if err = errors.Join(err, old.Sync()); err != nil {
		return fmt.Errorf("vault.folder: %w", err)
	}
	return v.overtaken(id, nil)
}

// overtaken finishes the destruction of a key that was destroyed while it was wrapped anew; err is what went wrong otherwise.
func (v *Vault) overtaken(id KeyID, err error) error {
	gone, lookErr := exists(v.path(id, goneSuffix))
	if gone {
		return v.destroy(id)
	}
	if err = errors.Join(err, lookErr); err != nil {
		return fmt.Errorf("vault.folder: %w", err)
	}
	return nil
}

// destroyHalf ends what a rotation that was cut left of a key.
func (v *Vault) destroyHalf(id KeyID) error {
	err := overwrite(v.half(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = os.Remove(v.half(id))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
