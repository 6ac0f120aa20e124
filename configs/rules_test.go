package configs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadRules(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"YAML":             {"caps: {per_day: 3}\nseats:\n  2026-12-03: {desk1: [zh]}\n", `{"caps":{"per_day":3},"seats":{"2026-12-03":{"desk1":["zh"]}}}`},
		"JSON":             {`{"caps": {"per_day": 3}}`, `{"caps":{"per_day":3}}`},
		"times stay texts": {"bands: [\"00:00\", \"12:00\"]\n", `{"bands":["00:00","12:00"]}`},
		"an empty one":     {"", `{}`},
		"a dot in a name":  {"caps: {\"per.day\": 3}\n", `{"caps":{"per.day":3}}`},
	} {
		path := filepath.Join(t.TempDir(), "rules.yaml")
		if err := os.WriteFile(path, []byte(c.file), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := ReadRules(path)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}

func TestRulesThatCannotBeRead(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "rules.yaml")
	for name, file := range map[string]string{"broken": "caps: {per_day: 3", "a key twice": "caps: {per_day: 3}\ncaps: {per_day: 4}\n", "a list": "- 1\n"} {
		if err := os.WriteFile(bad, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadRules(bad); err == nil || !strings.Contains(err.Error(), "settings: queue.rules_file: "+bad) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ReadRules(filepath.Join(t.TempDir(), "none")); err == nil || !strings.Contains(err.Error(), "there is no file") {
		t.Error(err)
	}
	if _, err := ReadRules(t.TempDir()); err == nil || !strings.Contains(err.Error(), "queue.rules_file") {
		t.Error(err)
	}
	s, err := Load(write(t, minimal+"queue: {rules_file: /etc/kakeru/rules.yaml}\n"))
	if err != nil || s.Queue.RulesFile != "/etc/kakeru/rules.yaml" {
		t.Errorf("%+v, %v", s.Queue, err)
	}
}
