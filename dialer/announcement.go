package dialer

import (
	"context"
	"fmt"
	"slices"
)

// Announcement is what a person heard the network say instead of a ringing tone. Japanese networks say it in words, without
// the tones (ITU-T E.180) by which a machine would know: only a person's ear does.
type Announcement string

// The announcements.
const (
	HeardVacant        Announcement = "vacant"         // 欠番: the number is not in use
	HeardCarrierReason Announcement = "carrier_reason" // 都合により: the carrier has suspended it
	HeardByRequest     Announcement = "by_request"     // 申し出により: suspended, as its owner asked
	HeardOutOfReach    Announcement = "out_of_reach"   // 圏外: out of reach, or switched off
	HeardRefused       Announcement = "refused"        // 拒否: calls from our number are refused
	HeardNothing       Announcement = "none"           // what was pressed before was a mistake
)

// Announcements lists them.
var Announcements = []Announcement{HeardVacant, HeardCarrierReason, HeardByRequest, HeardOutOfReach, HeardRefused, HeardNothing}

// AnnouncementHeard says what the operator hears. What is said later replaces what was said before: both stay in the evidence, and the
// last has its part in the verdict.
func (e *Engine) AnnouncementHeard(_ context.Context, a Asker, id CallID, what Announcement) error {
	if !slices.Contains(Announcements, what) {
		return fmt.Errorf("unknown announcement %q; use one of %v", what, Announcements)
	}
	c, err := e.callFor(a, id, hearsAnnouncements, NothingRings)
	if err == nil {
		c.post(posted{control: &control{do: controlAnnouncement, said: what}})
	}
	return err
}

// hearsAnnouncements: the network of a number that we dial has the say. Some networks answer (200) in order to speak.
func hearsAnnouncements(v CallView) bool {
	return v.Direction == Outbound && (v.State == Talking || v.State == CallingCustomer && !v.RingingAt.IsZero())
}

func (c *call) announcementHeard(what Announcement) {
	view := c.view
	view.State = c.m.State
	said := what
	if what == HeardNothing {
		said = ""
	}
	if !hearsAnnouncements(view) || c.view.Announcement == said {
		return
	}
	now := c.e.d.Now()
	c.view.Announcement, c.outcome.Heard = said, said
	c.keep(Evidence{At: now, Leg: CustomerLeg, Event: EvAnnouncementHeard, Reason: string(what)})
	c.note(nil)
	c.show(now)
}

// lastAnnouncement is what the evidence of an attempt says was heard.
func lastAnnouncement(evidence []Evidence) (said Announcement) {
	for _, ev := range evidence {
		if ev.Event == EvAnnouncementHeard {
			said = Announcement(ev.Reason)
		}
	}
	if said == HeardNothing {
		return ""
	}
	return said
}
