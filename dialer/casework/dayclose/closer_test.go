package dayclose

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest/bubble"
)

var errPower = errors.New("the power failed")

// power fails at the nth thing that is asked of the world, before or after it was done.
type power struct {
	mu    sync.Mutex
	asked int
	cut   int // 0: never
	after bool
	out   bool
}

func (p *power) do(what func() error) error {
	p.mu.Lock()
	p.asked++
	fails := p.asked == p.cut
	p.out = p.out || fails
	out := p.out
	p.mu.Unlock()
	if out && (!fails || !p.after) {
		return errPower
	}
	if err := what(); err != nil || !fails {
		return err
	}
	return errPower
}

// world is a store, a returner and a destroyer that remember what became of the day. What was asked of it before a cut stands.
type world struct {
	t        *testing.T
	power    *power
	folder   Folder
	mu       sync.Mutex
	closes   []Close
	found    Found
	returned int  // how often files were written
	gone     bool // the data was destroyed
	held     bool
	shown    []Step
}

func (w *world) Found(context.Context) (Found, error) { return w.found, nil }

func (w *world) BeginClose(_ context.Context, c Close) error {
	if err := w.found.Ready(); err != nil {
		return err
	}
	return w.power.do(func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if slices.ContainsFunc(w.closes, Close.Ends) {
			return dialer.Refuse(dialer.ContractEnded)
		}
		if len(w.closes) > 0 && !w.closes[len(w.closes)-1].Step.Over() {
			return ErrUnderWay
		}
		w.closes = append(w.closes, c)
		return nil
	})
}

func (w *world) MoveClose(_ context.Context, c Close, from Step) error {
	return w.power.do(func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		i := slices.IndexFunc(w.closes, func(o Close) bool { return o.ID == c.ID })
		if w.closes[i].Step != from || !c.MayStandFrom(from) {
			return ErrMoved
		}
		w.closes[i] = c
		return nil
	})
}

func (w *world) CloseByID(_ context.Context, id string) (Close, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.closes {
		if c.ID == id {
			return c, nil
		}
	}
	return Close{}, dialer.ErrNotFound
}

func (w *world) Closes(_ context.Context, limit int) ([]Close, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := slices.Clone(w.closes)
	slices.Reverse(out)
	return out[:min(limit, len(out))], nil
}

func (w *world) LastClosed(context.Context) (Close, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range slices.Backward(w.closes) {
		if c.Step == Closed {
			return c, nil
		}
	}
	return Close{}, dialer.ErrNotFound
}

func (w *world) HoldClose(context.Context, string) (func(), error) {
	if w.held {
		return nil, ErrHeld
	}
	return func() {}, nil
}

func (w *world) DayCounts(context.Context, dialer.Date) (Counts, error) {
	return Counts{"attempts": 2}, w.power.do(func() error { return nil })
}

func (w *world) Return(_ context.Context, c Close) (files []File, err error) {
	err = w.power.do(func() error {
		w.returned++
		f, err := w.folder.Write("records", c.Day.String()+"/records.csv", []byte("a,b\r\n1,2\r\n"), 1)
		files = []File{f}
		return err
	})
	return files, err
}

func (w *world) Doomed(_ context.Context, c Close) (counts Counts, err error) {
	err = w.power.do(func() error {
		counts = Counts{}
		if !w.gone {
			counts["persons"] = 7
		}
		if c.Final {
			counts["recording_keys"] = 3
		}
		return nil
	})
	return counts, err
}

func (w *world) Destroy(_ context.Context, c Close) error {
	// This is what all of the package is for.
	if c.Step != Destroying {
		w.t.Errorf("data goes in the step %s", c.Step)
	}
	if _, _, err := Verify(w.folder, manifestName(c), publicOf(testKey)); err != nil {
		w.t.Errorf("data goes although the manifest is not right: %v", err)
	}
	return w.power.do(func() error {
		w.gone = true
		return nil
	})
}

var testKey = ed25519.NewKeyFromSeed([]byte("an ed25519 seed has 32 octets!!!"))

