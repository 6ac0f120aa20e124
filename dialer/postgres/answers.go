package postgres

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
)

// answers are the settings of a connection by which PostgreSQL would answer otherwise. The role that serves may set them for itself, for all connections
// to come: a search by the index of the record would leave out most of what it finds, and say nothing.
var answers = map[string]string{
	"gin_fuzzy_search_limit": "0", "client_encoding": "UTF8", "datestyle": "ISO, MDY", "default_transaction_isolation": "read committed",
	"timezone": "UTC", "transform_null_equals": "off",
	// And by these it would answer nothing. How long somebody waits is ours to say.
	"default_transaction_read_only": "off", "statement_timeout": "0", "lock_timeout": "0", "idle_session_timeout": "0",
	// By these there would be no connection on which to say so.
	"local_preload_libraries": "", "exit_on_error": "off", "timezone_abbreviations": "Default",
}

// ofOurRole undoes, for this connection, whatever else the role that serves has been made to set for itself: there are too many ways to be slow or to
// end (work_mem, enable_indexscan, tcp_user_timeout) to name each. What the database's owner wants of them stands in postgresql.conf or with the
// database (ALTER DATABASE … SET), which the role cannot write.
func ofOurRole(ctx context.Context, c *pgconn.PgConn) error {
	_, err := c.Exec(ctx, undoSettings).ReadAll()
	return err
}

// One by one: a setting that cannot be undone stays, and ends no connection.
const undoSettings = `DO $$ DECLARE s record; BEGIN
	FOR s IN SELECT name, boot_val FROM pg_catalog.pg_settings WHERE ` + setByTheRole + ` LOOP
		BEGIN PERFORM pg_catalog.set_config(s.name, s.boot_val, false); EXCEPTION WHEN OTHERS THEN NULL; END;
	END LOOP;
END $$`

const setByTheRole = "source IN ('user', 'database user') AND context = 'user'"

// mostOpened bounds of how many cases it is remembered whose they are.
const mostOpened = 100_000

// opened are the references of cases whose person was opened here. The seal is bound to the reference, so that it is the right one, whatever the row
// of the case says when it is written down that it was read.
type opened struct {
	mu   sync.Mutex
	refs map[string]string // by id
}

func (o *opened) note(id, ref string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.refs == nil || len(o.refs) >= mostOpened {
		o.refs = map[string]string{}
	}
	o.refs[id] = ref
}

// ref is the reference of a case; otherwise, where nobody of it was opened.
func (o *opened) ref(id, otherwise string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if ref := o.refs[id]; ref != "" {
		return ref
	}
	return otherwise
}
