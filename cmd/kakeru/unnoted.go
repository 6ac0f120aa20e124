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
	"time"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/postgres"
	"kakeru/dialer/vault/owner"
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

// mostUnnoted bounds the file, in octets.
const mostUnnoted = 64 << 20

var errUnnotedFull = fmt.Errorf("%d MiB wait to be written down already", mostUnnoted>>20)

// keepUnnoted appends one event, durably.
func keepUnnoted(path string, e audit.Event) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	unlock, err := lockUnnoted(path)
	if err != nil {
		return err
	}
	defer unlock()
	if info, err := os.Stat(path); err == nil && info.Size() > mostUnnoted {
		return errUnnotedFull
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY|syscall.O_NOFOLLOW, 0o600) //nolint:gosec // in the folder that the settings name
	if err != nil {
		return err
	}
	_, err = f.Write(slices.Concat([]byte{'\n'}, line, []byte{'\n'})) // a line that was cut off spoils no other
	return errors.Join(err, f.Sync(), owner.LikeFolder(f, filepath.Dir(path)), f.Close())
}

// keepUnwritten keeps what somebody did at the panel and the ledger did not take into the record.
func (a *app) keepUnwritten(e audit.Event) error { return keepUnnoted(unnotedPath(a.settings), e) }

// lockUnnoted has one process or request at the file at a time: commands run beside the server.
func lockUnnoted(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600) //nolint:gosec // in the folder that the settings name
	if err != nil {
		return nil, err
	}
	err = errors.Join(owner.LikeFolder(f, filepath.Dir(path)), syscall.Flock(int(f.Fd()), syscall.LOCK_EX)) //nolint:gosec // a file's number
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil // and the lock with it
}

// takeUnnoted sets aside what was left up to now, and names where it is; what an earlier one set aside comes first.
func takeUnnoted(path string) (taken string, err error) {
	unlock, err := lockUnnoted(path)
	if err != nil {
		return "", err
	}
	defer unlock()
	taken = path + ".taken"
	if _, err := os.Stat(taken); !errors.Is(err, fs.ErrNotExist) {
		return taken, err
	}
	return taken, os.Rename(path, taken)
}

// noteUnnoted writes down what commands and the server have left, and removes it. A line that cannot be read is itself written down: somebody or
// something has damaged it. What cannot be written yet stays for the next time; what was written when the process died is written twice.
func noteUnnoted(ctx context.Context, path string, l audit.Log) error {
	for {
		taken, err := takeUnnoted(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := noteTaken(ctx, taken, filepath.Base(path), l); err != nil {
			return err
		}
	}
}

// notedTogether is how many lines come into the record at once.
const notedTogether = 200

// noteTaken writes down what was set aside, some at a time. Where it cannot go on, what stands in the record is not in the file any more, so that a ledger that is
// slow is not given all of it again and again.
func noteTaken(ctx context.Context, taken, name string, l audit.Log) error {
	text, err := os.ReadFile(taken) //nolint:gosec // in the folder that the settings name
	if err != nil {
		return err
	}
	for whole := len(text); len(text) > 0; {
		n := 0
		for range notedTogether {
			if i := bytes.IndexByte(text[n:], '\n'); i < 0 {
				n = len(text)
			} else {
				n += i + 1
			}
		}
		err := l.WriteDown(ctx, unnoted(text[:n], name)...)
		if err != nil && len(text) < whole {
			err = errors.Join(err, replaceFile(taken, string(text)))
		}
		if err != nil {
			return err
		}
		text = text[n:]
	}
	return os.Remove(taken)
}

// unnotedEvery is how often the server looks whether something is left to be written down.
const unnotedEvery = 10 * time.Second

// noteUnnotedSoon writes down what is left as soon as that is possible.
func (a *app) noteUnnotedSoon(ctx context.Context) error {
	tick := time.NewTicker(unnotedEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := noteUnnoted(ctx, unnotedPath(a.settings), a.ledger); err != nil && ctx.Err() == nil {
			a.log.Warn("what was done is not in the record yet; it is tried again", "err", err)
		}
	}
}

// noteLeft is noteUnnoted of a start, which goes on whatever becomes of it.
func noteLeft(ctx context.Context, s configs.Settings, l audit.Log, log *slog.Logger) {
	if err := noteUnnoted(ctx, unnotedPath(s), l); err != nil {
		log.Error("what was done is not in the record yet; it is tried again", "file", unnotedPath(s), "err", err)
	}
}

// unnoted are the events of a file of that name.
func unnoted(text []byte, name string) (events []audit.Event) {
	for line := range bytes.Lines(text) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var e audit.Event
		if json.Unmarshal(line, &e) != nil || !slices.Contains(audit.Actions, e.Action) {
			e = byMachine("serve", audit.Event{Action: audit.Changed, Object: name, Outcome: "damaged"})
		}
		events = append(events, e)
	}
	return events
}

// tellRecalled tells that the ledger was older than what this node remembers: the supervisor, and the record of who did what.
func (a *app) tellRecalled() {
	back := a.ledger.Recalled()
	if !back.Any() {
		return
	}
	said := fmt.Sprintf("words on numbers put back: %d; people kept out until they are enabled: %d", back.Numbers, back.People)
	if err := a.keepUnwritten(byMachine("serve", audit.Event{Action: audit.Changed, Object: "restore", Detail: said})); err != nil {
		a.log.Error("that words were put back will not be in the record of who did what", "err", err)
	}
	a.alertAll(dialer.Alert{
		Kind: "restored", TextEN: "the ledger is older than what this server remembers (a restore?); " + said,
		Text: fmt.Sprintf("記録台帳が、このサーバーの控えより古い状態です(復元後など)。架電禁止の登録%d件を控えから戻し、変更のあった利用者%d人は、管理者が有効にするまでサインインできません",
			back.Numbers, back.People),
	})
}
