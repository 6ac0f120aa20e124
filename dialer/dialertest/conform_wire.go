package dialertest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/fleet"
)

// RunWire proves that a wire keeps the promises of fleet.Wire. open returns what opens one door after the other to a wire of its
// own for each test.
func RunWire(t *testing.T, open func(*testing.T) (node func(*testing.T) fleet.Wire)) {
	t.Helper()
	for name, prove := range map[string]func(*testing.T, wireTest){
		"published in order": provePublished, "sent to one": proveSentToOne, "too late": proveTooLate, "many at once": proveManySent,
		"one life's inbox": proveInboxOfALife,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prove(t, wireTest{t, open(t)})
		})
	}
}

type wireTest struct {
	t    *testing.T
	node func(*testing.T) fleet.Wire
}

// listener is one node that keeps what it hears.
type listener struct {
	fleet.Wire

	t    *testing.T
	life fleet.Life
	stop func()

	mu          sync.Mutex
	heard, told []string
	from        map[fleet.Life]bool
	gaps        int
}

// listens has a node listen; what is published from now on comes there.
func (w wireTest) listens(id dialer.NodeID, epoch int64) *listener {
	w.t.Helper()
	l := &listener{Wire: w.node(w.t), t: w.t, life: fleet.Life{Node: id, Epoch: epoch}, from: map[fleet.Life]bool{}}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- l.Listen(ctx, l.life, fleet.Ears{
			Heard: func(m fleet.Message) { l.note(&l.heard, m) }, Told: func(m fleet.Message) { l.note(&l.told, m) },
			Gap: func() {
				l.mu.Lock()
				defer l.mu.Unlock()
				l.gaps++
			},
		})
	}()
	var once sync.Once
	l.stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				w.t.Errorf("%s: listening ended: %v", id, err)
			}
		})
	}
	w.t.Cleanup(l.stop)
	l.until("the first gap is told", func() bool { return l.gaps > 0 })
	return l
}

func (l *listener) note(where *[]string, m fleet.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*where = append(*where, string(m.Body))
	l.from[m.From] = true
}

// until polls until ok.
func (l *listener) until(what string, ok func() bool) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		l.mu.Lock()
		done := ok()
		l.mu.Unlock()
		if done {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			l.t.Fatalf("%s: never: %s", l.life.Node, what)
		}
	}
}

func (l *listener) publish(body string) {
	l.t.Helper()
	if err := l.Publish(l.t.Context(), fleet.Message{From: l.life, ID: body, Body: []byte(body)}); err != nil {
		l.t.Fatal(err)
	}
}

func (l *listener) send(to fleet.Life, body string, within time.Duration) {
	l.t.Helper()
	if err := l.Send(l.t.Context(), to, fleet.Message{From: l.life, ID: body, Body: []byte(body)}, within); err != nil {
		l.t.Fatal(err)
	}
}

func provePublished(t *testing.T, w wireTest) {
	a, b, c := w.listens("a", 1), w.listens("b", 1), w.listens("c", 1)
	const n = 300
	for i := range n {
		a.publish(fmt.Sprint(i))
	}
	for _, l := range []*listener{b, c} {
		l.until("all that was published came", func() bool { return len(l.heard) >= n })
		for i, body := range l.heard {
			if body != fmt.Sprint(i) {
				t.Fatalf("%s heard %q in place %d", l.life.Node, body, i)
			}
		}
		if !l.from[a.life] {
			t.Errorf("%s heard it from %v", l.life.Node, l.from)
		}
	}
	if len(b.told) != 0 {
		t.Errorf("what was published came to the inbox: %v", b.told)
	}
}

func proveSentToOne(t *testing.T, w wireTest) {
	a, b, c := w.listens("a", 1), w.listens("b", 1), w.listens("c", 1)
	a.send(b.life, "hang up", time.Minute)
	b.until("it is told", func() bool { return len(b.told) > 0 })
	b.send(a.life, "done", time.Minute)
	a.until("it is answered", func() bool { return len(a.told) > 0 })
	a.publish("end")
	c.until("what came after", func() bool { return len(c.heard) > 0 })
	if len(c.told) != 0 || len(b.told) != 1 || b.told[0] != "hang up" || a.told[0] != "done" {
		t.Errorf("a was told %v, b %v, c %v", a.told, b.told, c.told)
	}
	// Somebody who begins to listen again is not told again.
	b.stop()
	again := w.listens("b", 1)
	a.send(b.life, "another", time.Minute)
	again.until("it is told", func() bool { return len(again.told) > 0 })
	if again.told[0] != "another" {
		t.Errorf("told again: %v", again.told)
	}
}

func proveTooLate(t *testing.T, w wireTest) {
	a := w.listens("a", 1)
	b := fleet.Life{Node: "b", Epoch: 1}
	a.send(b, "late", 20*time.Millisecond)
	a.send(b, "in time", time.Minute)
	began := time.Now()
	a.until("some time has passed", func() bool { return time.Since(began) > 100*time.Millisecond })
	l := w.listens("b", 1)
	l.until("it is told", func() bool { return len(l.told) > 0 })
	if l.told[0] != "in time" {
		t.Errorf("told: %v", l.told)
	}
}

func proveManySent(t *testing.T, w wireTest) {
	a, b, c := w.listens("a", 1), w.listens("b", 1), w.listens("c", 1)
	const n = 100
	var all sync.WaitGroup
	for _, from := range []*listener{a, c} {
		all.Go(func() {
			for i := range n {
				from.send(b.life, fmt.Sprint(from.life.Node, i), time.Minute)
			}
		})
	}
	all.Wait()
	b.until("all came", func() bool { return len(b.told) >= 2*n })
	seen := map[string]int{}
	for _, body := range b.told {
		seen[body]++
	}
	if len(b.told) != 2*n || len(seen) != 2*n {
		t.Errorf("%d were told, %d of them different", len(b.told), len(seen))
	}
}

// proveInboxOfALife: what was meant for a process is not done by the next one of its name.
func proveInboxOfALife(t *testing.T, w wireTest) {
	a := w.listens("a", 1)
	a.send(fleet.Life{Node: "b", Epoch: 1}, "for the first", time.Minute)
	second := w.listens("b", 2)
	a.send(second.life, "for the second", time.Minute)
	second.until("it is told", func() bool { return len(second.told) > 0 })
	if second.told[0] != "for the second" {
		t.Errorf("told: %v", second.told)
	}
}
