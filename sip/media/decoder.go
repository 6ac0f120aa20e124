package media

import "github.com/gotranspile/g722"

// Decoder makes one side's sounds linear, 16 bits at SampleRate. G.722 remembers what came before, so each side has one of its
// own. The zero value is ready; it belongs to one goroutine.
type Decoder struct {
	linear linear
	pcm    [tapOctets]int16
}

// Decode returns the samples of a sound, good until the next.
func (d *Decoder) Decode(s *Sound) []int16 {
	pcm := d.pcm[:s.length]
	d.linear.decode(pcm, s.Octets(), s.Codec)
	return pcm
}

// linear makes one stream linear; few ever need what G.722 remembers of it.
type linear struct{ wide *g722.Decoder }

func (l *linear) decode(pcm []int16, octets []byte, from Codec) {
	if from.law() {
		from.Decode(pcm, octets)
		return
	}
	if l.wide == nil {
		l.wide = g722.NewDecoder(g722.Rate64000, g722.FlagSampleRate8000)
	}
	l.wide.Decode(pcm, octets)
}
