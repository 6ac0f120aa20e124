package webui

import (
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/audit"
)

// TestNobodyFillsWhatIsKept: what one person writes of a kind has a pace, by whatever session and whatever comes of it; others write theirs.
func TestNobodyFillsWhatIsKept(t *testing.T) {
	h := open(t)
	h.atHand()
	incident := map[string]any{
		"kind": "leaked", "found_at": tuesday, "from": tuesday.Add(-time.Hour), "until": tuesday, "who": []string{}, "malice": false,
		"what": "画面を撮影された", "cause": "", "done": "", "future": "",
	}
	number := map[string]any{"ward_number": "1234567", "number": "09000009999", "again": "09000009999", "source": "counter", "document_on": "2026/11/20", "first": true}
	source := map[string]any{"name": "収納課", "columns": []map[string]string{
		{"name": "宛名番号", "field": "ward_number"}, {"name": "氏名", "field": "name"}, {"name": "電話", "field": "phone1"}, {"name": "保険", "field": "insurance"},
		{"name": "期別", "field": "term"}, {"name": "滞納額", "field": "amount"},
	}}
	for _, c := range []struct {
		who, other, path string
		body             any
		of               pace
	}{
		{"operator", "supervisor", "/api/numbers", number, typedNumbers},
		{"supervisor", "admin", "/api/incidents", incident, incidentActs},
		{"operator", "supervisor", "/api/handoffs", map[string]any{"case_id": "case-1", "kind": "other", "text": "確認"}, newHandoffs},
		{"operator", "supervisor", "/api/handoffs/x/add", map[string]any{"text": "追記"}, handoffMoves},
		{"operator", "operator2", "/api/desks/desk1/away", map[string]any{"reason": "break"}, absences},
		{"supervisor", "admin", "/api/list-sources", source, newSources},
		{"operator", "supervisor", "/api/cases/search", map[string]any{"q": "山"}, searches},
		{"ward", "supervisor", "/api/audit/search", map[string]any{}, searches},
		{"ward", "admin", "/api/audit/printed", map[string]any{"screen": "/reports"}, changesMade},
		{"supervisor", "admin", "/api/exports", map[string]any{"day": "2026-11-24", "again": true}, exportsMade},
	} {
		send := func(login string) answered { return h.as(login).do(http.MethodPost, c.path, c.body) }
		first := h.as(c.who)
		for range c.of.atOnce {
			if a := first.do(http.MethodPost, c.path, c.body); a.status == http.StatusTooManyRequests || a.status == http.StatusUnprocessableEntity {
				t.Fatalf("%s: %d %s", c.path, a.status, a.body)
			}
		}
		a := send(c.who)
		if a.problem(t, http.StatusTooManyRequests, "too_many"); a.header.Get("Retry-After") != strconv.Itoa(int(c.of.every.Seconds())) {
			t.Errorf("%s: come back in %q s", c.path, a.header.Get("Retry-After"))
		}
		if a := send(c.other); a.status == http.StatusTooManyRequests {
			t.Errorf("%s: another is told %d", c.path, a.status)
		}
		h.clock.forward(c.of.every)
		if a := send(c.who); a.status == http.StatusTooManyRequests {
			t.Errorf("%s: a while later %d", c.path, a.status)
		}
	}
}

// TestSettingsAreChangedAtAPace: by changing and by undoing together, whatever comes of it.
func TestSettingsAreChangedAtAPace(t *testing.T) {
	h := open(t)
	admin := h.as("admin")
	undo := func() answered {
		return admin.do(http.MethodPost, "/api/settings/changes/99/undo", map[string]any{"version": 0, "reason": "試験"})
	}
	change := func() answered {
		return admin.do(http.MethodPost, "/api/settings", map[string]any{"wants": []any{}, "reason": "試験"})
	}
	for range newSettings.atOnce / 2 {
		undo().problem(t, http.StatusNotFound, ruleNotFound)
		change().problem(t, http.StatusUnprocessableEntity, ruleInvalid)
	}
	undo().problem(t, http.StatusTooManyRequests, "too_many")
	change().problem(t, http.StatusTooManyRequests, "too_many")
	h.clock.forward(newSettings.every)
	change().problem(t, http.StatusUnprocessableEntity, ruleInvalid)
}

