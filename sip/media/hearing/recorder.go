package hearing

import (
	"math"
	"time"
)

// Evidence is added up as log odds. What each is worth is a judgement, not a
// measurement: nobody has labelled calls of ours yet.
const (
	asOnTime     = 1.5  // answered when a network's mailbox does
	asEarly      = 0.7  // before anybody can have reached the phone
	asShortWords = -2.0 // "hello?" and then a pause for an answer
	asLongWords  = 2.5  // a greeting
	asStill      = -1.0 // a greeting does not wait
	asBeep       = 4.0
	asFax        = -3.0
)

const (
	onTime  = 1500 * ms // around the time at which a mailbox answers
	offTime = 3000 * ms
	early   = 1000 * ms
	still   = 3000 * ms
)

// words is what the length of the first words is worth: a person says who they
// are and waits; a greeting goes on.
var words = [...]struct {
	length time.Duration
	worth  float64
}{{1500 * ms, asShortWords}, {3 * time.Second, -0.5}, {5 * time.Second, 1}, {8 * time.Second, asLongWords}}

func wordsWorth(length time.Duration) float64 {
	last := words[0]
	for _, w := range words {
		if length < w.length {
			share := float64(length-last.length) / max(float64(w.length-last.length), 1)
			return last.worth + max(share, 0)*(w.worth-last.worth)
		}
		last = w
	}
	return last.worth
}

// timeWorth is what the time of the answer is worth.
func (c *Config) timeWorth(after time.Duration) float64 {
	if after < 0 {
		return 0
	}
	best := 0.0
	if after <= early {
		best = asEarly
	}
	for _, at := range c.AnswerTimes {
		away := (after - at).Abs()
		best = max(best, asOnTime*min(1, 1-float64(away-onTime)/float64(offTime-onTime)))
	}
	return best
}

// recorder weighs what was heard since the answer.
func (e *Ear) recorder() Hint {
	h := Hint{Kind: Recorder, From: e.answered, To: e.now}
	if !e.isAnswered {
		return Hint{Kind: Recorder}
	}
	odds := logit(e.config.Prior) + e.config.timeWorth(e.after)
	odds += e.voice.talk.worth(e.now - e.answered)
	if beep := e.signals.hints[Beep]; beep.Confidence >= Likely && beep.From >= e.answered {
		odds += asBeep * beep.Confidence
	}
	if e.signals.hints[FaxCED].Confidence >= Likely || e.signals.hints[FaxCNG].Confidence >= Likely {
		odds += asFax
	}
	h.Confidence = 1 / (1 + math.Exp(-odds))
	return h
}

// worth is what the first words are worth, or that there are none so long after
// the answer.
func (t *talk) worth(answered time.Duration) float64 {
	if !t.heard {
		if answered >= still {
			return asStill
		}
		return 0
	}
	if worth := wordsWorth(t.opening); t.opened || worth > 0 {
		return worth
	}
	return 0
}

func logit(p float64) float64 { return math.Log(p / (1 - p)) }
