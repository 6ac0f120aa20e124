package recording

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/tink-crypto/tink-go/v2/keyset"
)

// Rotate seals all days' keys anew under the master key, which afterwards alone opens them: the one before opens nothing in the folder any
// more. It returns how many were sealed anew. Cut off, each key's file is the old one or the new one, and it is finished by being asked again.
// Servers may run meanwhile, if they know both master keys. What was recorded is not touched: a day's key stays the same.
func (k *KeyFolder) Rotate() (sealed int, err error) {
	if err := k.Expect(); err != nil { // else none would be sealed anew, and the master key before be destroyed
		return 0, err
	}
	days, err := k.Days()
	if err != nil {
		return 0, err
	}
	for _, day := range days {
		done, err := k.reseal(day)
		if err != nil {
			return sealed, fmt.Errorf("after %d of %d keys: %w", sealed, len(days), err)
		}
		if done {
			sealed++
		}
	}
	return sealed, nil
}

func (k *KeyFolder) reseal(day string) (done bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	unlock, err := k.lock()
	if err != nil {
		return false, err
	}
	defer unlock()
	text, err := os.ReadFile(k.path(day))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // destroyed meanwhile, and it must not come back
	}
	if err != nil {
		return false, err
	}
	handle, by, err := k.unseal(day, text)
	if err != nil || by == 0 {
		return false, err
	}
	sealed, err := k.seal(day, handle)
	if err != nil {
		return false, err
	}
	return true, replaceDurably(k.path(day), sealed)
}

// seal is a day's key under the master key, as its file holds it.
func (k *KeyFolder) seal(day string, handle *keyset.Handle) ([]byte, error) {
	var sealed bytes.Buffer
	err := handle.WriteWithAssociatedData(keyset.NewBinaryWriter(&sealed), k.masters[0], purpose(day))
	return sealed.Bytes(), err
}

// unseal opens a day's key, and says by which of the master keys.
func (k *KeyFolder) unseal(day string, sealed []byte) (handle *keyset.Handle, by int, err error) {
	for i, master := range k.masters {
		handle, err = keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(sealed)), master, purpose(day))
		if err == nil {
			return handle, i, nil
		}
	}
	return nil, 0, fmt.Errorf("the key of %s does not open: it was altered, or recording.key_file is another one", day)
}

// lock keeps apart, between processes too, what seals a key anew and what destroys it: one that was destroyed must not come back.
func (k *KeyFolder) lock() (unlock func(), err error) {
	folder, err := os.Open(k.folder)
	if err != nil {
		return nil, fmt.Errorf("recording.keys_folder: %w", err)
	}
	if err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX); err != nil { //nolint:gosec // a file's number
		return nil, errors.Join(fmt.Errorf("recording.keys_folder: %w", err), folder.Close())
	}
	return func() { _ = folder.Close() }, nil
}
