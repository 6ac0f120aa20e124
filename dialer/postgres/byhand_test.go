package postgres

import (
	"slices"
	"sync"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/report"
)

// byHand is a call of ours to a target's number that reached somebody or not, noted by operator1 five minutes later.
func byHand(target dialer.Target, at time.Time, result dialer.Result) casework.HandCall {
	n := casework.HandCall{
		ID: newID(), Direction: dialer.Outbound, Case: target.CaseID, Number: target.Number, At: at, Result: result,
		By: "operator1", Noted: at.Add(5 * time.Minute), Key: string(newID()),
		Next: dialer.CaseNext{State: dialer.CaseWaiting, Due: at.Add(3 * time.Hour), Why: "不在のため", WhyEN: "nobody was in"},
	}
	if result == dialer.Answered {
		n.Entry = &casework.Entry{Party: casework.Self, Business: []casework.Business{casework.NoCommitment}, Note: "手動で通話"}
	}
	return n
}

// takenByHand is a call that came in on another telephone.
func takenByHand(of dialer.CaseID, caller dialer.Number, kind casework.InboundKind) casework.HandCall {
	n := byHand(dialer.Target{CaseID: of, Number: caller}, noon, dialer.Answered)
	n.Direction, n.Entry.Kind = dialer.Inbound, kind
	return n
}

func noted(t testing.TB, l *Ledger, n casework.HandCall) casework.Recorded {
	t.Helper()
	kept, err := l.NoteCall(t.Context(), n)
	must(t, err)
	return kept
}

// TestACallByHandIsOneOfOursAndProvesNothing: it is in the history with what was recorded, moves its case, and is in no figure that
// the network proves.
func TestACallByHandIsOneOfOursAndProvesNothing(t *testing.T) {
	l := newLedger(t)
	target := listedTarget(t, l)
	n := byHand(target, noon.Add(-time.Hour), dialer.Answered)
	n.Entry.Business, n.Entry.Promise = []casework.Business{casework.Promised}, &casework.Promise{Yen: 5000, DueOn: "2026-11-30", Means: "slip"}
	kept := noted(t, l, n)
	if kept.Attempt != n.ID || kept.Revision != 1 || kept.Next != n.Next || caseOf(t, l, target.CaseID).Next != n.Next {
		t.Fatalf("kept %+v, the case at %+v", kept, caseOf(t, l, target.CaseID).Next)
	}
	a := attempt(t, l, n.ID)
	want := dialer.Verdict{Result: dialer.Answered, Confidence: dialer.Medium, Rule: "by_hand", Why: n.Verdict().Why}
	if a.Origin != casework.ByHand || a.Direction != "outbound" || a.Verdict != want || a.Operator != "operator1" || a.Desk != "" || a.Trunk != "" ||
		a.SIPCallID != "" || len(a.Evidence) != 0 || !a.DialledAt.Equal(n.At) || !a.EndedAt.Equal(n.At) || a.NumberKind != target.Number.Kind() {
		t.Errorf("%+v", a)
	}
	if a.Entry == nil || a.Entry.Note != "手動で通話" || a.Entry.Promise == nil || a.Entry.By != "operator1" {
		t.Errorf("entry %+v", a.Entry)
	}
	f, err := l.Figures(t.Context(), noon.Add(-12*time.Hour), noon.Add(12*time.Hour))
	must(t, err)
	if f.Done != (report.Counts{}) || len(f.ByResult) != 0 || f.ByHand != 1 || len(f.ByDay) != 1 || f.ByDay[0] != (report.Day{Date: "2026-11-24", ByHand: 1}) {
		t.Errorf("figures %+v", f)
	}
	open, err := l.Open(t.Context())
	if must(t, err); len(open) != 0 {
		t.Errorf("open %+v", open)
	}
	due, err := l.ResultsDue(t.Context())
	if must(t, err); len(due) != 0 {
		t.Errorf("results owed %+v", due)
	}
	// A correction is appended as to any.
	again := *a.Entry
	again.Business, again.Promise, again.At = []casework.Business{casework.RefusesToPay}, nil, noon
	if rev, err := l.Record(t.Context(), again); err != nil || rev.Revision != 2 {
		t.Errorf("corrected: %+v, %v", rev, err)
	}
}

