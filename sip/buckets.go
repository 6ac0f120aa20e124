package sip

import (
	"sync"
	"time"
)

// bucket is what may be asked for: it fills with time.
type bucket struct {
	left float64
	at   time.Time
}

// fill brings the bucket up to now.
func (b *bucket) fill(now time.Time, rate, most float64) {
	b.left = min(most, b.left+max(0, now.Sub(b.at).Seconds())*rate)
	b.at = now
}

func (b *bucket) take() bool {
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

// spend takes more than one, or all there is.
func (b *bucket) spend(n float64) { b.left = max(0, b.left-n) }

// buckets are one for each key, all alike, of which only those are kept that something was taken from. The keys may be of others' making: there is a bound.
type buckets[K comparable] struct {
	rate, burst float64
	most        int // kept at once; whoever comes when so many are gets a full one each time, so another bound must be behind. 0 for no end of them

	mu   sync.Mutex
	left map[K]*bucket
}

func newBuckets[K comparable](rate, burst float64) *buckets[K] {
	return &buckets[K]{rate: rate, burst: burst, left: map[K]*bucket{}}
}

// over reports whether so many were taken that there is no more.
func (g *buckets[K]) over(of K, now time.Time) bool { return g.has(of, now) < 1 }

// has is how much is left: less than nothing of what is owed.
func (g *buckets[K]) has(of K, now time.Time) float64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	b := g.left[of]
	if b == nil {
		return g.burst
	}
	b.fill(now, g.rate, g.burst)
	return b.left
}

// owe takes one, though there be none.
func (g *buckets[K]) owe(of K, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.meet(of, now).left--
}

// take counts one, unless there were too many.
func (g *buckets[K]) take(of K, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.meet(of, now).take()
}

// spend takes more than one, or all there is.
func (g *buckets[K]) spend(of K, now time.Time, n float64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.meet(of, now).spend(n)
}

// meet finds a bucket, or makes it. Whoever has all of theirs again is forgotten. It needs g.mu.
func (g *buckets[K]) meet(of K, now time.Time) *bucket {
	for other, b := range g.left {
		if b.fill(now, g.rate, g.burst); b.left == g.burst {
			delete(g.left, other)
		}
	}
	b := g.left[of]
	if b == nil {
		b = &bucket{g.burst, now}
		if g.most == 0 || len(g.left) < g.most {
			g.left[of] = b
		}
	}
	return b
}
