// Package storestest gives tests real stores that are theirs alone.
//
// A package's tests share one private PostgreSQL and one private Redis, started
// when the first test asks; each test has a database of its own in them. The
// servers stand in a temporary directory and are gone after the tests:
//
//	func TestMain(m *testing.M) { storestest.Main(m) }
//
//	func TestLedger(t *testing.T) {
//		url := storestest.PostgresFrom(t, "ledger", migrate) // 30 ms
//		…
//	}
//
// Tests that pause, kill or empty a server take one for themselves with
// OwnPostgres or OwnRedis. The environment (DATABASE_URL, REDIS_URL) is never
// looked at: a test cannot reach a store that matters.
//
// A test run that is killed leaves no server behind (the kernel ends them); what
// it left on disk, the next run that needs a store removes.
//
// Without the programs a test fails, naming the command that installs them: a
// test that is skipped proves nothing.
package storestest
