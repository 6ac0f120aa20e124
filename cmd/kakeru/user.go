package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/postgres"
	"kakeru/webui/auth"
)

// userFlags are the flags of `kakeru user`.
type userFlags struct {
	what              string // the word of the command
	login, name, role string
	own               bool // the person types the password themselves
}

// runUser keeps the people who can sign in. Passwords come from the terminal or standard input, never from the command
// line, which other people on the machine can read.
func runUser(ctx context.Context, args []string, std streams) error {
	if len(args) == 0 || !slices.Contains([]string{"add", "password", "disable", "enable", "reset-factors", "list"}, args[0]) {
		return errUsage{"say add, password, disable, enable, reset-factors or list"}
	}
	var o userFlags
	load, rest, err := configured("user "+args[0], args[1:], std, func(f *flag.FlagSet) {
		f.StringVar(&o.login, "login", "", "the `name` they sign in with")
		f.StringVar(&o.name, "name", "", "the name colleagues see")
		f.StringVar(&o.role, "role", "", "operator, supervisor, ward or admin")
		f.BoolVar(&o.own, "own", false, "the person types the password themselves, and need not change it at the first sign-in")
	})
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return errUsage{"arguments not understood"}
	}
	s, err := load()
	if err != nil {
		return err
	}
	return withLedger(ctx, s, func(l *postgres.Ledger) error {
		if args[0] == "list" {
			return listUsers(ctx, l, std)
		}
		o.what = args[0]
		return changeUser(ctx, l, s, o, std)
	})
}

func listUsers(ctx context.Context, l dialer.Users, std streams) error {
	users, err := l.Users(ctx)
	if err != nil {
		return err
	}
	for _, u := range users {
		state := "active"
		if u.Disabled {
			state = "disabled"
		}
		fmt.Fprintf(std.out, "%-16s %-11s %-9s %s\n", u.Login, u.Role, state, u.Name)
	}
	return nil
}

// changeUser adds a person or changes one.
func changeUser(ctx context.Context, l *postgres.Ledger, s configs.Settings, o userFlags, std streams) error {
	if o.login == "" {
		return errUsage{"--login is missing"}
	}
	what := o.what
	u, err := l.UserByLogin(ctx, o.login)
	known := err == nil
	if err != nil && !errors.Is(err, dialer.ErrNotFound) {
		return err
	}
	switch {
	case what == "add" && known:
		return fmt.Errorf("%s can sign in already; use `kakeru user password` for a new password", o.login)
	case what != "add" && !known:
		return fmt.Errorf("nobody signs in as %s; `kakeru user list` shows who does", o.login)
	}
	switch what {
	case "add":
		if !slices.Contains(dialer.Roles, dialer.Role(o.role)) {
			return errUsage{"--role must be operator, supervisor, ward or admin"}
		}
		login, unfit := auth.Login(o.login)
		name, wrong := auth.Name(firstOf(o.name, o.login))
		if errors.Join(unfit, wrong) != nil {
			return errUsage{"--login has no spaces, and neither it nor --name has characters that are not to be seen"}
		}
		u = dialer.User{
			ID: dialer.UserID(dialer.NewID(time.Now())), Login: login, Name: name,
			Role: dialer.Role(o.role), CreatedAt: time.Now(),
		}
		u.PasswordHash, err = askPassword(std, u, s)
		u.MustChange = !o.own
	case "password":
		u.PasswordHash, err = askPassword(std, u, s)
		u.MustChange = !o.own
	case "reset-factors":
		err = l.RemoveFactors(ctx, u.ID)
	case "disable":
		u.Disabled = true
	case "enable":
		u.Disabled = false
	default:
		return errUsage{"say add, password, disable, enable, reset-factors or list"}
	}
	if err != nil {
		return err
	}
	if err := keepUser(ctx, l, what, u); err != nil {
		return err
	}
	if known && what != "enable" {
		if err := l.EndSessionsOf(ctx, u.ID, ""); err != nil {
			return err
		}
	}
	return noteCommand(ctx, l, "user "+what, audit.Event{Action: audit.Changed, Object: string(u.ID), Detail: "role: " + string(u.Role)})
}

// keepUser writes what was asked for and nothing else: an administrator may change the same person meanwhile.
func keepUser(ctx context.Context, l *postgres.Ledger, what string, u dialer.User) error {
	if what == "add" {
		return l.AddUser(ctx, u)
	}
	_, err := l.ChangeUser(ctx, u.ID, func(now *dialer.User) error {
		switch what {
		case "password":
			now.PasswordHash, now.MustChange = u.PasswordHash, u.MustChange
		case "disable", "enable":
			now.Disabled = u.Disabled
		}
		return nil
	})
	return err
}

// askPassword reads a new password of a person's.
func askPassword(std streams, u dialer.User, s configs.Settings) (hash string, err error) {
	word, err := readPassword(std, "new password: ")
	if err != nil {
		return "", err
	}
	least := auth.MinPasswordOnly
	if s.Auth.SecondFactor[string(u.Role)] == string(auth.Required) {
		least = auth.MinPassword
	}
	if err := auth.CheckPassword(word, least, u.Login, u.Name, s.Report.Ward, s.Report.Contractor); err != nil {
		return "", err
	}
	return auth.HashPassword(word, auth.Cost{})
}

// readPassword reads a password: unseen from a terminal, or one line of standard input.
func readPassword(std streams, prompt string) (line string, err error) {
	if fd := int(os.Stdin.Fd()); term.IsTerminal(fd) { //nolint:gosec // a file descriptor fits
		fmt.Fprint(std.err, prompt)
		b, err := term.ReadPassword(fd)
		fmt.Fprintln(std.err)
		if err != nil {
			return "", err
		}
		line = string(b)
	} else {
		line, err = bufio.NewReader(os.Stdin).ReadString('\n')
		if err != nil && line == "" {
			return "", fmt.Errorf("no password on standard input: %w", err)
		}
	}
	return strings.TrimRight(line, "\r\n"), nil
}
