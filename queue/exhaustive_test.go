package queue

import (
	"os"
	"strings"
	"testing"
)

// The claim protocol as a small model, checked over all interleavings: two desks, two cases, one rebuild, one disaster (Redis
// is emptied, or an older copy takes over), any lease may lapse at any time, any answer may be lost. What the scripts do is
// compared with a model call by call in model_test.go; here is what may happen between the calls.

const (
	desksN, casesN = 2, 2
	tokensN        = 3 // claims of one case at the most, in the long run
)

// store is what Redis holds of the line.
type store struct {
	in     [casesN]bool // has a place: waits, or is leased
	holder [casesN]int8 // desk+1; 0: nobody
	token  [casesN]int8
	built  bool // in this life of Redis
}

// hands is what a desk knows. valid is a ghost: its lease has neither lapsed nor been lost in a disaster.
type hands struct {
	kase, token  int8 // case+1; 0: none
	valid, calls bool
}

// rebuilding is a rebuild that runs. note is the journal: 0 nothing, 1 left the line, 2 was put.
type rebuilding struct {
	runs  bool
	read  [casesN]int8 // 0 not yet, 1 waits, 2 does not
	note  [casesN]int8
	ended [casesN][tokensN + 1]bool
	fresh [casesN]bool // leased since it began
	keep  [casesN]hands
	by    [casesN]int8 // whose the kept one is, desk+1
}

type world struct {
	redis, copy      store
	desk             [desksN]hands
	waits            [casesN]bool // the ledger's truth
	put              [casesN]bool // the ledger was written, the line not yet told
	open             [casesN]int8 // the ledger's index: desk+1
	given            [casesN]int8 // tokens given out
	calls            [casesN]int8 // since the case last waited
	r                rebuilding
	rebuilds, broken int8
	stale            bool // the engine knows that the line missed something (Engine.lineStale)
	again            bool // somebody has let a case wait once more
}

// bugs are seeded to see that the checker finds them.
type bugs struct{ noToken, noJournal, noLife bool }

type checker struct {
	bugs
	claims int8            // of one case at the most
	calm   bool            // no disaster
	seen   map[world]world // and where each came from
	todo   []world
}

func (w *world) back(c int) { w.redis.holder[c], w.redis.token[c] = 0, 0 }

func (w *world) lose() { // whatever desks hold, Redis may not know
	for d := range w.desk {
		w.desk[d].valid = false
	}
}

func (k *checker) next(w world) (all []world) {
	add := func(do func(*world)) {
		n := w
		do(&n)
		all = append(all, n)
	}
	for c := range casesN {
		for d := range desksN {
			k.ofDesk(w, d, c, add)
		}
		if w.redis.holder[c] != 0 { // a lease runs out
			add(func(n *world) {
				for d := range n.desk {
					if int(n.redis.holder[c]) == d+1 && n.desk[d].kase == int8(c+1) && n.desk[d].token == n.redis.token[c] {
						n.desk[d].valid = false
					}
				}
				n.back(c)
			})
		}
		if !w.waits[c] && !w.put[c] && !w.again && w.open[c] == 0 {
			add(func(n *world) { n.waits[c], n.put[c], n.again, n.calls[c] = true, true, true, 0 })
		}
		if w.put[c] {
			add(func(n *world) { n.put[c], n.redis.in[c] = false, true; k.note(n, c, 2) })
			add(func(n *world) { n.put[c], n.stale = false, true }) // lost
		}
		if w.r.runs && w.r.read[c] == 0 {
			add(func(n *world) {
				n.r.read[c] = 2
				if n.waits[c] {
					n.r.read[c] = 1
				}
			})
		}
	}
	k.ofRedis(w, add)
	return all
}

func (k *checker) note(n *world, c int, what int8) {
	if n.r.runs && !k.noJournal {
		n.r.note[c] = what
	}
}

// ofDesk is what a desk may do about a case.
func (k *checker) ofDesk(w world, d, c int, add func(func(*world))) {
	h := w.desk[d]
	if h.kase == 0 && w.redis.in[c] && w.redis.holder[c] == 0 && w.redis.built && w.given[c] < k.claims {
		claim := func(n *world) {
			n.given[c]++
			n.redis.holder[c], n.redis.token[c] = int8(d+1), n.given[c]
			n.r.fresh[c] = n.r.runs
		}
		add(func(n *world) { claim(n); n.desk[d] = hands{int8(c + 1), n.given[c], true, false} })
		add(claim) // its answer is lost
	}
	if h.kase != int8(c+1) {
		return
	}
	mine := w.redis.holder[c] != 0 && (w.redis.token[c] == h.token || k.noToken)
	end := func(n *world) {
		if mine {
			n.back(c)
			if n.r.runs && !k.noJournal {
				n.r.ended[c][h.token] = true
			}
		}
		n.desk[d] = hands{}
	}
	switch {
	case !h.calls:
		add(end)                                       // released
		add(func(n *world) { n.desk[d] = hands{} })    // the release was lost
		if w.waits[c] && w.open[c] == 0 && !w.put[c] { // setRight and Reserve, one statement of the ledger
			add(func(n *world) { n.open[c], n.desk[d].calls = int8(d+1), true; n.calls[c]++ })
		}
	default: // the call ends: the ledger first, then the line, which may miss it
		add(func(n *world) {
			n.open[c], n.waits[c] = 0, false
			end(n)
			if mine {
				n.redis.in[c] = false
				k.note(n, c, 1)
			}
		})
		add(func(n *world) { n.open[c], n.waits[c], n.desk[d], n.stale = 0, false, hands{}, true })
	}
}

