package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"kakeru/dialer"
)

// traceFlags are the flags of `kakeru trace`.
type traceFlags struct {
	server, login, pcap, hep string
	full                     bool
}

// runTrace shows a call's ladder, and writes it for Wireshark or sends it to a Homer if asked to. It asks the running server,
// since the messages are nowhere else. The password comes from KAKERU_PASSWORD, the terminal or standard input, never from the
// command line, which other people on the machine can read.
func runTrace(ctx context.Context, args []string, std streams) error {
	var (
		call string
		o    traceFlags
	)
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		call, args = args[0], args[1:]
	}
	rest, err := flags("trace", args, std, func(f *flag.FlagSet) {
		f.StringVar(&o.server, "server", "http://127.0.0.1:8080", "the panel's `URL`")
		f.StringVar(&o.login, "login", "supervisor", "who signs in: a supervisor sees all, an administrator no numbers")
		f.BoolVar(&o.full, "full", false, "print the messages too")
		f.StringVar(&o.pcap, "pcap", "", "write a capture `file` for Wireshark")
		f.StringVar(&o.hep, "hep", "", "send the messages to a Homer at `host:port`, by UDP")
	})
	if err != nil {
		return err
	}
	if call == "" && len(rest) > 0 {
		call, rest = rest[0], rest[1:]
	}
	switch {
	case call == "":
		return errUsage{"say which call: its id stands in the panel's address and in the log"}
	case len(rest) > 0:
		return errUsage{"arguments not understood"}
	}
	messages, err := fetchTrace(ctx, o, call, std)
	if err != nil {
		return err
	}
	return showTrace(ctx, messages, call, o, std)
}

func showTrace(ctx context.Context, messages []dialer.TraceMessage, call string, o traceFlags, std streams) error {
	printLadder(std.out, messages)
	if o.full {
		printMessages(std.out, messages)
	}
	if o.pcap != "" {
		if err := savePcap(o.pcap, messages); err != nil {
			return err
		}
	}
	if o.hep != "" {
		return sendHEP(ctx, o.hep, call, messages)
	}
	return nil
}

func fetchTrace(ctx context.Context, o traceFlags, call string, std streams) ([]dialer.TraceMessage, error) {
	at, err := url.Parse(o.server)
	if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
		return nil, errUsage{"--server is no http:// or https:// address"}
	}
	password := os.Getenv("KAKERU_PASSWORD")
	if password == "" {
		if password, err = readPassword(std, "password of "+o.login+": "); err != nil {
			return nil, err
		}
	}
	c, err := newPanelClient(strings.TrimRight(o.server, "/"))
	if err != nil {
		return nil, err
	}
	if err := c.signIn(ctx, o.login, password); err != nil {
		return nil, traceError(err, o)
	}
	if err := c.finishSignIn(ctx, func() (string, error) { return readPassword(std, "one-time password of "+o.login+": ") }); err != nil {
		return nil, traceError(err, o)
	}
	defer func() { _ = c.call(context.WithoutCancel(ctx), http.MethodDelete, "/api/session", nil, nil) }()
	var got struct{ Messages []dialer.TraceMessage }
	if err := c.call(ctx, http.MethodGet, "/api/calls/"+url.PathEscape(call)+"/trace", nil, &got); err != nil {
		return nil, traceError(err, o)
	}
	return got.Messages, nil
}

// traceError is what the server says, without the query's address; or that nobody answers.
func traceError(err error, o traceFlags) error {
	if said := (*problem)(nil); errors.As(err, &said) {
		return errors.New(said.DetailEN)
	}
	if errors.Is(err, errUnfinished) {
		return err
	}
	return fmt.Errorf("no server answers at %s; name the panel's address with --server: %w", o.server, err)
}

// The columns of a ladder for a terminal.
const (
	timeColumn = 9
	armColumn  = 42
)

// printLadder draws the desk phones on the left, us in the middle and the carrier on the right.
func printLadder(w io.Writer, messages []dialer.TraceMessage) {
	fmt.Fprintf(w, "%*s  %-*s%-*s%s\n", timeColumn, "seconds", armColumn, "desk phone", armColumn, "Kakeru", "carrier")
	for _, m := range messages {
		fmt.Fprintf(w, "%*.3f  %s\n", timeColumn, m.At.Sub(messages[0].At).Seconds(), rungText(m))
	}
	if len(messages) == 0 {
		fmt.Fprintln(w, "no message has passed yet")
	}
}

func rungText(m dialer.TraceMessage) string {
	label := printable(m.First)
	if m.Desk != "" {
		label = string(m.Desk) + ": " + label
	}
	room := armColumn - len("|<-  ->|")
	if r := []rune(label); len(r) > room {
		label = string(r[:room-1]) + "…"
	}
	line := strings.Repeat("-", room-len([]rune(label)))
	rightwards := m.Out == (m.Leg == dialer.CustomerLeg)
	arm := "|<- " + label + " " + line + "--|"
	if rightwards {
		arm = "|-- " + label + " " + line + "->|"
	}
	if m.Leg == dialer.CustomerLeg {
		return "|" + strings.Repeat(" ", armColumn-1) + arm
	}
	return arm + strings.Repeat(" ", armColumn-1) + "|"
}

// printMessages writes each message under a heading.
func printMessages(w io.Writer, messages []dialer.TraceMessage) {
	for i, m := range messages {
		fmt.Fprintf(w, "\n#%d %s  %s -> %s  %s\n", i+1, m.At.Format(time.RFC3339Nano), m.From, m.To, m.Transport)
		for line := range strings.Lines(m.Text) {
			fmt.Fprintln(w, printable(strings.TrimRight(line, "\r\n")))
		}
	}
}

// printable keeps what a far end sends from steering the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return '·'
		}
		return r
	}, s)
}
