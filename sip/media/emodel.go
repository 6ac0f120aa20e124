package media

import (
	"math"
	"time"
)

// The E-model (ITU-T G.107, 06/2015) says how a talk will be judged by those
// who have it: R = Ro - Is - Id - Ie,eff + A. What we cannot measure (levels,
// noise, echo loss) has the default value of §7.7; A is 0, nobody at a desk
// phone makes allowances.
const (
	// emodelBasic is Ro - Is with the default values (§7.2, §7.3). Without delay
	// and loss the echo of the room at the far end takes 0.15 of it, and R is the
	// 93.2 that §7.7 names.
	emodelBasic = 93.355

	// Of the echoes (§7.4), with the default values: TELR, the loss of the echo
	// that the talker hears, and WEPL, that of the listener's, in dB.
	emodelTELR = 65
	emodelWEPL = 110
	emodelRo   = 94.769 // the signal-to-noise ratio, Ro (§7.2)
	emodelRoe  = 94.769 // the same at the talker's ear: -1.5·(No - RLR), No = -61.18 dBm0p, RLR = 2 dB

	// delayNoticed is the shortest delay that disturbs a talk without echo (mT of
	// §7.4, for the default sensitivity).
	delayNoticed = 100.0 // ms
)

// robustness is what a codec costs of R: Ie, that it is there at all, and Bpl,
// how well it stands the loss of packets.
type robustness struct{ ie, bpl float64 }

// robust gives them for a codec. G.711 has the values of ITU-T G.113 appendix
// I, table I.3, with the concealment of losses (G.711 appendix I) that desk
// phones and gateways have. For G.722 there are values on the wideband scale
// alone, which cannot be compared: it is taken for G.711 without concealment
// (the same table), so that it is never shown better than it is.
func (c Codec) robust() robustness {
	if c.law() {
		return robustness{ie: 0, bpl: 25.1}
	}
	return robustness{ie: 0, bpl: 4.3}
}

// RFactor rates a connection (G.107 §7.1): 93.2 for one with nothing wrong,
// less than 50 for one that nobody should be asked to use. Loss is the share of
// packets, 0 to 1, taken to be lost at random (BurstR is 1); delay is the way
// from mouth to ear.
func RFactor(codec Codec, loss float64, delay time.Duration) float64 {
	r := codec.robust()
	lost := 100 * min(max(loss, 0), 1)
	equipment := r.ie + (95-r.ie)*lost/(lost+r.bpl) // Ie,eff (§7.5)
	return emodelBasic - delayImpairment(delay) - equipment
}

// MOS is the mean opinion, 1 (bad) to 4.5, that corresponds to an R (G.107
// annex B).
func MOS(r float64) float64 {
	switch {
	case r >= 100:
		return 4.5
	case !(r > 0): // NaN too
		return 1
	}
	return max(1, 1+0.035*r+r*(r-60)*(100-r)*7e-6) // a little less than 1 below 6.5
}

// delayImpairment is Id = Idte + Idle + Idd (§7.4) for one delay all the way:
// T = Ta = Tr/2.
func delayImpairment(delay time.Duration) float64 {
	t := max(0, float64(delay)/float64(time.Millisecond))
	return talkerEcho(t) + listenerEcho(2*t) + pureDelay(t)
}

// talkerEcho is Idte: the later the echo, the louder it seems. The formula is a
// little less than nothing about 1 ms.
func talkerEcho(t float64) float64 {
	if t < 1 {
		return 0
	}
	terv := emodelTELR - 40*math.Log10((1+t/10)/(1+t/150)) + 6*math.Exp(-0.3*t*t)
	re := 80 + 2.5*(terv-14)
	d := emodelRoe - re
	return max(0, d/2+math.Sqrt(d*d/4+100)-1) * (1 - math.Exp(-t))
}

// listenerEcho is Idle, of a round trip in the four-wire loop.
func listenerEcho(tr float64) float64 {
	rle := 10.5 * (emodelWEPL + 7) * math.Pow(tr+1, -0.25)
	d := emodelRo - rle
	return d/2 + math.Sqrt(d*d/4+169)
}

// pureDelay is Idd: that people begin to talk at once.
func pureDelay(t float64) float64 {
	if t <= delayNoticed {
		return 0
	}
	x := math.Log2(t / delayNoticed)
	root := func(v float64) float64 { return math.Pow(1+math.Pow(v, 6), 1.0/6) }
	return 25 * (root(x) - 3*root(x/3) + 2)
}
