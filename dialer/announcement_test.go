package dialer_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
)

// rings dials a number whose network speaks before it answers, if it ever does.
func (h *house) rings(far dialertest.Far) dialer.CallID {
	h.t.Helper()
	h.phone.Far(dialertest.Far{}, far)
	call := h.dial(first, desk1, h.cases(1)[0])
	h.state(call, dialer.CallingCustomer)
	h.poll(func() bool { v, _ := h.Call(call); return !v.RingingAt.IsZero() }, func() string { return "a ringing phone" })
	return call
}

// said are the announcements that an attempt's evidence holds, in order.
func said(evidence []dialer.Evidence) string {
	var all []string
	for _, ev := range evidence {
		if ev.Event == dialer.EvAnnouncementHeard && ev.Leg == dialer.CustomerLeg {
			all = append(all, ev.Reason)
		}
	}
	return strings.Join(all, " ")
}

// What the operator hears decides, where the network says nothing or too little; the last that was pressed counts, and all of it is kept.
func TestAnAnnouncementHeardDecides(t *testing.T) {
	for _, c := range []struct {
		name    string
		far     dialertest.Far
		pressed []dialer.Announcement
		hangUp  bool
		want    dialer.Result
		sure    dialer.Confidence
		said    string
	}{
		{
			"we hang up", dialertest.Far{Kind: dialertest.FarRings, Early: true, Ring: time.Second},
			[]dialer.Announcement{dialer.HeardOutOfReach}, true, dialer.OutOfReach, dialer.Medium, "out_of_reach",
		},
		{
			"the network agrees", dialertest.Far{Kind: dialertest.FarRejects, Early: true, After: 20 * time.Second, Status: 404},
			[]dialer.Announcement{dialer.HeardRefused, dialer.HeardVacant, dialer.HeardVacant}, false, dialer.Unallocated, dialer.High, "refused vacant",
		},
		{
			"taken back", dialertest.Far{Kind: dialertest.FarRings, Ring: time.Second},
			[]dialer.Announcement{dialer.HeardVacant, dialer.HeardNothing, dialer.HeardNothing}, true, dialer.Cancelled, dialer.High, "vacant none",
		},
		{
			"the network answers to say it", dialertest.Far{},
			[]dialer.Announcement{dialer.HeardByRequest}, true, dialer.Answered, dialer.Medium, "by_request",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			inHouse(t, func(t *testing.T, h *house) {
				call := h.ringsOrTalks(c.far)
				for _, what := range c.pressed {
					h.must(h.AnnouncementHeard(t.Context(), first, call, what))
					synctest.Wait()
				}
				if v, _ := h.Call(call); v.Announcement != lastOf(c.pressed) {
					t.Errorf("the panel shows %q", v.Announcement)
				}
				if c.hangUp {
					h.must(h.Hangup(t.Context(), first, call))
				}
				a := h.ended(call)
				if v := a.End.Verdict; v.Result != c.want || v.Confidence != c.sure || v.Counted != (c.want != dialer.Cancelled) {
					t.Errorf("the verdict is %+v", v)
				}
				if got := said(a.End.Evidence); got != c.said {
					t.Errorf("the evidence says %q, want %q", got, c.said)
				}
			})
		})
	}
}

func (h *house) ringsOrTalks(far dialertest.Far) dialer.CallID {
	h.t.Helper()
	if far.Kind != (dialertest.Far{}).Kind {
		return h.rings(far)
	}
	call, _ := h.talks(first, desk1)
	return call
}

func lastOf(pressed []dialer.Announcement) dialer.Announcement {
	if last := pressed[len(pressed)-1]; last != dialer.HeardNothing {
		return last
	}
	return ""
}

func TestWhoMaySayWhatIsHeardAndWhen(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		if err := h.AnnouncementHeard(ctx, first, "none", dialer.HeardVacant); err == nil {
			t.Error("something is heard in a call that is not there")
		}
		h.phone.Far(dialertest.Far{Kind: dialertest.FarRings, Ring: time.Second}, dialertest.Far{})
		call := h.dial(first, desk1, h.cases(1)[0])
		h.state(call, dialer.CallingDesk)
		h.refused(h.AnnouncementHeard(ctx, first, call, dialer.HeardVacant), dialer.NothingRings)
		h.must(h.Hangup(ctx, first, call))
		h.ended(call)

		call = h.rings(dialertest.Far{Kind: dialertest.FarRings, Ring: time.Second})
		h.refused(h.AnnouncementHeard(ctx, second, call, dialer.HeardVacant), dialer.NotYourDesk)
		if err := h.AnnouncementHeard(ctx, first, call, "gone fishing"); err == nil {
			t.Error("a word that nobody knows was taken")
		}
		h.must(h.AnnouncementHeard(ctx, supervisor, call, dialer.HeardRefused))
		synctest.Wait()
		h.must(h.Hangup(ctx, first, call))
		if v := h.ended(call).End.Verdict; v.Result != dialer.Refused {
			t.Errorf("the verdict is %+v", v)
		}
	})
}

// What was heard is written as it comes: a crash takes neither it nor the case's hold away.
func TestWhatWasHeardSurvivesACrash(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		call := h.rings(dialertest.Far{Kind: dialertest.FarRings, Early: true, Ring: time.Second})
		h.must(h.AnnouncementHeard(t.Context(), first, call, dialer.HeardVacant))
		h.poll(func() bool {
			open, err := h.ledger.Open(t.Context())
			h.must(err)
			return slices.ContainsFunc(open, func(a dialer.OpenAttempt) bool { return a.ID == call && said(a.Evidence) == "vacant" })
		}, func() string { return "evidence in the ledger, of a call that goes on" })
		h.must(h.Hangup(t.Context(), first, call))
		h.ended(call)
	})
}
