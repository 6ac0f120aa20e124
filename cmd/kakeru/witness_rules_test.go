package main

import (
	"fmt"
	"slices"
	"sort"
	"time"

	"kakeru/sip/lab"
)

// The kinds of violation that the witness knows.
const (
	strayCall      = "stray call"     // the carrier saw a call that belongs to no attempt
	sharedCall     = "shared call"    // two attempts have one Call-ID
	unseenAttempt  = "unseen attempt" // it says that it was dialled, and the carrier never saw it
	silentDial     = "silent dial"    // it says that nobody was dialled, and somebody was
	openAttempt    = "open attempt"   // it has not ended
	caselessCall   = "attempt of no case"
	legUp          = "leg left up"     // a far end still believes in a call
	wronglyCounted = "wrongly counted" // or not counted
	wrongResult    = "wrong result"    // the carrier saw otherwise
	twiceAtOnce    = "twice at once"   // one number, or one case, in two calls at the same time
	againstRule    = "against a rule"  // a number rung too soon, or too often
	deskStuck      = "desk stuck"
	countsDiffer   = "counts differ"
	forgottenCase  = "forgotten case"
	brokenEvidence = "broken evidence" // a number is missing, or there twice
	leftovers      = "leftovers"       // handles or spooled ends behind a finished day
	panelLied      = "panel lied"      // it showed an end that is not the ledger's, or a call that went backwards
	clickTwice     = "one click, two calls"
	clickLost      = "click lost" // a call was confirmed to a browser, and is not in the ledger
	resultLost     = "result lost"
)

// violation is a word that was not kept.
type violation struct{ kind, what string }

func (v violation) String() string { return v.kind + ": " + v.what }

// judgement collects violations.
type judgement struct {
	*testimony

	byCall   map[string]attemptRow
	byID     map[string]attemptRow
	seen     map[string]lab.CallLog
	findings []violation
}

func (j *judgement) foundf(kind, format string, args ...any) {
	j.findings = append(j.findings, violation{kind, fmt.Sprintf(format, args...)})
}

// violations is everything in which the house did not keep its word.
func (w *testimony) violations() []violation {
	j := &judgement{testimony: w, byCall: map[string]attemptRow{}, byID: map[string]attemptRow{}, seen: map[string]lab.CallLog{}}
	for _, c := range w.carrier {
		j.seen[c.CallID] = c
	}
	for _, rule := range []func(){
		j.callsBelongToAttempts, j.attemptsWereSeen, j.nothingIsLeft, j.countedOnce, j.resultsFit, j.neverTwiceAtOnce, j.numberRule,
		j.desksAreFree, j.countsAgree, j.noCaseForgotten, j.evidenceIsWhole, j.panelToldTheTruth, j.confirmedIsKept,
	} {
		rule()
	}
	return j.findings
}

// callsBelongToAttempts: each Call-ID that the carrier saw belongs to exactly one attempt.
func (j *judgement) callsBelongToAttempts() {
	for _, a := range j.attempts {
		j.byID[a.id] = a
		if a.callID == "" {
			continue
		}
		if _, twice := j.byCall[a.callID]; twice {
			j.foundf(sharedCall, "%s", a.callID)
		}
		j.byCall[a.callID] = a
	}
	for _, c := range j.carrier {
		if _, ok := j.byCall[c.CallID]; !ok {
			j.foundf(strayCall, "%s, to ..%s at %s", c.CallID, c.LastTwo, c.Started.Format(time.TimeOnly))
		}
	}
}

