package postgres

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// libpqNames are the settings of a connection that PostgreSQL's own programs are given, and by which variable. None of them is ever an
// argument: those are for everybody on the machine to read.
var libpqNames = map[string]string{
	"host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE",
	"passfile": "PGPASSFILE", "service": "PGSERVICE", "servicefile": "PGSERVICEFILE", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT",
	"sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY", "sslnegotiation": "PGSSLNEGOTIATION", "channel_binding": "PGCHANNELBINDING",
	"target_session_attrs": "PGTARGETSESSIONATTRS", "connect_timeout": "PGCONNECT_TIMEOUT", "krbsrvname": "PGKRBSRVNAME", "options": "PGOPTIONS",
}

var errURL = errors.New("the PostgreSQL URL cannot be read; write it like postgres://user:password@host:5432/kakeru")

// keyword finds the settings of a connection that is written as words: host=db.example sslmode='verify-full'.
var keyword = regexp.MustCompile(`([a-z_]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|([^'\s]\S*))`)

// connection reads the settings of a connection, in whichever of libpq's two ways it is written. What the environment adds is not in it.
func connection(text string) (map[string]string, error) {
	if !strings.HasPrefix(text, "postgres://") && !strings.HasPrefix(text, "postgresql://") {
		all := map[string]string{}
		for _, m := range keyword.FindAllStringSubmatch(text, -1) {
			all[m[1]] = regexp.MustCompile(`\\(.)`).ReplaceAllString(m[2], "$1") + m[3]
		}
		return all, nil
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, errURL // its own text has the password
	}
	all := map[string]string{}
	put := func(name, value string) {
		if value != "" {
			all[name] = value
		}
	}
	put("user", u.User.Username())
	password, _ := u.User.Password()
	put("password", password)
	put("dbname", strings.TrimPrefix(u.Path, "/"))
	var hosts, ports []string
	for one := range strings.SplitSeq(u.Host, ",") {
		part := &url.URL{Host: one}
		hosts, ports = append(hosts, part.Hostname()), append(ports, part.Port())
	}
	put("host", strings.Join(hosts, ","))
	if slices.ContainsFunc(ports, func(p string) bool { return p != "" }) {
		put("port", strings.Join(ports, ","))
	}
	for name, values := range u.Query() {
		put(name, values[len(values)-1])
	}
	return all, nil
}

// libpqEnv is a connection as PostgreSQL's programs read it from their environment.
func libpqEnv(text string) ([]string, error) {
	all, err := connection(text)
	if err != nil {
		return nil, err
	}
	all["options"] = strings.TrimSpace(asOptions(answers) + " " + all["options"])
	env := []string{"PGAPPNAME=kakeru backup"}
	for name, value := range all {
		if variable, ok := libpqNames[name]; ok && !strings.ContainsRune(value, 0) {
			env = append(env, variable+"="+value)
		}
	}
	slices.Sort(env)
	return env, nil
}

// asOptions are settings as libpq takes them. By them the role that serves, as which a backup may be made, keeps no program of PostgreSQL's from its work.
func asOptions(settings map[string]string) string {
	var all []string
	for name, value := range settings {
		all = append(all, "-c "+name+"="+strings.ReplaceAll(value, " ", `\ `))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// Wire says how the connection of a URL is protected on its way.
type Wire struct {
	// Local: by sockets of this machine alone, or its loopback.
	Local bool
	// Mode is sslmode; "prefer" where nothing says.
	Mode string
}

// Verified reports whether nobody between can read or be taken for the server.
func (w Wire) Verified() bool { return w.Mode == "verify-full" }

// WireOf reads how a URL's connection is protected. PGSSLMODE is given by environ.
func WireOf(text string, environ func(string) string) (Wire, error) {
	all, err := connection(text)
	if err != nil {
		return Wire{}, err
	}
	w := Wire{Local: true, Mode: all["sslmode"]}
	if w.Mode == "" {
		w.Mode = environ("PGSSLMODE")
	}
	if w.Mode == "" {
		w.Mode = "prefer"
	}
	hosts := all["host"]
	if hosts == "" {
		hosts = environ("PGHOST")
	}
	for h := range strings.SplitSeq(hosts, ",") {
		local := h == "" || strings.HasPrefix(h, "/") || strings.HasPrefix(h, "@") || h == "localhost" || h == "::1" || strings.HasPrefix(h, "127.")
		w.Local = w.Local && local
	}
	return w, nil
}