// TestTheNumberRuleKnowsOfCallsByHand: waiting times, the lock once a person answered, the caps and the priority see them as they
// see any call.
func TestTheNumberRuleKnowsOfCallsByHand(t *testing.T) {
	rule := casework.DefaultRules().Number
	for _, of := range []struct {
		result dialer.Result
		rings  bool
		locks  bool
	}{
		{result: dialer.NoAnswer, rings: true},
		{result: dialer.Busy},
		{result: dialer.OutOfReach},
		{result: dialer.Answered, rings: true, locks: true},
	} {
		t.Run(string(of.result), func(t *testing.T) {
			l := newLedger(t)
			target := listedTarget(t, l)
			noted(t, l, byHand(target, noon.Add(-time.Minute), of.result))
			tries, err := l.Tries(t.Context(), target.NumberRef, noon.Add(-time.Hour))
			must(t, err)
			if len(tries) != 1 || tries[0].Result != of.result || tries[0].MayHaveRung != of.rings || tries[0].CalledUs {
				t.Fatalf("%+v", tries)
			}
			from, why := rule.FreeFrom(noon, tries)
			tomorrow := dialer.DateOf(noon).Next().At(0)
			if of.locks != from.Equal(tomorrow) || (of.result == dialer.OutOfReach) != from.Equal(noon) {
				t.Errorf("free from %v: %+v", from, why)
			}
			again, err := l.Target(t.Context(), target.CaseID, "")
			if must(t, err); again.Made != (dialer.CaseCount{Day: 1, Week: 1, Month: 1}) {
				t.Errorf("made %+v", again.Made)
			}
			if n := count(t, l, "SELECT tries FROM case_facts WHERE id = $1", string(target.CaseID)); n != 1 {
				t.Errorf("the priority knows of %d tries", n)
			}
		})
	}
	l := newLedger(t)
	target := listedTarget(t, l)
	for i := range 2 {
		noted(t, l, byHand(target, noon.Add(time.Duration(i)*time.Minute), dialer.Unallocated))
	}
	if c := caseOf(t, l, target.CaseID); c.Phones[0].Usable {
		t.Error("a number that was unallocated twice is still dialled")
	}
	if h := handoffsOf(t, l, target.CaseID); len(h) != 1 || h[0].Kind != casework.HandDiscrepancy {
		t.Errorf("the ward is not told of it: %+v", h)
	}
}

// TestWhatIsNotedLateDecidesNothingNew: a call of ours that came after it has decided, with its result or by what it owes.
func TestWhatIsNotedLateDecidesNothingNew(t *testing.T) {
	l := newLedger(t)
	target := listedTarget(t, l)
	call(t, l, target, noon.Add(-30*time.Minute), dialer.NoAnswer)
	stood := caseOf(t, l, target.CaseID).Next
	for _, result := range []dialer.Result{dialer.NoAnswer, dialer.Answered} {
		noted(t, l, byHand(target, noon.Add(-time.Hour), result))
		if got := caseOf(t, l, target.CaseID).Next; got != stood {
			t.Errorf("%s: the case stands at %+v, not %+v", result, got, stood)
		}
	}
	owing := listedTarget(t, l)
	call(t, l, owing, noon.Add(-30*time.Minute), dialer.Answered)
	noted(t, l, byHand(owing, noon.Add(-10*time.Minute), dialer.Busy))
	if got := caseOf(t, l, owing.CaseID).Next.State; got != dialer.CaseResultDue {
		t.Errorf("the case whose talk owes its result: %s", got)
	}
}

