package recording

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kakeru/sip/media"
)

// events keeps what a recording tells.
type events struct {
	mu  sync.Mutex
	all []error
}

func (e *events) tell(ev Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, ev.Err)
}

func (e *events) told() []error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]error(nil), e.all...)
}

func (e *events) none(t testing.TB) {
	t.Helper()
	if told := e.told(); len(told) > 0 {
		t.Errorf("told: %v", told)
	}
}

func TestBothSidesInTheirChannels(t *testing.T) {
	for _, c := range []struct {
		name           string
		desk, customer int
	}{{"μ-law", 0, 0}, {"A-law and μ-law", 8, 0}} {
		t.Run(c.name, func(t *testing.T) {
			r, call, e := recorder(t), talk(t, c.desk, c.customer), &events{}
			g := must[*Recording](t)(begin(r, aCall, call.bridge, e.tell))
			call.say(1500*time.Millisecond, &hz{of: 400}, &hz{of: 1000})
			k := g.End(patience)
			got := play(t, r, k.Ref)
			if k.Err != nil || !got.whole || k.Lost != 0 {
				t.Fatalf("kept %+v, whole %v", k, got.whole)
			}
			e.none(t)
			for i, want := range []float64{400, 1000} {
				pcm := got.channels[i]
				at := begins(pcm)
				if at < 0 || len(pcm) < at+rate {
					t.Fatalf("channel %d has sound from %d on, of %d", i+1, at, len(pcm))
				}
				second := pcm[at : at+rate]
				if own, other := strength(second, want), strength(second, 1400-want); own < 7000 || other > 200 {
					t.Errorf("channel %d: %.0f of its own %v Hz, %.0f of the other's", i+1, own, want, other)
				}
			}
			if apart := begins(got.channels[0]) - begins(got.channels[1]); apart > rate/10 || apart < -rate/10 {
				t.Errorf("what was said at once stands %d frames apart", apart)
			}
			if span := k.Until.Sub(k.From); got.lasts() < span-time.Millisecond || got.lasts() > span+time.Millisecond {
				t.Errorf("%s of sound in %s", got.lasts(), span)
			}
		})
	}
}

func TestWhatNobodyHearsIsNotRecorded(t *testing.T) {
	for _, c := range []struct {
		name           string
		do             func(*call) error
		desk, customer bool
	}{
		{"muted", func(c *call) error { c.bridge.Mute(media.Desk, true); return nil }, false, true},
		{"on hold", func(c *call) error { c.bridge.Unlink(); return nil }, false, false},
		{"two desks", func(c *call) error { c.bridge.Link(media.Desk, media.Other); return nil }, false, false},
		{"a customer who holds", func(c *call) error {
			return c.customer.join(c.bridge, media.Customer, 0, "a=sendonly\r\n")
		}, false, true},
		{"a customer who holds the old way", func(c *call) error {
			return c.customer.join(c.bridge, media.Customer, 0, "c=IN IP4 0.0.0.0\r\n")
		}, false, false}, // nor is anything taken from nowhere
		{"a phone that holds", func(c *call) error { return c.desk.join(c.bridge, media.Desk, 0, "a=inactive\r\n") }, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, call, e := recorder(t), talk(t, 0, 0), &events{}
			other := must[*farEnd](t)(newFarEnd())
			t.Cleanup(func() { _ = other.conn.Close() })
			if err := errors.Join(call.bridge.Open(media.Other), other.join(call.bridge, media.Other, 0, ""), c.do(call)); err != nil {
				t.Fatal(err)
			}
			g := must[*Recording](t)(begin(r, aCall, call.bridge, e.tell))
			call.say(300*time.Millisecond, &hz{of: 400}, &hz{of: 1000})
			got := play(t, r, g.End(patience).Ref)
			if desk, customer := begins(got.channels[0]) >= 0, begins(got.channels[1]) >= 0; desk != c.desk || customer != c.customer {
				t.Errorf("the desk is there: %v, the customer: %v", desk, customer)
			}
			e.none(t)
		})
	}
}

