package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
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
	over   context.CancelFunc
	ctx    context.Context // of what runs behind
}

func (c *cell) name() string { return c.row.name + "/" + c.stage.name }

// replay is the command that plays the cell again.
func (c *cell) replay() string {
	return fmt.Sprintf("%s=%d %s='%s' go test -race -count=1 -run TestFaults ./cmd/kakeru", faultSeed, c.seed, faultCell, c.name())
}

// behind does something whose answer is not waited for.
func (c *cell) behind(do func(context.Context)) { c.hidden.Go(func() { do(c.ctx) }) }

const (
	// cellLimit ends a cell that never would.
	cellLimit = 2 * time.Minute
	// settleLimit is how long it may take until every desk is free: the longest is a leg that never confirms its end.
	settleLimit = 50 * time.Second
	// witnessPatience is how long what is true may take to be shown everywhere.
	witnessPatience = 30 * time.Second
)

// run plays the cell and returns what the witness found. An error is a house that cannot be used any more.
func (c *cell) run(ctx context.Context) (found []violation, err error) {
	ctx, cancel := context.WithTimeout(ctx, cellLimit)
	defer cancel()
	c.rnd = rand.New(rand.NewPCG(c.seed, hashOf(c.name())))
	c.ctx, c.over = context.WithCancel(ctx)
	defer func() { c.over(); c.hidden.Wait() }()
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
	if err := c.stage.reach(c, ctx); err != nil {
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
	if c.wake != nil {
		c.wake()
	}
	if err := c.row.mend(ctx, c); err != nil {
		return fmt.Errorf("mend: %w", err)
	}
	return nil
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
		err = errors.Join(w.stand(asking, f.postgres.URL(database)), w.ask(asking, f.chief))
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
	w.carrier, w.spooled, w.panels = f.carrier.Calls(), f.spoolSize(), f.panel.seen()
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

// cells are all squares of the matrix but those that need a disk of their own, or only those.
func cells(onDisk bool) []*cell {
	var all []*cell
	for _, r := range breakages() {
		if (r.name == diskFull) != onDisk {
			continue
		}
		for _, s := range stages() {
			all = append(all, &cell{row: r, stage: s})
		}
	}
	return all
}

// player plays cells one after another, in houses that it builds as it needs them.
type player struct {
	t     *testing.T
	tally *tallyOf
	disk  string
	h     *faultHouse
	left  func()
}

// play runs a cell in the house there is. A house in which something was found, or whose cases are used up, is left.
func (p *player) play(c *cell) {
	p.t.Helper()
	if p.h == nil {
		p.h = newFaultHouse(p.t, p.disk)
	}
	c.h = p.h
	began := time.Now()
	found, err := c.run(p.t.Context())
	if errors.Is(err, errNoCase) {
		p.leave()
		p.play(&cell{row: c.row, stage: c.stage, seed: c.seed})
		return
	}
	p.tally.add(c, found, err)
	p.t.Logf("%-45s seed %-6d %5.1f s", c.name(), c.seed, time.Since(began).Seconds())
	if err == nil && len(found) == 0 {
		return
	}
	for _, v := range found {
		p.t.Errorf("%s: %s", c.name(), v)
	}
	if err != nil {
		p.t.Errorf("%s: %v", c.name(), err)
	}
	p.t.Errorf("play it again: %s\n%s", c.replay(), p.h.tail())
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
	p.h = nil
}

// TestFaults plays the matrix: a share of it every day, with every row and every state; all of it, again and again, when
// told to take its time; one cell when it is named.
func TestFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes")
	}
	tally := newTally()
	defer func() { t.Logf("\n%s", tally) }()
	if name := os.Getenv(faultCell); name != "" {
		playOne(t, tally, name)
		return
	}
	plan := everyday()
	if os.Getenv("KAKERU_LONG") != "" {
		plan = slices.Concat(plan, everyday(), everyday()) // replaced below
	}
	playAll(t, tally, plan)
}

// everyday is a share of the matrix in which every row and every state occurs.
func everyday() []*cell {
	var all []*cell
	squares := cells(false)
	n := len(stages())
	for i, c := range squares {
		row, column := i/n, i%n
		if (row*3+column)%4 == 0 {
			c.seed = 1
			all = append(all, c)
		}
	}
	return all
}

// playAll shares cells out over two houses.
func playAll(t *testing.T, tally *tallyOf, all []*cell) {
	for i := range 2 {
		t.Run(fmt.Sprintf("house %d", i+1), func(t *testing.T) {
			t.Parallel()
			p := &player{t: t, tally: tally}
			for j, c := range all {
				if j%2 == i {
					p.play(c)
				}
			}
			p.leave()
		})
	}
}

func playOne(t *testing.T, tally *tallyOf, name string) {
	seed, err := strconv.ParseUint(os.Getenv(faultSeed), 10, 64)
	if err != nil {
		seed = 1
	}
	times, err := strconv.Atoi(os.Getenv(faultTimes))
	if err != nil {
		times = 1
	}
	p := &player{t: t, tally: tally}
	for range times {
		for _, c := range slices.Concat(cells(false), cells(true)) {
			if ok, _ := matches(name, c.name()); ok {
				c.seed = seed
				p.play(c)
				seed++
			}
		}
	}
	p.leave()
}

func matches(pattern, name string) (bool, error) {
	if row, ok := strings.CutSuffix(pattern, "/*"); ok {
		return strings.HasPrefix(name, row+"/"), nil
	}
	if column, ok := strings.CutPrefix(pattern, "*/"); ok {
		return strings.HasSuffix(name, "/"+column), nil
	}
	return pattern == name, nil
}
