package sip

import (
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/pion/rtp"

	"kakeru/sip/media"
)

// leave is the customer's BYE, upon which the desk is dropped.
func (k *talk) leave(t *testing.T) {
	t.Helper()
	k.r.trunk.write(k.r.Agent, k.r.trunk.within(k.invite, "a", "BYE", k.cseq+1, nil, ""))
	if res := k.r.trunk.response(t, sip.BYE); res.StatusCode != 200 {
		t.Errorf("the talk's BYE got %d", res.StatusCode)
	}
	k.legs[1].gone(t)
	k.legs[0].Drop()
}

// heardTone waits until the desk has heard as much of the busy tone.
func (k *talk) heardTone(t *testing.T, frames int) {
	t.Helper()
	if err := k.desk.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	want := make([]byte, int(media.Frame/time.Millisecond)*8)
	tone := media.Busy.Source()
	for i := range frames {
		pcm := make([]int16, len(want))
		tone.Fill(pcm)
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
	k.heardTone(t, 5)
	r.desk.reply(r.desk.request(t, sip.BYE), say{status: 200})
	k.legs[0].gone(t)
}

func TestBusyToneIsCutShort(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.BusyTone = time.Hour })
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
		end(k)
		if name == "by the panel" {
			r.desk.reply(r.desk.request(t, sip.BYE), say{status: 200})
		}
		k.legs[0].gone(t)
	}
}

// Whoever hangs up needs no tone to know it.
func TestNoBusyToneForWhoeverHangsUp(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.BusyTone = time.Hour })
	k := newTalk(t, r)
	for i, p := range []*peer{r.desk, r.trunk} {
		k.legs[i].Drop()
		p.reply(p.request(t, sip.BYE), say{status: 200})
		k.legs[i].gone(t)
	}
}
