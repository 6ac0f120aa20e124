package sip

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// TestTheHandleKeepsNoLongWay: a far end that rings by ever other long ways, or names of its dialog, is not followed there, since each would be kept with the call.
func TestTheHandleKeepsNoLongWay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	long := strings.Repeat("y", routesMost)
	for i := range 20 {
		r.trunk.reply(invite, say{status: 183, tag: fmt.Sprint("t", i), headers: []string{"Record-Route: <sip:h;lr>", "Record-Route: <sip:h;lr;p=" + long + ">"}})
		r.trunk.reply(invite, say{status: 183, tag: fmt.Sprint(i, long)})
	}
	r.trunk.reply(invite, say{status: 180, tag: "a"})
	if f := w.until(t, dialer.LegRinging); f.Evidence.Status != 180 {
		t.Errorf("it rings by %d", f.Evidence.Status)
	}
	for _, f := range w.all {
		if f.Handle != nil && len(f.Handle.Data) > routesMost {
			t.Errorf("%s has a handle of %d octets", f.Evidence.Event, len(f.Handle.Data))
		}
	}
}

// TestALongWayIsCancelledAndHungUp: what is not kept ends nevertheless, a phone that rings by our CANCEL, one that was picked up by all of its way.
func TestALongWayIsCancelledAndHungUp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	route := "<sip:" + r.trunk.addr.String() + ";lr;p=" + strings.Repeat("y", routesMost) + ">"
	t.Run("ringing", func(t *testing.T) {
		w := r.customer(t)
		invite := r.trunk.request(t, sip.INVITE)
		w.Drop()
		r.trunk.reply(invite, say{status: 180, tag: "a", headers: []string{"Record-Route: " + route}})
		r.trunk.reply(r.trunk.request(t, sip.CANCEL), say{status: 200})
		r.trunk.reply(invite, say{status: 487, tag: "a"})
		r.trunk.request(t, sip.ACK)
		w.gone(t)
	})
	t.Run("answered", func(t *testing.T) {
		w := r.customer(t)
		r.trunk.reply(r.trunk.request(t, sip.INVITE), say{status: 200, tag: "a", sdp: plainSDP, headers: []string{"Record-Route: " + route}})
		r.trunk.request(t, sip.ACK)
		bye := r.trunk.request(t, sip.BYE)
		if !slices.Equal(values(bye, "Route"), []string{route}) {
			t.Errorf("BYE by %.60v", values(bye, "Route"))
		}
		r.trunk.reply(bye, say{status: 200})
		w.gone(t)
		if slices.ContainsFunc(w.all, func(f dialer.LegFact) bool { return f.Kind == dialer.LegAnswered }) {
			t.Error("nobody is to talk by that")
		}
	})
}
