package webui

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"kakeru/webui/auth"
)

// turns bounds how much of one kind is under way at once: of each who asks, with all their sessions, and of all together. What is beyond waits
// for its turn, in its order, and for no longer than within.
type turns struct {
	each    int           // of one person at once
	waiting int           // more of one person that wait; what comes then is refused at once
	all     chan struct{} // nil: no bound of all together
	within  time.Duration
	full    *Problem

	mu sync.Mutex
	of map[string]*lane
}

// lane is one person's; it is there as long as they ask.
type lane struct {
	free  chan struct{}
	asked int // under way and waiting
}

// What one person may ask at once. The panel's fullest screen asks for about a dozen things when it opens, each answered in some milliseconds:
// eight at once, and six such tabs behind them, are noticed by nobody. Of what changes something a page sends one or two.
const (
	asksAtOnce  = 8
	actsAtOnce  = 4
	asksWaiting = 64
	askWithin   = 5 * time.Second
)

// What is made at once: reports, files of records, analyses. Each takes a processor and, for as long as it reads, a connection.
const (
	madeByOne   = 2
	madeByAll   = 3
	madeWaiting = 6
	madeWithin  = 20 * time.Second
)

func newAsks(each int) *turns {
	return &turns{each: each, waiting: asksWaiting, within: askWithin, full: after(askWithin, errTooMuch), of: map[string]*lane{}}
}

func newMakings() *turns {
	return &turns{
		each: madeByOne, waiting: madeWaiting, all: make(chan struct{}, madeByAll), within: madeWithin, full: after(madeWithin, errMaking), of: map[string]*lane{},
	}
}

var errMaking = newProblem(http.StatusTooManyRequests, "too_many",
	"報告書や書き出しの作成が混み合っています。Retry-After の秒数だけ待ってからやり直してください",
	"as many reports and files as can be made at once are being made; wait for the seconds in Retry-After")

// after is the same problem with when to come back.
func after(wait time.Duration, p *Problem) *Problem {
	other := *p
	other.headers = http.Header{"Retry-After": {strconv.Itoa(max(1, int((wait+time.Second-1)/time.Second)))}}
	return &other
}

// take waits for a turn of somebody's; done gives it back. The problem when none comes in time, or too many wait for one already.
func (t *turns) take(ctx context.Context, who string) (done func(), err error) {
	mine := t.enter(who)
	if mine == nil {
		return nil, t.full
	}
	ctx, cancel := context.WithTimeout(ctx, t.within)
	defer cancel()
	select {
	case mine.free <- struct{}{}:
	case <-ctx.Done():
		t.leave(who)
		return nil, t.full
	}
	if t.all == nil {
		return func() { <-mine.free; t.leave(who) }, nil
	}
	select {
	case t.all <- struct{}{}:
		return func() { <-t.all; <-mine.free; t.leave(who) }, nil
	case <-ctx.Done():
		<-mine.free
		t.leave(who)
		return nil, t.full
	}
}

// enter counts one more who asks; nil when too many do.
func (t *turns) enter(who string) *lane {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.of[who]
	if l == nil {
		l = &lane{free: make(chan struct{}, t.each)}
		t.of[who] = l
	}
	if l.asked >= t.each+t.waiting {
		return nil
	}
	l.asked++
	return l
}

func (t *turns) leave(who string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l := t.of[who]; l.asked > 1 {
		l.asked--
	} else {
		delete(t.of, who)
	}
}

// turn waits until a request may be answered beside the others of whoever asks; done ends that. Reading and changing have turns apart, so nobody's
// clicks stand behind what their own screens read; hanging up waits for nothing.
func (s *Server) turn(ctx context.Context, row auth.Row) (done func(), err error) {
	who := from(ctx).asker()
	if row.Public || row.Route == hangUpRoute {
		return func() {}, nil
	}
	kind := s.asks
	if changes(row) {
		kind = s.acts
	}
	asked, err := kind.take(ctx, who)
	if err != nil || !makes[row.Route] {
		return asked, err
	}
	made, err := s.makings.take(ctx, who)
	if err != nil {
		asked()
		return nil, err
	}
	return func() { made(); asked() }, nil
}

const hangUpRoute = "POST /api/calls/{id}/hangup"

// makes are the routes that make reports and files: they read long, and take memory.
var makes = map[string]bool{
	"GET /api/reports/{kind}": true, "GET /api/reports/{kind}/rows": true, "GET /api/reports/{kind}/file": true,
	"POST /api/reports/{kind}/issue": true, "GET /api/minutes/{month}/file": true, "GET /api/targets/draft": true,
	"POST /api/exports": true, "GET /api/incidents/{id}/evidence": true,
}

// asker is whose requests are counted together: a person's, by whatever sessions they come, or a screen's on the wall.
func (v visitor) asker() string {
	if v.display.ID != "" {
		return "display " + v.display.ID
	}
	return string(v.User.ID)
}

// shared answers all who ask the same at once with one reading. Nobody is answered with what was read before they asked: whoever comes while one is
// read waits for the next.
type shared[T any] struct {
	turn chan struct{} // one reads at a time

	mu   sync.Mutex
	next map[string]*reading[T] // what has not begun, by what is asked
}

type reading[T any] struct {
	done  chan struct{} // closed when value and err are there
	value T
	err   error

	asking int           // who waits for it; goes by the lock of shared
	unread chan struct{} // closed when all have left before it began
}

func newShared[T any]() *shared[T] {
	return &shared[T]{turn: make(chan struct{}, 1), next: map[string]*reading[T]{}}
}

// ask joins what is to be read next, or begins it, by begin: it outlives whoever asked first, but is not begun for nobody. A turn is given back by hanging
// up, so what was asked for and left would else stand in others' way without an end.
func (f *shared[T]) ask(ctx context.Context, what string, begin func(func()), read func(context.Context) (T, error)) (T, error) {
	f.mu.Lock()
	r := f.next[what]
	if r == nil {
		r = &reading[T]{done: make(chan struct{}), unread: make(chan struct{})}
		f.next[what] = r
		lasting := context.WithoutCancel(ctx)
		begin(func() { f.run(lasting, what, r, read) })
	}
	r.asking++
	f.mu.Unlock()
	select {
	case <-r.done:
		return r.value, r.err
	case <-ctx.Done():
		f.leave(what, r)
		var none T
		return none, ctx.Err()
	}
}

func (f *shared[T]) leave(what string, r *reading[T]) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r.asking--
	if r.asking == 0 && f.next[what] == r {
		delete(f.next, what)
		close(r.unread)
	}
}

// begin takes a reading out of those to come; false when it was left by all.
func (f *shared[T]) begin(what string, r *reading[T]) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.next[what] != r {
		return false
	}
	delete(f.next, what)
	return true
}

func (f *shared[T]) run(ctx context.Context, what string, r *reading[T], read func(context.Context) (T, error)) {
	select {
	case f.turn <- struct{}{}:
	case <-r.unread:
		return
	}
	defer func() { <-f.turn }()
	if !f.begin(what, r) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	defer close(r.done)
	defer func() {
		// As of one request alone that panics: whoever waits is told, and the server goes on. What it says may be somebody's name, so where it was is told alone.
		if p := recover(); p != nil {
			r.err = fmt.Errorf("reading %q panicked (%T) at %s", what, p, debug.Stack())
		}
	}()
	r.value, r.err = read(ctx)
}
