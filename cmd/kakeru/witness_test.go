package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/sip/lab"
)

// The witness looks on while things are broken, and says afterwards whether the house kept its word. It shares nothing with
// what it judges: it reads the database by its own SQL, the far ends' own logs, what a panel received, and what the API
// answers, and knows the rules from DOMAIN.md, not from the dialer's code. witness_rules_test.go has what it asserts.

// testimony is all that is known after a run, once everything has settled.
type testimony struct {
	attempts  []attemptRow
	evidence  map[string][]evidenceRow // by attempt, in order
	cases     map[string]caseRow
	entries   map[string]int // results recorded, by attempt
	legs      int            // handles of legs that are still kept
	spooled   int            // what waits in the spool
	carrier   []lab.CallLog
	phones    [][]lab.CallLog
	panels    []*sitting // what a supervisor's panel received, a connection each
	desks     []deskRow
	queued    map[string]bool // cases that the panel's queue shows
	counted   int             // the month's count, as the panel is told
	byResult  map[string]int
	clicks    []clickSeen
	recorded  []string // attempts whose result the API said it has
	deafUntil []span   // when the carrier heard nothing, and said nothing
}

type span struct{ from, to time.Time }

type attemptRow struct {
	id, caseID, numberRef, desk, operator, key, direction, callID string
	started, dialled, ringing, answered, ended                    time.Time
	endedBy, result, override                                     string
	counted                                                       bool
}

type evidenceRow struct {
	n          int
	leg, event string
}

type caseRow struct {
	state, why string
	numbers    []string // references
}

type deskRow struct {
	ID     string  `json:"id"`
	State  string  `json:"state"`
	CallID *string `json:"call_id"`
}

// clickSeen is what a browser was told of one click.
type clickSeen struct {
	operator, key, call string
}

// sitting is one connection of a panel.
type sitting struct {
	frames   []frameSeen
	progress int // the newest count it was told; -1: none
}

// frameSeen is what matters of a live frame.
type frameSeen struct {
	seq         uint64
	call, state string
	result      string
	counted     bool
}

// stand asks the database for what it holds.
func (w *testimony) stand(ctx context.Context, url string) error {
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	for _, read := range []func(context.Context, *pgx.Conn) error{w.readAttempts, w.readEvidence, w.readCases, w.readEntries} {
		if err := read(ctx, c); err != nil {
			return err
		}
	}
	return c.QueryRow(ctx, "SELECT count(*) FROM attempt_legs").Scan(&w.legs)
}

