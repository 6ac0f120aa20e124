package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer/audit"
)

// TestAuditFromClickToProof: an operator opens a case; the ward finds who did by 宛名番号; the command finds nothing wrong. Then
// somebody with the database's password takes their own entry out: the command names it, the server tells the supervisor, and what
// is cut off at the end is found by the node's anchor.
func TestAuditFromClickToProof(t *testing.T) {
	h := newHouse(t, houseOptions{cases: 10})
	h.start()
	operator, ward := h.signIn("operator1"), h.signIn("ward")
	id := h.caseEnding("05")
	h.must(operator.call(t.Context(), http.MethodGet, "/api/cases/"+string(id), nil, nil))
	file, err := h.ledger.Case(t.Context(), id)
	h.must(err)
	var found struct {
		Items []struct {
			N      int64
			ByName string `json:"by_name"`
			Action audit.Action
		}
	}
	h.must(ward.call(t.Context(), http.MethodPost, "/api/audit/search", map[string]any{"ward_number": file.WardNumber}, &found))
	if len(found.Items) != 1 || found.Items[0].Action != audit.CaseRead || found.Items[0].ByName != "見本 一郎" {
		t.Fatalf("the ward finds %+v", found)
	}
	if r := h.command("audit", "verify", "--config", h.config()); r.status != 0 || !strings.Contains(r.out, "entries, 1 anchors") && !strings.Contains(r.out, "entries, 0 anchors") {
		t.Errorf("verify: %d\n%s%s", r.status, r.out, r.err)
	}
	if r := h.command("audit", "list", "--action", "case_read", "--config", h.config()); r.status != 0 || strings.Count(r.out, "\n") != 2 || strings.Contains(r.out, file.WardNumber) {
		t.Errorf("list: %d\n%s%s", r.status, r.out, r.err)
	}
	kept := h.command("audit", "anchor", "--config", h.config())
	anchor, err := audit.ParseAnchor(strings.TrimSpace(kept.out))
	h.must(err)
	anchors := filepath.Join(h.dir, "ward.txt")
	h.must(os.WriteFile(anchors, []byte("# kept by the ward\n"+kept.out), 0o600))

	db, err := pgx.Connect(t.Context(), h.postgres.URL(database))
	h.must(err)
	defer func() { _ = db.Close(t.Context()) }()
	sql := func(text string, args ...any) {
		t.Helper()
		_, err := db.Exec(t.Context(), text, args...)
		h.must(err)
	}
	sql("ALTER TABLE audit DISABLE TRIGGER USER")
	sql("DELETE FROM audit WHERE n = $1", found.Items[0].N)
	r := h.command("audit", "verify", "--config", h.config())
	if want := (audit.Finding{Fault: audit.FaultMissing, N: found.Items[0].N, To: found.Items[0].N}).String(); r.status != 1 || !strings.Contains(r.out, want) {
		t.Errorf("verify: %d, it does not say %q\n%s%s", r.status, want, r.out, r.err)
	}
	var state struct {
		Check struct{ Findings []audit.Finding }
	}
	h.must(ward.call(t.Context(), http.MethodPost, "/api/audit/check", nil, &state))
	if len(state.Check.Findings) == 0 {
		t.Error("the server finds nothing")
	}
	sql("DELETE FROM audit WHERE n >= $1", found.Items[0].N)
	r = h.command("audit", "verify", "--anchors", anchors, "--config", h.config())
	if r.status != 1 || !strings.Contains(r.out, "cut off") || !strings.Contains(r.out, "before entry") {
		t.Errorf("what was cut off before entry %d: %d\n%s%s", anchor.N, r.status, r.out, r.err)
	}
	if r := h.command("audit", "verify", "--anchors", filepath.Join(h.dir, "none.txt"), "--config", h.config()); r.status != 2 {
		t.Errorf("a file that is not there: %d %s", r.status, r.err)
	}
	if r := h.command("audit", "burn"); r.status != 2 {
		t.Errorf("an unknown word: %d %s", r.status, r.err)
	}
}

