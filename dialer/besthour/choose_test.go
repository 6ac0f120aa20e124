package besthour

import (
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
)

// given is a model with rates of our own: mobiles are good on Wednesdays from 17 and poor on Monday mornings.
func given() *Model {
	m := &Model{kinds: map[dialer.NumberKind]kindRate{}, cells: map[cellKey]Chance{}, differ: map[slot]bool{}}
	for day, h := range openHours {
		for hour := h[0]; hour < h[1]; hour++ {
			c := Chance{Rate: 0.21, Tries: 300, usual: 0.21, relative: 1}
			switch {
			case day == time.Wednesday && hour >= 17:
				c.Rate, c.Tries = 0.38, 206
			case day == time.Monday && hour < 12:
				c.Rate = 0.12
			}
			c.relative, c.a, c.b = c.Rate/c.usual, 300*c.Rate, 300*(1-c.Rate)
			c.Grade = c.graded()
			m.cells[cellKey{dialer.KindMobile, slot{day, hour}}] = c
			m.differ[slot{day, hour}] = c.Grade != Usual
			m.cells[cellKey{dialer.KindFixed, slot{day, hour}}] = Chance{Rate: 0.4, Tries: 300, usual: 0.4, relative: 1}
		}
	}
	return m
}

// spared are stretches that are not left alone.
func spared(from time.Time) time.Time {
	for left(from.Unix() / stretch) {
		from = from.Add(stretch * time.Second)
	}
	return from
}

func TestGraded(t *testing.T) {
	for _, c := range []struct {
		name        string
		rate, usual float64
		size        float64
		want        Grade
	}{
		{"better, and sure", 0.3, 0.2, 400, Good},
		{"better, but little is known", 0.3, 0.2, 12, Usual},
		{"better, but hardly", 0.205, 0.2, 1e6, Usual},
		{"worse, and sure", 0.1, 0.2, 400, Poor},
		{"worse, but little is known", 0.1, 0.2, 10, Usual},
		{"the same", 0.2, 0.2, 400, Usual},
	} {
		chance := Chance{Rate: c.rate, usual: c.usual, relative: c.rate / c.usual, a: c.rate * c.size, b: (1 - c.rate) * c.size}
		if got := chance.graded(); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestRank(t *testing.T) {
	m := given()
	good, poor, usual := spared(at(time.Wednesday, 17, 0)), spared(at(time.Monday, 9, 0)), spared(at(time.Tuesday, 9, 0))
	for _, c := range []struct {
		name string
		kind dialer.NumberKind
		at   time.Time
		want int
	}{
		{"a good hour comes first", dialer.KindMobile, good, 0},
		{"a poor one last", dialer.KindMobile, poor, 2 * rankUsual},
		{"a usual one between", dialer.KindMobile, usual, rankUsual},
		{"however well the kind answers at every hour", dialer.KindFixed, good, rankUsual},
		{"a kind of which nothing is known", dialer.KindIP, good, rankUsual},
	} {
		if got := m.Rank(c.kind, c.at); got != c.want {
			t.Errorf("%s: rank %d, want %d", c.name, got, c.want)
		}
	}
}

// In a sixteenth of an hour in which kinds differ they take turns, so that the hour is tried with each; in any other hour
// there is nothing to take turns about.
func TestTurnsAreTaken(t *testing.T) {
	m, first := given(), 0
	const weeks, each = 200, 12
	for week := range weeks {
		for i := range each {
			when := at(time.Wednesday, 17, 5*i).AddDate(0, 0, 7*week)
			if m.Rank(dialer.KindFixed, when) < m.Rank(dialer.KindMobile, when) {
				first++
			}
			if when = when.Add(-24 * time.Hour); m.Rank(dialer.KindFixed, when) != m.Rank(dialer.KindMobile, when) {
				t.Fatalf("at %v, like any other hour to both kinds, one goes first", when)
			}
		}
	}
	if share := float64(first) / weeks / each; share < 0.015 || share > 0.045 {
		t.Errorf("in %.3f of the mobiles' good hours fixed lines went first, want about a thirtieth", share)
	}
}

func TestBetter(t *testing.T) {
	m := given()
	always := func(time.Time) bool { return true }
	called := at(time.Friday, 16, 0).AddDate(0, 0, -7)
	for left(called.Unix(), at(time.Monday, 9, 0).Unix()) {
		called = called.Add(time.Second)
	}
	poor := at(time.Monday, 9, 0)
	got, note, ok := m.Better(dialer.KindMobile, called, poor, always)
	if want := at(time.Wednesday, 17, 0); !ok || !got.Equal(want) || !note.Good {
		t.Errorf("out of a poor hour: %v %v (%+v), want %v", got, ok, note, want)
	}
	late := func(t time.Time) bool { return t.Hour() >= 18 }
	if got, _, ok := m.Better(dialer.KindMobile, called, poor, late); !ok || !got.Equal(at(time.Wednesday, 18, 0)) {
		t.Errorf("the first that is allowed: %v %v", got, ok)
	}
	if got, _, ok := m.Better(dialer.KindMobile, called, poor, func(time.Time) bool { return false }); ok || !got.Equal(poor) {
		t.Errorf("none is allowed: %v %v", got, ok)
	}
	for name, due := range map[string]time.Time{"a usual hour": at(time.Tuesday, 10, 0), "a good one": at(time.Wednesday, 17, 30)} {
		if got, _, ok := m.Better(dialer.KindMobile, called, due, always); ok || !got.Equal(due) {
			t.Errorf("%s is kept: %v %v", name, got, ok)
		}
	}
	if _, _, ok := m.Better(dialer.KindFixed, called, poor, always); ok {
		t.Error("a kind without poor hours was moved")
	}
	stayed := 0
	for i := range 1600 {
		if _, _, ok := m.Better(dialer.KindMobile, called.Add(time.Duration(i)*time.Minute), poor, always); !ok {
			stayed++
		}
	}
	if stayed < 60 || stayed > 150 {
		t.Errorf("%d of 1600 stayed in the poor hour, want about a hundred", stayed)
	}
}

func TestTheSentences(t *testing.T) {
	m := given()
	n, ok := m.Note(dialer.KindMobile, at(time.Wednesday, 18, 20))
	if want := "携帯電話は水曜17–19時の応答率が高い(412件から推定38%、全体21%)"; !ok || n.JA != want {
		t.Errorf("%q, want %q", n.JA, want)
	}
	if want := "mobiles answer more on Wednesdays from 17 to 19 o'clock (38%, from 412 tries; 21% over all hours)"; n.EN != want {
		t.Errorf("%q, want %q", n.EN, want)
	}
	if !n.Good || n.Tries != 412 || n.Low >= n.Rate || n.High <= n.Rate || n.Usual != 0.21 {
		t.Errorf("%+v", n)
	}
	n, ok = m.Note(dialer.KindMobile, at(time.Monday, 9, 0))
	if !ok || n.Good || !strings.Contains(n.JA, "月曜9–12時の応答率が低い") || !strings.Contains(n.EN, "answer less on Mondays from 9 to 12") {
		t.Errorf("%q %q", n.JA, n.EN)
	}
	if n, ok := m.Note(dialer.KindMobile, at(time.Tuesday, 9, 0)); ok {
		t.Errorf("of a usual hour: %q", n.JA)
	}
	for kind := range kindWords {
		if ja, en := words(n, kind, time.Monday, 9, 10); ja == "" || en == "" {
			t.Errorf("%s has no words", kind)
		}
	}
}
