package postgres

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"kakeru/dialer"
)

func TestAnAttemptsLife(t *testing.T) {
	l := newLedger(t)
	r := reservation(newTarget(), noon)
	r.Override = "折り返しの依頼 0312345678"
	must(t, l.Reserve(t.Context(), r))
	if a := attempt(t, l, r.ID); !a.DialledAt.IsZero() || !a.EndedAt.IsZero() || a.Entry != nil {
		t.Fatalf("reserved: %+v", a)
	}
	leg := customerLeg(noon)
	must(t, l.Dialled(t.Context(), r.ID, noon.Add(2*time.Second), leg))
	end := endOf(r, dialer.Answered)
	must(t, l.End(t.Context(), end))
	a := attempt(t, l, r.ID)
	if a.SIPCallID != leg.SIPCallID || a.Trunk != "lab" || a.Direction != "outbound" || a.Desk != "desk1" || a.Operator != "operator1" {
		t.Errorf("%+v", a)
	}
	for name, ok := range map[string]bool{
		"started": sameTime(a.StartedAt, r.At), "dialled": sameTime(a.DialledAt, end.DialledAt), "ended": sameTime(a.EndedAt, end.EndedAt),
		"ringing": sameTime(a.RingingAt, end.RingingAt), "answered": sameTime(a.AnsweredAt, end.AnsweredAt),
		"verdict": a.Verdict == end.Verdict, "by": a.EndedBy == end.EndedBy, "kind": a.NumberKind == dialer.KindMobile,
		"band": a.Band == "-50k", "evidence": reflect.DeepEqual(a.Evidence, end.Evidence),
		"sound": reflect.DeepEqual(a.Quality, end.Quality),
	} {
		if !ok {
			t.Errorf("%s differs: %+v", name, a)
		}
	}
	if n := count(t, l, "SELECT count(*) FROM attempt_legs"); n != 0 {
		t.Errorf("%d handles outlived the attempt", n)
	}
	if n := count(t, l, "SELECT count(*) FROM attempts WHERE override_reason LIKE '%0312345678%'"); n != 0 {
		t.Error("a number stands in the reason of an override")
	}
}

func TestOpenAttemptsBringWhatEndsTheirLegs(t *testing.T) {
	l := newLedger(t)
	r := reservation(newTarget(), noon)
	must(t, l.Reserve(t.Context(), r))
	leg := customerLeg(noon)
	must(t, l.Dialled(t.Context(), r.ID, noon.Add(2*time.Second), leg))
	ev := evidence(noon)
	must(t, l.Note(t.Context(), r.ID, dialer.Progress{Evidence: ev[:2]}))
	leg.Data = []byte("with a tag")
	must(t, l.Note(t.Context(), r.ID, dialer.Progress{First: 1, Evidence: ev[1:3], Legs: []dialer.LegHandle{leg}})) // overlaps
	call(t, l, newTarget(), noon, dialer.Busy)                                                                      // ended: not listed

	open, err := l.Open(t.Context())
	must(t, err)
	want := dialer.OpenAttempt{
		Direction: dialer.Outbound, ID: r.ID, CaseID: r.Target.CaseID, Desk: "desk1", StartedAt: noon, DialledAt: noon.Add(2 * time.Second), Trunk: "lab",
		Evidence: ev[:3], Legs: []dialer.LegHandle{r.DeskLeg, leg},
	}
	if len(open) != 1 || !reflect.DeepEqual(open[0], want) {
		t.Fatalf("got  %+v\nwant %+v", open, want)
	}
}

