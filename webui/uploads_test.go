package webui

import (
	"path/filepath"
	"strings"
	"testing"

	"kakeru/dialer/casework"
)

// TestAnUploadNeverTouchesADisk: a list is personal data in plain, and a form that is too large for memory would be put into a
// temporary file. Here there is no place for one.
func TestAnUploadNeverTouchesADisk(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "not there"))
	h := open(t)
	c := h.as("supervisor")
	rows := strings.Repeat("a line of a list of the ward's\n", 100_000) // 3 MB
	for _, path := range []string{"/api/lists", "/api/payments"} {
		id := into[struct{ List string }](t, c.uploadTo(path, "list.csv", rows).want(t, 202)).List
		eventually(t, "it is staged", func() bool {
			p := into[struct {
				State string
				Rows  int
			}](t, c.do("GET", path+"/"+id, nil).want(t, 200))
			return p.State == listStaged && p.Rows == 100_000
		})
	}
}

// TestOnlySoManyListsAtOnce: each list that is being read is in memory whole, so a few are taken and the next has to wait.
func TestOnlySoManyListsAtOnce(t *testing.T) {
	h := open(t)
	c := h.as("supervisor")
	for _, id := range []string{"a", "b", "c", "d"} {
		h.server.jobs.set(casework.Preview{List: id, State: listStaging})
	}
	for _, path := range []string{"/api/lists", "/api/payments"} {
		c.uploadTo(path, "list.csv", "a\n").problem(t, 429, "case_busy")
	}
	h.server.jobs.set(casework.Preview{List: "d", State: listFailed}) // is not worked on
	c.upload("list.csv", "a\n").want(t, 202)
}