func TestAPauseTakesNoTime(t *testing.T) {
	r, call, e := recorder(t), talk(t, 0, 0), &events{}
	g := must[*Recording](t)(begin(r, aCall, call.bridge, e.tell))
	call.say(300*time.Millisecond, &hz{of: 400}, &hz{of: 400})
	if !g.Pause(true) || g.Pause(true) {
		t.Error("a pause begins once")
	}
	call.say(600*time.Millisecond, &hz{of: 1000}, &hz{of: 1000})
	if !g.Pause(false) || g.Pause(false) {
		t.Error("a pause ends once")
	}
	call.say(300*time.Millisecond, &hz{of: 400}, &hz{of: 400})
	k := g.End(patience)
	got := play(t, r, k.Ref)
	if len(k.Pauses) != 1 {
		t.Fatalf("pauses: %v", k.Pauses)
	}
	span := k.Until.Sub(k.From) - k.Pauses[0].Until.Sub(k.Pauses[0].From)
	if diff := got.lasts() - span; diff > time.Millisecond || diff < -time.Millisecond {
		t.Errorf("%s of sound in %s", got.lasts(), span)
	}
	for i, pcm := range got.channels {
		kept := pcm[begins(pcm):]
		for _, part := range [][]int16{kept[:rate/5], kept[len(kept)-rate/5:]} {
			if own, paused := strength(part, 400), strength(part, 1000); own < 5000 || paused > 300 {
				t.Errorf("channel %d: %.0f of what was to be kept, %.0f of what was not", i+1, own, paused)
			}
		}
	}
	e.none(t)
}

func TestAnEndInAPause(t *testing.T) {
	r, call, e := recorder(t), talk(t, 0, 0), &events{}
	g := must[*Recording](t)(begin(r, aCall, call.bridge, e.tell))
	call.say(200*time.Millisecond, &hz{of: 400}, &hz{of: 1000})
	g.Pause(true)
	call.say(200*time.Millisecond, &hz{of: 400}, &hz{of: 1000})
	g.Cut()
	if g.Pause(false) {
		t.Error("it goes on behind its end")
	}
	k := g.End(patience)
	if again := g.End(patience); again.Ref != k.Ref || !again.Until.Equal(k.Until) {
		t.Errorf("ended again: %+v", again)
	}
	if got := play(t, r, k.Ref); !got.whole || len(k.Pauses) != 1 || !k.Pauses[0].Until.Equal(k.Until) ||
		got.lasts() > k.Pauses[0].From.Sub(k.From)+time.Millisecond {
		t.Errorf("%+v, %s of sound", k, got.lasts())
	}
}

// faulty is a disk with so much room, or one that stands still.
type faulty struct {
	file

	room  int
	stuck chan struct{} // until it is closed; nil is not at all
	err   error
}

func (f *faulty) Write(b []byte) (int, error) {
	if f.stuck != nil {
		<-f.stuck
	}
	if f.err == nil || len(b) <= f.room {
		f.room -= len(b)
		return f.file.Write(b)
	}
	n, err := f.file.Write(b[:f.room]) // what a full disk takes of it
	f.room = 0
	return n, errors.Join(f.err, err)
}

func TestADiskThatIsFull(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want error
	}{{"full", syscall.ENOSPC, ErrFull}, {"over the quota", syscall.EDQUOT, ErrFull}, {"broken", syscall.EIO, errUnwritable}} {
		t.Run(c.name, func(t *testing.T) {
			r, call, e := recorder(t), talk(t, 0, 0), &events{}
			r.create = func(path string) (file, error) {
				f, err := createFile(path)
				return &faulty{file: f, room: headerSize + sealedLimit + 1000, err: &os.PathError{Op: "write", Path: path, Err: c.err}}, err
			}
			g := must[*Recording](t)(begin(r, aCall, call.bridge, e.tell))
			call.say(1600*time.Millisecond, &hz{of: 400}, &hz{of: 1000})
			until(t, "it is told", func() bool { return len(e.told()) > 0 })
			k := g.End(patience)
			if told := e.told(); len(told) != 1 || !errors.Is(told[0], c.want) || !errors.Is(k.Err, c.want) {
				t.Errorf("told %v, kept %+v", told, k)
			}
			got := play(t, r, k.Ref)
			if got.whole || len(got.channels[0]) != chunkFrames || begins(got.channels[1]) < 0 {
				t.Errorf("whole %v, %d frames", got.whole, len(got.channels[0]))
			}
		})
	}
}

// TestTheKernelsOwnFullDisk writes to the device that is always full.
func TestTheKernelsOwnFullDisk(t *testing.T) {
	r, call, e := recorder(t), talk(t, 0, 0), &events{}
	r.create = func(string) (file, error) { return os.OpenFile("/dev/full", os.O_WRONLY, 0) }
	if _, err := begin(r, aCall, call.bridge, e.tell); !errors.Is(err, ErrFull) {
		t.Errorf("begun on a full disk: %v", err)
	}
	e.none(t)
}

func TestADiskThatStandsStillHoldsUpNobody(t *testing.T) {
	r, call, e := recorder(t), talk(t, 0, 0), &events{}
	stuck := make(chan struct{})
	var begun bool
	r.create = func(path string) (file, error) {
		f, err := createFile(path)
		s := &faulty{file: f}
		begun = true
		return lateStuck{s, stuck}, err
	}
	g := must[*Recording](t)(begin(r, aCall, call.bridge, e.tell))
	call.say(300*time.Millisecond, &hz{of: 400}, &hz{of: 1000})
	k := g.End(50 * time.Millisecond) // the call is over, whatever the disk does
	if !begun || !errors.Is(k.Err, ErrSlow) {
		t.Errorf("kept %+v", k)
	}
	close(stuck)
	if k = g.End(patience); k.Err != nil || !play(t, r, k.Ref).whole {
		t.Errorf("kept %+v", k)
	}
	e.none(t)
}

