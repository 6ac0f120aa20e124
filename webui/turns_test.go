package webui

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/report"
)

// gate holds up what goes through it, and counts it.
type gate struct {
	mu       sync.Mutex
	now, top map[string]int // at once; most at once
	entered  chan struct{}
	open     chan struct{}
}

func newGate() *gate {
	return &gate{now: map[string]int{}, top: map[string]int{}, entered: make(chan struct{}, 1000), open: make(chan struct{})}
}

func (g *gate) pass(whose string) {
	count := func(by int) {
		g.mu.Lock()
		defer g.mu.Unlock()
		for _, of := range []string{whose, "all"} {
			g.now[of] += by
			g.top[of] = max(g.top[of], g.now[of])
		}
	}
	count(1)
	defer count(-1)
	g.entered <- struct{}{}
	<-g.open
}

// most is how many were in it at once.
func (g *gate) most(whose string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.top[whose]
}

// slowFigures hold up what one operator asks of their own calls.
type slowFigures struct {
	*world
	*gate
}

func (s slowFigures) OwnFigures(ctx context.Context, who dialer.UserID, from, to time.Time) (report.Own, error) {
	if who == "user-operator" {
		s.pass(string(who))
	}
	return s.world.OwnFigures(ctx, who, from, to)
}

// slowBooks hold up every report that is written.
type slowBooks struct {
	*books
	*gate
}

func (s slowBooks) Write(ctx context.Context, to io.Writer, p report.Period, revision int, format report.Format) error {
	s.pass(string(from(ctx).User.ID))
	return s.books.Write(ctx, to, p, revision, format)
}

// flood asks for a path so many times at once, by some browsers in turn, and says of each what it was answered.
func flood(h *house, n int, path string, by ...*client) <-chan *httptest.ResponseRecorder {
	answers := make(chan *httptest.ResponseRecorder, n)
	at, err := url.Parse(h.url)
	if err != nil {
		h.t.Fatal(err)
	}
	for i := range n {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		for _, cookie := range by[i%len(by)].http.Jar.Cookies(at) {
			r.AddCookie(cookie)
		}
		go func() { answers <- h.handle(r) }()
	}
	return answers
}

// TestOnePersonsFloodHoldsUpNobodyElse: by however many sessions somebody asks, the ledger is asked by few of them at once. What is far too much is
// refused and says when to come back; others, and one's own clicks, do not stand behind it.
func TestOnePersonsFloodHoldsUpNobodyElse(t *testing.T) {
	g := newGate()
	h := open(t, func(d *Deps) { d.Own = slowFigures{d.Own.(*world), g} })
	var sessions []*client
	for range 4 {
		sessions = append(sessions, h.as("operator"))
	}
	other := h.as("operator2")
	answers := flood(h, asksAtOnce+asksWaiting+8, "/api/progress/mine", sessions...)
	for range asksAtOnce {
		<-g.entered
	}
	for range 8 {
		if a := <-answers; a.Code != http.StatusTooManyRequests || a.Header().Get("Retry-After") == "" || !strings.Contains(a.Body.String(), `"too_many"`) {
			t.Fatalf("one too many: %d %v %s", a.Code, a.Header(), a.Body)
		}
	}
	other.do("GET", "/api/progress/mine", nil).want(t, 200)
	other.do("POST", "/api/desks/desk2/sit", map[string]any{}).want(t, 200)
	sessions[0].do("POST", "/api/desks/desk1/sit", map[string]any{}).want(t, 200)
	close(g.open)
	for range asksAtOnce + asksWaiting {
		if a := <-answers; a.Code != http.StatusOK && a.Code != http.StatusTooManyRequests { // the latter where the machine was slow
			t.Fatalf("%d %s", a.Code, a.Body)
		}
	}
	if n := g.most("user-operator"); n != asksAtOnce {
		t.Errorf("%d at once", n)
	}
	if n := len(h.server.asks.of); n != 0 {
		t.Errorf("%d people are remembered who ask for nothing", n)
	}
}

// TestAFewReportsAreMadeAtOnce: two of one person, three of all; the others are made after them.
func TestAFewReportsAreMadeAtOnce(t *testing.T) {
	g := newGate()
	h := open(t, func(d *Deps) { d.Reports = slowBooks{d.Reports.(*books), g} })
	ward, boss := []*client{h.as("ward"), h.as("ward")}, h.as("supervisor")
	const path = "/api/reports/month/file?format=csv"
	first := flood(h, 6, path, ward...)
	<-g.entered
	<-g.entered
	second := flood(h, 3, path, boss)
	<-g.entered
	if got := boss.do("GET", "/api/progress/mine", nil); got.status != 200 {
		t.Errorf("whoever waits for a report is answered nothing else: %d %s", got.status, got.body)
	}
	close(g.open)
	for range 6 {
		if a := <-first; a.Code != 200 {
			t.Errorf("%d %s", a.Code, a.Body)
		}
	}
	for range 3 {
		if a := <-second; a.Code != 200 {
			t.Errorf("%d %s", a.Code, a.Body)
		}
	}
	if g.most("all") != madeByAll || g.most("user-ward") != madeByOne {
		t.Errorf("at once: %d, of one %d", g.most("all"), g.most("user-ward"))
	}
}

