package main

import (
	"maps"
	"slices"
	"testing"
	"time"

	"kakeru/sip/lab"
)

// morning is when the made-up day begins: ten o'clock in Tokyo.
var morning = time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC)

// honestDay is a small day on which the house kept its word: a talk with its result, a ring without an answer, a busy line, a
// click that came to nothing, and a crash between a commit and its INVITE.
func honestDay() *testimony {
	at := func(minutes float64) time.Time { return morning.Add(time.Duration(minutes * float64(time.Minute))) }
	w := &testimony{
		attempts: []attemptRow{
			{
				id: "talk", caseID: "c1", callID: "C1", desk: "desk1", operator: "o1", key: "k1",
				started: at(0), dialled: at(0.1), ringing: at(0.2), answered: at(0.3), ended: at(1), endedBy: "operator", result: "answered", counted: true,
			},
			{
				id: "ring", caseID: "c2", callID: "C2", desk: "desk1", operator: "o1", key: "k2",
				started: at(2), dialled: at(2.1), ringing: at(2.2), ended: at(3), endedBy: "ring_limit", result: "no_answer", counted: true,
			},
			{
				id: "busy", caseID: "c3", callID: "C3", desk: "desk2", operator: "o2", key: "k3",
				started: at(2), dialled: at(2.1), ended: at(2.2), endedBy: "network", result: "busy", counted: true,
			},
			{id: "none", caseID: "c4", desk: "desk2", operator: "o2", key: "k4", started: at(4), ended: at(5), endedBy: "network", result: "not_dialled"},
			{id: "crash", caseID: "c5", callID: "C5", desk: "desk2", operator: "o2", key: "k5", started: at(6), dialled: at(6.1), ended: at(7), endedBy: "crash", result: "interrupted"},
		},
		evidence: map[string][]evidenceRow{
			"talk": {{0, "desk", "invite"}, {1, "customer", "ringing"}, {2, "customer", "answered"}},
			"ring": {{0, "desk", "invite"}, {1, "customer", "ringing"}},
		},
		cases: map[string]caseRow{
			"c1": {state: "waiting", why: "w"}, "c2": {state: "waiting", why: "w"}, "c3": {state: "waiting", why: "w"},
			"c4": {state: "waiting", why: "w"}, "c5": {state: "held", why: "w"}, "c6": {state: "closed"},
		},
		entries: map[string]int{"talk": 1},
		carrier: []lab.CallLog{
			{CallID: "C1", Callee: 1, Status: 200, Started: at(0.1), Ringing: at(0.2), Answered: at(0.3), Ended: at(1)},
			{CallID: "C2", Callee: 2, Status: 487, Started: at(2.1), Ringing: at(2.2), Ended: at(3)},
			{CallID: "C3", Callee: 3, Status: 486, Started: at(2.1), Ended: at(2.2)},
		},
		phones:   [][]lab.CallLog{{{CallID: "D1", Started: at(0), Ended: at(1)}}},
		desks:    []deskRow{{ID: "desk1", State: "ready"}, {ID: "desk2", State: "empty"}},
		queued:   map[string]bool{"c1": true, "c2": true, "c3": true, "c4": true},
		counted:  3,
		byResult: map[string]int{"answered": 1, "no_answer": 1, "busy": 1, "interrupted": 1},
		clicks:   []clickSeen{{"o1", "k1", "talk"}, {"o1", "k1", "talk"}, {"o1", "k2", "ring"}},
		recorded: []string{"talk"},
	}
	for i := range w.attempts {
		w.attempts[i].direction = "outbound"
	}
	w.panels = []*sitting{{progress: 3, frames: []frameSeen{
		{seq: 1}, {seq: 2, call: "talk", state: "calling_desk"}, {seq: 5, call: "talk", state: "talking"},
		{seq: 6, call: "talk", state: "ended", result: "answered", counted: true},
	}}}
	return w
}

// again has the carrier see another call to a number, as an attempt of its own.
func (w *testimony) again(callee int, at time.Time, status int, rang bool) {
	c := lab.CallLog{CallID: "C9", Callee: callee, Status: status, Started: at, Ended: at.Add(time.Minute)}
	a := attemptRow{id: "more", direction: "outbound", caseID: "c6", callID: "C9", started: at, dialled: at, ended: at.Add(time.Minute), endedBy: "operator", result: "cancelled"}
	if rang {
		c.Ringing, a.ringing = at.Add(time.Second), at.Add(55*time.Second)
	}
	w.carrier, w.attempts = append(w.carrier, c), append(w.attempts, a)
	w.byResult["cancelled"]++
}

