package postgres

import (
	"context"
	"syscall"
	"testing"

	"kakeru/cmd/stores/storestest"
	"kakeru/dialer/dialertest/full"
)

// The figures are reported, not asserted; that they can be had is.
func TestBench(t *testing.T) {
	full.Only(t)
	pg := storestest.OwnPostgres(t)
	must(t, pg.CreateDatabase(t.Context(), "bench", ""))
	must(t, Migrate(t.Context(), pg.URL("bench")))
	f, err := Bench(t.Context(), BenchOptions{
		URL: pg.URL("bench"), Refs: testRefs, Attempts: 200,
		Restart: func(context.Context) error {
			must(t, syscall.Kill(pg.Pid(), syscall.SIGKILL))
			<-pg.Exited()
			pg = storestest.RestartPostgres(t, pg)
			return nil
		},
	})
	must(t, err)
	t.Logf("%+v", f)
	if f.AttemptsPerS <= 0 || f.SpoolReplayPerS <= 0 || f.ReadyAfterKillS <= 0 {
		t.Errorf("a figure is missing: %+v", f)
	}
	if _, err = Bench(t.Context(), BenchOptions{URL: "postgres://kakeru@127.0.0.1:1/kakeru"}); err == nil {
		t.Error("measured nothing")
	}
}