// lateStuck stands still behind the header.
type lateStuck struct {
	*faulty

	until chan struct{}
}

func (l lateStuck) Write(b []byte) (int, error) {
	if len(b) != headerSize {
		<-l.until
	}
	return l.faulty.Write(b)
}

func TestWhatCannotBegin(t *testing.T) {
	r, call, e := recorder(t), talk(t, 0, 0), &events{}
	if err := os.RemoveAll(r.Folder); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.Folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := begin(r, aCall, call.bridge, e.tell); !errors.Is(err, errUnwritable) || strings.Contains(err.Error(), r.Folder) {
		t.Errorf("begun where nothing can be written: %v", err)
	}
	r = recorder(t)
	if err := os.RemoveAll(filepath.Join(filepath.Dir(r.Folder), "keys")); err != nil {
		t.Fatal(err)
	}
	if _, err := begin(r, aCall, call.bridge, e.tell); !errors.Is(err, ErrNoKey) {
		t.Errorf("begun without a key: %v", err)
	}
	e.none(t)
}

// TestAGapIsToldOnce has the disk stand still for longer than there is room; the recording goes on behind it.
func TestAGapIsToldOnce(t *testing.T) {
	r, call, e := recorder(t), talk(t, 0, 0), &events{}
	g := must[*Recording](t)(begin(r, aCall, call.bridge, e.tell))
	far := g.mixer.began.Add(ringFrames * time.Second / rate)
	const enough = int(toldFrom / media.Frame)
	for i := range enough + 1 {
		g.mixer.put(customer, packet{ssrc: 1, stamp: uint32(i * 160), at: far.Add(time.Second), octets: frame(1)}) //nolint:gosec // small
		if i >= enough-1 {
			until(t, "it is told", func() bool { return len(e.told()) > 0 })
		}
	}
	call.say(300*time.Millisecond, &hz{of: 400}, &hz{of: 1000})
	k := g.End(patience)
	if told := e.told(); len(told) != 1 || told[0] != nil || k.Err != nil || k.Lost <= 0 || k.Lost > channels*k.Until.Sub(k.From) {
		t.Errorf("told %v, kept %+v", told, k)
	}
	if got := play(t, r, k.Ref); !got.whole || begins(got.channels[0]) < 0 {
		t.Error("it did not go on")
	}
}

// TestAGapOfAMomentIsOnRecordAlone.
func TestAGapOfAMomentIsOnRecordAlone(t *testing.T) {
	r, call, e := recorder(t), talk(t, 0, 0), &events{}
	g := must[*Recording](t)(begin(r, aCall, call.bridge, e.tell))
	far := g.mixer.began.Add(ringFrames * time.Second / rate)
	g.mixer.put(customer, packet{ssrc: 1, at: far.Add(time.Second), octets: frame(1)})
	call.say(time.Second, &hz{of: 400}, &hz{of: 1000}) // two of what is written at once
	if k := g.End(patience); len(e.told()) != 0 || k.Lost < media.Frame || k.Lost >= toldFrom {
		t.Errorf("told %v, kept %+v", e.told(), k)
	}
}

// TestADiskThatStandsStillIsAskedForSoMany: each file asked for holds a thread. Once it goes on, what nobody wants any more is taken away again.
func TestADiskThatStandsStillIsAskedForSoMany(t *testing.T) {
	r := recorder(t)
	stuck := make(chan struct{})
	r.create = func(path string) (file, error) {
		<-stuck
		return createFile(path)
	}
	call := func(i int) string { return fmt.Sprintf("%032x", i) }
	var asking sync.WaitGroup
	for i := range mostAsked {
		asking.Go(func() {
			if b, err := r.Prepare(call(i)); err != nil {
				t.Error(err)
			} else {
				b.Discard()
			}
		})
	}
	until(t, "all are asked for", func() bool { return len(r.asked) == mostAsked })
	if _, err := r.Prepare(call(mostAsked)); !errors.Is(err, ErrSlow) {
		t.Errorf("one more: %v", err)
	}
	close(stuck)
	asking.Wait()
	must[*Blank](t)(r.Prepare(call(0))).Discard()
	if files := must[[]string](t)(filepath.Glob(filepath.Join(r.Folder, "*", "*"))); len(files) > 0 {
		t.Errorf("left: %v", files)
	}
}
