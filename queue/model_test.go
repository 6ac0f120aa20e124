package queue

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"kakeru/cmd/stores/storestest"
	"kakeru/dialer"
)

// model is a line so simple that it is obviously right.
type model struct {
	place map[dialer.CaseID]dialer.Waiting
	lease map[dialer.CaseID]dialer.Claim
	ended []dialer.Claim // claims that were lost or ended, to be tried again
}

// order is the line as List shows it. Due times are hours away from now, so the clock does not matter.
func (m *model) order(now time.Time, lanes []dialer.Served) []dialer.Place {
	var places []dialer.Place
	for id, w := range m.place {
		served := slices.ContainsFunc(lanes, func(s dialer.Served) bool { return s.Lane == w.Lane })
		if served || lanes == nil {
			places = append(places, dialer.Place{Waiting: w, IsDue: !w.Due.After(now), Desk: m.lease[id].Desk})
		}
	}
	slices.SortFunc(places, inOrder(lanes))
	return places
}

func (m *model) first(now time.Time, lanes []dialer.Served) (dialer.CaseID, bool) {
	for _, p := range m.order(now, lanes) {
		if p.Desk == "" {
			return p.Case, p.IsDue
		}
	}
	return "", false
}

func (m *model) end(id dialer.CaseID) {
	if c, leased := m.lease[id]; leased {
		m.ended = append(m.ended, c)
		delete(m.lease, id)
	}
}

// machine drives the real line and the model side by side.
type machine struct {
	q   *Queue
	m   model
	now time.Time
}

var (
	someCase = rapid.SampledFrom([]dialer.CaseID{"a", "b", "c", "d", "e", "f"})
	someDesk = rapid.SampledFrom([]dialer.DeskID{"d1", "d2", "d3"})
	someLane = rapid.SampledFrom([]dialer.Lane{"", "a", "a:"})
	// someLanes are never nil, which would be all.
	someLanes = rapid.Custom(func(t *rapid.T) []dialer.Served {
		lanes := []dialer.Served{}
		for _, l := range rapid.SliceOfNDistinct(someLane, 0, 3, rapid.ID).Draw(t, "lanes") {
			lanes = append(lanes, dialer.Served{Lane: l, Rank: rapid.IntRange(-1, 1).Draw(t, "rank")})
		}
		return lanes
	})
)

func (m *machine) drawPlace(t *rapid.T, id dialer.CaseID) dialer.Waiting {
	hours := rapid.SampledFrom([]int{-3, -2, -1, 1, 2}).Draw(t, "due in hours")
	return dialer.Waiting{
		Case: id, Due: m.now.Add(time.Duration(hours) * time.Hour), Priority: rapid.IntRange(-1, 1).Draw(t, "priority"),
		Lane: someLane.Draw(t, "lane"),
	}
}