// TestAllChangesTogetherHaveAPace: what has no pace of its own is not without one, and whoever uses it up for somebody keeps them neither from ending that session nor
// from another password.
func TestAllChangesTogetherHaveAPace(t *testing.T) {
	h := open(t)
	admin := h.as("admin")
	hang := func() answered { return admin.do(http.MethodPost, "/api/displays", map[string]any{"name": "壁"}) }
	for range changesMade.atOnce {
		if a := hang(); a.status == http.StatusTooManyRequests {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	hang().problem(t, http.StatusTooManyRequests, "too_many")
	admin.do(http.MethodPost, "/api/settings/changes/99/undo", map[string]any{"version": 0, "reason": "試験"}).problem(t, http.StatusTooManyRequests, "too_many")
	if a := admin.do(http.MethodPost, "/api/sessions/none/end", nil); a.status == http.StatusTooManyRequests {
		t.Errorf("a session is ended: %d", a.status)
	}
	h.clock.forward(changesMade.every)
	if a := hang(); a.status == http.StatusTooManyRequests {
		t.Errorf("a while later %d", a.status)
	}
}

// TestWhatIsTakenInOrGivenOutHasThePaceOfChanges: lists, closes and issued reports, which are noted as what they are.
func TestWhatIsTakenInOrGivenOutHasThePaceOfChanges(t *testing.T) {
	h := open(t)
	boss := h.as("supervisor")
	apply := func() answered { return boss.do(http.MethodPost, "/api/lists/none/apply", nil) }
	drop := func() answered { return boss.do(http.MethodDelete, "/api/payments/none", nil) }
	issue := func() answered {
		return boss.do(http.MethodPost, "/api/reports/month/issue", map[string]any{"period": "2026-10"})
	}
	for range changesMade.atOnce / 2 {
		for _, a := range []answered{apply(), drop()} {
			if a.status == http.StatusTooManyRequests {
				t.Fatalf("%d %s", a.status, a.body)
			}
		}
	}
	for _, ask := range []func() answered{apply, drop, issue} {
		ask().problem(t, http.StatusTooManyRequests, "too_many")
	}
	if a := boss.do(http.MethodGet, "/api/lists/none", nil); a.status == http.StatusTooManyRequests {
		t.Errorf("a list is read: %d", a.status)
	}
	h.clock.forward(changesMade.every)
	if a := apply(); a.status == http.StatusTooManyRequests {
		t.Errorf("a while later %d", a.status)
	}
}

// TestATalksButtonsHaveAPaceTogether: each leaves something in the call's evidence. Hanging up has none.
func TestATalksButtonsHaveAPaceTogether(t *testing.T) {
	h := open(t)
	op := h.as("operator")
	with := map[string]any{
		"dtmf": map[string]any{"digits": "1"}, "heard": map[string]any{"announcement": "vacant"}, "transfer": map[string]any{"action": "start", "desk": "desk2"},
	}
	press := func(button string) answered { return op.do(http.MethodPost, "/api/calls/none/"+button, with[button]) }
	buttons := []string{"hold", "resume", "mute", "unmute", "recording/pause", "recording/resume", "transfer", "heard", "dtmf"}
	for n := range talkActs.atOnce {
		if a := press(buttons[n%len(buttons)]); a.status == http.StatusTooManyRequests {
			t.Fatalf("%d: %d %s", n, a.status, a.body)
		}
	}
	for _, b := range buttons {
		press(b).problem(t, http.StatusTooManyRequests, "too_many")
	}
	if a := press("hangup"); a.status == http.StatusTooManyRequests {
		t.Errorf("hanging up: %d", a.status)
	}
	if a := h.as("supervisor").do(http.MethodPost, "/api/calls/none/hold", nil); a.status == http.StatusTooManyRequests {
		t.Errorf("another's: %d", a.status)
	}
	h.clock.forward(talkActs.every)
	if a := press("dtmf"); a.status == http.StatusTooManyRequests || a.status == http.StatusUnprocessableEntity {
		t.Errorf("a while later %d %s", a.status, a.body)
	}
}

// TestNobodyIsPutOutUnseen: a supervisor empties another's seat by the act that is written down, with a reason, and by no other. What was refused names the desk.
func TestNobodyIsPutOutUnseen(t *testing.T) {
	h := open(t)
	op, boss := h.as("operator"), h.as("supervisor")
	op.do(http.MethodPost, "/api/desks/desk1/sit", map[string]any{"take_over": true, "screen": "a"}).want(t, 200)
	boss.do(http.MethodPost, "/api/desks/desk1/leave", nil).problem(t, http.StatusConflict, "not_your_desk")
	op.do(http.MethodPost, "/api/desks/desk1/clear", map[string]any{"reason": "退勤済み"}).want(t, http.StatusForbidden)
	boss.do(http.MethodPost, "/api/desks/desk1/clear", map[string]any{"reason": "退勤済み"}).want(t, 200)
	var said []string
	for _, e := range h.book.all() {
		if e.Route == "POST /api/desks/{id}/clear" {
			said = append(said, e.Object+" "+e.Detail+" "+e.Outcome)
		}
	}
	if want := []string{"desk1  forbidden", "desk1 desk1: 退勤済み "}; !slices.Equal(said, want) {
		t.Errorf("the record says %q, want %q", said, want)
	}
}

// TestNobodyTakesSeatsOverAndOver: a colleague who is moved out of their seat each time cannot dial. Each time is written down, and once it is too often the supervisors
// are told, once. A free seat can always be taken, and so can one's own on another screen.
func TestNobodyTakesSeatsOverAndOver(t *testing.T) {
	h := open(t)
	op, other := h.as("operator"), h.as("operator2")
	sit := func(who *client, desk string) answered {
		return who.do(http.MethodPost, "/api/desks/"+desk+"/sit", map[string]any{"take_over": true, "screen": "a"})
	}
	for range seatsTaken.atOnce {
		sit(other, "desk1").want(t, 200)
		other.do(http.MethodPost, "/api/desks/desk1/leave", nil).want(t, 200)
		other.do(http.MethodPost, "/api/desks/desk1/sit", nil).want(t, 200)
		sit(op, "desk1").want(t, 200)
		op.do(http.MethodPost, "/api/desks/desk1/leave", nil).want(t, 200)
	}
	sit(other, "desk1").want(t, 200)
	boss := h.as("supervisor").watch("")
	boss.until("snapshot")
	for range 3 {
		sit(op, "desk1").problem(t, http.StatusTooManyRequests, "too_many")
	}
	if a := dataOf[Alert](t, boss.until("alert")); a.Kind != SeatsTaken || a.Desk != "desk1" {
		t.Errorf("%+v", a)
	}
	if v := (viewer{role: dialer.RoleOperator}); v.seesAlert(Alert{Alert: dialer.Alert{Kind: SeatsTaken}}) {
		t.Error("told to whom it is about")
	}
	relieved := 0
	for _, e := range h.book.all() {
		if e.By == "user-operator" && e.Action == audit.Changed && e.Detail == "relieves user-operator2" {
			relieved++
		}
	}
	if relieved != seatsTaken.atOnce+3 {
		t.Errorf("%d are written down", relieved)
	}
	sit(op, "desk2").want(t, 200)
	op.do(http.MethodPost, "/api/desks/desk2/sit", map[string]any{"take_over": true, "screen": "b"}).want(t, 200)
}

// TestTheRecordIsCheckedAtAPace: each check reads it whole, and others wait for it.
func TestTheRecordIsCheckedAtAPace(t *testing.T) {
	h := open(t)
	ward := h.as("ward")
	for range auditChecks.atOnce {
		ward.do(http.MethodPost, "/api/audit/check", nil).want(t, http.StatusOK)
	}
	ward.do(http.MethodPost, "/api/audit/check", nil).problem(t, http.StatusTooManyRequests, "too_many")
	h.as("supervisor").do(http.MethodPost, "/api/audit/check", nil).want(t, http.StatusOK)
	h.clock.forward(auditChecks.every)
	ward.do(http.MethodPost, "/api/audit/check", nil).want(t, http.StatusOK)
}
