package lab

import (
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/sip/media"
)

// fate is what happens to one call: a row of the lab dial plan with everything
// that had to be drawn. Times are those of real life; the carrier shortens
// them. The zero fate says 100 and then nothing at all, not even to a CANCEL.
type fate struct {
	row       string                                     // in words, for the log
	asksFirst bool                                       // 401 before anything else
	rings     bool                                       // 180
	announces bool                                       // 183 with SDP and a recorded announcement
	early     bool                                       // 183 with SDP and the sound of the answer, together with 180
	waits     time.Duration                              // before the final status
	status    int                                        // the final one; 0: none ever
	cause     int                                        // Q.850, 0 for no Reason header
	says      func(c *Carrier, pick uint64) media.Source // after 200; nil says nothing
	hangsUp   time.Duration                              // after 200; 0: never
	glares    bool                                       // answers as the CANCEL arrives
	holds     bool                                       // puts the caller on hold in the call, and resumes
}

// The sounds of a plan's rows.
func person(_ *Carrier, pick uint64) media.Source { return voice(pick) }

func voicemail(c *Carrier, pick uint64) media.Source {
	return media.Sequence(media.For(c.wait(5*time.Second), voice(pick)), media.Beep.Source())
}

func recorder(c *Carrier, pick uint64) media.Source {
	return media.Sequence(media.For(c.wait(8*time.Second), voice(pick)), voice(pick+1))
}

func fax(*Carrier, uint64) media.Source { return media.FaxCED.Source() }

// Times that the plan leaves to us.
const (
	promptly     = 500 * time.Millisecond // a refusal the network has to think about
	shortRing    = time.Second
	announcement = 5 * time.Second
	holdAfter    = 3 * time.Second // from the answer to hold, and from hold to resume
)

// refusals are rows that end with a status.
var refusals = map[int]fate{
	41: {row: "busy", waits: promptly, status: 486},
	42: {row: "unallocated, after an announcement", announces: true, waits: announcement, status: 404, cause: 1},
	43: {row: "out of reach", waits: promptly, status: 480, cause: 20},
	45: {row: "declined", waits: promptly, status: 603},
	46: {row: "network out of order", status: 503},
	47: {row: "number changed", waits: promptly, status: 410},
	52: {row: "incomplete number", waits: promptly, status: 484},
}

// specials are the other fixed rows.
var specials = map[int]fate{
	40: {row: "rings, never answers", rings: true},
	44: {row: "voicemail", rings: true, waits: 20 * time.Second, status: 200, says: voicemail},
	48: {row: "100 and nothing more"},
	49: {row: "recording device, then a person", waits: 200 * time.Millisecond, status: 200, says: recorder},
	50: {row: "answers without sound", rings: true, waits: shortRing, status: 200},
	51: {row: "answers and hangs up", rings: true, waits: shortRing, status: 200, says: person, hangsUp: time.Second},
	53: {row: "180, 183 and 200 at once", rings: true, early: true, status: 200, says: person},
	55: {row: "fax", rings: true, waits: shortRing, status: 200, says: fax},
	56: {row: "answers as the CANCEL arrives", rings: true, glares: true},
	57: {row: "holds and resumes", rings: true, waits: shortRing, status: 200, says: person, holds: true},
}

// decide gives the fate of a call by the last two digits of its number, drawing
// from rnd what the plan leaves to chance.
func decide(lastTwo string, rnd *rand.Rand) fate {
	nn, err := strconv.Atoi(lastTwo)
	switch {
	case err != nil || nn == 58 || nn == 59: // no row of the plan
		return refusals[42]
	case nn < 40:
		return answers(rnd)
	case nn == 54:
		f := answers(rnd)
		f.row, f.asksFirst = "challenges, then answers", true
		return f
	case nn >= 60:
		return draw(rnd)
	}
	if f, ok := specials[nn]; ok {
		return f
	}
	return refusals[nn]
}

// answers: rings 2–6 s, speaks, hangs up after 20–90 s.
func answers(rnd *rand.Rand) fate {
	return fate{
		row: "answers", rings: true, waits: within(rnd, 2*time.Second, 6*time.Second), status: 200,
		says: person, hangsUp: within(rnd, 20*time.Second, 90*time.Second),
	}
}

// within draws from a range, both ends included.
func within(rnd *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(rnd.Int64N(int64(high-low)+1))
}

// draw is rows 60–99: the mixture a working day brings.
func draw(rnd *rand.Rand) fate {
	switch p := rnd.IntN(100); {
	case p < 38:
		return answers(rnd)
	case p < 38+42:
		return specials[40]
	case p < 80+8:
		return specials[44]
	case p < 88+6:
		return refusals[41]
	case p < 94+4:
		return refusals[42]
	}
	others := [...]int{43, 45, 46, 47}
	return refusals[others[rnd.IntN(len(others))]]
}

// lot makes the generator of one call from the seed, the number and how often
// that number was called before. So the same seed gives the same day, however
// the calls of different numbers mix.
func lot(seed uint64, number string, before int) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(number)) // never fails
	return rand.New(rand.NewPCG(seed, h.Sum64()+uint64(before)))
}

// reasonHeader is RFC 3326's.
func reasonHeader(cause int) []sip.Header {
	if cause == 0 {
		return nil
	}
	return []sip.Header{sip.NewHeader("Reason", "Q.850;cause="+strconv.Itoa(cause))}
}
