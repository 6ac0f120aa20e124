package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/backup"
	"kakeru/dialer/postgres"
	"kakeru/dialer/vault"
)

// runBackup writes the ledger into one encrypted file, makes the key for that, or looks whether a file holds.
func runBackup(ctx context.Context, args []string, std streams) error {
	if len(args) > 0 && args[0] == "key" {
		return backupKey(args[1:], std)
	}
	if len(args) > 0 && args[0] == "verify" {
		return backupVerify(args[1:], std)
	}
	var out string
	load, rest, err := configured("backup", args, std, func(f *flag.FlagSet) {
		f.StringVar(&out, "out", "", "the `file` to write; one that is there is not overwritten")
	})
	switch {
	case err != nil:
		return err
	case len(rest) > 0:
		return errUsage{"arguments not understood"}
	case out == "":
		return errUsage{"give --out FILE"}
	}
	s, err := load()
	if err != nil {
		return err
	}
	to, err := backup.Recipients(s.Backup.Recipients)
	if err != nil {
		return err
	}
	mark, err := secret(s)
	if err != nil {
		return err
	}
	noteKept(ctx, s, "backup", audit.Event{Action: audit.Exported, Object: "backup"}, std)
	var m backup.Manifest
	err = newFile(out, func(w io.Writer) error {
		m, err = backup.Write(w, to, mark, func(w io.Writer) (backup.Manifest, error) {
			snap, err := postgres.Dump(ctx, s.Database.URL, w)
			return manifestOf(snap), err
		})
		return err
	})
	if err != nil {
		return err
	}
	tellManifest(std, m)
	fmt.Fprintln(std.out, "it has no key: keep secret_file, signing_key_file and the master key elsewhere, and vault.folder in no backup at all")
	return nil
}

func manifestOf(s postgres.Snapshot) backup.Manifest {
	m := backup.Manifest{At: s.At, Schema: s.Schema, Rows: s.Rows}
	for _, d := range s.Days {
		m.Days = append(m.Days, backup.Day{Day: d.Day.String(), Closed: d.Closed})
	}
	return m
}

func tellManifest(std streams, m backup.Manifest) {
	fmt.Fprintf(std.out, "backup of %s: %d attempts, %d cases, %d tables, %d bytes before encryption, SHA-256 %s\n",
		m.At.Format("2006-01-02T15:04:05Z07:00"), m.Rows["attempts"], m.Rows["cases"], len(m.Rows), m.Octets, m.SHA256)
}

// newFile writes a file that nobody else may read. It has its name only once it is whole and on disk.
func newFile(path string, write func(io.Writer) error) (err error) {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s exists, and is not overwritten; give another name", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".kakeru-new-") // 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	err = os.Link(f.Name(), path)
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) { // a file system without links, as disks have that are carried away
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func backupKey(args []string, std streams) error {
	var out string
	rest, err := flags("backup key", args, std, func(f *flag.FlagSet) { f.StringVar(&out, "out", "", "the `file` of the secret half") })
	switch {
	case err != nil:
		return err
	case len(rest) > 0 || out == "":
		return errUsage{"give --out FILE, and nothing else"}
	}
	secret, public, err := backup.NewIdentity()
	if err != nil {
		return err
	}
	if err := newFile(out, func(w io.Writer) error {
		_, err := io.WriteString(w, secret)
		return err
	}); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "backup:\n  recipients: [%q]\n", public)
	fmt.Fprintf(std.out, "# write the two lines above into the settings, and take %s away from this machine: it opens every backup, and without it none opens\n", out)
	fmt.Fprintln(std.out, "# 上の2行を設定に書き、鍵ファイルはこの機械から別の安全な場所へ移してください。この鍵がないとバックアップは開けません")
	return nil
}

