package render

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/report"
)

// madeUp is a made-up ledger: the same for the same seed.
type madeUp struct {
	attempts []report.Attempt
	promises []report.Promise
	payments []report.Payment
	handoffs []report.Handoff
	numbers  []report.Number
	sms      []report.SMS
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// newLedger makes up some attempts on each day from one to another on which the centre opens.
func newLedger(from, to dialer.Date, aDay int) *madeUp {
	r, l := rand.New(rand.NewPCG(20261124, 7)), &madeUp{}
	hours := openHours()
	for d := from; d != to; d = d.Next() {
		span, _, ok := hours.On(d)
		if !ok {
			continue
		}
		for i := range aDay/2 + r.IntN(aDay) {
			at := d.At(span.From + i*span.Minutes()/(aDay*3/2)).Add(time.Duration(r.IntN(40)) * time.Second)
			l.add(r, at, d)
		}
		if r.IntN(3) == 0 {
			l.sms = append(l.sms, report.SMS{On: d, Sent: 40 + r.IntN(200)})
		}
	}
	return l
}

func (l *madeUp) add(r *rand.Rand, at time.Time, on dialer.Date) {
	a := report.Attempt{
		ID: dialer.CallID(fmt.Sprintf("01JD%08d", len(l.attempts))), At: at, Direction: dialer.Outbound,
		Desk: pick[dialer.DeskID](r, "1", "2", "3"), Operator: pick[dialer.UserID](r, "op-sato", "op-suzuki", "op-takahashi", "op-tanaka"),
		CaseRef: fmt.Sprintf("case%05d", r.IntN(900)), NumberRef: fmt.Sprintf("number%05d", r.IntN(1100)),
		NumberKind: pick(r, dialer.KindMobile, dialer.KindMobile, dialer.KindMobile, dialer.KindFixed, dialer.KindIP, ""),
		Insurance:  pick(r, "kokuho", "kokuho", "kouki", "both", ""), Language: pick(r, "ja", "ja", "ja", "ja", "en", "zh", "vi", "ne", "ko", ""),
		Counted: r.IntN(20) > 0,
		Result: pick(r, dialer.NoAnswer, dialer.NoAnswer, dialer.NoAnswer, dialer.Answered, dialer.Answered, dialer.Answered, dialer.Busy,
			dialer.Unallocated, dialer.OutOfReach, dialer.Refused, dialer.Cancelled, dialer.LineTrouble, dialer.Interrupted, dialer.NumberChanged),
	}
	switch r.IntN(30) {
	case 0, 1:
		a.Direction, a.Counted, a.Kind = dialer.Inbound, false, pick(r, casework.CallBackReceived, casework.Inquiry, casework.ComplaintMade, casework.OtherBusiness, "")
	case 2:
		a.Origin, a.Counted = casework.ByHand, false
	default:
	}
	if a.Result == dialer.Answered {
		a.Talk, a.WrapUp, a.Revision = time.Duration(10+r.IntN(400))*time.Second, time.Duration(5+r.IntN(90))*time.Second, 1
		a.Party = pick(r, casework.Self, casework.Self, casework.Self, casework.Family, casework.ThirdParty, casework.Voicemail, casework.Recorder, casework.Fax, "")
		if a.Party == casework.Self || a.Party == casework.Family {
			l.talk(r, &a, on)
		}
	}
	l.attempts = append(l.attempts, a)
}

// talk makes up what came of a talk with the debtor or the family.
func (l *madeUp) talk(r *rand.Rand, a *report.Attempt, on dialer.Date) {
	a.Business = []casework.Business{pick(r, casework.AlreadyPaid, casework.Instalments, casework.SlipReissue,
		casework.CallBack, casework.RefusesToPay, casework.Complaint, casework.LanguageWanted, casework.Information, casework.AccountTransfer,
		casework.MovedOrDeceased, casework.HungUp, casework.OtherInsurance, casework.Hardship, casework.NoCommitment, casework.NotIn)}
	if r.IntN(3) == 0 {
		a.Business[0] = casework.Promised
	}
	switch a.Business[0] {
	case casework.Promised:
		p := report.Promise{
			Attempt: a.ID, At: a.At, Party: a.Party, Yen: int64(1+r.IntN(300)) * 1900, DueOn: on.Next(), Means: pick(r, "slip", "convenience", "bank", "counter", "online"),
			State: pick(r, "open", "kept", "kept", "partly", "broken"),
		}
		p.ByKokuho = p.Yen / 2
		if r.IntN(2) == 0 {
			p.ByKouki = p.Yen - p.ByKokuho
		}
		if p.State == "kept" {
			p.PaidYen, p.KeptOn = p.Yen, on.Next()
			l.payments = append(l.payments, report.Payment{Attempt: a.ID, Promised: a.At, PaidOn: on.Next(), Yen: p.Yen})
		}
		l.promises = append(l.promises, p)
	case casework.Instalments, casework.Hardship, casework.MovedOrDeceased:
		l.handoffs = append(l.handoffs, report.Handoff{ID: "h" + string(a.ID), At: a.At, Kind: pick(r, casework.HandoffKinds...)})
	case casework.LanguageWanted:
		a.Wanted = pick(r, "en", "zh", "vi", "ne")
	case casework.Information:
		l.numbers = append(l.numbers, report.Number{ID: "n" + string(a.ID), At: a.At, First: r.IntN(2) == 0})
	default:
	}
}

// Facts implements report.Ledger.
func (l *madeUp) Facts(_ context.Context, from, to time.Time, into report.Sink) error {
	in := func(t time.Time) bool { return !t.Before(from) && t.Before(to) }
	for _, a := range l.attempts {
		if in(a.At) {
			into.Attempt(a)
		}
	}
	for _, p := range l.promises {
		if in(p.At) || p.State == "kept" && in(p.KeptOn.At(0)) {
			into.Promise(p)
		}
	}
	for _, p := range l.payments {
		if in(p.PaidOn.At(0)) {
			into.Payment(p)
		}
	}
	for _, h := range l.handoffs {
		if in(h.At) {
			into.Handoff(h)
		}
	}
	for _, n := range l.numbers {
		if in(n.At) {
			into.Number(n)
		}
	}
	for _, s := range l.sms {
		if in(s.On.At(0)) {
			into.SMS(s)
		}
	}
	return nil
}

// Papers implements report.Ledger: the days' reports of the first half went out, some twice, and a result was recorded after one.
func (l *madeUp) Papers(ctx context.Context, from, to time.Time, into report.PaperSink) error {
	if err := l.Facts(ctx, from, to, into); err != nil {
		return err
	}
	for day := dialer.DateOf(from); day.Day <= 20; day = day.Next() {
		for revision := 1; revision <= 1+day.Day%7/6; revision++ {
			at := day.At(17*60 + revision)
			into.Paper(report.Paper{Day: day, Revision: revision, At: at, By: "sv", SHA256: strings.Repeat(fmt.Sprintf("%02x%02x", day.Day, revision), 16)})
		}
	}
	into.Amendment(report.Amendment{Attempt: "a", Began: from.Add(10 * time.Hour), At: from.Add(40 * time.Hour)})
	return nil
}

// Look implements report.Ledger: it is asked by nothing here.
func (l *madeUp) Look(context.Context, []report.Period) ([]report.Look, error) { return nil, nil }

// Custody implements report.Ledger: a month as it may be, one day of it not closed.
func (l *madeUp) Custody(_ context.Context, from, to time.Time) (c report.Custody, _ error) {
	for day := dialer.DateOf(from); day.At(0).Before(to); day = day.Next() {
		if w := day.Weekday(); w == time.Saturday || w == time.Sunday {
			continue
		}
		id := "0190d0a0-0000-7000-8000-0000000000" + day.String()[8:]
		c.Held = append(c.Held, day)
		c.Lists = append(c.Lists, report.List{ID: id, By: "sv", At: day.At(9*60 + 5), State: "applied", Rows: 412, Persons: 280})
		if day.Day != 12 {
			c.Closes = append(c.Closes, report.Close{
				ID: id, Day: day, Upto: day, By: "sv", Begun: day.At(17 * 60), Step: "closed", Moved: day.At(17*60 + 3), Manifest: strings.Repeat("9f86d081", 8),
				Files: 7, Receipt: true, Rows: map[string]int64{"records": 270, "handoffs": 3, "numbers": 52},
				Destroyed: map[string]int64{"keys": 1, "persons": 280, "phones": 391, "cases": 280, "entry_notes": 33},
			})
		}
		c.Listens = append(c.Listens, report.Act{ID: id, About: "a", By: "sv", At: day.At(15 * 60)})
		c.Checks = append(c.Checks, report.Act{ID: id, About: "c1", By: "op1", At: day.At(10 * 60)})
		for i := range 9 {
			c.Disclosures = append(c.Disclosures, report.Disclosure{
				ID: fmt.Sprint(day, i), Attempt: dialer.CallID(fmt.Sprint(day, i/2)), CaseRef: fmt.Sprint(i / 2), By: "op1", At: day.At(10*60 + i), Shown: i%4 != 3,
				Ticked: []casework.Identifier{casework.ByName, casework.ByBirthday}, Party: casework.Self,
			})
		}
	}
	c.Lists = append(c.Lists, report.List{ID: "paid", Paid: true, By: "sv", At: from.Add(33 * time.Hour), State: "applied", Rows: 93})
	c.Exports = []report.Export{{ID: "export", Day: dialer.DateOf(from), By: "sv", At: from.Add(12 * time.Hour), Firsts: 31, Corrections: 2, Repeats: 1, Files: 2}}
	return c, nil
}

func openHours() dialer.Hours {
	return dialer.Hours{
		Week: dialer.WardHours(), BreakMinutes: 60,
		Extra: map[dialer.Date]dialer.Span{{Year: 2026, Month: 11, Day: 29}: {From: 9 * 60, To: 17 * 60}},
	}
}

var (
	december = dialer.Date{Year: 2026, Month: time.December, Day: 1}
	april    = dialer.Date{Year: 2026, Month: time.April, Day: 1}
	ledger   = newLedger(april, dialer.Date{Year: 2026, Month: time.December, Day: 1}, 24)
	stamp    = &Stamp{
		Revision: 2, At: time.Date(2026, 12, 1, 0, 15, 0, 0, time.UTC), By: "業務責任者",
		SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	}
	names = map[report.Kind]string{
		report.OfDay: "2026-11-24", report.OfMonth: "2026-11", report.OfYear: "2026", report.Inspection: "2026-11", report.Privacy: "2026-11",
	}
)

// document makes the report of a kind. The month is over and issued; the day and the year are drafts, and the year is not over.
func document(t *testing.T, kind report.Kind) Document {
	t.Helper()
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, dialer.Tokyo)
	p, err := report.ParsePeriod(kind, names[kind], now)
	if err != nil {
		t.Fatal(err)
	}
	r, err := report.Make(t.Context(), ledger, report.Options{
		Now: now, Hours: openHours(), Desks: []dialer.DeskID{"1", "2", "3"}, Definition: report.ByAttempts, Contract: report.Contract{
			Calls: 5700, SMS: report.Bounds{Month: 200, UpTo: 250}, Number: report.Bounds{Month: 1000, UpTo: 1200},
		},
	}, p)
	if err != nil {
		t.Fatal(err)
	}
	doc := Document{Report: r, Header: Header{Ward: "江東区", Contractor: "株式会社○○コールセンター", Boxes: []string{"課長", "係長", "担当"}}}
	if p.To == december {
		doc.Issued = stamp
	}
	for _, a := range ledger.attempts {
		if a.At.Before(p.Start()) || !a.At.Before(p.End()) {
			continue
		}
		counted := a.Counted
		doc.Details = append(doc.Details, Detail{
			ID: string(a.ID), Kind: string(report.RefAttempt), At: a.At.In(dialer.Tokyo).Format("2006-01-02 15:04:05"), Direction: string(a.Direction),
			Result: string(a.Result), Party: string(a.Party), Counted: &counted, Desk: string(a.Desk), Operator: string(a.Operator), CaseRef: a.CaseRef,
			Insurance: a.Insurance, Language: a.Language, NumberKind: string(a.NumberKind),
		})
	}
	return doc
}
