package media

import "testing"

func TestListenerTellsSoundFromSilence(t *testing.T) {
	from, to := newPeer(t), newPeer(t)
	ear := NewListener(to.rtp)
	done := make(chan struct{})
	go func() { defer close(done); ear.Run() }()
	s := NewSender(from.rtp)
	for _, c := range []struct {
		formats string
		source  Source
		loud    uint64
	}{
		{"0", DialTone.Source(), 3},
		{"8", DialTone.Source(), 6},
		{"8", Silence.Source(), 6},
		{"0", Silence.Source(), 6},
	} {
		far, err := Parse(to.sdp(c.formats))
		if err != nil {
			t.Fatal(err)
		}
		s.Target(far)
		s.Run(t.Context(), For(3*Frame, c.source))
		until(t, "all heard", func() bool { return ear.Packets() == s.Sent() })
		if ear.Loud() != c.loud {
			t.Errorf("%s: %d loud packets of %d, want %d", c.formats, ear.Loud(), ear.Packets(), c.loud)
		}
	}
	if ear.Last().IsZero() {
		t.Error("no time of the last packet")
	}
	to.rtp.Close()
	<-done
}