// ofRedis is what becomes of the line as a whole.
func (k *checker) ofRedis(w world, add func(func(*world))) {
	if !w.r.runs && w.rebuilds < 1 {
		add(func(n *world) {
			n.rebuilds++
			n.r, n.stale = rebuilding{runs: true}, false
			for d, h := range n.desk {
				if h.kase != 0 {
					n.r.keep[h.kase-1], n.r.by[h.kase-1] = h, int8(d+1)
				}
			}
		})
	}
	if w.r.runs {
		add(func(n *world) { n.r, n.stale = rebuilding{}, true }) // it dies
		ready := true
		for c := range casesN {
			ready = ready && w.r.read[c] != 0
		}
		if ready {
			add(k.swap)
		}
	}
	if k.calm {
		return
	}
	if w.broken == 0 {
		add(func(n *world) { n.broken, n.copy = 1, n.redis })
	}
	if w.broken < 2 { // a rebuild that runs notices
		add(func(n *world) {
			n.stale, n.broken, n.redis, n.copy, n.r = n.stale || n.r.runs, 2, store{}, store{}, rebuilding{}
			n.lose()
		})
	}
	if w.broken == 1 { // its replica takes over, and its dump comes back, as they were
		add(func(n *world) {
			n.stale = n.stale || n.r.runs
			n.broken, n.redis, n.copy, n.r = 2, n.copy, store{}, rebuilding{}
			n.redis.built = k.noLife && n.redis.built
			n.lose()
		})
	}
}

func (k *checker) swap(n *world) {
	old, r := n.redis, n.r
	n.redis, n.r = store{built: true}, rebuilding{}
	for c := range casesN {
		n.redis.in[c] = r.read[c] == 1
		if r.note[c] != 0 {
			n.redis.in[c] = r.note[c] == 2
		}
		if r.fresh[c] {
			n.redis.holder[c], n.redis.token[c] = old.holder[c], old.token[c]
		}
		if by := r.by[c]; by != 0 && !r.ended[c][r.keep[c].token] && r.note[c] != 1 {
			if old.holder[c] != 0 && old.token[c] != r.keep[c].token { // whoever took it meanwhile has lost it
				n.desk[old.holder[c]-1].valid = false
			}
			n.redis.holder[c], n.redis.token[c] = by, r.keep[c].token
		}
	}
	for d, h := range n.desk { // a lease that the rebuild did not keep
		if h.kase != 0 && (n.redis.holder[h.kase-1] == 0 || n.redis.token[h.kase-1] != h.token) {
			n.desk[d].valid = false
		}
	}
}

// wrong says which promise a state breaks.
func wrong(w world) string {
	for c := range casesN {
		holders, callers := 0, 0
		for _, h := range w.desk {
			if h.kase == int8(c+1) && h.valid {
				holders++
			}
			if h.kase == int8(c+1) && h.calls {
				callers++
			}
		}
		switch leased := w.redis.holder[c] != 0; {
		case holders > 1:
			return "two desks hold one case"
		case callers > 1, w.calls[c] > 1:
			return "somebody is called twice"
		// Leases lapse, puts arrive, a rebuild ends, a line that is not built or stale is built: left is one that says it is whole.
		case w.waits[c] && !w.put[c] && w.redis.built && !w.stale && !w.r.runs && !w.redis.in[c] && !leased:
			return "a case is forgotten"
		}
	}
	return ""
}

// run visits every state that can be reached, and returns the first that is wrong with the way there.
func (k *checker) run() (states int, what string, way []world) {
	start := world{redis: store{built: true}}
	for c := range casesN {
		start.waits[c], start.redis.in[c] = true, true
	}
	k.seen = map[world]world{start: start}
	k.todo = []world{start}
	for len(k.todo) > 0 {
		w := k.todo[0]
		k.todo = k.todo[1:]
		if what := wrong(w); what != "" {
			for ; w != start; w = k.seen[w] {
				way = append([]world{w}, way...)
			}
			return len(k.seen), what, way
		}
		for _, n := range k.next(w) {
			if _, known := k.seen[n]; !known {
				k.seen[n] = w
				k.todo = append(k.todo, n)
			}
		}
	}
	return len(k.seen), "", nil
}

func TestProtocolOverAllInterleavings(t *testing.T) {
	bounds := []checker{{claims: 1}}
	if os.Getenv("KAKERU_LONG") != "" {
		bounds = append(bounds, checker{claims: 2, calm: true})
	}
	for _, k := range bounds {
		states, what, way := k.run()
		t.Logf("%d states with %d claims of a case, disasters: %v", states, k.claims, !k.calm)
		if what != "" {
			for _, w := range way {
				t.Logf("%+v", w)
			}
			t.Fatal(what)
		}
	}
}

// A checker that finds nothing has to show that it would.
func TestCheckerFindsWhatIsSeeded(t *testing.T) {
	for want, b := range map[string]bugs{
		"two desks hold one case": {noToken: true}, "a case is forgotten": {noJournal: true},
		"a case is forgotten ": {noLife: true},
	} {
		want = strings.TrimSpace(want)
		k := checker{bugs: b, claims: tokensN}
		if states, what, way := k.run(); what != want {
			t.Errorf("%+v: found %q after %d states, want %q", b, what, states, want)
		} else {
			t.Logf("%+v: %s in %d steps", b, what, len(way))
		}
	}
}