// TestAnIncidentsEvidence: who was in question could see one case; the ward takes all that is kept of it, with the sums that fit.
func TestAnIncidentsEvidence(t *testing.T) {
	h := newHouse(t, houseOptions{cases: 10})
	h.start()
	operator, supervisor, ward := h.signIn("operator1"), h.signIn("supervisor"), h.signIn("ward")
	began := time.Now()
	id := h.caseEnding("05")
	h.must(operator.call(t.Context(), http.MethodGet, "/api/cases/"+string(id), nil, nil))
	h.must(operator.call(t.Context(), http.MethodGet, "/api/cases/"+string(id), nil, nil))
	h.must(supervisor.call(t.Context(), http.MethodGet, "/api/cases/"+string(h.caseEnding("41")), nil, nil))
	who, err := h.ledger.UserByLogin(t.Context(), "operator1")
	h.must(err)
	stranger, err := newPanelClient("http://" + h.http)
	h.must(err)
	if err := stranger.call(t.Context(), http.MethodPost, "/api/session", map[string]string{"login": "operator1", "password": "guessed"}, nil); err == nil {
		t.Fatal("a wrong password was taken")
	}
	h.eventually("the refusal stands in the record", func() bool {
		found, err := h.ledger.Entries(t.Context(), audit.Query{Action: audit.SignInRefused, Most: 1})
		return err == nil && len(found) == 1
	})
	var told struct {
		Incident struct{ ID int64 }
		Reach    struct{ Persons, Entries, Held int }
	}
	h.must(supervisor.call(t.Context(), http.MethodPost, "/api/incidents", map[string]any{
		"kind": "leaked", "found_at": time.Now(), "from": began.Add(-time.Minute), "until": time.Now(), "who": []string{string(who.ID)}, "malice": true,
		"what": "画面を撮影された", "cause": "", "done": "", "future": "",
	}, &told))
	if told.Reach.Persons != 1 || told.Reach.Entries != 2 || told.Reach.Held != 10 {
		t.Errorf("in reach: %+v", told.Reach)
	}
	resp, err := ward.http.Get("http://" + h.http + fmt.Sprintf("/api/incidents/%d/evidence", told.Incident.ID)) //nolint:noctx // a test's
	h.must(err)
	b, err := io.ReadAll(resp.Body)
	h.must(errors.Join(err, resp.Body.Close()))
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	h.must(err)
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		h.must(err)
		content, err := io.ReadAll(r)
		h.must(err)
		files[f.Name] = string(content)
	}
	n := strings.Count(files["audit.csv"], "case_read")
	if n != 2 || !strings.Contains(files["audit-check.txt"], "0 findings") || !strings.Contains(files["incident.json"], "画面を撮影された") {
		t.Errorf("%d readings, %s", n, files["audit-check.txt"])
	}
	rows := strings.Split(strings.TrimSpace(files["audit.csv"]), "\n")
	if n := strings.Count(files["audit.csv"], "sign_in_refused"); n != 1 || !slices.IsSortedFunc(rows[1:], oldestFirst) || strings.Contains(files["audit.csv"], ",supervisor,") {
		t.Errorf("%d refused sign-ins in\n%s", n, files["audit.csv"])
	}
	for line := range strings.Lines(files["SHA256SUMS"]) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		if got := fmt.Sprintf("%x", sha256.Sum256([]byte(files[name]))); got != sum {
			t.Errorf("%s has another sum", name)
		}
	}
	if len(files) != 6 || strings.Count(files["SHA256SUMS"], "\n") != 5 {
		t.Errorf("the file holds %d files", len(files))
	}
}

// oldestFirst compares two rows of the record by their time.
func oldestFirst(a, b string) int {
	return strings.Compare(strings.Split(a, ",")[1], strings.Split(b, ",")[1])
}
