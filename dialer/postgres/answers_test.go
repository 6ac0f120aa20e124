package postgres

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/casework"
)

// TestWhatARoleSetsForItselfHidesNothing: the role that serves may have each of its connections answer otherwise: a search of the record would find two
// of sixty entries, and the check would find the record sound.
func TestWhatARoleSetsForItselfHidesNothing(t *testing.T) {
	url := migrated(t)
	l := openLedger(t, url, t.TempDir())
	target := listedTarget(t, l)
	config, err := pgx.ParseConfig(url)
	must(t, err)
	for name, value := range map[string]string{
		"gin_fuzzy_search_limit": "1", "client_encoding": "LATIN1", "datestyle": "'SQL, DMY'", "default_transaction_isolation": "serializable",
		"local_preload_libraries": "'nothing'", "exit_on_error": "on", "work_mem": "64", "enable_indexscan": "off", "tcp_user_timeout": "1", "x.y": "'z'",
		"timezone_abbreviations": "'India'", "lc_time": "'C'", "xmlbinary": "hex", "plan_cache_mode": "force_generic_plan",
		"timezone": "'Asia/Kathmandu'", "default_transaction_read_only": "on", "statement_timeout": "1", "lock_timeout": "1", "transform_null_equals": "on",
	} {
		must(t, exec(t, url, fmt.Sprintf("ALTER ROLE %s IN DATABASE %s SET %s = %s", servingRole, pgx.Identifier{config.Database}.Sanitize(), name, value)))
	}
	again := openLedger(t, url, t.TempDir())
	for range 60 {
		must(t, again.WriteDown(t.Context(), audit.Event{At: noon, By: "u", Action: audit.CaseRead, Cases: []dialer.CaseID{target.CaseID}}))
	}
	found, err := again.Entries(t.Context(), audit.Query{Case: target.CaseID, Most: 100})
	if must(t, err); len(found) != 60 {
		t.Errorf("%d of 60 entries were found", len(found))
	}
	for name, value := range answers {
		var is string
		must(t, again.pool.QueryRow(t.Context(), "SHOW "+name).Scan(&is))
		if !strings.EqualFold(is, value) {
			t.Errorf("%s is %q, want %q", name, is, value)
		}
	}
	if n := count(t, again, "SELECT count(*) FROM pg_settings WHERE setting <> boot_val AND "+setByTheRole); n > 0 {
		t.Errorf("%d settings are the role's own", n)
	}
	var mem string
	must(t, again.pool.QueryRow(t.Context(), "SHOW work_mem").Scan(&mem))
	if mem != "4MB" {
		t.Errorf("work_mem is %s", mem)
	}
	if _, err := Dump(t.Context(), serving(url), io.Discard); err != nil {
		t.Errorf("a backup by the role: %v", err)
	}
	if r, err := RightsOf(t.Context(), serving(url)); err != nil || len(r.Sets) < 15 || !slices.Contains(r.Sets, "local_preload_libraries") {
		t.Errorf("%+v, %v", r.Sets, err)
	}
}

// TestWhatWasReadIsWrittenDownAsWhatItIs: who can write in the database has the row of a case name another while it is written down that it was read.
func TestWhatWasReadIsWrittenDownAsWhatItIs(t *testing.T) {
	l := newLedger(t)
	target := listedTarget(t, l)
	caseOf(t, l, target.CaseID)
	const other = "UPDATE cases SET case_ref = 'nobody' WHERE id = $1"
	if _, err := l.pool.Exec(t.Context(), other, string(target.CaseID)); err == nil {
		t.Error("the role that serves changes whose a case is")
	}
	owner := asOwner(t, l)
	byOwner(t, owner, "ALTER TABLE cases DISABLE TRIGGER USER")
	_, err := owner.Exec(t.Context(), other, string(target.CaseID))
	must(t, err)
	must(t, l.WriteDown(t.Context(), audit.Event{At: noon, By: "u", Action: audit.CaseRead, Cases: []dialer.CaseID{target.CaseID}}))
	newest, err := l.Newest(t.Context())
	if must(t, err); !slices.Equal(newest.Refs, []string{target.CaseRef}) {
		t.Errorf("%v was read, the record says, and it was %s", newest.Refs, target.CaseRef)
	}
}

