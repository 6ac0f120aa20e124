package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/postgres"
	"kakeru/webui"
)

// auditWatch looks whether the record of who saw what is as it was written, and keeps anchors of it outside the database: so
// that whoever has the database alone can neither change the record nor cut it off without its being found.
type auditWatch struct {
	book    audit.Book
	chain   audit.Chain
	anchors string // a file, one anchor a line
	now     dialer.Clock
	log     *slog.Logger
	alert   func(dialer.Alert)
	calls   func(ctx context.Context, from time.Time) (postgres.CallsChecked, error)
	// foreign names kinds of rows that somebody has written into the database and that hold nothing.
	foreign func(ctx context.Context) (kinds []string, err error)

	turn chan struct{} // of one; who has it reads the whole record

	mu     sync.Mutex
	last   audit.Check
	kept   int64 // the entry of the newest anchor
	newest int64 // the newest entry that was seen
}

const (
	// anchorEvery is how often an anchor is kept for good. newestEvery is how much of the record's end could be cut off unseen while
	// this process was away: between two anchors one of the newest entry stands in a file of its own.
	anchorEvery = 10 * time.Minute
	newestEvery = 5 * time.Second
	// auditCheckEvery is how often the whole record is read.
	auditCheckEvery = 24 * time.Hour
	anchorWithin    = 10 * time.Second
	// callsLookedAt is how far back calls are looked at each day; all of them by `kakeru audit verify`.
	callsLookedAt = 40 * 24 * time.Hour
	// Who holds a table up must not keep the newest entries from being watched for long.
	callsWithin, foreignWithin = 2 * time.Minute, 30 * time.Second
)

// anchorsPath is where a node keeps its anchors.
func anchorsPath(s configs.Settings) string { return filepath.Join(s.StateDir, "audit-anchors.txt") }

// Run keeps anchors and checks until ctx ends.
func (w *auditWatch) Run(ctx context.Context) error {
	w.look(ctx)
	w.lookAtCalls(ctx)
	w.lookForForeign(ctx)
	anchor, newest, check := time.NewTicker(anchorEvery), time.NewTicker(newestEvery), time.NewTicker(auditCheckEvery)
	defer anchor.Stop()
	defer newest.Stop()
	defer check.Stop()
	for {
		select {
		case <-ctx.Done():
			w.anchor(context.WithoutCancel(ctx))
			return nil
		case <-anchor.C:
			w.anchor(ctx)
			w.lookForForeign(ctx)
		case <-newest.C:
			w.watch(ctx)
		case <-check.C:
			w.look(ctx)
			w.lookAtCalls(ctx)
		}
	}
}

func (w *auditWatch) look(ctx context.Context) {
	if _, err := w.Check(ctx); err != nil && ctx.Err() == nil {
		w.log.Warn("the record of who saw what could not be checked; it is tried again", "err", err)
	}
}

// lookAtCalls looks whether the calls of the last weeks are as they ended.
func (w *auditWatch) lookAtCalls(ctx context.Context) {
	within, cancel := context.WithTimeout(ctx, callsWithin)
	defer cancel()
	c, err := w.calls(within, w.now().Add(-callsLookedAt))
	switch {
	case err != nil && ctx.Err() == nil:
		w.log.Warn("the calls' seals could not be checked; they are tomorrow", "err", err)
	case err == nil && !c.Sound():
		first := c.Findings[0]
		w.log.Error("calls were tampered with", "findings", len(c.Findings), "first", first.String())
		w.alert(dialer.Alert{
			Kind: webui.AuditDamaged, Subject: "calls", CallID: first.Call,
			Text:   fmt.Sprintf("架電記録に改ざんの跡があります(%d件)。管理者と区に知らせてください", len(c.Findings)),
			TextEN: fmt.Sprintf("calls were tampered with (%d findings; %s); tell the administrator and the ward", len(c.Findings), first),
		})
	}
}

// lookForForeign looks whether somebody has written into the database what holds nothing: settings, lists' sources, closes, reports, sums, calls, words on numbers,
// entries of the record.
func (w *auditWatch) lookForForeign(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, foreignWithin)
	defer cancel()
	kinds, err := w.foreign(ctx)
	if err != nil && ctx.Err() == nil {
		w.log.Warn("rows that are not Kakeru's could not be looked for; it is tried again", "err", err)
	}
	if len(kinds) == 0 {
		return
	}
	w.log.Error("rows were written into the database that are not Kakeru's; they hold nothing", "rows", kinds)
	w.alert(dialer.Alert{
		Kind: webui.AuditDamaged, Subject: "rows",
		Text:   "データベースに、Kakeru が書いたのではない行があります(" + strings.Join(kinds, "、") + ")。効力はありません。管理者と区に知らせてください",
		TextEN: "somebody has written rows into the database (" + strings.Join(kinds, ", ") + "); they hold nothing; tell the administrator and the ward",
	})
}

// newestPath is where the anchor of the newest entry stands.
func newestPath(anchors string) string { return anchors + ".newest" }

