package postgres

import (
	"slices"
	"sync"
	"testing"
	"time"

	"kakeru/dialer/casework"
)

func TestAListsSourceKeepsItsVersions(t *testing.T) {
	l := newLedger(t)
	s := casework.ListSource{
		Name: "収納課", Columns: []casework.ListColumn{{Name: "番号", Field: casework.FieldWardNumber}, {Name: "印"}}, By: "boss", At: noon,
	}
	var all sync.WaitGroup
	for range 4 { // at once: each a version of its own
		all.Go(func() {
			if _, err := l.SaveListSource(within(t, time.Minute), s); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	s.Columns[1].Field = casework.FieldNote
	last, err := l.SaveListSource(t.Context(), s)
	if must(t, err); last.Version != 5 {
		t.Errorf("%+v", last)
	}
	other := s
	other.Name = "保険課"
	_, err = l.SaveListSource(t.Context(), other)
	must(t, err)
	sources, err := l.ListSources(t.Context())
	must(t, err)
	if len(sources) != 2 || sources[1].Version != 5 && sources[0].Version != 5 {
		t.Fatalf("%+v", sources)
	}
	i := slices.IndexFunc(sources, func(x casework.ListSource) bool { return x.Name == s.Name })
	if got := sources[i]; !slices.Equal(got.Columns, s.Columns) || got.By != "boss" || !got.At.Equal(noon) {
		t.Errorf("%+v", got)
	}
	if _, err := asOwner(t, l).Exec(t.Context(), "UPDATE list_sources SET columns = '[]'"); err == nil {
		t.Error("a version could be written over")
	}
	// A list says by which source it was read.
	list := newList(true)
	list.Source = s.Name
	p, err := l.Stage(t.Context(), list, rowsOf(person("0001")), nil)
	if must(t, err); p.Source != s.Name {
		t.Errorf("%+v", p)
	}
}