// attemptsWereSeen: without an INVITE it is not_dialled, or was interrupted by a crash between the commit and the sending.
func (j *judgement) attemptsWereSeen() {
	for _, a := range j.attempts {
		if _, ok := j.cases[a.caseID]; !ok {
			j.foundf(caselessCall, "%s", a.id)
		}
		if a.ended.IsZero() {
			j.foundf(openAttempt, "%s of %s", a.id, a.desk)
			continue
		}
		_, seen := j.seen[a.callID]
		switch {
		case a.result == "not_dialled" && (seen || !a.dialled.IsZero()):
			j.foundf(silentDial, "%s", a.id)
		case a.result == "not_dialled" || seen || a.direction != "outbound":
		case a.result == "interrupted" && a.endedBy == "crash" && a.ringing.IsZero() && a.answered.IsZero():
		case j.deaf(a):
		default:
			j.foundf(unseenAttempt, "%s ended as %s by %s", a.id, a.result, a.endedBy)
		}
	}
}

// deaf: the carrier heard nothing while the attempt lived.
func (j *judgement) deaf(a attemptRow) bool {
	return a.ringing.IsZero() && a.answered.IsZero() && slices.ContainsFunc(j.deafUntil, func(s span) bool {
		return !a.dialled.After(s.to) && !a.ended.Before(s.from)
	})
}

// nothingIsLeft: no far end still believes in a call, and nothing is kept for calls that are over. A carrier that asked who
// calls, and was not told, has no call.
func (j *judgement) nothingIsLeft() {
	for who, calls := range append([][]lab.CallLog{j.carrier}, j.phones...) {
		for _, c := range calls {
			if c.Ended.IsZero() && !onlyAsked(c) {
				j.foundf(legUp, "far end %d (0 is the carrier), %s, %s", who, c.CallID, c.Row)
			}
		}
	}
	if j.legs > 0 || j.spooled > 0 {
		j.foundf(leftovers, "%d handles of legs, %d records in the spool", j.legs, j.spooled)
	}
}

// onlyAsked: the carrier asked who calls, and was not told before we gave up. It waits for that a while, and rings nobody.
func onlyAsked(c lab.CallLog) bool {
	return c.Status == 401 && c.Ringing.IsZero() && c.Answered.IsZero()
}

// countedResults is DOMAIN's column "counts?". What is not here depends on what was seen.
var countedResults = map[string]bool{
	"answered": true, "no_answer": true, "busy": true, "out_of_reach": true, "unallocated": true, "number_changed": true, "refused": true,
	"bad_number": false, "line_trouble": false, "not_dialled": false,
}

// countedOnce: what counts is counted, and nothing else.
func (j *judgement) countedOnce() {
	for _, a := range j.attempts {
		if a.ended.IsZero() || a.direction != "outbound" {
			continue
		}
		want, certain := countedResults[a.result]
		if a.result == "interrupted" {
			want, certain = j.noticed(a.id, "ringing", "early_media", "answered", "answer_crossed_cancel"), true
		}
		if a.result == "cancelled" {
			want, certain = j.noticed(a.id, "answered", "answer_crossed_cancel"), a.ringing.IsZero() || a.ended.Sub(a.ringing) < 10*time.Second
		}
		if certain && a.counted != want {
			j.foundf(wronglyCounted, "%s (%s by %s): counted %v", a.id, a.result, a.endedBy, a.counted)
		}
		if _, seen := j.seen[a.callID]; a.counted && !seen {
			j.foundf(wronglyCounted, "%s (%s) is counted, and the carrier never saw it", a.id, a.result)
		}
	}
}

// noticed: one of these events of the customer's leg stands in the record.
func (j *judgement) noticed(id string, events ...string) bool {
	return slices.ContainsFunc(j.evidence[id], func(e evidenceRow) bool { return e.leg == "customer" && slices.Contains(events, e.event) })
}

