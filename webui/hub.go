package webui

import (
	"bytes"
	"context"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework/dayclose"
)

// Why a reader is said goodbye to.
const (
	byeSlow     = "slow"
	byeSession  = "session"
	byeShutdown = "shutdown"
	byeTalks    = "talks" // it says too much; in the figures and the closing frame only
)

// The types of frame beside those of dialer.ChangeType.
const (
	frameSnapshot = "snapshot"
	frameAttempt  = "attempt"
	frameList     = "list"
	frameBeat     = "beat"
	frameBye      = "bye"
	frameClose    = "close"
	frameHandoff  = "handoff"
)

// LiveSettings bound the live board. Zero fields are the defaults.
type LiveSettings struct {
	Kept      int           // frames kept for readers that come back; 2,048
	Buffer    int           // frames a reader may lag behind before it is dropped; 256
	Waiting   int           // changes that wait to be numbered; 4,096
	Beat      time.Duration // between frames that only say that the connection lives: browsers do not show pings; 10 s
	Ping      time.Duration // between pings, and between looks at the session; 20 s
	WriteWait time.Duration // for one frame to leave; 10 s
}

func (l LiveSettings) withDefaults() LiveSettings {
	if l.Kept == 0 {
		l.Kept = 2048
	}
	if l.Buffer == 0 {
		l.Buffer = 256
	}
	if l.Waiting == 0 {
		l.Waiting = 4096
	}
	if l.Beat == 0 {
		l.Beat = 10 * time.Second
	}
	if l.Ping == 0 {
		l.Ping = 20 * time.Second
	}
	if l.WriteWait == 0 {
		l.WriteWait = 10 * time.Second
	}
	return l
}

// frame is one numbered message, as kept for everyone. body is its text for those who may see all of it.
type frame struct {
	seq   uint64
	kind  string
	at    time.Time
	data  any
	heard time.Time // of the fact that led to it; zero when there was none
	body  []byte
}

func (f *frame) text(data any) []byte {
	return encode(Frame{Seq: f.seq, Type: f.kind, At: f.at, Data: data})
}

func encode(f Frame) []byte { return bytes.TrimSuffix(asJSON(f), []byte{'\n'}) }

// shown is what waits to be numbered: a change of the engine's, or data of another room part.
type shown struct {
	change dialer.Change
	kind   string // when it is no change
	data   any
}

// Hub is the engine's board: it numbers what it is shown and hands it to every reader. Show never blocks.
//
// Numbers begin at a figure made of the time of the start and go up by two: a number of an earlier start is always too
// old, and a goodbye can bear a number that no frame has.
type Hub struct {
	settings LiveSettings
	boot     string
	queue    chan shown
	lost     atomic.Bool // a change found the queue full
	server   *Server     // set once, before Run

	mu     sync.Mutex
	last   uint64 // the newest frame's number
	floor  uint64 // every frame after this number is kept
	kept   []*frame
	subs   map[*subscriber]struct{}
	closed bool
}

// NewHub returns a hub whose numbers begin at now. Wire it with New, then Run it.
func NewHub(now time.Time, l LiveSettings) *Hub {
	l = l.withDefaults()
	start := uint64(now.UnixMilli()) * 1000 //nolint:gosec // after 1970; below 2^53, which browsers count exactly, until 2255
	return &Hub{
		settings: l, boot: strconv.FormatUint(start, 36), queue: make(chan shown, l.Waiting),
		last: start, floor: start, subs: map[*subscriber]struct{}{},
	}
}

var _ dialer.Board = (*Hub)(nil)

// Show implements dialer.Board. When more changes wait than there is room for, the rest is lost, and every reader is sent
// off to come back for a new snapshot: none is left with a picture that has a hole.
func (h *Hub) Show(c dialer.Change) { h.offer(shown{change: c}) }

// publish shows data that is no change of the engine's.
func (h *Hub) publish(kind string, data any) { h.offer(shown{kind: kind, data: data}) }

func (h *Hub) offer(s shown) {
	select {
	case h.queue <- s:
	default:
		h.lost.Store(true)
	}
}

func (h *Hub) serve(s *Server) { h.server = s }

// Run numbers what is shown until ctx is done, then says goodbye to all readers.
func (h *Hub) Run(ctx context.Context) {
	defer h.Close()
	beat := time.NewTicker(h.settings.Beat)
	defer beat.Stop()
	for {
		select {
		case s := <-h.queue:
			h.take(s)
		case <-beat.C:
			h.number(frameBeat, nil, time.Time{})
		case <-ctx.Done():
			return
		}
	}
}

