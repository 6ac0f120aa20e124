package media

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestReceivedIsWhatCameBetween(t *testing.T) {
	before := Stats{PacketsIn: 1000, Lost: 50}
	after := Stats{PacketsIn: 1190, Lost: 60, Jitter: 8 * time.Millisecond, Codec: PCMA, Far: FarStats{RoundTrip: 30 * time.Millisecond}}
	q, ok := Received(before, after)
	if want := (Quality{190, 10, 8 * time.Millisecond, 30 * time.Millisecond, PCMA}); !ok || q != want {
		t.Errorf("%+v, want %+v", q, want)
	}
	near(t, "loss", q.Loss(), 0.05, 1e-9)
	if got := q.Delay(); got != (15+20+20)*time.Millisecond { // half the round trip, a packet, a buffer of no less
		t.Errorf("delay %v", got)
	}
	if q.Jitter = 40 * time.Millisecond; q.Delay() != (15+20+80)*time.Millisecond {
		t.Errorf("with jitter: delay %v", q.Delay())
	}
	if _, ok := Received(after, after); ok {
		t.Error("nothing came, and has a quality")
	}
	if q, _ := Received(Stats{Lost: 5}, Stats{PacketsIn: 10, Lost: 2}); q.Lost != -3 || q.Loss() != 0 {
		t.Errorf("late ones came back: %+v, loss %g", q, q.Loss())
	}
}

func TestReportedIsWhatTheFarEndSays(t *testing.T) {
	first := Stats{PacketsOut: 100, Far: FarStats{Reports: 1, Lost: 2, Jitter: time.Millisecond}}
	for _, c := range []struct {
		name  string
		after Stats
		ok    bool
		loss  float64
	}{
		{"no report since", Stats{PacketsOut: 350, Far: FarStats{Reports: 1, Lost: 2, Jitter: time.Millisecond}}, false, 0},
		{"a report", Stats{PacketsOut: 350, Far: FarStats{Reports: 2, Lost: 27, Jitter: time.Millisecond}}, true, 0.1},
		{"a report that names no stream of ours", Stats{PacketsOut: 350, Far: FarStats{Reports: 2}}, false, 0},
		{"more lost than was sent", Stats{PacketsOut: 350, Far: FarStats{Reports: 2, Lost: 1 << 22}}, true, 1},
		{"it counts back", Stats{PacketsOut: 350, Far: FarStats{Reports: 2, Lost: -3}}, true, 0},
		{"nothing was sent", Stats{PacketsOut: 100, Far: FarStats{Reports: 2, Lost: 2, Jitter: 1}}, false, 0},
	} {
		q, ok := Reported(first, c.after)
		if ok != c.ok || math.Abs(q.Loss()-c.loss) > 1e-9 {
			t.Errorf("%s: %+v %v, loss %g, want %v %g", c.name, q, ok, q.Loss(), c.ok, c.loss)
		}
	}
}

func TestLossWithASign(t *testing.T) {
	for raw, want := range map[int64]int64{0: 0, 7: 7, 1<<23 - 1: 1<<23 - 1, 1<<24 - 1: -1, 1 << 23: -1 << 23} {
		if got := signed24(raw); got != want {
			t.Errorf("%#x read as %d, want %d", raw, got, want)
		}
	}
}

// stream is a leg as looks see it: 50 packets a second each way.
type stream struct {
	Stats

	at time.Time
}

// second is a look after another second, in which so many of 50 packets were lost on the way to us.
func (s *stream) second(m *Meter, lost int) {
	s.at = s.at.Add(time.Second)
	s.PacketsIn += uint64(50 - lost)
	s.Lost += int64(lost)
	s.PacketsOut += 50
	m.Look(s.Stats, s.at)
}

func TestMeterFindsTheWorstFiveSeconds(t *testing.T) {
	s := &stream{at: noon, Stats: Stats{PacketsIn: 400, Lost: 300, PacketsOut: 400}} // what came before the talk is none of it
	var m Meter
	m.Begin(s.Stats, s.at)
	if _, ok := m.In(); ok {
		t.Fatal("figures of nothing")
	}
	for i := range 30 {
		lost := 0
		if i >= 10 && i < 15 {
			lost = 5
		}
		s.second(&m, lost)
	}
	in, ok := m.In()
	if !ok || in.Packets != 1475 || in.Lost != 25 {
		t.Fatalf("%+v %v", in, ok)
	}
	clean := Quality{Packets: 1}.MOS()
	near(t, "worst", in.Worst, Quality{Packets: 9, Lost: 1}.MOS(), 1e-9)
	near(t, "recent", in.Recent, clean, 1e-9)
	if whole := in.MOS(); !(in.Worst < whole && whole < clean) {
		t.Errorf("worst %g, whole %g, clean %g", in.Worst, whole, clean)
	}
	if _, ok := m.Out(); ok {
		t.Error("the far end never said anything")
	}
}

