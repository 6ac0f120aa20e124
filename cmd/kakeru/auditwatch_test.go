package main

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/postgres"
	"kakeru/webui"
)

// written is a record in memory.
type written struct {
	chain   audit.Chain
	entries []audit.Entry
	broken  error // is what reading it comes to
}

func (w *written) write(n int) {
	for range n {
		last, _ := w.Newest(context.Background())
		w.entries = append(w.entries, w.chain.Append(last, audit.Event{At: time.Unix(int64(len(w.entries)), 0), Action: audit.Listed}))
	}
}

func (w *written) Entries(context.Context, audit.Query) ([]audit.Entry, error) { return w.entries, nil }

func (w *written) Newest(context.Context) (audit.Entry, error) {
	if len(w.entries) == 0 || w.broken != nil {
		return audit.Entry{}, w.broken
	}
	return w.entries[len(w.entries)-1], nil
}

func (w *written) Within(ctx context.Context, _, _ time.Time, _ []dialer.UserID) iter.Seq2[audit.Entry, error] {
	return w.All(ctx, 1)
}

func (w *written) All(context.Context, int64) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		if w.broken != nil {
			yield(audit.Entry{}, w.broken)
			return
		}
		for _, e := range w.entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// TestTheNewestEntriesAreWatched: what is cut off between two anchors is found within seconds by a server that runs, and by one that is
// started afterwards; and stays found.
func TestTheNewestEntriesAreWatched(t *testing.T) {
	for what, restarted := range map[string]bool{"while it runs": false, "while it was away": true} {
		t.Run(what, func(t *testing.T) {
			record := &written{chain: audit.NewChain([]byte("a key of the test"))}
			anchors := filepath.Join(t.TempDir(), "anchors")
			var alerts []dialer.Alert
			start := func() *auditWatch {
				return &auditWatch{
					book: record, chain: record.chain, turn: make(chan struct{}, 1), anchors: anchors, now: time.Now, log: slog.New(slog.DiscardHandler),
					alert: func(a dialer.Alert) { alerts = append(alerts, a) },
				}
			}
			w := start()
			record.write(3)
			w.look(t.Context())
			record.write(4)
			w.watch(t.Context())
			if len(alerts) > 0 {
				t.Fatalf("untouched, and %v", alerts)
			}
			record.entries = record.entries[:5]
			if restarted {
				w = start()
				w.look(t.Context())
			}
			w.watch(t.Context())
			if len(alerts) != 1 || w.Last().Sound() {
				t.Fatalf("%d alerts, %+v", len(alerts), w.Last())
			}
			record.write(1)
			w.watch(t.Context()) // the newest entry's anchor is another now
			w = start()
			w.look(t.Context())
			if w.Last().Sound() {
				t.Error("after the next entry nothing is found any more")
			}
		})
	}
}

// TestATornAnchorHidesNothing: a power cut, or somebody, leaves half a line among the anchors. It is told, what comes after it is a line of its own, and the record is held
// against the others, so that a cut is found as ever.
func TestATornAnchorHidesNothing(t *testing.T) {
	record := &written{chain: audit.NewChain([]byte("a key of the test"))}
	anchors := filepath.Join(t.TempDir(), "anchors")
	told := map[string]int{}
	w := &auditWatch{
		book: record, chain: record.chain, turn: make(chan struct{}, 1), anchors: anchors, now: time.Now, log: slog.New(slog.DiscardHandler),
		alert: func(a dialer.Alert) { told[a.Subject]++ },
	}
	record.write(3)
	w.look(t.Context())
	whole, err := os.ReadFile(anchors)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(anchors, append(whole, whole[:len(whole)/2]...), 0o600); err != nil {
		t.Fatal(err)
	}
	record.write(2)
	w.anchor(t.Context())
	w.watch(t.Context())
	w.look(t.Context())
	if told["anchors"] != 1 || told[""] != 0 || !w.Last().Sound() {
		t.Errorf("told %v, %+v", told, w.Last())
	}
	if read, err := readAnchors(anchors); err != nil || len(read.all) != 2 || read.all[1].N != 5 || len(read.unread) != 1 || !strings.HasSuffix(read.unread[0], "line 2") {
		t.Errorf("%+v, %v", read, err)
	}
	record.entries = record.entries[:4]
	w.watch(t.Context())
	if told[""] != 1 || w.Last().Sound() {
		t.Errorf("the record was cut off: told %v, %+v", told, w.Last())
	}
}