func TestCallsByHandThatAreRefused(t *testing.T) {
	l := newLedger(t)
	target := listedTarget(t, l)
	try := func(n casework.HandCall) error {
		_, err := l.NoteCall(t.Context(), n)
		return err
	}
	running := reservation(target, noon)
	must(t, l.Reserve(t.Context(), running))
	wantRule(t, try(byHand(target, noon, dialer.NoAnswer)), dialer.CaseBusy)
	must(t, l.Dialled(t.Context(), running.ID, noon, customerLeg(noon)))
	end := endOf(running, dialer.NoAnswer)
	must(t, l.End(t.Context(), end))
	// In a call that is over it cannot have been either.
	wantRule(t, try(byHand(target, end.EndedAt.Add(-time.Second), dialer.NoAnswer)), dialer.CaseBusy)
	must(t, try(byHand(target, end.EndedAt.Add(time.Second), dialer.NoAnswer)))

	// They are calling us, from a telephone that is none of the case's.
	calling := listedTarget(t, l)
	in := dialer.Arrival{ID: newID(), At: noon, Trunk: "t", NewCase: newTarget().CaseID, Case: calling.CaseID}
	_, err := l.Arrive(t.Context(), in)
	must(t, err)
	wantRule(t, try(byHand(calling, noon.Add(time.Minute), dialer.NoAnswer)), dialer.CaseBusy)

	household := listedTarget(t, l)
	other := household
	other.CaseID = target.CaseID
	must(t, l.Reserve(t.Context(), reservation(household, noon)))
	wantRule(t, try(byHand(other, noon.Add(time.Hour), dialer.NoAnswer)), dialer.NumberLocked)

	wantErr(t, try(byHand(newTarget(), noon, dialer.NoAnswer)), dialer.ErrNotFound)
	wantErr(t, try(takenByHand(newTarget().CaseID, "", casework.Inquiry)), dialer.ErrNotFound)
	if n := count(t, l, "SELECT count(*) FROM attempts WHERE origin = 'manual'"); n != 1 {
		t.Errorf("%d were kept", n)
	}
}

// TestACallByHandAndAClickAtOnce: whichever comes first, a case is never in two calls: the other is refused, or comes after it.
func TestACallByHandAndAClickAtOnce(t *testing.T) {
	l := newLedger(t)
	for range 20 {
		target := listedTarget(t, l)
		var clicked, handed error
		var both sync.WaitGroup
		both.Go(func() { clicked = l.Reserve(t.Context(), reservation(target, noon)) })
		both.Go(func() { _, handed = l.NoteCall(t.Context(), byHand(target, noon.Add(-time.Minute), dialer.NoAnswer)) })
		both.Wait()
		if clicked != nil {
			wantRule(t, clicked, dialer.CaseBusy)
		}
		if handed != nil {
			wantRule(t, handed, dialer.CaseBusy)
		}
		if clicked != nil && handed != nil {
			t.Fatal("both were refused")
		}
	}
}

