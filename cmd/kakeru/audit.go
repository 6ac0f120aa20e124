package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"slices"
	"time"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/postgres"
)

// auditFlags are the flags of `kakeru audit`.
type auditFlags struct {
	anchors          string
	ref, by          string
	from, until, act string
}

// runAudit reads the record of who saw what: verify looks for any change, anchor prints what is to be kept outside, list writes
// entries as CSV.
func runAudit(ctx context.Context, args []string, std streams) error {
	if len(args) == 0 {
		return errUsage{"say verify, anchor or list"}
	}
	var o auditFlags
	load, rest, err := configured("audit "+args[0], args[1:], std, func(f *flag.FlagSet) {
		switch args[0] {
		case "verify":
			f.StringVar(&o.anchors, "anchors", "", "a `file` of anchors, one a line, besides this node's own")
		case "list":
			f.StringVar(&o.ref, "case-ref", "", "only of this case")
			f.StringVar(&o.by, "user", "", "only by the person of this `id`")
			f.StringVar(&o.act, "action", "", "only of this kind")
			f.StringVar(&o.from, "from", "", "from this `day` on, 2026-11-24")
			f.StringVar(&o.until, "until", "", "to the end of this `day`")
		}
	})
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return errUsage{"arguments not understood"}
	}
	do, known := map[string]func(context.Context, *postgres.Ledger, configs.Settings, auditFlags, streams) error{
		"verify": verifyAudit, "anchor": anchorAudit, "list": listAudit,
	}[args[0]]
	if !known {
		return errUsage{"say verify, anchor or list"}
	}
	s, err := load()
	if err != nil {
		return err
	}
	return withLedger(ctx, s, func(l *postgres.Ledger) error { return do(ctx, l, s, o, std) })
}

// verifyAudit reads the whole record, and looks at the seal of each call: one line for each thing that is wrong, and an error when there is any.
func verifyAudit(ctx context.Context, l *postgres.Ledger, s configs.Settings, o auditFlags, std streams) error {
	key, err := secret(s)
	if err != nil {
		return err
	}
	kept, newest, err := nodeAnchors(anchorsPath(s))
	if err != nil {
		return err
	}
	anchors, unread := slices.Concat(kept.all, newest.all), slices.Concat(kept.unread, newest.unread)
	if o.anchors != "" {
		if _, err := os.Stat(o.anchors); errors.Is(err, fs.ErrNotExist) {
			return errUsage{"--anchors: there is no such file"}
		}
		more, err := readAnchors(o.anchors)
		if err != nil {
			return err
		}
		if len(more.unread) > 0 {
			return fmt.Errorf("%s: %w", more.unread[0], audit.ErrAnchor)
		}
		anchors = append(anchors, more.all...)
	}
	check, err := checkAudit(ctx, l, postgres.AuditChain(dialer.NewRefs(key)), anchors)
	if err != nil {
		return err
	}
	for _, f := range check.Findings {
		fmt.Fprintln(std.out, f)
	}
	fmt.Fprintf(std.out, "%d entries, %d anchors\n", check.Entries, check.Anchors)
	for _, where := range unread {
		fmt.Fprintf(std.out, "%s: no anchor; a power cut tore it, or somebody wrote into the file. Note it, and take the line out\n", where)
	}
	calls, err := l.CheckCalls(ctx, time.Time{})
	if err != nil {
		return err
	}
	for _, f := range calls.Findings {
		fmt.Fprintln(std.out, f)
	}
	fmt.Fprintf(std.out, "%d calls as they ended, %d from before calls were sealed\n", calls.Sealed, calls.Older)
	if !check.Sound() || !calls.Sound() {
		return fmt.Errorf("the record was tampered with: %d findings, and %d of calls", len(check.Findings), len(calls.Findings))
	}
	if len(unread) > 0 {
		return fmt.Errorf("the record fits all anchors that can be read, and %d lines cannot be", len(unread))
	}
	if check.Entries > 0 {
		fmt.Fprintln(std.out, check.Newest)
	}
	if check.Anchors == 0 {
		fmt.Fprintln(std.out, "without an anchor nobody can tell whether the newest entries were cut off; keep the line above where the database's master cannot reach")
	}
	return nil
}

func anchorAudit(ctx context.Context, l *postgres.Ledger, _ configs.Settings, _ auditFlags, std streams) error {
	newest, err := l.Newest(ctx)
	if err != nil {
		return err
	}
	if newest.N == 0 {
		return errors.New("nothing is written down yet")
	}
	fmt.Fprintln(std.out, audit.AnchorOf(newest))
	return nil
}

// listPage is how many entries are read at a time.
const listPage = 5000

func listAudit(ctx context.Context, l *postgres.Ledger, _ configs.Settings, o auditFlags, std streams) error {
	q := audit.Query{Ref: o.ref, By: dialer.UserID(o.by), Action: audit.Action(o.act), Most: listPage}
	for _, day := range []struct {
		flag, text string
		at         *time.Time
		after      bool
	}{{"--from", o.from, &q.From, false}, {"--until", o.until, &q.Until, true}} {
		if day.text == "" {
			continue
		}
		d, err := dialer.ParseDate(day.text)
		if err != nil {
			return errUsage{day.flag + " must be a day like 2026-11-24"}
		}
		if day.after {
			d = d.Next()
		}
		*day.at = d.At(0)
	}
	out := newAuditCSV(std.out)
	for {
		found, err := l.Entries(ctx, q)
		if err != nil {
			return err
		}
		for _, e := range found {
			out.write(e)
		}
		if len(found) < listPage {
			return out.flush()
		}
		q.Below = found[len(found)-1].N
	}
}

// noteCommand writes down what was done from the command line.
func noteCommand(ctx context.Context, l audit.Log, command string, e audit.Event) error {
	return l.WriteDown(ctx, byMachine(command, e))
}

// byMachine is an event of the command line: by an account of the machine, since nobody signs in there.
func byMachine(command string, e audit.Event) audit.Event {
	account := "unknown"
	if u, err := user.Current(); err == nil {
		account = u.Username
	}
	if e.Detail != "" {
		e.Detail += "; "
	}
	e.At, e.Route = time.Now(), "kakeru "+command
	e.Detail += "account of the machine: " + account
	return e
}
