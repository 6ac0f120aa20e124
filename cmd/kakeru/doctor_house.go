package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"kakeru/configs"
	"kakeru/dialer/postgres"
	"kakeru/dialer/vault"
)

// checkWires looks whether the ways to the stores can be read, or whoever is between be taken for them.
func checkWires(_ context.Context, s configs.Settings) []finding {
	const about = "way to PostgreSQL"
	var all []finding
	switch w, err := postgres.WireOf(s.Database.URL, os.Getenv); {
	case err != nil:
		all = append(all, finding{major, about, oneLine(err), "correct database.url"})
	case w.Local:
		all = append(all, finding{fine, about, "does not leave this machine", ""})
	case w.Verified():
		all = append(all, finding{fine, about, "is by TLS, and the server shows who it is", ""})
	default:
		all = append(all, finding{
			minor, about, "crosses the network with sslmode=" + w.Mode + ": it may be read, or another server be taken for it",
			"write sslmode=verify-full&sslrootcert=FILE in database.url",
		})
	}
	return append(all, checkRedisWire(s.Redis)...)
}

func checkRedisWire(r configs.Redis) []finding {
	const about = "way to Redis"
	hosts := append(append([]string{}, r.Sentinel.Addresses...), r.Cluster.Addresses...)
	if u, err := url.Parse(r.URL); err == nil && r.URL != "" && u.Scheme != "unix" {
		hosts = append(hosts, u.Host)
	}
	local := true
	for _, h := range hosts {
		name, _, ok := strings.Cut(h, ":")
		if v6, bracket := strings.CutPrefix(h, "["); bracket {
			name, _, ok = strings.Cut(v6, "]")
		}
		local = local && (ok || name != "") && (name == "localhost" || name == "::1" || strings.HasPrefix(name, "127.")) || h == ""
	}
	switch {
	case local:
		return []finding{{fine, about, "does not leave this machine", ""}}
	case r.TLS.On || strings.HasPrefix(r.URL, "rediss://"):
		return []finding{{fine, about, "is by TLS, and the server shows who it is", ""}}
	default:
		return []finding{{minor, about, "crosses the network in the clear", "write rediss:// in redis.url, or redis.tls: {on: true}, with redis.tls.ca_file"}}
	}
}

// checkFiles looks at who may read what is secret. The settings file is one of them where a secret stands in it.
func checkFiles(_ context.Context, s configs.Settings) []finding {
	var all []finding
	look := func(key, path string) {
		if f := checkMode(key, path); f.grade != "" {
			all = append(all, f)
		}
	}
	for _, f := range s.SecretFiles() {
		look(f.Key, f.Path)
	}
	if s.SecretFile == "" {
		look("state_dir", secretPath(s))
	}
	if s.SigningKeyFile == "" {
		look("state_dir", filepath.Join(s.StateDir, "signing.pem"))
	}
	look("state_dir", filepath.Join(s.StateDir, "spool"))
	look("close.folder", firstOf(s.Close.Folder, filepath.Join(s.StateDir, "returns")))
	for key, folder := range map[string]string{"recording.folder": s.Recording.Folder, "recording.keys_folder": s.Recording.KeysFolder} {
		if folder != "" {
			look(key, folder)
		}
	}
	if plain := s.Plain(); len(plain) > 0 && s.File != "" {
		if f := checkMode(strings.Join(plain, ", "), s.File); f.grade != "" {
			f.says += ", and a secret stands in it"
			f.todo += ", or name files instead (password_file, url_file)"
			all = append(all, f)
		}
	}
	if len(all) == 0 {
		all = append(all, finding{fine, "files", "what is secret may be read by its owner alone", ""})
	}
	return all
}

// checkMode says what is wrong with a file or folder; a finding without a grade is none. What is not there yet is not looked at.
func checkMode(key, path string) finding {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return finding{}
	}
	if err != nil {
		return finding{minor, "files", key + ": " + oneLine(err), "run the doctor as the server's user"}
	}
	bad, to := major, "600"
	if info.IsDir() { // what is in it may be closed itself
		bad, to = minor, "700"
	}
	if vault.OpenToOthers(path, info.Mode()) {
		return finding{
			bad, "files", fmt.Sprintf("others may read or change %s (%s): mode %04o", path, key, info.Mode().Perm()), fmt.Sprintf("chmod %s %s", to, path),
		}
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if ok && owner.Uid != 0 && int(owner.Uid) != os.Geteuid() && os.Geteuid() != 0 {
		return finding{minor, "files", fmt.Sprintf("%s (%s) belongs to user %d", path, key, owner.Uid), "chown it to the server's user"}
	}
	return finding{}
}

// checkProcess looks at what the server would run as.
func checkProcess(context.Context, configs.Settings) []finding {
	return processFindings(os.Geteuid(), coreLimit)
}

func processFindings(user int, core func() (uint64, error)) []finding {
	all := []finding{{fine, "user", fmt.Sprintf("is number %d, not root", user), ""}}
	if user == 0 {
		all[0] = finding{minor, "user", "is root: whoever breaks into the server has the machine", "run it as a user of its own; configs/systemd/kakeru.service does"}
	}
	switch most, err := core(); {
	case err != nil:
		all = append(all, finding{minor, "core dumps", oneLine(err), "see `ulimit -c`"})
	case most > 0:
		// serve turns its own off; what starts beside it in the same session does not.
		all = append(all, finding{
			minor, "core dumps", "are allowed here: a program's memory would be written to disk when it dies",
			"set LimitCORE=0 in the unit, or `ulimit -c 0`; the server itself turns its own off",
		})
	default:
		all = append(all, finding{fine, "core dumps", "are off", ""})
	}
	return all
}

func coreLimit() (uint64, error) {
	var limit syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_CORE, &limit)
	return limit.Cur, err
}
