package fleet

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"kakeru/dialer"
)

// commandWithin is how long a command may take until its answer is here. It is longer than a click may.
const commandWithin = 8 * time.Second

// unreachable and unanswered are what a person is told whose wish is another node's matter.
var (
	unreachable = &dialer.Refusal{
		Rule: dialer.QueueDown, JA: "別のサーバーの席に指示を送れません(待ち行列が応答しません)。復旧までお待ちください",
		EN: "another server cannot be reached (the queue does not answer); wait until it is back",
	}
	unanswered = &dialer.Refusal{
		Rule: dialer.QueueDown, JA: "別のサーバーから返事がなく、指示が実行されたか分かりません。画面の表示を確かめてからやり直してください",
		EN: "another server has not answered, so it is not known whether it was done; look at the screen before you try again",
	}
	hangUpByHand = &dialer.Refusal{
		Rule: dialer.QueueDown, JA: "通話を担当する別のサーバーが応答しません。電話機で切ってください",
		EN: "the other server, which has this call, does not answer; hang up at the phone",
	}
	outOfTime = &dialer.Refusal{
		Rule: dialer.QueueDown, JA: "サーバーどうしの時計が合っていないため、指示を実行しませんでした。管理者に時計合わせを依頼してください",
		EN: "the servers' clocks differ by minutes, so it was not done; ask the administrator to set them",
	}
	noOwner = &dialer.Refusal{
		Rule: dialer.DeskBusy, JA: "この席を担当するサーバーがいま決まっていません。数秒待ってからやり直してください",
		EN: "no server has this desk just now; try again in a few seconds",
	}
)

// testWithin is how long a test call may take, with the longest ring that can be set.
const testWithin = 90 * time.Second

// within is how long the command may take.
func (c command) within() time.Duration {
	if c.Do == doTest {
		return testWithin
	}
	return commandWithin
}

func (f *Fleet) newID() string { return rand.Text() }

// ask has another node do something and waits for what came of it.
func (f *Fleet) ask(ctx context.Context, at Life, c command) (reply, error) {
	if at.Node == "" {
		return reply{}, noOwner
	}
	ctx, cancel := context.WithTimeout(ctx, c.within())
	defer cancel()
	c.At = f.d.Now()
	id, answer := f.newID(), make(chan reply, 1)
	f.mu.Lock()
	f.asked[id] = answer
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.asked, id)
	}()
	err := f.d.Wire.Send(ctx, at, Message{From: f.me.life(), ID: id, Body: said{Command: &c}.write()}, commandWithin)
	if err != nil {
		f.log.Warn("a command to another node could not be sent", "other", at.Node, "do", c.Do, "err", err)
		return reply{}, unreachable
	}
	select {
	case r := <-answer:
		return r, r.err()
	case <-ctx.Done():
		f.log.Warn("another node did not answer a command", "other", at.Node, "do", c.Do)
		return reply{}, unanswered
	}
}

// told takes what another node sends to this one alone.
func (f *Fleet) told(m Message) {
	s, err := read(m.Body)
	switch {
	case err != nil:
		f.log.Warn("a message of another node cannot be read", "other", m.From.Node, "err", err)
	case s.Reply != nil:
		f.mu.Lock()
		answer := f.asked[s.Reply.To]
		f.mu.Unlock()
		if answer != nil {
			select {
			case answer <- *s.Reply:
			default: // answered twice
			}
		}
	case s.Command != nil && f.first(m.ID):
		go func() {
			defer f.work.Done()
			f.obey(m, *s.Command)
		}()
	}
}

const (
	// takenKept is how long a command is known by its name after it was carried out, should it come again.
	takenKept = 10 * time.Minute
	// clocksApart is how far the asker's clock may be ahead. A command from later is not done, and none that was asked longer ago than it may take:
	// who asked has been told by then that it could not be sent, or was not answered, and a phone must not be opened behind their back. Redis may
	// stand still and go on, and who writes there cannot forge a command, but may keep one and put it there later, or again.
	clocksApart = takenKept/2 - commandWithin
)

// first is true for a command that was not carried out yet, and may be now: it counts as work from here on.
func (f *Fleet) first(id string) bool {
	now := time.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, again := f.taken[id]; again || !f.working {
		return false
	}
	for old, at := range f.taken {
		if now.Sub(at) > takenKept {
			delete(f.taken, old)
		}
	}
	f.taken[id] = now
	f.work.Add(1)
	return true
}

