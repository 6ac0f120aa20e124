package stores

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// MissingError says that a program is not installed, and how to install it.
type MissingError struct {
	Package string // the Debian or Ubuntu package that brings the program
	Command string // what to type to install it
}

// Error is one line that tells what is missing and what to do.
func (e *MissingError) Error() string {
	return fmt.Sprintf("%s is not installed; run: %s", e.Package, e.Command)
}

func missing(pkg string) *MissingError {
	return &MissingError{Package: pkg, Command: InstallCommand([]string{pkg})}
}

// debianPostgres is where Debian and Ubuntu keep each major version's programs,
// which are not on the PATH.
const debianPostgres = "/usr/lib/postgresql/*/bin"

// postgresBin finds the folder with the programs that fit the data: the newest
// for new data, else those of the major version that wrote it.
func postgresBin(ctx context.Context, data string) (string, error) {
	bins := postgresBins(debianPostgres)
	if len(bins) == 0 {
		return "", missing("postgresql")
	}
	version, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if errors.Is(err, os.ErrNotExist) {
		return bins[0], nil
	}
	if err != nil {
		return "", err
	}
	wanted := strings.TrimSpace(string(version))
	for _, bin := range bins {
		if majorVersion(ctx, bin) == wanted {
			return bin, nil
		}
	}
	return "", fmt.Errorf("the data in %s was written by PostgreSQL %s, which is not installed any more; "+
		"run: %s, or start from nothing with: make run RESET=1",
		data, wanted, InstallCommand([]string{"postgresql-" + wanted}))
}

// postgresBins lists the folders that hold a PostgreSQL server, newest first,
// those on the PATH last.
func postgresBins(pattern string) []string {
	candidates, _ := filepath.Glob(pattern)
	slices.SortFunc(candidates, func(a, b string) int { return folderVersion(b) - folderVersion(a) })
	if path, err := exec.LookPath("postgres"); err == nil {
		if target, err := filepath.EvalSymlinks(path); err == nil {
			candidates = append(candidates, filepath.Dir(target))
		}
	}
	return slices.DeleteFunc(candidates, func(bin string) bool {
		return !runs(filepath.Join(bin, "postgres")) || !runs(filepath.Join(bin, "initdb"))
	})
}

// folderVersion is 15 for /usr/lib/postgresql/15/bin.
func folderVersion(bin string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
	return n
}

// majorVersion asks the program itself: "postgres (PostgreSQL) 15.8 (Debian …)".
func majorVersion(ctx context.Context, bin string) string {
	out, err := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return ""
	}
	fields := strings.Fields(string(out))
	if len(fields) < 3 {
		return ""
	}
	major, _, _ := strings.Cut(fields[2], ".")
	return major
}

func redisServer() (string, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return "", missing("redis-server")
	}
	return path, nil
}

func runs(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}
