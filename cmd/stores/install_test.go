package stores

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// onlyPrograms makes a PATH with nothing but stand-ins for the named programs,
// each a shell script, and hides Debian's PostgreSQL.
func onlyPrograms(t *testing.T, scripts map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, body := range scripts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
}

func TestMissingProgramNamesTheCommand(t *testing.T) {
	onlyPrograms(t, nil)
	dir := t.TempDir()
	_, err := startRedis(t.Context(), &folder{data: dir, run: dir}, Options{})
	lack, ok := errors.AsType[*MissingError](err)
	if !ok || lack.Package != "redis-server" {
		t.Fatalf("got %v", err)
	}
	want := "redis-server is not installed; run: " +
		"sudo apt-get update && sudo apt-get install -y --no-install-recommends redis-server"
	if err.Error() != want {
		t.Fatalf("got  %s\nwant %s", err, want)
	}
	if bins := postgresBins(filepath.Join(dir, "*", "bin")); len(bins) != 0 {
		t.Fatalf("found %v in an empty machine", bins)
	}
}

func TestNewestPostgresComesFirst(t *testing.T) {
	onlyPrograms(t, nil)
	root := t.TempDir()
	for _, version := range []string{"9", "15", "17"} {
		bin := filepath.Join(root, version, "bin")
		if err := os.MkdirAll(bin, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, program := range []string{"postgres", "initdb"} {
			if version == "17" && program == "initdb" {
				continue // a client-only or broken installation
			}
			if err := os.WriteFile(filepath.Join(bin, program), nil, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	got := postgresBins(filepath.Join(root, "*", "bin"))
	want := []string{filepath.Join(root, "15", "bin"), filepath.Join(root, "9", "bin")}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Fatalf("got %v", got)
	}
}

func TestNothingMissingInstallsNothing(t *testing.T) {
	onlyPrograms(t, map[string]string{"redis-server": "", "apt-get": "exit 9"})
	var out bytes.Buffer
	if err := Install(t.Context(), []string{"redis-server"}, &out); err != nil || out.Len() != 0 {
		t.Fatalf("%v %q", err, out.String())
	}
}

func TestInstallWithoutAptSaysTheCommand(t *testing.T) {
	onlyPrograms(t, nil)
	err := Install(t.Context(), []string{"redis-server", "sip-tester"}, &bytes.Buffer{})
	lack, ok := errors.AsType[*MissingError](err)
	if !ok || lack.Package != "redis-server sip-tester" {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(err.Error(), "apt-get install -y --no-install-recommends redis-server sip-tester") {
		t.Fatalf("no command in %q", err)
	}
}

func TestInstallThatFailsSaysTheCommand(t *testing.T) {
	onlyPrograms(t, map[string]string{"apt-get": "", "sudo": "exit 1", "sh": "echo no such package; exit 100"})
	var out bytes.Buffer
	err := Install(t.Context(), []string{"redis-server"}, &out)
	if _, ok := errors.AsType[*MissingError](err); !ok {
		t.Fatalf("got %v", err)
	}
}

func TestEveryPackageHasASign(t *testing.T) {
	for _, pkg := range append(append([]string{}, RunPackages...), TestPackages...) {
		if len(signs[pkg]) == 0 {
			t.Errorf("nothing tells whether %s is installed", pkg)
		}
	}
}
