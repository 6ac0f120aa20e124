package hearing

import "time"

// Config is what an ear knows beforehand. The zero value is the Japan of mobile
// networks.
type Config struct {
	// AnswerTimes are the times of ringing after which mailboxes answer; nil
	// means 15 s (docomo), 20 s (SoftBank) and 24 s (au).
	AnswerTimes []time.Duration
	// Prior is how likely an answer is a recorder's before anything is heard,
	// between 0 and 1; anything else means 0.25.
	Prior float64
}

// mobileAnswerTimes are those of docomo, SoftBank and au.
var mobileAnswerTimes = []time.Duration{15 * time.Second, 20 * time.Second, 24 * time.Second}

const usualPrior = 0.25

// Ear hears one side of a call. It belongs to one goroutine.
type Ear struct {
	config  Config
	now     time.Duration
	partial [blockSamples]int16 // samples that fill no block yet
	held    int

	tones   tones
	signals signals
	voice   voice
	sounded time.Duration // when a tone was last heard

	isAnswered bool
	answered   time.Duration
	after      time.Duration // of ringing
}

// New makes an ear that has heard nothing.
func New(c Config) *Ear {
	if c.AnswerTimes == nil {
		c.AnswerTimes = mobileAnswerTimes
	}
	if !(c.Prior > 0 && c.Prior < 1) { // NaN too
		c.Prior = usualPrior
	}
	return &Ear{config: c, voice: voice{floor: newFloor()}}
}

// Now is how much time the ear has heard or skipped.
func (e *Ear) Now() time.Duration { return e.now }

// Frame hears samples, usually the 160 of a packet. They are not kept.
func (e *Ear) Frame(pcm []int16) {
	if e.held > 0 {
		n := copy(e.partial[e.held:], pcm)
		e.held += n
		pcm = pcm[n:]
		if e.held < blockSamples {
			return
		}
		e.held = 0
		e.block(&e.partial)
	}
	for len(pcm) >= blockSamples {
		e.block((*[blockSamples]int16)(pcm))
		pcm = pcm[blockSamples:]
	}
	e.held = copy(e.partial[:], pcm)
}

// longestSkip bounds a gap: a longer one is a mistake, and time must not overflow.
const longestSkip = time.Hour

// Skip lets time pass that nothing is known of: packets that were lost, or that
// a sender did not send because it heard nothing.
func (e *Ear) Skip(d time.Duration) {
	d = min(max(d, 0), longestSkip)
	e.now += time.Duration(e.held)*time.Second/sampleRate + d
	e.held = 0
	if e.tones.open && e.now-e.tones.run.to > outlasted {
		ended := e.tones.close()
		e.endTone(&ended)
	}
	if !e.tones.open {
		for range min(d/blockTime, beepSettled) {
			e.signals.pause(0, 0)
		}
	}
	e.voice.gap(e.now)
}

// Unknown is the ringing of a call that did not ring with us, for Answered.
const Unknown time.Duration = -1

// Answered tells that the call was answered now, after so much ringing. What
// was spoken before was the network's announcement: the hint of Speech begins
// anew, and Recorder begins. Only the first call counts.
func (e *Ear) Answered(after time.Duration) {
	if e.isAnswered {
		return
	}
	e.isAnswered, e.answered, e.after = true, e.now, after
	e.voice.restart()
}

func (e *Ear) block(x *[blockSamples]int16) {
	from := e.now
	e.now += blockTime
	b, noise := measure(x), e.voice.floor.level()
	if ended, ok := e.tones.block(b, noise, e.now); ok {
		e.endTone(&ended)
	}
	e.voice.block(moment{power: b.power, tilt: b.tilt, from: from, end: e.now})
	switch {
	case e.tones.sounding():
		e.sounded = e.tones.run.to
		e.voice.recent.claim(e.tones.run.from)
		e.signals.sounding(&e.tones.run)
	case !e.tones.open:
		e.signals.pause(b.power, noise)
	}
}

// Somebody spoke before a tone when as much was said, not longer ago than this.
const (
	aWord   = 300 * ms
	lately  = 10 * time.Second
	silent  = 2 * time.Second // a silence worth a hint
	silence = 5 * time.Second // one without doubt
)

func (e *Ear) endTone(r *run) {
	if !r.tone() {
		e.signals.last.follow(r.power(), e.voice.floor.level(), r.n)
		return
	}
	talk := &e.voice.talk
	e.signals.ended(r, talk.total >= aWord && r.from-talk.last <= lately)
}

// Hint is what was heard of a kind so far; its Confidence is 0 for what was
// not. Asking is cheap: it may be done with every frame.
func (e *Ear) Hint(k Kind) Hint {
	switch {
	case k >= kinds:
		return Hint{Kind: k}
	case k == Speech:
		return e.voice.talk.hint(&e.signals.melody)
	case k == Silence:
		return e.silence()
	case k == Recorder:
		return e.recorder()
	case e.signals.hints[k].Confidence == 0:
		return Hint{Kind: k}
	}
	return e.signals.hints[k]
}

// Hints are all that were heard, in the order of their kinds.
func (e *Ear) Hints() []Hint {
	var heard []Hint
	for k := range kinds {
		if h := e.Hint(k); h.Confidence > 0 {
			heard = append(heard, h)
		}
	}
	return heard
}

func (e *Ear) silence() Hint {
	since := max(e.voice.loud, e.sounded, e.answered)
	lasts := e.now - since
	if lasts < silent {
		return Hint{Kind: Silence}
	}
	sure := grow(lasts, silent, silence)
	return Hint{Kind: Silence, Confidence: sure, From: since, To: e.now, Total: lasts}
}
