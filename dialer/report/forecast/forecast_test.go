package forecast

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// days are so many days of seven hours with a count each.
func days(counts ...float64) []Day {
	var out []Day
	for i, c := range counts {
		out = append(out, Day{Weekday: time.Weekday(1 + i%5), Minutes: 420, Whole: 420, Count: c})
	}
	return out
}

func repeated(n int, count float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = count
	}
	return out
}

func TestWhatIsNotKnown(t *testing.T) {
	left := days(repeated(10, 0)...)
	for name, o := range map[string]Outlook{
		"no days": Of(nil, left), "nothing done": Of(days(0, 0, 0), left), "no minutes": Of([]Day{{Count: 7}}, left), "nothing left": Of(days(100, 110), nil),
		"only closed days left": Of(days(100, 110), []Day{{}, {}}),
	} {
		if q := o.Quantile(0.9); q > 0.01 {
			t.Errorf("%s: %.2f", name, q)
		}
		if b := o.Below(5); b != 1 {
			t.Errorf("%s: less than 5 with a chance of %.2f", name, b)
		}
	}
}

// One day says little, and many say more.
func TestTheIntervalNarrows(t *testing.T) {
	width := math.Inf(1)
	for _, n := range []int{1, 2, 5, 20, 60} {
		counts := repeated(n, 100)
		for i := range counts {
			counts[i] += float64(10 - 20*(i%2))
		}
		o := Of(days(counts...), days(repeated(10, 0)...))
		got := o.Quantile(0.9) - o.Quantile(0.1)
		if got >= width {
			t.Errorf("after %d days it is %.0f wide, before %.0f", n, got, width)
		}
		if mid := o.Quantile(0.5); n > 1 && math.Abs(mid-1000) > 120 {
			t.Errorf("after %d days the median is %.0f", n, mid)
		}
		width = got
	}
	if width > 250 {
		t.Errorf("after 60 days of 90 or 110 it is still %.0f wide", width)
	}
}

// A level that broke is followed within two weeks, and the interval is wide in the first days.
func TestABreakIsFollowed(t *testing.T) {
	before := repeated(50, 100)
	for i := range before {
		before[i] += float64(8 - 16*(i%2))
	}
	left := days(repeated(10, 0)...)
	calm := Of(days(before...), left)
	early := Of(days(append(before, repeated(3, 60)...)...), left)
	late := Of(days(append(before, repeated(10, 60)...)...), left)
	if early.Quantile(0.9)-early.Quantile(0.1) < 1.5*(calm.Quantile(0.9)-calm.Quantile(0.1)) {
		t.Errorf("three days after the break it is as sure as before")
	}
	if mid := late.Quantile(0.5); mid > 700 || mid < 550 {
		t.Errorf("ten days after the break it foretells %.0f", mid)
	}
}

func TestShortWednesdaysAndThinMonths(t *testing.T) {
	var passed []Day
	for i := range 60 {
		d := Day{Weekday: time.Weekday(1 + i%5), Phase: i % 20 / 5, Minutes: 420, Whole: 420, Count: 100 - 20*float64(i%20/5)}
		if d.Weekday == time.Wednesday {
			d.Count *= 0.5
		}
		passed = append(passed, d)
	}
	of := func(w time.Weekday, phase int) float64 {
		return Of(passed, []Day{{Weekday: w, Phase: phase, Minutes: 420, Whole: 420}}).Quantile(0.5)
	}
	if ratio := of(time.Wednesday, 0) / of(time.Tuesday, 0); ratio < 0.45 || ratio > 0.75 {
		t.Errorf("a Wednesday is %.2f of a Tuesday", ratio)
	}
	if ratio := of(time.Tuesday, 3) / of(time.Tuesday, 0); ratio < 0.35 || ratio > 0.65 {
		t.Errorf("a month's last days are %.2f of its first", ratio)
	}
}

func TestQuantilesAgreeWithChances(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var passed []Day
		for range rapid.IntRange(1, 40).Draw(t, "days") {
			whole := float64(rapid.IntRange(60, 900).Draw(t, "whole"))
			passed = append(passed, Day{
				Weekday: time.Weekday(rapid.IntRange(0, 6).Draw(t, "weekday")), Phase: rapid.IntRange(0, 3).Draw(t, "phase"),
				Whole: whole, Minutes: rapid.Float64Range(1, whole).Draw(t, "passed"), Count: float64(rapid.IntRange(0, 400).Draw(t, "count")),
			})
		}
		left := days(repeated(rapid.IntRange(0, 20).Draw(t, "left"), 0)...)
		o := Of(passed, left)
		low, mid, high := o.Quantile(0.1), o.Quantile(0.5), o.Quantile(0.9)
		if math.IsNaN(low) || low < 0 || mid < low || high < mid {
			t.Fatalf("%.2f, %.2f, %.2f", low, mid, high)
		}
		if b := o.Below(mid); mid > 1 && math.Abs(b-0.5) > 0.05 {
			t.Fatalf("below its median %.2f lies %.3f", mid, b)
		}
		// The unit of time makes no difference.
		for _, list := range [][]Day{passed, left} {
			for i := range list {
				list[i].Minutes *= 60
				list[i].Whole *= 60
			}
		}
		if again := Of(passed, left).Quantile(0.5); math.Abs(again-mid) > 0.02+mid/1e6 {
			t.Fatalf("in seconds it is %.2f, in minutes %.2f", again, mid)
		}
	})
}
