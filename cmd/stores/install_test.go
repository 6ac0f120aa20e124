package stores

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
	for _, pkg := range slices.Concat(RunPackages, TestPackages, BenchPackages) {
		if len(signs[pkg]) == 0 {
			t.Errorf("nothing tells whether %s is installed", pkg)
		}
	}
}

// The script runs as root on a real machine; here it runs on a folder in place
// of / and with stand-ins for the package manager.
func TestInstallScriptGuardsAndCleansUp(t *testing.T) {
	for name, c := range map[string]struct {
		apt        string
		ownPolicy  bool // the machine has a policy-rc.d of its own
		wantStatus bool
	}{
		"installs":                     {apt: "exit 0", wantStatus: true},
		"fails":                        {apt: `[ "$2" != install ]`},
		"keeps a machine's own policy": {apt: "exit 0", ownPolicy: true, wantStatus: true},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			policy := filepath.Join(root, "usr/sbin/policy-rc.d")
			conf := filepath.Join(root, "etc/postgresql-common/createcluster.d/kakeru-install.conf")
			if err := os.MkdirAll(filepath.Dir(policy), 0o755); err != nil {
				t.Fatal(err)
			}
			if c.ownPolicy {
				if err := os.WriteFile(policy, []byte("theirs"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			bin := t.TempDir()
			apt := "#!/bin/sh\necho \"$@\" >>" + root + "/calls\ncat " + conf + " " + policy + " >>" + root + "/seen\n" + c.apt + "\n"
			for program, body := range map[string]string{
				"apt-get":   apt,
				"systemctl": "#!/bin/sh\necho systemctl \"$@\" >>" + root + "/calls\n",
			} {
				if err := os.WriteFile(filepath.Join(bin, program), []byte(body), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			script := strings.NewReplacer("/etc/", root+"/etc/", "/usr/sbin/", root+"/usr/sbin/").Replace(installScript)
			cmd := exec.Command("sh", "-c", script, "kakeru-install", "postgresql", "redis-server", "kamailio", "rtpengine-daemon")
			cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
			out, err := cmd.CombinedOutput()
			if (err == nil) != c.wantStatus {
				t.Fatalf("%v: %s", err, out)
			}
			calls, _ := os.ReadFile(filepath.Join(root, "calls"))
			want := "-q update\n-q install -y --no-install-recommends postgresql redis-server kamailio rtpengine-daemon\n"
			if c.wantStatus {
				want += "systemctl --quiet disable redis-server.service\nsystemctl --quiet disable kamailio.service\nsystemctl --quiet disable rtpengine-daemon.service\n"
			}
			if string(calls) != want {
				t.Errorf("called:\n%s", calls)
			}
			seen, _ := os.ReadFile(filepath.Join(root, "seen"))
			if !strings.Contains(string(seen), "create_main_cluster = false") || !c.ownPolicy && !strings.Contains(string(seen), "exit 101") {
				t.Errorf("no guard stood while the package manager ran: %s", seen)
			}
			if _, err := os.Stat(filepath.Dir(conf)); !os.IsNotExist(err) {
				t.Error("the cluster guard was left behind")
			}
			if _, err := os.Stat(policy); os.IsNotExist(err) == c.ownPolicy {
				t.Errorf("policy-rc.d afterwards: %v", err)
			}
		})
	}
}
