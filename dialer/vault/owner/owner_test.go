package owner

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestAFileOfAnotherNameIsNotGivenAway: whoever may write the folder can have a file there that is root's elsewhere. One that a close has removed
// while keys are wrapped anew has no name at all, and stops nothing.
func TestAFileOfAnotherNameIsNotGivenAway(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	folder := t.TempDir()
	f, err := os.Create(filepath.Join(folder, "half"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	another := filepath.Join(folder, "another")
	if err := os.Link(f.Name(), another); err != nil {
		t.Fatal(err)
	}
	if err := LikeFolder(f, folder); err == nil {
		t.Error("a file of two names was given away")
	}
	for _, name := range []string{another, f.Name()} {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
		if err := LikeFolder(f, folder); err != nil {
			t.Errorf("without %s: %v", filepath.Base(name), err)
		}
	}
}

// TestAFolderIsWhoseTheOneAboveItIs: what root's command makes on the way is the server's, which is to write there afterwards.
func TestAFolderIsWhoseTheOneAboveItIs(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	const server = 65534
	state := t.TempDir()
	if err := os.Chown(state, server, server); err != nil {
		t.Fatal(err)
	}
	day := filepath.Join(state, "returns", "2026-12-01")
	for range 2 {
		if err := Folder(day); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{filepath.Dir(day), day} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if is, _ := info.Sys().(*syscall.Stat_t); is.Uid != server || is.Gid != server || info.Mode().Perm() != 0o700 {
			t.Errorf("%s is %d's, %v", filepath.Base(path), is.Uid, info.Mode())
		}
	}
	if err := os.WriteFile(filepath.Join(state, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Folder(filepath.Join(state, "file", "below")); err == nil {
		t.Error("a folder was made below a file")
	}
	// A link in the place of a folder is followed to what is there, and given to nobody.
	if err := os.Symlink("/", filepath.Join(state, "link")); err != nil {
		t.Fatal(err)
	}
	if err := Folder(filepath.Join(state, "link")); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat("/"); err != nil || info.Sys().(*syscall.Stat_t).Uid != 0 {
		t.Error("the root folder was given away")
	}
}
