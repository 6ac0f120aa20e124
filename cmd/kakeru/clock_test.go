package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer"
	"kakeru/dialer/casework/dayclose"
	"kakeru/dialer/dialertest/full"
	"kakeru/sip/media/recording"
)

// TestAClockAnHourOff starts the server beside a PostgreSQL whose clock is an hour ahead: the doctor, the figures and the click
// say so, nobody is dialled, and when the clock is set right calls are made again, with honest times.
func TestAClockAnHourOff(t *testing.T) {
	full.Only(t)
	t.Parallel()
	h := newHouse(t, houseOptions{desks: 1, fastCarrier: true})
	h.shiftableClock()
	h.shiftClock(time.Hour)
	h.command("doctor", "--config", h.config()).says(t, major, "clock", "1h0m0s from PostgreSQL", "→ nothing is dialled, closed, issued or removed")
	h.start()
	operator := h.seated("operator1", "desk1")
	if text := h.read("/metrics"); !strings.Contains(text, "kakeru_clock_offset_seconds 3599.") && !strings.Contains(text, "kakeru_clock_offset_seconds 3600") {
		t.Error("/metrics does not say how far the clocks are apart")
	}
	click := map[string]any{"desk": "desk1", "case_id": h.caseEnding("41")}
	var no *problem
	if err := operator.call(t.Context(), http.MethodPost, "/api/calls", click, nil); !errors.As(err, &no) || no.Status != 503 || no.Rule != string(dialer.ClockOff) {
		t.Fatalf("the click: %v", err)
	}
	if !strings.Contains(no.Detail, "60分") {
		t.Errorf("the operator is told %q", no.Detail)
	}
	if n := len(h.carrier.Calls()); n != 0 {
		t.Fatalf("%d calls were made", n)
	}

	h.shiftClock(0)
	h.eventually("the click is taken", func() bool {
		return operator.call(t.Context(), http.MethodPost, "/api/calls", click, nil) == nil
	})
	var all struct {
		Items []struct {
			ID        dialer.CallID `json:"id"`
			StartedAt time.Time     `json:"started_at"`
		}
	}
	h.must(operator.call(t.Context(), http.MethodGet, "/api/attempts", nil, &all))
	if len(all.Items) != 1 || time.Since(all.Items[0].StartedAt).Abs() > time.Minute {
		t.Fatalf("%+v", all.Items)
	}
	if a := h.ended(all.Items[0].ID); a.Verdict.Result != dialer.Busy {
		t.Errorf("the call ended as %s", a.Verdict.Result)
	}
	h.command("doctor", "--config", h.config()).says(t, fine, "clock", "from PostgreSQL")
}

// TestNothingEndsByAClockThatIsWrongAtTheStart starts the server while PostgreSQL's clock is a hundred days ahead: it removes no recording and no key, issues no report
// though the day seems over, and closes none. When the clock is set right, and without another start, the day is closed, and it is the right one.
func TestNothingEndsByAClockThatIsWrongAtTheStart(t *testing.T) {
	full.Only(t)
	t.Parallel()
	dir := t.TempDir()
	sound, keys := filepath.Join(dir, "recordings"), filepath.Join(dir, "keys")
	h := newHouse(t, houseOptions{desks: 1, fastCarrier: true, recording: fmt.Sprintf(
		"{allowed: true, allowed_by: 課長, allowed_at: \"2026-11-20\", folder: %q, keys_folder: %q, key_file: %q, retention_days: 30, delete_keys: true}",
		sound, keys, filepath.Join(dir, "master", "key"),
	)})
	h.shiftableClock()
	h.start()
	h.ended(h.dial(h.seated("operator1", "desk1"), "desk1", h.caseEnding("41")))
	h.kill()
	today := dialer.DateOf(time.Now())
	yesterday := dialer.DateOf(today.At(-60)).String()
	h.must(os.MkdirAll(filepath.Join(sound, yesterday), 0o700))
	opened, err := recording.OpenKeys(keys, filepath.Join(dir, "master", "key"), "")
	h.must(err)
	_, err = opened.ForDay(yesterday)
	h.must(err)

	h.shiftClock(100 * 24 * time.Hour)
	h.start()
	h.eventually("what would end waits", func() bool {
		log := h.serverLog()
		return strings.Contains(log, "old recordings stay for now") && strings.Contains(log, "the reports that are due wait")
	})
	chief := h.signIn("supervisor")
	var no *problem
	for path, body := range map[string]map[string]any{
		"/api/close":             {"day": h.closeState(chief).Day},
		"/api/reports/day/issue": {"period": today.String()},
	} {
		err := chief.call(t.Context(), http.MethodPost, path, body, nil)
		if !errors.As(err, &no) || no.Status != 503 || no.Rule != string(dialer.ClockOff) || !strings.Contains(no.Detail, "終業返却") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := os.Stat(filepath.Join(sound, yesterday)); err != nil {
		t.Errorf("the recordings: %v", err)
	}
	days, err := opened.Days()
	h.must(err)
	if !slices.Contains(days, yesterday) {
		t.Errorf("of the keys are left %v", days)
	}
	if n := h.count("SELECT count(*) FROM issued_reports") + h.count("SELECT count(*) FROM day_closes"); n != 0 {
		t.Errorf("%d reports were issued or days closed", n)
	}

	h.shiftClock(0)
	h.eventually("the clock is believed again", func() bool { return strings.Contains(h.serverLog(), `"calls_refused":false`) })
	if s := h.closeState(chief); s.Day != today.String() {
		t.Errorf("%s would be closed", s.Day)
	}
	h.must(chief.call(t.Context(), http.MethodPost, "/api/close", map[string]any{"day": today.String()}, nil))
	h.eventually("the day is closed", func() bool {
		closes, err := h.ledger.Closes(t.Context(), 1)
		return err == nil && len(closes) == 1 && closes[0].Step == dayclose.Closed
	})
}

// shiftableClock puts a clock before PostgreSQL's own that can be set: to the server, whose settings say where to look first, it is as if its machine's
// were wrong.
func (h *house) shiftableClock() {
	h.t.Helper()
	h.must(h.database(func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, `CREATE SCHEMA clock; GRANT USAGE ON SCHEMA clock TO kakeru_serves;
			CREATE TABLE clock.shifted AS SELECT interval '0' AS by; GRANT SELECT ON clock.shifted TO kakeru_serves;
			CREATE FUNCTION clock.clock_timestamp() RETURNS timestamptz VOLATILE LANGUAGE sql
				AS 'SELECT pg_catalog.clock_timestamp() + (SELECT by FROM clock.shifted)'`)
		return err
	}))
	settings, err := os.ReadFile(h.config())
	h.must(err)
	for _, url := range []string{h.postgres.URL(database), serving(h.postgres.URL(database))} {
		settings = bytes.ReplaceAll(settings, fmt.Appendf(nil, "%q", url), fmt.Appendf(nil, "%q", url+"&search_path=clock,public,pg_catalog"))
	}
	h.must(os.WriteFile(h.config(), settings, 0o600))
}

func (h *house) shiftClock(by time.Duration) {
	h.t.Helper()
	h.must(h.database(func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, "UPDATE clock.shifted SET by = make_interval(secs => $1)", by.Seconds())
		return err
	}))
}
