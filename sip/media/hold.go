package media

import (
	"errors"
	"math"
	"time"
)

// ErrClosed is told by what is asked of a bridge that is closed.
var ErrClosed = errors.New("the bridge is closed")

// Link has two sides hear each other, and nobody else them.
func (b *Bridge) Link(one, two Side) {
	for side := range sides {
		switch side {
		case one:
			b.to[side].Store(int32(two) + 1)
		case two:
			b.to[side].Store(int32(one) + 1)
		default:
			b.to[side].Store(0)
		}
	}
}

// Unlink has nobody hear anybody: what each hears is the tone that plays.
func (b *Bridge) Unlink() {
	for side := range sides {
		b.to[side].Store(0)
	}
}

// Mute keeps a side's sound from whoever hears it. A tone is needed beside it
// where a far end would take the pause for a dead line.
func (b *Bridge) Mute(side Side, on bool) { b.muted[side].Store(on) }

// The hold signal: quiet enough to talk over to somebody in the same room,
// frequent enough that nobody thinks the line is dead. It is made, not
// recorded: nobody has a right to it.
const (
	holdEvery  = 4 * time.Second
	holdNote   = 350 * time.Millisecond
	holdFirst  = 523.25 // C5
	holdSecond = 659.25 // E5
	holdLevel  = 2600   // about -22 dBm0
)

// holdRound is one round of the hold signal.
func holdRound() []int16 {
	clip := make([]int16, samples(holdEvery))
	n := samples(holdNote)
	for i, hz := range []float64{holdFirst, holdSecond} {
		for at := range n {
			swell := math.Sin(math.Pi * float64(at) / float64(n)) // no clicks
			clip[i*n+at] = int16(holdLevel * swell * math.Sin(2*math.Pi*hz*float64(at)/SampleRate))
		}
	}
	return clip
}
