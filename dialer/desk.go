package dialer

import (
	"context"
	"time"
)

// desk is one seat: who sits there, what it does, and the case that stands presented. Guarded by Engine.mu.
type desk struct {
	view  DeskView
	claim *Claim        // the case presented, or in call; nil when none, or when the queue was away
	stood *Waiting      // where the ledger said that the case presented stands, when it was claimed; nil when it did not wait
	held  chan struct{} // not nil while a click is being worked on; closed when that is done
	away  bool          // it is another node's: nobody sits or dials there by this engine
	// testing: it is held for a test call, for which nobody waits.
	testing bool
	key     string // the idempotency key of the click held, or of the call running
	// vain is when its phone last rang for a call that came in or was handed on, and nobody answered there; until rest it is not rung.
	vain, rest time.Time
}

func newDesk(c DeskConfig, now time.Time) *desk {
	return &desk{view: DeskView{ID: c.ID, Name: c.Name, State: DeskEmpty, Since: now}}
}

// Desks returns the desks of this engine in the settings' order.
func (e *Engine) Desks() []DeskView {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]DeskView, 0, len(e.order))
	for _, id := range e.order {
		if !e.desks[id].away {
			out = append(out, e.seen(id))
		}
	}
	return out
}

// NameDesks has desks called by other names from now on; one that is not among them keeps its own.
func (e *Engine) NameDesks(names map[DeskID]string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for id, d := range e.desks {
		if name := names[id]; name != "" && name != d.view.Name {
			d.view.Name = name
			if !d.away {
				e.showDesk(id)
			}
		}
	}
}

// Sit seats a person at a desk. Someone else's seat is only taken over when asked for; a person sits at one desk, so
// sitting down here leaves any other. Neither happens in the middle of a call.
func (e *Engine) Sit(ctx context.Context, a Asker, id DeskID, takeOver bool) (DeskView, error) {
	e.mu.Lock()
	d := e.desks[id]
	if d == nil {
		e.mu.Unlock()
		return DeskView{}, Refuse(UnknownDesk)
	}
	if d.away {
		e.mu.Unlock()
		return DeskView{}, ErrElsewhere
	}
	if d.view.Operator == a.User {
		defer e.mu.Unlock()
		return e.sitAgain(d, a, takeOver)
	}
	if d.busy() || (d.view.Operator != "" && !takeOver) {
		e.mu.Unlock()
		return DeskView{}, seatTaken
	}
	var left *Claim
	for other, o := range e.desks {
		if o.view.Operator != a.User {
			continue
		}
		if o.busy() {
			e.mu.Unlock()
			return DeskView{}, Refuse(DeskBusy)
		}
		e.cameBack(other)
		left = o.stand(e.d.Now())
		e.showDesk(other)
	}
	e.cameBack(id)
	d.view.Operator, d.view.Screen, d.view.Since, d.view.TouchedAt = a.User, a.Screen, e.d.Now(), time.Time{}
	if d.view.State == DeskEmpty || d.view.State == DeskAway {
		d.view.State = DeskReady
	}
	e.awayStill(id)
	d.stillPaused(e.d.Now())
	v := e.showDesk(id)
	e.mu.Unlock()
	e.releaseOther(context.WithoutCancel(ctx), left, nil)
	return v, nil
}

var seatTaken = &Refusal{Rule: DeskBusy, JA: "この席には別の人が着いています。交代するときは「席を引き継ぐ」を選んでください", EN: "somebody else sits at this desk; take it over if you relieve them"}

// sitAgain needs Engine.mu: whoever sits there works the desk from one panel, and from another only when they say so.
func (e *Engine) sitAgain(d *desk, a Asker, takeOver bool) (DeskView, error) {
	switch {
	case a.Screen == "" || a.Screen == d.view.Screen:
		return e.seen(d.view.ID), nil
	case d.view.Screen != "" && !takeOver:
		return DeskView{}, otherScreen
	}
	d.view.Screen = a.Screen
	return e.showDesk(d.view.ID), nil
}

var otherScreen = &Refusal{
	Rule: DeskBusy, JA: "この席は、あなたの別の画面で開かれています。こちらで続けるときは「この画面で続ける」を選んでください",
	EN: "you have this desk open on another screen; choose to go on here if you mean to",
}

// Leave empties a seat and puts the case presented there back into the line. A result that is owed stays owed: the next
// person to sit there, or a supervisor, records it.
func (e *Engine) Leave(ctx context.Context, a Asker, id DeskID) (DeskView, error) {
	e.mu.Lock()
	d := e.desks[id]
	switch {
	case d == nil:
		e.mu.Unlock()
		return DeskView{}, Refuse(UnknownDesk)
	case d.away:
		e.mu.Unlock()
		return DeskView{}, ErrElsewhere
	case d.view.Operator != a.User && !a.Supervises():
		e.mu.Unlock()
		return DeskView{}, Refuse(NotYourDesk)
	case d.busy():
		e.mu.Unlock()
		return DeskView{}, Refuse(DeskBusy)
	}
	e.cameBack(id)
	left := d.stand(e.d.Now())
	v := e.showDesk(id)
	e.mu.Unlock()
	e.releaseOther(context.WithoutCancel(ctx), left, nil)
	return v, nil
}

