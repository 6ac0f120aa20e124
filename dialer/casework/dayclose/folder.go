package dayclose

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
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
	path, err := f.path(name)
	if err != nil {
		return File{}, err
	}
	if err := replace(path, data); err != nil {
		return File{}, fmt.Errorf("the ward's file %s cannot be written: %w", name, err)
	}
	return file, f.Check(file)
}

// replace puts data at path whole or not at all: another name first, to disk, then renamed, then the folder to disk.
func replace(path string, data []byte) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	t, err := os.CreateTemp(filepath.Dir(path), ".writing-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(t.Name())
		}
	}()
	_, err = t.Write(data)
	err = errors.Join(err, t.Sync(), t.Close())
	if err == nil {
		err = os.Rename(t.Name(), path)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(path))
	}
	return err
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
