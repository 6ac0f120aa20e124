package webui

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/report"
)

// books stand in for the ledger as reports read it. Reports are made of them as they are of the real one.
type books struct {
	mu       sync.Mutex
	attempts []report.Attempt
	messages []report.SMS
	promises []report.Promise
	payments []report.Payment
	issued   []report.Issued
	custody  report.Custody
	fixed    []report.Correction
	overtake bool // somebody else issues at the same time
	now      func() time.Time
}

func (b *books) Facts(_ context.Context, from, to time.Time, into report.Sink) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range b.attempts {
		if !a.At.Before(from) && a.At.Before(to) {
			into.Attempt(a)
		}
	}
	for _, p := range b.promises {
		into.Promise(p)
	}
	for _, p := range b.payments {
		into.Payment(p)
	}
	for _, m := range b.messages {
		into.SMS(m)
	}
	return nil
}

func (b *books) Papers(ctx context.Context, from, to time.Time, into report.PaperSink) error {
	return b.Facts(ctx, from, to, into)
}

func (b *books) Custody(context.Context, time.Time, time.Time) (report.Custody, error) {
	return b.custody, nil
}

func (b *books) Look(_ context.Context, periods []report.Period) ([]report.Look, error) {
	return make([]report.Look, len(periods)), nil
}

func (b *books) IssuedSince(context.Context, time.Time) ([]report.Issued, error) {
	return b.issued, nil
}

// FactsAndEarlier: nobody of these was attempted before.
func (b *books) FactsAndEarlier(ctx context.Context, from, to time.Time, into report.HistorySink) error {
	return b.Facts(ctx, from, to, into)
}

func (b *books) options() report.Options {
	return report.Options{Now: b.now(), Hours: dialer.Hours{Week: dialer.WardHours()}, Desks: []dialer.DeskID{"desk1", "desk2"}}
}

func (b *books) Make(ctx context.Context, p report.Period) (report.Report, error) {
	return report.Make(ctx, b, b.options(), p)
}

func (b *books) Behind(ctx context.Context, p report.Period, w report.Where) ([]report.Ref, error) {
	return report.Behind(ctx, b, b.options(), p, w)
}

func (b *books) ReportCalls(_ context.Context, ids []dialer.CallID) (out []report.Attempt, _ error) {
	for _, a := range b.attempts {
		if slices.Contains(ids, a.ID) {
			out = append(out, a)
		}
	}
	return out, nil
}

// shelfOfReports is the store behind books.
type shelfOfReports struct{ *books }

func (s shelfOfReports) Issue(_ context.Context, i report.Issued) (int, error) {
	if s.overtake {
		return 0, report.ErrIssued
	}
	s.issued = append(s.issued, i)
	return i.Revision, nil
}

func (b *books) Issue(ctx context.Context, p report.Period, by dialer.UserID, reason string) (report.Issued, error) {
	return report.Issuer{Ledger: b, Store: shelfOfReports{b}}.Issue(ctx, b.options(), p, by, reason)
}

func (b *books) IssuedOf(_ context.Context, kind report.Kind, period string) (out []report.Issued, _ error) {
	for _, i := range b.issued {
		if i.Kind == kind && i.Period == period {
			out = append(out, i)
		}
	}
	return out, nil
}

func (b *books) IssuedReport(_ context.Context, kind report.Kind, period string, revision int) (report.Issued, error) {
	for _, i := range b.issued {
		if i.Kind == kind && i.Period == period && i.Revision == revision {
			return i, nil
		}
	}
	return report.Issued{}, report.ErrNotIssued
}

func (b *books) CorrectedSince(_ context.Context, _, _, since time.Time) (out []report.Correction, _ error) {
	for _, c := range b.fixed {
		if c.At.After(since) {
			out = append(out, c)
		}
	}
	return out, nil
}

func (b *books) Write(_ context.Context, to io.Writer, p report.Period, revision int, format report.Format) error {
	if revision > len(b.issued) {
		return report.ErrNotIssued
	}
	_, err := fmt.Fprintf(to, "%s %s %d %s", p.Kind, p.Name, revision, format)
	return err
}

func (b *books) EnterSMS(_ context.Context, day dialer.Date, sent int, _ dialer.UserID) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.messages = append(b.messages, report.SMS{On: day, Sent: sent})
	return nil
}

