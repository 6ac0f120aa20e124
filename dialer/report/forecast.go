package report

import "math"

// eightyPercent is how many standard deviations to either side hold four outcomes of five.
const eightyPercent = 1.28

// wild is the spread that is assumed while there are not two whole days to measure one by: half of what is to come.
const wild = 0.5

// forecast is the month's total if it goes on as it went: what is done, and the rate per minute of work so far times the
// minutes that are left. Low and high are where four months of five would end, going by how much the rate differed from
// day to day (that of a coming day, and that of the mean itself). While nothing is done, or no time was worked, nothing
// is known, and all three are what is done; so they are once the month is over.
//
// Persons and cases are taken to grow like attempts. They grow a little slower, the later in the month the more: a
// number called twice is one person. The forecast is the higher for it, never what is done.
func (plan Plan) forecast(p Progress) Forecast {
	done := float64(p.Done.of(plan.Definition))
	pace := plan.pace(p)
	if done == 0 || pace.worked == 0 || pace.left == 0 {
		return Forecast{Low: int(done), Mid: int(done), High: int(done)}
	}
	more := done / pace.worked * pace.left
	spread := wild * more
	if n := float64(len(pace.rates)); n >= 2 {
		spread = eightyPercent * pace.deviation(done/float64(p.Done.Attempts)) * math.Sqrt(pace.leftSquared+pace.left*pace.left/n)
	}
	return Forecast{
		Low:  int(math.Floor(done + max(0, more-spread))),
		Mid:  int(math.Round(done + more)),
		High: int(math.Ceil(done + more + spread)),
	}
}

// pace is how a month has gone so far, and how much of it is left, in minutes of work.
type pace struct {
	worked, left float64
	leftSquared  float64   // the squares of the minutes that each day still has
	rates        []float64 // attempts a minute, of each day that is over
}

func (plan Plan) pace(p Progress) pace {
	attempts := make(map[string]int, len(p.ByDay))
	for _, d := range p.ByDay {
		attempts[d.Date] = d.Attempts
	}
	var c pace
	for _, day := range p.OpenDays {
		passed := worked(plan.Hours, day, plan.Now)
		left := float64(day.Minutes) - passed
		c.worked += passed
		c.left += left
		c.leftSquared += left * left
		if left == 0 && day.Minutes > 0 {
			c.rates = append(c.rates, float64(attempts[day.Date])/float64(day.Minutes))
		}
	}
	return c
}

// deviation is the standard deviation of the days' rates, scaled from attempts to what is counted.
func (c pace) deviation(scale float64) float64 {
	var mean, sum float64
	for _, r := range c.rates {
		mean += r / float64(len(c.rates))
	}
	for _, r := range c.rates {
		sum += (r - mean) * (r - mean)
	}
	return scale * math.Sqrt(sum/float64(len(c.rates)-1))
}