// resultsFit: what the network answered can have led to the result.
func (j *judgement) resultsFit() {
	possible := map[int][]string{
		0:   {"line_trouble", "cancelled", "interrupted"}, // 100 and nothing more
		200: {"answered", "no_answer", "cancelled", "interrupted", "line_trouble"},
		403: {"refused"}, 404: {"unallocated"}, 410: {"number_changed"}, 480: {"out_of_reach", "no_answer"}, 484: {"bad_number"},
		486: {"busy"}, 487: {"no_answer", "line_trouble", "cancelled", "interrupted"}, 503: {"line_trouble"}, 603: {"refused"},
	}
	for _, a := range j.attempts {
		c, ok := j.seen[a.callID]
		if !ok || a.ended.IsZero() || a.result == "interrupted" || a.result == "cancelled" || j.deaf(a) {
			continue // anything may have crossed them
		}
		if !slices.Contains(possible[c.Status], a.result) {
			j.foundf(wrongResult, "%s is %s, but the carrier answered %d (%s)", a.id, a.result, c.Status, c.Row)
		}
		if a.result == "answered" && c.Answered.IsZero() {
			j.foundf(wrongResult, "%s is answered, but nobody did", a.id)
		}
	}
}

// neverTwiceAtOnce: no number and no case was in two calls at the same time, as the carrier saw them.
func (j *judgement) neverTwiceAtOnce() {
	until := map[string]lab.CallLog{} // the newest call by number, and by case
	for _, c := range j.inOrder() {
		keys := []string{fmt.Sprintf("number %d", c.Callee)}
		if a, ok := j.byCall[c.CallID]; ok {
			keys = append(keys, "case "+a.caseID)
		}
		for _, key := range keys {
			if last, ok := until[key]; ok && !onlyAsked(last) && (last.Ended.IsZero() || c.Started.Before(last.Ended)) {
				j.foundf(twiceAtOnce, "%s: %s came while %s was up", key, c.CallID, last.CallID)
			}
			until[key] = c
		}
	}
}

func (j *judgement) inOrder() []lab.CallLog {
	all := slices.Clone(j.carrier)
	sort.Slice(all, func(x, y int) bool { return all[x].Started.Before(all[y].Started) })
	return all
}

// numberRule is DOMAIN's, from what the carrier itself saw of each number: after an answer no more today; else two rings a
// day, an hour apart, in different parts of the day; a busy line three times, five minutes apart.
func (j *judgement) numberRule() {
	japan := time.FixedZone("JST", 9*60*60)
	type past struct{ rings, busies []time.Time }
	days := map[string]*past{}
	for _, c := range j.inOrder() {
		at := c.Started.In(japan)
		key := fmt.Sprint(c.Callee, at.Format(time.DateOnly))
		p := days[key]
		if p == nil {
			p = &past{}
			days[key] = p
		}
		if a := j.byCall[c.CallID]; a.override == "" {
			for _, ring := range p.rings {
				switch {
				case len(p.rings) >= 2:
					j.foundf(againstRule, "%s rings number %d for the third time today", c.CallID, c.Callee)
				case at.Sub(ring) < time.Hour:
					j.foundf(againstRule, "%s rings number %d %s after the last time", c.CallID, c.Callee, at.Sub(ring))
				case partOfDay(at) == partOfDay(ring):
					j.foundf(againstRule, "%s rings number %d in the same part of the day", c.CallID, c.Callee)
				}
			}
			for _, busy := range p.busies {
				if len(p.busies) >= 3 || at.Sub(busy) < 5*time.Minute {
					j.foundf(againstRule, "%s tries number %d %s after it was busy", c.CallID, c.Callee, at.Sub(busy))
				}
			}
		}
		switch {
		case !c.Ringing.IsZero() || !c.Answered.IsZero():
			p.rings = append(p.rings, at)
		case c.Status == 486:
			p.busies = append(p.busies, at)
		}
	}
}

// partOfDay: before noon, early and late afternoon, evening.
func partOfDay(t time.Time) int {
	switch h := t.Hour(); {
	case h < 12:
		return 0
	case h < 15:
		return 1
	case h < 17:
		return 2
	}
	return 3
}

func (j *judgement) desksAreFree() {
	for _, d := range j.desks {
		if d.State != "ready" && d.State != "empty" || d.CallID != nil {
			j.foundf(deskStuck, "%s is %s", d.ID, d.State)
		}
	}
}