type reportBody struct {
	Report      report.Report
	Revision    int
	Issued      []IssuedReport
	Changes     []report.Change
	Corrections []ReportCorrection
}

// TestADaysReport: the supervisor looks at the day, goes down to one call, issues the day, corrects the party of a call, sees what
// changed and who changed it, and issues it again with a reason; the ward reads both.
func TestADaysReport(t *testing.T) {
	b := &books{}
	h := open(t, func(d *Deps) { d.Reports = b })
	b.now = h.clock.Now
	for i, result := range []dialer.Result{dialer.Answered, dialer.NoAnswer, dialer.Busy} {
		a := report.Attempt{
			ID: dialer.CallID("call-" + string(rune('1'+i))), At: tuesday.Add(-time.Duration(i) * time.Minute), Direction: dialer.Outbound, Origin: casework.BySIP,
			Desk: "desk1", Operator: "user-operator", CaseRef: "c" + string(rune('1'+i)), NumberRef: "n", Result: result, Counted: true,
		}
		if result == dialer.Answered {
			a.Party, a.Revision, a.Talk = casework.Family, 1, time.Minute
		}
		b.attempts = append(b.attempts, a)
	}
	slices.Reverse(b.attempts)
	supervisor, ward := h.as("supervisor"), h.as("ward")
	get := func(c *client, query string) reportBody {
		t.Helper()
		return into[reportBody](t, c.do(http.MethodGet, "/api/reports/day"+query, nil).want(t, http.StatusOK))
	}
	figure := func(r reportBody, section, row, column string) float64 {
		t.Helper()
		cell := r.Report.At(section, row, column)
		if cell == nil || cell.Value == nil {
			t.Fatalf("%s %s %s has no figure", section, row, column)
		}
		return *cell.Value
	}
	now := get(ward, "")
	if now.Report.Period != "2026-11-24" || now.Report.Whole || len(now.Issued) != 0 || figure(now, "attempts", "total", "attempts") != 3 {
		t.Errorf("%+v", now)
	}
	if sms := now.Report.At("others", "sms", "count"); sms == nil || sms.Why != report.Unused || sms.Value != nil {
		t.Errorf("messages that nobody counted: %+v, want 未使用", sms)
	}

	type behind struct {
		Total  int
		Calls  []ReportCall
		Others []report.Ref
	}
	rows := into[behind](t, ward.do(http.MethodGet, "/api/reports/day/rows?period=2026-11-24&section=attempts&row=total&column=family", nil).want(t, http.StatusOK))
	if rows.Total != 1 || len(rows.Calls) != 1 || rows.Calls[0].ID != "call-1" || rows.Calls[0].ByName != "職員operator" || rows.Calls[0].Business == nil {
		t.Errorf("%+v", rows)
	}
	ward.do(http.MethodGet, "/api/reports/day/rows?period=2026-11-24&section=attempts&row=total&column=none", nil).problem(t, http.StatusNotFound, "not_found")
	beyond := "/api/reports/day/rows?period=2026-11-24&section=attempts&row=total&column=family&offset=9223372036854775807"
	if got := into[behind](t, ward.do(http.MethodGet, beyond, nil).want(t, http.StatusOK)); len(got.Calls) != 0 {
		t.Errorf("beyond the last row stands %+v", got)
	}
	ward.do(http.MethodGet, "/api/reports/month?period=0000-01", nil).problem(t, http.StatusUnprocessableEntity, "invalid")

	issue := func(reason string) answered {
		return supervisor.do(http.MethodPost, "/api/reports/day/issue", map[string]any{"period": "2026-11-24", "reason": reason})
	}
	first := into[IssuedReport](t, issue("").want(t, http.StatusOK))
	if first.Revision != 1 || first.ByName != "職員supervisor" || len(first.SHA256) != 64 {
		t.Errorf("%+v", first)
	}
	issue("念のため").problem(t, http.StatusUnprocessableEntity, "invalid") // nothing changed
	b.attempts[2].Party, b.attempts[2].Revision = casework.Self, 2
	b.fixed = []report.Correction{{Attempt: "call-1", Revision: 2, By: "user-operator", At: tuesday.Add(time.Minute)}}
	issue("").problem(t, http.StatusUnprocessableEntity, "invalid") // without a reason

	now = get(supervisor, "?period=2026-11-24")
	named := map[string]bool{}
	for _, c := range now.Changes {
		named[c.Title.JA] = true
	}
	if !named["ア 架電件数 › 合計 › 家族"] || !named["ア 架電件数 › 合計 › 本人"] || named["ア 架電件数 › 合計 › 架電件数"] {
		t.Errorf("what changed is not named: %v", named)
	}
	if len(now.Corrections) != 1 || now.Corrections[0].AttemptID != "call-1" || now.Corrections[0].ByName != "職員operator" {
		t.Errorf("%+v", now.Corrections)
	}
	if second := into[IssuedReport](t, issue("応対者の訂正").want(t, http.StatusOK)); second.Revision != 2 || second.Reason != "応対者の訂正" {
		t.Errorf("%+v", second)
	}
	old, renewed := get(ward, "?period=2026-11-24&revision=1"), get(ward, "?period=2026-11-24&revision=2")
	if figure(old, "attempts", "total", "family") != 1 || figure(renewed, "attempts", "total", "family") != 0 || len(renewed.Changes) != len(now.Changes) || len(old.Changes) != 0 {
		t.Errorf("the frozen reports: %d and %d changes", len(old.Changes), len(renewed.Changes))
	}
	for path, want := range map[string]string{
		"/file?period=2026-11-24&format=csv":            "day 2026-11-24 0 csv",
		"/file?period=2026-11-24&revision=2&format=pdf": "day 2026-11-24 2 pdf",
		"?period=2026-11-24&revision=1&format=xlsx":     "day 2026-11-24 1 xlsx", // leads there
	} {
		if got := ward.do(http.MethodGet, "/api/reports/day"+path, nil); got.status != http.StatusOK || string(got.body) != want {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	ward.do(http.MethodGet, "/api/reports/day/file?period=2026-11-24&revision=3&format=csv", nil).problem(t, http.StatusNotFound, "not_found")
	ward.do(http.MethodGet, "/api/reports/day/file?period=2026-11-24&format=doc", nil).problem(t, http.StatusUnprocessableEntity, "invalid")
	b.issued[0].Content = []byte(strings.Replace(string(b.issued[0].Content), "2026-11-24", "2026-11-25", 1))
	if got := ward.do(http.MethodGet, "/api/reports/day?period=2026-11-24&revision=1", nil); got.status != http.StatusInternalServerError {
		t.Errorf("a frozen report that was tampered with is shown: %d", got.status)
	}
	if !strings.Contains(h.logs.String(), "a report was issued") {
		t.Error("who issued is not in the log")
	}
}

// TestQuestionsThatHaveNoReport are answered with what to ask instead.
func TestQuestionsThatHaveNoReport(t *testing.T) {
	b := &books{}
	h := open(t, func(d *Deps) { d.Reports = b })
	b.now = h.clock.Now
	supervisor := h.as("supervisor")
	for path, status := range map[string]int{
		"/api/reports/day?period=2026-11-25":            http.StatusUnprocessableEntity, // not yet
		"/api/reports/day?period=2026-02-30":            http.StatusUnprocessableEntity,
		"/api/reports/month?period=2026-12":             http.StatusUnprocessableEntity,
		"/api/reports/month?period=2026-13":             http.StatusUnprocessableEntity,
		"/api/reports/year?period=26":                   http.StatusUnprocessableEntity,
		"/api/reports/week?period=2026-11":              http.StatusUnprocessableEntity,
		"/api/reports/day?period=2026-11-24&revision=1": http.StatusNotFound,
	} {
		if got := supervisor.do(http.MethodGet, path, nil); got.status != status {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if got := into[reportBody](t, supervisor.do(http.MethodGet, "/api/reports/day?period=2026-11-22", nil).want(t, http.StatusOK)); !got.Report.Whole {
		t.Errorf("a Sunday without calls: %+v", got.Report)
	}
	b.overtake = true
	supervisor.do(http.MethodPost, "/api/reports/month/issue", map[string]any{"period": "2026-10"}).problem(t, http.StatusConflict, "issued")

	supervisor.do(http.MethodPost, "/api/sms", map[string]any{"day": "2026-11-25", "sent": 3}).problem(t, http.StatusUnprocessableEntity, "invalid")
	supervisor.do(http.MethodPost, "/api/sms", map[string]any{"day": "2026-11-24", "sent": 5001}).problem(t, http.StatusUnprocessableEntity, "invalid")
	supervisor.do(http.MethodPost, "/api/sms", map[string]any{"day": "2026-11-24", "sent": 0}).want(t, http.StatusNoContent)
	got := into[reportBody](t, supervisor.do(http.MethodGet, "/api/reports/day", nil).want(t, http.StatusOK))
	if sms := got.Report.At("others", "sms", "count"); sms.Value == nil || *sms.Value != 0 {
		t.Errorf("none sent, and somebody says so: %+v, want 0", sms)
	}
}

// TestRowsBehindAFigureSayWhatTheyAre: a promise and each payment towards it their yen, a row of a log when, who and what.
func TestRowsBehindAFigureSayWhatTheyAre(t *testing.T) {
	b := &books{}
	h := open(t, func(d *Deps) { d.Reports = b })
	b.now = h.clock.Now
	day := dialer.DateOf(tuesday)
	b.attempts = []report.Attempt{{ID: "call-1", At: tuesday, Direction: dialer.Outbound, Origin: casework.BySIP, Result: dialer.Answered, Counted: true, Operator: "user-operator"}}
	b.promises = []report.Promise{{Attempt: "call-1", At: tuesday, Yen: 9000, State: "kept", KeptOn: day}}
	b.payments = []report.Payment{{Attempt: "call-1", Promised: tuesday, PaidOn: day, Yen: 4000}, {Attempt: "call-1", Promised: tuesday, PaidOn: day, Yen: 5000}}
	b.custody = report.Custody{
		Held:   []dialer.Date{day},
		Closes: []report.Close{{ID: "close-1", Day: day, Upto: day, By: "user-supervisor", Begun: tuesday, Moved: tuesday.Add(time.Minute), Step: "closed"}},
		Checks: []report.Act{{ID: "7", About: "ref-1", By: "user-operator", At: tuesday}},
	}
	ward := h.as("ward")
	type behind struct {
		Total  int
		Calls  []ReportCall
		Others []ReportRow
	}
	rows := func(path string) behind {
		t.Helper()
		return into[behind](t, ward.do(http.MethodGet, "/api/reports/"+path, nil).want(t, http.StatusOK))
	}
	if got := rows("day/rows?period=2026-11-24&section=promises&row=total&column=made"); len(got.Calls) != 1 || got.Calls[0].Yen != 9000 || got.Calls[0].PaidOn != "" {
		t.Errorf("%+v", got)
	}
	paid := rows("day/rows?period=2026-11-24&section=kept&row=total&column=paid_yen")
	if len(paid.Calls) != 2 || paid.Calls[0].Yen != 4000 || paid.Calls[1].Yen != 5000 || paid.Calls[1].PaidOn != "2026-11-24" || paid.Calls[1].ByName != "職員operator" {
		t.Errorf("%+v", paid)
	}
	closed := rows("privacy/rows?period=2026-11&section=closes&row=total&column=closed")
	if len(closed.Others) != 1 || closed.Others[0].Kind != report.RefClose || closed.Others[0].ByName != "職員supervisor" || !closed.Others[0].At.Equal(tuesday.Add(time.Minute)) ||
		closed.Others[0].What.JA != "2026-11-24 終業返却" {
		t.Errorf("%+v", closed)
	}
	checked := rows("privacy/rows?period=2026-11&section=shown_by_person&row=by:user-operator&column=checks")
	if len(checked.Others) != 1 || checked.Others[0].ID != "7" || checked.Others[0].What.JA != "ref-1" || checked.Others[0].ByName != "職員operator" {
		t.Errorf("%+v", checked)
	}
	for _, given := range []string{
		"privacy/rows?period=2026-11&section=closes&row=total&column=missing", "privacy/rows?period=2026-11&section=closes_by_day&row=2026-11-24&column=state",
		"inspection/rows?period=2026-11&section=accepted&row=attempts&column=target", "inspection/rows?period=2026-11&section=days&row=total&column=hours",
		"inspection/rows?period=2026-11&section=counting&row=attempts&column=attempts", "day/rows?period=2026-11-24&section=efficiency&row=total&column=hours",
	} {
		ward.do(http.MethodGet, "/api/reports/"+given, nil).problem(t, http.StatusNotFound, "not_found")
	}
	if got := rows("inspection/rows?period=2026-11&section=accepted&row=persons&column=count"); got.Total != 1 || len(got.Calls) != 1 {
		t.Errorf("%+v", got)
	}
}
