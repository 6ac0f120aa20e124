package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"kakeru/cmd/stores/storestest"
	"kakeru/dialer"
	"kakeru/dialer/alarm"
	"kakeru/dialer/dialertest/full"
)

// TestATalkIsRecordedByTwoClocks: PostgreSQL's clock, which the house goes by, is ahead of this machine's, and is set right in the talk. What was said is heard, and
// the call ends: a recording that ended before it began could not be written, and its case and number stayed taken until a restart, which took the talk for cut off.
func TestATalkIsRecordedByTwoClocks(t *testing.T) {
	full.Only(t)
	h, _ := recordingHouse(t)
	h.postgres = storestest.PostgresLater(t, h.postgres, 50*time.Second)
	h.start()
	operator := h.seated("operator1", "desk1")
	id := h.recordedTalk(operator)
	time.Sleep(2 * time.Second) // of talk
	told := func() int { return strings.Count(h.serverLog(), "the server's clock and the ledger's") }
	before := told()
	h.postgres = storestest.PostgresLater(t, h.postgres, 0)
	h.eventually("the house's clock is set right", func() bool { return told() > before })
	h.must(operator.call(t.Context(), http.MethodPost, "/api/calls/"+string(id)+"/hangup", nil, nil))
	if a := h.ended(id); a.Verdict.Result != dialer.Answered {
		t.Errorf("it ended as %s", a.Verdict.Result)
	}
	kept, err := h.ledger.Recording(t.Context(), id)
	h.must(err)
	if kept.Until.Before(kept.From) || kept.Fault != "" || kept.Lost > 500*time.Millisecond {
		t.Errorf("kept %+v", kept)
	}
	status, wav := h.listens("supervisor", id)
	if status != http.StatusOK {
		t.Fatalf("%d", status)
	}
	length := h.heard(wav)
	if want := kept.Until.Sub(kept.From); length < want-time.Millisecond || length > want+time.Millisecond {
		t.Errorf("%s of sound, want %s", length, want)
	}
	h.eventually("no alert of the clock stands", func() bool {
		standing, err := h.ledger.Alerts(t.Context(), alarm.Filter{Kind: "clock_off", State: alarm.Standing, Limit: 1})
		return err == nil && len(standing) == 0
	})
}
