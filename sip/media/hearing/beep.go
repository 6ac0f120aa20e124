package hearing

// A recorder's beep: one steady tone after speech, then nothing, for it is the
// caller's turn. A tone with another before or after it is a melody.
const (
	lowestBeep  = 600 * (1 - same)
	highestBeep = 1500 * (1 + same)
	shortBeep   = 180 * ms
	longBeep    = 1560 * ms
)

// What a beep is worth.
const (
	beepInTune   = 0.15 // among other tones, or it is a fax that calls
	beepAlone    = 0.3  // nobody spoke before
	beepBroken   = 0.4  // it is not quiet after it
	beepHeard    = 0.45 // somebody spoke before
	beepAwaits   = 0.8  // and it is quiet
	beepAwaiting = 0.92 // and it is still quiet
)

// beeps looks at a tone that ended after s.last.
func (s *signals) beeps(r *run, spoke bool) {
	h := &s.hints[Beep]
	tuned := s.melody.notes > 1
	fax := s.hints[FaxCNG].To == r.to && s.hints[FaxCNG].Confidence > 0.9
	if (tuned || fax) && h.To == s.last.to {
		h.Confidence = min(h.Confidence, beepInTune)
	}
	if r.hz < lowestBeep || r.hz > highestBeep || !within(r.length(), shortBeep, longBeep) || r.unsteady() >= flat {
		return
	}
	if again := h.To == s.last.to && h.Confidence > beepInTune && r.from-s.last.to < between && near(r.hz, s.last.hz); again {
		h.To, h.Total = r.to, h.Total+r.length()
		return
	}
	confidence := beepAlone
	switch {
	case tuned || fax:
		confidence = beepInTune
	case spoke:
		confidence = beepHeard
	}
	if confidence >= h.Confidence || h.Confidence == 0 {
		s.alone(Beep, r, confidence)
	}
}

// Blocks after a beep within which it is weighed.
const (
	beepPauses  = 20
	beepSettled = 50
)

// afterBeep weighs what follows a beep, for a second.
func (s *signals) afterBeep() {
	h, after := &s.hints[Beep], s.last.after
	if h.To != s.last.to || h.Confidence < beepBroken || after < beepPauses || after > beepSettled {
		return
	}
	switch {
	case !s.last.stillSince():
		h.Confidence = beepBroken
	case after == beepSettled:
		h.Confidence = beepAwaiting
	default:
		h.Confidence = beepAwaits
	}
}