// countsAgree: the API, the panel and the sum over the ledger say the same.
func (j *judgement) countsAgree() {
	counted, byResult := 0, map[string]int{}
	for _, a := range j.attempts {
		if a.dialled.IsZero() || a.ended.IsZero() || a.direction != "outbound" {
			continue
		}
		byResult[a.result]++
		if a.counted {
			counted++
		}
	}
	if j.counted != counted {
		j.foundf(countsDiffer, "the report says %d, the ledger has %d", j.counted, counted)
	}
	for result, n := range byResult {
		if j.byResult[result] != n {
			j.foundf(countsDiffer, "%s: the report says %d, the ledger has %d", result, j.byResult[result], n)
		}
	}
	if n := len(j.panels); n > 0 && j.panels[n-1].progress != counted {
		j.foundf(countsDiffer, "the panel shows %d, the ledger has %d", j.panels[n-1].progress, counted)
	}
}

// noCaseForgotten: every case waits in the queue, or is held, or owes its result, or is closed; and says why.
func (j *judgement) noCaseForgotten() {
	owed := map[string]bool{}
	for _, a := range j.attempts {
		if a.result == "answered" && j.entries[a.id] == 0 {
			owed[a.caseID] = true
		}
	}
	for id, c := range j.cases {
		switch {
		case c.state == "waiting" && !j.queued[id]:
			j.foundf(forgottenCase, "%s waits, and is not in the queue", id)
		case c.state == "result_due" && !owed[id]:
			j.foundf(forgottenCase, "%s waits for a result that nobody owes", id)
		case c.state != "waiting" && c.state != "closed" && c.why == "":
			j.foundf(forgottenCase, "%s is %s, and does not say why", id, c.state)
		}
	}
}

func (j *judgement) evidenceIsWhole() {
	for id, rows := range j.evidence {
		for i, e := range rows {
			if e.n != i {
				j.foundf(brokenEvidence, "%s has number %d in place %d", id, e.n, i)
				break
			}
		}
	}
}

// order of a call's states.
var stateOrder = map[string]int{"queued": 0, "calling_desk": 1, "calling_customer": 2, "talking": 3, "ending": 4, "ended": 5}

// panelToldTheTruth: a call never went backwards, and every end shown is the ledger's.
func (j *judgement) panelToldTheTruth() {
	for _, s := range j.panels {
		last, newest := map[string]int{}, uint64(0)
		for _, f := range s.frames {
			if f.seq <= newest && newest > 0 {
				j.foundf(panelLied, "frame %d came after %d", f.seq, newest)
			}
			newest = f.seq
			if f.call == "" {
				continue
			}
			at, known := stateOrder[f.state]
			if !known || at < last[f.call] {
				j.foundf(panelLied, "%s went back to %s", f.call, f.state)
			}
			last[f.call] = at
			if f.state != "ended" {
				continue
			}
			if a, ok := j.byID[f.call]; !ok || a.result != f.result || a.counted != f.counted {
				j.foundf(panelLied, "%s ended as %s (counted %v) on the panel, as %s (counted %v) in the ledger", f.call, f.result, f.counted, a.result, a.counted)
			}
		}
	}
}

// confirmedIsKept: what a browser was told is so, and one click made one call.
func (j *judgement) confirmedIsKept() {
	calls := map[string]string{}
	for _, c := range j.clicks {
		if _, ok := j.byID[c.call]; !ok {
			j.foundf(clickLost, "%s", c.call)
		}
		key := c.operator + " " + c.key
		if have, ok := calls[key]; ok && have != c.call {
			j.foundf(clickTwice, "%s and %s", have, c.call)
		}
		calls[key] = c.call
	}
	for _, id := range j.recorded {
		if j.entries[id] == 0 {
			j.foundf(resultLost, "%s", id)
		}
	}
}
