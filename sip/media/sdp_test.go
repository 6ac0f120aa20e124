package media

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// body joins the lines after the fixed head of an SDP.
func body(lines ...string) []byte {
	head := []string{"v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-"}
	return []byte(strings.Join(append(head, lines...), "\r\n") + "\r\n")
}

const c4 = "c=IN IP4 192.0.2.1"

func TestParse(t *testing.T) {
	addr := netip.MustParseAddrPort
	for _, c := range []struct {
		name string
		sdp  []byte
		want Description
	}{
		{"plain carrier offer", body(c4, "t=0 0", "m=audio 4000 RTP/AVP 0 8 101", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000", "a=ptime:20"),
			Description{RTP: addr("192.0.2.1:4000"), RTCP: addr("192.0.2.1:4001"), Formats: []Format{{PCMU, 0}, {PCMA, 8}}, EventPT: 101, PTime: Frame}},
		{"static types without rtpmap, A-law first", body(c4, "t=0 0", "m=audio 4000 RTP/AVP 8 0"),
			Description{RTP: addr("192.0.2.1:4000"), RTCP: addr("192.0.2.1:4001"), Formats: []Format{{PCMA, 8}, {PCMU, 0}}, PTime: Frame}},
		{"dynamic type for PCMA, lower case, other codecs skipped", body(c4, "t=0 0", "m=audio 4000 RTP/AVP 18 97", "a=rtpmap:97 pcma/8000/1"),
			Description{RTP: addr("192.0.2.1:4000"), RTCP: addr("192.0.2.1:4001"), Formats: []Format{{PCMA, 97}}, PTime: Frame}},
		{"media c= wins, rtcp attribute, 30 ms", body(c4, "t=0 0", "m=audio 4000 RTP/AVP 0", "c=IN IP4 192.0.2.9", "a=rtcp:5000 IN IP4 192.0.2.7", "a=ptime:30"),
			Description{RTP: addr("192.0.2.9:4000"), RTCP: addr("192.0.2.7:5000"), Formats: []Format{{PCMU, 0}}, PTime: 30 * time.Millisecond}},
		{"hold by sendonly", body(c4, "t=0 0", "m=audio 4000 RTP/AVP 0", "a=sendonly"),
			Description{RTP: addr("192.0.2.1:4000"), RTCP: addr("192.0.2.1:4001"), Formats: []Format{{PCMU, 0}}, PTime: Frame, Direction: SendOnly}},
		{"inactive for the session", body(c4, "t=0 0", "a=inactive", "m=audio 4000 RTP/AVP 0"),
			Description{RTP: addr("192.0.2.1:4000"), RTCP: addr("192.0.2.1:4001"), Formats: []Format{{PCMU, 0}}, PTime: Frame, Direction: Inactive}},
		{"the stream's direction wins", body(c4, "t=0 0", "a=inactive", "m=audio 4000 RTP/AVP 0", "a=sendrecv"),
			Description{RTP: addr("192.0.2.1:4000"), RTCP: addr("192.0.2.1:4001"), Formats: []Format{{PCMU, 0}}, PTime: Frame}},
		{"old hold by 0.0.0.0", body("c=IN IP4 0.0.0.0", "t=0 0", "m=audio 4000 RTP/AVP 0"),
			Description{RTP: addr("0.0.0.0:4000"), RTCP: addr("0.0.0.0:4001"), Formats: []Format{{PCMU, 0}}, PTime: Frame, Direction: Inactive}},
		{"broken rtcp and ptime are as if not there", body(c4, "t=0 0", "m=audio 4000 RTP/AVP 0", "a=rtcp:x", "a=ptime:0"),
			Description{RTP: addr("192.0.2.1:4000"), RTCP: addr("192.0.2.1:4001"), Formats: []Format{{PCMU, 0}}, PTime: Frame}},
		{"events at another rate are none", body(c4, "t=0 0", "m=audio 4000 RTP/AVP 0 110 96", "a=rtpmap:110 telephone-event/48000", "a=rtpmap:96 telephone-event/8000"),
			Description{RTP: addr("192.0.2.1:4000"), RTCP: addr("192.0.2.1:4001"), Formats: []Format{{PCMU, 0}}, EventPT: 96, PTime: Frame}},
		{"video first, secure audio refused, then ours", body(c4, "t=0 0", "m=video 6000 RTP/AVP 31", "m=audio 4002 RTP/SAVP 0", "m=audio 4000 RTP/AVP 0"),
			Description{RTP: addr("192.0.2.1:4000"), RTCP: addr("192.0.2.1:4001"), Formats: []Format{{PCMU, 0}}, PTime: Frame}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Parse(c.sdp)
			if err != nil {
				t.Fatal(err)
			}
			got.lines = nil
			if !got.equal(c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
			if held := c.want.Direction == SendOnly || c.want.Direction == Inactive; got.Held() != held {
				t.Errorf("held: %v", got.Held())
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	const audio = "m=audio 4000 RTP/AVP 0"
	for _, c := range []struct {
		name string
		sdp  []byte
		want error
	}{
		{"empty", nil, ErrNoAudio},
		{"no SDP at all", []byte("hello"), ErrMalformedSDP},
		{"no audio", body(c4, "t=0 0", "m=video 6000 RTP/AVP 31"), ErrNoAudio},
		{"only secure audio", body(c4, "t=0 0", "m=audio 4000 RTP/SAVP 0"), ErrNoAudio},
		{"port 0", body(c4, "t=0 0", "m=audio 0 RTP/AVP 0"), ErrAudioRejected},
		{"port too large", body(c4, "t=0 0", "m=audio 70000 RTP/AVP 0"), ErrMalformedSDP},
		{"unknown codecs only", body(c4, "t=0 0", "m=audio 4000 RTP/AVP 18 9"), ErrNoCodec},
		{"events only", body(c4, "t=0 0", "m=audio 4000 RTP/AVP 101", "a=rtpmap:101 telephone-event/8000"), ErrNoCodec},
		{"0 remapped to something else", body(c4, "t=0 0", audio, "a=rtpmap:0 L16/8000"), ErrNoCodec},
		{"no c=", body("t=0 0", audio), ErrNoConnection},
		{"IPv6 dressed as IP4", body("c=IN IP4 2001:db8::1", "t=0 0", audio), ErrBadAddress},
		{"IPv4 dressed as IP6", body("c=IN IP6 192.0.2.1", "t=0 0", audio), ErrBadAddress},
		{"IPv6 multicast", body("c=IN IP6 ff02::1", "t=0 0", audio), ErrBadAddress},
		{"host name", body("c=IN IP4 phone.example", "t=0 0", audio), ErrBadAddress},
		{"multicast", body("c=IN IP4 224.2.1.1/127", "t=0 0", audio), ErrBadAddress},
		{"broadcast", body("c=IN IP4 255.255.255.255", "t=0 0", audio), ErrBadAddress},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Parse(c.sdp); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestNamesThatAnAnswerMayNotRepeat(t *testing.T) {
	for _, name := range []string{"a\rb", "a\x00", "é", "a=b", ""} {
		for _, line := range []string{"m=" + name + " 1 UDP x", "m=image 1 " + name + " x"} {
			if d, err := Parse(body(c4, "t=0 0", "m=audio 4000 RTP/AVP 0", line)); err == nil {
				t.Errorf("%q was taken: %+v", line, d)
			}
		}
	}
}

func TestErrorsDoNotQuoteTheSDP(t *testing.T) {
	_, err := Parse(body("c=IN IP4 phone.example", "t=0 0", "m=audio 4000 RTP/AVP 0"))
	if err == nil || strings.Contains(err.Error(), "phone.example") {
		t.Errorf("%v", err)
	}
}

func TestAnswerFollowsTheOffer(t *testing.T) {
	offer, err := Parse(body(c4, "t=0 0", "m=video 6000 RTP/AVP 31 32", "m=audio 4000 RTP/AVP 8 18 96",
		"a=rtpmap:96 telephone-event/8000", "a=sendonly", "m=audio 4002 RTP/AVP 0"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(NewLocal(netip.MustParseAddrPort("192.0.2.5:7000")).Answer(offer))
	var lines []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "m=") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	want := []string{"m=video 0 RTP/AVP 31 32", "m=audio 7000 RTP/AVP 8 96", "m=audio 0 RTP/AVP 0"}
	if !slices.Equal(lines, want) {
		t.Errorf("streams %q, want %q", lines, want)
	}
	for _, want := range []string{"a=recvonly\r\n", "a=rtpmap:96 telephone-event/8000\r\n", "a=rtcp:7001\r\n", "a=ptime:20\r\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// TestAnswersByTheRules is RFC 3264 §6: as many streams as were offered and in their order, port 0 for those refused, the
// offer's payload numbers and their order, and a direction that may answer the offer's.
func TestAnswersByTheRules(t *testing.T) {
	for _, c := range []struct {
		name  string
		offer []string
		want  []string // the m= lines and the direction
	}{
		{"as offered", []string{"m=audio 4000 RTP/AVP 0 8"}, []string{"m=audio 7000 RTP/AVP 0 8", "a=sendrecv"}},
		{"the offer's order", []string{"m=audio 4000 RTP/AVP 8 0"}, []string{"m=audio 7000 RTP/AVP 8 0", "a=sendrecv"}},
		{"what we lack is left out", []string{"m=audio 4000 RTP/AVP 9 0 18"}, []string{"m=audio 7000 RTP/AVP 0", "a=sendrecv"}},
		{"numbers of theirs", []string{"m=audio 4000 RTP/AVP 98 97", "a=rtpmap:97 telephone-event/8000", "a=rtpmap:98 PCMA/8000"},
			[]string{"m=audio 7000 RTP/AVP 98 97", "a=sendrecv"}},
		{"no events offered, none answered", []string{"m=audio 4000 RTP/AVP 0"}, []string{"m=audio 7000 RTP/AVP 0", "a=sendrecv"}},
		{"on hold", []string{"m=audio 4000 RTP/AVP 0", "a=sendonly"}, []string{"m=audio 7000 RTP/AVP 0", "a=recvonly"}},
		{"to hear only", []string{"m=audio 4000 RTP/AVP 0", "a=recvonly"}, []string{"m=audio 7000 RTP/AVP 0", "a=sendonly"}},
		{"neither", []string{"m=audio 4000 RTP/AVP 0", "a=inactive"}, []string{"m=audio 7000 RTP/AVP 0", "a=inactive"}},
		{"hold of old", []string{"m=audio 4000 RTP/AVP 0", "c=IN IP4 0.0.0.0"}, []string{"m=audio 7000 RTP/AVP 0", "a=inactive"}},
		{"of two, the first", []string{"m=audio 4000 RTP/AVP 0", "m=audio 4002 RTP/AVP 0"},
			[]string{"m=audio 7000 RTP/AVP 0", "a=sendrecv", "m=audio 0 RTP/AVP 0"}},
		{"the first is refused by themselves", []string{"m=audio 0 RTP/AVP 0", "m=audio 4002 RTP/AVP 8"},
			[]string{"m=audio 0 RTP/AVP 0", "m=audio 7000 RTP/AVP 8", "a=sendrecv"}},
		{"others around it", []string{"m=image 5000 udptl t38", "m=audio 4000 RTP/AVP 0", "m=application 9 TCP/BFCP *"},
			[]string{"m=image 0 udptl t38", "m=audio 7000 RTP/AVP 0", "a=sendrecv", "m=application 0 TCP/BFCP *"}},
		{"protected beside plain", []string{"m=audio 4000 RTP/SAVP 0", "m=audio 4002 RTP/AVP 0"},
			[]string{"m=audio 0 RTP/SAVP 0", "m=audio 7000 RTP/AVP 0", "a=sendrecv"}},
	} {
		offer, err := Parse(body(append([]string{c4, "t=0 0"}, c.offer...)...))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var got []string
		for line := range strings.Lines(string(NewLocal(netip.MustParseAddrPort("192.0.2.5:7000")).Answer(offer))) {
			line = strings.TrimSpace(line)
			if strings.HasPrefix(line, "m=") || slices.Contains(directionNames[:], strings.TrimPrefix(line, "a=")) {
				got = append(got, line)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%q, want\n%q", c.name, got, c.want)
		}
	}
}

func TestVersionGoesUpOnlyWithAChange(t *testing.T) {
	l := NewLocal(netip.MustParseAddrPort("192.0.2.5:7000"))
	origin := func(sdp []byte) string { return strings.Fields(string(sdp))[2] } // v=0 o=- ID
	first, again := l.Offer(SendRecv), l.Offer(SendRecv)
	if string(first) != string(again) {
		t.Errorf("the same offer twice differs:\n%s\n%s", first, again)
	}
	hold := l.Offer(SendOnly)
	if !strings.Contains(string(first), " 1 IN IP4") || !strings.Contains(string(hold), " 2 IN IP4") {
		t.Errorf("versions:\n%s\n%s", first, hold)
	}
	if origin(first) != origin(hold) {
		t.Error("the session id changed")
	}
}

func TestLaterOfferKeepsTheNumbersAndStreams(t *testing.T) {
	l := NewLocal(netip.MustParseAddrPort("192.0.2.5:7000"))
	offer, err := Parse(body(c4, "t=0 0", "m=audio 4000 RTP/AVP 97 96", "a=rtpmap:97 PCMA/8000", "a=rtpmap:96 telephone-event/8000", "m=video 6000 RTP/AVP 31"))
	if err != nil {
		t.Fatal(err)
	}
	l.Answer(offer)
	text := string(l.Offer(SendRecv))
	for _, want := range []string{"m=audio 7000 RTP/AVP 97 0 96\r\n", "m=video 0 RTP/AVP 31\r\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// TestTwoOfOursUnderstandEachOther: offer and answer of any direction name the
// same codecs and mirror each other.
func TestTwoOfOursUnderstandEachOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Direction(rapid.IntRange(0, 3).Draw(t, "direction"))
		port := uint16(rapid.IntRange(1, 32766).Draw(t, "port")) * 2
		a := NewLocal(netip.AddrPortFrom(netip.MustParseAddr("192.0.2.5"), port))
		b := NewLocal(netip.MustParseAddrPort("192.0.2.6:7000"))
		offer, err := Parse(a.Offer(d))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := Parse(b.Answer(offer))
		if err != nil {
			t.Fatal(err)
		}
		if offer.RTP != a.addr || offer.RTCP.Port() != port+1 || answer.EventPT != offer.EventPT {
			t.Errorf("offer %+v, answer %+v", offer, answer)
		}
		if !slices.Equal(offer.Formats, answer.Formats) || answer.Direction != d.reversed() {
			t.Errorf("offer %+v, answer %+v", offer, answer)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(body(c4, "t=0 0", "m=audio 4000 RTP/AVP 0 8 101", "a=rtpmap:101 telephone-event/8000", "a=rtcp:5 IN IP4 192.0.2.2", "a=sendonly"))
	f.Add(body("t=0 0", "m=audio 0 RTP/AVP 0", c4))
	f.Add([]byte("v=0\r\nm=audio"))
	f.Fuzz(func(t *testing.T, sdp []byte) {
		d, err := Parse(sdp)
		if err != nil {
			return
		}
		if len(d.Formats) == 0 || !d.RTP.Addr().IsValid() || d.RTP.Port() == 0 || d.PTime <= 0 {
			t.Fatalf("accepted as %+v", d)
		}
		newFarEnd(d, defaultEventPT)
		if _, err := Parse(NewLocal(netip.MustParseAddrPort("192.0.2.5:7000")).Answer(d)); err != nil {
			t.Fatalf("our answer cannot be parsed: %v", err)
		}
	})
}

// A number that an offer repeats is taken once, however often: the answer would repeat it, with a line for each.
func TestRepeatedFormatsAreTakenOnce(t *testing.T) {
	offer, err := Parse(body(c4, "t=0 0", "m=audio 4000 RTP/AVP 8 97 0"+strings.Repeat(" 0 8 97", 1000), "a=rtpmap:97 PCMA/8000"))
	if err != nil {
		t.Fatal(err)
	}
	if want := []Format{{PCMA, 8}, {PCMA, 97}, {PCMU, 0}}; !slices.Equal(offer.Formats, want) {
		t.Errorf("%d formats", len(offer.Formats))
	}
	if n := len(NewLocal(offer.RTP).Answer(offer)); n > 400 {
		t.Errorf("an answer of %d bytes", n)
	}
}
