package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/japan"
	"kakeru/dialer/settings"
	"kakeru/dialer/vault/owner"
)

// hours makes the centre's opening hours of its settings and the national calendar.
func hours(c configs.Centre) (dialer.Hours, error) {
	h := dialer.Hours{BreakMinutes: c.BreakMinutes, AlwaysOpen: c.AlwaysOpen, Extra: map[dialer.Date]dialer.Span{}}
	week, err := spans(c.Week)
	if err != nil {
		return dialer.Hours{}, err
	}
	for day, span := range week {
		if h.Week == nil {
			h.Week = map[time.Weekday]dialer.Span{}
		}
		h.Week[configs.Weekdays[day]] = span
	}
	open, err := spans(c.OpenOn)
	if err != nil {
		return dialer.Hours{}, err
	}
	for date, span := range open {
		d, err := dialer.ParseDate(date)
		if err != nil {
			return dialer.Hours{}, err
		}
		h.Extra[d] = span
	}
	for date, seats := range c.SeatsOn {
		d, err := dialer.ParseDate(date)
		if err != nil {
			return dialer.Hours{}, err
		}
		if h.Seats == nil {
			h.Seats = map[dialer.Date]int{}
		}
		h.Seats[d] = seats
	}
	closed := map[dialer.Date]bool{}
	for _, date := range c.ClosedOn {
		d, err := dialer.ParseDate(date)
		if err != nil {
			return dialer.Hours{}, err
		}
		closed[d] = true
	}
	h.Closed = func(d dialer.Date) string {
		if closed[d] {
			return settings.WardClosed
		}
		return japan.Closed(d.Year, d.Month, d.Day)
	}
	return h, nil
}

func spans(of map[string]string) (map[string]dialer.Span, error) {
	out := map[string]dialer.Span{}
	for key, text := range of {
		from, to, err := configs.ParseSpan(text)
		if err != nil {
			return nil, err
		}
		out[key] = dialer.Span{From: from, To: to}
	}
	return out, nil
}

func inbound(i configs.Inbound) dialer.InboundRules {
	return dialer.InboundRules{
		Order: dialer.InboundOrder(i.Order), Ring: time.Duration(i.RingSeconds) * time.Second,
		Step: time.Duration(i.StepSeconds) * time.Second, RingWhenShut: i.OutsideHours == "ring",
	}
}

func limits(c configs.Calls) dialer.Limits {
	l := dialer.WardLimits()
	l.DeskRing, l.Ring, l.Talk = c.DeskRing, c.Ring, c.Talk
	return l
}

// results reads each trunk's own table of connection results, or takes the built-in one.
func results(trunks []configs.Trunk) (func(trunk string) dialer.ResultTable, error) {
	builtIn := dialer.DefaultResults()
	own := map[string]dialer.ResultTable{}
	for _, t := range trunks {
		if t.ResultsFile == "" {
			continue
		}
		b, err := os.ReadFile(t.ResultsFile)
		if err != nil {
			return nil, fmt.Errorf("trunk %s: results_file: %w", t.Name, err)
		}
		if own[t.Name], err = dialer.ParseResults(b); err != nil {
			return nil, fmt.Errorf("trunk %s: %s: %w", t.Name, t.ResultsFile, err)
		}
	}
	return func(trunk string) dialer.ResultTable {
		if t, ok := own[trunk]; ok {
			return t
		}
		return builtIn
	}, nil
}

// secretBytes is the least a secret of the references may have.
const secretBytes = 32

// secret reads the secret of the references, or makes one where there is none. Losing it means that locks and proof no
// longer join up with earlier attempts, so it is never replaced.
func secret(s configs.Settings) ([]byte, error) {
	path := secretPath(s)
	b, err := os.ReadFile(path) //nolint:gosec // named by the administrator
	switch {
	case errors.Is(err, fs.ErrNotExist) && s.SecretFile == "":
		return newSecret(path)
	case err != nil:
		return nil, fmt.Errorf("settings: secret_file: %w", err)
	case len(b) < secretBytes:
		return nil, fmt.Errorf("settings: secret_file: %s is too short; it must hold %d random bytes or more", path, secretBytes)
	}
	return b, nil
}

func secretPath(s configs.Settings) string {
	return firstOf(s.SecretFile, filepath.Join(s.StateDir, "secret"))
}

func newSecret(path string) ([]byte, error) {
	b := make([]byte, secretBytes)
	_, _ = rand.Read(b)
	return b, writeOnce(path, b)
}

// writeOnce makes a file of the server's, which is on the disk before anything relies on it. A command that root runs before the first start makes it the server's
// all the same.
func writeOnce(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o711); err != nil { //nolint:gosec // the stores' user passes through here
		return fmt.Errorf("state_dir: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, 0o600) //nolint:gosec // in the folder that the settings name
	if err != nil {
		return fmt.Errorf("state_dir: %w", err)
	}
	_, err = f.Write(text)
	return errors.Join(err, owner.LikeFolder(f, filepath.Dir(path)), f.Sync(), f.Close())
}

// logger writes one JSON line a change to standard error.
func logger(level string, std streams) *slog.Logger {
	var l slog.Level
	_ = l.UnmarshalText([]byte(level)) // configs has checked it
	return slog.New(slog.NewJSONHandler(std.err, &slog.HandlerOptions{Level: l}))
}
