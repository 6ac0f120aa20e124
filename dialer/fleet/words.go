package fleet

import (
	"encoding/json"
	"errors"
	"time"

	"kakeru/dialer"
)

// said is what one node tells another: one of its fields is set.
type said struct {
	// N counts what a life has published, so that a hole is seen.
	N uint64 `json:"n,omitempty"`

	Change   *change   `json:"change,omitempty"`
	Snapshot *snapshot `json:"snapshot,omitempty"`
	// Who asks everybody for a snapshot; Look says that desks have changed hands; Beat that nothing happened.
	Who  bool `json:"who,omitempty"`
	Look bool `json:"look,omitempty"`
	Beat bool `json:"beat,omitempty"`

	Command *command `json:"command,omitempty"`
	Reply   *reply   `json:"reply,omitempty"`
}

// change is a dialer.Change on its way.
type change struct {
	dialer.Change

	// Quality is of the call: it is left out of a view's own JSON.
	Quality *dialer.Quality `json:"quality,omitempty"`
}

// snapshot is all there is to see of a node.
type snapshot struct {
	Desks []dialer.DeskView `json:"desks"`
	Calls []seenCall        `json:"calls"`
}

// seenCall is a call with what its own JSON leaves out.
type seenCall struct {
	dialer.CallView

	Sounds *dialer.Quality `json:"sounds,omitempty"`
}

func seen(v dialer.CallView) seenCall { return seenCall{CallView: v, Sounds: v.Quality} }

func (c seenCall) view() dialer.CallView {
	v := c.CallView
	v.Quality = c.Sounds
	return v
}

// deed is what a command asks for.
type deed string

const (
	doDial     deed = "dial"
	doHangup   deed = "hangup"
	doDigits   deed = "digits"
	doSaid     deed = "announcement_heard"
	doHold     deed = "hold"
	doMute     deed = "mute"
	doPause    deed = "pause_recording"
	doTransfer deed = "transfer"
	doComplete deed = "complete_transfer"
	doTakeBack deed = "cancel_transfer"
	doName     deed = "name_case"
	doSit      deed = "sit"
	doLeave    deed = "leave"
	doPresent  deed = "present"
	doRecorded deed = "result_recorded"
	doGive     deed = "give_desk"
	doAway     deed = "away"
	doBack     deed = "back"
	doTouched  deed = "touched"
	doStop     deed = "stop"
	doGoOn     deed = "go_on"
	doTest     deed = "test_desk"
)

// command is what one node asks of another, in the name of a person. It may hold a number, or keys that are a secret.
type command struct {
	At    time.Time           `json:"at"` // when it was asked, by that node's clock
	Do    deed                `json:"do"`
	Asker dialer.Asker        `json:"asker"`
	Desk  dialer.DeskID       `json:"desk,omitempty"`
	Call  dialer.CallID       `json:"call,omitempty"`
	Case  dialer.CaseID       `json:"case,omitempty"`
	On    bool                `json:"on,omitempty"` // hold, mute, pause; consult; take over; skip; pick up by itself
	Keys  string              `json:"keys,omitempty"`
	Said  dialer.Announcement `json:"said,omitempty"`
	Dial  *dialer.DialRequest `json:"dial,omitempty"`
	Why   dialer.AwayReason   `json:"why,omitempty"`
	Stop  string              `json:"stop,omitempty"` // why a desk is paused
	Ago   time.Duration       `json:"ago,omitempty"`  // nanoseconds since a key was touched
}

// reply answers the command with that ID.
type reply struct {
	To       string                 `json:"to"`
	Desk     *dialer.DeskView       `json:"desk,omitempty"`
	Accepted *dialer.Accepted       `json:"accepted,omitempty"`
	Case     dialer.CaseID          `json:"case,omitempty"`
	Test     *dialer.DeskTestReport `json:"test,omitempty"`

	Refusal *dialer.Refusal `json:"refusal,omitempty"`
	Fault   string          `json:"fault,omitempty"` // a word of faults, or what else went wrong
}

// faults are the errors that are known by name on both sides.
var faults = map[string]error{
	"not_found": dialer.ErrNotFound, "elsewhere": dialer.ErrElsewhere, "fenced": dialer.ErrFenced,
	"ledger_down": dialer.ErrLedgerDown, "queue_down": dialer.ErrQueueDown,
}

// fail notes what went wrong with a command.
func (r *reply) fail(err error) {
	if no := (*dialer.Refusal)(nil); errors.As(err, &no) {
		r.Refusal = no
		return
	}
	for word, known := range faults {
		if errors.Is(err, known) {
			r.Fault = word
			return
		}
	}
	if err != nil {
		r.Fault = err.Error()
	}
}

// err is what went wrong there.
func (r *reply) err() error {
	switch {
	case r.Refusal != nil:
		return r.Refusal
	case r.Fault == "":
		return nil
	case faults[r.Fault] != nil:
		return faults[r.Fault]
	default:
		return errors.New(r.Fault)
	}
}

// write is s in bytes. Every part of it is ours, and can be written.
func (s said) write() []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic("fleet: " + err.Error())
	}
	return b
}

func read(b []byte) (s said, err error) {
	err = json.Unmarshal(b, &s)
	return s, err
}
