package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"kakeru/configs"
	"kakeru/dialer/audit"
	"kakeru/dialer/postgres"
)

// noteKept writes down what was done to the whole ledger or its keys. Where that cannot be (a key is lost, the ledger is away, its schema is
// older), it is done all the same, since it may be what mends that: what was done is kept beside the spool, and the next start writes it down.
func noteKept(ctx context.Context, s configs.Settings, command string, e audit.Event, std streams) {
	e = byMachine(command, e)
	err := withLedger(ctx, s, func(l *postgres.Ledger) error { return l.WriteDown(ctx, e) })
	if err == nil {
		return
	}
	if kept := keepUnnoted(unnotedPath(s), e); kept != nil {
		fmt.Fprintf(std.err, "kakeru %s: it is not in the record of who did what: %s; nor could it be kept for later: %s\n", command, oneLine(err), oneLine(kept))
		return
	}
	fmt.Fprintf(std.err, "kakeru %s: it comes into the record of who did what at the next start; now: %s\n", command, oneLine(err))
}

// unnotedPath is where commands leave what they could not write down.
func unnotedPath(s configs.Settings) string { return filepath.Join(s.StateDir, "unnoted.jsonl") }

// keepUnnoted appends one event.
func keepUnnoted(path string, e audit.Event) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) //nolint:gosec // in the folder that the settings name
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Sync(), likeFolder(f, filepath.Dir(path)), f.Close())
}

// likeFolder gives a file that root has made to whoever its folder is: the server reads it.
func likeFolder(f *os.File, folder string) error {
	info, err := os.Stat(folder)
	if err != nil || os.Geteuid() != 0 {
		return err
	}
	if of, ok := info.Sys().(*syscall.Stat_t); ok {
		return f.Chown(int(of.Uid), int(of.Gid))
	}
	return nil
}

// noteUnnoted writes down what commands have left, and removes the file. A line that cannot be read is itself written down: somebody or
// something has damaged it. What cannot be written yet stays for the next start.
func noteUnnoted(ctx context.Context, path string, l audit.Log) error {
	text, err := os.ReadFile(path) //nolint:gosec // in the folder that the settings name
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := l.WriteDown(ctx, unnoted(text, filepath.Base(path))...); err != nil {
		return err
	}
	return os.Remove(path)
}

// noteLeft is noteUnnoted of a start, which goes on whatever becomes of it.
func noteLeft(ctx context.Context, s configs.Settings, l audit.Log, log *slog.Logger) {
	if err := noteUnnoted(ctx, unnotedPath(s), l); err != nil {
		log.Error("what commands have done is not in the record yet; the next start tries again", "file", unnotedPath(s), "err", err)
	}
}

// unnoted are the events of a file of that name.
func unnoted(text []byte, name string) (events []audit.Event) {
	for line := range bytes.Lines(text) {
		var e audit.Event
		if json.Unmarshal(line, &e) != nil || !slices.Contains(audit.Actions, e.Action) {
			e = byMachine("serve", audit.Event{Action: audit.Changed, Object: name, Outcome: "damaged"})
		}
		events = append(events, e)
	}
	return events
}
