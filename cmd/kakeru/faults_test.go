package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kakeru/dialer/dialertest/full"
)

// The fault matrix: what is broken (faultrows_test.go) times where a call stands then (faultstates_test.go), again and
// again, each cell drawn from a seed; the witness (witness_test.go) looks at everything afterwards.
//
//	KAKERU_FAULT_SEED=7 KAKERU_FAULT_CELL='node killed/talking' go test -race -run TestFaults ./cmd/kakeru
//
// plays one cell again. The moments are drawn from the seed; what the machine does in them is its own, so a cell that failed
// may need a few tries: KAKERU_FAULT_TIMES=20.
const (
	faultSeed  = "KAKERU_FAULT_SEED"
	faultCell  = "KAKERU_FAULT_CELL"
	faultTimes = "KAKERU_FAULT_TIMES"
	soakTime   = "KAKERU_SOAK_MINUTES"
)

// cell is one run of one square of the matrix.
type cell struct {
	row   breakage
	stage stage
	seed  uint64

	h      *faultHouse
	rnd    *rand.Rand
	call   string // of the desk that is looked at
	caseID string
	key    string
	wake   func() // wakes what hangs
	hidden sync.WaitGroup
	over   <-chan struct{} // closed when what runs behind is to stop
}

func (c *cell) name() string { return c.row.name + "/" + c.stage.name }

// replay is the command that plays the cell again.
func (c *cell) replay() string {
	return fmt.Sprintf("%s=%d %s='%s' go test -race -count=1 -run TestFaults ./cmd/kakeru", faultSeed, c.seed, faultCell, c.name())
}

// behind does something whose answer is not waited for.
func (c *cell) behind(do func(context.Context)) {
	c.hidden.Go(func() {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		go func() {
			select {
			case <-c.over:
				cancel()
			case <-ctx.Done():
			}
		}()
		do(ctx)
	})
}

const (
	// cellLimit ends a cell that never would.
	cellLimit = 2 * time.Minute
	// settleLimit is how long it may take until every desk is free: the longest is a leg that never confirms its end.
	settleLimit = 50 * time.Second
	// witnessPatience is how long what is true may take to be shown everywhere.
	witnessPatience = 20 * time.Second
)

// run plays the cell and returns what the witness found. An error is a house that cannot be used any more.
func (c *cell) run(ctx context.Context) (found []violation, err error) {
	ctx, cancel := context.WithTimeout(ctx, cellLimit)
	defer cancel()
	c.rnd = rand.New(rand.NewPCG(c.seed, hashOf(c.name())))
	over, stop := context.WithCancel(ctx)
	c.over = over.Done()
	defer func() { stop(); c.hidden.Wait() }()
	day, evening := context.WithCancel(ctx)
	var others sync.WaitGroup
	for i, s := range c.h.desks[1:] {
		rnd := rand.New(rand.NewPCG(c.seed, uint64(i)+1)) //nolint:gosec // a small index
		others.Go(func() { s.work(day, rnd) })
	}
	err = c.breakIt(ctx)
	evening()
	others.Wait()
	if err != nil {
		return nil, err
	}
	if err := c.settle(ctx); err != nil {
		return nil, err
	}
	return c.h.heard(ctx)
}

// breakIt brings the call to its state, breaks what is to be broken, lets people go on, and puts it right.
func (c *cell) breakIt(ctx context.Context) error {
	if err := c.reach(ctx); err != nil {
		return fmt.Errorf("the call does not come to %q: %w", c.stage.name, err)
	}
	if err := c.row.strike(ctx, c); err != nil {
		return fmt.Errorf("strike: %w", err)
	}
	if c.rnd.IntN(2) == 0 && c.call != "" {
		wait := time.Duration(c.rnd.Int64N(int64(c.row.hold)))
		c.behind(func(ctx context.Context) {
			if pause(ctx, wait) == nil {
				_ = c.me().hangUp(ctx, c.call)
			}
		})
	}
	_ = c.linger(ctx, c.row.hold)
	if err := c.row.mend(ctx, c); err != nil {
		return fmt.Errorf("mend: %w", err)
	}
	return nil
}

