package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer"
)

// TestAClockAnHourOff starts the server beside a PostgreSQL whose clock is an hour ahead: the doctor, the figures and the click
// say so, nobody is dialled, and when the clock is set right calls are made again, with honest times.
func TestAClockAnHourOff(t *testing.T) {
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
