package recording

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"kakeru/sip/media"
)

// houseClock is the ledger's time, carried on by what this machine counts: as dialer.Watch shows it, without Go's own count. It may be set.
type houseClock struct {
	mu  sync.Mutex
	off time.Duration
}

func (c *houseClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Round(0).Add(c.off)
}

func (c *houseClock) set(off time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off = off
}

// saysHz has both channels' sound found whole: so long of it, in its own frequency.
func saysHz(t *testing.T, got played, long time.Duration) {
	t.Helper()
	for i, want := range []float64{400, 1000} {
		pcm := got.channels[i]
		at, n := begins(pcm), int(long*rate/time.Second)
		if at < 0 || len(pcm) < at+n {
			t.Fatalf("channel %d has sound from %d on, of %d", i+1, at, len(pcm))
		}
		if own := strength(pcm[at:at+n], want); own < 7000 {
			t.Errorf("channel %d: %.0f of its own %v Hz", i+1, own, want)
		}
	}
}

// TestTheHousesClockIsNotThisMachines has PostgreSQL's clock, by which a recording's beginning is known, stand apart from the one that packets bear.
func TestTheHousesClockIsNotThisMachines(t *testing.T) {
	for _, off := range []time.Duration{-20 * time.Second, -500 * time.Millisecond, 250 * time.Millisecond, time.Second, 30 * time.Second} {
		t.Run(off.String(), func(t *testing.T) {
			t.Parallel()
			r, call, e, clock := recorder(t), talk(t, 0, 0), &events{}, houseClock{off: off}
			r.Now = clock.now
			g := must[*Recording](t)(begin(r, aCall, call.bridge, e.tell))
			call.say(1200*time.Millisecond, &hz{of: 400}, &hz{of: 1000})
			k := g.End(patience)
			if k.Err != nil || k.Lost != 0 {
				t.Errorf("kept %+v", k)
			}
			e.none(t)
			got := play(t, r, k.Ref)
			saysHz(t, got, time.Second)
			span := k.Until.Sub(k.From)
			if diff := got.lasts() - span; diff < -time.Millisecond || diff > time.Millisecond {
				t.Errorf("%s of sound in %s", got.lasts(), span)
			}
			if late := clock.now().Sub(k.Until); late < 0 || late > 5*time.Second {
				t.Errorf("it ended %s before now, by the house's clock", late)
			}
		})
	}
}

// TestTheHousesClockIsSetInATalk, back and forth: the recording goes on by what this machine counts.
func TestTheHousesClockIsSetInATalk(t *testing.T) {
	for _, to := range []time.Duration{-50 * time.Second, 50 * time.Second} {
		t.Run(to.String(), func(t *testing.T) {
			t.Parallel()
			r, call, e, clock := recorder(t), talk(t, 0, 0), &events{}, houseClock{}
			r.Now = clock.now
			began := time.Now()
			g := must[*Recording](t)(begin(r, aCall, call.bridge, e.tell))
			g.Pause(true)
			clock.set(to)
			g.Pause(false)
			call.say(1200*time.Millisecond, &hz{of: 400}, &hz{of: 1000})
			g.Pause(true)
			clock.set(2 * to)
			k := g.End(patience)
			if most := time.Since(began); k.Err != nil || k.Lost != 0 || k.Until.Before(k.From) || k.Until.Sub(k.From) > most {
				t.Errorf("kept %+v, in %s", k, most)
			}
			at := k.From
			for _, p := range k.Pauses {
				if p.From.Before(at) || p.Until.Before(p.From) || p.Until.After(k.Until) {
					t.Errorf("a pause from %v until %v, between %v and %v", p.From, p.Until, at, k.Until)
				}
				at = p.Until
			}
			if len(k.Pauses) != 2 {
				t.Errorf("pauses: %v", k.Pauses)
			}
			e.none(t)
			saysHz(t, play(t, r, k.Ref), time.Second)
		})
	}
}

// TestTheTimeLineIsCounted: whoever sets this machine's clock in a talk moves neither the recording's times nor the packets', for all of them bear what is
// counted beside it, and Go compares that.
func TestTheTimeLineIsCounted(t *testing.T) {
	r, call := recorder(t), talk(t, 0, 0)
	var (
		mu    sync.Mutex
		heard []time.Time
	)
	tap := call.bridge.Tap(func(sounds []media.Sound) {
		mu.Lock()
		defer mu.Unlock()
		for i := range sounds {
			heard = append(heard, sounds[i].At)
		}
	})
	g := must[*Recording](t)(begin(r, aCall, call.bridge, (&events{}).tell))
	call.say(60*time.Millisecond, &hz{of: 400}, &hz{of: 1000})
	g.Pause(true)
	g.End(patience)
	tap.Stop()
	mu.Lock()
	defer mu.Unlock()
	if len(heard) == 0 {
		t.Fatal("nothing was heard")
	}
	for _, at := range append(heard, g.mixer.began, g.mixer.ended, g.mixer.pauses[0].From, g.mixer.pauses[0].Until) {
		if at == at.Round(0) { //nolint:staticcheck // Round takes the count away, and Equal would not see it
			t.Fatalf("%v is of a clock that people set", at)
		}
	}
}

// TestSoundFromBeforeIsLost: none is left out without being counted, but for a moment's.
func TestSoundFromBeforeIsLost(t *testing.T) {
	put := func(m *mixer, from, packets int) {
		for i := range packets {
			m.put(customer, packet{ssrc: 1, stamp: uint32(i * 160), seq: uint16(i), at: ms(from + i*20), octets: frame(1)}) //nolint:gosec // small
		}
	}
	for _, c := range []struct {
		name          string
		from, packets int // ms; a pause lasts from 1000 to 2000
		paused        bool
		want          int64
	}{
		{"long before it began", -30_000, 100, false, 100 * 160},
		{"under way when it began", -40, 2, false, 0},
		{"in a pause", 1000, 50, true, 0},
		{"before the pause, and known behind it", 400, 30, true, 30 * 160},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMixer(noon)
			if c.paused {
				m.pause(true, ms(1000))
				m.pause(false, ms(2000))
			}
			put(m, c.from, c.packets)
			m.end(ms(3000))
			if _, _, lost := m.tally(); lost != c.want {
				t.Errorf("%d frames lost, want %d", lost, c.want)
			}
			if got := fmt.Sprint(runs(m, customer, ms(3000))); got != fmt.Sprint([]run{{0, silent}}) {
				t.Errorf("it holds %s", got)
			}
		})
	}
}
