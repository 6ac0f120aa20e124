package sip

import (
	"slices"
	"sync"
	"testing"

	"github.com/emiago/sipgo/sip"
	"pgregory.net/rapid"
)

func TestSerialKeepsTheOrderOfEachPoster(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var (
			c    crew
			s    = serial{crew: &c}
			seen = map[int][]int{} // by poster; only the posted functions touch it
			work sync.WaitGroup
		)
		posters, each := rapid.IntRange(1, 5).Draw(t, "posters"), rapid.IntRange(0, 50).Draw(t, "each")
		for p := range posters {
			work.Go(func() {
				for i := range each {
					s.post(func() { seen[p] = append(seen[p], i) })
				}
			})
		}
		work.Wait()
		c.dismiss()
		for p := range posters {
			if len(seen[p]) != each || !slices.IsSorted(seen[p]) {
				t.Fatalf("poster %d: %v", p, seen[p])
			}
		}
		if s.post(func() { t.Fatal("ran after the crew was dismissed") }) {
			t.Fatal("post said that it would run")
		}
	})
}

func TestWhatIsPostedFromWithinRunsLater(t *testing.T) {
	var c crew
	s := serial{crew: &c}
	order, done := []int{}, make(chan bool)
	s.post(func() {
		s.post(func() { order = append(order, 2); close(done) })
		order = append(order, 1)
	})
	within(t, done, "both")
	c.dismiss()
	if !slices.Equal(order, []int{1, 2}) {
		t.Errorf("%v", order)
	}
}

func TestLanesLiveWhileTheyAreHeld(t *testing.T) {
	a := &Agent{lanes: map[string]*lane{}}
	first := a.lane("x")
	if a.lane("x") != first || a.lane("y") == first {
		t.Error("one Call-ID has one lane")
	}
	first.release()
	if a.lane("x") != first {
		t.Error("the lane was dropped while it was held")
	}
	first.release()
	first.release()
	if len(a.lanes) != 1 || a.lane("x") == first {
		t.Error("a lane that nobody holds is kept")
	}
}

// Whatever comes from outside is judged and answered without harm, and every answer can be parsed.
func FuzzAnswersToStrangers(f *testing.F) {
	p := peer{}
	f.Add([]byte(p.outside("OPTIONS", "c")))
	f.Add([]byte(p.outside("INVITE", "c", "From: <sip:a@b>", "Contact: *")))
	f.Add([]byte("BYE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\nCall-ID: 1\r\nCSeq: 1 BYE\r\n\r\n"))
	f.Add([]byte("REGISTER sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nTo: <tel:1>\r\nFrom: a\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := sip.ParseMessage(data)
		if err != nil {
			return
		}
		m.SetSource("192.0.2.1:5060")
		switch m := m.(type) {
		case *sip.Request:
			w := answer{status: 481}
			if fault := faultOf(m); fault != nil {
				w = *fault
			}
			if m.Via() == nil {
				return
			}
			if !answerAddress(m).IsValid() {
				t.Error("an answer without an address")
			}
			text := w.respond(m, statelessTag(m)).String()
			if _, err := sip.ParseMessage([]byte(text)); err != nil && faultOf(m) == nil {
				t.Errorf("our answer cannot be parsed: %v\n%s", err, text)
			}
		case *sip.Response:
			if m.From() != nil && m.To() != nil && m.CallID() != nil && m.CSeq() != nil && m.Via() != nil {
				if d, ok := dialogOf(m, sourceOf(m)); ok {
					_, _ = d.request(sip.BYE, 2).build()
				}
			}
		}
	})
}
