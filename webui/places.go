package webui

import (
	"context"
	"net/http"
	"slices"

	"kakeru/dialer"
)

// placesEach is how many connections one person keeps that give way to nobody, from all addresses together: without a bound one account would
// take a shared address from all who work there. A browser has six for all its tabs, and one more for each tab's live board, of which a
// person may have sixteen.
const placesEach = 32

// holder is who has shown on a connection that they are signed in.
type holder struct {
	who   dialer.UserID // a person, or a screen on the wall
	token string
	ended func() (over <-chan struct{}, forget func()) // tells when the token is good for nothing any more
}

// stay is all connections that one token keeps.
type stay struct {
	of   map[*passer]struct{}
	left chan struct{} // closed when it keeps none any more
}

// keep has a connection give way to nobody, as long as its holder's token is good and they have no more than their share of places.
func (t *turnstile) keep(p *passer, h holder) {
	if now := p.keeper.Load(); now != nil && now.token == h.token {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.free(p)
	if p.from == nil || t.kept[h.who] >= placesEach {
		return
	}
	s := t.stays[h.token]
	if s == nil {
		s = &stay{of: map[*passer]struct{}{}, left: make(chan struct{})}
		t.stays[h.token] = s
		over, forget := h.ended()
		go t.await(s, over, forget)
	}
	s.of[p] = struct{}{}
	t.kept[h.who]++
	p.keeper.Store(&h)
	t.hold(p)
}

// await frees what a token keeps when it is over: whoever is put out would hold it for ever otherwise, by asking for what needs no session.
func (t *turnstile) await(s *stay, over <-chan struct{}, forget func()) {
	defer forget()
	select {
	case <-s.left:
	case <-over:
		t.mu.Lock()
		defer t.mu.Unlock()
		for p := range s.of {
			t.free(p)
		}
	}
}

// free has a connection give way again. It needs t.mu.
func (t *turnstile) free(p *passer) {
	h := p.keeper.Swap(nil)
	if h == nil {
		return
	}
	if t.kept[h.who]--; t.kept[h.who] == 0 {
		delete(t.kept, h.who)
	}
	s := t.stays[h.token]
	if delete(s.of, p); len(s.of) == 0 {
		delete(t.stays, h.token)
		close(s.left)
	}
	t.loosen(p)
}

func passerOf(ctx context.Context) *passer {
	p, _ := ctx.Value(passerKey{}).(*passer)
	return p
}

// keepsPlace is told of a request by somebody who is signed in.
func keepsPlace(ctx context.Context, h holder) {
	if p := passerOf(ctx); p != nil {
		p.door.keep(p, h)
	}
}

// losesPlace is told of a request by somebody who is not.
func losesPlace(ctx context.Context) {
	if p := passerOf(ctx); p != nil {
		p.door.mu.Lock()
		defer p.door.mu.Unlock()
		p.door.free(p)
	}
}

// placed takes a place from a connection by which something is asked without the token that keeps it: a proxy's goes from one to the next.
func (s *Server) placed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := passerOf(r.Context()); p != nil {
			if h := p.keeper.Load(); h != nil && !slices.Contains([]string{s.keeper.Token(r), s.keeper.DisplayToken(r)}, h.token) {
				losesPlace(r.Context())
			}
		}
		next.ServeHTTP(w, r)
	})
}

// holder is who makes a request, as the door knows them.
func (s *Server) holder(v visitor) holder {
	if v.display.ID != "" {
		return holder{wallUser(v.display), v.Token, func() (<-chan struct{}, func()) { return s.walls.watch(v.display.ID) }}
	}
	return holder{v.User.ID, v.Token, func() (<-chan struct{}, func()) { return s.keeper.Ended(v.Token) }}
}
