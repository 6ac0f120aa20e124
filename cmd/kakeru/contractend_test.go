package main

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework/dayclose"
	"kakeru/dialer/dialertest/full"
)

// TestTheContractEnds over the whole binary: a talk that was recorded and whose wish nobody has answered; then the contract's end, with
// kill -9 in the middle. The wish is with the ward, nobody stands anywhere any more, the recording cannot be heard, and nothing is
// dialled, taken in or closed, on that day or after a restart.
func TestTheContractEnds(t *testing.T) {
	full.Only(t)
	t.Parallel()
	h, sound := recordingHouse(t)
	h.start()
	operator, chief := h.seated("operator1", "desk1"), h.signIn("supervisor")
	wish := "毎月十日に二回で払いたいとのこと"
	id := h.recordedTalk(operator)
	h.must(operator.call(t.Context(), http.MethodPost, "/api/calls/"+string(id)+"/hangup", nil, nil))
	h.ended(id)
	h.recorded(operator, id, map[string]any{
		"party": "self", "business_results": []string{"instalments"}, "note": "分割を希望", "handoffs": []map[string]string{{"kind": "instalments", "text": wish}},
	})
	words := append(h.everybody(), wish)
	if status, _ := h.listens("ward", id); status != http.StatusOK {
		t.Fatalf("before the end the recording is not heard: %d", status)
	}

	returned := filepath.Join(h.dir, "returns")
	h.must(os.RemoveAll(returned))
	h.must(os.WriteFile(returned, nil, 0o600)) // the folder is away: the close stands still
	day := h.closeState(chief).Day
	final := map[string]any{"day": day, "final": true}
	var no *problem
	if err := chief.call(t.Context(), http.MethodPost, "/api/close", final, nil); !errors.As(err, &no) || no.Rule != "not_confirmed" {
		t.Fatalf("unconfirmed: %v", err)
	}
	final["confirm"] = day
	h.must(chief.call(t.Context(), http.MethodPost, "/api/close", final, nil))
	h.eventually("the close says that it does not get on", func() bool { return h.closeState(chief).Stuck })
	over := func(what string, err error) {
		t.Helper()
		if !ruled(err, dialer.ContractEnded) {
			t.Errorf("%s: %v", what, err)
		}
	}
	click := func() error {
		return operator.call(t.Context(), http.MethodPost, "/api/calls", map[string]any{"desk": "desk1", "next": true}, nil)
	}
	over("a click meanwhile", click())
	h.kill()
	h.must(os.Remove(returned))
	h.start()
	var c dayclose.Close
	h.eventually("the close is carried on to its end", func() bool {
		closes, err := h.ledger.Closes(t.Context(), 1)
		if err == nil {
			c = closes[0]
		}
		return err == nil && c.Step == dayclose.Closed
	})
	if handed := h.returnedFile(returned, c, "handoffs"); !strings.Contains(handed, wish) || !strings.Contains(handed, "未確認") {
		t.Error("the hand-off that nobody had answered did not go back as it stood")
	}
	if handed := h.returnedFile(returned, c, "handover"); !strings.Contains(handed, "分割希望") || strings.Count(handed, "\r\n") < 2 {
		t.Error("the hand-over does not know of the talk")
	}
	if c.Destroyed["recording_keys"] != 1 || c.Destroyed["recordings"] != 1 || c.Destroyed["handoffs"] != 1 {
		t.Errorf("destroyed: %v", c.Destroyed)
	}
	if got := h.command("export", "verify", returned); got.status != 0 || !strings.Contains(got.out, "the contract's end") || strings.Contains(got.out, "WRONG") {
		t.Errorf("%d %s %s", got.status, got.out, got.err)
	}
	h.nobodyIsLeft(words, returned)
	if left, err := filepath.Glob(filepath.Join(sound, "*", "*")); err != nil || len(left) > 0 {
		t.Errorf("%d recordings are left, %v", len(left), err)
	}
	if keys, err := filepath.Glob(filepath.Join(filepath.Dir(sound), "keys", "*.key")); err != nil || len(keys) > 0 {
		t.Errorf("%d keys of recordings are left, %v", len(keys), err)
	}
	if status, _ := h.listens("ward", id); status == http.StatusOK {
		t.Error("the recording is heard still")
	}

	operator, chief = h.seated("operator1", "desk1"), h.signIn("supervisor")
	over("a click", click())
	over("another close", chief.call(t.Context(), http.MethodPost, "/api/close", map[string]string{"day": h.closeState(chief).Day}, nil))
	over("a click on a case", operator.call(t.Context(), http.MethodPost, "/api/calls", map[string]any{"desk": "desk1", "case_id": h.attempt(id).CaseID}, nil))
	refused := (*dialer.Refusal)(nil)
	err := importSample(t.Context(), h.ledger, dialer.NewRefs([]byte(strings.Repeat("s", secretBytes))), sampleOf{20, demoSeed})
	if !errors.As(err, &refused) || refused.Rule != dialer.ContractEnded {
		t.Errorf("a list: %v", err)
	}
	var history struct{ Entry struct{ Note string } }
	h.must(chief.call(t.Context(), http.MethodGet, "/api/attempts/"+string(id), nil, &history))
	if history.Entry.Note != "" {
		t.Error("what was noted is read still")
	}
	h.must(chief.call(t.Context(), http.MethodGet, "/api/progress?month="+time.Now().In(dialer.Tokyo).Format("2006-01"), nil, nil))
}
