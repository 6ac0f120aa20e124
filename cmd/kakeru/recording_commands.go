package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"kakeru/dialer/audit"
	"kakeru/sip/media/recording"
)

// runRecording looks after the master key of the recordings.
func runRecording(ctx context.Context, args []string, std streams) error {
	if len(args) > 0 && args[0] == "key" {
		return recordingKey(args[1:], std)
	}
	if len(args) > 0 && args[0] == "rotate" {
		return recordingRotate(ctx, args[1:], std)
	}
	return errUsage{"say key or rotate"}
}

func recordingKey(args []string, std streams) error {
	var out string
	rest, err := flags("recording key", args, std, func(f *flag.FlagSet) { f.StringVar(&out, "out", "", "the `file` of the new master key") })
	switch {
	case err != nil:
		return err
	case len(rest) > 0 || out == "":
		return errUsage{"give --out FILE, and nothing else"}
	}
	text, err := recording.NewMaster()
	if err != nil {
		return err
	}
	if err := newFile(out, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	}); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "%s is a new master key. Name it in recording.key_file (and the one before it in recording.former_key_file), restart the servers, then: "+
		"kakeru recording rotate\n", out)
	fmt.Fprintln(std.out, "keep a copy where neither this machine nor its backups are: without it no recording can be heard")
	fmt.Fprintln(std.out, "写しを1部、この機械とそのバックアップから離れた場所に保管してください。失うと、録音は聞けなくなります")
	return nil
}

func recordingRotate(ctx context.Context, args []string, std streams) error {
	load, rest, err := configured("recording", args, std, func(*flag.FlagSet) {})
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
	r := s.Recording
	if r.KeysFolder == "" || r.KeyFile == "" || r.FormerKeyFile == "" {
		return errors.New("settings: name the new master key in recording.key_file and the one before it in recording.former_key_file; " +
			"`kakeru recording key --out FILE` makes a new one")
	}
	keys, err := recording.OpenKeys(r.KeysFolder, r.KeyFile, r.FormerKeyFile)
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	n, err := keys.Rotate()
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "%d keys were sealed anew; the master key before opens nothing in recording.keys_folder any more: "+
		"take it out of recording.former_key_file and destroy it, with its copies\n", n)
	noteKept(ctx, s, "recording rotate", audit.Event{Action: audit.Changed}, std)
	return nil
}
