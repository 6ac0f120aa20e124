package webui

import (
	"context"
	"log/slog"
	"sort"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kakeru/dialer"
)

// bareHub is a hub that numbers when a test says so, without a server's stores.
func bareHub(l LiveSettings) *Hub {
	h := NewHub(tuesday, l)
	s := &Server{log: slog.New(slog.DiscardHandler), names: newNames(nil), d: Deps{Now: time.Now, Hub: h}}
	s.recount = newRecounter(s)
	s.alerts = newAlertBook(s)
	h.serve(s)
	return h
}

// panelModel is what one panel knows: the numbers it saw, and from where on it must have seen every one.
type panelModel struct {
	sub   *subscriber
	since uint64 // the last number seen
	seen  []uint64
	from  []uint64 // the snapshots' numbers
}

// TestEveryReaderSeesEveryFrameOnce: whatever the order of publishing, reading, lagging, dropping and coming back, what
// a reader sees after a snapshot is every frame after its number, each once, in order.
func TestEveryReaderSeesEveryFrameOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := bareHub(LiveSettings{Kept: rapid.IntRange(1, 12).Draw(t, "kept"), Buffer: rapid.IntRange(1, 6).Draw(t, "buffer"), Waiting: 4})
		var published []uint64 // numbers of all frames
		var holes []uint64     // numbers after which something was lost
		panels := make([]panelModel, 3)
		pump := func() {
			for {
				select {
				case s := <-h.queue:
					lost, before := h.lost.Load(), h.last
					h.take(s)
					if lost {
						holes = append(holes, before)
					}
					published = append(published, h.last)
				default:
					return
				}
			}
		}
		connect := func(p *panelModel) {
			if p.sub != nil {
				return
			}
			s := h.subscribe(p.since, "")
			p.sub = s.subscriber
			if !s.resumed {
				p.since = s.at
				p.from = append(p.from, s.at)
				p.seen = append(p.seen, 0) // a mark: what was before may have a gap
			}
			for _, f := range s.backlog {
				p.read(t, f)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"publish": func(t *rapid.T) {
				for range rapid.IntRange(1, 7).Draw(t, "frames") {
					h.publish("x", nil)
				}
			},
			"number":  func(*rapid.T) { pump() },
			"connect": func(t *rapid.T) { connect(&panels[rapid.IntRange(0, 2).Draw(t, "panel")]) },
			"leave": func(t *rapid.T) {
				p := &panels[rapid.IntRange(0, 2).Draw(t, "panel")]
				if p.sub != nil {
					h.unsubscribe(p.sub)
					p.sub = nil
				}
			},
			"read": func(t *rapid.T) {
				p := &panels[rapid.IntRange(0, 2).Draw(t, "panel")]
				p.readSome(t, rapid.IntRange(1, 5).Draw(t, "frames"))
			},
			"": func(t *rapid.T) {
				for i := range panels {
					panels[i].check(t, published, holes)
				}
			},
		})
		pump()
		for i := range panels {
			connect(&panels[i])
			panels[i].readSome(t, 1000)
			connect(&panels[i]) // once more if it had been dropped
			panels[i].readSome(t, 1000)
			panels[i].check(t, published, holes)
			if last := published; len(last) > 0 && panels[i].since < last[len(last)-1] {
				t.Fatalf("panel %d stopped at %d, the newest is %d", i, panels[i].since, last[len(last)-1])
			}
		}
	})
}

func (p *panelModel) read(t *rapid.T, f *frame) {
	if f.seq <= p.since {
		t.Fatalf("frame %d after %d", f.seq, p.since)
	}
	p.since = f.seq
	p.seen = append(p.seen, f.seq)
}

// readSome reads as a websocket's writer does: a goodbye comes before what waits, and bears the next number.
func (p *panelModel) readSome(t *rapid.T, n int) {
	for ; n > 0 && p.sub != nil; n-- {
		select {
		case <-p.sub.over:
			p.sub = nil
			p.since++ // as a reader that takes the goodbye's number for a frame's
			return
		default:
		}
		select {
		case f := <-p.sub.frames:
			p.read(t, f)
		default:
			return
		}
	}
}

