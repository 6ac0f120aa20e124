package sip

import (
	"crypto/rand"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

const (
	defaultExpires = time.Hour
	// bindingsKept bounds what one account can have us remember.
	bindingsKept = 4
)

// registrar knows where the desk phones are (RFC 3261 §10.3). Bindings exist for configured accounts only.
type registrar struct {
	agent   *Agent
	nonces  *nonces
	guesses guesses
	often   *buckets[guess]
	warned  *buckets[guess]
	seats   map[dialer.DeskID]*seat // never changed, only the seats are

	keeper serial                   // writes the bindings down and tells where phones are; calls are announced meanwhile
	told   map[dialer.DeskID]string // what Config.Where was told last; only the keeper touches it

	noSecret    string // of users without an account
	firstSHA256 bool   // what the first account is offered

	mu    sync.Mutex
	ended bool
	owed  bool   // the bindings have changed, and the keeper has not yet looked at them
	last  []kept // how they stood at the end, if they are owed still
}

// seat is a desk and where its phone can be found. What follows desk is guarded by registrar.mu.
type seat struct {
	desk     Desk
	bindings []*binding   // the newest last
	known    bool         // false for a phone at a fixed address that was not asked yet
	up       bool         // as last told
	lost     []lostFlow   // that its phone once had
	been     []netip.Addr // where its phone has been, the latest last
	sought   []place      // where it was looked for (rooms.go)
}

// binding is one contact of a phone.
type binding struct {
	uri     string
	path    []string // the proxies its REGISTER came by, the nearest to us first (RFC 3327): so must what goes to it
	at      place    // where the REGISTER came from: without a path, the one address that surely reaches the phone
	behind  bool     // uri says another address
	moved   bool     // its connection has ended, and at is where its Contact says that it listens: nobody has come from there
	expires time.Time
	callID  string
	cseq    uint32
	asked   int  // how many OPTIONS it was sent, or needed no more
	silent  bool // it no longer answers OPTIONS
	expiry  *time.Timer
	probe   *time.Timer
}

func newRegistrar(a *Agent) *registrar {
	r := &registrar{
		agent: a, nonces: newNonces(a.cfg.Realm), guesses: guesses{newBuckets[guess](guessRate, guessBurst)}, often: newBuckets[guess](registerRate, registerBurst),
		warned: newBuckets[guess](warnRate, warnBurst), seats: map[dialer.DeskID]*seat{}, told: map[dialer.DeskID]string{}, noSecret: rand.Text(),
	}
	r.keeper.crew = &a.crew
	if i := slices.IndexFunc(a.cfg.Desks, Desk.registers); i >= 0 {
		r.firstSHA256 = a.cfg.Desks[i].SHA256
	}
	for _, d := range a.cfg.Desks {
		r.seats[d.ID] = &seat{desk: d, known: d.registers()}
	}
	return r
}

// account finds the seat of a user name.
func (r *registrar) account(user string) *seat {
	for _, s := range r.seats {
		if s.desk.registers() && s.desk.Account == user {
			return s
		}
	}
	return nil
}

// nobody stands in for a user without an account. Such a one is challenged and checked like anybody, against a secret that
// nobody has: who has an account here is not told.
func (r *registrar) nobody(user string) *seat {
	return &seat{desk: Desk{Account: user, Password: r.noSecret, SHA256: r.firstSHA256}}
}

// take answers a REGISTER.
func (r *registrar) take(l *lane, req *sip.Request) {
	a := r.agent
	user := req.To().Address.User
	s := r.account(user)
	if s == nil {
		s = r.nobody(user)
	}
	if no := r.unproven(s, req); no != nil {
		a.refuse(req, *no)
		return
	}
	if no := r.tooMany(s.desk.ID, req); no != nil {
		a.refuse(req, *no)
		return
	}
	tx := l.open(req, serverKey(req))
	if err := tx.Respond(r.bind(s, req).respond(req, newTag())); err != nil {
		a.log.Warn("sip: an answer could not be sent", "err", err)
	}
}

// unproven is nil for a request that shows the secret of a seat's phone (RFC 3261 §22.1), else how it is answered.
func (r *registrar) unproven(s *seat, req *sip.Request) *answer {
	a := r.agent
	who := asker{sourceOf(req).Addr(), a.cfg.Now()}
	given := r.nonces.given(digestsIn(req))
	if given == "" {
		no := r.nonces.challenge(who, s.desk.SHA256, false)
		return &no
	}
	of := guess{s.desk.ID, who.from, r.trait(s, req)}
	if r.guessed(of, who.at) {
		return &answer{status: sip.StatusForbidden}
	}
	switch verdict := r.nonces.check(given, string(req.Method), s.desk, who); verdict {
	case right:
		return nil
	case stale:
		no := r.nonces.challenge(who, s.desk.SHA256, true)
		return &no
	default:
		return r.denied(of, who.at, verdict == wrong)
	}
}

// bind changes the seat's bindings as an authenticated REGISTER asks: all of it, or nothing (§10.3 steps 6 to 8).
func (r *registrar) bind(s *seat, req *sip.Request) answer {
	path, fault := pathOf(req)
	if fault != nil {
		r.agent.log.Warn("sip: a phone registers by way of a proxy that adds Path, and is refused: have the phone say that it "+
			"supports path (often called outbound), or the proxy leave Path out", "desk", s.desk.ID, "status", fault.status)
		return *fault
	}
	if !r.agent.mayBeAt(path, sourceOf(req)) {
		r.agent.log.Warn("sip: a phone registers as if it were somewhere else, and is refused: its Path must begin with the proxy that sends us "+
			"the REGISTER, and no phone is at a trunk", "desk", s.desk.ID)
		return answer{status: sip.StatusForbidden, reason: "Forbidden: Path must begin with the proxy that this comes from"}
	}
	wishes, star, fault := r.wishes(req)
	if fault != nil {
		return *fault
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var proven []place
	if len(path) > 0 {
		proven = r.proven(s)
	}
	for _, w := range wishes {
		if w.life == 0 {
			continue // it claims nothing
		}
		if why := r.misclaimed(s, w.binding(path, req), proven); why != "" {
			r.agent.log.Warn("sip: a phone registers as if it were somewhere or somebody else, and is refused", "desk", s.desk.ID, "why", why)
			return answer{status: sip.StatusForbidden, reason: "Forbidden: " + why}
		}
	}
	s.remember(sourceOf(req).Addr())
	callID, cseq := req.CallID().Value(), req.CSeq().SeqNo
	for _, b := range s.bindings {
		if b.callID == callID && cseq <= b.cseq && (star || slices.ContainsFunc(wishes, func(w wish) bool { return w.uri == b.uri })) {
			return answer{status: sip.StatusInternalServerError, reason: "CSeq out of order"}
		}
	}
	if star {
		for _, b := range slices.Clone(s.bindings) {
			r.remove(s, b)
		}
	}
	for _, w := range wishes {
		r.fulfil(s, w, path, req)
	}
	r.keep()
	r.tellChange(s)
	w := r.listing(s)
	for _, hop := range path { // the phone sees who is on the way (RFC 3327 §5.3)
		w.extras = append(w.extras, extra{"Path", hop})
	}
	return w
}

// fulfil adds, renews or removes one binding. It needs r.mu.
func (r *registrar) fulfil(s *seat, w wish, path []string, req *sip.Request) {
	for _, b := range slices.Clone(s.bindings) {
		if b.uri == w.uri {
			r.remove(s, b)
			if b.at.flow {
				s.lose(b.at, b.callID)
			}
		}
	}
	if w.life == 0 || r.ended {
		return
	}
	b := w.binding(path, req)
	b.expires = r.agent.cfg.Now().Add(w.life)
	b.expiry = time.AfterFunc(w.life, func() { r.lapse(s, b) })
	r.probeLater(s, b)
	s.bindings = append(s.bindings, b)
	if len(s.bindings) > bindingsKept {
		r.remove(s, s.bindings[0])
	}
}

// remove needs r.mu.
func (r *registrar) remove(s *seat, b *binding) {
	for _, t := range []*time.Timer{b.expiry, b.probe} {
		if t != nil {
			t.Stop()
		}
	}
	s.bindings = slices.DeleteFunc(s.bindings, func(other *binding) bool { return other == b })
}

// lapse removes a binding that was not renewed.
func (r *registrar) lapse(s *seat, b *binding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.remove(s, b)
	r.tellChange(s)
}

// listing is the 200 with what is bound now (§10.3 step 8).
func (r *registrar) listing(s *seat) answer {
	w := answer{status: sip.StatusOK}
	for _, b := range s.bindings {
		left := max(0, int(b.expires.Sub(r.agent.cfg.Now()).Seconds()+0.5))
		w.extras = append(w.extras, extra{"Contact", fmt.Sprintf("<%s>;expires=%d", b.uri, left)})
	}
	return w
}

// tellChange reports a seat's coming and going. It needs r.mu, which keeps the reports in order.
func (r *registrar) tellChange(s *seat) {
	_, up := s.newest()
	if r.ended || !s.known || up == s.up {
		return
	}
	s.up = up
	r.agent.cameOrWent(s.desk.ID, up)
}

// newest is the binding to ring: of those that answer, the last that was made or renewed. It needs registrar.mu.
func (s *seat) newest() (binding, bool) {
	for _, b := range slices.Backward(s.bindings) {
		if !b.silent {
			return *b, true
		}
	}
	return binding{}, false
}

func (r *registrar) newest(id dialer.DeskID) (binding, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seats[id].newest()
}

// registered is nil when nothing can be known.
func (r *registrar) registered(id dialer.DeskID) *bool {
	s := r.seats[id]
	if s == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !s.known {
		return nil
	}
	_, up := s.newest()
	return &up
}

// bound reports whether a desk's phone is registered from an address.
func (r *registrar) bound(desk dialer.DeskID, addr netip.Addr) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.seats[desk]
	return s != nil && slices.ContainsFunc(s.bindings, func(b *binding) bool { return b.at.Addr() == addr })
}

// counts is how many desk phones can be rung, and how many cannot, of those that we can know of.
func (r *registrar) counts() (up, down int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.seats {
		switch _, ok := s.newest(); {
		case !s.known:
		case ok:
			up++
		default:
			down++
		}
	}
	return up, down
}

// stop ends all timers.
func (r *registrar) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.owed {
		r.last = r.snapshot()
	}
	r.ended = true
	for _, s := range r.seats {
		for _, b := range slices.Clone(s.bindings) {
			r.remove(s, b)
		}
	}
}
