package dialer

import "time"

// ends remembers who ended the call: the first to do so.
func (c *call) ends(by EndedBy) {
	if c.endedBy == "" && c.m.State != Ending {
		c.endedBy = by
	}
}

// endsByLeg remembers who ended the call when a leg's end is what ends it.
func (c *call) endsByLeg(leg LegName, f LegFact) {
	if f.Kind != LegIsGone {
		return
	}
	switch {
	case c.m.State == Talking && !f.FarEnded:
		c.ends(BySystem) // our own phone gave the leg up: the far end had fallen silent, or we are stopping
	case c.caller != nil && leg == CustomerLeg && f.FarEnded:
		c.ends(ByCustomer)
	case leg == DeskLeg && c.m.State == CallingDesk && !f.FarEnded:
		c.ends(ByNetwork) // the phone never answered, or could not be reached
	case leg == DeskLeg:
		c.ends(ByOperator)
	case c.m.State == Talking:
		c.ends(ByCustomer)
	default:
		c.ends(ByNetwork)
	}
}

// measure takes from a customer leg's fact what the outcome and the panel need.
func (c *call) measure(leg LegName, f LegFact) {
	ev := f.Evidence
	if leg == DeskLeg {
		if ev.Event == EvInvite && c.view.deskInvited.IsZero() && c.caller == nil {
			c.view.deskInvited = ev.At
		}
		if f.Kind == LegRinging && c.caller != nil && c.view.RingingAt.IsZero() {
			c.view.RingingAt = ev.At
		}
		return
	}
	switch {
	case f.Kind == LegRinging || f.Kind == LegEarly:
		c.outcome.Ringing = true
		if c.view.RingingAt.IsZero() {
			c.view.RingingAt = ev.At
		}
	case ev.Event == EvCrossed, f.Kind == LegAnswered && c.m.State == Ending, f.Kind == LegNote && ev.Event == EvAnswered: // of the last the leg can make no talk
		c.outcome.Crossed = true
	case f.Kind == LegAnswered, ev.Event == EvAnswerSent:
		c.outcome.Answered = true
		c.view.AnsweredAt = ev.At
	case ev.Event == EvElsewhere && c.caller != nil:
		c.caller.taken = true
	case ev.Event == EvFinal:
		c.outcome.Status, c.outcome.Cause = ev.Status, ev.Cause
	}
}

// finished boils the call down for the results table. It rang until it was answered, or until somebody gave up: not until
// the last leg was gone, which a desk phone that fell silent can put off by 64·T1.
func (c *call) finished() Outcome {
	o := c.outcome
	o.EndedBy = c.endedBy
	end := c.overAt
	if o.Answered {
		end = c.view.AnsweredAt
	}
	o.RangFor, o.Took = since(c.view.RingingAt, end), since(c.view.DialledAt, end)
	return o
}

func since(from, to time.Time) time.Duration {
	if from.IsZero() {
		return 0
	}
	return max(0, to.Sub(from))
}

// DeskInvitedAt is when the desk phone's INVITE left; zero before that. The time from StartedAt is what the click cost.
func (v CallView) DeskInvitedAt() time.Time { return v.deskInvited }