// TestTheWitnessFindsWhatWasDoctored: of a day on which the house kept its word it says nothing; of each lie told about
// that day it names the kind.
func TestTheWitnessFindsWhatWasDoctored(t *testing.T) {
	if found := honestDay().violations(); len(found) != 0 {
		t.Fatalf("an honest day: %v", found)
	}
	lies := []struct {
		name string
		tell func(w *testimony)
		kind string
	}{
		{"a call that nobody wrote down", func(w *testimony) { w.carrier = append(w.carrier, lab.CallLog{CallID: "X", Ended: morning}) }, strayCall},
		{"two attempts with one Call-ID", func(w *testimony) { w.attempts[1].callID = "C1" }, sharedCall},
		{"an attempt that the carrier never saw", func(w *testimony) { w.carrier = w.carrier[1:] }, unseenAttempt},
		{"the same, interrupted while it rang", func(w *testimony) { w.attempts[4].ringing = morning }, unseenAttempt},
		{"not dialled, and the carrier saw it", func(w *testimony) { w.attempts[3].callID = "C3" }, silentDial},
		{"an attempt without an end", func(w *testimony) { w.attempts[1].ended = time.Time{} }, openAttempt},
		{"an attempt of no case", func(w *testimony) { delete(w.cases, "c2") }, caselessCall},
		{"the carrier still in a call", func(w *testimony) { w.carrier[0].Ended = time.Time{} }, legUp},
		{"a desk phone still in a call", func(w *testimony) { w.phones[0][0].Ended = time.Time{} }, legUp},
		{"handles that are kept", func(w *testimony) { w.legs = 1 }, leftovers},
		{"an end that waits in the spool", func(w *testimony) { w.spooled = 1 }, leftovers},
		{"an answer that is not counted", func(w *testimony) { w.attempts[0].counted = false }, wronglyCounted},
		{"a click that came to nothing, counted", func(w *testimony) { w.attempts[3].counted = true }, wronglyCounted},
		{"a crash before any ring, counted", func(w *testimony) { w.attempts[4].counted = true }, wronglyCounted},
		{"a crash after a ring, not counted", func(w *testimony) { w.evidence["crash"] = []evidenceRow{{0, "customer", "ringing"}} }, wronglyCounted},
		{"busy, where somebody answered", func(w *testimony) { w.attempts[2].result = "answered" }, wrongResult},
		{"answered, where nobody did", func(w *testimony) { w.carrier[0].Answered = time.Time{} }, wrongResult},
		{"a number in two calls at once", func(w *testimony) { w.carrier[2].Callee = 2 }, twiceAtOnce},
		{"a case in two calls at once", func(w *testimony) { w.attempts[2].caseID = "c2" }, twiceAtOnce},
		{"a number rung again after ten minutes", func(w *testimony) { w.again(2, morning.Add(10*time.Minute), 487, true) }, againstRule},
		{"a number rung again in the same part of the day", func(w *testimony) { w.again(2, morning.Add(90*time.Minute), 487, true) }, againstRule},
		{"a busy number tried again after a minute", func(w *testimony) { w.again(3, morning.Add(4*time.Minute), 486, false) }, againstRule},
		{"a desk that is not free", func(w *testimony) { w.desks[0].State = "in_call" }, deskStuck},
		{"a desk that holds a call", func(w *testimony) { w.desks[0].CallID = &w.attempts[0].id }, deskStuck},
		{"a report that counts otherwise", func(w *testimony) { w.counted = 4 }, countsDiffer},
		{"a report that sums a result otherwise", func(w *testimony) { w.byResult["busy"] = 2 }, countsDiffer},
		{"a panel that counts otherwise", func(w *testimony) { w.panels[0].progress = 2 }, countsDiffer},
		{"a case that waits nowhere", func(w *testimony) { delete(w.queued, "c2") }, forgottenCase},
		{"a case held without a reason", func(w *testimony) { w.cases["c5"] = caseRow{state: "held"} }, forgottenCase},
		{"a case that waits for a result there is", func(w *testimony) { w.cases["c1"] = caseRow{state: "result_due", why: "w"} }, forgottenCase},
		{"evidence with a gap", func(w *testimony) { w.evidence["ring"][1].n = 2 }, brokenEvidence},
		{"a panel that showed another end", func(w *testimony) { w.panels[0].frames[3].result = "busy" }, panelLied},
		{"a panel that showed an unknown call's end", func(w *testimony) { w.panels[0].frames[3].call = "X" }, panelLied},
		{"a call that went backwards", func(w *testimony) { w.panels[0].frames[2].state = "queued" }, panelLied},
		{"frames out of order", func(w *testimony) { w.panels[0].frames[2].seq = 1 }, panelLied},
		{"one click, two calls", func(w *testimony) { w.clicks[1].call = "ring" }, clickTwice},
		{"a confirmed click that is not there", func(w *testimony) { w.clicks[2].call = "X" }, clickLost},
		{"a confirmed result that is not there", func(w *testimony) { w.recorded = append(w.recorded, "ring") }, resultLost},
	}
	told := map[string]bool{}
	for _, lie := range lies {
		t.Run(lie.name, func(t *testing.T) {
			w := honestDay()
			lie.tell(w)
			found := w.violations()
			if !slices.ContainsFunc(found, func(v violation) bool { return v.kind == lie.kind }) {
				t.Errorf("want %q, found %v", lie.kind, found)
			}
		})
		told[lie.kind] = true
	}
	if kinds := slices.Collect(maps.Keys(told)); len(kinds) != 20 {
		t.Errorf("%d of the witness's 20 kinds were tried: %v", len(kinds), kinds)
	}
}

// TestWhatTheWitnessLetsPass: a number may be rung again when the rule allows it, and a deaf carrier explains what it did not see.
func TestWhatTheWitnessLetsPass(t *testing.T) {
	for name, tell := range map[string]func(w *testimony){
		"an hour later, in the afternoon":   func(w *testimony) { w.again(2, morning.Add(150*time.Minute), 487, true) },
		"the next morning, after an answer": func(w *testimony) { w.again(1, morning.Add(24*time.Hour), 487, true) },
		"busy again after six minutes":      func(w *testimony) { w.again(3, morning.Add(9*time.Minute), 487, false) },
		"a supervisor's reason":             func(w *testimony) { w.again(2, morning.Add(10*time.Minute), 487, true); w.attempts[5].override = "why" },
		"an attempt while the carrier is deaf": func(w *testimony) {
			w.attempts[2].result, w.attempts[2].counted = "line_trouble", false
			w.byResult["busy"], w.byResult["line_trouble"], w.counted, w.panels[0].progress = 0, 1, 2, 2
			w.carrier = w.carrier[:2]
			w.deafUntil = []span{{morning, morning.Add(time.Hour)}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := honestDay()
			tell(w)
			if found := w.violations(); len(found) != 0 {
				t.Errorf("found %v", found)
			}
		})
	}
}
