package dialer

import (
	"context"
	"time"
)

// A test call rings one desk's phone and nobody else: no case, no number, no trunk, no attempt. It is how an administrator learns whether a phone
// works before somebody sits down at it.

// DeskTest asks for a test call. Click has the phone asked to pick up by itself, once; without one a person lifts the handset.
type DeskTest struct {
	Desk  DeskID
	Click *Click
	// Ring is how long the phone may ring.
	Ring time.Duration
}

// DeskTestEnd is how a test call ended.
type DeskTestEnd string

// The ends of a test call.
const (
	TestDone      DeskTestEnd = "done"      // picked up, and the tone was played to its end
	TestHungUp    DeskTestEnd = "hung_up"   // picked up, and hung up at the phone before the tone's end
	TestNoAnswer  DeskTestEnd = "no_answer" // it rang, or was asked, and nobody picked up
	TestDeclined  DeskTestEnd = "declined"  // the phone refused; Status says how
	TestSilent    DeskTestEnd = "silent"    // the phone said nothing to the INVITE
	TestCancelled DeskTestEnd = "cancelled" // whoever asked went away, or the server is closing
)

// DeskTestEnds are all there are.
var DeskTestEnds = []DeskTestEnd{TestDone, TestHungUp, TestNoAnswer, TestDeclined, TestSilent, TestCancelled}

// DeskTestReport is what a phone answered to a test call.
type DeskTestReport struct {
	Desk DeskID      `json:"desk"`
	At   time.Time   `json:"at"`
	End  DeskTestEnd `json:"end"`
	// Registered is null behind a PBX that does not tell.
	Registered *bool `json:"registered"`
	// Auto: the phone was asked to pick up by itself.
	Auto bool `json:"auto"`
	// RangAfter and AnsweredAfter count from the INVITE, in milliseconds; null where that did not happen.
	RangAfter     *int64 `json:"rang_after_ms"`
	AnsweredAfter *int64 `json:"answered_after_ms"`
	// Status is the SIP status by which the phone refused; 0 for none.
	Status int `json:"status"`
	// Codec is what the sound was sent in; empty when nobody picked up.
	Codec string `json:"codec"`
	// Sent are the packets of sound to the phone, and Heard those that came from it.
	Sent  int64 `json:"sent"`
	Heard int64 `json:"heard"`
	// Reported says whether the phone's own reports (RTCP) confirm that our sound arrived; null where it sent none.
	Reported *bool `json:"reported"`
}

// PhoneTester makes test calls. The sip room implements it.
type PhoneTester interface {
	// TestDesk rings a desk's phone, plays it a tone and then its own sound back, and hangs up. What the phone sends is counted, and heard by
	// nobody else. It returns a *Refusal when the phone cannot be rung, and else when the call is over.
	TestDesk(ctx context.Context, t DeskTest) (DeskTestReport, error)
}

// What is refused around a test call, each with what to do.
var (
	testBusy = &Refusal{
		Rule: DeskBusy, JA: "この席は使用中です。試験呼出は、空席か待機中の席だけでできます。通話・結果入力・離席が終わってからやり直してください",
		EN: "the desk is in use; a test call is for a desk that is empty or idle: try again after its call, result or break",
	}
	testNotAlone = &Refusal{
		Rule: NotYourDesk, JA: "着席中の人がいる席の電話機は、自動応答で開けません。「手で受話器を取る」を選ぶか、空席になってから試してください",
		EN: "somebody sits at this desk: their phone is not opened by itself; choose to lift the handset, or test it when the desk is empty",
	}
	testGoesOn = &Refusal{
		Rule: DeskBusy, JA: "この席の電話機を試験呼出中です。30秒ほど待ってからやり直してください", EN: "a test call is ringing this desk's phone; try again in half a minute",
	}
	testNowhere = &Refusal{
		Rule: NoRoute, JA: "このサーバーでは試験呼出ができません", EN: "this server cannot make test calls",
	}
)

// TestDesk makes a test call to a desk's phone, while nobody needs the desk. It is no attempt: nothing of it stands in the ledger of calls or in a
// report. auto asks the phone to pick up by itself; where somebody else sits, a person lifts the handset.
func (e *Engine) TestDesk(ctx context.Context, a Asker, id DeskID, auto bool) (DeskTestReport, error) {
	if e.d.Tester == nil {
		return DeskTestReport{}, testNowhere
	}
	t := DeskTest{Desk: id, Ring: e.d.Rings().Desk}
	if auto {
		t.Click = NewClick(id)
	}
	if err := e.beginTest(a, id, auto); err != nil {
		return DeskTestReport{}, err
	}
	defer e.endTest(id)
	r, err := e.d.Tester.TestDesk(ctx, t)
	e.d.Log.Info("test call", "desk", id, "auto", auto, "end", r.End, "status", r.Status, "heard", r.Heard, "err", err)
	return r, err
}

// beginTest holds the desk: no case comes up there, no call rings there, no click dials there.
func (e *Engine) beginTest(a Asker, id DeskID, auto bool) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.desks[id]
	switch {
	case e.draining:
		return Refuse(Draining)
	case d == nil:
		return Refuse(UnknownDesk)
	case d.away:
		return ErrElsewhere
	case d.testing:
		return testGoesOn
	case d.busy(), d.view.State != DeskEmpty && d.view.State != DeskReady:
		return testBusy
	case e.d.Phone.InUseElsewhere(id):
		return phoneInUse
	case auto && d.view.Operator != "" && d.view.Operator != a.User:
		return testNotAlone
	}
	d.held, d.testing = make(chan struct{}), true
	e.running.Add(1)
	return nil
}

func (e *Engine) endTest(id DeskID) {
	defer e.running.Done()
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.desks[id]
	d.testing = false
	d.unhold()
	e.showDesk(id)
	e.deskFree()
	if d.view.State == DeskReady && d.claim == nil && !e.draining {
		e.followLocked(func(ctx context.Context) { e.presentNext(ctx, id) })
	}
}
