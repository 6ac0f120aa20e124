package stores

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// pgUser owns the private server and everything in it.
const pgUser = "kakeru"

// Postgres is a running private PostgreSQL server.
type Postgres struct {
	*process
	port string // of its socket
}

// StartPostgres starts PostgreSQL in o.Dir, makes its data folder at the first
// start, and returns when it answers. ctx bounds the start only; the server runs
// until Stop, or until this process dies.
//
// Errors: *MissingError when PostgreSQL is not installed; a sentence saying what
// to do when the directory is in use, cannot be reached, or holds the data of
// another major version.
func StartPostgres(ctx context.Context, o Options) (*Postgres, error) {
	f, err := openFolder(o.Dir, "postgres")
	if err != nil {
		return nil, err
	}
	p, err := startPostgres(ctx, f, o)
	if err != nil {
		f.release()
		return nil, err
	}
	return p, nil
}

func startPostgres(ctx context.Context, f *folder, o Options) (*Postgres, error) {
	bin, err := postgresBin(ctx, f.data)
	if err != nil {
		return nil, err
	}
	if err := initdb(ctx, f, o, bin); err != nil {
		return nil, err
	}
	if err := clearStaleLocks(f); err != nil {
		return nil, err
	}
	if err := o.Network.install(f); err != nil {
		return nil, err
	}
	// Fast shutdown (SIGINT) closes sessions and writes a checkpoint; immediate
	// (SIGQUIT) leaves recovery to the next start.
	cmd := f.newCommand(context.WithoutCancel(ctx), syscall.SIGINT, filepath.Join(bin, "postgres"), postgresArgs(f, o)...)
	if err := later(cmd, o.Later); err != nil {
		return nil, err
	}
	proc, err := f.launch(cmd, o, syscall.SIGINT, syscall.SIGQUIT)
	if err != nil {
		return nil, err
	}
	p := &Postgres{proc, "5432"}
	if o.Network != nil {
		p.port = o.Network.Port
	}
	if err := p.awaitReady(ctx, p.ping); err != nil {
		p.Stop()
		return nil, err
	}
	return p, nil
}

func postgresArgs(f *folder, o Options) []string {
	settings := []string{
		"listen_addresses=", // the unix socket is the only way in
		"unix_socket_directories=" + f.run,
		"unix_socket_permissions=0700",
		// A statement or the detail of an error may quote personal data.
		"log_min_error_statement=panic",
		"log_error_verbosity=terse",
		"max_connections=200",
	}
	if n := o.Network; n != nil {
		settings[0] = "listen_addresses=" + n.Host
		settings = append(settings, "port="+n.Port, "ssl=on", "ssl_cert_file="+f.tlsFile("crt"), "ssl_key_file="+f.tlsFile("key"))
	}
	if o.Fast {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off")
	}
	args := []string{"-D", f.data}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	return args
}

func (f *folder) tlsFile(ending string) string { return filepath.Join(f.data, "server."+ending) }

// install copies the files to where the server's user may read them, and nobody else.
func (n *Network) install(f *folder) error {
	if n == nil {
		return nil
	}
	for ending, from := range map[string]string{"crt": n.Cert, "key": n.Key} {
		text, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		if err := os.WriteFile(f.tlsFile(ending), text, 0o600); err != nil {
			return err
		}
		if c := credential(); c != nil {
			if err := os.Chown(f.tlsFile(ending), int(c.Uid), int(c.Gid)); err != nil {
				return err
			}
		}
	}
	return nil
}

// initdb makes the data folder under another name and renames it when it is
// whole, so that a start cut short leaves nothing that looks like data.
func initdb(ctx context.Context, f *folder, o Options, bin string) error {
	if _, err := os.Stat(f.data); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	fresh := f.data + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	if err := own(fresh); err != nil {
		return err
	}
	args := []string{
		"-D", fresh, "-U", pgUser, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions",
	}
	if o.Fast {
		args = append(args, "--no-sync")
	}
	cmd := f.newCommand(ctx, syscall.SIGKILL, filepath.Join(bin, "initdb"), args...)
	cmd.Dir = fresh
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return os.Rename(fresh, f.data)
}

// clearStaleLocks removes what an unclean end left behind. PostgreSQL itself
// trusts a lock file whose process number is alive, and after a restart of a
// container that number may well be another server's. openFolder has made sure
// that no PostgreSQL works in the data folder, so the files are nobody's.
func clearStaleLocks(f *folder) error {
	sockets, _ := filepath.Glob(filepath.Join(f.run, ".s.PGSQL.*"))
	for _, path := range append(sockets, filepath.Join(f.data, "postmaster.pid")) {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (p *Postgres) ping(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, p.URL("postgres"))
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// URL is the address of a database of this server, as pgx and libpq read it.
func (p *Postgres) URL(database string) string {
	query := url.Values{"host": {p.folder.run}, "port": {p.port}, "user": {pgUser}}
	return "postgres:///" + url.PathEscape(database) + "?" + query.Encode()
}

// CreateDatabase makes a database as a copy of template ("" means an empty one).
// Nobody may be connected to the template meanwhile. A database of that name
// that is already there is left as it is.
func (p *Postgres) CreateDatabase(ctx context.Context, name, template string) error {
	if template == "" {
		template = "template1"
	}
	conn, err := pgx.Connect(ctx, p.URL("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()+
		" TEMPLATE "+pgx.Identifier{template}.Sanitize())
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) && pg.Code == "42P04" { // duplicate_database
		return nil
	}
	return err
}

// DropDatabase removes a database, ending the sessions that are still in it. It
// is no error when there is none of that name.
func (p *Postgres) DropDatabase(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, p.URL("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)")
	return err
}
