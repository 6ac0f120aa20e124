package postgres

import (
	"fmt"
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
	"kakeru/dialer/settings"
)

// TestNoNumberOfOlderRowsIsRead: of each setting, source and operator one row is read, however many came before it.
func TestNoNumberOfOlderRowsIsRead(t *testing.T) {
	l := newLedger(t)
	last, seen := map[string]int64{}, int64(0)
	for i := range 20 {
		for _, key := range []string{"b", "a", "あ"} {
			ids, err := l.AppendSettings(t.Context(), []settings.Change{
				{At: noon, By: "admin", Key: key, Before: []byte("0"), After: fmt.Append(nil, i), Reason: "試験", Follows: last[key]},
			}, seen)
			must(t, err)
			last[key], seen = ids[0], ids[0]
			_, err = l.SaveListSource(t.Context(), casework.ListSource{Name: key, Columns: []casework.ListColumn{{Name: "番号"}}, By: "boss", At: noon})
			must(t, err)
			must(t, l.BeginAbsence(t.Context(), dialer.Absence{Desk: "desk1", Operator: dialer.UserID(key), Reason: dialer.AwayBreak, From: noon}))
		}
	}
	must(t, l.EndAbsence(t.Context(), "desk1", "a", noon))
	q := db.New(l.pool)
	rows, err := q.NewestSettings(t.Context())
	must(t, err)
	sources, err := q.NewestListSources(t.Context())
	must(t, err)
	away, err := l.OpenAbsences(t.Context())
	must(t, err)
	if len(rows) != 3 || len(sources) != 3 || len(away) != 2 || away[0].Operator != "b" {
		t.Fatalf("%d settings, %d sources, away %+v", len(rows), len(sources), away)
	}
	held, err := l.HeldSettings(t.Context())
	must(t, err)
	for _, c := range held {
		if c.ID != last[c.Key] || string(c.After) != "19" {
			t.Errorf("%+v holds, want %d", c, last[c.Key])
		}
	}
	kept, err := l.ListSources(t.Context())
	must(t, err)
	for _, s := range kept {
		if s.Version != 20 {
			t.Errorf("%+v", s)
		}
	}
	if len(held) != 3 || len(kept) != 3 {
		t.Errorf("%d settings and %d sources", len(held), len(kept))
	}
}

// TestWhatIsOursIsFoundBehindWhatIsNot: more than are read at once stand before it.
func TestWhatIsOursIsFoundBehindWhatIsNot(t *testing.T) {
	l := newLedger(t)
	ids, err := l.AppendSettings(t.Context(), []settings.Change{{At: noon, By: "admin", Key: "k", Before: []byte("0"), After: []byte("1"), Reason: "試験"}}, 0)
	must(t, err)
	_, err = l.SaveListSource(t.Context(), casework.ListSource{Name: "収納課", Columns: []casework.ListColumn{{Name: "番号"}}, By: "boss", At: noon})
	must(t, err)
	for _, sql := range []string{
		"INSERT INTO setting_changes (at, by_user, key, before, before_file, after, after_file, reason, follows) SELECT now(), 'x', k, '0', false, '2', false, 'x', n " +
			"FROM generate_series(1, $1::int) n, (VALUES ('k'), ('none')) AS keys(k)",
		"INSERT INTO list_sources SELECT name, 1 + n, columns, by_user, at FROM list_sources, generate_series(1, $1::int) n",
	} {
		_, err := l.pool.Exec(t.Context(), sql, 2*olderAtOnce+1)
		must(t, err)
	}
	held, err := l.HeldSettings(t.Context())
	must(t, err)
	if len(held) != 1 || held[0].ID != ids[0] {
		t.Errorf("%+v", held)
	}
	kept, err := l.ListSources(t.Context())
	must(t, err)
	if len(kept) != 1 || kept[0].Version != 1 {
		t.Errorf("%+v", kept)
	}
	all, err := l.settingsToMark(t.Context(), db.New(l.pool))
	must(t, err)
	sources, err := l.sourcesToMark(t.Context(), db.New(l.pool))
	must(t, err)
	if len(all) != 4*olderAtOnce+3 || len(sources) != 2*olderAtOnce+2 {
		t.Errorf("%d settings and %d sources are looked at", len(all), len(sources))
	}
}
