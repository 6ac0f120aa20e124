package recording

import (
	"math/rand/v2"
	"testing"
	"time"
)

// heard has a far end's packets written as they come, the file being written meanwhile, and returns how much sound came, how much of
// it the recording has and how much it says is lost, in frames. One packet comes each 20 ms, and up to 30 ms late.
func heard(t *testing.T, packets int, say func(i int, p *packet)) (came, kept, lost int64) {
	t.Helper()
	m, chance := newMixer(noon), rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test's
	var chunk [chunkOctets]byte
	count := func(n int) {
		for i := customer; i < n; i += channels {
			if chunk[i] != silent {
				kept++
			}
		}
	}
	end := ms(packets * 20)
	for i := range packets {
		late := chance.IntN(30)
		p := packet{ssrc: 1, seq: uint16(i), stamp: uint32(i * 160), octets: frame(byte(i%200) + 1)} //nolint:gosec // they wrap around
		say(i, &p)
		p.at = ms(i*20 + late)
		came += int64(len(p.octets))
		m.put(customer, p)
		for i%5 == 0 {
			n := m.take(&chunk, p.at, false)
			if n == 0 {
				break
			}
			count(n)
		}
	}
	m.end(end.Add(time.Second / 10))
	for n := chunkOctets; n == chunkOctets; {
		n = m.take(&chunk, end.Add(time.Second), true)
		count(n)
	}
	_, _, lost = m.tally()
	return came, kept, lost
}

// TestStampsOutOfTheirTimeHideNothing: some of a far end's stamps are almost a second from their time, as in no honest stream. A phone
// plays such a stream, so a recording has it.
func TestStampsOutOfTheirTimeHideNothing(t *testing.T) {
	every := func(n, at int) func(int) bool { return func(i int) bool { return i%n == at } }
	for name, odd := range map[string]func(int) bool{
		"none":                    func(int) bool { return false },
		"one of 50, the first":    every(50, 0),
		"one of 50":               every(50, 7),
		"one of 10":               every(10, 9),
		"one of 10, the first":    every(10, 0),
		"one of 3":                every(3, 1),
		"every other one":         every(2, 0),
		"bursts of half a second": func(i int) bool { return i/25%2 == 1 },
		"bursts of two seconds":   func(i int) bool { return i/100%2 == 1 },
		"all but one of 50":       func(i int) bool { return i%50 != 0 },
	} {
		for _, by := range []int{7600, -7600, 3000, -3000, 2000, 9000, -9000} {
			came, kept, lost := heard(t, 500, func(i int, p *packet) {
				if odd(i) {
					p.stamp += uint32(by) //nolint:gosec // it wraps around
				}
			})
			if kept*100 < came*95 {
				t.Errorf("%s by %d: %d frames of %d are recorded, %d told as lost", name, by, kept, came, lost)
			}
			if lost > came-kept || name == "none" && lost > 0 {
				t.Errorf("%s by %d: %d frames of %d are recorded, and %d told as lost", name, by, kept, came, lost)
			}
		}
	}
}

// TestWhatIsNotRecordedIsToldAsLost, whatever a far end writes into its packets.
func TestWhatIsNotRecordedIsToldAsLost(t *testing.T) {
	for seed := range uint64(300) {
		chance := rand.New(rand.NewPCG(seed, 3)) //nolint:gosec // a test's
		changes, reach := 1+chance.IntN(60), 1+chance.IntN(40_000)
		came, kept, lost := heard(t, 100+chance.IntN(1000), func(_ int, p *packet) {
			if chance.IntN(changes) != 0 {
				return
			}
			switch chance.IntN(4) {
			case 0:
				p.ssrc = uint32(chance.IntN(3))
			case 1:
				p.seq = uint16(chance.IntN(1 << 16))
			case 2:
				p.stamp = 160 * uint32(chance.IntN(3))
			default:
				p.stamp += uint32(chance.IntN(reach) - reach/2) //nolint:gosec // it wraps around
			}
		})
		if hidden := came - kept - lost; hidden > spare+came/1000 || lost > came {
			t.Errorf("seed %d: of %d frames %d are recorded and %d told as lost", seed, came, kept, lost)
		}
	}
}

// TestSoundSaidOverAndOverIsNoGap: networks double packets.
func TestSoundSaidOverAndOverIsNoGap(t *testing.T) {
	m := newMixer(noon)
	for i := range 500 {
		for range 2 {
			m.put(customer, packet{ssrc: 1, seq: uint16(i), stamp: uint32(i * 160), at: ms(i * 20), octets: frame(byte(i%200) + 1)}) //nolint:gosec // small
		}
		takeDue(m, ms(i*20))
	}
	m.end(ms(500 * 20))
	if _, _, lost := m.tally(); lost > 0 {
		t.Errorf("%d frames are told as lost", lost)
	}
}
