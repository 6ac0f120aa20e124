package sip

import (
	"slices"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// Trunks tells how the trunks stand, in their order.
func (a *Agent) Trunks() []dialer.TrunkView {
	all := make([]dialer.TrunkView, 0, len(a.uplinks))
	for _, u := range a.uplinks {
		u.mu.Lock()
		all = append(all, u.view())
		u.mu.Unlock()
	}
	return all
}

// OnTrunk has f called, never concurrently with itself, whenever what there is to see of a trunk has changed. Call it once,
// at wiring.
func (a *Agent) OnTrunk(f func(dialer.TrunkView)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.trunked = f
}

// view is the trunk as it can be seen. It needs u.mu.
func (u *uplink) view() dialer.TrunkView {
	v := dialer.TrunkView{Name: u.trunk.Name, Kind: dialer.TrunkByAddress, Lab: u.trunk.Lab, Addresses: []dialer.TrunkAddress{}}
	if u.trunk.Register {
		registered := u.registered
		v.Kind, v.Registered = dialer.TrunkRegisters, &registered
	}
	for _, s := range u.spots {
		v.Addresses = append(v.Addresses, dialer.TrunkAddress{Address: s.at.String(), State: u.stateOf(s)})
	}
	trouble, status := u.trouble()
	switch {
	case trouble == "":
		v.State = dialer.TrunkUp
	case !u.sought || len(u.spots) > 0 && u.trunk.Register && !u.registered && !u.refused:
		v.State = dialer.TrunkStarting // nothing has failed yet
	default:
		v.State, v.LastError = dialer.TrunkDown, trouble.InWords(status)
	}
	now := u.agent.cfg.Now()
	if v.State != u.state {
		if u.state == dialer.TrunkDown && u.past != nil {
			u.past.Until = now
		}
		u.state, u.since = v.State, now
	}
	v.Since = u.since
	if v.LastError != nil {
		u.past = &dialer.TrunkPast{TrunkError: *v.LastError, From: u.since}
	} else if u.past != nil {
		over := *u.past
		v.Past = &over
	}
	return v
}

// stateOf needs u.mu.
func (u *uplink) stateOf(s *spot) dialer.TrunkAddressState {
	switch {
	case s.silent:
		return dialer.AddressSilent
	case u.agent.cfg.Now().Before(s.closed):
		return dialer.AddressWaits
	case s.answered:
		return dialer.AddressAnswers
	default:
		return dialer.AddressUnasked
	}
}

// trouble is why no call can leave by the trunk, empty when one can, and the status that said so. It needs u.mu.
func (u *uplink) trouble() (dialer.TrunkTrouble, int) {
	switch {
	case len(u.spots) == 0:
		return dialer.TrunkNotFound, 0
	case u.trunk.Register && !u.registered && u.said == 0:
		return orElse(u.unlinked(), dialer.TrunkUnregistered), 0
	case u.trunk.Register && !u.registered:
		return registerTrouble(u.said), u.said
	}
	status := 0
	for _, s := range u.spots {
		if !s.silent {
			return "", 0
		}
		status = max(status, s.said)
	}
	if status != 0 {
		return dialer.TrunkOutOfService, status
	}
	return orElse(u.unlinked(), dialer.TrunkSilent), 0
}

// unlinked is why no address can be connected to, where none can, by TCP or TLS; empty when one can. It needs u.mu.
func (u *uplink) unlinked() (why dialer.TrunkTrouble) {
	for _, s := range u.spots {
		fault := u.agent.streams.fault(s.at)
		switch {
		case s.at.by == overUDP || fault == nil:
			return ""
		case untrusted(fault):
			why = dialer.TrunkUntrusted
		default:
			why = orElse(why, dialer.TrunkNoLink)
		}
	}
	return why
}

// registerTrouble sorts the answers to a REGISTER that is refused (RFC 3261 §10.3).
func registerTrouble(status int) dialer.TrunkTrouble {
	switch status {
	case 0:
		return dialer.TrunkUnregistered
	case sip.StatusUnauthorized, sip.StatusForbidden, sip.StatusNotFound, sip.StatusProxyAuthRequired:
		return dialer.TrunkRefusesUs
	default:
		return dialer.TrunkNotNow
	}
}

// why is the trouble, for the log and for those who ask whether there is one.
func (u *uplink) why() dialer.TrunkTrouble {
	u.mu.Lock()
	defer u.mu.Unlock()
	trouble, _ := u.trouble()
	return trouble
}

// tellChange shows a trunk's change to the owner.
func (u *uplink) tellChange() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.tell()
}

// tell is tellChange where u.mu is held already, which keeps what is told in order.
func (u *uplink) tell() {
	v, before := u.view(), u.shown
	if u.ended || same(v, before) {
		return
	}
	u.shown = v
	u.agent.notices.post(func() {
		u.agent.mu.Lock()
		told := u.agent.trunked
		u.agent.mu.Unlock()
		if told != nil {
			told(v)
		}
	})
	if v.State == before.State || v.State == dialer.TrunkStarting {
		return
	}
	why, status := u.trouble()
	u.agent.log.Info("sip: trunk", "trunk", v.Name, "state", v.State, "why", why, "status", status)
	for _, d := range u.agent.cfg.Desks { // the desks whose phones hang behind it
		if d.Trunk == v.Name {
			u.agent.cameOrWent(d.ID, v.State == dialer.TrunkUp)
		}
	}
}

// same reports whether two views show the same.
func same(a, b dialer.TrunkView) bool {
	return a.State == b.State && equal(a.Registered, b.Registered) && equal(a.LastError, b.LastError) &&
		slices.Equal(a.Addresses, b.Addresses)
}

func equal[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }
