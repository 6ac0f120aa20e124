package dialer

import (
	"context"
	"strconv"
	"strings"
)

// maxDigits is how many keys may be sent at a time.
const maxDigits = 32

// Digits presses keys at the customer's end: an answering machine or a switchboard asks for them, also before it answers.
// They may be a secret (a voice box's PIN), so that only how many there were is kept.
func (e *Engine) Digits(_ context.Context, a Asker, id CallID, digits string) error {
	c, err := e.callFor(a, id, takesDigits, NotTalking)
	switch {
	case err != nil:
		return err
	case digits == "" || len(digits) > maxDigits || strings.Trim(digits, "0123456789*#ABCD") != "":
		return Refuse(BadDigits)
	}
	c.post(posted{control: &control{do: controlDigits, keys: digits}})
	return nil
}

// takesDigits: there is somebody to hear them.
func takesDigits(v CallView) bool {
	return v.State == Talking || v.State == CallingCustomer && v.EarlyMedia
}

func (c *call) sendDigits(keys string) {
	now := c.e.d.Now()
	view := c.view
	view.State = c.m.State
	if !takesDigits(view) {
		return
	}
	c.keep(Evidence{At: now, Leg: CustomerLeg, Event: EvDigitsSent, Reason: strconv.Itoa(len(keys))})
	c.line.SendDigits(keys)
	c.note(nil)
}