func (d *desk) busy() bool {
	return d.held != nil || d.view.State == DeskInCall || d.view.Ringing != ""
}

// stand empties the seat and returns the claim to give back.
func (d *desk) stand(now time.Time) *Claim {
	left := d.claim
	d.claim = nil
	d.view.Operator, d.view.Screen, d.view.Since, d.view.TouchedAt = "", "", now, time.Time{}
	if d.view.State != DeskWrapUp {
		d.view.State, d.view.CaseID = DeskEmpty, ""
	}
	return left
}

// turn tries until there is nothing to wait for, or ctx is done.
func turn(ctx context.Context, try func() (wait <-chan struct{}, err error)) error {
	for {
		wait, err := try()
		if wait == nil {
			return err
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// holdDesk keeps a desk for one click, so that two clicks in the same instant make one call. A click waits for what is
// being worked on there (another click, the next case coming up); repeated is the call that one with the same key has made.
func (e *Engine) holdDesk(ctx context.Context, r DialRequest) (presented *Claim, repeated Accepted, err error) {
	err = turn(ctx, func() (wait <-chan struct{}, err error) {
		presented, repeated, wait, err = e.tryHold(r)
		return wait, err
	})
	return presented, repeated, err
}

// tryHold is holdDesk without the waiting.
func (e *Engine) tryHold(r DialRequest) (presented *Claim, repeated Accepted, wait <-chan struct{}, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.desks[r.Desk]
	switch again := d != nil && r.IdempotencyKey != "" && d.key == r.IdempotencyKey; {
	case e.draining:
		return nil, repeated, nil, Refuse(Draining)
	case d == nil:
		return nil, repeated, nil, Refuse(UnknownDesk)
	case d.away:
		return nil, repeated, nil, ErrElsewhere
	case d.view.Operator != r.Asker.User:
		return nil, repeated, nil, Refuse(NotYourDesk)
	case d.testing:
		return nil, repeated, nil, testGoesOn
	case d.held != nil:
		return nil, repeated, d.held, nil
	case d.view.Ringing != "":
		return nil, repeated, nil, deskRings
	case again && d.view.CallID != "":
		return nil, Accepted{CallID: d.view.CallID, CaseID: d.view.CaseID, Repeated: true}, nil, nil
	case d.view.State == DeskInCall:
		return nil, repeated, nil, Refuse(DeskBusy)
	case d.view.State == DeskWrapUp:
		return nil, repeated, nil, Refuse(ResultIsDue)
	case d.view.State == DeskAway:
		return nil, repeated, nil, d.awayRefusal()
	}
	d.held, d.key = make(chan struct{}), r.IdempotencyKey
	e.running.Add(1)
	return d.claim, repeated, nil, nil
}

// deskRings: whoever sits there answers first, or declines on the phone.
var deskRings = &Refusal{
	Rule: DeskBusy, JA: "この席に着信しています。受話器を取るか、電話機で着信を拒否してから発信してください",
	EN: "the desk is being rung for a call that came in; answer it, or decline it on the phone",
}

func (e *Engine) unholdDesk(id DeskID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.desks[id].unhold()
	e.deskFree()
}

// unhold needs Engine.mu.
func (d *desk) unhold() {
	close(d.held)
	d.held = nil
}

// seen needs mu: a desk as others see it, with what its phone is like.
func (e *Engine) seen(id DeskID) DeskView {
	v := e.desks[id].view
	v.Registered = e.d.Phone.Registered(id)
	// In a call of ours it is in use here, whatever else the phone says.
	v.InUseElsewhere = v.State != DeskInCall && v.Ringing == "" && !e.desks[id].testing && e.d.Phone.InUseElsewhere(id)
	return v
}

// phoneUsed: somebody has begun to use a desk's phone for something else, or has put the handset down.
func (e *Engine) phoneUsed(id DeskID, used bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if d := e.desks[id]; d == nil || d.away {
		return
	}
	e.d.Log.Info("desk phone", "desk", id, "used_elsewhere", used)
	e.showDesk(id)
}

// phoneInUse: the phone would not ring, or ring into a talk.
var phoneInUse = &Refusal{Rule: DeskBusy, JA: "卓上電話が別の通話に使われています。受話器を置いてから発信してください", EN: "the desk phone is used for another call; put the handset down first"}

// showDesk tells the board how a desk stands. Called with mu held: Board.Show never blocks.
func (e *Engine) showDesk(id DeskID) DeskView {
	v := e.seen(id)
	e.d.Board.Show(Change{Type: ChangeDesk, At: e.d.Now(), Desk: &v})
	if v.State == DeskReady && v.Ringing == "" {
		e.deskFree()
	}
	return v
}

func (e *Engine) phoneCameOrWent(id DeskID, registered bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.desks[id]
	if d == nil || d.away {
		return
	}
	v := e.seen(id)
	if v.Registered = &registered; e.d.Phone.Registered(id) == nil {
		v.Registered = nil // a PBX's: that the PBX can be reached says nothing of the phone
	}
	e.d.Log.Info("desk phone", "desk", id, "registered", registered)
	e.d.Board.Show(Change{Type: ChangeDesk, At: e.d.Now(), Desk: &v})
	e.deskFree()
	switch {
	case registered: // package alarm sees what it ends
	case v.State == DeskInCall:
		e.alert(Alert{
			Kind: "desk_gone", Desk: id, CallID: v.CallID,
			Text: "通話中の席の卓上電話が応答しなくなりました", TextEN: "the phone of a desk in a call has fallen silent",
		})
	case v.State != DeskEmpty:
		e.alert(Alert{
			Kind: "desk_gone", Desk: id, Text: v.Name + "の卓上電話が応答しなくなりました。電源とLANを確かめてください",
			TextEN: "the phone of " + v.Name + " has fallen silent; check its power and network",
		})
	}
}

func (e *Engine) alert(a Alert) {
	e.d.Board.Show(Change{Type: ChangeAlert, At: e.d.Now(), Alert: &a})
}

// ResultRecorded frees a desk whose talk has its result now, and puts the case where the result says. The result itself
// stands in the ledger already; a result given later, or corrected, only moves the case.
func (e *Engine) ResultRecorded(ctx context.Context, id CallID, caseID CaseID) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.d.Limits.Reserve)
	defer cancel()
	e.mu.Lock()
	var freed DeskID
	for deskID, d := range e.desks {
		if d.view.State == DeskWrapUp && d.view.CallID == id {
			d.free(e.d.Now())
			e.showDesk(deskID)
			freed = deskID
		}
	}
	e.mu.Unlock()
	e.place(ctx, caseID)
	e.d.Board.Show(Change{Type: ChangeProgress, At: e.d.Now()})
	e.d.Board.Show(Change{Type: ChangeQueue, At: e.d.Now()}) // the case waits now, perhaps for a time that was asked for
	if freed != "" {
		e.follow(func(ctx context.Context) { e.presentNext(ctx, freed) })
	}
	return nil
}

// take has the desk be in a call. key is the click's that made it; empty for one that nobody clicked here, so that a click
// which came to nothing before is not answered by it.
func (d *desk) take(v CallView, since time.Time, key string) {
	d.view.State, d.view.CallID, d.view.CaseID, d.view.Since = DeskInCall, v.ID, v.CaseID, since
	d.view.Ringing, d.key = "", key
	d.vain = time.Time{}
}

// free makes the desk ready again, or empty when its person has left meanwhile.
func (d *desk) free(now time.Time) {
	d.view.State, d.view.Since = DeskReady, now
	if d.view.Operator == "" {
		d.view.State = DeskEmpty
	}
	d.view.CallID, d.view.CaseID, d.claim, d.key = "", "", nil, ""
	d.stillPaused(now)
}

// place puts a case into the line, or takes it out, as the ledger says. Somebody else may move the case between what is read and what
// is written here, in the ledger first and then in the line; so the ledger is read once more, until both say the same.
func (e *Engine) place(ctx context.Context, id CaseID) {
	w, err := e.d.Cases.Place(ctx, id)
	for err == nil {
		if w != nil {
			err = e.d.Queue.Put(ctx, *w)
		} else {
			err = e.d.Queue.Remove(ctx, id)
		}
		if err != nil {
			break
		}
		var again *Waiting
		if again, err = e.d.Cases.Place(ctx, id); err == nil && sameWait(w, again) {
			return
		}
		w = again
	}
	e.lineMissed("place", id, err)
}

func sameWait(a, b *Waiting) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Due.Equal(b.Due) && a.Priority == b.Priority && a.Lane == b.Lane
}

// A desk that has rung in vain, and again within vainAgain, is not rung for ringRest: where it rings no click is taken, so two callers who ring and give up in
// turn, at no cost to them, would keep every desk from dialling. A caller who waits meanwhile is looked at with the next step.
const (
	vainAgain = 30 * time.Second
	ringRest  = 5 * time.Second
)

// unring needs mu: a desk rings no longer for a call.
func (e *Engine) unring(id CallID, at DeskID) {
	d := e.desks[at]
	if d == nil || d.view.Ringing != id {
		return
	}
	now := e.d.Now()
	if now.Sub(d.vain) < vainAgain {
		d.rest = now.Add(ringRest)
	}
	d.vain = now
	d.view.Ringing = ""
	e.showDesk(at)
}
