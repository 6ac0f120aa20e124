package queue

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"pgregory.net/rapid"

	"kakeru/cmd/stores/storestest"
	"kakeru/dialer"
	"kakeru/dialer/dialertest"
)

func TestMain(m *testing.M) { storestest.Main(m) }

func openAt(t *testing.T, url string) *Queue {
	t.Helper()
	q, err := Connect(Server{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.Close() })
	return q
}

func openQueue(t *testing.T) *Queue { return openAt(t, storestest.Redis(t)) }

func TestConformance(t *testing.T) {
	dialertest.RunQueue(t, func(t *testing.T) dialer.Queue { return openQueue(t) })
}

func TestOpenRefusesAnAddressWithoutQuotingIt(t *testing.T) {
	for _, url := range []string{"", "localhost:6379", "http://:secret@host", "redis://:secret@ho st"} {
		_, err := Connect(Server{URL: url})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", url, err)
		}
	}
}

// The text of places sorts as the places do, and reads back as it was written.
func TestPlacesSortAsText(t *testing.T) {
	places := rapid.Custom(func(t *rapid.T) dialer.Waiting {
		us := rapid.Int64Range(-1_000_000, maxMicros).Draw(t, "due")
		return dialer.Waiting{
			Case: "c", Due: time.UnixMicro(us), Priority: rapid.IntRange(-maxPriority, maxPriority).Draw(t, "priority"),
			Lane: dialer.Lane(rapid.String().Draw(t, "lane")),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := places.Draw(t, "a"), places.Draw(t, "b")
		b.Lane = a.Lane
		textA, errA := placeOf(a)
		textB, errB := placeOf(b)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		earlier := a.Priority < b.Priority || a.Priority == b.Priority && micros(a.Due) < micros(b.Due)
		if (textA < textB) != earlier {
			t.Fatalf("%s and %s do not sort as %v and %v", textA, textB, a, b)
		}
		back, err := waitingAt("c", textA)
		if err != nil || back.Priority != a.Priority || micros(back.Due) != micros(a.Due) || back.Lane != a.Lane {
			t.Fatalf("%+v came back as %+v, %v", a, back, err)
		}
	})
}

func TestPlacesThatCannotBe(t *testing.T) {
	for _, w := range []dialer.Waiting{{}, {Case: "c", Priority: maxPriority + 1}, {Case: "c", Priority: -maxPriority - 1}} {
		if place, err := placeOf(w); err == nil {
			t.Errorf("%+v became %q", w, place)
		}
	}
	for _, text := range []string{"", "x", "00000x::0000000000000001", "000001:0000000000000001", "000001:a:000000000000000x", "0000010000000000000001:"} {
		if w, err := waitingAt("c", text); err == nil {
			t.Errorf("%q became %+v", text, w)
		}
	}
}

// A case id is opaque: nothing in it may break a script's parsing.
func TestAnyIDIsTaken(t *testing.T) {
	l := line{openQueue(t), t}
	for _, id := range []dialer.CaseID{"a:b", "a b", "-", "']]", "日本", "%d", "0198e0d2-0000-7000-8000-000000000001"} {
		l.put(at(id, -1, 0))
		c := l.claim("desk: one two", id)
		l.must(l.Renew(t.Context(), c, long))
		l.must(l.Release(t.Context(), c))
		l.shows(id)
		l.must(l.Remove(t.Context(), id))
		l.shows()
	}
}

func TestMetrics(t *testing.T) {
	q := openQueue(t)
	l := line{q, t}
	l.put(at("a", -1, 0), at("b", -1, 0), at("c", 60, 0))
	l.claim("d", "")
	l.claimFails("e", "a", dialer.ErrCaseClaimed)
	l.claim("d", "b")
	l.claimFails("e", "", dialer.ErrQueueEmpty)
	l.put(at("d", -1, 0))
	if got, want := scrape(t, q), "claims{busy}=1 claims{down}=0 claims{empty}=1 claims{ok}=2 "+
		"depth{due}=1 depth{later}=1 depth{leased}=2"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}

	if due, later, err := q.Depth(t.Context()); due != 1 || later != 1 || err != nil {
		t.Errorf("depth %d due, %d later, %v; want 1 and 1", due, later, err)
	}

	away := openAt(t, "unix:///tmp/kakeru-no-such.sock")
	_, _ = away.Claim(t.Context(), "d", "", everybodys, long)
	if got, want := scrape(t, away), "claims{busy}=0 claims{down}=1 claims{empty}=0 claims{ok}=0"; got != want {
		t.Errorf("while redis is away:\ngot  %s\nwant %s", got, want)
	}
	if _, _, err := away.Depth(t.Context()); !errors.Is(err, dialer.ErrQueueDown) {
		t.Errorf("depth while redis is away: %v", err)
	}
}

func scrape(t *testing.T, q *Queue) string {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(q)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range families {
		name := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(f.GetName(), "kakeru_"), "queue_"), "_total")
		for _, m := range f.GetMetric() {
			value := m.GetCounter().GetValue() + m.GetGauge().GetValue()
			out = append(out, fmt.Sprintf("%s{%s}=%.0f", name, m.GetLabel()[0].GetValue(), value))
		}
	}
	return strings.Join(out, " ")
}
