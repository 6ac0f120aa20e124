package main

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest/full"
)

// settingChanges is the record as the panel reads it.
type settingChanges struct {
	Items []struct {
		ID, Version   int64
		Key           string
		Before, After struct{ JA string }
		Reverts       int64
		ByName        string `json:"by_name"`
	}
}

func (h *house) setDay(admin *panelClient, value map[string]any, version int64) error {
	today := dialer.DateOf(time.Now()).String()
	return admin.call(h.t.Context(), http.MethodPost, "/api/settings", map[string]any{
		"reason": "区の指示", "wants": []any{map[string]any{"key": "calendar.day." + today, "value": value, "version": version}},
	}, nil)
}

// TestAnAdministratorShutsAndOpensTheDay: what an administrator sets at one node holds for clicks at the other within seconds and without
// a restart; a talk that goes on is left alone; the record has it, it is undone, it survives a restart, and the command line reads it.
func TestAnAdministratorShutsAndOpensTheDay(t *testing.T) {
	full.Only(t)
	t.Parallel()
	a, b := twoNodes(t, 2, "KAKERU_CENTRE_ALWAYS__OPEN=false")
	admin := a.signIn("admin")
	operator := b.seated("operator2", "desk2")
	click := map[string]any{"desk": "desk2", "case_id": b.caseEnding("10")}
	var no *problem
	a.must(a.setDay(admin, map[string]any{"state": "closed", "note": "停電"}, 0))
	shut := func() bool { // a click before that would be taken, and keep the desk
		var hours struct{ Open bool }
		return operator.call(t.Context(), http.MethodGet, "/api/hours", nil, &hours) == nil && !hours.Open
	}
	b.eventually("the other node is closed", shut)
	b.eventually("the other node says why to a click", func() bool { // out of the usual hours it was closed before it knew
		err := operator.call(t.Context(), http.MethodPost, "/api/calls", click, nil)
		if !errors.As(err, &no) || no.Rule != string(dialer.OutsideHours) {
			t.Fatalf("the other node says %v to a click", err)
		}
		return strings.Contains(no.Detail, "停電")
	})
	a.must(a.setDay(admin, map[string]any{"state": "open", "hours": "00:00-24:00"}, 1))
	var id dialer.CallID
	b.eventually("the other node takes it", func() bool {
		var out struct {
			CallID dialer.CallID `json:"call_id"`
		}
		err := operator.call(t.Context(), http.MethodPost, "/api/calls", click, &out)
		id = out.CallID
		return err == nil
	})
	b.eventually("they talk", func() bool {
		var v dialer.CallView
		return operator.call(t.Context(), http.MethodGet, "/api/calls/"+string(id), nil, &v) == nil && v.State == dialer.Talking
	})

	// What closing now would do is said before; then the talk goes on.
	var plan struct {
		Effects []struct{ JA string }
	}
	today := "calendar.day." + dialer.DateOf(time.Now()).String()
	a.must(admin.call(t.Context(), http.MethodPost, "/api/settings/plan", map[string]any{
		"wants": []any{map[string]any{"key": today, "value": map[string]any{"state": "closed"}, "version": 2}},
	}, &plan))
	if len(plan.Effects) < 2 || !strings.Contains(plan.Effects[0].JA, "通話・呼出中が1件") || !strings.Contains(plan.Effects[1].JA, "新しい発信はすぐにできなくなります") {
		t.Errorf("%+v", plan)
	}
	a.must(a.setDay(admin, map[string]any{"state": "closed"}, 2))
	b.eventually("the other node is closed again", shut)
	var v dialer.CallView
	if err := operator.call(t.Context(), http.MethodGet, "/api/calls/"+string(id), nil, &v); err != nil || v.State != dialer.Talking {
		t.Errorf("the talk was ended: %+v %v", v.State, err)
	}
	a.must(operator.call(t.Context(), http.MethodPost, "/api/calls/"+string(id)+"/hangup", nil, nil))
	b.ended(id)

	if err := a.setDay(admin, map[string]any{"state": "usual", "seats": 1}, 2); !errors.As(err, &no) || no.Status != http.StatusConflict || no.Rule != "setting_changed" {
		t.Errorf("who comes second: %v", err)
	}
	var record settingChanges
	a.must(admin.call(t.Context(), http.MethodGet, "/api/settings/changes", nil, &record))
	if len(record.Items) != 3 || record.Items[0].Before.JA != "開設 00:00-24:00" || record.Items[0].After.JA != "閉庁" || record.Items[0].ByName != "見本 管理者" {
		t.Fatalf("%+v", record)
	}
	a.must(admin.call(t.Context(), http.MethodPost, "/api/settings/changes/3/undo", map[string]any{"version": 3, "reason": "取り消し"}, nil))
	a.kill() // what was set holds after it too
	a.start()
	admin = a.signIn("admin")
	var hours struct{ Open bool }
	a.must(admin.call(t.Context(), http.MethodGet, "/api/hours", nil, &hours))
	a.must(admin.call(t.Context(), http.MethodGet, "/api/settings/changes", nil, &record))
	if !hours.Open || len(record.Items) != 4 || record.Items[0].Reverts != 3 {
		t.Errorf("open %v, %+v", hours.Open, record)
	}

	settings := func(status int, words ...string) func(args ...string) {
		return func(args ...string) {
			t.Helper()
			r := a.command(append([]string{"settings", args[0], "--config", a.config()}, args[1:]...)...)
			for _, w := range words {
				if r.status != status || !strings.Contains(r.out+r.err, w) {
					t.Errorf("settings %v: status %d, %q is missing in %s%s", args, r.status, w, r.out, r.err)
				}
			}
		}
	}
	settings(0, today, "open 00:00-24:00", "as usual", "#4")("list")
	settings(0, "undoes #3", "closed (停電)")("history")
	a.command("doctor", "--config", a.config()).says(t, fine, "settings", "1 were changed in the panel")
	settings(2, "--reason TEXT KEY")("reset")
	settings(0, "is the settings file's again")("reset", "--reason", "試験", today)
	settings(1, "already")("reset", "--reason", "試験", today)
	b.eventually("what the command line gave back holds at every node", func() bool {
		var now struct {
			Items []struct {
				Key      string
				FromFile bool `json:"from_file"`
			}
		}
		if b.signIn("admin").call(t.Context(), http.MethodGet, "/api/settings", nil, &now) != nil {
			return false
		}
		for _, i := range now.Items {
			if i.Key == today {
				return i.FromFile
			}
		}
		return false
	})
}