// check: between two marks, the numbers seen are a run of the numbers published, with nothing left out and no hole
// crossed.
func (p *panelModel) check(t *rapid.T, published, holes []uint64) {
	snapshots := -1
	at := uint64(0) // as new as this
	next := 0       // index in published of the first frame after at
	for _, seq := range p.seen {
		if seq == 0 {
			snapshots++
			at = p.from[snapshots]
			next = sort.Search(len(published), func(i int) bool { return published[i] > at })
			continue
		}
		if snapshots < 0 {
			t.Fatal("a frame before any snapshot")
		}
		if next >= len(published) || published[next] != seq {
			t.Fatalf("saw %d after %d; published %v", seq, at, published)
		}
		for _, hole := range holes {
			if at <= hole && hole < seq {
				t.Fatalf("went from %d to %d over what was lost after %d", at, seq, hole)
			}
		}
		at, next = seq, next+1
	}
}

func TestNumbersOfAnEarlierStartAreTooOld(t *testing.T) {
	first := bareHub(LiveSettings{})
	for range 5000 {
		first.number("x", nil, time.Time{})
	}
	second := NewHub(tuesday.Add(time.Second), LiveSettings{})
	for _, since := range []uint64{0, 1, first.floor, first.last, first.last + 1} {
		if second.subscribe(since, "").resumed {
			t.Errorf("a number of an earlier start, %d, was resumed at %d", since, second.last)
		}
	}
	if !second.subscribe(second.last, second.boot).resumed || second.subscribe(second.last, first.boot).resumed {
		t.Error("the boot is not minded")
	}
	if second.last >= 1<<53 {
		t.Error("browsers cannot count so far")
	}
}

func TestShowNeverBlocks(t *testing.T) {
	h := bareHub(LiveSettings{Waiting: 2}) // and nobody numbers
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 10_000 {
			h.Show(dialer.Change{Type: dialer.ChangeQueue})
		}
	}()
	select {
	case <-done:
	case <-time.After(patienceOfTests):
		t.Fatal("Show waits")
	}
	if !h.lost.Load() {
		t.Fatal("what found no room was not noticed")
	}
}

func TestClosedHubTakesNobody(t *testing.T) {
	h := bareHub(LiveSettings{})
	before := h.subscribe(0, "")
	h.Close()
	h.Close()
	after := h.subscribe(0, "")
	for _, s := range []subscription{before, after} {
		select {
		case <-s.over:
		default:
			t.Fatal("the reader was not told")
		}
		if s.why != byeShutdown {
			t.Fatalf("told %q", s.why)
		}
	}
}

// TestNothingOlderComesBehindASnapshot: once a change was lost, those that had stood in line before it are shown to nobody, since
// the last of what they tell is wrong; an alert among them is kept.
func TestNothingOlderComesBehindASnapshot(t *testing.T) {
	h := bareHub(LiveSettings{Waiting: 3})
	before := h.subscribe(0, "")
	busy, free := dialer.DeskView{ID: "desk-1", State: dialer.DeskInCall}, dialer.DeskView{ID: "desk-1", State: dialer.DeskReady}
	h.Show(dialer.Change{Type: dialer.ChangeDesk, Desk: &busy})
	h.Show(dialer.Change{Type: dialer.ChangeAlert, Alert: &dialer.Alert{Kind: "trunk_down"}})
	h.Show(dialer.Change{Type: dialer.ChangeDesk, Desk: &busy})
	h.Show(dialer.Change{Type: dialer.ChangeDesk, Desk: &free}) // finds no room
	h.take(<-h.queue)
	if before.why != byeSlow || len(before.frames) != 0 {
		t.Fatalf("a reader was told %q and has %d frames", before.why, len(before.frames))
	}
	after := h.subscribe(before.at, "")
	if after.resumed || len(h.queue) != 0 || len(h.kept) != 0 {
		t.Fatalf("resumed %v, %d changes wait and %d frames are kept, all older than what was lost", after.resumed, len(h.queue), len(h.kept))
	}
	if alerts := h.server.alerts.of(viewer{role: dialer.RoleSupervisor}); len(alerts) != 1 {
		t.Fatalf("alerts %+v", alerts)
	}
}

// TestABeatSaysThatTheConnectionLives: while nothing happens every reader still hears something.
func TestABeatSaysThatTheConnectionLives(t *testing.T) {
	h := bareHub(LiveSettings{Beat: time.Millisecond})
	reader := h.subscribe(0, "")
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); h.Run(ctx) }()
	first, second := <-reader.frames, <-reader.frames
	stop()
	<-done
	if first.kind != frameBeat || second.seq <= first.seq || first.seq <= reader.at {
		t.Fatalf("%s %d, then %d, after %d", first.kind, first.seq, second.seq, reader.at)
	}
	for _, role := range dialer.Roles {
		if _, _, ok := (viewer{role: role}).see(first); !ok {
			t.Errorf("%s does not hear it", role)
		}
	}
}
