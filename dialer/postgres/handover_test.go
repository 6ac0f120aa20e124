package postgres

import (
	"reflect"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/casework/returns"
)

// TestWhatIsHandedOver: the cases of which something is open or known, with it, and the figures of each month; corrections count once,
// and a case that the ward has back is known by its reference alone.
func TestWhatIsHandedOver(t *testing.T) {
	t.Parallel()
	l := openWith(t, migrated(t), ownVault(t), noon)
	april := time.Date(2026, 4, 1, 0, 0, 0, 0, dialer.Tokyo)
	ward := map[string]string{} // by reference
	listed := func(number, language string) dialer.Target {
		row := person(number)
		row.Language = language
		target := targetOf(t, l, load(t, l, row).Waiting[0].Case)
		ward[target.CaseRef] = number
		return target
	}
	promised := listed("0000000101", "ja")
	for _, at := range []time.Time{april.Add(-time.Hour), noon.Add(-24 * time.Hour)} { // one in the fiscal year before
		call(t, l, promised, at, dialer.NoAnswer)
	}
	r := call(t, l, promised, noon.Add(-time.Hour), dialer.Answered)
	for i := range 2 { // corrected once
		e := entry(r)
		e.At, e.Promise.Yen = e.At.Add(time.Duration(i)*time.Minute), 12000-int64(i)
		_, err := l.Record(t.Context(), e)
		must(t, err)
	}
	asked := listed("0000000102", "ja")
	due := noon.Add(48 * time.Hour)
	must(t, exec(t, l.pool.Config().ConnString(), `UPDATE cases SET state = 'waiting', cause = 'asked', due = $1 WHERE id = $2`, due, string(asked.CaseID)))
	forbidden := listed("0000000103", "ja")
	must(t, l.ForbidNumber(t.Context(), forbidden.CaseID, forbidden.Number, casework.Forbidding{On: true, By: "supervisor", At: noon, Reason: "本人の申し出"}))
	byWhoever := l.pool.Config().ConnString()
	must(t, exec(t, byWhoever, `INSERT INTO do_not_call_log SELECT number_ref, false, 'supervisor', $1, 'x' FROM do_not_call`, noon.Add(time.Second)))
	must(t, exec(t, byWhoever, "DELETE FROM do_not_call")) // nobody has said so who may
	foreign := listed("0000000104", "vi")
	call(t, l, listed("0000000105", "ja"), noon.Add(-2*time.Hour), dialer.NoAnswer) // nothing to know but the attempt
	page := casework.ScriptPage{Key: "opening", Language: "ja", Title: "名乗り", Body: "区の者です", By: "supervisor", At: noon}
	page, err := l.DraftScript(t.Context(), page)
	must(t, err)
	_, err = l.DecideScript(t.Context(), page.ID, casework.Approved, "ward1", noon)
	must(t, err)
	page.Key = "other" // a draft
	_, err = l.DraftScript(t.Context(), page)
	must(t, err)
	_, err = l.PassOn(t.Context(), promised.CaseID, casework.HandOther, "照会", "operator1")
	must(t, err)

	h, err := l.Handover(t.Context(), finalClose(noon), april)
	must(t, err)
	cases := map[string]returns.HandoverCase{}
	for _, c := range h.Cases {
		if c.WardNumber != ward[c.CaseRef] {
			t.Errorf("%s is named %s", ward[c.CaseRef], c.WardNumber)
		}
		cases[c.CaseRef] = c
	}
	p := cases[promised.CaseRef]
	if len(cases) != 4 || p.Attempts != 3 || p.ThisYear != 2 || !reflect.DeepEqual(p.Promises, []casework.Promise{{Yen: 11999, DueOn: "2026-11-30", Means: "slip"}}) ||
		p.TalkedAt == nil || !p.TalkedAt.Equal(r.At) || p.Party != casework.Self || len(p.Business) != 2 {
		t.Errorf("%d cases; %+v", len(cases), p)
	}
	if at := cases[asked.CaseRef].CallAt; at == nil || !at.Equal(due) || !cases[forbidden.CaseRef].DoNotCall || cases[foreign.CaseRef].Language != "vi" {
		t.Errorf("%+v", cases)
	}
	if want := (returns.HandoverOpen{Handoffs: 1, Promises: 1, PromisedYen: 11999, NumbersForbidden: 1}); h.Open != want {
		t.Errorf("open: %+v", h.Open)
	}
	months := []returns.HandoverMonth{{Month: "2026-03", Attempts: 1}, {Month: "2026-11", Attempts: 3, Talks: 1, Promises: 1, PromisedYen: 11999}}
	if !reflect.DeepEqual(h.Months, months) || len(h.Languages) != 1 || h.Languages[0] != (returns.LanguageCount{Language: "vi", N: 1}) ||
		len(h.Pages) != 1 || h.Pages[0].Title != "名乗り" {
		t.Errorf("%+v; %+v; %d pages", h.Months, h.Languages, len(h.Pages))
	}

	c := newClose(noon) // an ordinary day's end before: only the references are left
	must(t, l.BeginClose(t.Context(), c))
	must(t, l.Destroy(t.Context(), walk(t, l, c, "destroying")))
	h, err = l.Handover(t.Context(), finalClose(noon), april)
	must(t, err)
	for _, c := range h.Cases {
		if c.WardNumber != "" || c.CaseRef == "" {
			t.Errorf("%+v", c)
		}
	}
	if len(h.Cases) != 4 || h.Open.Promises != 1 {
		t.Errorf("%d cases are left, %+v", len(h.Cases), h.Open)
	}
}
