package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"kakeru/dialer"
	"kakeru/dialer/casework/dayclose"
)

// runVerify checks what went back to the ward, on any machine and without the centre: one line for each thing that was looked at, and
// an error when any of them is wrong.
func runVerify(args []string, std streams) error {
	var key string
	rest, err := flags("export verify", args, std, func(f *flag.FlagSet) {
		f.StringVar(&key, "key", "", "the centre's public `key`, as its manifests show it and the ward has written it down")
	})
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return errUsage{"give one folder of the ward's, or one manifest in it, after the flags"}
	}
	var trusted ed25519.PublicKey
	if key != "" {
		if trusted, err = base64.StdEncoding.DecodeString(key); err != nil || len(trusted) != ed25519.PublicKeySize {
			return errUsage{"--key is no Ed25519 key in base64"}
		}
	}
	folder, only, err := whatToVerify(rest[0])
	if err != nil {
		return err
	}
	found, err := dayclose.VerifyAll(folder, trusted, only)
	if err != nil {
		return err
	}
	wrong := 0
	for _, f := range found {
		fmt.Fprintln(std.out, f)
		if f.Bad {
			wrong++
		}
	}
	switch {
	case wrong > 0:
		return fmt.Errorf("%d of %d findings are wrong", wrong, len(found))
	case len(found) == 0:
		return errors.New("the close that was named is not in the folder")
	case trusted == nil:
		fmt.Fprintln(std.out, "checked against the key that the manifests name themselves; give --key to be sure that it is the centre's")
	}
	return nil
}

// whatToVerify says where the ward's folder is and what of it is meant: all, one day's folder in it, or one close by its manifest or
// receipt.
func whatToVerify(path string) (folder dayclose.Folder, only func(dayclose.Manifest) bool, err error) {
	if path, err = filepath.Abs(path); err != nil {
		return "", nil, err
	}
	info, err := os.Stat(path) //nolint:gosec // the operator's own
	if err != nil {
		return "", nil, err
	}
	base := filepath.Base(path)
	if !info.IsDir() {
		above := filepath.Dir(filepath.Dir(path))
		return dayclose.Folder(above), func(m dayclose.Manifest) bool { return strings.Contains(base, m.Close) }, nil
	}
	if day, err := dialer.ParseDate(base); err == nil {
		return dayclose.Folder(filepath.Dir(path)), func(m dayclose.Manifest) bool { return m.Day == day.String() }, nil
	}
	return dayclose.Folder(path), nil, nil
}
