package media

import (
	"context"
	"testing"
	"time"

	"kakeru/dialer/dialertest/bubble"
)

func TestPaceDoesNotDrift(t *testing.T) {
	bubble.Run(t, func(t *testing.T) {
		start := time.Now()
		n := 0
		pace(t.Context().Done(), func(now time.Time) bool {
			if late := now.Sub(start.Add(time.Duration(n) * Frame)); late < 0 || late > 15*time.Millisecond {
				t.Fatalf("tick %d is %v late", n, late)
			}
			n++
			time.Sleep(15 * time.Millisecond) // the work of a tick must not add up
			return n < 1000
		})
		if took := time.Since(start); took > 999*Frame+15*time.Millisecond {
			t.Errorf("1000 ticks took %v", took)
		}
	})
}

func TestPaceCatchesUpAfterAStall(t *testing.T) {
	bubble.Run(t, func(t *testing.T) {
		start := time.Now()
		n := 0
		pace(t.Context().Done(), func(time.Time) bool {
			if n == 10 {
				time.Sleep(10 * Frame)
			}
			n++
			return n < 100
		})
		if took := time.Since(start); took != 99*Frame {
			t.Errorf("100 ticks took %v, want %v", took, 99*Frame)
		}
	})
}

func TestSenderPlaysItsSource(t *testing.T) {
	from, to := newPeer(t), newPeer(t)
	far, err := Parse(to.sdp("8"))
	if err != nil {
		t.Fatal(err)
	}
	s := NewSender(from.rtp)
	s.Run(t.Context(), For(2*Frame, DialTone.Source())) // no target yet: unsent
	s.Target(far)
	s.Run(t.Context(), For(3*Frame, DialTone.Source()))
	if s.Sent() != 3 {
		t.Errorf("sent %d packets", s.Sent())
	}
	first := to.receive()
	for i := range uint16(2) {
		got := to.receive()
		if got.SequenceNumber != first.SequenceNumber+1+i || got.SSRC != first.SSRC || got.PayloadType != 8 || got.Marker {
			t.Errorf("packet %d: %v, first %v", i+1, got.Header, first.Header)
		}
	}
	if !first.Marker || len(first.Payload) != frameSamples {
		t.Errorf("first: %v", first)
	}
}

func TestSenderKeepsStillWhenHeld(t *testing.T) {
	from, to := newPeer(t), newPeer(t)
	held, err := Parse(to.sdp("0", "a=sendonly"))
	if err != nil {
		t.Fatal(err)
	}
	s := NewSender(from.rtp)
	s.Target(held)
	ctx, cancel := context.WithTimeout(t.Context(), 3*Frame)
	defer cancel()
	s.Run(ctx, Silence.Source())
	if s.Sent() != 0 {
		t.Errorf("sent %d packets", s.Sent())
	}
}
