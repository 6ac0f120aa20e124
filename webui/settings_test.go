package webui

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/dialertest"
	"kakeru/dialer/japan"
	"kakeru/dialer/settings"
)

// knobs are the settings of a house: the calendar, over a record in memory, as cmd/kakeru wires it.
type knobs struct {
	*settings.Keeper

	store dialertest.Settings
	now   atomic.Pointer[dialer.Hours]
}

func (k *knobs) hours() dialer.Hours { return *k.now.Load() }

func newKnobs(t testing.TB, h *house) *knobs {
	t.Helper()
	k := &knobs{}
	file := dialer.Hours{
		Week: dialer.WardHours(), BreakMinutes: 60,
		Closed: func(d dialer.Date) string { return japan.Closed(d.Year, d.Month, d.Day) },
	}
	k.Keeper = settings.NewKeeper(settings.Deps{
		Store: &k.store, Now: h.clock.Now, Judge: func(settings.Values) error { return nil },
		Settings: settings.Calendar(settings.CalendarFile{Week: settings.Week{BreakMinutes: 60, Days: map[string]string{
			"mon": "09:00-17:00", "tue": "09:00-17:00", "wed": "13:00-19:00", "thu": "09:00-17:00", "fri": "09:00-17:00",
		}}}),
		Take: func(v settings.Values) {
			now := v.Apply(file)
			k.now.Store(&now)
			if h.server != nil {
				h.server.d.Hub.Show(dialer.Change{Type: dialer.ChangeSettings, At: h.clock.Now()})
			}
		},
		Effects: func(_ context.Context, _, _ settings.Values) []settings.Words {
			return []settings.Words{{JA: "すぐに効きます", EN: "at once"}}
		},
	})
	if err := k.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return k
}

type calendarBody struct {
	Today       string
	Desks       int
	Weeks       []settings.Week
	WeekVersion int64 `json:"week_version"`
	Days        []CalendarDay
}

type linesBody struct {
	Items []SettingLine
	More  bool
}

func wanted(key string, value any, version int64) map[string]any {
	return map[string]any{"wants": []any{map[string]any{"key": key, "value": value, "version": version}}, "reason": "区の指示による"}
}