// reach brings a call to its state. On a busy machine one may end before: then there is another.
func (c *cell) reach(ctx context.Context) (err error) {
	for tries := 0; tries < 4; {
		if err = c.stage.reach(c, ctx); err == nil || errors.Is(err, errNoCase) || ctx.Err() != nil {
			return err
		}
		if no, is := errors.AsType[*problem](err); is && no.Status == http.StatusServiceUnavailable {
			_ = pause(ctx, 200*time.Millisecond) // what was broken before it is not quite whole yet; cellLimit bounds it
		} else {
			tries++
		}
		if settled := c.tidy(ctx); settled != nil {
			return errors.Join(err, settled)
		}
	}
	return err
}

// tidy waits until the desk that is looked at is free.
func (c *cell) tidy(ctx context.Context) error {
	return await(ctx, settleLimit, "the desk is free", func() bool { return c.me().tidy(ctx) == nil })
}

// settle has everyone finish what they are at, until every desk is free.
func (c *cell) settle(ctx context.Context) error {
	for _, s := range c.h.desks {
		s.phone().SetNeverAnswer(false)
	}
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	for {
		var busy error
		for _, s := range c.h.desks {
			if err := s.tidy(ctx); err != nil {
				busy = errors.Join(busy, fmt.Errorf("%s: %w", s.id(), err))
			}
		}
		if busy == nil {
			return nil
		}
		if pause(ctx, 20*time.Millisecond) != nil {
			return fmt.Errorf("the desks do not become free: %w", busy)
		}
	}
}

// heard hears the witness. What is true may take a moment to be shown everywhere, so a violation counts when it stays.
func (f *faultHouse) heard(ctx context.Context) (found []violation, err error) {
	asking := ctx
	ctx, cancel := context.WithTimeout(ctx, witnessPatience)
	defer cancel()
	for {
		w := &testimony{}
		err = errors.Join(w.stand(asking, f.ledgerURL), w.ask(asking, f.chief))
		if err == nil {
			f.tell(w)
			if found = w.violations(); len(found) == 0 {
				return nil, nil
			}
		}
		for _, s := range f.desks {
			_ = s.tidy(ctx) // a click that was under way when its browser gave up may have become a call since
		}
		if pause(ctx, 150*time.Millisecond) != nil {
			if err == nil {
				return found, nil
			}
			return nil, fmt.Errorf("the witness is not heard: %w", err)
		}
	}
}

// tell gives the witness what the test itself saw.
func (f *faultHouse) tell(w *testimony) {
	w.carrier, w.spooled, w.panels = f.carrier.Calls(), f.spooled(), f.panel.seen()
	for _, p := range f.world.phones {
		w.phones = append(w.phones, p.Calls())
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	w.clicks, w.recorded, w.deafUntil = slices.Clone(f.clicks), slices.Clone(f.recorded), slices.Clone(f.deaf)
}

func hashOf(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	return h.Sum64()
}

// tallyOf counts runs and violations by square.
type tallyOf struct {
	mu       sync.Mutex
	runs     map[string]int
	failures map[string]int
	attempts int
	carried  int
	lost     int // cells that could not be played to their end
}

func newTally() *tallyOf { return &tallyOf{runs: map[string]int{}, failures: map[string]int{}} }

func (t *tallyOf) add(c *cell, found []violation, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.runs[c.name()]++
	t.failures[c.name()] += len(found)
	if err != nil {
		t.lost++
	}
}

// house adds what a house has seen when it is left.
func (t *tallyOf) house(f *faultHouse) {
	n := 0
	for _, c := range f.carrier.Calls() {
		if !c.Answered.IsZero() {
			n++
		}
	}
	attempts := f.count("SELECT count(*) FROM attempts")
	t.mu.Lock()
	defer t.mu.Unlock()
	t.attempts += attempts
	t.carried += n
}

// String is a table of rows times states: runs, and violations where there were any.
func (t *tallyOf) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "| broken |")
	for _, s := range stages() {
		fmt.Fprintf(&b, " %s |", s.name)
	}
	b.WriteString("\n|---|" + strings.Repeat("--:|", len(stages())) + "\n")
	runs, failures := 0, 0
	for _, r := range breakages() {
		fmt.Fprintf(&b, "| %s |", r.name)
		for _, s := range stages() {
			name := r.name + "/" + s.name
			runs, failures = runs+t.runs[name], failures+t.failures[name]
			fmt.Fprintf(&b, " %d", t.runs[name])
			if n := t.failures[name]; n > 0 {
				fmt.Fprintf(&b, " (%d!)", n)
			}
			b.WriteString(" |")
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "\n%d runs, %d violations, %d not played to their end; %d attempts, %d talks\n", runs, failures, t.lost, t.attempts, t.carried)
	return b.String()
}

