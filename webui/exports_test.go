package webui

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/casework/dayclose"
	"kakeru/dialer/casework/returns"
)

// records stands in for the exporter: rows that wait, and the exports that took them.
type records struct {
	mu       sync.Mutex
	waiting  int
	gone     int
	goneUpto string // what went back for good
	replaced []string
	text     map[dialer.CaseID]string
	folder   dayclose.Folder
	list     []returns.Export
}

func (r *records) Export(_ context.Context, day dialer.Date, by dialer.UserID, again bool) (returns.Export, []string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := returns.Export{ID: fmt.Sprintf("export-%d", len(r.list)+1), Day: day, By: by, At: tuesday, Again: again, Firsts: r.waiting}
	if again {
		e.Repeats = r.gone
	}
	switch {
	case day.String() <= r.goneUpto:
		return e, nil, returns.ErrGone
	case e.Firsts+e.Repeats == 0:
		return e, nil, returns.ErrNothing
	}
	f, err := r.folder.Write("records", day.String()+"/records-"+e.ID+".csv", []byte("1,2\r\n"), e.Firsts+e.Repeats)
	e.Files = []dayclose.File{f}
	r.gone, r.waiting = r.gone+r.waiting, 0
	r.list = append([]returns.Export{e}, r.list...)
	return e, r.replaced, err
}

func (r *records) Exports(context.Context, int) ([]returns.Export, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.list, nil
}

func (r *records) Waiting(context.Context, dialer.Date) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.waiting, nil
}

func (r *records) Open(_ context.Context, id string, n int) (dayclose.File, *os.File, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.list {
		if e.ID == id && n < len(e.Files) {
			f, err := r.folder.Open(e.Files[n])
			return e.Files[n], f, err
		}
	}
	return dayclose.File{}, nil, dialer.ErrNotFound
}

func (r *records) Record(_ context.Context, id dialer.CaseID, day dialer.Date) (string, int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if text := r.text[id]; text != "" && day == dialer.DateOf(tuesday) {
		return text, strings.Count(text, "\n") + 1, nil
	}
	return "", 0, nil
}

type exportsBody struct {
	Items   []Export
	Day     string
	Waiting int
}

// TestExportingBeforeTheClose: the supervisor writes what waits, once, and once more when asked; the ward reads who did it when, and
// takes the file.
func TestExportingBeforeTheClose(t *testing.T) {
	h := open(t)
	h.records.folder, h.records.waiting, h.records.replaced = dayclose.Folder(t.TempDir()), 3, []string{"records 2行 交渉経過: U+1F600 → 〓"}
	supervisor, ward := h.as("supervisor"), h.as("ward")
	list := func(c *client) exportsBody {
		t.Helper()
		return into[exportsBody](t, c.do(http.MethodGet, "/api/exports", nil).want(t, http.StatusOK))
	}
	if got := list(ward); got.Items == nil || len(got.Items) != 0 || got.Waiting != 3 || got.Day != "2026-11-24" {
		t.Fatalf("%+v", got)
	}
	day := map[string]any{"day": "2026-11-24"}
	type made struct {
		Export   Export
		Replaced []string
	}
	first := into[made](t, supervisor.do(http.MethodPost, "/api/exports", day).want(t, http.StatusCreated))
	if first.Export.Firsts != 3 || first.Export.ByName != "職員supervisor" || len(first.Replaced) != 1 || len(first.Export.Files[0].SHA256) != 64 {
		t.Errorf("%+v", first)
	}
	supervisor.do(http.MethodPost, "/api/exports", day).problem(t, http.StatusConflict, "nothing_to_export")
	supervisor.do(http.MethodPost, "/api/exports", map[string]any{"day": "2026-02-30"}).problem(t, http.StatusUnprocessableEntity, "invalid")
	again := into[made](t, supervisor.do(http.MethodPost, "/api/exports", map[string]any{"day": "2026-11-24", "again": true}).want(t, http.StatusCreated))
	if again.Export.Firsts != 0 || again.Export.Repeats != 3 || !again.Export.Again {
		t.Errorf("%+v", again)
	}
	h.records.goneUpto = "2026-11-23"
	supervisor.do(http.MethodPost, "/api/exports", map[string]any{"day": "2026-11-23", "again": true}).problem(t, http.StatusConflict, "day_gone")

	if got := list(ward); len(got.Items) != 2 || got.Waiting != 0 {
		t.Errorf("%+v", got)
	}
	file := "/api/exports/" + first.Export.ID + "/files/"
	for _, c := range []*client{supervisor, ward} {
		if got := c.do(http.MethodGet, file+"0", nil); got.status != http.StatusOK || string(got.body) != "1,2\r\n" {
			t.Errorf("%d %q", got.status, got.body)
		}
	}
	if !strings.Contains(h.logs.String(), "records were exported") || !strings.Contains(h.logs.String(), "a returned file was taken") {
		t.Error("who exported or took what is not in the log")
	}
	ward.do(http.MethodGet, file+"1", nil).problem(t, http.StatusNotFound, "not_found")
	if err := os.WriteFile(string(h.records.folder)+"/"+first.Export.Files[0].Name, []byte("2,2\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ward.do(http.MethodGet, file+"0", nil).problem(t, http.StatusGone, "not_found")
}

// TestARecordToPaste is for who reads the case whole: the supervisor, and the operator at whose desk it stands.
func TestARecordToPaste(t *testing.T) {
	h := open(t)
	h.records.text = map[dialer.CaseID]string{"case-1": "対応時刻:10:12 / 交渉経過:案内済み"}
	type record struct {
		Day, Text string
		Calls     int
	}
	const path = "/api/cases/case-1/record"
	got := into[record](t, h.as("supervisor").do(http.MethodGet, path, nil).want(t, http.StatusOK))
	if got.Day != "2026-11-24" || got.Calls != 1 || !strings.Contains(got.Text, "案内済み") {
		t.Errorf("%+v", got)
	}
	got = into[record](t, h.as("supervisor").do(http.MethodGet, path+"?day=2026-11-20", nil).want(t, http.StatusOK))
	if got.Text != "" || got.Calls != 0 || got.Day != "2026-11-20" {
		t.Errorf("%+v", got)
	}
	operator := h.as("operator")
	operator.do(http.MethodGet, path, nil).problem(t, http.StatusForbidden, "forbidden")
	h.desks[0].Operator, h.desks[0].CaseID = "user-operator", "case-1"
	operator.do(http.MethodGet, path, nil).want(t, http.StatusOK)
	h.as("operator2").do(http.MethodGet, path, nil).problem(t, http.StatusForbidden, "forbidden")
	h.as("supervisor").do(http.MethodGet, "/api/cases/nothing/record", nil).problem(t, http.StatusNotFound, "not_found")
	if strings.Contains(h.logs.String(), "案内済み") {
		t.Error("a record stands in the log")
	}
}
