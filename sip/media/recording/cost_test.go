package recording

import (
	"io"
	"testing"
	"time"
)

// nowhere takes everything.
type nowhere struct{ io.Writer }

func (nowhere) Close() error         { return nil }
func (nowhere) Sync() error          { return nil }
func (nowhere) Truncate(int64) error { return nil }

// BenchmarkAMinuteRecorded is what a call's minute costs beside the tap: two far ends' packets into the mixer, chunks out of it,
// sealed. The disk is not in it.
func BenchmarkAMinuteRecorded(b *testing.B) {
	key := newKey(b)
	octets := frame(1)
	for b.Loop() {
		g := &Recording{recorder: &Recorder{counts: func() time.Time { return noon }}, mixer: newMixer(noon),
			file: nowhere{io.Discard}, sealer: newSealer(key, someday), synced: noon}
		at := noon
		g.recorder.counts = func() time.Time { return at }
		for i := range 60 * 50 {
			at = noon.Add(time.Duration(i) * 20 * time.Millisecond)
			for channel := range channels {
				g.mixer.put(channel, packet{ssrc: 1, stamp: uint32(i * 160), at: at, octets: octets}) //nolint:gosec // small
			}
			if i%5 == 0 {
				if err := g.write(false); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
}
