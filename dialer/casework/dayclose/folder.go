package dayclose

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	"kakeru/dialer/vault/owner"
)

// Folder is where the ward's files are left.
type Folder string

// Write leaves a file there so that it survives a loss of power, and reads it back. Of a file that is there already only one with
// other contents is written again.
func (f Folder) Write(kind, name string, data []byte, rows int) (File, error) {
	sum := sha256.Sum256(data)
	file := File{Kind: kind, Name: name, SHA256: hex.EncodeToString(sum[:]), Octets: int64(len(data)), Rows: rows}
	if f.Check(file) == nil {
		return file, nil
	}
	w, err := f.Create(kind, name)
	if err != nil {
		return File{}, err
	}
	defer w.Discard()
	if _, err := w.Write(data); err != nil {
		return File{}, err
	}
	return w.Keep(rows)
}

// Writing is a file of the ward's that is being written piece by piece. It is there once it is kept, whole or not at all: it has another name first, goes to disk, is
// renamed, and then its folder goes to disk.
type Writing struct {
	folder Folder
	file   File
	path   string
	t      *os.File
	sum    hash.Hash
}

// Create begins a file of which nobody needs to have all in memory. Whoever creates one keeps or discards it.
func (f Folder) Create(kind, name string) (*Writing, error) {
	path, err := f.path(name)
	if err != nil {
		return nil, err
	}
	w := &Writing{folder: f, file: File{Kind: kind, Name: name}, path: path, sum: sha256.New()}
	if err := owner.Folder(filepath.Dir(path)); err != nil {
		return nil, w.told(err)
	}
	if w.t, err = os.CreateTemp(filepath.Dir(path), ".writing-*"); err == nil {
		err = owner.LikeFolder(w.t, filepath.Dir(path)) // a command of root's closes a day, too, and the server goes on with it
	}
	return w, w.told(err)
}

func (w *Writing) told(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the ward's file %s cannot be written: %w", w.file.Name, err)
}

// Write adds to the file.
func (w *Writing) Write(p []byte) (int, error) {
	n, err := w.t.Write(p)
	_, _ = w.sum.Write(p[:n]) // never fails
	w.file.Octets += int64(n)
	return n, w.told(err)
}

// Keep leaves what was written in its place, and reads it back. A file that is there already and says the same stays.
func (w *Writing) Keep(rows int) (File, error) {
	defer w.Discard()
	w.file.Rows, w.file.SHA256 = rows, hex.EncodeToString(w.sum.Sum(nil))
	if w.folder.Check(w.file) == nil {
		return w.file, nil
	}
	err := errors.Join(w.t.Sync(), w.t.Close())
	if err == nil {
		err = os.Rename(w.t.Name(), w.path)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(w.path))
	}
	if err != nil {
		return File{}, w.told(err)
	}
	return w.file, w.folder.Check(w.file)
}

// Discard leaves nothing of a file that was not kept; of one that was it takes nothing.
func (w *Writing) Discard() {
	_ = w.t.Close()
	_ = os.Remove(w.t.Name())
}

func syncFolder(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // one of ours
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Check reads a file and says whether it is the one that was written.
func (f Folder) Check(file File) error {
	path, err := f.path(file.Name)
	if err != nil {
		return err
	}
	r, err := os.Open(path) //nolint:gosec // path keeps it in the folder of the settings
	if err != nil {
		return fmt.Errorf("the ward's file %s cannot be read: %w", file.Name, err)
	}
	defer func() { _ = r.Close() }()
	h := sha256.New()
	n, err := io.Copy(h, r)
	if err != nil {
		return fmt.Errorf("the ward's file %s cannot be read: %w", file.Name, err)
	}
	if n != file.Octets || hex.EncodeToString(h.Sum(nil)) != file.SHA256 {
		return fmt.Errorf("the ward's file %s is not as it was written: put it back, or give this close up and close again", file.Name)
	}
	return nil
}

// Open opens a file that is as it was written.
func (f Folder) Open(file File) (*os.File, error) {
	if err := f.Check(file); err != nil {
		return nil, err
	}
	path, err := f.path(file.Name)
	if err != nil {
		return nil, err
	}
	return os.Open(path) //nolint:gosec // path keeps it in the folder of the settings
}

// path keeps names within the folder.
func (f Folder) path(name string) (string, error) {
	local, err := filepath.Localize(name)
	if err != nil {
		return "", fmt.Errorf("%q is no name of a file of the ward's", name)
	}
	return filepath.Join(string(f), local), nil
}
