package dialer

import (
	"fmt"
	"time"
)

// Ceiling bounds how many calls go out of the whole centre: beyond what desks can make by hand, somebody else is dialling.
// Zero is no bound. The ledger counts, so that all machines of a house keep to one ceiling.
type Ceiling struct {
	PerHour int // in any sixty minutes
	PerDay  int // from midnight in Tokyo
}

// What one desk can do at most, far beyond the 20–24 an hour that the specification's figures come to (DOMAIN): a ring that
// nobody answers takes half a minute.
const (
	deskPerHour = 60
	deskPerDay  = 400
)

// CeilingFor is the ceiling of a centre with so many desks.
func CeilingFor(desks int) Ceiling {
	return Ceiling{PerHour: deskPerHour * desks, PerDay: deskPerDay * desks}
}

// CeilingSpan is which of a Ceiling's two bounds is meant.
type CeilingSpan string

// The spans of a Ceiling.
const (
	CeilingHour CeilingSpan = "hour"
	CeilingDay  CeilingSpan = "day"
)

// Refusal says why one more call may not go out after so many, and which bound forbids it; nil when it may.
func (c Ceiling) Refusal(lastHour, today int) (CeilingSpan, *Refusal) {
	switch {
	case c.PerDay > 0 && today >= c.PerDay:
		return CeilingDay, &Refusal{
			Rule: CeilingReached,
			JA:   fmt.Sprintf("本日の発信が上限(%d件)に達したため、発信を止めています。不正な発信がないか、スーパーバイザーと管理者が確かめてください", c.PerDay),
			EN: fmt.Sprintf("as many calls went out today as the settings allow (%d), so no more do; supervisor and administrator must see whether all of them are yours",
				c.PerDay),
		}
	case c.PerHour > 0 && lastHour >= c.PerHour:
		return CeilingHour, &Refusal{
			Rule: CeilingReached,
			JA:   fmt.Sprintf("直近1時間の発信が上限(%d件)に達したため、発信を止めています。不正な発信がないか確かめ、しばらく待ってください", c.PerHour),
			EN: fmt.Sprintf("as many calls went out in the last hour as the settings allow (%d), so no more do for now; see whether all of them are yours, and wait",
				c.PerHour),
		}
	}
	return "", nil
}

// Began is when the stretch of time began that a span counts at an instant: an hour before it, or midnight in Tokyo.
func (s CeilingSpan) Began(now time.Time) time.Time {
	if s == CeilingDay {
		return DateOf(now).At(0)
	}
	return now.Add(-time.Hour)
}

// Alert is what the supervisor is told when a span's ceiling is reached.
func (s CeilingSpan) Alert() Alert {
	ja, en := "直近1時間", "in the last hour"
	if s == CeilingDay {
		ja, en = "本日", "today"
	}
	return Alert{
		Kind: "ceiling_reached", Text: ja + "の発信が上限に達したため、発信を止めました。身に覚えのない発信がないか、架電記録を確かめてください",
		TextEN: "no more calls go out: the ceiling of calls " + en + " is reached; see in the attempts whether all of them are yours",
	}
}