// player plays cells one after another, in houses that it builds as it needs them.
type player struct {
	t      *testing.T
	tally  *tallyOf
	disk   string
	h      *faultHouse
	fresh  bool // nothing was played in it yet: when it has no case, no other has
	broken int  // houses in which something was found
}

// play runs a cell in the house there is. A house in which something was found, or whose cases are used up, is left.
func (p *player) play(c *cell) {
	p.t.Helper()
	if p.broken >= 3 {
		return // it is the same again and again: every house would take its time to say so
	}
	if p.h == nil {
		p.h, p.fresh = newFaultHouse(p.t, p.disk), true
	}
	c.h = p.h
	began, said := time.Now(), len(p.h.serverLog())
	found, err := c.run(p.t.Context())
	if errors.Is(err, errNoCase) && !p.fresh {
		p.leave() // its cases are used up
		p.play(&cell{row: c.row, stage: c.stage, seed: c.seed})
		return
	}
	p.fresh = false
	p.tally.add(c, found, err)
	p.t.Logf("%-45s seed %-6d %5.1f s", c.name(), c.seed, time.Since(began).Seconds())
	if err == nil && len(found) == 0 {
		return
	}
	p.broken++
	text := c.call + " " + c.caseID
	for _, v := range found {
		p.t.Errorf("%s: %s", c.name(), v)
		text += " " + v.what
	}
	if err != nil {
		p.t.Errorf("%s: %v", c.name(), err)
	}
	p.t.Errorf("play it again: %s\nthe call was %s\n%s", c.replay(), c.call, p.h.saidOf(text, said))
	p.leave()
}

func (p *player) leave() {
	if p.h == nil {
		return
	}
	if syscall.Kill(p.h.postgres.Pid(), 0) == nil {
		p.tally.house(p.h)
	}
	p.h.panel.close()
	p.h.kill()
	p.h.world.close()
	p.h.postgres.Stop()
	p.h.redis.Stop()
	p.h.spare.Stop()
	p.h = nil
}

// TestFaults plays the matrix: a share of it every day, in which every row and every state occurs; all of it, for some
// minutes, when told to take its time (KAKERU_LONG); one square, or a row of them ("node killed/*"), when it is named.
func TestFaults(t *testing.T) {
	full.Only(t)
	tally := newTally()
	t.Cleanup(func() { t.Logf("\n%s", tally) })
	switch name := os.Getenv(faultCell); {
	case name != "":
		playNamed(t, tally, name)
	case os.Getenv("KAKERU_LONG") != "":
		playAll(t, tally, againAndAgain(1, 7*time.Minute))
	default:
		playAll(t, tally, once(everyday()))
	}
}

// TestSoak plays the matrix for as long as it is told to, with other seeds each time, and prints its tally.
func TestSoak(t *testing.T) {
	minutes, err := strconv.Atoi(os.Getenv(soakTime))
	if err != nil || minutes < 1 {
		t.Skip("make soak MINUTES=60 runs it")
	}
	seed := envNumber(faultSeed, uint64(time.Now().Unix())) //nolint:gosec // after 1970
	tally, began := newTally(), time.Now()
	t.Cleanup(func() { t.Logf("%d minutes from seed %d\n%s", int(time.Since(began).Minutes()), seed, tally) })
	playAll(t, tally, againAndAgain(seed, time.Duration(minutes)*time.Minute))
}

func envNumber(name string, otherwise uint64) uint64 {
	n, err := strconv.ParseUint(os.Getenv(name), 10, 64)
	if err != nil {
		return otherwise
	}
	return n
}