// The administrator sees why each day is open or closed, changes one, sees it hold at once for everybody, and undoes it.
func TestCalendar(t *testing.T) {
	h := open(t)
	admin := h.as("admin")
	get := func() calendarBody {
		t.Helper()
		return into[calendarBody](t, admin.do(http.MethodGet, "/api/calendar?from=2026-11-22&to=2026-12-31", nil).want(t, http.StatusOK))
	}
	day := func(date string) CalendarDay {
		t.Helper()
		for _, d := range get().Days {
			if d.Date == date {
				return d
			}
		}
		t.Fatalf("%s is not shown", date)
		return CalendarDay{}
	}
	if b := get(); b.Today != "2026-11-24" || len(b.Days) != 40 || b.Desks != 2 || len(b.Weeks) != 1 || b.Weeks[0].BreakMinutes != 60 {
		t.Errorf("%+v", b)
	}
	for date, want := range map[string]CalendarDay{
		"2026-11-22": {Cause: ByWeek, Why: "閉庁日", Past: true}, "2026-11-23": {Cause: ByHoliday, Why: "勤労感謝の日", Holiday: "勤労感謝の日", Past: true},
		"2026-11-25": {Cause: ByWeek, Span: &OpenSpan{From: "13:00", To: "19:00"}}, "2026-12-29": {Cause: ByYearEnd, Why: "年末年始"},
	} {
		got := day(date)
		if got.Cause != want.Cause || got.Why != want.Why || got.Holiday != want.Holiday || got.Past != want.Past || (got.Span == nil) != (want.Span == nil) {
			t.Errorf("%s: %+v", date, got)
		}
	}
	watching := h.as("operator").watch("")
	watching.until(frameSnapshot)
	closed := wanted("calendar.day.2026-11-24", map[string]any{"state": "closed", "note": "停電"}, 0)
	plan := into[struct {
		Lines   []SettingLine
		Effects []Reason
	}](t, admin.do(http.MethodPost, "/api/settings/plan", map[string]any{"wants": closed["wants"]}).want(t, http.StatusOK))
	if len(plan.Lines) != 1 || plan.Lines[0].After.JA != "閉庁(停電)" || plan.Lines[0].Before.JA != "通常どおり" || len(plan.Effects) != 1 {
		t.Errorf("%+v", plan)
	}
	admin.do(http.MethodPost, "/api/settings", closed).want(t, http.StatusNoContent)
	told := dataOf[SettingsChanged](t, watching.until("settings"))
	if told.Hours.Open || !strings.Contains(told.Hours.Why, "停電") {
		t.Errorf("the operator is not told: %+v", told)
	}
	if now := into[Hours](t, h.as("operator").do(http.MethodGet, "/api/hours", nil)); now.Open {
		t.Errorf("%+v", now)
	}
	if d := day("2026-11-24"); d.Span != nil || d.Cause != ByWard || d.Why != "停電" || d.State != settings.DayClosed || d.Version != 1 {
		t.Errorf("%+v", d)
	}
	// Another administrator who has not seen it is told so.
	admin.do(http.MethodPost, "/api/settings", wanted("calendar.day.2026-11-24", map[string]any{"state": "usual", "seats": 1}, 0)).problem(t, http.StatusConflict, "setting_changed")
	lines := into[linesBody](t, admin.do(http.MethodGet, "/api/settings/changes", nil).want(t, http.StatusOK))
	if len(lines.Items) != 1 || lines.More || lines.Items[0].ByName != "職員admin" || lines.Items[0].Reason != "区の指示による" || lines.Items[0].Frozen != nil {
		t.Fatalf("%+v", lines)
	}
	undo := map[string]any{"version": lines.Items[0].Version, "reason": "復旧した"}
	admin.do(http.MethodPost, "/api/settings/changes/1/undo", undo).want(t, http.StatusNoContent)
	if told := dataOf[SettingsChanged](t, watching.until("settings")); !told.Hours.Open {
		t.Errorf("%+v", told)
	}
	admin.do(http.MethodPost, "/api/settings/changes/1/undo", undo).problem(t, http.StatusConflict, "setting_changed")
	admin.do(http.MethodPost, "/api/settings/changes/9/undo", undo).want(t, http.StatusNotFound)
	lines = into[linesBody](t, admin.do(http.MethodGet, "/api/settings/changes?key=calendar.day.", nil).want(t, http.StatusOK))
	if len(lines.Items) != 2 || lines.Items[0].Reverts != 1 || !lines.Items[0].ToFile {
		t.Errorf("%+v", lines)
	}
	if rest := into[linesBody](t, admin.do(http.MethodGet, "/api/settings/changes?below=2", nil).want(t, http.StatusOK)); len(rest.Items) != 1 {
		t.Errorf("%+v", rest)
	}
	changed := 0
	for _, e := range h.book.all() {
		if e.Action == audit.Changed && e.Outcome == "" && strings.Contains(e.Detail, "calendar.day.2026-11-24: ") && strings.Contains(e.Detail, "→") {
			changed++
		}
	}
	if changed != 2 {
		t.Errorf("%d changes stand in the record of who did what", changed)
	}
}

// What cannot be is refused, says why at its field, and changes nothing.
func TestSettingsRefuse(t *testing.T) {
	h := open(t)
	admin := h.as("admin")
	for name, body := range map[string]any{
		"a day gone by": wanted("calendar.day.2026-11-23", map[string]any{"state": "open", "hours": "09:00-17:00"}, 0),
		"no hours":      wanted("calendar.day.2026-11-29", map[string]any{"state": "open"}, 0),
		"unknown":       wanted("nothing", 1, 0), "no reason": map[string]any{"wants": wanted("calendar.day.2026-11-29", map[string]any{"state": "closed"}, 0)["wants"], "reason": ""},
		"nothing": map[string]any{"wants": []any{}, "reason": "x"}, "a negative version": wanted("calendar.day.2026-11-29", map[string]any{"state": "closed"}, -1),
	} {
		for _, path := range []string{"/api/settings", "/api/settings/plan"} {
			if path == "/api/settings/plan" {
				if name == "no reason" {
					continue
				}
				body = map[string]any{"wants": body.(map[string]any)["wants"]}
			}
			p := admin.do(http.MethodPost, path, body).problem(t, http.StatusUnprocessableEntity, ruleInvalid)
			if len(p.Errors) == 0 || p.Detail == p.DetailEN {
				t.Errorf("%s at %s: %+v", name, path, p)
			}
		}
	}
	if last, _ := h.knobs.store.LastSetting(t.Context()); last != 0 {
		t.Errorf("%d were written", last)
	}
	for _, query := range []string{"?from=2026-11-01", "?from=2026-11-31&to=2026-12-01", "?from=2026-12-01&to=2026-11-01", "?from=2026-01-01&to=2028-01-01"} {
		admin.do(http.MethodGet, "/api/calendar"+query, nil).want(t, http.StatusUnprocessableEntity)
	}
	h.knobs.store.Down = true
	away := admin.do(http.MethodPost, "/api/settings", wanted("calendar.day.2026-11-29", map[string]any{"state": "closed"}, 0))
	away.problem(t, http.StatusServiceUnavailable, string(dialer.LedgerDown))
}