func (h *Hub) take(s shown) {
	if h.lost.Swap(false) {
		// What stood in line before the lost change is older than the snapshot that every reader comes back to, and would take the
		// picture there back to what was: nobody is shown it, and only what follows from it is done.
		h.follow(s.change)
		for range len(h.queue) {
			h.follow((<-h.queue).change)
		}
		h.startOver()
		return
	}
	if c, ok := s.data.(dayclose.Close); ok {
		h.server.signOff.note(c)
		s.data = h.server.dressClose(c)
	}
	if s.kind != "" {
		h.number(s.kind, s.data, time.Time{})
		return
	}
	h.follow(s.change)
	switch c := s.change; c.Type {
	case dialer.ChangeCall:
		h.number(string(c.Type), h.server.dressCall(*c.Call), c.Call.HeardAt)
	case dialer.ChangeDesk:
		h.number(string(c.Type), h.server.dressDesk(*c.Desk), time.Time{})
	case dialer.ChangeTrunk:
		h.number(string(c.Type), h.server.trunkChanged(*c.Trunk), time.Time{})
	case dialer.ChangeAlert: // one that is kept is shown when it is
		if h.server.d.Alerts == nil {
			h.number(string(c.Type), Alert{Alert: *c.Alert, At: c.At}, time.Time{})
		}
	case dialer.ChangeSettings:
		h.number(string(c.Type), SettingsChanged{Hours: h.server.hoursNow()}, time.Time{})
	case dialer.ChangeProgress, dialer.ChangeQueue: // the figures are shown when they are counted
	}
}

// follow does what follows from a change, whether or not anybody is shown it.
func (h *Hub) follow(c dialer.Change) {
	switch c.Type {
	case dialer.ChangeCall:
		if c.Call.State == dialer.Ended {
			h.server.recount.attemptChanged(c.Call.ID)
		}
	case dialer.ChangeAlert:
		h.server.alerts.take(*c.Alert, c.At)
	case dialer.ChangeProgress:
		h.server.recount.figuresChanged()
	case dialer.ChangeQueue:
		h.server.recount.queueChanged()
	case dialer.ChangeSettings: // the hours are part of every figure, the rules of every place
		h.server.recount.figuresChanged()
		h.server.recount.queueChanged()
	case dialer.ChangeDesk, dialer.ChangeTrunk:
	}
}

// number makes a frame, keeps it, and puts it before every reader. One that has no room for it is dropped.
func (h *Hub) number(kind string, data any, heard time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last += 2
	f := &frame{seq: h.last, kind: kind, at: h.server.d.Now(), data: data, heard: heard}
	f.body = f.text(data)
	h.kept = append(h.kept, f)
	if extra := len(h.kept) - h.settings.Kept; extra > 0 {
		h.floor = h.kept[extra-1].seq
		h.kept = h.kept[extra:]
	}
	for sub := range h.subs {
		select {
		case sub.frames <- f:
		default:
			h.drop(sub, byeSlow)
		}
	}
}

// startOver forgets what was kept and sends every reader for a new snapshot: something was lost.
func (h *Hub) startOver() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.log().Warn("more changes than the board could take; readers start over", "readers", len(h.subs))
	// A reader that has seen the newest number still has the hole after it: that number becomes too old as well.
	h.last += 2
	h.kept, h.floor = nil, h.last
	for sub := range h.subs {
		h.drop(sub, byeSlow)
	}
}

func (h *Hub) log() *slog.Logger { return h.server.log }

// subscriber is one reader's place: frames wait in its buffer, over is closed when it is dropped, and why says so then.
type subscriber struct {
	frames chan *frame
	over   chan struct{}
	why    string // read only after over is closed
}

// subscription is where a reader begins: after the frames of backlog when it resumes, else after a snapshot that bears
// the number at.
type subscription struct {
	*subscriber
	at      uint64
	backlog []*frame
	resumed bool
}

// subscribe gives a reader its place. since is the last number it saw, 0 for none; boot, when not empty, that of the
// snapshot it began with. Frames that come from now on wait for it, so that nothing falls between them and what it is
// told first.
func (h *Hub) subscribe(since uint64, boot string) subscription {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := subscription{
		subscriber: &subscriber{frames: make(chan *frame, h.settings.Buffer), over: make(chan struct{})},
		at:         h.last,
	}
	if h.closed {
		s.why = byeShutdown
		close(s.over)
		return s
	}
	h.subs[s.subscriber] = struct{}{}
	// A goodbye bears the number after the last: it may be given back too.
	s.resumed = since >= h.floor && since <= h.last+1 && (boot == "" || boot == h.boot)
	if s.resumed {
		s.at = since
		for i, f := range h.kept {
			if f.seq > since {
				s.backlog = append(s.backlog, h.kept[i:]...)
				break
			}
		}
	}
	return s
}

func (h *Hub) unsubscribe(s *subscriber) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.subs, s)
}

// drop ends a reader's place. Called with mu held.
func (h *Hub) drop(s *subscriber, why string) {
	delete(h.subs, s)
	s.why = why
	close(s.over)
}

// Close says goodbye to every reader and takes no new ones. Closing twice does nothing more.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for sub := range h.subs {
		h.drop(sub, byeShutdown)
	}
}