func (w *world) closer() *Closer {
	return New(Deps{
		Store: w, Returns: w, Destroyer: w, Folder: w.folder, Key: testKey, Now: time.Now,
		Day: func() dialer.Date { return dialer.DateOf(time.Now()) }, ClockWrong: func() *dialer.Refusal { return nil },
		Show: func(c Close) { w.mu.Lock(); w.shown = append(w.shown, c.Step); w.mu.Unlock() },
		Log:  slog.New(slog.DiscardHandler),
	})
}

// untilOver runs a closer until no close is under way, or its power is out.
func (w *world) untilOver(c *Closer) {
	w.t.Helper()
	ctx, stop := context.WithCancel(w.t.Context())
	done := make(chan error)
	go func() { done <- c.Run(ctx) }()
	for range 1000 {
		time.Sleep(time.Second) // the bubble's
		w.power.mu.Lock()
		out := w.power.out
		w.power.mu.Unlock()
		if all, _ := w.Closes(ctx, 1); out || len(all) == 0 || all[0].Step.Over() {
			break
		}
	}
	stop()
	if err := <-done; err != nil {
		w.t.Error(err)
	}
}

func newWorld(t *testing.T) *world {
	return &world{t: t, power: &power{}, folder: Folder(t.TempDir())}
}

// TestPowerFailsAtEveryStep: before and after everything that a close asks of the world the power fails once. Started again it is
// carried to its end, nothing goes before the files are there, and the receipt says what went, also when it is written the second
// time. An ordinary close, and the contract's end.
func TestPowerFailsAtEveryStep(t *testing.T) {
	for _, final := range []bool{false, true} {
		powerFailsAtEveryStep(t, final)
	}
}

func powerFailsAtEveryStep(t *testing.T, final bool) {
	for cut := 1; ; cut++ {
		reached := true
		for _, after := range []bool{false, true} {
			name := fmt.Sprintf("%d,after=%v,final=%v", cut, after, final)
			bubble.Run(t, func(t *testing.T) {
				w := newWorld(t)
				w.power.cut, w.power.after = cut, after
				c := w.closer()
				_, err := c.Begin(t.Context(), c.d.Day(), "supervisor", final)
				if err == nil {
					w.untilOver(c)
				}
				if reached = w.power.out; !reached {
					return
				}
				if len(w.closes) == 0 && w.gone {
					t.Fatalf("%s: data went without a close", name)
				}
				w.power = &power{} // and is back
				again := w.closer()
				if len(w.closes) == 0 {
					if _, err := again.Begin(t.Context(), again.d.Day(), "supervisor", final); err != nil {
						t.Fatal(err)
					}
				}
				w.untilOver(again)
				w.isClosed(name)
			})
		}
		if !reached {
			if cut <= 9 {
				t.Fatalf("a close asks only %d things of the world", cut)
			}
			return
		}
	}
}

// isClosed checks what has to be true of a day that was closed.
func (w *world) isClosed(name string) {
	w.t.Helper()
	c := w.closes[len(w.closes)-1]
	if c.Step != Closed || !w.gone || len(w.closes) != 1 {
		w.t.Fatalf("%s: %d closes, the last stands at %s", name, len(w.closes), c.Step)
	}
	m, _, err := Verify(w.folder, manifestName(c), publicOf(testKey))
	if err != nil || m.Counts["attempts"] != 2 || len(m.Files) != 1 {
		w.t.Errorf("%s: %+v, %v", name, m, err)
	}
	r, _, err := Verify(w.folder, receiptName(c), publicOf(testKey))
	if err != nil || r.Counts["persons"] != 7 || r.Previous != c.Manifest || r.Upto != c.Day.String() {
		w.t.Errorf("%s: the receipt says %+v, %v", name, r, err)
	}
	found, err := VerifyAll(w.folder, publicOf(testKey), nil)
	if err != nil || slices.ContainsFunc(found, func(f Finding) bool { return f.Bad }) {
		w.t.Errorf("%s: %v, %v", name, found, err)
	}
	if m.Final != c.Final || r.Final != c.Final || c.Final != (r.Counts["recording_keys"] == 3) {
		w.t.Errorf("%s: final %v, its manifest %v, its receipt %v", name, c.Final, m.Final, r.Final)
	}
	if left, _ := filepath.Glob(filepath.Join(string(w.folder), "*", ".writing-*")); len(left) > 0 {
		w.t.Errorf("%s: half written files are left: %d", name, len(left))
	}
}

