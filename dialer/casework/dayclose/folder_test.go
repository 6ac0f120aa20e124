package dayclose

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestRootClosesForTheServer: what a command of root's writes for the ward lies in the server's folder, which goes on there.
func TestRootClosesForTheServer(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	const server = 65534
	f := Folder(t.TempDir())
	if err := os.Chown(string(f), server, server); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write("records", "2026-12-01/records.csv", []byte("a"), 1); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"2026-12-01", "2026-12-01/records.csv"} {
		info, err := os.Stat(filepath.Join(string(f), name))
		if err != nil {
			t.Fatal(err)
		}
		if is, _ := info.Sys().(*syscall.Stat_t); is.Uid != server || is.Gid != server {
			t.Errorf("%s is %d's", name, is.Uid)
		}
	}
}
