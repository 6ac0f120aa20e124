package sip

import (
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/pion/rtp"

	"kakeru/dialer"
	"kakeru/sip/media"
)

func wideband(c *Config) { c.Trunks[0].Wideband = true }

// wideSDP is plainSDP of somebody who has G.722 and likes it best.
var wideSDP = strings.Replace(sdpAt(9), "RTP/AVP 0", "RTP/AVP 9 0", 1)

func offersG722(m sip.Message) bool {
	return strings.Contains(string(sdpOf(m)), "a=rtpmap:9 G722/8000")
}

func TestG722IsOfferedByALineThatCarriesIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		phone   string
		offered bool // to the line, once the phone has answered
	}{
		"a phone that has it": {wideSDP, true},
		"a phone without it":  {plainSDP, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, wideband)
			n := r.line(t)
			desk, customer := watch(n.Desk()), watch(n.Customer())
			desk.Dial()
			invite := r.desk.request(t, sip.INVITE)
			if !offersG722(invite) {
				t.Errorf("the phone is offered\n%s", sdpOf(invite))
			}
			r.desk.reply(invite, say{status: 200, tag: "p", sdp: c.phone})
			r.desk.request(t, sip.ACK)
			desk.until(t, dialer.LegAnswered)
			customer.Dial()
			outside := r.trunk.request(t, sip.INVITE)
			if offersG722(outside) != c.offered {
				t.Errorf("the line is offered\n%s", sdpOf(outside))
			}
			r.trunk.reply(outside, say{status: 486, tag: "c"})
			customer.gone(t)
			desk.Drop()
			r.desk.reply(r.desk.request(t, sip.BYE), say{status: 200})
			desk.gone(t)
		})
	}
}

// TestG722IsNotOfferedByTheNextLine: the trunk that follows on a broken one has its own settings.
func TestG722IsNotOfferedByTheNextLine(t *testing.T) {
	t.Parallel()
	next := newPeer(t)
	r := newRig(t, wideband, func(c *Config) {
		c.Trunks = append(c.Trunks, labTrunk(next.addr))
		c.Trunks[1].Name = "next"
	})
	w := r.customer(t)
	first := r.trunk.request(t, sip.INVITE)
	if !offersG722(first) {
		t.Errorf("the first line is offered\n%s", sdpOf(first))
	}
	r.trunk.reply(first, say{status: 503, tag: "c"})
	second := next.request(t, sip.INVITE)
	if offersG722(second) {
		t.Errorf("the next line is offered\n%s", sdpOf(second))
	}
	next.reply(second, say{status: 486, tag: "d"})
	w.gone(t)
}

func TestCallerWithG722(t *testing.T) {
	t.Parallel()
	for _, wide := range []bool{true, false} {
		b := newSwitchboard(t, func(c *Config) { c.Trunks[0].Wideband = wide })
		d := b.trunk.dial(b.Agent, testCallerID, wideSDP)
		in := within(t, b.comes, "the call to come in")
		caller := watch(in.Line.Customer())
		in.Line.Answer()
		if ok := d.status(t, 200); offersG722(ok) != wide {
			t.Errorf("wideband %v: answered\n%s", wide, sdpOf(ok))
		}
		if has := strings.Contains(string(in.Line.(*incomingLine).bridge.Offer(media.Desk)), "G722"); has != wide {
			t.Errorf("wideband %v: the phones are offered G.722: %v", wide, has)
		}
		d.say("ACK", 1, "")
		d.say("BYE", 2, "")
		caller.gone(t)
		in.Line.Close()
	}
}

// TestBaresipSpeaksG722: its encoder is spandsp's. A line with G.722 gets its octets, one without hears what it said.
func TestBaresipSpeaksG722(t *testing.T) {
	t.Parallel()
	needs(t, "baresip", "baresip-core")
	const hz, rate = 1000, 16000
	whistle := make([]int16, 20*rate)
	for i := range whistle {
		whistle[i] = int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/rate))
	}
	for name, pt := range map[string]uint8{"to a line with it": 9, "to a line without it": 0} {
		t.Run(name, func(t *testing.T) {
			ear, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			if err != nil {
				t.Fatal(err)
			}
			defer ear.Close()
			r := newRig(t, wideband, account)
			seen := observe(r.Agent)
			phone := startBaresipAs(t, baresipAccount{
				user: "phone1", password: "desk secret", registrar: r.Addr(), answering: "answermode=auto",
				codec: "g722", modules: "module g722.so\nmodule auresamp.so", voice: wav(rate, whistle),
			})
			if !within(t, seen.told, "baresip to register") {
				t.Fatal("it went")
			}
			n := r.line(t)
			desk, customer := watch(n.Desk()), watch(n.Customer())
			desk.Dial()
			desk.until(t, dialer.LegAnswered)
			customer.Dial()
			outside := r.trunk.request(t, sip.INVITE)
			if !offersG722(outside) {
				t.Fatalf("the line is offered\n%s", sdpOf(outside))
			}
			sdp := sdpAt(ear.LocalAddr().(*net.UDPAddr).Port)
			if pt == 9 {
				sdp = strings.Replace(sdp, "RTP/AVP 0 8", "RTP/AVP 9", 1)
			}
			r.trunk.reply(outside, say{status: 200, tag: "c", sdp: sdp})
			r.trunk.request(t, sip.ACK)
			customer.until(t, dialer.LegAnswered)
			n.Join()
			if err := ear.SetReadDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			var heard []byte
			buffer := make([]byte, 2048)
			for len(heard) < 2*media.SampleRate {
				size, err := ear.Read(buffer)
				if err != nil {
					t.Fatalf("after %d octets: %v\n%s", len(heard), err, phone.said.String())
				}
				var p rtp.Packet
				if p.Unmarshal(buffer[:size]) != nil || p.PayloadType != pt {
					t.Fatalf("payload type %d", p.PayloadType)
				}
				heard = append(heard, p.Payload...)
			}
			if pt == 0 {
				pcm := make([]int16, media.SampleRate)
				media.PCMU.Decode(pcm, heard[len(heard)-len(pcm):])
				if p := purity(hz, pcm); p < 0.95 {
					t.Errorf("%.3f of what the line hears is the whistle", p)
				}
			}
			customer.Drop()
			r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
			customer.gone(t)
			desk.Drop()
			desk.gone(t)
		})
	}
}

// purity is how much of a sound's power is one tone's.
func purity(hz float64, pcm []int16) float64 {
	var in, quad, all float64
	for i, s := range pcm {
		turn := 2 * math.Pi * hz * float64(i) / media.SampleRate
		in += float64(s) * math.Cos(turn)
		quad += float64(s) * math.Sin(turn)
		all += float64(s) * float64(s)
	}
	return 2 * (in*in + quad*quad) / (all * float64(len(pcm)))
}
