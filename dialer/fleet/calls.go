package fleet

import (
	"context"
	"errors"
	"slices"
	"time"

	"kakeru/dialer"
)

// What a person asks for is done by the engine that has the desk or the call, wherever that is. A desk may pass on in the
// very moment: then the register is read again, and the new owner asked, once.

// desk has something done where a desk is: here, or by a command.
func (f *Fleet) desk(ctx context.Context, id dialer.DeskID, here func() error, c command) (reply, error) {
	err := here()
	if !errors.Is(err, dialer.ErrElsewhere) {
		return reply{}, err
	}
	c.Desk = id
	_, at := f.elsewhere(id)
	r, err := f.ask(ctx, at, c)
	if !errors.Is(err, dialer.ErrElsewhere) && !errors.Is(err, noOwner) {
		return r, err
	}
	if err := f.look(ctx); err != nil {
		return reply{}, noOwner
	}
	if err := here(); !errors.Is(err, dialer.ErrElsewhere) {
		return reply{}, err
	}
	f.mu.Lock()
	at = f.ownerLocked(id)
	f.mu.Unlock()
	if r, err = f.ask(ctx, at, c); errors.Is(err, dialer.ErrElsewhere) {
		err = noOwner
	}
	return r, err
}

// call has something done where a call is.
func (f *Fleet) call(ctx context.Context, a dialer.Asker, id dialer.CallID, here func() error, c command) error {
	at := f.carrier(id)
	if at.Node == "" {
		err := here()
		if !errors.Is(err, dialer.ErrNotFound) || f.alone() {
			return err // ours, or over
		}
		if at, err = f.entered(ctx, id); err != nil {
			return err
		}
	}
	c.Asker, c.Call = a, id
	_, err := f.ask(ctx, at, c)
	return err
}

// enteredWithin bounds how long the register is asked whose a call is.
const enteredWithin = time.Second