// watch keeps an anchor of the newest entry. A record that is shorter than it was is looked at whole, at once.
func (w *auditWatch) watch(ctx context.Context) {
	within, cancel := context.WithTimeout(ctx, anchorWithin)
	newest, err := w.book.Newest(within)
	cancel()
	if _, replaced := errors.AsType[*audit.NotAsMade](err); replaced {
		w.look(ctx)
		return
	}
	if err != nil {
		return // the ledger is away, which is told elsewhere
	}
	w.mu.Lock()
	grown, shrunk := newest.N > w.newest, newest.N < w.newest
	w.mu.Unlock()
	switch {
	case shrunk:
		w.look(ctx)
	case grown:
		if err := replaceFile(newestPath(w.anchors), audit.AnchorOf(newest).String()+"\n"); err != nil {
			w.log.Warn("no anchor of the record's newest entry was kept; it is tried again", "err", err)
			return
		}
	}
	w.mu.Lock()
	w.newest = newest.N
	w.mu.Unlock()
}

// replaceFile writes a file anew: after a crash it is the old one or the new one, whole.
func replaceFile(path, text string) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC|syscall.O_NOFOLLOW, 0o600) //nolint:gosec // in the folder that the settings name
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(path+".new", path) //nolint:gosec // in the folder that the settings name
	}
	return err
}

// anchor appends the record's newest entry to the file, unless it stands there.
func (w *auditWatch) anchor(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, anchorWithin)
	defer cancel()
	newest, err := w.book.Newest(ctx)
	if err == nil {
		err = w.keep(audit.AnchorOf(newest))
	}
	if err != nil {
		w.log.Warn("no anchor of the record was kept; it is tried again", "err", err)
	}
}

func (w *auditWatch) keep(newest audit.Anchor) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if newest.N <= w.kept {
		return nil // nothing new; what was cut off is for the check to find
	}
	f, err := os.OpenFile(w.anchors, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600) //nolint:gosec // in the folder that the settings name
	if err != nil {
		return err
	}
	line := newest.String() + "\n"
	if torn(f) { // by a power cut: what is written now is a line of its own
		line = "\n" + line
	}
	_, err = f.WriteString(line)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		w.kept = newest.N
	}
	return err
}

// Last implements webui.AuditChecks.
func (w *auditWatch) Last() audit.Check {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}

// Check implements webui.AuditChecks: it reads the whole record against this node's anchors. What it finds is told as an alert and
// in the log.
func (w *auditWatch) Check(ctx context.Context) (audit.Check, error) {
	select {
	case w.turn <- struct{}{}:
		defer func() { <-w.turn }()
	case <-ctx.Done():
		return audit.Check{}, ctx.Err()
	}
	kept, newest, err := nodeAnchors(w.anchors)
	if err != nil {
		w.anchorsUnread(err.Error())
		return audit.Check{}, err
	}
	w.mu.Lock()
	if n := len(kept.all); n > 0 {
		w.kept = max(w.kept, kept.all[n-1].N)
	}
	w.mu.Unlock()
	if unread := slices.Concat(kept.unread, newest.unread); len(unread) > 0 {
		w.anchorsUnread(strings.Join(unread, ", "))
	}
	anchors := slices.Concat(kept.all, newest.all)
	check, err := checkAudit(ctx, w.book, w.chain, anchors)
	if err != nil {
		return audit.Check{}, err
	}
	check.At = w.now()
	w.mu.Lock()
	w.last = check
	w.mu.Unlock()
	if n := len(anchors); n > 0 && !check.Sound() {
		// The newest entry's anchor is kept for good: the file that it stands in is written over.
		if err := w.keep(anchors[n-1]); err != nil {
			w.log.Warn("no anchor of the record was kept", "err", err)
		}
	}
	if check.Sound() {
		w.anchor(ctx)
		return check, nil
	}
	first := check.Findings[0]
	w.log.Error("the record of who saw what was tampered with", "findings", len(check.Findings), "first", first.String())
	where := fmt.Sprintf("記録番号%d", first.N)
	if first.Fault == audit.FaultReplaced {
		where = "表 " + first.Table
	}
	w.alert(dialer.Alert{
		Kind: webui.AuditDamaged, Text: fmt.Sprintf("閲覧・操作記録に改ざんの跡があります(%d件、最初は%s)。管理者と区に知らせてください", len(check.Findings), where),
		TextEN: fmt.Sprintf("the record of who saw what was tampered with (%d findings; %s); tell the administrator and the ward", len(check.Findings), first),
	})
	return check, nil
}

// checkAudit reads a whole record.
func checkAudit(ctx context.Context, book audit.Book, chain audit.Chain, anchors []audit.Anchor) (audit.Check, error) {
	c := audit.NewChecker(chain, anchors)
	for e, err := range book.All(ctx, 1) {
		if not, is := errors.AsType[*audit.NotAsMade](err); is {
			return audit.Check{Checked: audit.Checked{Findings: not.Findings()}, Anchors: len(anchors)}, nil
		}
		if err != nil {
			return audit.Check{}, err
		}
		c.Read(e)
	}
	return audit.Check{Checked: c.End(), Anchors: len(anchors)}, nil
}
