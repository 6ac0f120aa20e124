package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kakeru/configs"
	"kakeru/dialer/postgres"
	"kakeru/dialer/vault"
)

// keys opens the folder with the keys of personal data, and the master key that wraps them. A program that has the master key is
// bounded by its own patience.
func keys(s configs.Settings) (*vault.Vault, error) {
	all, err := masters(context.Background(), s)
	if err != nil {
		return nil, err
	}
	return vault.Open(keysFolder(s), all...)
}

func keysFolder(s configs.Settings) string {
	return firstOf(s.Vault.Folder, filepath.Join(s.StateDir, "keys"))
}

// checkVault looks at the folder of the keys, and makes nothing: who may read it, and whether it stands where a backup of the
// database would take it along.
func checkVault(ctx context.Context, s configs.Settings) []finding {
	const about = "keys"
	folder := keysFolder(s)
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []finding{{fine, about, "the folder of the keys of personal data is made at the first start", ""}}
	case err != nil:
		return []finding{{major, about, oneLine(err), "mend that, or correct vault.folder"}}
	case !info.IsDir():
		return []finding{{major, about, folder + " is no folder", "correct vault.folder"}}
	case info.Mode().Perm()&0o077 != 0:
		return []finding{{major, about, "others may read " + folder + ", which holds the keys of personal data", "chmod 700 " + folder}}
	}
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	data, err := postgres.DataFolder(ctx, s.Database.URL)
	if err == nil && data != "" && within(folder, data) {
		return []finding{{
			major, about, folder + " stands in PostgreSQL's own folder: a backup of that has the keys too, and closing a day destroys nothing",
			"move it elsewhere, and say where with vault.folder",
		}}
	}
	living, err := filepath.Glob(filepath.Join(folder, "day-*.key"))
	if err != nil {
		return []finding{{major, about, oneLine(err), "correct vault.folder"}}
	}
	return append(
		[]finding{{fine, about, fmt.Sprintf("personal data of %d days is kept under their keys in %s; keep it out of every backup", len(living), folder), ""}},
		checkMaster(s)...,
	)
}

// checkMaster looks at what wraps the keys.
func checkMaster(s configs.Settings) []finding {
	const about = "master key"
	v, err := keys(s)
	if err != nil {
		return []finding{{major, about, oneLine(err), "mend that: the server does not start without it"}}
	}
	standing, err := v.Standing()
	if err != nil {
		return []finding{{major, about, oneLine(err), "mend that"}}
	}
	lost, err := v.Lost()
	switch {
	case err != nil:
		return []finding{{major, about, oneLine(err), "mend that"}}
	case len(lost) > 0:
		return []finding{{major, about, fmt.Sprintf("%d keys do not open", len(lost)), "`kakeru vault status` names them; put back the master key that wraps them"}}
	case v.Current() == "":
		return []finding{{minor, about, "there is none: whoever takes vault.folder has the keys", "make one with `kakeru vault master`, and set vault.master"}}
	case len(standing) > 1 || len(standing) == 1 && standing[v.Current()] == 0:
		return []finding{{minor, about, "not all keys are wrapped by it", "run `kakeru vault rotate`"}}
	}
	return []finding{{fine, about, "wraps all keys", ""}}
}

// within reports whether a path stands in a folder.
func within(path, folder string) bool {
	way, err := filepath.Rel(folder, path)
	return err == nil && way != ".." && !strings.HasPrefix(way, ".."+string(filepath.Separator))
}
