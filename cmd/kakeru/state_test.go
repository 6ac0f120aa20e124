package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestResetLeavesOthersFoldersAlone(t *testing.T) {
	dir := t.TempDir()
	precious := filepath.Join(dir, "thesis.txt")
	if err := os.WriteFile(precious, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := resetState(dir); err == nil {
		t.Fatal("a folder without our mark was reset")
	}
	if _, err := os.Stat(precious); err != nil {
		t.Fatal("the file is gone")
	}
	if err := makeState(filepath.Join(dir, "ours")); err != nil {
		t.Fatal(err)
	}
	if err := resetState(filepath.Join(dir, "ours")); err != nil {
		t.Fatal(err)
	}
	if err := resetState(filepath.Join(dir, "ours")); err != nil {
		t.Fatalf("resetting nothing: %v", err)
	}
}

func TestLoginsAreDrawnOnceAndKept(t *testing.T) {
	dir := t.TempDir()
	first, err := demoLogins(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := demoLogins(dir)
	if err != nil {
		t.Fatal(err)
	}
	other, err := demoLogins(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for i := range first {
		if first[i] != again[i] || first[i].Password == other[i].Password || len(first[i].Password) < 12 {
			t.Fatalf("login %d: %v, then %v; elsewhere %v", i, first[i], again[i], other[i])
		}
	}
}