func TestOneOpenAttemptForACaseAndForANumber(t *testing.T) {
	l := newLedger(t)
	first := reservation(newTarget(), noon)
	must(t, l.Reserve(t.Context(), first))

	sameCase := newTarget()
	sameCase.CaseID = first.Target.CaseID
	wantRule(t, l.Reserve(t.Context(), reservation(sameCase, noon)), dialer.CaseBusy)

	sameNumber := newTarget() // another member of the household
	sameNumber.Number, sameNumber.NumberRef = first.Target.Number, first.Target.NumberRef
	wantRule(t, l.Reserve(t.Context(), reservation(sameNumber, noon)), dialer.NumberLocked)
	wantRule(t, l.Reserve(t.Context(), reservation(first.Target, noon)), dialer.CaseBusy) // both: the case is named

	must(t, l.End(t.Context(), endOf(first, dialer.NotDialled)))
	must(t, l.Reserve(t.Context(), reservation(first.Target, noon.Add(time.Minute))))
}

func TestAClickIsTakenOnce(t *testing.T) {
	l := newLedger(t)
	first := reservation(newTarget(), noon)
	first.IdempotencyKey = "click-1"
	must(t, l.Reserve(t.Context(), first))
	for _, target := range []dialer.Target{first.Target, newTarget()} {
		again := reservation(target, noon)
		again.IdempotencyKey = "click-1"
		var repeated *dialer.Repeated
		if err := l.Reserve(t.Context(), again); !errors.As(err, &repeated) || repeated.ID != first.ID {
			t.Fatalf("got %v, want the first call again", err)
		}
	}
	another := reservation(newTarget(), noon)
	another.IdempotencyKey, another.Operator = "click-1", "operator2"
	must(t, l.Reserve(t.Context(), another))
	id, err := l.ByKey(t.Context(), "operator2", "click-1")
	if must(t, err); id != another.ID {
		t.Errorf("found %s", id)
	}
	for _, key := range []string{"", "click-2"} {
		_, err = l.ByKey(t.Context(), "operator1", key)
		wantErr(t, err, dialer.ErrNotFound)
	}
}

// Two desks click at once on one case, or on one number of two cases: whatever the timing, one call is made.
func TestTwoClicksAtOnce(t *testing.T) {
	const rounds = 500
	l := newLedger(t)
	for i := range rounds {
		a := newTarget()
		b, rule := a, dialer.CaseBusy
		if i%2 == 1 {
			b, rule = newTarget(), dialer.NumberLocked
			b.Number, b.NumberRef = a.Number, a.NumberRef
		}
		targets := [2]dialer.Target{a, b}
		var errs [2]error
		var both sync.WaitGroup
		start := make(chan struct{})
		for n := range 2 {
			both.Go(func() {
				<-start
				errs[n] = l.Reserve(t.Context(), reservation(targets[n], noon))
			})
		}
		close(start)
		both.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("round %d: %v and %v: not exactly one won", i, errs[0], errs[1])
		}
		wantRule(t, errors.Join(errs[0], errs[1]), rule)
	}
	if n := count(t, l, "SELECT count(*) FROM attempts"); n != rounds {
		t.Fatalf("%d attempts of %d", n, rounds)
	}
}

func TestDialledIsCommittedOnceAndNotAfterTheEnd(t *testing.T) {
	l := newLedger(t)
	r := reservation(newTarget(), noon)
	must(t, l.Reserve(t.Context(), r))
	leg := customerLeg(noon)
	must(t, l.Dialled(t.Context(), r.ID, noon, leg))
	must(t, l.Dialled(t.Context(), r.ID, noon, leg)) // the answer was lost: committed all the same
	if err := l.Dialled(t.Context(), r.ID, noon, customerLeg(noon)); err == nil {
		t.Error("dialled with a second Call-ID")
	}
	must(t, l.End(t.Context(), endOf(r, dialer.Busy)))
	if err := l.Dialled(t.Context(), r.ID, noon, leg); err == nil {
		t.Error("dialled after its end")
	}
	wantErr(t, l.Dialled(t.Context(), reservation(newTarget(), noon).ID, noon, leg), dialer.ErrNotFound)

	other := reservation(newTarget(), noon)
	must(t, l.Reserve(t.Context(), other))
	if err := l.Dialled(t.Context(), other.ID, noon, leg); err == nil {
		t.Error("two attempts have one Call-ID")
	}
}

