package fleet

import (
	"cmp"
	"slices"
	"time"

	"kakeru/dialer"
)

// other is what another node has shown.
type other struct {
	life  Life
	n     uint64 // the last that was heard of what it published
	desks map[dialer.DeskID]dialer.DeskView
	calls map[dialer.CallID]dialer.CallView
}

// heard takes what another node has published.
func (f *Fleet) heard(m Message) {
	s, err := read(m.Body)
	if err != nil {
		f.log.Warn("a message of another node cannot be read", "other", m.From.Node, "err", err)
		return
	}
	if m.From.Node == f.d.ID {
		return
	}
	missed, old := f.follows(m.From, s.N)
	if old {
		return
	}
	if missed {
		f.gap()
	}
	switch {
	case s.Who:
		f.lost.raise()
		f.wake() // whoever asks may be new
	case s.Look:
		f.wake()
	case s.Snapshot != nil:
		f.takePicture(m.From, *s.Snapshot)
	case s.Change != nil:
		c := s.Change.Change
		if c.Call != nil {
			c.Call.Quality = s.Change.Quality
		}
		f.takeChange(m.From, c)
	}
}

// follows says whether something that the life published before the nth was missed, and whether the nth was heard before: a life counts what
// it publishes, and it comes in that order, so what comes again was put there by somebody else.
func (f *Fleet) follows(from Life, n uint64) (missed, old bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	o := f.others[from.Node]
	if o == nil || o.life.Epoch < from.Epoch {
		o = &other{life: from, n: n, desks: map[dialer.DeskID]dialer.DeskView{}, calls: map[dialer.CallID]dialer.CallView{}}
		f.others[from.Node] = o
		return n > 1, false
	}
	if o.life != from { // a dead life's last words
		return false, false
	}
	if n <= o.n {
		return false, true
	}
	missed = n > o.n+1
	o.n = n
	return missed, false
}

// gap asks everybody to show all there is: something may have been missed.
func (f *Fleet) gap() {
	f.offer(said{Who: true})
}

// takeChange shows here what happened there.
func (f *Fleet) takeChange(from Life, c dialer.Change) {
	f.mu.Lock()
	o := f.others[from.Node]
	if o == nil || o.life != from {
		f.mu.Unlock()
		return
	}
	switch {
	case c.Call != nil && c.Call.State == dialer.Ended:
		delete(o.calls, c.Call.ID)
	case c.Call != nil:
		o.calls[c.Call.ID] = *c.Call
	case c.Desk != nil:
		f.hasDesk(o, *c.Desk)
	}
	f.mu.Unlock()
	f.d.Board.Show(c)
}

// hasDesk needs mu: a desk is where it was shown last.
func (f *Fleet) hasDesk(at *other, v dialer.DeskView) {
	for _, o := range f.others {
		delete(o.desks, v.ID)
	}
	at.desks[v.ID] = v
}

// takePicture sets right what is known of a node, and shows what is new.
func (f *Fleet) takePicture(from Life, s snapshot) {
	now := f.d.Now()
	var news []dialer.Change
	f.mu.Lock()
	o := f.others[from.Node]
	if o == nil || o.life != from {
		f.mu.Unlock()
		return
	}
	live := map[dialer.CallID]dialer.CallView{}
	for _, c := range s.Calls {
		v := c.view()
		live[v.ID] = v
		news = append(news, dialer.Change{Type: dialer.ChangeCall, At: now, Call: &v})
	}
	for id, v := range o.calls {
		if _, still := live[id]; !still {
			news = append(news, ended(v, now))
		}
	}
	o.calls = live
	clear(o.desks)
	for _, v := range s.Desks {
		f.hasDesk(o, v)
		news = append(news, dialer.Change{Type: dialer.ChangeDesk, At: now, Desk: &v})
	}
	f.mu.Unlock()
	for _, c := range news {
		f.d.Board.Show(c)
	}
	// What happened between the two pictures is in the ledger.
	f.d.Board.Show(dialer.Change{Type: dialer.ChangeProgress, At: now})
	f.d.Board.Show(dialer.Change{Type: dialer.ChangeQueue, At: now})
}

// ended is the last that is seen of a call whose end was not told. What came of it, the ledger says.
func ended(v dialer.CallView, at time.Time) dialer.Change {
	v.State, v.EndedAt = dialer.Ended, at
	return dialer.Change{Type: dialer.ChangeCall, At: at, Call: &v}
}

// forgetDead takes off the board what a node showed whose life is over.
func (f *Fleet) forgetDead(s Standing) {
	now := f.d.Now()
	lives := map[dialer.NodeID]Node{}
	for _, n := range s.Nodes {
		lives[n.Node] = n
	}
	var news []dialer.Change
	f.mu.Lock()
	for id, o := range f.others {
		n, known := lives[id]
		if known && n.Epoch <= o.life.Epoch && n.State != Dead && n.State != Left {
			continue
		}
		for _, v := range o.calls {
			news = append(news, ended(v, now))
		}
		for _, v := range o.desks {
			v := dialer.DeskView{ID: v.ID, Name: v.Name, State: dialer.DeskEmpty, Since: now}
			news = append(news, dialer.Change{Type: dialer.ChangeDesk, At: now, Desk: &v})
		}
		delete(f.others, id)
	}
	f.mu.Unlock()
	for _, c := range news {
		f.d.Board.Show(c)
	}
}

// forgetDesks: they are ours now.
func (f *Fleet) forgetDesks(ids []dialer.DeskID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, o := range f.others {
		for _, id := range ids {
			delete(o.desks, id)
		}
	}
}

// elsewhere is a desk as another node has shown it, and which life that is; with no life when none has.
func (f *Fleet) elsewhere(id dialer.DeskID) (v dialer.DeskView, at Life) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, o := range f.others {
		if v, ok := o.desks[id]; ok {
			return v, o.life
		}
	}
	return dialer.DeskView{}, f.ownerLocked(id)
}

// ownerLocked needs mu: the life of the node that has a desk by the register.
func (f *Fleet) ownerLocked(id dialer.DeskID) Life {
	owner := f.standing.Desks[id].Node
	for _, n := range f.standing.Nodes {
		if n.Node == owner && n.Alive && n.Node != f.d.ID {
			return n.Life
		}
	}
	return Life{}
}

// Desks returns all desks of the centre in the settings' order, as their owners have shown them.
func (f *Fleet) Desks() []dialer.DeskView {
	own := f.own()
	out := make([]dialer.DeskView, 0, len(f.d.Desks))
	for _, d := range f.d.Desks {
		v, mine := own[d.ID]
		if !mine {
			v, _ = f.elsewhere(d.ID)
		}
		if v.ID == "" { // nobody has it now, or its owner has not been heard yet
			v = dialer.DeskView{ID: d.ID, Name: d.Name, State: dialer.DeskEmpty}
		}
		out = append(out, v)
	}
	return out
}

// Calls returns all live calls of the centre, oldest first.
func (f *Fleet) Calls() []dialer.CallView {
	out := f.engine.Calls()
	f.mu.Lock()
	for _, o := range f.others {
		for _, v := range o.calls {
			out = append(out, v)
		}
	}
	f.mu.Unlock()
	slices.SortFunc(out, func(a, b dialer.CallView) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// Call returns one live call.
func (f *Fleet) Call(id dialer.CallID) (dialer.CallView, bool) {
	if v, ok := f.engine.Call(id); ok {
		return v, true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, o := range f.others {
		if v, ok := o.calls[id]; ok {
			return v, true
		}
	}
	return dialer.CallView{}, false
}
