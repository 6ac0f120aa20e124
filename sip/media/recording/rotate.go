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
	days, err := k.Days()
	if err != nil {
		return 0, fmt.Errorf("recording.keys_folder: %w", err)
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
	return true, k.seal(day, handle)
}

// seal writes a day's key under the master key.
func (k *KeyFolder) seal(day string, handle *keyset.Handle) error {
	var sealed bytes.Buffer
	if err := handle.WriteWithAssociatedData(keyset.NewBinaryWriter(&sealed), k.masters[0], purpose(day)); err != nil {
		return err
	}
	return writeDurably(k.path(day), sealed.Bytes())
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
