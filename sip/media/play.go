package media

import (
	"math/rand/v2"
	"time"
)

// playing is one run of a tone on a leg. The leg's pointer to it is what keeps
// it alive: whoever replaces or clears that ends it.
type playing struct {
	tone Tone
}

// PlayTone plays a tone to a side, from its beginning, in place of one that
// plays already. It is heard once the far end is known and while it listens.
// Ringback and silence end by themselves with the first packet that Connect
// passes on; other tones shut it out until StopTone.
func (b *Bridge) PlayTone(side Side, tone Tone) {
	l := b.legs[side]
	me := &playing{tone: tone}
	l.tone.Store(me)
	b.start(func() { l.play(me) })
}

// StopTone ends a side's tone, if any.
func (b *Bridge) StopTone(side Side) { b.legs[side].tone.Store(nil) }

// play sends the tone as a stream of its own; send joins it to the others.
func (l *leg) play(me *playing) {
	var (
		source = me.tone.Source()
		pcm    [frameSamples]int16
		packet [rtpHeaderSize + frameSamples]byte
		h      = header{ssrc: rand.Uint32(), from: rtpHeaderSize, to: len(packet)}
	)
	packet[0] = rtpVersionBits
	pace(l.bridge.closed, func(now time.Time) bool {
		if l.tone.Load() != me {
			return false
		}
		source.Fill(pcm[:])
		if far := l.far.Load(); far != nil {
			codec := far.codec()
			codec.Encode(packet[rtpHeaderSize:], pcm[:])
			l.send(packet[:], h, kindOf(codec), now)
		}
		h.seq++
		h.ts += frameSamples
		return true
	})
}