// TestNothingGoesWithoutItsFiles: somebody removes or changes a file in each step before the data goes.
func TestNothingGoesWithoutItsFiles(t *testing.T) {
	for _, spoil := range []func(string) error{os.Remove, func(p string) error { return os.WriteFile(p, []byte("other"), 0o600) }} {
		bubble.Run(t, func(t *testing.T) {
			w := newWorld(t)
			c := w.closer()
			spoilt := ""
			c.d.Show = func(cl Close) {
				if cl.Step == Destroying {
					spoilt = filepath.Join(string(w.folder), filepath.FromSlash(cl.Files[0].Name))
					if err := spoil(spoilt); err != nil {
						t.Error(err)
					}
				}
			}
			cl, err := c.Begin(t.Context(), c.d.Day(), "supervisor", false)
			if err != nil {
				t.Fatal(err)
			}
			w.untilOver(c)
			if w.gone || w.closes[0].Step != Destroying {
				t.Fatalf("the data went, or the close stands at %s", w.closes[0].Step)
			}
			if _, err := c.GiveUp(t.Context(), cl.ID, "supervisor"); !errors.Is(err, ErrNoWayBack) {
				t.Errorf("given up: %v", err)
			}
			// Put back, it goes on by itself.
			if err := os.WriteFile(spoilt, []byte("a,b\r\n1,2\r\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			c.d.Show = func(Close) {}
			w.untilOver(c)
			w.isClosed("put back")
		})
	}
}

// TestACloseThatIsNotReady names what stands in the way, each by itself, and begins nothing.
func TestACloseThatIsNotReady(t *testing.T) {
	for name, f := range map[string]Found{
		"open_calls 1": {OpenCalls: 1}, "results_due 2": {ResultsDue: 2}, "spool 3": {Spooled: 3}, "lists 4": {Applying: 4},
	} {
		w := newWorld(t)
		w.found = f
		_, err := w.closer().Begin(t.Context(), dialer.Date{Year: 2026, Month: 11, Day: 24}, "supervisor", false)
		no := (*NotReady)(nil)
		if !errors.As(err, &no) || !strings.HasSuffix(err.Error(), name) || len(w.closes) > 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := newWorld(t)
	w.found = Found{Staging: 1, HandoffsOpen: 1, HandoffsUnseen: 1, NumbersWaiting: 1, EntriesWaiting: 1, DaysWithoutGone: 1}
	if _, err := w.closer().Begin(t.Context(), dialer.Date{Year: 2026, Month: 11, Day: 24}, "supervisor", false); err != nil {
		t.Errorf("what only is to be known stands in the way: %v", err)
	}
}

// TestTomorrow cannot be closed today: a second press of the button would shut the centre for a day.
func TestTomorrow(t *testing.T) {
	w := newWorld(t)
	c := w.closer()
	day := dialer.DateOf(time.Now()).Next()
	c.d.Day = func() dialer.Date { return day }
	if _, err := c.Begin(t.Context(), day, "supervisor", false); !errors.Is(err, ErrClosed) || len(w.closes) > 0 {
		t.Errorf("%v, %d closes", err, len(w.closes))
	}
	if s, err := c.State(t.Context()); err != nil || !s.Closed {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestACloseOfSomebodyElse: what somebody wrote into the store is neither signed nor destroyed, from whichever step, in however many looks; it can be given
// up, and the day is closed afterwards.
func TestACloseOfSomebodyElse(t *testing.T) {
	for _, step := range []Step{Begun, Written, Signed, Destroying} {
		bubble.Run(t, func(t *testing.T) {
			w := newWorld(t)
			c := w.closer()
			day := c.d.Day()
			forged := Close{ID: "forged", Day: day, Upto: &day, By: "supervisor", Step: step, Manifest: "00", Foreign: true}
			w.closes = []Close{forged}
			ctx, stop := context.WithTimeout(t.Context(), 3*longWait)
			defer stop()
			if err := c.Run(ctx); err != nil {
				t.Error(err)
			}
			files, err := os.ReadDir(string(w.folder))
			if w.gone || w.returned > 0 || len(files) > 0 || err != nil || w.closes[0].Step != step {
				t.Errorf("from %s: gone %v, written %d times, %d files, %v, and it stands at %s", step, w.gone, w.returned, len(files), err, w.closes[0].Step)
			}
			if s, err := c.State(t.Context()); err != nil || s.Trouble != ErrForeign.Error() {
				t.Errorf("the panel says %q, %v", s.Trouble, err)
			}
			if _, err := c.GiveUp(t.Context(), "forged", "supervisor"); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Begin(t.Context(), day, "supervisor", false); err != nil {
				t.Fatal(err)
			}
			w.untilOver(c)
			if !w.gone || len(w.closes) != 2 || w.closes[1].Step != Closed {
				t.Errorf("%s: the day was not closed afterwards: %+v", step, w.closes)
			}
		})
	}
}

// TestGivingUp is possible until there is no way back, and another close may follow; its manifest names the last one that counts.
func TestGivingUp(t *testing.T) {
	bubble.Run(t, func(t *testing.T) {
		w := newWorld(t)
		c := w.closer()
		given, err := c.Begin(t.Context(), c.d.Day(), "supervisor", false)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Begin(t.Context(), c.d.Day(), "supervisor", false); !errors.Is(err, ErrUnderWay) {
			t.Errorf("a second one: %v", err)
		}
		if _, err := c.GiveUp(t.Context(), given.ID, "supervisor"); err != nil {
			t.Fatal(err)
		}
		w.untilOver(c)
		if w.gone {
			t.Fatal("given up, and the data went all the same")
		}
		before := ""
		for range 2 {
			if _, err := c.Begin(t.Context(), c.d.Day(), "supervisor", false); err != nil {
				t.Fatal(err)
			}
			w.untilOver(c)
			cl := w.closes[len(w.closes)-1]
			m, _, err := Verify(w.folder, manifestName(cl), nil)
			if err != nil || m.Previous != before {
				t.Errorf("%v, after %q: %+v", err, before, m)
			}
			before = cl.Manifest
		}
	})
}

// TestTheContractsEnd: all days' keys go whatever the settings keep, nothing follows it, and given up all is as before.
func TestTheContractsEnd(t *testing.T) {
	bubble.Run(t, func(t *testing.T) {
		w := newWorld(t)
		c := w.closer()
		c.d.Keep = func() Keep { return Keep{ToEnd: true} }
		var refused *dialer.Refusal
		given, err := c.Begin(t.Context(), c.d.Day(), "supervisor", true)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Begin(t.Context(), c.d.Day(), "supervisor", false); !errors.As(err, &refused) || refused.Rule != dialer.ContractEnded {
			t.Errorf("beside it: %v", err)
		}
		if _, err := c.GiveUp(t.Context(), given.ID, "supervisor"); err != nil {
			t.Fatal(err)
		}
		for _, final := range []bool{false, true} {
			if e, err := c.End(t.Context()); err != nil || e.Ended || e.Goes["persons"] != 7 || e.Goes["recording_keys"] != 3 {
				t.Fatalf("%+v, %v", e, err)
			}
			cl, err := c.Begin(t.Context(), c.d.Day(), "supervisor", final)
			if err != nil || cl.Final != final || final != (cl.Upto != nil) {
				t.Fatalf("final %v: %+v, %v", final, cl, err)
			}
			w.untilOver(c)
			w.gone = w.gone && final // the ordinary one took nothing: all is kept to the contract's end
		}
		for _, final := range []bool{false, true} {
			if _, err := c.Begin(t.Context(), c.d.Day(), "supervisor", final); !errors.As(err, &refused) || refused.Rule != dialer.ContractEnded {
				t.Errorf("after it: %v", err)
			}
		}
		if e, err := c.End(t.Context()); err != nil || !e.Ended || len(e.Goes) > 0 {
			t.Errorf("%+v, %v", e, err)
		}
	})
}

// TestNoDayIsClosedByAClockThatIsNotBelieved: neither a day's close nor the contract's end begins, one that is under way waits whatever its step, and goes on by itself.
func TestNoDayIsClosedByAClockThatIsNotBelieved(t *testing.T) {
	for _, final := range []bool{false, true} {
		bubble.Run(t, func(t *testing.T) {
			w := newWorld(t)
			c := w.closer()
			var wrong atomic.Bool
			c.d.ClockWrong = func() *dialer.Refusal {
				if wrong.Load() {
					return &dialer.Refusal{Rule: dialer.ClockOff, EN: "apart"}
				}
				return nil
			}
			wrong.Store(true)
			var refused *dialer.Refusal
			if _, err := c.Begin(t.Context(), c.d.Day(), "supervisor", final); !errors.As(err, &refused) || refused.Rule != dialer.ClockOff || len(w.closes) > 0 {
				t.Fatalf("begun: %v", err)
			}
			wrong.Store(false)
			if _, err := c.Begin(t.Context(), c.d.Day(), "supervisor", final); err != nil {
				t.Fatal(err)
			}
			wrong.Store(true)
			w.untilOver(c)
			if s, err := c.State(t.Context()); err != nil || s.Under == nil || s.Under.Step != Begun || !strings.Contains(s.Trouble, "apart") || w.returned > 0 || w.gone {
				t.Errorf("carried on: %+v, %v", s, err)
			}
			wrong.Store(false)
			w.untilOver(c)
			if !w.gone || w.closes[0].Step != Closed {
				t.Errorf("it stands at %s", w.closes[0].Step)
			}
		})
	}
}

// TestFinalChecklist: the contract's end waits for no hand-off, and says how many go back open. It waits for whatever else a close waits for.
func TestFinalChecklist(t *testing.T) {
	f := Found{HandoffsOpen: 3, HandoffsUnseen: 2, OpenCalls: 1}
	var got []string
	for _, i := range f.FinalChecklist() {
		if i.N > 0 {
			got = append(got, fmt.Sprintf("%s %d %v", i.Name, i.N, i.Blocks && !i.OK))
		}
	}
	if want := []string{"open_calls 1 true", "handoffs_go_open 3 false"}; !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

// TestSteps: the table of what leads where.
func TestSteps(t *testing.T) {
	all := append(slices.Clone(Steps), GivenUp)
	var leads []string
	for _, from := range all {
		for _, to := range all {
			if from.Leads(to) {
				leads = append(leads, string(from)+">"+string(to))
			}
		}
	}
	want := "begun>written begun>given_up written>signed written>given_up signed>destroying signed>given_up destroying>closed"
	if got := strings.Join(leads, " "); got != want {
		t.Errorf("got %s", got)
	}
}

// TestKeep: which days go when a day is closed.
func TestKeep(t *testing.T) {
	day := dialer.Date{Year: 2026, Month: 3, Day: 2}
	for _, c := range []struct {
		keep Keep
		want string
	}{{Keep{}, "2026-03-02"}, {Keep{Days: 2}, "2026-02-28"}, {Keep{ToEnd: true}, "none"}} {
		got := "none"
		if d := c.keep.Upto(day); d != nil {
			got = d.String()
		}
		if got != c.want {
			t.Errorf("%+v: %s", c.keep, got)
		}
	}
}

// TestNamesStayInTheFolder: a name that leads out of it is refused.
func TestNamesStayInTheFolder(t *testing.T) {
	for _, name := range []string{"../x", "/etc/x", "a/../../x", ""} {
		if _, err := Folder(t.TempDir()).Write("records", name, []byte("x"), 0); err == nil {
			t.Errorf("%q was written", name)
		}
	}
}
