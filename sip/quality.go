package sip

import (
	"sync"
	"time"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// sound is what is known of how a line's talk sounds: the figures of both legs, and who is silent (silence.go). hunt.settle
// says how the talk stands; hearTalks looks, for all lines, and the owner may ask at any time. Its lock is taken last, and
// nobody is told anything under it.
type sound struct {
	bridge *media.Bridge
	check  time.Duration // between looks
	after  time.Duration // how long an end may send nothing

	mu             sync.Mutex // guards what follows
	begun          bool       // both ends have heard each other
	over           bool       // one of them is gone, or enough was told
	talk           standing
	desk, customer end
	looked         time.Time
	silent         dialer.Silence
	episodes       int // of silence, that are past
}

// standing is how a talk stands, as far as its sound is concerned.
type standing struct {
	operator *leg // whose phone has the call
	rests    bool // somebody is held, or the call is being handed on: nobody need send
	muted    bool // the operator is, by the panel; some phones are told and stop sending
}

// end is one of the two that hear each other.
type end struct {
	side  media.Side
	meter media.Meter
	since time.Time   // sound is expected since
	heard media.Stats // when it was last known to send
}

// newSound is of a line whose ends do not hear each other yet (docs/decisions/0013-quality.md).
func newSound(a *Agent, b *media.Bridge) *sound {
	return &sound{
		bridge: b, check: a.cfg.SoundCheck, after: a.cfg.SilentAfter,
		desk: end{side: media.Desk}, customer: end{side: media.Customer},
	}
}

// stands takes how the talk stands from now on. The call may have gone to another phone, whose counts begin now.
func (s *sound) stands(talk standing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	switch {
	case !s.begun:
		s.begun, s.looked = true, now
		s.customer.begin(s.bridge, media.Customer, now)
		s.desk.begin(s.bridge, talk.operator.side, now)
	case talk.operator != s.talk.operator:
		s.desk.meter.Look(s.bridge.Stats(s.desk.side), now)
		s.desk.begin(s.bridge, talk.operator.side, now)
	default:
		s.desk.since, s.customer.since = now, now
	}
	s.talk = talk
}

func (e *end) begin(b *media.Bridge, side media.Side, now time.Time) {
	e.side, e.since, e.heard = side, now, b.Stats(side)
	e.meter.Begin(e.heard, now)
}

// ends: one of the two is gone, or is being hung up. Nobody need send any more.
func (s *sound) ends() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
}

// look takes both legs' counts. It needs s.mu.
func (s *sound) look(now time.Time) (desk, customer media.Stats) {
	desk, customer = s.bridge.Stats(s.desk.side), s.bridge.Stats(s.customer.side)
	s.desk.meter.Look(desk, now)
	s.customer.meter.Look(customer, now)
	return desk, customer
}

// Quality implements dialer.Line.
func (n *line) Quality() dialer.Quality {
	s := n.sound
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.begun {
		return dialer.Quality{}
	}
	s.look(time.Now())
	return dialer.Quality{Desk: s.desk.quality(), Customer: s.customer.quality()}
}

func (e *end) quality() dialer.LegQuality {
	return dialer.LegQuality{In: soundOf(e.meter.In()), Out: soundOf(e.meter.Out())}
}

func soundOf(f media.Figures, known bool) *dialer.Sound {
	if !known {
		return nil
	}
	return &dialer.Sound{
		Packets: f.Packets, Lost: f.Lost, Jitter: f.Jitter, RoundTrip: f.RoundTrip, MOS: f.MOS(), WorstMOS: f.Worst, RecentMOS: f.Recent,
	}
}

// hearTalks looks at the sound of every talk until told to end. One goroutine for all: a look costs less than a wake-up.
func (a *Agent) hearTalks(end <-chan struct{}) {
	tick := time.NewTicker(a.cfg.SoundCheck)
	defer tick.Stop()
	for {
		select {
		case <-end:
			return
		case <-tick.C:
			for _, n := range a.metrics.lines() {
				n.hear()
			}
		}
	}
}
