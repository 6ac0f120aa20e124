package dialer

import "time"

// Quality is how a call's two legs sounded while its ends heard each other. The zero value says nothing.
type Quality struct{ Desk, Customer LegQuality }

// LegQuality is how a leg sounded: In is its far end's sound as it reached us, Out is ours as it reached the far end, by that
// one's word (RTCP). Nil where nothing came, or nothing was said.
type LegQuality struct{ In, Out *Sound }

// Sound is how one direction of a leg sounded. MOS is the mean opinion score, 1 to 4.5, that the E-model (ITU-T G.107) gives
// the whole, WorstMOS that of its worst five seconds.
type Sound struct {
	Packets   int64 // that came
	Lost      int64
	Jitter    time.Duration // mean
	RoundTrip time.Duration // mean, between us and the far end; 0 when not known
	MOS       float64
	WorstMOS  float64
	// RecentMOS is that of the last five seconds, 0 when too little came in them. It is for showing only: nobody keeps it.
	RecentMOS float64
}

// Known reports whether anything is known.
func (q Quality) Known() bool { return q.Desk != LegQuality{} || q.Customer != LegQuality{} }

// LossPercent is the share of packets lost, 0 to 100.
func (s Sound) LossPercent() float64 {
	if s.Lost <= 0 {
		return 0
	}
	return 100 * float64(s.Lost) / float64(s.Lost+s.Packets)
}

// Grade is a mean opinion in a word.
type Grade string

// The grades, and where they begin: G.107 annex B has most users satisfied from an R of 80 (4.0) on, and many of them
// dissatisfied below 70 (3.6).
const (
	Good Grade = "good"
	Fair Grade = "fair"
	Poor Grade = "poor"

	goodFrom = 4.0
	fairFrom = 3.6
)

// GradeOf is a mean opinion's grade.
func GradeOf(mos float64) Grade {
	switch {
	case mos >= goodFrom:
		return Good
	case mos >= fairFrom:
		return Fair
	default:
		return Poor
	}
}

// Silence says from which side of a talk no sound comes.
type Silence string

// Who is silent. Empty is nobody.
const (
	SilentDesk     Silence = "desk"
	SilentCustomer Silence = "customer"
	SilentBoth     Silence = "both"
)

// qualityShown is how often the panel is shown how a talk sounds.
const qualityShown = 5 * time.Second

// listen begins or ends the looks at how a talk sounds.
func (c *call) listen(talking bool) {
	if c.listening != nil {
		c.listening.Stop()
		c.listening = nil
	}
	c.view.Silent = ""
	if talking {
		c.listening = time.NewTicker(qualityShown)
	}
}

// listens ticks while there is a talk; nil, which blocks, else.
func (c *call) listens() <-chan time.Time {
	if c.listening == nil {
		return nil
	}
	return c.listening.C
}

// sounds takes how the call sounds by now; false while nothing is known.
func (c *call) sounds() bool {
	q := c.line.Quality()
	if !q.Known() {
		return false
	}
	c.view.Quality = &q
	return true
}

// heardSilence takes what a leg tells of sound that no longer comes, or comes again. Whoever supervises is told once.
func (c *call) heardSilence(leg LegName, ev Evidence) {
	was, now := c.view.Silent, Silence("")
	switch ev.Event {
	case EvOneWay:
		now = Silence(leg)
	case EvDeadAir:
		now = SilentBoth
	case EvSoundBack:
	default:
		return
	}
	if c.m.State != Talking || now == was {
		return
	}
	c.view.Silent = now
	c.log.Info("sound", "silent", now, "was", was)
	a := silences[now]
	a.Desk, a.CallID = c.view.Desk, c.view.ID
	c.e.alert(a)
	c.show(ev.At)
}

// silences are the alerts, by who is silent now.
var silences = map[Silence]Alert{
	SilentDesk: {
		Kind: "one_way_audio", Text: "オペレーター側の音声が届いていません。お客様に声が聞こえていません。受話器・ヘッドセットと卓上電話のLANを確かめてください",
		TextEN: "no sound comes from the operator's phone: the customer hears nothing; check handset, headset and the phone's network",
	},
	SilentCustomer: {
		Kind: "one_way_audio", Text: "お客様側の音声が届いていません。オペレーターに声が聞こえていません。続くときはかけ直し、ほかの通話でも起きるなら回線を確かめてください",
		TextEN: "no sound comes from the customer: the operator hears nothing; call again, and check the line if other calls have it too",
	},
	SilentBoth: {
		Kind: "dead_air", Text: "通話中ですが、双方の音声が届いていません。ネットワーク(ルーター・ファイアウォール)を確かめてください",
		TextEN: "a call is up, but no sound comes from either side; check the network: router, firewall",
	},
	"": {Kind: "sound_back", Text: "途切れていた音声が戻りました", TextEN: "the sound that was missing is back"},
}