// openBackup opens a backup and the identities for it.
func openBackup(path, keyFile string) (*os.File, []age.Identity, error) {
	k, err := os.Open(keyFile) //nolint:gosec // named by the administrator
	if err != nil {
		return nil, nil, fmt.Errorf("--key: %w", err)
	}
	with, err := backup.Identities(k)
	if err = errors.Join(err, k.Close()); err != nil {
		return nil, nil, fmt.Errorf("--key: %w", err)
	}
	f, err := os.Open(path) //nolint:gosec // named by the administrator
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("there is no file %s", path)
	}
	return f, with, err
}

// fileFirst takes the file out of a command's arguments where it stands before the flags: kakeru restore FILE --key FILE.
func fileFirst(args []string) (file, rest []string) {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		return args[:1], args[1:]
	}
	return nil, args
}

func backupVerify(args []string, std streams) error {
	var key string
	file, args := fileFirst(args)
	rest, err := flags("backup verify", args, std, func(f *flag.FlagSet) { f.StringVar(&key, "key", "", "the `file` that `kakeru backup key` wrote") })
	rest = append(file, rest...)
	switch {
	case err != nil:
		return err
	case len(rest) != 1 || key == "":
		return errUsage{"give --key FILE, then one backup"}
	}
	f, with, err := openBackup(rest[0], key)
	if err != nil {
		return err
	}
	m, err := backup.Verify(f, with)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	tellManifest(std, m)
	return nil
}

// runRestore puts a backup into an empty database. The file is read to its end first: one that does not hold is refused before anything
// is touched.
func runRestore(ctx context.Context, args []string, std streams) error {
	var key string
	var foreign bool
	file, args := fileFirst(args)
	load, rest, err := configured("restore", args, std, func(f *flag.FlagSet) {
		f.StringVar(&key, "key", "", "the `file` that `kakeru backup key` wrote")
		f.BoolVar(&foreign, "unmarked", false, "take a backup that bears no mark of this secret_file; it may be anybody's, and what is in it is run in the database")
	})
	rest = append(file, rest...)
	switch {
	case err != nil:
		return err
	case len(rest) != 1 || key == "":
		return errUsage{"give --key FILE and --config FILE, then one backup"}
	}
	s, err := load()
	if err != nil {
		return err
	}
	f, with, m, err := openToRestore(rest[0], key)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if err := ourBackup(s, m); err != nil && !foreign {
		return err
	}
	r, w := io.Pipe()
	defer func() { _ = r.Close() }() // whoever still writes is let go
	go func() {
		_, err := backup.Read(f, with, w)
		_ = w.CloseWithError(err) // nil: the end of the dump
	}()
	if err := postgres.Restore(ctx, s.Database.Owner(), r, m.Rows); err != nil {
		return err
	}
	tellManifest(std, m)
	if s.Database.MigrateURL != "" {
		if err := postgres.Grant(ctx, s.Database.Owner(), s.Database.URL); err != nil {
			return fmt.Errorf("it is restored, but not ready to serve: %w; then run `kakeru migrate`", err)
		}
	}
	// Opening the ledger would do what a first start does, and keys may have to be put back before that.
	if err := keepUnnoted(unnotedPath(s), byMachine("restore", audit.Event{
		Action: audit.Changed, Object: "restore", Detail: fmt.Sprintf("backup of %s, %d bytes, SHA-256 %s", m.At.UTC().Format(time.RFC3339), m.Octets, m.SHA256),
	})); err != nil {
		fmt.Fprintf(std.err, "kakeru restore: that it was restored will not be in the record of who did what: %s\n", oneLine(err))
	}
	tellRemembered(s, m, std)
	return tellKeys(s, m, std)
}

// tellRemembered says what of the time since the backup comes back by itself, and what does not.
func tellRemembered(s configs.Settings, m backup.Manifest, std streams) {
	key, err := os.ReadFile(secretPath(s))
	if err == nil {
		var since postgres.Recalled
		if since, err = postgres.RememberedSince(s.StateDir, dialer.NewRefs(key), m.At); err == nil {
			fmt.Fprintf(std.out, "%s has since the backup: words on whether a number may be called: %d; people who were changed: %d. The first start puts the words back, "+
				"and lets these people in when an administrator has enabled them (kakeru user enable)\n", postgres.RememberedPath(s.StateDir), since.Numbers, since.People)
			return
		}
	}
	fmt.Fprintf(std.out, "who asked since the backup not to be called, and who was let go since, is NOT known (%s: %s): put the file of each node back in its state_dir, "+
		"or see docs/operations.md, \"After a restore\", before anybody signs in\n", postgres.RememberedPath(s.StateDir), oneLine(err))
}

