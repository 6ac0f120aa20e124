// Command kakeru is the door of the house: it knows every room, wires them with plain constructor calls in start order,
// and stops them in the reverse. `kakeru` alone lists the commands. What a command is given wrongly is answered with one
// line that says what is wrong and what to do, exit status 2; what fails, with one such line and exit status 1.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// command is one of the binary's commands.
type command struct {
	name string
	args string // how its arguments are written
	does string
	run  func(ctx context.Context, args []string, std streams) error
}

// streams are what a command prints to.
type streams struct {
	out io.Writer
	err io.Writer
}

// commands lists them in the order of the help. What is for trials alone is not in a binary for production.
func commands() []command {
	return append(demos(), append([]command{
		{"serve", "--config FILE", "production: real phones and trunk, PostgreSQL and Redis by URL", runServe},
		{"doctor", "--config FILE", "check a set-up: one line a finding, with what to do", runDoctor},
		{"provision", "--config FILE [--desk ID] [--out DIR] [--force]", "write the settings files of Yealink, Grandstream and Snom phones", runProvision},
		{"migrate", "--config FILE", "bring the database's schema up to date", runMigrate},
		{"import", "--list FILE.csv | --paid FILE.csv [--preview] [--skip-wrong] --config FILE", "take the ward's list in", runImport},
		{"export", "--day 2026-11-24 [--again] --out FILE.csv --config FILE | verify FOLDER|MANIFEST.json [--key FILE]", "the records out; what went back checked", runExport},
		{
			"report", "--day D | --month M | --fiscal-year Y | --analysis M | --pack M | --inspection M | --privacy M [--format csv|xlsx|pdf|json] " +
				"[--revision N] [--out FILE] --config FILE",
			"the ward's reports", runReport,
		},
		{"user", "add|password|disable|enable|list … --config FILE", "the people who can sign in", runUser},
		{
			"settings", "list|history [--key KEY]|reset --reason TEXT KEY --config FILE",
			"what administrators changed in the panel, over the settings file; one given back to the file", runSettings,
		},
		{
			"audit", "verify [--anchors FILE]|anchor|list [--case-ref REF] [--user ID] [--action A] [--from DAY] [--until DAY] --config FILE",
			"who saw and changed what: any tampering found, the entries out as CSV", runAudit,
		},
		{
			"backup", "--out FILE --config FILE | key --out FILE | verify FILE --key FILE",
			"the ledger in one encrypted file, without any key of personal data", runBackup,
		},
		{"restore", "FILE --key FILE --config FILE", "a backup into an empty database", runRestore},
		{
			"vault", "master --out FILE | status|rotate --config FILE | give-up KEY|lost [N] --config FILE",
			"the keys of personal data, and the master key that wraps them", runVault,
		},
		{
			"recording", "key --out FILE | rotate --config FILE",
			"the master key of the recordings: a new one, and sealing the days' keys anew under it", runRecording,
		},
		{
			"cert", "ca --out FOLDER [--permit DOMAIN|NETWORK] | issue --ca FOLDER --name HOST [--ip ADDRESS] [--force]",
			"certificates for a closed network", runCert,
		},
		{"trace", "CALL [--server URL] [--login NAME] [--full] [--pcap FILE] [--hep HOST:PORT]", "a live or recent call's SIP messages", runTrace},
		{"openapi", "", "print the HTTP API's description", runOpenAPI},
	}, trials()...)...)
}

// errUsage is a command given wrongly.
type errUsage struct{ what string }

func (e errUsage) Error() string { return e.what }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	code := dispatch(ctx, os.Args[1:], streams{os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// dispatch runs a command and turns its error into one line and an exit status.
func dispatch(ctx context.Context, args []string, std streams) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		help(std.out)
		return 0
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		return exitCode(c, c.run(ctx, args[1:], std), std)
	}
	fmt.Fprintf(std.err, "kakeru: there is no command %q; `kakeru help` lists them\n", args[0])
	return 2
}

func exitCode(c command, err error, std streams) int {
	var usage errUsage
	switch {
	case err == nil:
		return 0
	case errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &usage):
		fmt.Fprintf(std.err, "kakeru %s: %s; usage: kakeru %s %s\n", c.name, usage.what, c.name, c.args)
		return 2
	default:
		fmt.Fprintf(std.err, "kakeru %s: %s\n", c.name, oneLine(err))
		return 1
	}
}

// oneLine makes one line of an error that may have several.
func oneLine(err error) string { return strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; ") }

func help(w io.Writer) {
	fmt.Fprintln(w, "kakeru places a call centre's calls and keeps the record.")
	for _, c := range commands() {
		fmt.Fprintf(w, "  kakeru %-9s %-48s %s\n", c.name, c.args, c.does)
	}
}

// flags parses a command's flags; a mistake is an errUsage, and nothing is printed twice.
func flags(name string, args []string, std streams, define func(*flag.FlagSet)) ([]string, error) {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	define(f)
	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		f.SetOutput(std.out)
		f.PrintDefaults()
		return nil, err
	}
	if err != nil {
		return nil, errUsage{err.Error()}
	}
	return f.Args(), nil
}
