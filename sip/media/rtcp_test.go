package media

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// Whatever a far end reports, our figures stay figures, and our next report can be read.
func FuzzRTCP(f *testing.F) {
	for _, packets := range [][]rtcp.Packet{
		{&rtcp.SenderReport{SSRC: 1, NTPTime: 1 << 40, Reports: []rtcp.ReceptionReport{{SSRC: 2, FractionLost: 9, TotalLost: 1<<24 - 1, LastSenderReport: 1, Delay: 1 << 31}}}},
		{&rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{SSRC: 2}, {SSRC: 2, Jitter: 1<<32 - 1}}}, &rtcp.Goodbye{Sources: []uint32{1}}},
		{rtcp.NewCNAMESourceDescription(1, "far"), &rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: 2}},
	} {
		raw, err := rtcp.Marshal(packets)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, rand.Uint32())
	}
	f.Fuzz(func(t *testing.T, raw []byte, ssrc uint32) {
		b := &Bridge{}
		said, err := Parse(body(c4, "t=0 0", "m=audio 4000 RTP/AVP 0"))
		if err != nil {
			t.Fatal(err)
		}
		l := &leg{bridge: b, out: newOutbound()}
		l.out.ssrc = ssrc
		l.far.Store(newFarEnd(said, defaultEventPT))
		l.in.accept(header{ssrc: 7, seq: 1}, true, 172, time.Now())
		l.heardRTCP(raw, said.RTCP, time.Now())
		if l.in.far.roundTrip < 0 || l.in.far.roundTrip > 1<<16*time.Second {
			t.Errorf("a round trip of %v", l.in.far.roundTrip)
		}
		ours, err := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: ssrc, Reports: l.in.block(time.Now())}})
		if err == nil {
			_, err = rtcp.Unmarshal(ours)
		}
		if err != nil {
			t.Errorf("our report cannot be read: %v", err)
		}
	})
}

// A far end's feedback on 65,528 packets is forty bytes, and nothing is made of it; the report before it counts.
func TestOnlyReportsAreRead(t *testing.T) {
	const chunks = 8 // of 8191 packets each
	report, err := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 1}})
	if err != nil {
		t.Fatal(err)
	}
	feedback := []byte{0x80 | rtcp.FormatTCC, byte(rtcp.TypeTransportSpecificFeedback), 0, 5 + chunks/2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0xff, 0xf8, 0, 0, 0, 0}
	for range chunks {
		feedback = append(feedback, 0x3f, 0xff)
	}
	said, err := Parse(body(c4, "t=0 0", "m=audio 4000 RTP/AVP 0"))
	if err != nil {
		t.Fatal(err)
	}
	l := &leg{bridge: &Bridge{}, out: newOutbound()}
	l.far.Store(newFarEnd(said, defaultEventPT))
	raw := append(append(report, feedback...), 0, 0, 0, 0)
	if n := testing.AllocsPerRun(1, func() { l.heardRTCP(raw, said.RTCP, time.Now()) }); n > 10 {
		t.Errorf("%v pieces of memory for %d bytes", n, len(raw))
	}
	if l.in.far.count != 2 { // AllocsPerRun runs it once more
		t.Errorf("%d reports", l.in.far.count)
	}
	for _, bad := range [][]byte{nil, raw[:len(raw)-1], {0x80, 200, 0, 0}, {0, 201, 0, 1, 0, 0, 0, 0}} {
		if _, err := reportsIn(bad); err == nil {
			t.Errorf("%x was read", bad)
		}
	}
}
