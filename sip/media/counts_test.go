package media

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestLossIsCountedByNumbers(t *testing.T) {
	for _, c := range []struct {
		name string
		seqs []uint16
		lost int64
	}{
		{"none", []uint16{1, 2, 3}, 0},
		{"two gone", []uint16{1, 4}, 2},
		{"across the wrap", []uint16{65534, 65535, 1}, 1},
		{"late one comes back", []uint16{1, 3, 2, 4}, 0},
		{"one from before the first", []uint16{5, 4, 6}, 0},
		{"duplicate counts back", []uint16{1, 2, 2}, -1},
		{"restart is no loss", []uint16{1, 2, 20000, 20001}, 0},
		{"loss before a restart is kept", []uint16{1, 3, 20000, 20002}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			var in inbound
			for i, seq := range c.seqs {
				in.accept(header{seq: seq, ssrc: 1, ts: uint32(i) * 160}, true, 172, noon.Add(time.Duration(i)*Frame))
			}
			if got := in.lostSoFar + in.lost(); got != c.lost {
				t.Errorf("lost %d, want %d", got, c.lost)
			}
		})
	}
}

func TestJitterFollowsRFC3550(t *testing.T) {
	var in inbound
	at := noon
	for i := range 2000 { // every other packet 10 ms late: |D| is 10 ms each time
		arrival := at
		if i%2 == 1 {
			arrival = at.Add(10 * time.Millisecond)
		}
		in.accept(header{seq: uint16(i), ssrc: 1, ts: uint32(i) * 160}, true, 172, arrival)
		at = at.Add(Frame)
	}
	if got := clockUnits(in.jitter >> 4); got < 9*time.Millisecond || got > 11*time.Millisecond {
		t.Errorf("jitter %v, want 10 ms", got)
	}
}

func TestEventsDoNotDisturbJitter(t *testing.T) {
	var in inbound
	for i := range 100 { // a long key press: the timestamp stands still
		in.accept(header{seq: uint16(i), ssrc: 1, ts: 160}, i == 0, 16, noon.Add(time.Duration(i)*Frame))
	}
	if in.jitter != 0 {
		t.Errorf("jitter %v", clockUnits(in.jitter>>4))
	}
}

func TestReportBlockCountsOneInterval(t *testing.T) {
	var in inbound
	seq := uint16(100)
	hear := func(n, drop int) {
		for range n {
			in.accept(header{seq: seq, ssrc: 9}, false, 172, noon)
			seq++
		}
		seq += uint16(drop)
	}
	hear(50, 0)
	if b := in.block(noon); b[0].FractionLost != 0 || b[0].LastSequenceNumber != 149 || b[0].SSRC != 9 {
		t.Errorf("first interval: %+v", b[0])
	}
	hear(25, 25)
	hear(50, 0)
	b := in.block(noon)
	if b[0].FractionLost != 64 || b[0].TotalLost != 25 {
		t.Errorf("25 of 100 lost: fraction %d/256, total %d", b[0].FractionLost, b[0].TotalLost)
	}
	if b := in.block(noon); b[0].FractionLost != 0 || b[0].TotalLost != 25 {
		t.Errorf("an interval with nothing: %+v", b[0])
	}
}

// TestOneStreamWhateverComes: streams that start, stop and change in any order
// leave as one SSRC whose numbers go up by one and whose time never runs back.
func TestOneStreamWhateverComes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		out := newOutbound()
		now, first := noon, true
		var seq uint16
		var ts uint32
		for ssrc := range uint32(rapid.IntRange(1, 6).Draw(t, "streams")) {
			h := header{ssrc: ssrc, seq: rapid.Uint16().Draw(t, "seq"), ts: rapid.Uint32().Draw(t, "ts")}
			now = now.Add(time.Duration(rapid.IntRange(0, 90000).Draw(t, "pause ms")) * time.Millisecond)
			for range rapid.IntRange(1, 30).Draw(t, "packets") {
				got, _ := out.renumber(h, true, 172, now)
				if got.ssrc != out.ssrc {
					t.Fatalf("SSRC %d, want %d", got.ssrc, out.ssrc)
				}
				if !first && got.seq != seq+1 {
					t.Fatalf("sequence %d after %d", got.seq, seq)
				}
				if !first && int32(got.ts-ts) <= 0 {
					t.Fatalf("timestamp %d after %d", got.ts, ts)
				}
				seq, ts, first = got.seq, got.ts, false
				h.seq++
				h.ts += frameSamples
				now = now.Add(Frame)
			}
		}
	})
}

func TestLossAndOrderOfOneStreamStayVisible(t *testing.T) {
	out := newOutbound()
	at := func(i int) header {
		h, _ := out.renumber(header{ssrc: 5, seq: uint16(i), ts: uint32(i) * 160}, true, 172, noon.Add(time.Duration(i)*Frame))
		return h
	}
	first := at(0)
	if got := at(3); got.seq != first.seq+3 || got.ts != first.ts+480 || got.marker {
		t.Errorf("two lost: %+v after %+v", got, first)
	}
	if got := at(2); got.seq != first.seq+2 {
		t.Errorf("a late packet lost its place: %d", got.seq-first.seq)
	}
	if got := at(4); got.seq != first.seq+4 {
		t.Errorf("after a late packet: %d", got.seq-first.seq)
	}
}

func TestALongKeyPressIsNoNewStream(t *testing.T) {
	out := newOutbound()
	h := header{ssrc: 5, seq: 1, ts: 160}
	first, _ := out.renumber(h, true, 172, noon)
	for i := range 500 { // 10 s of telephone-event under one timestamp
		h.seq++
		h.ts = 320
		if got, _ := out.renumber(h, false, 16, noon.Add(time.Duration(i)*Frame)); got.ts != first.ts+160 {
			t.Fatalf("event packet %d: timestamp moved by %d", i, got.ts-first.ts)
		}
	}
	h.seq++
	h.ts = 160 + 10*SampleRate
	if got, _ := out.renumber(h, true, 172, noon.Add(10*time.Second)); got.ts != first.ts+10*SampleRate || got.marker {
		t.Errorf("sound after the key: %+v", got)
	}
}

func TestHeldPacketsLeaveNoGap(t *testing.T) {
	out := newOutbound()
	h := header{ssrc: 5, seq: 10, ts: 0}
	first, _ := out.renumber(h, true, 172, noon)
	for range 40 {
		h.seq++
		h.ts += 160
		out.skip(h)
	}
	h.seq++
	h.ts += 160
	got, _ := out.renumber(h, true, 172, noon.Add(41*Frame))
	if got.seq != first.seq+1 || got.ts != first.ts+41*160 {
		t.Errorf("after a hold: sequence +%d, time +%d", got.seq-first.seq, got.ts-first.ts)
	}
}
