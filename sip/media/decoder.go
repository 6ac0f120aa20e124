package media

import "github.com/gotranspile/g722"

// Decoder makes one side's sounds linear, 16 bits at SampleRate. G.722 remembers what came before, so each side has one of its
// own. The zero value is ready; it belongs to one goroutine.
type Decoder struct {
	wide *g722.Decoder
	pcm  [tapOctets]int16
}

// Decode returns the samples of a sound, good until the next.
func (d *Decoder) Decode(s *Sound) []int16 {
	pcm := d.pcm[:s.length]
	if s.Codec.law() {
		s.Codec.Decode(pcm, s.Octets())
		return pcm
	}
	if d.wide == nil {
		d.wide = g722.NewDecoder(g722.Rate64000, g722.FlagSampleRate8000)
	}
	d.wide.Decode(pcm, s.Octets())
	return pcm
}
