package webui

import (
	"container/heap"
	"math/rand/v2"
	"net/netip"
	"time"
)

// origin is one address's connections.
type origin struct {
	addr  netip.Addr
	open  int
	loose []*passer // those that give way: they keep no place, and were there for a while
	rank  int       // where it is in the crowd
}

// crowd is all origins as a heap: first is the one that has most connections that give way. Not the one that has most of all, or an office that
// is at work would lose its few to those who have filled addresses with nothing else. It is kept in order at each change, so that nothing is
// searched through while thousands knock.
type crowd []*origin

// Len implements heap.Interface.
func (c *crowd) Len() int { return len(*c) }

// Less implements heap.Interface.
func (c *crowd) Less(i, j int) bool { return len((*c)[i].loose) > len((*c)[j].loose) }

// Swap implements heap.Interface.
func (c *crowd) Swap(i, j int) {
	all := *c
	all[i], all[j] = all[j], all[i]
	all[i].rank, all[j].rank = i, j
}

// Push implements heap.Interface.
func (c *crowd) Push(x any) {
	o, _ := x.(*origin)
	o.rank = len(*c)
	*c = append(*c, o)
}

// Pop implements heap.Interface.
func (c *crowd) Pop() any {
	last := len(*c) - 1
	o := (*c)[last]
	(*c)[last] = nil
	*c = (*c)[:last]
	return o
}

// givesWay is one of an origin's that may, by chance; nil when there is none.
func (o *origin) givesWay() *passer {
	if len(o.loose) == 0 {
		return nil
	}
	return o.loose[rand.N(len(o.loose))] //nolint:gosec // chance, no secret
}

// add counts one that is let in. It needs t.mu.
func (t *turnstile) add(p *passer, now time.Time) {
	o := t.of[p.at]
	if o == nil {
		o = &origin{addr: p.at}
		t.of[p.at] = o
		heap.Push(&t.crowd, o)
	}
	p.since, p.from, p.fresh = now, o, t.fresh.PushBack(p)
	o.open++
	t.open++
}

// remove needs t.mu. One that has left, or given way, is not counted any more.
func (t *turnstile) remove(p *passer) {
	o := p.from
	if o == nil {
		return
	}
	t.free(p)
	t.hold(p)
	if p.fresh != nil {
		t.fresh.Remove(p.fresh)
	}
	p.from, p.fresh = nil, nil
	t.open--
	if o.open--; o.open == 0 {
		heap.Remove(&t.crowd, o.rank)
		delete(t.of, o.addr)
	}
}

// ripen has those give way that were there for a while by now, unless they keep a place. It needs t.mu.
func (t *turnstile) ripen(now time.Time) {
	for e := t.fresh.Front(); e != nil; e = t.fresh.Front() {
		p, _ := e.Value.(*passer)
		if now.Sub(p.since) < givesWayAfter {
			return
		}
		t.fresh.Remove(e)
		p.fresh = nil
		if p.keeper.Load() == nil {
			t.loosen(p)
		}
	}
}

// loosen has one give way from now on, if it has not just come. It needs t.mu.
func (t *turnstile) loosen(p *passer) {
	if p.fresh != nil || p.loose > 0 {
		return
	}
	p.from.loose = append(p.from.loose, p)
	p.loose = len(p.from.loose)
	heap.Fix(&t.crowd, p.from.rank)
}

// hold has one not give way. It needs t.mu.
func (t *turnstile) hold(p *passer) {
	if p.loose == 0 {
		return
	}
	o := p.from
	last := o.loose[len(o.loose)-1]
	o.loose[p.loose-1], last.loose = last, p.loose
	o.loose[len(o.loose)-1] = nil
	o.loose = o.loose[:len(o.loose)-1]
	p.loose = 0
	heap.Fix(&t.crowd, o.rank)
}
