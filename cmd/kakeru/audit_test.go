package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
