package sip

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/pion/rtp"

	"kakeru/sip/media"
)

// leave is the customer's BYE, upon which the desk is dropped.
func (k *talk) leave(t *testing.T) {
	t.Helper()
	k.customerHangsUp(t)
	k.legs[0].Drop()
}

// heardTone waits until the desk has heard as much of the busy tone.
func (k *talk) heardTone(t *testing.T, frames int) {
	t.Helper()
	k.hearsTone(t, 0, frames)
}

// hearsTone waits for the busy tone's frames after the first so many.
func (k *talk) hearsTone(t *testing.T, after, frames int) {
	t.Helper()
	if err := k.desk.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	want := make([]byte, int(media.Frame/time.Millisecond)*8)
	tone := media.Busy.Source()
	for i := range frames {
		pcm := make([]int16, len(want))
		tone.Fill(pcm)
		if i < after {
			continue
		}
		media.PCMU.Encode(want, pcm)
		buf := make([]byte, 1500)
		n, err := k.desk.conn.Read(buf)
		var got rtp.Packet
		if err == nil {
			err = got.Unmarshal(buf[:n])
		}
		if err != nil || string(got.Payload) != string(want) {
			t.Fatalf("frame %d is no busy tone (%v)", i, err)
		}
	}
}

func TestOperatorHearsThatTheOtherSideIsGone(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.BusyTone = 100 * time.Millisecond })
	k := newTalk(t, r)
	k.leave(t)
	k.heardTone(t, 5) // all of it, before the BYE
	r.desk.reply(r.desk.request(t, sip.BYE), say{status: 200})
	k.legs[0].gone(t)
}

func TestBusyToneIsCutShort(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.BusyTone = MaxBusyTone })
	for name, end := range map[string]func(k *talk){
		"by the panel": func(k *talk) { k.legs[0].Drop() },
		"by the phone": func(k *talk) {
			r.desk.write(r.Agent, r.desk.within(k.deskInvite, "d", "BYE", 7, nil, ""))
			if res := r.desk.response(t, sip.BYE); res.StatusCode != 200 {
				t.Errorf("the phone's BYE got %d", res.StatusCode)
			}
		},
	} {
		k := newTalk(t, r)
		k.leave(t)
		k.heardTone(t, 2)
		start := time.Now()
		end(k)
		if name == "by the panel" {
			r.desk.reply(r.desk.request(t, sip.BYE), say{status: 200})
		}
		k.legs[0].gone(t)
		if time.Since(start) > MaxBusyTone-time.Second {
			t.Errorf("%s: not cut short", name)
		}
	}
}

// Whoever hangs up needs no tone to know it.
func TestNoBusyToneForWhoeverHangsUp(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.BusyTone = MaxBusyTone })
	k := newTalk(t, r)
	for i, p := range []*peer{r.desk, r.trunk} {
		k.legs[i].Drop()
		p.reply(p.request(t, sip.BYE), say{status: 200})
		k.legs[i].gone(t)
	}
}

// An agent that stops has no time for a tone: the phone is hung up.
func TestNoBusyToneWhenTheAgentStops(t *testing.T) {
	t.Parallel()
	r := &rig{desk: newPeer(t), trunk: newPeer(t)}
	cfg := testConfig()
	cfg.Desks = []Desk{{ID: "desk1", URI: "sip:201@" + r.desk.addr.String()}}
	cfg.Trunks = []Trunk{labTrunk(r.trunk.addr)}
	cfg.BusyTone = MaxBusyTone
	var err error
	if r.Agent, err = New(cfg); err == nil {
		err = r.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ran := make(chan error, 1)
	go func() { ran <- r.Run(ctx) }()
	k := newTalk(t, r)
	k.customerHangsUp(t)
	stop()
	r.desk.reply(r.desk.request(t, sip.BYE), say{status: 200})
	k.legs[0].gone(t)
	if err := within(t, ran, "Run to return"); err != nil {
		t.Error(err)
	}
}

// A click that crosses the end, and a phone that rings late, leave the tone as it is.
func TestNothingReplacesTheBusyTone(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.BusyTone = 400 * time.Millisecond })
	k := newTalk(t, r)
	k.leave(t)
	k.heardTone(t, 3)
	k.legs[0].Leg.(*hunt).line.Transfer("desk2", false)
	k.hearsTone(t, 3, 18)
	r.desk.reply(r.desk.request(t, sip.BYE), say{status: 200})
	k.legs[0].gone(t)
}

func TestBusyToneIsBounded(t *testing.T) {
	for _, d := range []time.Duration{-1, MaxBusyTone + 1} {
		cfg := testConfig()
		cfg.BusyTone = d
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), "sip.busy_tone") {
			t.Errorf("%v: %v", d, err)
		}
	}
}
