package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"kakeru/configs"
	"kakeru/dialer/audit"
	"kakeru/dialer/vault"
)

// masters opens the master key of the settings, and the one before it.
func masters(ctx context.Context, s configs.Settings) ([]vault.Master, error) {
	var all []vault.Master
	for _, from := range []struct {
		key string
		of  configs.Master
	}{{"vault.master", s.Vault.Master}, {"vault.former", s.Vault.Former}} {
		f := vault.From{Key: from.of.Key, File: from.of.File, Command: from.of.Command, Wrap: from.of.Wrap, Unwrap: from.of.Unwrap, Patience: from.of.Wait}
		if !f.Given() {
			continue
		}
		if from.key == "vault.former" && len(all) == 0 {
			return nil, errors.New("settings: vault.former is given without vault.master; a new master key belongs beside it")
		}
		m, err := f.Open(ctx)
		if err != nil {
			return nil, fmt.Errorf("settings: %s: %w", from.key, err)
		}
		all = append(all, m)
	}
	return all, nil
}

// vaultCommands are those of `kakeru vault`.
var vaultCommands = map[string]func(context.Context, *vault.Vault, []string, streams) error{
	"status": vaultStatus, "rotate": vaultRotate, "give-up": vaultGiveUp,
}

// runVault looks after the keys of personal data: a new master key, which one wraps what, wrapping anew, giving up what is lost.
func runVault(ctx context.Context, args []string, std streams) error {
	const say = "say master, status, rotate or give-up"
	if len(args) == 0 {
		return errUsage{say}
	}
	if args[0] == "master" {
		return vaultMaster(args[1:], std)
	}
	do, known := vaultCommands[args[0]]
	if !known {
		return errUsage{say}
	}
	which := args[0]
	args = args[1:]
	flagsFrom := slices.IndexFunc(args, func(a string) bool { return strings.HasPrefix(a, "-") })
	if flagsFrom < 0 {
		flagsFrom = len(args)
	}
	named, args := args[:flagsFrom:flagsFrom], args[flagsFrom:]
	load, rest, err := configured("vault", args, std, func(*flag.FlagSet) {})
	if err != nil {
		return err
	}
	s, err := load()
	if err != nil {
		return err
	}
	v, err := keys(s)
	if err != nil {
		return err
	}
	if err := do(ctx, v, append(named, rest...), std); err != nil {
		return err
	}
	if which != "status" {
		noteKept(ctx, s, "vault "+which, audit.Event{Action: audit.Changed, Object: strings.Join(append(named, rest...), " ")}, std)
	}
	return nil
}

func vaultMaster(args []string, std streams) error {
	var out string
	rest, err := flags("vault master", args, std, func(f *flag.FlagSet) { f.StringVar(&out, "out", "", "the `file` of the new master key") })
	switch {
	case err != nil:
		return err
	case len(rest) > 0 || out == "":
		return errUsage{"give --out FILE, and nothing else"}
	}
	if err := newFile(out, func(w io.Writer) error {
		_, err := io.WriteString(w, vault.NewMaster())
		return err
	}); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "%s is a new master key. Name it in vault.master.file (and the one before it in vault.former.file), restart the servers, then: kakeru vault rotate\n", out)
	fmt.Fprintln(std.out, "keep a copy where neither this machine nor its backups are: without it, what the days' keys seal is lost")
	fmt.Fprintln(std.out, "写しを1部、この機械とそのバックアップから離れた場所に保管してください。失うと、預かっている個人情報は読めなくなります")
	return nil
}

func vaultStatus(_ context.Context, v *vault.Vault, args []string, std streams) error {
	if len(args) > 0 {
		return errUsage{"arguments not understood"}
	}
	standing, err := v.Standing()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(standing)) {
		if name == "" {
			fmt.Fprintf(std.out, "%d keys are wrapped by no master key; with vault.master set, `kakeru vault rotate` wraps them\n", standing[name])
			continue
		}
		fmt.Fprintf(std.out, "%d keys are wrapped by %s\n", standing[name], name)
	}
	lost, err := v.Lost()
	if err != nil {
		return err
	}
	for _, id := range lost {
		fmt.Fprintf(std.out, "%s does not open: what it sealed cannot be read\n", id)
	}
	if len(lost) > 0 {
		return fmt.Errorf("%d keys do not open; put back the master key that wraps them, or read docs/operations.md, \"A key is lost\"", len(lost))
	}
	return nil
}

func vaultRotate(_ context.Context, v *vault.Vault, args []string, std streams) error {
	if len(args) > 0 {
		return errUsage{"arguments not understood"}
	}
	n, err := v.Rotate()
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "%d keys were wrapped anew; the master key before opens nothing in vault.folder any more: take it out of vault.former and destroy it, with its copies\n", n)
	return nil
}

// allLost are the keys that no master key opens, once whoever gives them up has said how many there are: a wrong master key in the settings, or one that cannot be asked just
// now, looks as if all were lost, and what is given up comes back by nothing.
func allLost(v *vault.Vault, args []string, std streams) ([]vault.KeyID, error) {
	lost, err := v.Lost()
	if err != nil {
		return nil, err
	}
	if len(lost) == 0 {
		return nil, errors.New("no key is lost: all that are in vault.folder open")
	}
	for _, id := range lost {
		if err := v.Has(id); !vault.IsLost(err) {
			return nil, fmt.Errorf("%w. A key whose master cannot be asked is not lost: mend that, or give the key up by its name", err)
		}
	}
	if say := strconv.Itoa(len(lost)); len(args) != 1 || args[0] != say {
		for _, id := range lost {
			fmt.Fprintf(std.out, "%s does not open\n", id)
		}
		return nil, fmt.Errorf("%s keys do not open, and giving them up destroys them and what they sealed for good. If vault.master is another key by mistake, put that right instead; "+
			"if the key that wraps them (kakeru vault status) is lost, with all its copies, say: kakeru vault give-up lost %s", say, say)
	}
	return lost, nil
}

// vaultGiveUp ends keys that are lost, so that the centre can go on without what they sealed.
func vaultGiveUp(_ context.Context, v *vault.Vault, args []string, std streams) error {
	if len(args) == 0 {
		return errUsage{"name the key: day-2026-11-24, or say `lost` for all that no master key opens"}
	}
	var ids []vault.KeyID
	if args[0] == "lost" {
		lost, err := allLost(v, args[1:], std)
		if err != nil {
			return err
		}
		ids = lost
	} else {
		for _, name := range args {
			ids = append(ids, vault.KeyID(name))
		}
	}
	for _, id := range ids {
		if v.Has(id) == nil {
			return fmt.Errorf("%s opens, and is not given up: closing its day is what destroys a key", id)
		}
	}
	for _, id := range ids {
		if err := v.Destroy(id); err != nil {
			return err
		}
	}
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = string(id)
	}
	fmt.Fprintf(std.out, "given up: %s. The next start takes away the rows that they sealed; the next list brings the people back\n", strings.Join(names, ", "))
	return nil
}