// openToRestore verifies a backup, and opens it as a copy of our own, which is gone when it is closed: it is read twice, and whoever keeps backups must
// not give another one the second time. The copy is as encrypted as the file, and goes no further than the first octet that is not right: what is no
// backup fills no disk.
func openToRestore(path, keyFile string) (*os.File, []age.Identity, backup.Manifest, error) {
	kept, with, err := openBackup(path, keyFile)
	if err != nil {
		return nil, nil, backup.Manifest{}, err
	}
	defer func() { _ = kept.Close() }()
	own, err := os.CreateTemp("", "kakeru-restore-") // 0600
	if err != nil {
		return nil, nil, backup.Manifest{}, err
	}
	if err := os.Remove(own.Name()); err != nil { // it lives as long as it is open
		return nil, nil, backup.Manifest{}, errors.Join(err, own.Close())
	}
	copied := &copying{from: kept, to: own}
	m, err := backup.Verify(copied, with)
	if copied.err != nil {
		err = fmt.Errorf("the backup cannot be copied; TMPDIR names another folder for that: %w", copied.err)
	}
	if err == nil {
		_, err = own.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, nil, backup.Manifest{}, errors.Join(err, own.Close())
	}
	return own, with, m, nil
}

// copying is a reader of which everything that is read is written down, and of whose faults the writer's are told apart.
type copying struct {
	from io.Reader
	to   io.Writer
	err  error // the writer's
}

func (c *copying) Read(b []byte) (int, error) {
	n, err := c.from.Read(b)
	if c.err == nil && n > 0 {
		_, c.err = c.to.Write(b[:n])
	}
	if c.err != nil {
		return 0, c.err
	}
	return n, err
}

// ourBackup refuses a backup that nobody with the centre's secret has made. No secret is made for that.
func ourBackup(s configs.Settings, m backup.Manifest) error {
	mark, err := os.ReadFile(secretPath(s))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no %s, by which it is seen who made the backup; put it back first, or give --unmarked if you know where the file has been", secretPath(s))
	}
	if err != nil {
		return fmt.Errorf("settings: secret_file: %w", err)
	}
	if err := m.MadeBy(mark); err != nil {
		return fmt.Errorf("%w; put back the secret_file that the server had, or give --unmarked if you know where the file has been since it was made", err)
	}
	return nil
}

// tellKeys says what has become, since the backup, of the keys that its personal data needs.
func tellKeys(s configs.Settings, m backup.Manifest, std streams) error {
	v, err := keys(s)
	if err != nil {
		return err
	}
	for _, d := range m.Days {
		err := v.Has(vault.KeyID("day-" + d.Day))
		switch {
		case errors.Is(err, vault.ErrDestroyed) && !d.Closed:
			fmt.Fprintf(std.out, "the day %s was closed after this backup: its people are gone for good, and the next start takes their rows away; "+
				"that close is not in this ledger, so keep the ward's folder as the record of it\n", d.Day)
		case errors.Is(err, vault.ErrNoKey):
			fmt.Fprintf(std.out, "vault.folder has no key of the day %s: the server does not start before it is put back, or given up with `kakeru vault give-up day-%s`\n",
				d.Day, d.Day)
		case err != nil && !errors.Is(err, vault.ErrDestroyed):
			fmt.Fprintf(std.out, "the key of the day %s: %s\n", d.Day, oneLine(err))
		}
	}
	fmt.Fprintln(std.out, "before the first start read docs/operations.md, \"After a restore\": calls, closes and a contract's end since the backup are not in this ledger")
	return nil
}
