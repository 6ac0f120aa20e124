package media

// ToMuLaw writes one far end's sounds in μ-law, whatever the codec they came in. The zero value is ready.
type ToMuLaw struct{ converter converter }

// Write returns the sound in μ-law, an octet for each 1/8000 s, in place of what it was. It is good for as long as the sound is.
func (m *ToMuLaw) Write(s *Sound) []byte {
	octets := s.Octets()
	if s.Codec != PCMU {
		m.converter.convert(octets, s.Codec, PCMU)
		s.Codec = PCMU
	}
	return octets
}
