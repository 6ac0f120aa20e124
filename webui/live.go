package webui

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/webui/auth"
)

const (
	// readLimit is more than any message of a panel's: it has nothing to say.
	readLimit = 1024
	// snapshotWait is how long a snapshot waits for the ledger before it comes without what only the ledger knows.
	snapshotWait = time.Second
	// recentShown is how many attempts a snapshot shows.
	recentShown = 20
)

const liveRoute = "GET /api/live"

func (s *Server) liveRoutes() {
	s.plain(liveRoute, s.live)
	s.describeLive()
}

// live is the board's websocket: a snapshot or what was missed, then every frame this viewer may see.
func (s *Server) live(w http.ResponseWriter, r *http.Request, v visitor) {
	s.connect(w, r, v, func(reader *reader, since uint64) { reader.serve(since, r.URL.Query().Get("boot")) })
}

// connect opens a websocket as far as it may be, has it served, and waits until its far end is gone.
func (s *Server) connect(w http.ResponseWriter, r *http.Request, v visitor, serve func(reader *reader, since uint64)) {
	s.readers.Add(1)
	defer s.readers.Done()
	since, p := s.checkLive(r)
	if p != nil {
		writeProblem(w, p)
		return
	}
	leave, ok := s.seats.take(v)
	if !ok {
		writeProblem(w, errTooManySockets)
		return
	}
	defer leave()
	// With a buffer of its own it reads by the connection that it is given, and not by what net/http had of it.
	upgrader := websocket.Upgrader{CheckOrigin: s.sameOrigin, HandshakeTimeout: headerWait, ReadBufferSize: readLimit}
	conn, err := upgrader.Upgrade(sparing{w, s.d.Hub.settings.Ping}, r, nil)
	if err != nil {
		return // the upgrader has answered
	}
	defer func() { s.uses.note(v.Token, s.d.Now()) }() // what was refused was no use of the screen
	reader := &reader{s: s, conn: conn, visitor: v, viewer: viewerOf(v), gone: make(chan struct{})}
	s.metrics.readers.Inc()
	defer s.metrics.readers.Dec()
	go reader.listen()
	serve(reader, since)
	_ = conn.Close()
	<-reader.gone
}

// checkLive says what is wrong with a request for the websocket.
func (s *Server) checkLive(r *http.Request) (since uint64, p *Problem) {
	if !s.sameOrigin(r) {
		return 0, errForeign
	}
	if !websocket.IsWebSocketUpgrade(r) {
		return 0, newProblem(http.StatusUpgradeRequired, ruleInvalid, "WebSocket で接続してください", "connect with a websocket")
	}
	text := r.URL.Query().Get("since")
	if text == "" {
		return 0, nil
	}
	since, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, invalid("since", "bad_type", "since は番号で指定してください", "since is the number of a frame")
	}
	return since, nil
}

// sameOrigin reports whether a request comes from a page of this server, by what browsers say of it in two ways. Programs other
// than browsers name no origin; a browser always does, and no page can keep it from that.
func (s *Server) sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		return false
	}
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return true
	}
	u, err := url.Parse(origins[0])
	if err != nil || len(origins) > 1 || u.Host == "" || !strings.EqualFold(u.Host, r.Host) {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && !s.d.Auth.SecureCookie
}

// reader is one panel's websocket. Only serve writes to it, only listen reads.
type reader struct {
	s       *Server
	conn    *websocket.Conn
	visitor visitor
	viewer  viewer
	gone    chan struct{} // closed when the far end is gone, or the connection closed
	sent    uint64        // the newest number sent
}

// listen reads until the far end is gone. It is what notices.
func (r *reader) listen() {
	defer close(r.gone)
	// The far end answers pings; after two of them unanswered it is gone.
	patience := 2*r.s.d.Hub.settings.Ping + r.s.d.Hub.settings.WriteWait
	alive := func(string) error { return r.conn.SetReadDeadline(time.Now().Add(patience)) }
	r.conn.SetReadLimit(readLimit)
	_ = alive("")
	said := newSayLimit(r.s.d.Hub.settings.Ping)
	// gorilla calls these from within NextReader, whose error ends the connection.
	within := func() error {
		if !said.Allow() {
			return errTalksTooMuch
		}
		return nil
	}
	answer := r.conn.PingHandler()
	r.conn.SetPingHandler(func(data string) error { return errors.Join(within(), answer(data)) })
	r.conn.SetPongHandler(func(data string) error { return errors.Join(within(), alive(data)) })
	for {
		_, _, err := r.conn.NextReader()
		if err == nil {
			err = within()
		}
		if err == nil {
			continue
		}
		if errors.Is(err, errTalksTooMuch) {
			r.s.metrics.dropped.WithLabelValues(byeTalks).Inc()
			policy := websocket.FormatCloseMessage(websocket.ClosePolicyViolation, byeTalks)
			_ = r.conn.WriteControl(websocket.CloseMessage, policy, time.Now().Add(r.s.d.Hub.settings.WriteWait))
			_ = r.conn.Close() // whoever floods does not wait for it either
		}
		return
	}
}

// errTalksTooMuch is a panel's websocket by which too much is said.
var errTalksTooMuch = errors.New("the far end says too much")