// set changes one setting, whatever it was before.
func (h *house) set(admin *panelClient, key string, value any) error {
	var now struct {
		Items []struct {
			Key     string
			Version int64
		}
	}
	h.must(admin.call(h.t.Context(), http.MethodGet, "/api/settings", nil, &now))
	want := map[string]any{"key": key, "value": value, "version": int64(0)}
	for _, i := range now.Items {
		if i.Key == key {
			want["version"] = i.Version
		}
	}
	return admin.call(h.t.Context(), http.MethodPost, "/api/settings", map[string]any{"reason": "区の指示", "wants": []any{want}}, nil)
}

// TestAnAdministratorWritesRules: rules that are wrong are refused by their line; right ones order the queue of every node within seconds;
// locks, the tick of the history and the days that data stays hold at once, and what goes too far is refused.
func TestAnAdministratorWritesRules(t *testing.T) {
	full.Only(t)
	t.Parallel()
	a, b := twoNodes(t, 2)
	admin, chief, operator := a.signIn("admin"), b.signIn("supervisor"), b.seated("operator2", "desk2")
	for _, bad := range []struct{ text, line, says string }{
		{"caps:\n  per_day: 3\n  per_dya: 6\n", "行目 caps", "per_dya"},
		{"caps: {per_day: 3\n", "YAML として読めません", "行目"},
		{"mine:\n  grace_minutes: -1\n", "2行目 mine.grace_minutes", "負の数"},
		{"seats:\n  \"2026-12-03\": {desk9: [zh]}\n", "", "desk9"},
		{"nothing: 1\n", "1行目 nothing", "この名前の項目はありません"},
	} {
		var no *problem
		if err := a.set(admin, rulesKey, bad.text); !errors.As(err, &no) || no.Status != 422 || !strings.Contains(no.Detail, bad.line) || !strings.Contains(no.Detail, bad.says) {
			t.Errorf("%q: %v", bad.text, err)
		}
	}
	rules := "priorities:\n  - {name: first_contact, tries_below: 1, points: 33, why: \"初めての架電を先に\", why_en: \"never called yet first\"}\n"
	var plan struct{ Effects []struct{ JA string } }
	a.must(admin.call(t.Context(), http.MethodPost, "/api/settings/plan", map[string]any{"wants": []any{map[string]any{"key": rulesKey, "value": rules, "version": 0}}}, &plan))
	if len(plan.Effects) != 2 || !strings.Contains(plan.Effects[1].JA, "件のうち") {
		t.Errorf("%+v", plan)
	}
	a.must(a.set(admin, rulesKey, rules))
	queue := func() (out struct {
		Items []struct {
			Priority int
			CaseID   dialer.CaseID `json:"case_id"`
		}
	}) {
		a.must(chief.call(t.Context(), http.MethodGet, "/api/queue?limit=5", nil, &out))
		return out
	}
	b.eventually("the queue goes by them", func() bool { q := queue(); return len(q.Items) > 0 && q.Items[0].Priority == 17 })
	a.must(a.set(admin, rulesKey, ""))
	b.eventually("and by the built-in ones again", func() bool { q := queue(); return len(q.Items) > 0 && q.Items[0].Priority != 17 })

	a.must(a.set(admin, historyKey, true))
	a.must(a.set(admin, lockKey+"operator", 7))
	b.eventually("the lock", func() bool {
		var me struct {
			Lock int `json:"lock_after_seconds"`
		}
		return operator.call(t.Context(), http.MethodGet, "/api/session", nil, &me) == nil && me.Lock == 7*60
	})
	// What was set before it holds there too by now: a click before that would be a call.
	var no *problem
	click := map[string]any{"desk": "desk2", "case_id": b.caseEnding("10")}
	if err := operator.call(t.Context(), http.MethodPost, "/api/calls", click, nil); !errors.As(err, &no) || !strings.Contains(no.Rule, "history") {
		t.Errorf("somebody is called whose history was not read: %v", err)
	}
	for key, bad := range map[string]any{keepDaysKey: 367, lockKey + "admin": 0, ringKey: 5, deskRingKey: 61, printKey: "yes"} {
		var no *problem
		if err := a.set(admin, key, bad); !errors.As(err, &no) || no.Status != 422 {
			t.Errorf("%s %v: %v", key, bad, err)
		}
	}
}
