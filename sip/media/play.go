package media

import (
	"math/rand/v2"
	"time"
)

// playing is one run of a tone on a leg. The leg's pointer to it is what keeps
// it alive: whoever replaces or clears that ends it.
type playing struct {
	source Source
	yields bool
	again  func() Source // begins what must be heard whole anew, behind what was not sent; nil plays on
	done   func()        // when the source ended by itself; nil for nobody
	played int           // frames, of which
	failed int           // were refused by our own socket
}

// PlayTone plays a tone to a side, from its beginning, in place of one that
// plays already. It is heard once the far end is known and while it listens.
// Ringback and silence end by themselves with the first packet that Connect
// passes on; other tones shut it out until StopTone.
func (b *Bridge) PlayTone(side Side, tone Tone) {
	b.play(side, &playing{source: tone.Source(), yields: tone.yields()})
}

// Play plays a source to a side as PlayTone does, and calls done once it has
// ended by itself. What is relayed does not interrupt it.
func (b *Bridge) Play(side Side, source Source, done func()) {
	b.play(side, &playing{source: source, done: done})
}

// PlayWhole plays to a side as Play does, but what done tells of has been sent, all of it and in one piece: it waits while the far
// end takes no sound, or is sent keys, and what that cuts off begins anew; so it does where our own socket took too little.
func (b *Bridge) PlayWhole(side Side, source func() Source, done func()) {
	b.play(side, &playing{source: source(), again: source, done: done})
}

func (b *Bridge) play(side Side, me *playing) {
	l := b.leg(side)
	l.tone.Store(me)
	b.start(time.Now(), frames(l.player(me)))
}

// mostFailed is how many frames of what is to be heard whole our own socket may refuse, besides one of twenty: nobody misses 0.1 s of words, and whoever
// hears them again and again instead of the other would.
const mostFailed = 5

// StopTone ends a side's tone, if any.
func (b *Bridge) StopTone(side Side) { b.leg(side).tone.Store(nil) }

// player sends the tone as a stream of its own; send joins it to the others.
func (l *leg) player(me *playing) func(now time.Time) (goesOn bool) {
	var (
		pcm    [frameSamples]int16
		packet [rtpHeaderSize + frameSamples]byte
		h      = header{ssrc: rand.Uint32(), from: rtpHeaderSize, to: len(packet)}
	)
	packet[0] = rtpVersionBits
	return func(now time.Time) bool {
		if l.tone.Load() != me {
			return false
		}
		n, taken := me.source.Fill(pcm[:]), false
		clear(pcm[n:])
		if far := l.far.Load(); far != nil {
			codec := far.codec()
			l.wide.encode(packet[rtpHeaderSize:], pcm[:], codec)
			var err error
			if taken, err = l.send(packet[:], h, kindOf(codec), now); err != nil {
				me.failed++
			}
		}
		me.played++
		h.seq++
		h.ts += frameSamples
		if me.again != nil && (!taken || me.failed > mostFailed+me.played/20) {
			me.source, me.played, me.failed = me.again(), 0, 0
			return true
		}
		if n == len(pcm) {
			return true
		}
		if l.tone.CompareAndSwap(me, nil) && me.done != nil {
			l.bridge.ended.Go(me.done)
		}
		return false
	}
}
