package recording

import (
	"bytes"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, tokyo)

func ms(n int) time.Time { return noon.Add(time.Duration(n) * time.Millisecond) }

// frame is 20 ms of one octet.
func frame(octet byte) []byte { return bytes.Repeat([]byte{octet}, rate/50) }

// line is a channel of a mixer as runs: which octet from which millisecond on.
type run struct {
	from  int
	octet byte
}

func runs(m *mixer, channel int, until time.Time) []run {
	var (
		out   []run
		chunk [chunkOctets]byte
		at    int
	)
	for {
		n := m.take(&chunk, until, true)
		for i := channel; i < n; i += channels {
			if len(out) == 0 || out[len(out)-1].octet != chunk[i] {
				out = append(out, run{at * 1000 / rate, chunk[i]})
			}
			at++
		}
		if n < chunkOctets {
			return out
		}
	}
}

// takeDue takes what is complete, and counts it.
func takeDue(m *mixer, now time.Time) (frames int) {
	var chunk [chunkOctets]byte
	for n := -1; n != 0; frames += max(n, 0) / channels {
		n = m.take(&chunk, now, false)
	}
	return frames
}

func TestPacketsFindTheirPlace(t *testing.T) {
	type sent struct {
		at    int // ms
		stamp uint32
		octet byte
	}
	const s = silent
	for _, c := range []struct {
		name string
		sent []sent
		want []run
	}{
		{"in order", []sent{{100, 0, 1}, {120, 160, 2}}, []run{{0, s}, {100, 1}, {120, 2}, {140, s}}},
		{"jitter is evened out", []sent{{100, 0, 1}, {155, 160, 2}, {156, 320, 3}}, []run{{0, s}, {100, 1}, {120, 2}, {140, 3}, {160, s}}},
		{"lost ones leave silence", []sent{{100, 0, 1}, {160, 480, 2}}, []run{{0, s}, {100, 1}, {120, s}, {160, 2}, {180, s}}},
		{"overtaken ones find their place", []sent{{100, 0, 1}, {140, 320, 3}, {141, 160, 2}}, []run{{0, s}, {100, 1}, {120, 2}, {140, 3}, {160, s}}},
		{"stamps wrap around", []sent{{100, 1<<32 - 160, 1}, {120, 0, 2}}, []run{{0, s}, {100, 1}, {120, 2}, {140, s}}},
		{"a far end that counts from elsewhere", []sent{{100, 0, 1}, {400, 1 << 20, 2}}, []run{{0, s}, {100, 1}, {120, s}, {400, 2}, {420, s}}},
		{"and backwards", []sent{{100, 1 << 31, 1}, {400, 5, 2}}, []run{{0, s}, {100, 1}, {120, s}, {400, 2}, {420, s}}},
		{"a pause in its stamps", []sent{{100, 0, 1}, {2000, 160, 2}}, []run{{0, s}, {100, 1}, {120, s}, {2000, 2}, {2020, s}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMixer(noon)
			for _, p := range c.sent {
				m.put(customer, packet{ssrc: 7, stamp: p.stamp, at: ms(p.at), octets: frame(p.octet)})
			}
			last := c.sent[len(c.sent)-1].at
			got := runs(m, customer, ms(last+100))
			if len(got) != len(c.want) {
				t.Fatalf("%v, want %v", got, c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Fatalf("%v, want %v", got, c.want)
				}
			}
		})
	}
}

func TestAnotherStreamBeginsAnew(t *testing.T) {
	m := newMixer(noon)
	m.put(operator, packet{ssrc: 1, stamp: 0, at: ms(100), octets: frame(1)})
	m.put(operator, packet{ssrc: 2, stamp: 320, at: ms(120), octets: frame(2)})
	if got := runs(m, operator, ms(140)); len(got) != 3 || got[2] != (run{120, 2}) {
		t.Errorf("%v", got)
	}
}

// TestClocksThatRunApart has a far end count faster or slower than we do, for ten minutes.
func TestClocksThatRunApart(t *testing.T) {
	for _, ppm := range []int64{-500, 500} {
		m := newMixer(noon)
		worst := time.Duration(0)
		for i := range int64(600 * 50) {
			at := noon.Add(time.Duration(i) * 20 * time.Millisecond * time.Duration(1e6+ppm) / 1e6)
			octet := byte(i%100) + 1
			stamp := uint32(i * 160) //nolint:gosec // it may wrap around
			m.put(customer, packet{ssrc: 1, stamp: stamp, at: at, octets: frame(octet)})
			off := time.Duration(m.place(at)-m.tracks[customer].place) * time.Second / rate
			worst = max(worst, off, -off)
			takeDue(m, at)
		}
		if limit := 80 * time.Millisecond; worst > limit {
			t.Errorf("%d ppm: sound stands %s from where it was heard", ppm, worst)
		}
		if m.lost > 0 {
			t.Errorf("%d ppm: %d frames lost", ppm, m.lost)
		}
	}
}

func TestALongSilenceIsOneInTheFileToo(t *testing.T) {
	m := newMixer(noon)
	m.put(operator, packet{ssrc: 1, at: ms(0), octets: frame(1)})
	if total := takeDue(m, ms(60_300)); total != 60*rate {
		t.Errorf("%d frames in a minute", total)
	}
	m.put(operator, packet{ssrc: 1, stamp: 1, at: ms(60_400), octets: frame(2)})
	if got := runs(m, operator, ms(60_500)); len(got) != 3 || got[1].octet != 2 {
		t.Errorf("behind it: %v", got)
	}
}

// TestASlowDiskLosesSoundButNotTime has nothing taken for longer than there is room.
func TestASlowDiskLosesSoundButNotTime(t *testing.T) {
	m := newMixer(noon)
	const packets = 600 // 12 s
	for i := range packets {
		m.put(customer, packet{ssrc: 1, stamp: uint32(i * 160), at: ms(i * 20), octets: frame(1)}) //nolint:gosec // small
	}
	if want := int64(packets*160 - ringFrames); m.lost != want {
		t.Errorf("%d frames lost, want %d", m.lost, want)
	}
	got := runs(m, customer, ms(packets*20))
	if len(got) != 2 || got[1] != (run{ringFrames * 1000 / rate, silent}) {
		t.Errorf("%v", got)
	}
}

func TestWhatComesTooLateIsLeftOut(t *testing.T) {
	m := newMixer(noon)
	m.put(customer, packet{ssrc: 1, stamp: 0, at: ms(0), octets: frame(1)})
	takeDue(m, ms(900))
	m.put(customer, packet{ssrc: 1, stamp: 160 * 24, at: ms(900), octets: frame(2)}) // 480–500 ms: was taken
	m.put(customer, packet{ssrc: 1, stamp: 4000 - 80, at: ms(901), octets: frame(3)})
	if got := runs(m, customer, ms(600)); len(got) != 2 || got[0] != (run{0, 3}) || got[1] != (run{10, silent}) {
		t.Errorf("%v", got)
	}
}

func TestChunksWaitForLatePackets(t *testing.T) {
	m := newMixer(noon)
	var chunk [chunkOctets]byte
	if n := m.take(&chunk, ms(799), false); n != 0 {
		t.Errorf("%d octets were taken too early", n)
	}
	if n := m.take(&chunk, ms(800), false); n != chunkOctets {
		t.Errorf("%d octets", n)
	}
	if n := m.take(&chunk, ms(800), true); n != 300*8*channels {
		t.Errorf("%d octets at the end", n)
	}
}