// serve writes frames until the reader leaves or is said goodbye to.
func (r *reader) serve(since uint64, boot string) {
	ended, forget := r.s.keeper.Ended(r.visitor.Token)
	defer forget()
	sub := r.s.d.Hub.subscribe(since, boot)
	defer r.s.d.Hub.unsubscribe(sub.subscriber)
	r.sent = sub.at
	if !r.begin(sub) {
		return
	}
	tick := time.NewTicker(r.s.d.Hub.settings.Ping)
	defer tick.Stop()
	for {
		select { // a goodbye comes before frames that wait
		case <-sub.over:
			r.bye(sub.why)
			return
		default:
		}
		select {
		case f := <-sub.frames:
			if !r.send(f, true) {
				return
			}
			if f.kind == frameClose && r.sessionOver() {
				r.bye(byeSession)
				return
			}
		case <-sub.over:
		case <-tick.C:
			if r.sessionOver() {
				r.bye(byeSession)
				return
			}
			if err := r.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(r.s.d.Hub.settings.WriteWait)); err != nil {
				return
			}
		case <-ended:
			r.bye(byeSession)
			return
		case <-r.gone:
			return
		}
	}
}

// begin sends what a reader is told first.
func (r *reader) begin(sub subscription) bool {
	for _, f := range sub.backlog {
		if !r.send(f, false) {
			return false
		}
	}
	if sub.resumed {
		return true
	}
	body := encode(Frame{Seq: sub.at, Type: frameSnapshot, At: r.s.d.Now(), Data: r.s.snapshot(r.viewer)})
	return r.write(body)
}

// send writes a frame as this viewer may see it; ok is false when the connection is of no more use.
func (r *reader) send(f *frame, fresh bool) (ok bool) {
	data, whole, seen := r.viewer.see(f)
	if !seen {
		return true
	}
	body := f.body
	if !whole {
		body = f.text(data)
	}
	if !r.write(body) {
		return false
	}
	r.sent = f.seq
	if fresh && !f.heard.IsZero() {
		r.s.metrics.eventToPanel.Observe(r.s.d.Now().Sub(f.heard).Seconds())
	}
	return true
}

func (r *reader) write(body []byte) bool {
	_ = r.conn.SetWriteDeadline(time.Now().Add(r.s.d.Hub.settings.WriteWait))
	return r.conn.WriteMessage(websocket.TextMessage, body) == nil
}

// bye says why no more frames come. Its number follows the last one sent and is no frame's: given back as since, it
// leaves nothing out.
func (r *reader) bye(why string) {
	r.s.metrics.dropped.WithLabelValues(why).Inc()
	if !r.write(encode(Frame{Seq: r.sent + 1, Type: frameBye, At: r.s.d.Now(), Data: Bye{Reason: why}})) {
		return
	}
	code := websocket.CloseNormalClosure
	if why == byeShutdown {
		code = websocket.CloseServiceRestart
	}
	_ = r.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, why), time.Now().Add(r.s.d.Hub.settings.WriteWait))
}

// sessionOver reports whether whoever reads may no longer, or has another role now and must see other things.
func (r *reader) sessionOver() bool {
	ctx, cancel := context.WithTimeout(context.Background(), snapshotWait)
	defer cancel()
	session, err := r.s.keeper.Check(ctx, r.visitor.Token)
	if err != nil {
		return errors.Is(err, auth.ErrSignedOut)
	}
	if r.s.signedOff(ctx, session) {
		r.s.endOfDay(ctx, session)
		return true
	}
	return session.User.Role != r.visitor.User.Role
}

// snapshot is everything a viewer may see now. What only the ledger knows is left out while it is away.
func (s *Server) snapshot(v viewer) Snapshot {
	out := Snapshot{
		Desks: s.desksFor(v), Calls: s.callsFor(v), Progress: s.recount.progress(), Hours: s.hoursNow(),
		Recent: s.recent(v), Alerts: s.alerts.of(v), Boot: s.d.Hub.boot,
	}
	if _, _, ok := v.see(&frame{data: QueueChanged{}}); ok {
		out.Depth = s.recount.depth()
	}
	trunks := s.d.Trunks.Trunks()
	if v.seesTrunks() {
		out.Trunks = trunks
	}
	if v.seesLine() {
		up := lineUp(trunks)
		out.LineUp = &up
	}
	return out
}

// recent lists the last attempts that a viewer may see, newest first.
func (s *Server) recent(v viewer) []Attempt {
	out := []Attempt{}
	if v.role == dialer.RoleAdmin {
		return out
	}
	ctx, cancel := context.WithTimeout(context.Background(), snapshotWait)
	defer cancel()
	filter := casework.AttemptFilter{Limit: recentShown}
	if v.role == dialer.RoleOperator {
		filter.Operator, filter.From = v.user, dialer.DateOf(s.d.Now()).At(0)
	}
	list, _, err := s.d.Results.Attempts(ctx, filter)
	if err != nil {
		s.log.Warn("a snapshot is without the last attempts", "err", err)
	}
	for _, a := range list {
		if seen, ok := v.attempt(withoutNote(s.dressAttempt(a))); ok && len(out) < recentShown {
			out = append(out, seen)
		}
	}
	return out
}