// TestWhoStopsWaitingForACheck: it is not checked for whoever is gone by the time the check before has ended.
func TestWhoStopsWaitingForACheck(t *testing.T) {
	record := &written{chain: audit.NewChain([]byte("a key of the test"))}
	record.write(3)
	w := &auditWatch{
		book: record, chain: record.chain, turn: make(chan struct{}, 1), anchors: filepath.Join(t.TempDir(), "anchors"), now: time.Now, log: slog.New(slog.DiscardHandler),
	}
	w.turn <- struct{}{} // somebody checks
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := w.Check(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("who is gone: %v", err)
	}
	<-w.turn
	if check, err := w.Check(t.Context()); err != nil || !check.Sound() || check.Entries != 3 {
		t.Errorf("who comes next: %+v, %v", check, err)
	}
}

// TestACallThatWasPutThereIsTold: a supervisor is told of calls that Kakeru has not made, by a look at those of the last weeks each day.
func TestACallThatWasPutThereIsTold(t *testing.T) {
	now := time.Date(2026, 11, 26, 9, 0, 0, 0, dialer.Tokyo)
	var alerts []dialer.Alert
	found := postgres.CallsChecked{Sealed: 7}
	w := &auditWatch{
		now: func() time.Time { return now }, log: slog.New(slog.DiscardHandler), alert: func(a dialer.Alert) { alerts = append(alerts, a) },
		calls: func(_ context.Context, from time.Time) (postgres.CallsChecked, error) {
			if !from.Equal(now.AddDate(0, 0, -40)) {
				t.Errorf("looked at from %s on", from)
			}
			return found, nil
		},
	}
	w.lookAtCalls(t.Context())
	if len(alerts) > 0 {
		t.Fatalf("untouched, and %v", alerts)
	}
	found.Findings = []postgres.CallFinding{{Fault: postgres.CallUnsealed, Call: "a-call", Started: now}}
	w.lookAtCalls(t.Context())
	if len(alerts) != 1 || alerts[0].Kind != webui.AuditDamaged || alerts[0].CallID != "a-call" || !strings.Contains(alerts[0].TextEN, "bears no seal") {
		t.Errorf("told %+v", alerts)
	}
}

// TestRowsOfSomebodyElsesAreTold: once there are any.
func TestRowsOfSomebodyElsesAreTold(t *testing.T) {
	var alerts []dialer.Alert
	var kinds []string
	w := &auditWatch{
		log: slog.New(slog.DiscardHandler), alert: func(a dialer.Alert) { alerts = append(alerts, a) },
		foreign: func(context.Context) ([]string, error) { return kinds, nil },
	}
	w.lookForForeign(t.Context())
	if len(alerts) > 0 {
		t.Fatalf("there are none, and %v", alerts)
	}
	kinds = []string{"close", "setting"}
	w.lookForForeign(t.Context())
	if len(alerts) != 1 || alerts[0].Kind != webui.AuditDamaged || !strings.Contains(alerts[0].TextEN, "close, setting") {
		t.Errorf("told %+v", alerts)
	}
}

// TestAReplacedTableIsToldWithinSeconds: though it answers as the real one would.
func TestAReplacedTableIsToldWithinSeconds(t *testing.T) {
	record := &written{chain: audit.NewChain([]byte("a key of the test"))}
	record.write(5)
	var alerts []dialer.Alert
	w := &auditWatch{
		book: record, chain: record.chain, turn: make(chan struct{}, 1), anchors: filepath.Join(t.TempDir(), "anchors"), now: time.Now, log: slog.New(slog.DiscardHandler),
		alert: func(a dialer.Alert) { alerts = append(alerts, a) },
	}
	w.watch(t.Context())
	if len(alerts) > 0 {
		t.Fatalf("told %v of a sound record", alerts)
	}
	record.broken = &audit.NotAsMade{Tables: []string{"cases"}}
	w.watch(t.Context())
	want := audit.Finding{Fault: audit.FaultReplaced, Table: "cases"}
	if found := w.Last().Findings; len(alerts) != 1 || !strings.Contains(alerts[0].Text, "表 cases") || len(found) != 1 || found[0] != want {
		t.Errorf("told %+v, found %v", alerts, found)
	}
}