// TestACallsReferenceIsItsCases: what was listened to stands under the case of the call, whatever its row is made to say while it lasts, and of a call that
// came in under each case that it was ever taken for.
func TestACallsReferenceIsItsCases(t *testing.T) {
	l := newLedger(t)
	target, other := listedTarget(t, l), listedTarget(t, l)
	r := reservation(target, noon)
	must(t, l.Reserve(t.Context(), r))
	listened := func(id dialer.CallID, want ...string) {
		t.Helper()
		must(t, l.WriteDown(t.Context(), audit.Event{At: noon, By: "u", Action: audit.Listened, Calls: []dialer.CallID{id}}))
		newest, err := l.Newest(t.Context())
		if must(t, err); !slices.Equal(newest.Refs, slices.Sorted(slices.Values(want))) {
			t.Errorf("%v was listened to, the record says, and it was %v", newest.Refs, want)
		}
	}
	for _, change := range []string{
		"case_ref = 'nobody'", "case_id = gen_random_uuid()", "case_id = '" + string(other.CaseID) + "', case_ref = '" + other.CaseRef + "'",
		"number_ref = 'nobody'", "direction = 'inbound'", "operator = 'somebody'", "id = gen_random_uuid()", "started_at = now()",
	} {
		if _, err := l.pool.Exec(t.Context(), "UPDATE attempts SET "+change+" WHERE id = $1", string(r.ID)); err == nil {
			t.Errorf("of a call that is up %s is let through", change)
		}
	}
	listened(r.ID, target.CaseRef)
	in := arrival(noon)
	own, err := l.Arrive(t.Context(), in)
	must(t, err)
	listened(in.ID, own.CaseRef)
	for _, forged := range []string{
		"UPDATE attempts SET case_ref = 'nobody' WHERE id = $1", "UPDATE attempts SET case_id = gen_random_uuid(), case_ref = 'nobody' WHERE id = $1",
		"INSERT INTO arrivals_taken_for VALUES ($1, 'nobody')", "DELETE FROM arrivals_taken_for WHERE attempt_id = $1",
	} {
		if _, err := l.pool.Exec(t.Context(), forged, string(in.ID)); err == nil {
			t.Errorf("%s is let through", forged)
		}
	}
	_, err = l.NameCase(t.Context(), in.ID, target.CaseID, "u")
	must(t, err)
	_, err = l.NameCase(t.Context(), in.ID, other.CaseID, "u")
	must(t, err)
	listened(in.ID, own.CaseRef, target.CaseRef, other.CaseRef)
}

// TestANumberLeavesTheDoNotCallListWithAWord: a row that is taken out by SQL would be dialled, and nothing would say who took it off.
func TestANumberLeavesTheDoNotCallListWithAWord(t *testing.T) {
	l := newLedger(t)
	target := listedTarget(t, l)
	must(t, l.ForbidNumber(t.Context(), target.CaseID, target.Number, casework.Forbidding{On: true, By: "supervisor", At: noon, Reason: "本人の申し出"}))
	if _, err := l.pool.Exec(t.Context(), "DELETE FROM do_not_call WHERE number_ref = $1", target.NumberRef); err == nil {
		t.Error("it was taken out without a word")
	}
	if _, err := l.pool.Exec(t.Context(), "UPDATE do_not_call SET number_ref = 'gone' WHERE number_ref = $1", target.NumberRef); err == nil {
		t.Error("it was made another without a word")
	}
	conn, err := l.pool.Acquire(t.Context())
	must(t, err)
	_, err = conn.Exec(t.Context(), "CREATE TEMPORARY TABLE do_not_call_log (number_ref text, listed boolean, at timestamptz)")
	must(t, err)
	if _, err := conn.Exec(t.Context(), "DELETE FROM do_not_call WHERE number_ref = $1", target.NumberRef); err == nil {
		t.Error("a temporary table answered in place of the log")
	}
	must(t, conn.Conn().Close(t.Context()))
	conn.Release()
	must(t, l.ForbidNumber(t.Context(), target.CaseID, target.Number, casework.Forbidding{By: "supervisor", At: noon, Reason: "本人の了承"}))
	again, err := l.Target(t.Context(), target.CaseID, target.Number)
	if must(t, err); again.DoNotCall {
		t.Error("it was not taken off")
	}
}

// TestANumberOfAnothersIsNone: who can write in the database puts a number of another's among a case's: it opens nowhere else, and is not dialled.
func TestANumberOfAnothersIsNone(t *testing.T) {
	l := newLedger(t)
	target, another := listedTarget(t, l), listedTarget(t, l)
	_, err := l.pool.Exec(t.Context(), `INSERT INTO phones (case_id, number_ref, rank, kind, custody, sealed, last_four)
		SELECT $1, number_ref, 0, kind, custody, sealed, last_four FROM phones WHERE case_id = $2`, string(target.CaseID), string(another.CaseID))
	must(t, err)
	if again, err := l.Target(t.Context(), target.CaseID, ""); err == nil {
		t.Errorf("%s is dialled for another's case", again.Number)
	}
	if c, err := l.Case(t.Context(), target.CaseID); err == nil {
		t.Errorf("the case has the numbers %v", c.Phones)
	}
}
