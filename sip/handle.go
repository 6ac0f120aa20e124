package sip

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"kakeru/dialer"
)

// handleVersion is the layout of handles that this program writes and reads.
const handleVersion = 1

// legState is how far a leg has come, as far as its end depends on it.
type legState string

const (
	legReady  legState = "ready"  // prepared; its INVITE may be on the way when this was the last that was saved
	legEarly  legState = "early"  // a provisional response has come
	legUp     legState = "up"     // a 2xx has come
	legClosed legState = "closed" // nothing is left to end
)

// saved is what a Handle holds: all that another process needs to end the leg. It holds the number that was dialled.
type saved struct {
	Version int            `json:"v"`
	Leg     dialer.LegName `json:"leg"`
	State   legState       `json:"state"`
	// Trunk names the credentials for a challenge; empty for a desk.
	Trunk  string      `json:"trunk,omitempty"`
	Invite savedInvite `json:"invite"`
	Dialog dialog      `json:"dialog"`
	// Called legs were begun by the far end's INVITE.
	Called bool `json:"called,omitempty"`
	// Asked is an INVITE of theirs that has no final answer yet: what a refusal of it is made from.
	Asked *savedSummons `json:"asked,omitempty"`
	// Phones are the handles of many phones that ring as one leg; nothing else is set then.
	Phones []json.RawMessage `json:"phones,omitempty"`
	// Others are the INVITEs that may follow when this one is refused before anything rang: a process that died may have
	// sent one of them and had no time to say so.
	Others []savedWay `json:"others,omitempty"`
}

// savedWay is another INVITE of the leg: the same dialog but for these.
type savedWay struct {
	Invite savedInvite `json:"invite"`
	From   string      `json:"from"`
	First  place       `json:"first"`
	SentBy string      `json:"sent_by,omitempty"` // that of the dialog if empty
}

// by is the saved leg as it stands if it went that way.
func (s saved) by(w savedWay) saved {
	s.State, s.Invite, s.Others = legReady, w.Invite, nil
	s.Dialog.RemoteURI, s.Dialog.LocalURI, s.Dialog.First, s.Dialog.RemoteTag = w.Invite.URI, w.From, w.First, ""
	s.Dialog.SentBy = orElse(w.SentBy, s.Dialog.SentBy)
	return s
}

// sinceSaved is more than the requests that can have left in the dialog after its handle was saved: refreshes of the session
// and the like, of which nobody is told. A BYE whose CSeq is not above theirs would be refused (RFC 3261 §12.2.2).
const sinceSaved = 10_000

// later is the dialog as another process goes on with it.
func (s saved) later() dialog {
	d := s.Dialog
	d.CSeq += sinceSaved
	return d
}

// savedInvite is what a CANCEL must repeat to match (RFC 3261 §9.1).
type savedInvite struct {
	URI    string   `json:"uri"`
	Routes []string `json:"routes,omitempty"` // values of Route: a phone that registered by way of proxies (RFC 3327)
	Branch string   `json:"branch"`
	CSeq   uint32   `json:"cseq"`
}

// same reports whether a leg's handle would be the same. What never changes while a leg lives is not looked at, and neither
// are the ways that are left, which only become fewer.
func (s saved) same(as saved) bool {
	return s.Version == as.Version && s.State == as.State && s.Trunk == as.Trunk && (s.Asked == nil) == (as.Asked == nil) &&
		len(s.Others) == len(as.Others) && s.Invite.same(as.Invite) && s.Dialog.same(as.Dialog)
}

func (i savedInvite) same(as savedInvite) bool {
	return i.URI == as.URI && i.Branch == as.Branch && i.CSeq == as.CSeq && slices.Equal(i.Routes, as.Routes)
}

// same reports whether a handle would keep the same of the dialog.
func (d *dialog) same(as dialog) bool {
	return slices.Equal(d.Routes, as.Routes) && d.CSeq == as.CSeq && d.LocalURI == as.LocalURI && d.LocalTag == as.LocalTag &&
		d.RemoteURI == as.RemoteURI && d.RemoteTag == as.RemoteTag && d.Target == as.Target && d.First == as.First &&
		d.Pinned == as.Pinned && d.SentBy == as.SentBy && d.CallID == as.CallID
}

// longestCallID bounds what is kept of a Call-ID that others have made.
const longestCallID = 128

func (s saved) handle() dialer.LegHandle {
	data, _ := json.Marshal(s) //nolint:errchkjson // texts, numbers and an address, which always marshal
	id := s.Dialog.CallID
	if s.Called { // of their making: some phones make it of their number, and this one is not sealed. What ends the leg reads its own
		id = dialer.MaskDigits(strings.ToValidUTF8(id[:min(len(id), longestCallID)], ""))
	}
	return dialer.LegHandle{Leg: s.Leg, SIPCallID: id, Data: data}
}

// parseHandle reads what handle wrote, in this version of the program or an earlier one.
func parseHandle(h dialer.LegHandle) (saved, error) {
	var s saved
	if err := json.Unmarshal(h.Data, &s); err != nil {
		// The error of the parser may quote what it could not read.
		return saved{}, errors.New("the leg's handle cannot be read: it is damaged, or was not written by this program")
	}
	switch {
	case s.Version == handleVersion && len(s.Phones) > 0:
		return s, nil
	case s.Version != handleVersion:
		return saved{}, fmt.Errorf("the leg's handle has version %d, this program knows %d: end the call with the program that made it", s.Version, handleVersion)
	case s.Asked != nil && (s.Asked.Via == nil || !s.Asked.At.IsValid()):
		return saved{}, errors.New("the leg's handle does not say how its caller is answered")
	case s.Dialog.CallID == "" || s.Dialog.LocalTag == "" || !s.Called && (s.Invite.URI == "" || s.Invite.Branch == "") || !s.Dialog.First.IsValid() || s.Dialog.SentBy == "":
		return saved{}, errors.New("the leg's handle is incomplete: it names no call, INVITE or address")
	case s.State == legUp && (s.Dialog.RemoteTag == "" || s.Dialog.Target == ""):
		return saved{}, errors.New("the leg's handle says that the leg was up, but not with whom")
	case s.Dialog.CSeq > 1<<31-2-sinceSaved:
		return saved{}, errors.New("the leg's handle has a CSeq beyond the protocol's range")
	}
	return s, nil
}