func TestMeterOfAShortTalk(t *testing.T) {
	s := &stream{at: noon}
	var m Meter
	m.Begin(s.Stats, s.at)
	s.second(&m, 10)
	s.second(&m, 0)
	in, ok := m.In()
	if !ok || in.Recent != 0 || math.Abs(in.Worst-in.MOS()) > 1e-9 || math.Abs(in.Loss()-0.1) > 1e-9 {
		t.Errorf("%+v %v", in, ok)
	}
}

func TestMeterHasNoOpinionOfSilence(t *testing.T) {
	s := &stream{at: noon}
	var m Meter
	m.Begin(s.Stats, s.at)
	for range 5 {
		s.second(&m, 0)
	}
	for range 10 {
		s.at = s.at.Add(time.Second)
		m.Look(s.Stats, s.at)
	}
	in, _ := m.In()
	if in.Recent != 0 || in.Worst < 4 {
		t.Errorf("%+v: nothing came lately, and nothing was lost", in)
	}
}

// TestMeterGoesOnWithAnotherFarEnd: the call was handed on, and the other phone's counts begin anew.
func TestMeterGoesOnWithAnotherFarEnd(t *testing.T) {
	s := &stream{at: noon}
	var m Meter
	m.Begin(s.Stats, s.at)
	for range 5 {
		s.second(&m, 5)
	}
	other := &stream{at: s.at, Stats: Stats{PacketsIn: 3, Lost: 1}}
	m.Begin(other.Stats, other.at)
	for range 5 {
		other.second(&m, 0)
	}
	in, _ := m.In()
	if in.Packets != 475 || in.Lost != 25 {
		t.Errorf("%+v", in)
	}
	near(t, "worst", in.Worst, Quality{Packets: 9, Lost: 1}.MOS(), 1e-9)
}

func TestMeterTakesTheFarEndAtItsWord(t *testing.T) {
	s := &stream{at: noon}
	var m Meter
	m.Begin(s.Stats, s.at)
	for i := range 20 {
		if i%5 == 4 {
			s.Far.Reports++
			s.Far.Lost += int64(i) // 4, 9, 14, 19 of 250
			s.Far.RoundTrip = time.Duration(i) * time.Millisecond
		}
		s.second(&m, 0)
	}
	out, ok := m.Out()
	if !ok || out.Lost != 46 || out.Packets != 954 {
		t.Fatalf("%+v %v", out, ok)
	}
	near(t, "round trip", float64(out.RoundTrip), 11.5e6, 2e5)
	near(t, "worst", out.Worst, Quality{Packets: 231, Lost: 19, RoundTrip: 19 * time.Millisecond}.MOS(), 1e-9)
	near(t, "recent", out.Recent, out.Worst, 1e-9)
}

// TestFiguresAreAlwaysFigures: whatever the counts do, and far ends may report anything, figures are numbers on their scales.
func TestFiguresAreAlwaysFigures(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m Meter
		var s Stats
		at := noon
		draw := func(what string) int64 { return rapid.Int64Range(-1<<24, 1<<24).Draw(t, what) }
		m.Begin(s, at)
		for range rapid.IntRange(1, 20).Draw(t, "looks") {
			at = at.Add(time.Duration(rapid.IntRange(0, 20000).Draw(t, "ms")) * time.Millisecond)
			s.PacketsIn += uint64(rapid.IntRange(0, 5000).Draw(t, "in"))
			s.PacketsOut += uint64(rapid.IntRange(0, 5000).Draw(t, "out"))
			s.Lost, s.Far.Lost = draw("lost"), draw("far lost")
			s.Jitter, s.Far.Jitter = time.Duration(draw("jitter")), time.Duration(draw("far jitter"))
			s.Far.RoundTrip = time.Duration(rapid.Int64Range(0, math.MaxInt64).Draw(t, "round trip"))
			s.Far.Reports += uint64(rapid.IntRange(0, 2).Draw(t, "reports"))
			if rapid.Bool().Draw(t, "begin") {
				m.Begin(s, at)
			} else {
				m.Look(s, at)
			}
			for _, figures := range []func() (Figures, bool){m.In, m.Out} {
				f, ok := figures()
				mos, loss := f.MOS(), f.Loss()
				if ok && !(f.Packets > 0 && loss >= 0 && loss <= 1 && mos >= 1 && mos <= 4.5 && f.Worst >= 1 && f.Worst <= mos) {
					t.Fatalf("%+v: MOS %g, loss %g", f, mos, loss)
				}
			}
		}
	})
}