// TestTurnsAreWaitedForNoLongerThanIsSaid, nor by whoever has gone; and whoever waited has taken nothing.
func TestTurnsAreWaitedForNoLongerThanIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newMakings()
		var under []func()
		for _, who := range []string{"a", "a", "b"} {
			done, err := turns.take(t.Context(), who)
			if err != nil {
				t.Fatal(err)
			}
			under = append(under, done)
		}
		for _, who := range []string{"a", "b", "c"} {
			began := time.Now()
			if _, err := turns.take(t.Context(), who); !errors.Is(err, turns.full) || time.Since(began) != madeWithin {
				t.Errorf("%s: %v after %v", who, err, time.Since(began))
			}
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		if _, err := turns.take(gone, "c"); err == nil {
			t.Error("a turn for whoever has gone")
		}
		for _, done := range under {
			done()
		}
		done, err := turns.take(t.Context(), "c")
		if err != nil {
			t.Fatal(err)
		}
		done()
		if len(turns.of)+len(turns.all) != 0 {
			t.Errorf("left: %v, %d", turns.of, len(turns.all))
		}
	})
}

// TestWhoAsksAtOnceIsAnsweredByOneReading: and by none that began before they asked.
func TestWhoAsksAtOnceIsAnsweredByOneReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sums, reads, first := newShared[int](), 0, make(chan struct{})
		ask := func(want int) {
			got, err := sums.ask(t.Context(), "month", func(f func()) { go f() }, func(context.Context) (int, error) {
				reads++
				if reads == 1 {
					<-first
				}
				return reads, nil
			})
			if got != want || err != nil {
				t.Errorf("%d, %v; want the reading no. %d", got, err, want)
			}
		}
		go ask(1)
		synctest.Wait()
		for range 400 {
			go ask(2)
		}
		synctest.Wait()
		gone, leave := context.WithCancel(t.Context())
		leave()
		if _, err := sums.ask(gone, "month", func(func()) { t.Error("another reading") }, nil); err == nil {
			t.Error("whoever has gone is answered")
		}
		close(first)
		synctest.Wait()
		if reads != 2 || len(sums.next) != 0 {
			t.Errorf("%d readings, %d wait", reads, len(sums.next))
		}
	})
}

// TestAReadingNobodyWaitsForIsNotMade: whoever asks for many things and hangs up has others stand behind none of them, and is forgotten at once. Where one
// still waits it is made.
func TestAReadingNobodyWaitsForIsNotMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sums, first := newShared[string](), make(chan struct{})
		var read []string
		var running atomic.Int32
		ask := func(ctx context.Context, what string) (string, error) {
			return sums.ask(ctx, what, func(f func()) {
				running.Add(1)
				go func() { f(); running.Add(-1) }()
			}, func(context.Context) (string, error) {
				if what == "first" {
					<-first
				}
				read = append(read, what)
				return what, nil
			})
		}
		go func() { _, _ = ask(t.Context(), "first") }()
		synctest.Wait()
		gone, leave := context.WithCancel(t.Context())
		for month := range 324 {
			go func() { _, _ = ask(gone, strconv.Itoa(month)) }()
		}
		go func() { _, _ = ask(gone, "shared") }()
		synctest.Wait()
		answered := make(chan string, 1)
		go func() {
			got, err := ask(t.Context(), "shared")
			if err != nil {
				t.Error(err)
			}
			answered <- got
		}()
		synctest.Wait()
		leave()
		synctest.Wait()
		if running.Load() != 2 || len(sums.next) != 1 {
			t.Errorf("%d wait for a turn, %d are remembered", running.Load(), len(sums.next))
		}
		close(first)
		if got := <-answered; got != "shared" || !slices.Equal(read, []string{"first", "shared"}) {
			t.Errorf("%q after %v", got, read)
		}
		synctest.Wait()
		if got, err := ask(t.Context(), "7"); got != "7" || err != nil { // what was dropped can be asked for again
			t.Errorf("%q, %v", got, err)
		}
	})
}

// TestAReadingThatPanicsIsTold: to all who wait for it, and without what it was about; whoever asks next is answered.
func TestAReadingThatPanicsIsTold(t *testing.T) {
	sums := newShared[int]()
	apart := func(f func()) { go f() }
	_, err := sums.ask(t.Context(), "month", apart, func(context.Context) (int, error) { panic("見本 太郎") })
	if err == nil || strings.Contains(err.Error(), "見本") || !strings.Contains(err.Error(), "turns_test.go") {
		t.Errorf("%v", err)
	}
	if n, err := sums.ask(t.Context(), "month", apart, func(context.Context) (int, error) { return 3, nil }); n != 3 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// leaving is a browser that closes as soon as it is asked who it is.
type leaving struct {
	*world
	leave func()
}

func (l leaving) UserByLogin(ctx context.Context, login string) (dialer.User, error) {
	l.leave()
	return l.world.UserByLogin(ctx, login)
}

// TestASignInThatWasClosedIsNone: it costs nobody a password check. What is done after the password is done to its end.
func TestASignInThatWasClosedIsNone(t *testing.T) {
	asking, leave := context.WithCancel(t.Context())
	h := open(t, func(d *Deps) { d.Users = leaving{d.Users.(*world), leave} })
	r := httptest.NewRequest(http.MethodPost, "/api/session", strings.NewReader(`{"login":"operator","password":"`+password+`"}`))
	r.Header.Set("Content-Type", "application/json")
	h.handle(r.WithContext(asking))
	h.set(func() {
		if len(h.sessions) != 0 {
			t.Error("whoever closed was signed in")
		}
	})
	h.as("operator")
}