// drawClaim is mostly a live claim, sometimes one that is over.
func (m *machine) drawClaim(t *rapid.T) (c dialer.Claim, live bool) {
	all := slices.Clone(m.m.ended)
	for _, id := range []dialer.CaseID{"a", "b", "c", "d", "e", "f"} {
		if c, leased := m.m.lease[id]; leased {
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		t.Skip("no claim yet")
	}
	c = all[len(all)-1-rapid.IntRange(0, len(all)-1).Draw(t, "claim")]
	return c, m.m.lease[c.Case].Token == c.Token
}

func (m *machine) claim(t *rapid.T, id dialer.CaseID) {
	desk, lanes := someDesk.Draw(t, "desk"), someLanes.Draw(t, "served")
	got, err := m.q.Claim(t.Context(), desk, id, lanes, long)
	want := error(nil)
	if id == "" {
		var due bool
		if id, due = m.m.first(m.now, lanes); !due {
			want = dialer.ErrQueueEmpty
		}
	}
	held, leased := m.m.lease[id]
	if leased && held.Desk != desk {
		want = dialer.ErrCaseClaimed
	}
	if !errors.Is(err, want) || want == nil && got.Case != id {
		t.Fatalf("claimed %+v, %v; want %q, %v", got, err, id, want)
	}
	if err != nil {
		return
	}
	if leased && held.Token != got.Token {
		t.Fatalf("the desk's own claim %+v became %+v", held, got)
	}
	m.m.lease[id] = got
}

func (m *machine) ofClaim(t *rapid.T, live bool, err error) {
	want := dialer.ErrClaimLost
	if live {
		want = nil
	}
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
}

func (m *machine) done(t *rapid.T) {
	c, live := m.drawClaim(t)
	var next *dialer.Waiting
	if rapid.Bool().Draw(t, "waits again") {
		w := m.drawPlace(t, c.Case)
		next = &w
	}
	m.ofClaim(t, live, m.q.Done(t.Context(), c, next))
	if !live {
		return
	}
	m.m.end(c.Case)
	delete(m.m.place, c.Case)
	if next != nil {
		m.m.place[c.Case] = *next
	}
}

func (m *machine) rebuild(t *rapid.T) {
	fresh := map[dialer.CaseID]dialer.Waiting{}
	var ws []dialer.Waiting
	for _, id := range rapid.SliceOfDistinct(someCase, rapid.ID).Draw(t, "cases") {
		fresh[id] = m.drawPlace(t, id)
		ws = append(ws, fresh[id])
	}
	var keep []dialer.Claim
	kept := map[dialer.CaseID]dialer.Claim{}
	for id, c := range m.m.lease {
		if rapid.Bool().Draw(t, "keep "+string(id)) {
			keep, kept[id] = append(keep, c), c
		} else {
			m.m.ended = append(m.m.ended, c)
		}
	}
	if err := m.q.Rebuild(t.Context(), each(ws...), keep); err != nil {
		t.Fatal(err)
	}
	m.m.place, m.m.lease = fresh, kept
}

// lapse makes a lease run out, as if its time had passed.
func (m *machine) lapse(t *rapid.T) {
	c, live := m.drawClaim(t)
	if !live {
		t.Skip("already over")
	}
	ctx := t.Context()
	lapsed := fmt.Sprintf("%s %016d %016d %s", c.Token, 1, 1, c.Desk)
	if err := m.q.client.HSet(ctx, m.q.keys.lease, string(c.Case), lapsed).Err(); err != nil {
		t.Fatal(err)
	}
	if err := m.q.client.ZAdd(ctx, m.q.keys.until, redis.Z{Score: 1, Member: string(c.Case)}).Err(); err != nil {
		t.Fatal(err)
	}
	m.m.end(c.Case)
}

func (m *machine) check(t *rapid.T) {
	lanes, limit := someLanes.Draw(t, "listed"), rapid.SampledFrom([]int{1, 2, 100}).Draw(t, "limit")
	if len(lanes) == 0 {
		lanes = nil
	}
	got, err := m.q.List(t.Context(), lanes, limit)
	if err != nil {
		t.Fatal(err)
	}
	want := m.m.order(m.now, lanes)
	want = want[:min(limit, len(want))]
	same := slices.EqualFunc(got, want, func(a, b dialer.Place) bool {
		return a.Case == b.Case && a.Due.Equal(b.Due) && a.Priority == b.Priority && a.IsDue == b.IsDue && a.Desk == b.Desk &&
			a.Lane == b.Lane
	})
	if !same {
		t.Fatalf("the line shows\n%+v\nand the model\n%+v", got, want)
	}
	m.checkHeads(t)
	m.checkWhole(t)
}

// checkWhole looks for whether the keys fit each other, whatever was done: else the line would be made anew again and again.
func (m *machine) checkWhole(t *rapid.T) {
	built := m.q.client.Exists(t.Context(), m.q.keys.built).Val() == 1
	if whole, err := m.q.Built(t.Context()); err != nil || whole != built {
		t.Fatalf("the line was built: %t; it says %t, %v", built, whole, err)
	}
}

// checkHeads compares the heads with the cells that the line has.
func (m *machine) checkHeads(t *rapid.T) {
	want := map[string]string{}
	for _, member := range m.q.client.ZRange(t.Context(), m.q.keys.line, 0, -1).Val() {
		at := strings.Index(member[7:], ":") + 7
		if _, known := want[member[:at]]; !known {
			want[member[:at]] = member[at+1:]
		}
	}
	if got := m.q.client.HGetAll(t.Context(), m.q.keys.heads).Val(); !maps.Equal(got, want) {
		t.Fatalf("the heads are\n%v\nbut the cells begin with\n%v", got, want)
	}
	due, later := 0, 0
	for _, p := range m.m.order(m.now, nil) {
		switch {
		case p.Desk != "":
		case p.IsDue:
			due++
		default:
			later++
		}
	}
	if d, l, err := m.q.Depth(t.Context()); err != nil || d != due || l != later {
		t.Fatalf("counted %d due and %d later, %v; want %d and %d", d, l, err, due, later)
	}
}

// Whatever is done to the line in whatever order, it does what the model does.
func TestLineBehavesAsTheModel(t *testing.T) {
	q := openQueue(t)
	rapid.Check(t, func(t *rapid.T) {
		if err := q.client.FlushDB(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		m := &machine{q: q, now: time.Now().Truncate(time.Second)}
		m.m = model{place: map[dialer.CaseID]dialer.Waiting{}, lease: map[dialer.CaseID]dialer.Claim{}}
		t.Repeat(map[string]func(*rapid.T){
			"":           m.check,
			"claim next": func(t *rapid.T) { m.claim(t, "") },
			"claim":      func(t *rapid.T) { m.claim(t, someCase.Draw(t, "case")) },
			"renew": func(t *rapid.T) {
				c, live := m.drawClaim(t)
				m.ofClaim(t, live, m.q.Renew(t.Context(), c, long))
			},
			"release": func(t *rapid.T) {
				c, live := m.drawClaim(t)
				if err := m.q.Release(t.Context(), c); err != nil {
					t.Fatal(err)
				}
				if live {
					m.m.end(c.Case)
				}
			},
			"done": m.done,
			"put": func(t *rapid.T) {
				w := m.drawPlace(t, someCase.Draw(t, "case"))
				if err := m.q.Put(t.Context(), w); err != nil {
					t.Fatal(err)
				}
				m.m.place[w.Case] = w
			},
			"remove": func(t *rapid.T) {
				id := someCase.Draw(t, "case")
				if err := m.q.Remove(t.Context(), id); err != nil {
					t.Fatal(err)
				}
				m.m.end(id)
				delete(m.m.place, id)
			},
			"rebuild": m.rebuild,
			"lapse":   m.lapse,
		})
	})
}

func TestBench(t *testing.T) {
	url := storestest.Redis(t)
	l := line{openAt(t, url), t}
	l.put(at("real", -1, 0))
	f, err := Bench(t.Context(), url, 2500, 8)
	if err != nil {
		t.Fatal(err)
	}
	if f.Duplicates != 0 || f.NeverClaimed != 0 || f.ClaimsFailed != 0 {
		t.Errorf("%+v", f)
	}
	if f.Cases != 2500 || f.Workers != 8 || f.ClaimsPerS <= 0 || f.ClaimP99MS <= 0 || f.RebuildS <= 0 {
		t.Errorf("a figure is missing: %+v", f)
	}
	l.shows("real")
	keys := openAt(t, url).client.Keys(t.Context(), benchPrefix+"*").Val()
	if len(keys) != 0 {
		t.Errorf("left behind: %v", keys)
	}
	if _, err := Bench(t.Context(), url, 0, 1); err == nil {
		t.Error("a measurement of nothing")
	}
}
