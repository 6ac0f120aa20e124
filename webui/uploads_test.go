package webui

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"kakeru/dialer"
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
		c.uploadTo(path, "list.csv", "a\n").problem(t, 503, "case_busy")
	}
	h.server.jobs.set(casework.Preview{List: "d", State: listFailed}) // is not worked on
	c.upload("list.csv", "a\n").want(t, 202)
}

// TestAPlaceIsTakenBeforeTheBodyIsRead: with all places taken an upload is refused although nothing of its body has come, and places are
// given back by uploads that are refused.
func TestAPlaceIsTakenBeforeTheBodyIsRead(t *testing.T) {
	h := open(t)
	cookie := h.as("supervisor").cookie()
	send := func(body io.Reader) int {
		r := httptest.NewRequest(http.MethodPost, "http://"+"kakeru.example"+"/api/lists", body)
		r.Header.Set("Cookie", cookie)
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		return h.handle(r).Code
	}
	all := []dialer.UserID{"a", "b", "c", "d"}[:mostJobs]
	for _, id := range all {
		if p := h.server.jobs.take(dialer.User{ID: id, Role: dialer.RoleSupervisor}); p != nil {
			t.Fatalf("no place at the beginning: %v", p)
		}
	}
	if code := send(unread{t}); code != http.StatusServiceUnavailable {
		t.Errorf("with all places taken: %d", code)
	}
	for _, id := range all {
		h.server.jobs.leave(id)
	}
	for range 2 * mostJobs {
		if code := send(strings.NewReader("no form")); code < 400 || code >= 500 {
			t.Errorf("a body that is no form: %d", code)
		}
	}
}

// unread is a body that nobody is to read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

// TestANameThatDoesNotFit: a list is text, and its name says so; a workbook by any name goes to what refuses it with how to save it.
func TestANameThatDoesNotFit(t *testing.T) {
	h := open(t)
	c := h.as("supervisor")
	for _, way := range []string{"/api/lists", "/api/payments"} {
		for _, name := range []string{"list.xlsx", "list.exe", "list.csv.html", "list", ".csv/evil.js", "list.csv "} {
			p := c.uploadTo(way, name, "a\n").problem(t, http.StatusUnprocessableEntity, ruleInvalid)
			if len(p.Errors) != 1 || p.Errors[0].Field != "file" || p.Errors[0].Code != "extension" {
				t.Errorf("%s %q: %+v", way, name, p)
			}
		}
		for name, text := range map[string]string{"LIST.CSV": "a\n", "list.txt": "a\n", "list.tsv": "a\n", "book.xlsx": "PK\x03\x04", "book.csv": "PK\x03\x04"} {
			h2 := open(t) // only so many are read at once
			h2.as("supervisor").uploadTo(way, name, text).want(t, http.StatusAccepted)
		}
	}
}