// each runs a query and hands on every row.
func each(ctx context.Context, c *pgx.Conn, sql string, row func(pgx.Rows) error) error {
	rows, err := c.Query(ctx, sql)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// readAttempts reads what the network can bear witness to; what was noted by hand (decision 0032) it has never seen.
func (w *testimony) readAttempts(ctx context.Context, c *pgx.Conn) error {
	return each(ctx, c, `SELECT id::text, case_id::text, number_ref, desk, operator, coalesce(idempotency_key, ''), direction,
		coalesce(sip_call_id, ''), started_at, dialled_at, ringing_at, answered_at, ended_at, coalesce(ended_by, ''),
		coalesce(result, ''), override_reason, counted FROM attempts WHERE origin = 'sip' ORDER BY started_at, id`, func(r pgx.Rows) error {
		var a attemptRow
		var dialled, ringing, answered, ended *time.Time
		err := r.Scan(&a.id, &a.caseID, &a.numberRef, &a.desk, &a.operator, &a.key, &a.direction, &a.callID, &a.started,
			&dialled, &ringing, &answered, &ended, &a.endedBy, &a.result, &a.override, &a.counted)
		for at, t := range map[*time.Time]*time.Time{&a.dialled: dialled, &a.ringing: ringing, &a.answered: answered, &a.ended: ended} {
			if t != nil {
				*at = *t
			}
		}
		w.attempts = append(w.attempts, a)
		return err
	})
}

func (w *testimony) readEvidence(ctx context.Context, c *pgx.Conn) error {
	w.evidence = map[string][]evidenceRow{}
	return each(ctx, c, "SELECT attempt_id::text, n, leg, event FROM attempt_evidence ORDER BY attempt_id, n", func(r pgx.Rows) error {
		var id string
		var e evidenceRow
		err := r.Scan(&id, &e.n, &e.leg, &e.event)
		w.evidence[id] = append(w.evidence[id], e)
		return err
	})
}

func (w *testimony) readCases(ctx context.Context, c *pgx.Conn) error {
	w.cases = map[string]caseRow{}
	return each(ctx, c, `SELECT c.id::text, c.state, c.why, coalesce(string_agg(p.number_ref, ' '), '')
		FROM cases c LEFT JOIN phones p ON p.case_id = c.id GROUP BY c.id`, func(r pgx.Rows) error {
		var id, numbers string
		var row caseRow
		err := r.Scan(&id, &row.state, &row.why, &numbers)
		row.numbers = strings.Fields(numbers)
		w.cases[id] = row
		return err
	})
}

func (w *testimony) readEntries(ctx context.Context, c *pgx.Conn) error {
	w.entries = map[string]int{}
	return each(ctx, c, "SELECT attempt_id::text, count(*) FROM attempt_results GROUP BY 1", func(r pgx.Rows) error {
		var id string
		var n int
		err := r.Scan(&id, &n)
		w.entries[id] = n
		return err
	})
}

// ask has the API say what it shows a supervisor.
func (w *testimony) ask(ctx context.Context, c *panelClient) error {
	var desks struct{ Desks []deskRow }
	var queue struct {
		Items []struct {
			CaseID string `json:"case_id"`
		}
	}
	var progress struct {
		Done     struct{ Attempts int }
		ByResult map[string]int `json:"by_result"`
	}
	for path, into := range map[string]any{"/api/desks": &desks, "/api/queue?limit=500": &queue, "/api/progress": &progress} {
		if err := c.call(ctx, http.MethodGet, path, nil, into); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	w.desks, w.queued = desks.Desks, map[string]bool{}
	for _, i := range queue.Items {
		w.queued[i.CaseID] = true
	}
	w.counted, w.byResult = progress.Done.Attempts, progress.ByResult
	return nil
}

// panelWatch keeps a supervisor's panel open, as a browser does: when its connection breaks it opens another.
type panelWatch struct {
	cancel context.CancelFunc
	done   chan struct{}

	mu       sync.Mutex
	sittings []*sitting
}

func watchPanel(c *panelClient) *panelWatch {
	ctx, cancel := context.WithCancel(context.Background())
	w := &panelWatch{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		for ctx.Err() == nil {
			s := &sitting{progress: -1}
			w.mu.Lock()
			w.sittings = append(w.sittings, s)
			w.mu.Unlock()
			_ = c.live(ctx, func(f frame) { w.see(s, f) }) // a server that is away is what is being tried
			_ = pause(ctx, 50*time.Millisecond)
		}
	}()
	return w
}

func (w *panelWatch) close() {
	w.cancel()
	<-w.done
}

// see keeps what matters of a frame.
func (w *panelWatch) see(s *sitting, f frame) {
	var data struct {
		ID      string
		State   string
		Verdict *struct {
			Result  string
			Counted bool
		}
		Done     *struct{ Attempts int }
		Progress *struct{ Done struct{ Attempts int } }
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := frameSeen{seq: f.Seq}
	switch f.Type {
	case "call", "progress", "snapshot":
		if json.Unmarshal(f.Data, &data) != nil {
			seen.state = "unreadable"
		}
	default:
	}
	switch {
	case f.Type == "call":
		seen.call, seen.state = data.ID, data.State
		if data.Verdict != nil {
			seen.result, seen.counted = data.Verdict.Result, data.Verdict.Counted
		}
	case f.Type == "progress" && data.Done != nil:
		s.progress = data.Done.Attempts
	case f.Type == "snapshot" && data.Progress != nil:
		s.progress = data.Progress.Done.Attempts
	}
	s.frames = append(s.frames, seen)
}

// seen is what the panel has received, from a sitting on.
func (w *panelWatch) seen() []*sitting {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []*sitting
	for _, s := range w.sittings {
		out = append(out, &sitting{append([]frameSeen{}, s.frames...), s.progress})
	}
	return out
}
