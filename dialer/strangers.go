package dialer

import (
	"fmt"
	"time"
)

// A caller who is on no list and misses us is called back like anybody: it may be a debtor's husband, or the office they work at. But a telephone line shows
// whatever number it likes, and by as many missed calls as somebody cares to make, each from another, strangers would stand before the ward's list all day
// long. So only so many a while come into the line by themselves; what more there are a supervisor looks at. No call to them is 架電: that is one to a debtor.
const (
	strangersAnHour = 10
	strangersADay   = 40
)

// strangers are the missed calls of a day from callers who are on no list, that are to be called back by this node. Guarded by the engine's mu.
type strangers struct {
	first map[CaseID]time.Time // when each missed us first today
	told  time.Time            // when a supervisor was told last
}

// take reports whether a case may come into the line at an instant, and whether a supervisor is to be told that it may not. Who calls again takes no room.
func (s *strangers) take(id CaseID, now time.Time) (may, tell bool) {
	lastHour := 0
	for other, at := range s.first {
		switch {
		case DateOf(at) != DateOf(now):
			delete(s.first, other)
		case now.Sub(at) < time.Hour:
			lastHour++
		}
	}
	if _, known := s.first[id]; known || len(s.first) < strangersADay && lastHour < strangersAnHour {
		if !known {
			if s.first == nil {
				s.first = map[CaseID]time.Time{}
			}
			s.first[id] = now
		}
		return true, false
	}
	tell = now.Sub(s.told) >= time.Hour
	if tell {
		s.told = now
	}
	return false, tell
}

// callStrangerBack is what a missed call of somebody who is on no list asks: what any asks, as long as there are not too many.
func (e *Engine) callStrangerBack(id CaseID, caller Number, at time.Time) CaseNext {
	next := e.callBack(caller, at)
	if next.State != CaseWaiting {
		return next
	}
	e.mu.Lock()
	may, tell := e.strangers.take(id, e.d.Now())
	e.mu.Unlock()
	if may {
		return next
	}
	if tell {
		e.alert(Alert{
			Kind: "strangers_call",
			Text: fmt.Sprintf("名簿にない番号からの不在着信が多いため(1時間に%d件、1日に%d件まで)、折り返しを保留にしています。保留の案件を確かめてください",
				strangersAnHour, strangersADay),
			TextEN: fmt.Sprintf("so many calls from numbers on no list were missed (more than %d in an hour, or %d today) that further ones are held; look at the held cases",
				strangersAnHour, strangersADay),
		})
	}
	return CaseNext{
		State: CaseHeld, Cause: CauseMissed, Why: next.Why + "(名簿にない番号からの不在着信が多いため、保留にしました)",
		WhyEN: next.WhyEN + "; held, since so many who are on no list have called",
	}
}

// ofStranger is what the case of a call that came in waits for if its caller is on no list, where that was not known while they called: the ledger was slow, or
// the day is closed. Their numbers take the room then.
func (e *Engine) ofStranger(c *call, next CaseNext) *CaseNext {
	if c.target.CaseID != "" || next.State != CaseWaiting {
		return nil
	}
	next = e.callStrangerBack(CaseID("caller "+c.target.NumberRef), c.target.Number, c.view.StartedAt)
	return &next
}

// apart is the verdict on a call to somebody who is on no list: it stands in the record, and counts as no 架電.
func (v Verdict) apart(unlisted bool) Verdict {
	if unlisted && v.Counted {
		v.Counted = false
		v.Why += "(名簿にない相手への折り返しのため、架電件数に数えません)"
	}
	return v
}