// obey carries a command out and answers it.
func (f *Fleet) obey(m Message, c command) {
	ctx, cancel := context.WithTimeout(context.Background(), c.within())
	defer cancel()
	r := reply{Refusal: outOfTime}
	if age := f.d.Now().Sub(c.At); age <= c.within() && age >= -clocksApart {
		r = f.do(ctx, m.From, c)
	} else {
		f.log.Warn("a command of another node is too old, or too new, and is not done; do the clocks agree?", "other", m.From.Node, "do", c.Do)
	}
	r.To = m.ID
	err := f.d.Wire.Send(ctx, m.From, Message{From: f.me.life(), ID: f.newID(), Body: said{Reply: &r}.write()}, commandWithin)
	if err != nil {
		f.log.Warn("an answer to another node could not be sent", "other", m.From.Node, "do", c.Do, "err", err)
	}
}

// do carries a command out at this node's engine.
func (f *Fleet) do(ctx context.Context, from Life, c command) (r reply) {
	e := f.engine
	var err error
	switch c.Do {
	case doDial:
		if err = errUnknownDeed; c.Dial != nil {
			var a dialer.Accepted
			a, err = e.Dial(ctx, *c.Dial)
			r.Accepted = &a
		}
	case doHangup:
		err = e.Hangup(ctx, c.Asker, c.Call)
	case doDigits:
		err = e.Digits(ctx, c.Asker, c.Call, c.Keys)
	case doSaid:
		err = e.AnnouncementHeard(ctx, c.Asker, c.Call, c.Said)
	case doHold:
		err = e.Hold(ctx, c.Asker, c.Call, c.On)
	case doMute:
		err = e.Mute(ctx, c.Asker, c.Call, c.On)
	case doPause:
		err = e.PauseRecording(ctx, c.Asker, c.Call, c.On)
	case doTransfer:
		err = e.Transfer(ctx, c.Asker, c.Call, c.Desk, c.On)
	case doComplete:
		err = e.CompleteTransfer(ctx, c.Asker, c.Call)
	case doTakeBack:
		err = e.CancelTransfer(ctx, c.Asker, c.Call)
	case doName:
		err = e.NameCase(ctx, c.Asker, c.Call, c.Case)
	case doSit, doLeave, doAway, doBack, doStop, doGoOn:
		r.Desk, err = f.seat(ctx, c)
	case doTest:
		r.Test, err = f.test(ctx, c)
	case doTouched:
		err = e.Touched(ctx, c.Asker, c.Desk, c.Ago)
	case doPresent:
		r.Case, err = e.Present(ctx, c.Asker, c.Desk, c.Case, c.On)
	case doRecorded:
		err = e.ResultRecorded(ctx, c.Call, c.Case)
	case doGive:
		err = f.giveTo(ctx, c.Desk, from.Node)
	default:
		err = errUnknownDeed
	}
	r.fail(err)
	return r
}

// test rings a desk's phone, and returns what it answered.
func (f *Fleet) test(ctx context.Context, c command) (*dialer.DeskTestReport, error) {
	t, err := f.engine.TestDesk(ctx, c.Asker, c.Desk, c.On)
	return &t, err
}

// seat carries out what changes who works at a desk, and returns the desk as it is then.
func (f *Fleet) seat(ctx context.Context, c command) (*dialer.DeskView, error) {
	e := f.engine
	switch c.Do {
	case doSit:
		return seated(e.Sit(ctx, c.Asker, c.Desk, c.On))
	case doLeave:
		return seated(e.Leave(ctx, c.Asker, c.Desk))
	case doAway:
		return seated(e.Away(ctx, c.Asker, c.Desk, c.Why))
	case doBack:
		return seated(e.Back(ctx, c.Asker, c.Desk))
	case doStop:
		return seated(e.Pause(ctx, c.Asker, c.Desk, c.Stop))
	default: // doGoOn
		return seated(e.Unpause(ctx, c.Asker, c.Desk))
	}
}

func seated(v dialer.DeskView, err error) (*dialer.DeskView, error) { return &v, err }

// errUnknownDeed is told by an older node to a newer one.
var errUnknownDeed = errors.New("the other server does not know this command; bring all servers to one version")