// TestTheSameClickNotesOneCall, also at the same moment.
func TestTheSameClickNotesOneCall(t *testing.T) {
	l := newLedger(t)
	for _, n := range []casework.HandCall{
		byHand(listedTarget(t, l), noon, dialer.NoAnswer), byHand(listedTarget(t, l), noon, dialer.Answered),
		takenByHand(listedTarget(t, l).CaseID, "", casework.Inquiry), takenByHand("", newNumber(), casework.OtherBusiness),
	} {
		var kept [4]casework.Recorded
		var all sync.WaitGroup
		for i := range kept {
			all.Go(func() {
				again := n
				again.ID = newID()
				var err error
				if kept[i], err = l.NoteCall(t.Context(), again); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		for _, k := range kept[1:] {
			if k.Attempt != kept[0].Attempt || k.Revision != kept[0].Revision || k.Case != kept[0].Case {
				t.Errorf("%s: %+v and %+v", n.Direction, kept[0], k)
			}
		}
		if made := count(t, l, "SELECT count(*) FROM attempts WHERE idempotency_key = $1", n.Key); made != 1 {
			t.Errorf("%s: %d calls of one click", n.Direction, made)
		}
	}
}

// TestACallTakenByHand belongs to the case it is said to, to the number's, or to one of its own; its caller is kept sealed.
func TestACallTakenByHand(t *testing.T) {
	l := newLedger(t)
	target, stranger := listedTarget(t, l), newNumber()
	named := noted(t, l, takenByHand(target.CaseID, stranger, casework.CallBackReceived))
	found := noted(t, l, takenByHand("", target.Number, casework.Inquiry))
	nobody := noted(t, l, takenByHand("", "", casework.OtherBusiness))
	if named.Case != target.CaseID || found.Case != target.CaseID || nobody.Case == "" || nobody.Case == target.CaseID {
		t.Errorf("%s, %s, %s", named.Case, found.Case, nobody.Case)
	}
	number, cases, err := l.Caller(t.Context(), named.Attempt)
	if must(t, err); number != stranger || !slices.Equal(cases, []dialer.CaseID{target.CaseID}) {
		t.Errorf("%s of %v", number, cases)
	}
	for id, kind := range map[dialer.CallID]dialer.NumberKind{named.Attempt: stranger.Kind(), nobody.Attempt: ""} {
		a := attempt(t, l, id)
		if a.Origin != casework.ByHand || a.Direction != "inbound" || a.NumberKind != kind || !a.DialledAt.IsZero() || a.Verdict.Counted || a.Operator != "operator1" {
			t.Errorf("%+v", a)
		}
	}
	// Nobody can be called back there.
	if c := caseOf(t, l, nobody.Case); c.Next.State != dialer.CaseClosed {
		t.Errorf("the case of nobody: %+v", c.Next)
	}
	tries, err := l.Tries(t.Context(), target.NumberRef, noon.Add(-time.Hour))
	if must(t, err); len(tries) != 0 {
		t.Errorf("a call that came in is a try at the number: %+v", tries)
	}
	_, err = l.DestroyCustody(t.Context(), dialer.DateOf(noon))
	must(t, err)
	if n := count(t, l, "SELECT count(*) FROM inbound_callers"); n != 0 {
		t.Errorf("%d callers outlived their day", n)
	}
}

// TestCallsThatCameInAreCountedByKind, as the newest revision says; those of which nothing was recorded have none.
func TestCallsThatCameInAreCountedByKind(t *testing.T) {
	l := newLedger(t)
	for _, kind := range []casework.InboundKind{
		casework.Inquiry, casework.Inquiry, casework.CallBackReceived, casework.ComplaintMade, casework.OtherBusiness,
	} {
		noted(t, l, takenByHand(listedTarget(t, l).CaseID, "", kind))
	}
	mended := noted(t, l, takenByHand(listedTarget(t, l).CaseID, "", casework.Inquiry))
	mended.Kind, mended.At = casework.OtherBusiness, noon.Add(time.Hour)
	if rev, err := l.Record(t.Context(), mended); err != nil || rev.Revision != 2 {
		t.Fatalf("%+v, %v", rev, err)
	}
	missed(t, l, listedTarget(t, l), noon)
	want := report.Inbound{Answered: 6, Missed: 1, CallBacks: 1, Inquiries: 2, Complaints: 1, Others: 2, ByHand: 6}
	f, err := l.Figures(t.Context(), noon.Add(-12*time.Hour), noon.Add(12*time.Hour))
	if must(t, err); f.Inbound != want || len(f.ByDay) != 1 || f.ByDay[0].Inbound != want || f.ByHand != 0 {
		t.Errorf("%+v", f)
	}
}

// TestAComplaintThatCameInGoesToTheWard, as the business result does; corrected to something else it is taken back.
func TestAComplaintThatCameInGoesToTheWard(t *testing.T) {
	l := newLedger(t)
	n := takenByHand(listedTarget(t, l).CaseID, "", casework.ComplaintMade)
	whole := n.Entry.AsCameIn()
	n.Entry = &whole
	kept := noted(t, l, n)
	h := handoffsOf(t, l, n.Case)
	if len(h) != 1 || h[0].Kind != casework.HandComplaint || h[0].Attempt != kept.Attempt {
		t.Fatalf("%+v", h)
	}
	kept.Kind, kept.Business, kept.At = casework.Inquiry, []casework.Business{casework.Information}, noon.Add(time.Hour)
	_, err := l.Record(t.Context(), kept)
	must(t, err)
	if h = handoffsOf(t, l, n.Case); h[0].State != casework.HandoffWithdrawn {
		t.Errorf("%+v", h)
	}
}

// TestWhenWeRangTheCaller: for each case that has the number its own last call there, with who and what came of it; nothing of a number
// that is withheld, of other numbers, and of long ago.
func TestWhenWeRangTheCaller(t *testing.T) {
	l := newLedger(t)
	one, two := listedTarget(t, l), listedTarget(t, l)
	two.Number, two.NumberRef = one.Number, one.NumberRef // one household
	day := 24 * time.Hour
	call(t, l, two, noon.Add(-40*day), dialer.Answered)
	call(t, l, one, noon.Add(-2*day), dialer.NoAnswer)
	last := byHand(one, noon.Add(-108*time.Minute), dialer.Answered)
	noted(t, l, last)
	in := dialer.Arrival{ID: newID(), At: noon, Trunk: "t", Caller: one.Number, NumberRef: one.NumberRef, Kind: one.Number.Kind(), NewCase: newTarget().CaseID}
	_, err := l.Arrive(t.Context(), in)
	must(t, err)
	rung := func(id dialer.CallID, span time.Duration) map[dialer.CaseID]casework.Rung {
		got, err := l.RungBefore(t.Context(), id, noon.Add(-span))
		must(t, err)
		return got
	}
	got := rung(in.ID, casework.RungKept)
	r := got[one.CaseID]
	if len(got) != 1 || !r.At.Equal(last.At) || r.By != "operator1" || r.Result != dialer.Answered || r.Origin != casework.ByHand ||
		r.Party != casework.Self || !slices.Equal(r.Business, []casework.Business{casework.NoCommitment}) {
		t.Errorf("%+v", got)
	}
	if got = rung(in.ID, 50*day); len(got) != 2 || got[two.CaseID].Origin != casework.BySIP || got[two.CaseID].Party != "" {
		t.Errorf("%+v", got)
	}
	withheld := dialer.Arrival{ID: newID(), At: noon, Trunk: "t", NewCase: newTarget().CaseID}
	_, err = l.Arrive(t.Context(), withheld)
	must(t, err)
	if got = rung(withheld.ID, casework.RungKept); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

// TestTheDatabaseKeepsWhatByHandMeans, whatever a program asks of it.
func TestTheDatabaseKeepsWhatByHandMeans(t *testing.T) {
	l := newLedger(t)
	noted(t, l, byHand(listedTarget(t, l), noon, dialer.NoAnswer))
	noted(t, l, takenByHand("", newNumber(), casework.Inquiry))
	running := reservation(listedTarget(t, l), noon)
	must(t, l.Reserve(t.Context(), running))
	must(t, l.Dialled(t.Context(), running.ID, noon, customerLeg(noon)))
	for _, sql := range []string{
		"UPDATE attempts SET origin = 'sip' WHERE direction = 'outbound' AND ended_at IS NOT NULL",
		"UPDATE attempts SET origin = 'sip' WHERE direction = 'inbound'",
		"UPDATE attempts SET origin = 'manual' WHERE ended_at IS NULL",
		"UPDATE attempts SET origin = 'heard of' WHERE ended_at IS NULL",
		"UPDATE attempts SET counted = true WHERE origin = 'manual'",
	} {
		if _, err := l.pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("taken: %s", sql)
		}
	}
}

// TestWhoIsOnNoListIsNotCalledByARule: a caller whose case nobody knows is called back when that was asked for, and else not at all.
func TestWhoIsOnNoListIsNotCalledByARule(t *testing.T) {
	l := newLedger(t)
	for cause, want := range map[dialer.Cause]dialer.CaseState{
		dialer.CauseEntry: dialer.CaseClosed, dialer.CauseAsked: dialer.CaseWaiting,
	} {
		n := takenByHand("", newNumber(), casework.Inquiry)
		n.Next = dialer.CaseNext{State: dialer.CaseWaiting, Due: noon.Add(24 * time.Hour), Cause: cause, Why: "w", WhyEN: "w"}
		if kept := noted(t, l, n); kept.Next.State != want || caseOf(t, l, kept.Case).Next.State != want {
			t.Errorf("%s: the case is %+v", cause, kept.Next)
		}
	}
	ours := takenByHand(listedTarget(t, l).CaseID, newNumber(), casework.Inquiry)
	ours.Next = dialer.CaseNext{State: dialer.CaseWaiting, Due: noon.Add(24 * time.Hour), Cause: dialer.CauseEntry, Why: "w", WhyEN: "w"}
	if kept := noted(t, l, ours); kept.Next.State != dialer.CaseWaiting {
		t.Errorf("a case of the list's: %+v", kept.Next)
	}
}
