package dialer

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Agree checks the rules against the centre's hours and desks, which stand elsewhere: what can never come about is refused.
func (r Rules) Agree(h Hours, desks []DeskID) error {
	var p ruleProblems
	for _, key := range r.Seats.Stray(desks) {
		p.addf(key, "there is no such desk; the settings have %v", desks)
	}
	if !h.AlwaysOpen && !r.Number.Off {
		for _, week := range append([]WeekFrom{{Week: h.Week}}, h.Later...) {
			if len(week.Week) > 0 {
				r.agreeWithHours(&p, week.Week)
			}
		}
	}
	return errors.Join(p...)
}

// agreeWithHours: on some day of a week as many rings must fit as the rule allows, else what it allows is never reached.
func (r Rules) agreeWithHours(p *ruleProblems, week map[time.Weekday]Span) {
	rings, bands, longest := r.Number.RingsPerDay, 0, 0
	for _, s := range week {
		longest = max(longest, s.Minutes())
		n := 0
		for i := range len(r.Bands) - 1 {
			if r.Bands[i] < s.To && r.Bands[i+1] > s.From {
				n++
			}
		}
		bands = max(bands, n)
	}
	if need := int(r.Number.RingGap/time.Minute) * (rings - 1); need >= longest {
		p.addf("number.ring_gap_minutes", "%d rings a day so far apart do not fit into the longest open day (%d min); write a shorter gap, or rings_per_day: 1", rings, longest)
	}
	if r.Number.OtherBand && rings > bands {
		p.addf("number.rings_per_day", "%d rings in different parts of a day, but the centre is never open in more than %d; write fewer, more bands, or other_band: false", rings, bands)
	}
}

// Unspoken are those of some languages that no desk ever speaks: cases that need one come to any desk. It is worth a warning, no
// more: a calendar may be filled in later.
func (s Seats) Unspoken(languages []string) []string {
	spoken := s.Languages()
	return slices.DeleteFunc(slices.Clone(languages), func(l string) bool { return Everybodys(l) || slices.Contains(spoken, l) })
}

// String names a reason in both languages, for tests and logs.
func (r Reason) String() string { return fmt.Sprintf("%s (%s)", r.JA, r.EN) }
