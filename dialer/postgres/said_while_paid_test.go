package postgres

import (
	"context"
	"errors"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// TestWhatIsSaidOutlivesAHoldAsPaid: a case that is held because it is perhaps paid is called again as soon as the ward's list says that it is not. What was said of it
// meanwhile, by whoever called us, is not forgotten by that: that nobody is to be called, or not before a day.
func TestWhatIsSaidOutlivesAHoldAsPaid(t *testing.T) {
	friday := noon.Add(72 * time.Hour)
	held := dialer.CaseNext{State: dialer.CaseHeld, Cause: dialer.CauseEntry, Why: "転出・死亡の申し出のため、区の確認を待ちます"}
	asked := dialer.CaseNext{State: dialer.CaseWaiting, Due: friday, Cause: dialer.CauseAsked, Why: "相手の希望の日時に再架電します"}
	later := dialer.CaseNext{State: dialer.CaseWaiting, Due: friday, Cause: dialer.CauseEntry, Why: "納付済(行き違い)の申し出のため、14日後に納付を確かめます"}
	for name, c := range map[string]struct {
		said            []casework.Business
		next            dialer.CaseNext
		until           *time.Time
		meanwhile, then dialer.CaseState
	}{
		"has died":        {[]casework.Business{casework.MovedOrDeceased}, held, nil, dialer.CaseHeld, dialer.CaseHeld},
		"complains":       {[]casework.Business{casework.Complaint}, held, nil, dialer.CaseHeld, dialer.CaseHeld},
		"call on Friday":  {nil, asked, &friday, dialer.CaseWaiting, dialer.CaseWaiting},
		"says it is paid": {[]casework.Business{casework.AlreadyPaid}, later, nil, dialer.CaseHeld, dialer.CaseWaiting},
	} {
		t.Run(name, func(t *testing.T) {
			l, set := sinceNoon(t)
			of, ward := owes(t, l)
			allPaid(t, l, ward)
			wantPaid(t, l, of)
			at := noon.Add(70 * time.Minute)
			set(at)
			r := nothingAsked(comesIn(t, l, of, at), of, at.Add(2*time.Minute))
			r.Party, r.Next, r.CallAgain = casework.Family, c.next, c.until
			if c.said != nil {
				r.Business = c.said
			}
			_, err := l.Record(t.Context(), r)
			must(t, err)
			if now := caseOf(t, l, of.CaseID).Next; now.State != c.meanwhile {
				t.Errorf("meanwhile %+v", now)
			}
			set(noon.Add(90 * time.Minute))
			applyList(t, l, readList(t, l, person(ward)))
			now := caseOf(t, l, of.CaseID).Next
			if now.State != c.then || now.Why != c.next.Why || now.State == dialer.CaseWaiting && !now.Due.Equal(friday) {
				t.Errorf("the list says that it is owed: %+v", now)
			}
		})
	}
}

// TestWhoTalksWithUsIsNotRungAtAnotherNumber: the household would hear of it while the person is on the line, be they taken to be somebody of the case as the call
// comes in or by whoever talks with them, at this node or another.
func TestWhoTalksWithUsIsNotRungAtAnotherNumber(t *testing.T) {
	for name, at := range map[string]struct{ clicked, named bool }{
		"as the desk's phone rings": {clicked: true}, "before the click": {},
		"named as the desk's phone rings": {clicked: true, named: true}, "named before the click": {named: true},
	} {
		t.Run(name, func(t *testing.T) {
			l, _ := sinceNoon(t)
			of, _ := owes(t, l)
			r := reservation(of, noon.Add(2*time.Minute))
			if at.clicked {
				must(t, l.Reserve(t.Context(), r))
			}
			in := arrival(noon.Add(time.Minute))
			if !at.named {
				in.Case = of.CaseID
			}
			got, err := l.Arrive(t.Context(), in)
			if err != nil || got.NumberRef == of.NumberRef {
				t.Fatalf("%+v, %v", got, err)
			}
			if at.named {
				_, err := l.NameCase(t.Context(), in.ID, of.CaseID, "operator2")
				must(t, err)
			}
			if err = l.Reserve(t.Context(), r); at.clicked {
				err = l.Dialled(t.Context(), r.ID, noon.Add(3*time.Minute), customerLeg(noon))
			}
			if !errors.Is(err, dialer.ErrCallsUs) {
				t.Errorf("it is refused with %v", err)
			}
		})
	}
}

// TestALateWordForbidsItsNumber: an entry that waited in a spool comes after what was recorded of the same talk since, which decides where the case stands; that the
// number is not to be called is said in the first alone, and holds, unless it was taken back since.
func TestALateWordForbidsItsNumber(t *testing.T) {
	for name, freed := range map[string]bool{"nothing since": false, "taken off since": true} {
		t.Run(name, func(t *testing.T) {
			l, set := sinceNoon(t)
			of, _ := owes(t, l)
			c := call(t, l, of, noon, dialer.Answered)
			older := nothingAsked(c.ID, of, noon.Add(time.Minute))
			older.DoNotCall = true
			newer := nothingAsked(c.ID, of, noon.Add(5*time.Minute))
			newer.By = "supervisor"
			set(noon.Add(2 * time.Hour))
			_, err := l.Record(t.Context(), newer)
			must(t, err)
			if freed {
				for i, on := range []bool{true, false} {
					must(t, l.inTx(t.Context(), "say a word", func(ctx context.Context, q *db.Queries) error {
						return l.forbid(ctx, q, of.NumberRef, casework.Forbidding{On: on, By: "supervisor", At: noon.Add(time.Duration(6+i) * time.Minute), Reason: "本人の申し出"})
					}))
				}
			}
			must(t, l.write(t.Context(), record{Result: &older}))
			got, err := l.Target(t.Context(), of.CaseID, "")
			if err != nil || got.DoNotCall == freed {
				t.Errorf("forbidden %v, %v", got.DoNotCall, err)
			}
		})
	}
}