// squares are all of the matrix.
func squares() []*cell {
	var all []*cell
	for _, r := range breakages() {
		for _, s := range stages() {
			all = append(all, &cell{row: r, stage: s})
		}
	}
	return all
}

// everyday is a share of the matrix in which every row and every state occurs: two squares of each row, four states apart.
func everyday() []*cell {
	var all []*cell
	n := len(stages())
	for i, c := range squares() {
		if row, column := i/n, i%n; (3*row+column)%(n/2) == 0 {
			c.seed = 1
			all = append(all, c)
		}
	}
	return all
}

func TestEverydayHasEveryRowAndEveryState(t *testing.T) {
	seen := map[string]int{}
	for _, c := range everyday() {
		seen[c.row.name]++
		seen[c.stage.name]++
	}
	for _, c := range squares() {
		if seen[c.row.name] == 0 || seen[c.stage.name] == 0 {
			t.Errorf("%s is never played", c.name())
		}
	}
}

// supply hands out cells to whoever is free: those for ordinary houses, and those that need a disk of their own.
type supply struct {
	mu   sync.Mutex
	next func(onDisk bool) *cell
}

func (s *supply) take(onDisk bool) *cell {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next(onDisk)
}

// once hands out each cell once.
func once(all []*cell) *supply {
	return &supply{next: func(onDisk bool) *cell {
		i := slices.IndexFunc(all, func(c *cell) bool { return c.onDisk() == onDisk })
		if i < 0 {
			return nil
		}
		c := all[i]
		all = slices.Delete(all, i, i+1)
		return c
	}}
}

// againAndAgain hands out the whole matrix in an order drawn from the seed, then once more from the next, until the time is
// over.
func againAndAgain(seed uint64, long time.Duration) *supply {
	until := time.Now().Add(long)
	left := map[bool][]*cell{}
	seeds := map[bool]uint64{true: seed, false: seed}
	return &supply{next: func(onDisk bool) *cell {
		if time.Now().After(until) {
			return nil
		}
		if len(left[onDisk]) == 0 {
			all := slices.DeleteFunc(squares(), func(c *cell) bool { return c.onDisk() != onDisk })
			rand.New(rand.NewPCG(seeds[onDisk], 0)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			for _, c := range all {
				c.seed = seeds[onDisk]
			}
			left[onDisk] = all
			seeds[onDisk]++
		}
		c := left[onDisk][0]
		left[onDisk] = left[onDisk][1:]
		return c
	}}
}

func (c *cell) onDisk() bool { return c.row.name == diskFull }

// houses is how many stand at the same time, besides that with a disk of its own.
const houses = 3

func playAll(t *testing.T, tally *tallyOf, cells *supply) {
	for i := range houses + 1 {
		name, onDisk := fmt.Sprintf("house %d", i+1), i == houses
		if onDisk {
			name = "house with a small disk"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &player{t: t, tally: tally}
			if onDisk {
				p.disk = smallDisk(t)
			}
			for c := cells.take(onDisk); c != nil; c = cells.take(onDisk) {
				p.play(c)
			}
			p.leave()
		})
	}
}

// smallDisk mounts a file system of its own for PostgreSQL, which can be filled.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "kakeru-disk-") // a socket's address is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=200m,mode=0711"); err != nil {
		t.Skipf("left out: to fill PostgreSQL's disk a file system must be mounted, which is not allowed here (%v)", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// playNamed plays the squares that a name means, one seed after another.
func playNamed(t *testing.T, tally *tallyOf, name string) {
	seed := envNumber(faultSeed, 1)
	ordinary, onDisk := &player{t: t, tally: tally}, &player{t: t, tally: tally}
	for range envNumber(faultTimes, 1) {
		for _, c := range squares() {
			if !matches(name, c) {
				continue
			}
			p := ordinary
			if c.onDisk() {
				if p = onDisk; p.disk == "" {
					p.disk = smallDisk(t)
				}
			}
			c.seed = seed
			p.play(c)
		}
		seed++
	}
	ordinary.leave()
	onDisk.leave()
}

// matches: "row/state", with * for any.
func matches(pattern string, c *cell) bool {
	row, state, _ := strings.Cut(pattern, "/")
	return (row == "*" || row == c.row.name) && (state == "*" || state == c.stage.name)
}
