package sip

import (
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// says sends what a source has, eight times as fast as a talk: the ear goes by the packets' own time.
func (v *voice) says(t *testing.T, d time.Duration, sound media.Source) {
	t.Helper()
	tick := time.NewTicker(media.Frame / 8)
	defer tick.Stop()
	pcm := make([]int16, 160)
	for range int(d / media.Frame) {
		<-tick.C
		sound.Fill(pcm)
		payload := make([]byte, len(pcm))
		media.PCMU.Encode(payload, pcm)
		v.sent++
		raw, err := (&rtp.Packet{
			Header:  rtp.Header{Version: 2, SequenceNumber: uint16(v.sent), Timestamp: uint32(160 * v.sent), SSRC: 7},
			Payload: payload,
		}).Marshal()
		if err == nil {
			_, err = v.conn.WriteToUDPAddrPort(raw, v.to)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// heard are the hints that the customer's leg has told until it was gone.
func (k *talk) heard(t *testing.T) (all []string) {
	t.Helper()
	k.hangUp(t)
	for _, f := range k.legs[1].all {
		if f.Evidence.Event == dialer.EvHeard {
			all = append(all, f.Evidence.Reason)
		}
	}
	return all
}

func TestMailboxIsHintedAt(t *testing.T) {
	t.Parallel()
	k := newTalk(t, newRig(t, func(c *Config) { c.Hearing = true }))
	k.customer.says(t, 9*time.Second, media.NewSpeech(5))
	k.customer.says(t, 2*time.Second, media.Beep.Source())
	k.legs[1].untilEvent(t, dialer.EvHeard)
	all := strings.Join(k.heard(t), ", ")
	for _, want := range []string{"recorder 0.", "beep 0."} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in %s", want, all)
		}
	}
}

func TestFaxIsHintedAt(t *testing.T) {
	t.Parallel()
	k := newTalk(t, newRig(t, func(c *Config) { c.Hearing = true }))
	k.customer.says(t, 5*time.Second, media.FaxCED.Source())
	k.legs[1].untilEvent(t, dialer.EvHeard)
	if all := k.heard(t); len(all) == 0 || !strings.HasPrefix(all[len(all)-1], "fax 0.") {
		t.Errorf("heard %q", all)
	}
}

// A person says who they are, and waits; and where nobody is to listen, nobody does.
func TestPersonsAreNotHintedAt(t *testing.T) {
	t.Parallel()
	for _, hearing := range []bool{true, false} {
		k := newTalk(t, newRig(t, func(c *Config) { c.Hearing = hearing }))
		k.customer.says(t, time.Second, media.NewSpeech(3))
		k.customer.says(t, 3*time.Second, media.Silence.Source())
		if !hearing { // as a mailbox does
			k.customer.says(t, 9*time.Second, media.NewSpeech(5))
			k.customer.says(t, 2*time.Second, media.Beep.Source())
		}
		if all := k.heard(t); len(all) != 0 {
			t.Errorf("hearing %v: heard %q", hearing, all)
		}
	}
}