func TestTheEndIsWrittenOnce(t *testing.T) {
	l := newLedger(t)
	r := call(t, l, newTarget(), noon, dialer.NoAnswer)
	second := endOf(r, dialer.Answered)
	second.EndedAt = noon.Add(time.Hour)
	must(t, l.End(t.Context(), second))
	if a := attempt(t, l, r.ID); a.Verdict.Result != dialer.NoAnswer || !sameTime(a.EndedAt, r.At.Add(10*time.Second)) {
		t.Errorf("the second end changed it: %+v", a)
	}
	must(t, l.Note(t.Context(), r.ID, dialer.Progress{First: 9, Evidence: evidence(noon), Legs: []dialer.LegHandle{customerLeg(noon)}}))
	if n := count(t, l, "SELECT count(*) FROM attempt_legs"); n != 0 {
		t.Error("a late note brought a handle back")
	}
	wantErr(t, l.Note(t.Context(), reservation(newTarget(), noon).ID, dialer.Progress{}), dialer.ErrNotFound)
	// A reservation that got no answer may not be there at all.
	must(t, l.End(t.Context(), endOf(reservation(newTarget(), noon), dialer.NotDialled)))
}

// Notes, an entry and two ends at the same moment: nothing fails, nothing waits for ever, no handle is left.
func TestEverythingAtOnceOnOneAttempt(t *testing.T) {
	const rounds = 40
	l := newLedger(t)
	for range rounds {
		r := reservation(newTarget(), noon)
		must(t, l.Reserve(t.Context(), r))
		must(t, l.Dialled(t.Context(), r.ID, noon, customerLeg(noon)))
		note := dialer.Progress{Evidence: evidence(noon), Legs: []dialer.LegHandle{customerLeg(noon)}}
		var all sync.WaitGroup
		for _, op := range []func() error{
			func() error { return l.Note(t.Context(), r.ID, note) },
			func() error { return l.Note(t.Context(), r.ID, note) },
			func() error { _, err := l.Record(t.Context(), entry(r)); return err },
			func() error { return l.End(t.Context(), endOf(r, dialer.Answered)) },
			func() error { return l.End(t.Context(), endOf(r, dialer.Busy)) },
		} {
			all.Go(func() {
				if err := op(); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if a := attempt(t, l, r.ID); a.EndedAt.IsZero() || len(a.Evidence) != 5 || a.Entry == nil {
			t.Fatalf("%+v", a)
		}
	}
	if n := count(t, l, "SELECT count(*) FROM attempt_legs"); n != 0 {
		t.Errorf("%d handles were left", n)
	}
}

// What the end says of dialling is the truth: a commit that came after its deadline was never acted on.
func TestTheEndOverridesADialThatWasNotActedOn(t *testing.T) {
	l := newLedger(t)
	r := reservation(newTarget(), noon)
	must(t, l.Reserve(t.Context(), r))
	must(t, l.Dialled(t.Context(), r.ID, noon, customerLeg(noon)))
	must(t, l.End(t.Context(), endOf(r, dialer.NotDialled)))
	if a := attempt(t, l, r.ID); !a.DialledAt.IsZero() || a.SIPCallID != "" {
		t.Errorf("dialled at %v as %q", a.DialledAt, a.SIPCallID)
	}
}

// Notes that were lost, and a restart that numbers on from what was left, cost no evidence.
func TestEvidenceIsKeptWhole(t *testing.T) {
	l := newLedger(t)
	r := reservation(newTarget(), noon)
	must(t, l.Reserve(t.Context(), r))
	must(t, l.Dialled(t.Context(), r.ID, noon, customerLeg(noon)))
	ev := evidence(noon)
	must(t, l.Note(t.Context(), r.ID, dialer.Progress{First: 0, Evidence: ev[:1]}))
	must(t, l.Note(t.Context(), r.ID, dialer.Progress{First: 3, Evidence: ev[3:4]})) // 1 and 2 were lost
	open, err := l.Open(t.Context())
	must(t, err)
	end := endOf(r, dialer.Interrupted)
	hungUp := dialer.Evidence{At: noon.Add(time.Minute), Leg: dialer.CustomerLeg, Event: dialer.EvRecovered}
	alsoHungUp := dialer.Evidence{At: noon.Add(time.Minute), Leg: dialer.DeskLeg, Event: dialer.EvRecovered}
	end.Evidence = slices.Concat(open[0].Evidence, []dialer.Evidence{alsoHungUp, hungUp})
	must(t, l.End(t.Context(), end))
	got := attempt(t, l, r.ID).Evidence
	if len(got) != 4 {
		t.Fatalf("evidence was lost: %+v", got)
	}
	seen := map[dialer.Evidence]bool{}
	for _, e := range got {
		seen[e] = true
	}
	for _, e := range end.Evidence {
		if !seen[e] {
			t.Errorf("lost: %+v", e)
		}
	}
}

// A reason phrase is whatever a far end sends.
func TestEvidenceFromTheNetworkIsMadeFit(t *testing.T) {
	l := newLedger(t)
	r := reservation(newTarget(), noon)
	must(t, l.Reserve(t.Context(), r))
	end := endOf(r, dialer.Busy)
	end.Evidence = []dialer.Evidence{{At: noon, Leg: dialer.CustomerLeg, Event: dialer.EvFinal, Status: 486, Reason: "b\x00usy \xff 09012345678"}}
	must(t, l.End(t.Context(), end))
	if got := attempt(t, l, r.ID).Evidence[0].Reason; got != "busy \uFFFD ###########" {
		t.Errorf("%q", got)
	}
}

// Figures that are none are left out, and keep no end from being written: neither in the database nor in the spool.
func TestFiguresThatAreNoneAreLeftOut(t *testing.T) {
	l := newLedger(t)
	for _, bad := range []dialer.Sound{
		{Packets: 1, MOS: math.NaN(), WorstMOS: 1}, {Packets: 1, MOS: 4, WorstMOS: math.Inf(1)}, {Packets: 0, MOS: 4, WorstMOS: 4},
		{Packets: 1, MOS: 4, WorstMOS: 0}, {Packets: 1, Jitter: -1, MOS: 4, WorstMOS: 4}, {Packets: 1, RoundTrip: -1, MOS: 4, WorstMOS: 4},
		{Packets: 1, MOS: 4, WorstMOS: 4, RecentMOS: math.NaN()},
	} {
		r := reservation(newTarget(), noon)
		must(t, l.Reserve(t.Context(), r))
		must(t, l.Dialled(t.Context(), r.ID, noon.Add(2*time.Second), customerLeg(noon)))
		end := endOf(r, dialer.Answered)
		end.Quality.Customer.In = &bad
		must(t, l.End(t.Context(), end))
		if q := attempt(t, l, r.ID).Quality; q == nil || q.Customer.In != nil || !reflect.DeepEqual(q.Desk, quality().Desk) {
			t.Errorf("%+v was kept as %+v", bad, q)
		}
		if q := whole(&dialer.Quality{Customer: dialer.LegQuality{Out: &bad}}); q != nil {
			t.Errorf("of %+v nothing should be left, and %+v is", bad, q)
		}
	}
}

// The database itself refuses to rewrite history and to hold nonsense.
func TestHistoryCannotBeRewritten(t *testing.T) {
	url := migrated(t)
	l := openLedger(t, url, t.TempDir())
	r := call(t, l, newTarget(), noon, dialer.Answered)
	_, err := l.Record(t.Context(), entry(r))
	must(t, err)
	open := reservation(newTarget(), noon)
	must(t, l.Reserve(t.Context(), open))
	for _, sql := range []string{
		"UPDATE attempts SET counted = false WHERE ended_at IS NOT NULL",
		"UPDATE attempts SET ended_at = NULL, ended_by = NULL, result = NULL, confidence = NULL, rule = NULL, why = NULL, counted = false WHERE ended_at IS NOT NULL",
		"DELETE FROM attempts",
		"TRUNCATE attempts CASCADE",
		"UPDATE attempt_evidence SET status = 200",
		"DELETE FROM attempt_evidence",
		"UPDATE attempt_quality SET lost = 0",
		"DELETE FROM attempt_quality",
		"INSERT INTO attempt_quality SELECT id, 'desk', 'in', 1, 0, 0, NULL, 4.6, 1 FROM attempts",
		"UPDATE attempt_results SET party = 'self'",
		"DELETE FROM attempt_results",
		"UPDATE promises SET yen = 1",
		"DELETE FROM promises",
		"UPDATE promise_parts SET yen = 1",
		"UPDATE attempts SET ended_at = now() WHERE ended_at IS NULL",
		"UPDATE attempts SET counted = true WHERE ended_at IS NULL",
		"UPDATE attempts SET ringing_at = now() WHERE ended_at IS NULL",
		"UPDATE attempts SET ended_at = now(), ended_by = 'network', result = 'busy', confidence = 'high', rule = '', why = '' WHERE ended_at IS NULL",
		"UPDATE attempts SET ended_at = now(), dialled_at = now(), ended_by = 'customer', result = 'answered', confidence = 'high', rule = '', why = '' WHERE ended_at IS NULL",
	} {
		if err := exec(t, url, sql); err == nil {
			t.Errorf("accepted: %s", sql)
		}
	}
}

func TestResultsDueAndTries(t *testing.T) {
	l := newLedger(t)
	target := newTarget()
	older := call(t, l, target, noon, dialer.Answered)
	newer := call(t, l, newTarget(), noon.Add(time.Hour), dialer.Answered)
	call(t, l, newTarget(), noon.Add(2*time.Hour), dialer.Busy)
	due, err := l.ResultsDue(t.Context())
	must(t, err)
	if want := (dialer.ResultDue{ID: newer.ID, CaseID: newer.Target.CaseID, Desk: "desk1", Operator: "operator1"}); len(due) != 1 || due[0] != want {
		t.Fatalf("%+v", due)
	}
	for _, r := range []dialer.Reservation{newer, older} {
		_, err = l.Record(t.Context(), entry(r))
		must(t, err)
	}
	if due, err = l.ResultsDue(t.Context()); err != nil || len(due) != 0 {
		t.Fatalf("%+v, %v", due, err)
	}

	call(t, l, target, noon.Add(3*time.Hour), dialer.NotDialled)
	silent := reservation(target, noon.Add(4*time.Hour))
	must(t, l.Reserve(t.Context(), silent))
	must(t, l.Dialled(t.Context(), silent.ID, noon.Add(4*time.Hour), customerLeg(noon)))
	end := endOf(silent, dialer.LineTrouble)
	end.RingingAt, end.Evidence = time.Time{}, nil
	must(t, l.End(t.Context(), end))
	tries, err := l.Tries(t.Context(), target.NumberRef, noon)
	must(t, err)
	want := []dialer.Try{
		{At: noon.Add(2 * time.Second), Result: dialer.Answered, Party: "self", MayHaveRung: true},
		{At: noon.Add(4*time.Hour + 2*time.Second), Result: dialer.LineTrouble},
	}
	if !reflect.DeepEqual(tries, want) {
		t.Errorf("got %+v, want %+v", tries, want)
	}
	if tries, err = l.Tries(t.Context(), target.NumberRef, noon.Add(5*time.Hour)); err != nil || len(tries) != 0 {
		t.Errorf("%+v, %v", tries, err)
	}
}
