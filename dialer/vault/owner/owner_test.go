package owner

import (
	"os"
	"path/filepath"
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
