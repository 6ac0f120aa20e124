package media

import (
	"sync"

	"github.com/gotranspile/g722"
)

// converter makes what a far end does not understand into what it does, where
// one of the two is G.722. That is no way to talk, only what keeps everybody
// heard while two sides have not agreed on one codec: a tone of ours, a talk
// that is handed on to a phone without it. It keeps to the lower half of the
// band, which is all that G.711 holds.
//
// Unlike the laws, G.722 remembers: each octet is a step from the last. Two
// streams through one converter click once as they change over. The zero value
// is ready; few calls ever fill it.
type converter struct {
	mu      sync.Mutex
	encoder *g722.Encoder
	linear  linear
	pcm     []int16
}

// convert rewrites octets in place.
func (c *converter) convert(octets []byte, from, to Codec) {
	if from.law() && to.law() {
		from.Convert(octets)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pcm == nil {
		c.pcm = make([]int16, maxPacket)
	}
	pcm := c.pcm[:len(octets)]
	c.linear.decode(pcm, octets, from)
	c.write(octets, pcm, to)
}

// encode writes pcm (16-bit, 8 kHz) to octets of the same number.
func (c *converter) encode(octets []byte, pcm []int16, to Codec) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.write(octets, pcm, to)
}

// write needs c.mu.
func (c *converter) write(octets []byte, pcm []int16, to Codec) {
	if to.law() {
		to.Encode(octets, pcm)
		return
	}
	if c.encoder == nil {
		c.encoder = g722.NewEncoder(g722.Rate64000, g722.FlagSampleRate8000)
	}
	c.encoder.Encode(octets, pcm)
}