// entered is who carries a call that is not ours by the register, for what the others show may not come here. dialer.ErrNotFound when nobody does:
// it is over.
func (f *Fleet) entered(ctx context.Context, id dialer.CallID) (Life, error) {
	ctx, cancel := context.WithTimeout(ctx, enteredWithin)
	defer cancel()
	at, err := f.d.Nodes.Carrier(ctx, id)
	switch {
	case errors.Is(err, dialer.ErrNotFound):
		return Life{}, dialer.ErrNotFound
	case err != nil:
		f.log.Warn("a call is not here, and who has it could not be read", "call", id, "err", err)
		return Life{}, unreachable
	case at.Node == "" || at.Node == f.d.ID: // ours that has ended, and whose end is being written
		return Life{}, dialer.ErrNotFound
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.ContainsFunc(f.standing.Nodes, func(n Node) bool { return n.Life == at && n.Alive }) {
		return Life{}, unreachable // nobody would answer
	}
	return at, nil
}

// carrier is the life that carries a call; none when it is this node's, or nobody's.
func (f *Fleet) carrier(id dialer.CallID) Life {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, o := range f.others {
		if _, ok := o.calls[id]; ok {
			return o.life
		}
	}
	return Life{}
}

// Dial takes a click, where the desk is.
func (f *Fleet) Dial(ctx context.Context, r dialer.DialRequest) (acc dialer.Accepted, err error) {
	answer, err := f.desk(ctx, r.Desk, func() (err error) { acc, err = f.engine.Dial(ctx, r); return err },
		command{Do: doDial, Asker: r.Asker, Dial: &r})
	if answer.Accepted != nil {
		acc = *answer.Accepted
	}
	return acc, err
}

// Present makes a case stand at a desk.
func (f *Fleet) Present(ctx context.Context, a dialer.Asker, id dialer.DeskID, want dialer.CaseID, skip bool) (stands dialer.CaseID, err error) {
	answer, err := f.desk(ctx, id, func() (err error) { stands, err = f.engine.Present(ctx, a, id, want, skip); return err },
		command{Do: doPresent, Asker: a, Case: want, On: skip})
	if answer.Case != "" {
		stands = answer.Case
	}
	return stands, err
}

// Sit seats a person at a desk. A person sits at one desk: one that they have at another node they leave first.
func (f *Fleet) Sit(ctx context.Context, a dialer.Asker, id dialer.DeskID, takeOver bool) (v dialer.DeskView, err error) {
	if f.sittable(a, id, takeOver) { // nobody gives up a seat for one they do not get
		if err := f.leaveOther(ctx, a, id); err != nil {
			return dialer.DeskView{}, err
		}
	}
	answer, err := f.desk(ctx, id, func() (err error) { v, err = f.engine.Sit(ctx, a, id, takeOver); return err },
		command{Do: doSit, Asker: a, On: takeOver})
	if answer.Desk != nil {
		v = *answer.Desk
	}
	return v, err
}

// sittable reports whether a person can sit down at a desk, as far as is known here.
func (f *Fleet) sittable(a dialer.Asker, to dialer.DeskID, takeOver bool) bool {
	return slices.ContainsFunc(f.Desks(), func(d dialer.DeskView) bool {
		return d.ID == to && (takeOver || d.Operator == "" || d.Operator == a.User)
	})
}

// leaveOther has a person leave the desk that they have at another node than that of the desk they go to.
func (f *Fleet) leaveOther(ctx context.Context, a dialer.Asker, to dialer.DeskID) error {
	own := f.own()
	lifeOf := func(id dialer.DeskID) Life {
		if _, mine := own[id]; mine {
			return f.me.life()
		}
		_, at := f.elsewhere(id)
		return at
	}
	for _, d := range f.Desks() {
		if d.Operator != a.User || d.ID == to || lifeOf(d.ID) == lifeOf(to) { // the same engine sees to it
			continue
		}
		_, err := f.Leave(ctx, a, d.ID)
		if no := (*dialer.Refusal)(nil); errors.As(err, &no) && no.Rule == dialer.DeskBusy {
			return err
		}
		if err != nil {
			f.log.Warn("a person's other desk could not be left", "desk", d.ID, "err", err)
		}
	}
	return nil
}

// Leave empties a seat.
func (f *Fleet) Leave(ctx context.Context, a dialer.Asker, id dialer.DeskID) (v dialer.DeskView, err error) {
	answer, err := f.desk(ctx, id, func() (err error) { v, err = f.engine.Leave(ctx, a, id); return err }, command{Do: doLeave, Asker: a})
	if answer.Desk != nil {
		v = *answer.Desk
	}
	return v, err
}

// Away says that whoever sits at a desk does not work there for a while.
func (f *Fleet) Away(ctx context.Context, a dialer.Asker, id dialer.DeskID, reason dialer.AwayReason) (v dialer.DeskView, err error) {
	answer, err := f.desk(ctx, id, func() (err error) { v, err = f.engine.Away(ctx, a, id, reason); return err },
		command{Do: doAway, Asker: a, Why: reason})
	if answer.Desk != nil {
		v = *answer.Desk
	}
	return v, err
}

// Back says that work goes on at a desk.
func (f *Fleet) Back(ctx context.Context, a dialer.Asker, id dialer.DeskID) (v dialer.DeskView, err error) {
	answer, err := f.desk(ctx, id, func() (err error) { v, err = f.engine.Back(ctx, a, id); return err }, command{Do: doBack, Asker: a})
	if answer.Desk != nil {
		v = *answer.Desk
	}
	return v, err
}

// Pause has a desk be given no case and rung for no call.
func (f *Fleet) Pause(ctx context.Context, a dialer.Asker, id dialer.DeskID, reason string) (v dialer.DeskView, err error) {
	answer, err := f.desk(ctx, id, func() (err error) { v, err = f.engine.Pause(ctx, a, id, reason); return err },
		command{Do: doStop, Asker: a, Stop: reason})
	if answer.Desk != nil {
		v = *answer.Desk
	}
	return v, err
}

// Unpause has work go on at a desk.
func (f *Fleet) Unpause(ctx context.Context, a dialer.Asker, id dialer.DeskID) (v dialer.DeskView, err error) {
	answer, err := f.desk(ctx, id, func() (err error) { v, err = f.engine.Unpause(ctx, a, id); return err }, command{Do: doGoOn, Asker: a})
	if answer.Desk != nil {
		v = *answer.Desk
	}
	return v, err
}

// TestDesk rings a desk's phone and says what it answered.
func (f *Fleet) TestDesk(ctx context.Context, a dialer.Asker, id dialer.DeskID, auto bool) (r dialer.DeskTestReport, err error) {
	answer, err := f.desk(ctx, id, func() (err error) { r, err = f.engine.TestDesk(ctx, a, id, auto); return err }, command{Do: doTest, Asker: a, On: auto})
	if answer.Test != nil {
		r = *answer.Test
	}
	return r, err
}

// Touched notes when somebody last touched a key at their desk.
func (f *Fleet) Touched(ctx context.Context, a dialer.Asker, id dialer.DeskID, ago time.Duration) error {
	_, err := f.desk(ctx, id, func() error { return f.engine.Touched(ctx, a, id, ago) }, command{Do: doTouched, Asker: a, Ago: ago})
	return err
}

// Hangup asks for the end of a call. Where its node does not answer, the phone's own hook still ends it.
func (f *Fleet) Hangup(ctx context.Context, a dialer.Asker, id dialer.CallID) error {
	err := f.call(ctx, a, id, func() error { return f.engine.Hangup(ctx, a, id) }, command{Do: doHangup})
	if errors.Is(err, unreachable) || errors.Is(err, unanswered) {
		return hangUpByHand
	}
	return err
}

// Digits presses keys at the far end of a call.
func (f *Fleet) Digits(ctx context.Context, a dialer.Asker, id dialer.CallID, digits string) error {
	return f.call(ctx, a, id, func() error { return f.engine.Digits(ctx, a, id, digits) }, command{Do: doDigits, Keys: digits})
}

// AnnouncementHeard says what the operator of a call hears the network say.
func (f *Fleet) AnnouncementHeard(ctx context.Context, a dialer.Asker, id dialer.CallID, what dialer.Announcement) error {
	return f.call(ctx, a, id, func() error { return f.engine.AnnouncementHeard(ctx, a, id, what) }, command{Do: doSaid, Said: what})
}

// Hold has the customer of a talk wait.
func (f *Fleet) Hold(ctx context.Context, a dialer.Asker, id dialer.CallID, on bool) error {
	return f.call(ctx, a, id, func() error { return f.engine.Hold(ctx, a, id, on) }, command{Do: doHold, On: on})
}

// Mute keeps the operator's sound from the customer.
func (f *Fleet) Mute(ctx context.Context, a dialer.Asker, id dialer.CallID, on bool) error {
	return f.call(ctx, a, id, func() error { return f.engine.Mute(ctx, a, id, on) }, command{Do: doMute, On: on})
}

// PauseRecording stops a talk's recording for a while.
func (f *Fleet) PauseRecording(ctx context.Context, a dialer.Asker, id dialer.CallID, on bool) error {
	return f.call(ctx, a, id, func() error { return f.engine.PauseRecording(ctx, a, id, on) }, command{Do: doPause, On: on})
}

// Transfer hands a talk on to another desk of the node that carries it.
func (f *Fleet) Transfer(ctx context.Context, a dialer.Asker, id dialer.CallID, to dialer.DeskID, consult bool) error {
	return f.call(ctx, a, id, func() error { return f.engine.Transfer(ctx, a, id, to, consult) },
		command{Do: doTransfer, Desk: to, On: consult})
}

// CompleteTransfer gives the call to the desk that was asked.
func (f *Fleet) CompleteTransfer(ctx context.Context, a dialer.Asker, id dialer.CallID) error {
	return f.call(ctx, a, id, func() error { return f.engine.CompleteTransfer(ctx, a, id) }, command{Do: doComplete})
}

// CancelTransfer takes the call back.
func (f *Fleet) CancelTransfer(ctx context.Context, a dialer.Asker, id dialer.CallID) error {
	return f.call(ctx, a, id, func() error { return f.engine.CancelTransfer(ctx, a, id) }, command{Do: doTakeBack})
}

// NameCase says whose call it was that came in, where the desk is that talks, or owes the talk's result.
func (f *Fleet) NameCase(ctx context.Context, a dialer.Asker, id dialer.CallID, to dialer.CaseID) error {
	at := f.waitsAt(id)
	if at.Node == "" {
		return f.engine.NameCase(ctx, a, id, to)
	}
	_, err := f.ask(ctx, at, command{Do: doName, Asker: a, Call: id, Case: to})
	return err
}

// ResultRecorded frees the desk that owed the result, and puts the case where the ledger says. A node that cannot be told reads it
// in the ledger.
func (f *Fleet) ResultRecorded(ctx context.Context, id dialer.CallID, caseID dialer.CaseID) error {
	if at := f.waitsAt(id); at.Node != "" {
		_, err := f.ask(ctx, at, command{Do: doRecorded, Call: id, Case: caseID})
		if err == nil {
			return nil
		}
		f.log.Warn("another node was not told that a result is recorded; it will see so", "other", at.Node, "err", err)
	}
	return f.engine.ResultRecorded(ctx, id, caseID)
}

// waitsAt is the life whose desk has a call, or waits for its result; none when it is this node's, or nobody's.
func (f *Fleet) waitsAt(id dialer.CallID) Life {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, o := range f.others {
		for _, d := range o.desks {
			if d.CallID == id {
				return o.life
			}
		}
	}
	return Life{}
}
