package media

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"time"

	"github.com/pion/rtcp"
)

// reports sends the legs' RTCP reports at intervals drawn around the mean, so
// that many calls do not report at once (RFC 3550 §6.2).
func (b *Bridge) reports() {
	b.start(time.Now().Add(b.every/2), func(now time.Time) (time.Time, bool) {
		for _, l := range b.all() {
			l.sendRTCP(l.compound(now))
		}
		return now.Add(b.every/2 + rand.N(b.every)), true
	})
}

// compound is the report of a leg: SR if we have sent, else RR, with what we
// received, and our name (RFC 3550 §6.1). nil if there was no sound yet.
func (l *leg) compound(now time.Time) []rtcp.Packet {
	blocks := l.in.block(now)
	first := l.out.senderReport(now)
	switch {
	case first != nil:
		first.Reports = blocks
	case len(blocks) == 0:
		return nil
	default:
		return []rtcp.Packet{&rtcp.ReceiverReport{SSRC: l.out.ssrc, Reports: blocks}, l.name()}
	}
	return []rtcp.Packet{first, l.name()}
}

// name is the canonical name every compound packet must carry. It is drawn,
// not an address: RFC 7022.
func (l *leg) name() rtcp.Packet {
	return rtcp.NewCNAMESourceDescription(l.out.ssrc, strconv.FormatUint(l.local.id, 36))
}

// sayBye tells the far end that our stream has ended (RFC 3550 §6.6).
func (l *leg) sayBye(now time.Time) {
	if packets := l.compound(now); packets != nil {
		l.sendRTCP(append(packets, &rtcp.Goodbye{Sources: []uint32{l.out.ssrc}}))
	}
}

func (l *leg) sendRTCP(packets []rtcp.Packet) {
	far := l.far.Load()
	if len(packets) == 0 || far == nil || far.rtcp.Addr().IsUnspecified() {
		return
	}
	by := l.rtcp
	if far.said.Muxed {
		by = l.rtp
	}
	raw, err := rtcp.Marshal(packets)
	switch {
	case err != nil:
	case far.srtp != nil:
		err = far.srtp.out.sendRTCP(raw, by, &far.rtcp.raw)
	default:
		err = by.send(raw, &far.rtcp.raw)
	}
	if err != nil {
		l.out.sendFailed()
	}
}

// heardRTCP reads the far end's reports.
func (l *leg) heardRTCP(raw []byte, from netip.AddrPort, now time.Time) {
	far := l.far.Load()
	latch := far != nil && from != far.rtcp.AddrPort && far.mayLatch(from, far.rtcpLatched, l.pool.config.Networks)
	if far == nil || from != far.rtcp.AddrPort && !latch {
		l.in.stranger()
		return
	}
	l.heardReports(raw, from, far, now)
}

// heardReports is heardRTCP for a packet of somebody who may speak.
func (l *leg) heardReports(raw []byte, from netip.AddrPort, far *farEnd, now time.Time) {
	if far.srtp != nil {
		var ok bool
		if raw, ok = far.srtp.in.openRTCP(raw); !ok {
			l.in.notProtected()
			return
		}
	}
	packets, err := reportsIn(raw)
	if err != nil {
		l.in.notRTP()
		return
	}
	if far.behind.IsValid() && !far.rtcpLatched {
		l.latch(far, func(f *farEnd) { f.latchRTCP(from) })
	}
	for _, p := range packets {
		switch p := p.(type) {
		case *rtcp.SenderReport:
			l.in.senderReported(p, now)
			l.in.reported(p.Reports, l.out.ssrc, now)
		case *rtcp.ReceiverReport:
			l.in.reported(p.Reports, l.out.ssrc, now)
		}
	}
}

// reportsIn are the sender and receiver reports of a compound packet. Nothing else in it is read: a feedback of 44 bytes can name 65,532 packets
// (draft-holmer-rmcat-transport-wide-cc-extensions), and the library makes a piece of memory for each, while all calls wait.
func reportsIn(raw []byte) (reports []rtcp.Packet, err error) {
	for {
		var h rtcp.Header
		if err := h.Unmarshal(raw); err != nil {
			return nil, err
		}
		end := (int(h.Length) + 1) * 4
		if end > len(raw) {
			return nil, errCutShort
		}
		var report rtcp.Packet
		switch h.Type {
		case rtcp.TypeSenderReport:
			report = new(rtcp.SenderReport)
		case rtcp.TypeReceiverReport:
			report = new(rtcp.ReceiverReport)
		default:
		}
		if report != nil {
			if err := report.Unmarshal(raw[:end]); err != nil {
				return nil, err
			}
			reports = append(reports, report)
		}
		if raw = raw[end:]; len(raw) == 0 {
			return reports, nil
		}
	}
}

var errCutShort = errors.New("an RTCP packet says that it is longer than it is")

// block is our reception report of the far end's stream.
func (in *inbound) block(now time.Time) []rtcp.ReceptionReport {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.known {
		return nil
	}
	r := rtcp.ReceptionReport{
		SSRC:               in.ssrc,
		FractionLost:       in.fraction(),
		TotalLost:          uint32(min(max(in.lost(), 0), 1<<23-1)),
		LastSequenceNumber: in.highest - 1<<16, // see accept
		Jitter:             in.jitter >> 4,
		LastSenderReport:   in.far.lastSR,
	}
	if !in.far.lastSRAt.IsZero() {
		r.Delay = shortTime(now.Sub(in.far.lastSRAt))
	}
	return []rtcp.ReceptionReport{r}
}

func (in *inbound) senderReported(sr *rtcp.SenderReport, now time.Time) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.far.lastSR, in.far.lastSRAt = uint32(sr.NTPTime>>16), now
}

// reported takes what the far end says of our stream; the round trip is
// RFC 3550 §6.4.1's A - LSR - DLSR.
func (in *inbound) reported(blocks []rtcp.ReceptionReport, ours uint32, now time.Time) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.far.count++
	for _, r := range blocks {
		if r.SSRC != ours {
			continue
		}
		in.far.lost, in.far.jitter = int64(r.TotalLost), r.Jitter
		if r.LastSenderReport != 0 {
			trip := int32(uint32(ntpTime(now)>>16) - r.LastSenderReport - r.Delay)
			in.far.roundTrip = time.Duration(max(trip, 0)) * time.Second >> 16
		}
	}
}

// senderReport is the sender's part of a report, nil if nothing was sent.
func (o *outbound) senderReport(now time.Time) *rtcp.SenderReport {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.started {
		return nil
	}
	return &rtcp.SenderReport{
		SSRC:        o.ssrc,
		NTPTime:     ntpTime(now),
		RTPTime:     o.ts + uint32(samples(now.Sub(o.audioAt))),
		PacketCount: uint32(o.packets),
		OctetCount:  uint32(o.payload),
	}
}

// ntpTime is 32.32 fixed point seconds since 1900 (RFC 3550 §4), by a clock that
// nobody sets while we run: round trips are measured by it.
func ntpTime(t time.Time) uint64 {
	const since1900 = 2208988800
	t = begun.Round(0).Add(t.Sub(begun))
	seconds := uint64(t.Unix() + since1900)
	return seconds<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}

// shortTime is 16.16 fixed point seconds.
func shortTime(d time.Duration) uint32 { return uint32(int64(d) << 16 / int64(time.Second)) }
