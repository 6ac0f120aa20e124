package settings_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
	"kakeru/dialer/settings"
)

// Tuesday, 10:00 in Tokyo.
var tuesday = time.Date(2026, 11, 24, 10, 0, 0, 0, dialer.Tokyo)

// wardWeek is the file's week as a value.
const wardWeek = `{"days":{"mon":"09:00-17:00","tue":"09:00-17:00","wed":"13:00-19:00","thu":"09:00-17:00","fri":"09:00-17:00"},"break_minutes":60}`

// node is one node's keeper over a shared store.
type node struct {
	*settings.Keeper

	took   settings.Values
	judged error
	judge  func(settings.Values) error
	told   int
}

func fileDays() int { return 3 }

func testSettings() []settings.Setting {
	return append([]settings.Setting{
		settings.Number(settings.Setting{
			Key: "keep_days", Group: settings.GroupData, Least: 0, Most: 366, Unit: settings.Words{JA: "日", EN: "days"},
			Name: func(string) settings.Words { return settings.Words{JA: "保管日数", EN: "days kept"} },
		}, fileDays),
		settings.Switch(settings.Setting{
			Key: "print", Group: settings.GroupScreen, Name: func(string) settings.Words { return settings.Words{JA: "印刷", EN: "printing"} },
		}, func() bool { return false }),
	}, settings.Calendar(wardFile())...)
}

func wardFile() settings.CalendarFile {
	return settings.CalendarFile{
		Week: settings.Week{Days: map[string]string{"mon": "09:00-17:00", "tue": "09:00-17:00", "wed": "13:00-19:00", "thu": "09:00-17:00", "fri": "09:00-17:00"}, BreakMinutes: 60},
		Days: map[dialer.Date]settings.Day{{Year: 2026, Month: 12, Day: 24}: {State: settings.DayClosed}},
	}
}

func newNode(t *testing.T, store settings.Store) *node {
	t.Helper()
	n := &node{}
	if err := n.load(t, store); err != nil {
		t.Fatal(err)
	}
	return n
}

func (n *node) load(t *testing.T, store settings.Store) error {
	t.Helper()
	n.Keeper = settings.NewKeeper(settings.Deps{
		Store: store, Settings: testSettings(), Judge: func(v settings.Values) error {
			if n.judge != nil {
				return n.judge(v)
			}
			return n.judged
		}, Take: func(v settings.Values) { n.took = v },
		Tell: func() { n.told++ }, Now: func() time.Time { return tuesday },
		Effects: func(_ context.Context, before, after settings.Values) []settings.Words {
			return []settings.Words{{JA: string(before["keep_days"]) + "→" + string(after["keep_days"])}}
		},
	})
	return n.Load(t.Context())
}

func want(key, value string, follows int64) settings.Request {
	r := settings.Request{Wants: []settings.Want{{Key: key, Follows: follows}}, By: "admin", Reason: "区の指示"}
	if value != "" {
		r.Wants[0].Value = json.RawMessage(value)
	}
	return r
}

func (n *node) item(t *testing.T, key string) settings.Item {
	t.Helper()
	i, ok := n.Item(key)
	if !ok {
		t.Fatalf("no %s", key)
	}
	return i
}

// A change holds, is told, stands in the record, and is undone by another.
func TestChangeAndUndo(t *testing.T) {
	store := &dialertest.Settings{}
	n := newNode(t, store)
	if i := n.item(t, "keep_days"); !i.FromFile || i.Said.JA != "3日" || i.Newest.ID != 0 {
		t.Errorf("%+v", i)
	}
	changes, err := n.Change(t.Context(), want("keep_days", "7", 0))
	if err != nil || len(changes) != 1 || string(n.took["keep_days"]) != "7" || n.told != 1 {
		t.Fatalf("%+v %v %v", changes, err, n.took)
	}
	if i := n.item(t, "keep_days"); i.FromFile || i.Said.JA != "7日" || i.FileSaid.JA != "3日" || i.Newest.ID != changes[0].ID {
		t.Errorf("%+v", i)
	}
	lines, err := n.Lines(t.Context(), settings.Query{Most: 10})
	if err != nil || len(lines) != 1 || lines[0].BeforeSaid.JA != "3日" || lines[0].AfterSaid.JA != "7日" || !lines[0].Newest || lines[0].Frozen != (settings.Words{}) {
		t.Fatalf("%+v %v", lines, err)
	}
	undone, err := n.Undo(t.Context(), changes[0].ID, changes[0].ID, settings.Request{By: "admin2", Reason: "誤り"})
	if err != nil || !undone[0].AfterFile || undone[0].Reverts != changes[0].ID {
		t.Fatalf("%+v %v", undone, err)
	}
	if i := n.item(t, "keep_days"); !i.FromFile || len(n.took) != 0 {
		t.Errorf("%+v %v", i, n.took)
	}
	lines, _ = n.Lines(t.Context(), settings.Query{Most: 10})
	if len(lines) != 2 || lines[1].Newest || lines[1].Frozen.JA != "すでに元の値です" {
		t.Errorf("what is undone is offered to be undone again: %+v", lines[1])
	}
	// The undoing can be undone.
	if _, err := n.Undo(t.Context(), undone[0].ID, undone[0].ID, settings.Request{By: "admin", Reason: "やはり"}); err != nil || string(n.took["keep_days"]) != "7" {
		t.Errorf("%v %v", err, n.took)
	}
	if _, err := n.Undo(t.Context(), 99, 0, settings.Request{By: "admin", Reason: "x"}); !errors.Is(err, dialer.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

// Whoever comes second is told what the first has changed, and nothing is written; also where both are at other nodes.
func TestTwoAdministrators(t *testing.T) {
	store := &dialertest.Settings{}
	a, b := newNode(t, store), newNode(t, store)
	if _, err := a.Change(t.Context(), want("keep_days", "7", 0)); err != nil {
		t.Fatal(err)
	}
	_, err := b.Change(t.Context(), want("keep_days", "9", 0))
	var stale *settings.Stale
	if !errors.As(err, &stale) || stale.Newest.By != "admin" || !strings.Contains(stale.Japanese(), "7日") || !strings.Contains(err.Error(), "7 days") {
		t.Fatalf("%v", err)
	}
	if string(b.took["keep_days"]) != "7" { // and what the first has changed holds here by now
		t.Errorf("%v", b.took)
	}
	if _, err := b.Change(t.Context(), want("keep_days", "9", stale.Newest.ID)); err != nil {
		t.Error(err)
	}
	if _, err := b.Undo(t.Context(), stale.Newest.ID, stale.Newest.ID, settings.Request{By: "x", Reason: "x"}); !errors.As(err, &stale) {
		t.Errorf("an undo that has not seen the change after it: %v", err)
	}
}

// meanwhile is a store in which something is done between the judging of a change and its writing.
type meanwhile struct {
	settings.Store

	do func()
}

func (m *meanwhile) AppendSettings(ctx context.Context, changes []settings.Change, seen int64) ([]int64, error) {
	m.do()
	return m.Store.AppendSettings(ctx, changes, seen)
}

// Two nodes change other settings at the same moment. Where they go together both hold; where they do not, the second is told, and a server that starts then comes up.
func TestTwoNodesChangeWhatDoesNotGoTogether(t *testing.T) {
	together := func(v settings.Values) error {
		if string(v["keep_days"]) == "9" && string(v["print"]) == "true" {
			return errors.New("they do not go together")
		}
		return nil
	}
	for days, goes := range map[string]bool{"7": true, "9": false} {
		store := &dialertest.Settings{}
		between := &meanwhile{Store: store, do: func() {}}
		a, b := newNode(t, between), newNode(t, store)
		a.judge, b.judge = together, together
		between.do = func() {
			between.do = func() {}
			if _, err := b.Change(t.Context(), want("print", "true", 0)); err != nil {
				t.Error(err)
			}
		}
		changes, err := a.Change(t.Context(), want("keep_days", days, 0))
		var trouble *settings.Trouble
		switch {
		case goes && (err != nil || len(changes) != 1 || changes[0].ID != 2 || string(a.took["print"]) != "true" || string(a.took["keep_days"]) != days):
			t.Errorf("%s days: %+v, %v, %v", days, changes, err, a.took)
		case !goes && (!errors.As(err, &trouble) || !strings.Contains(trouble.EN, "go together") || string(a.took["print"]) != "true"):
			t.Errorf("%s days: %v, %v", days, err, a.took)
		}
		started := &node{judge: together}
		if err := started.load(t, store); err != nil {
			t.Errorf("after %s days a server does not come up: %v", days, err)
		}
	}
}

// A node whose file does not go with what another has changed says so to who changes something there.
func TestANodeThatCannotFollowSaysSo(t *testing.T) {
	store := &dialertest.Settings{}
	a, b := newNode(t, store), newNode(t, store)
	b.judge = func(v settings.Values) error {
		if v["keep_days"] != nil {
			return errors.New("the file has it otherwise")
		}
		return nil
	}
	if _, err := a.Change(t.Context(), want("keep_days", "7", 0)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err := b.Change(t.Context(), want("print", "true", 0))
		if trouble := (*settings.Trouble)(nil); !errors.As(err, &trouble) || !strings.Contains(trouble.EN, "otherwise") || !strings.Contains(trouble.JA, "settings reset") {
			t.Errorf("%v", err)
		}
	}
}

// Who is forestalled each time is told to wait, and nothing is written.
func TestWhoIsAlwaysForestalledIsTold(t *testing.T) {
	store := &dialertest.Settings{}
	between := &meanwhile{Store: store, do: func() {}}
	a, b := newNode(t, between), newNode(t, store)
	between.do = func() {
		i, on := b.item(t, "print"), "true"
		if !i.FromFile {
			on = ""
		}
		if _, err := b.Change(t.Context(), want("print", on, i.Newest.ID)); err != nil {
			t.Error(err)
		}
	}
	_, err := a.Change(t.Context(), want("keep_days", "7", 0))
	if trouble := (*settings.Trouble)(nil); !errors.As(err, &trouble) || trouble.JA == "" || !strings.Contains(trouble.EN, "wait") {
		t.Errorf("%v", err)
	}
	if held, err := store.HeldSettings(t.Context()); err != nil || len(held) != 1 || held[0].Key != "print" {
		t.Errorf("%+v, %v", held, err)
	}
}

// Another node follows by itself, and at once when it hears of it.
func TestNodesFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &dialertest.Settings{}
		a, b := newNode(t, store), newNode(t, store)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- b.Run(ctx) }()
		changes, err := a.Change(t.Context(), want("print", "true", 0))
		if err != nil {
			t.Fatal(err)
		}
		b.Heard()
		synctest.Wait()
		if string(b.took["print"]) != "true" {
			t.Errorf("heard, not taken: %v", b.took)
		}
		if _, err := a.Change(t.Context(), want("print", "", changes[0].ID)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2100 * time.Millisecond)
		synctest.Wait()
		if len(b.took) != 0 {
			t.Errorf("not followed: %v", b.took)
		}
		// What does not go together here is left as it was, and said.
		b.judged = errors.New("no")
		if _, err := a.Change(t.Context(), want("keep_days", "7", 0)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		if len(b.took) != 0 {
			t.Errorf("%v", b.took)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// What cannot be is refused with what to do, in both languages, and nothing is written.
func TestRefused(t *testing.T) {
	store := &dialertest.Settings{}
	n := newNode(t, store)
	twice := want("keep_days", "5", 0)
	twice.Wants = append(twice.Wants, twice.Wants[0])
	many := want("keep_days", "5", 0)
	many.Wants = slices.Repeat(many.Wants, 63)
	for name, r := range map[string]settings.Request{
		"unknown": want("nothing", "1", 0), "too much": want("keep_days", "367", 0), "below": want("keep_days", "-1", 0), "a text": want("keep_days", `"7"`, 0),
		"a fraction": want("keep_days", "1.5", 0), "no change": want("keep_days", "", 0), "no switch": want("print", "1", 0),
		"no reason": {Wants: want("keep_days", "5", 0).Wants, Reason: "  "}, "a long reason": {Wants: want("keep_days", "5", 0).Wants, Reason: strings.Repeat("あ", 201)},
		"nothing wanted": {Reason: "x"}, "twice": twice, "many": many,
		"a day gone by": want("calendar.day.2026-11-23", `{"state":"open","hours":"09:00-17:00"}`, 0), "no date": want("calendar.day.2026-02-30", `{"state":"closed"}`, 0),
		"far away": want("calendar.day.2040-01-01", `{"state":"closed"}`, 0), "no state": want("calendar.day.2026-11-29", `{}`, 0),
		"no hours":  want("calendar.day.2026-11-29", `{"state":"open"}`, 0),
		"backwards": want("calendar.day.2026-11-29", `{"state":"open","hours":"17:00-09:00"}`, 0), "misspelt": want("calendar.day.2026-11-29", `{"state":"open","hours":"9-17"}`, 0),
		"another field": want("calendar.day.2026-11-29", `{"state":"closed","x":1}`, 0), "seats": want("calendar.day.2026-11-30", `{"state":"usual","seats":-1}`, 0),
		"a long note": want("calendar.day.2026-11-29", `{"state":"closed","note":"`+strings.Repeat("長", 41)+`"}`, 0),
		"no week":     want("calendar.week", `[]`, 0), "an empty week": want("calendar.week", `[{"days":{},"break_minutes":0}]`, 0),
		"a past week": want("calendar.week", `[{"days":{"mon":"09:00-12:00"},"break_minutes":60}]`, 0),
		"a week from yesterday": want("calendar.week",
			`[`+wardWeek+`,{"from":"2026-11-23","days":{"mon":"09:00-12:00"},"break_minutes":0}]`, 0),
		"many weeks":      want("calendar.week", manyWeeks(201), 0),
		"a long break":    want("calendar.week", `[{"days":{"mon":"09:00-10:00"},"break_minutes":60}]`, 0),
		"no such weekday": want("calendar.week", `[{"days":{"montag":"09:00-10:00"},"break_minutes":0}]`, 0),
	} {
		r.By = "admin"
		_, err := n.Change(t.Context(), r)
		var trouble *settings.Trouble
		if !errors.As(err, &trouble) || trouble.JA == "" || trouble.EN == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	n.judged = errors.New("rings do not fit")
	if _, err := n.Change(t.Context(), want("keep_days", "7", 0)); err == nil || !strings.Contains(err.Error(), "rings do not fit") {
		t.Errorf("%v", err)
	}
	if last, _ := store.LastSetting(t.Context()); last != 0 {
		t.Errorf("%d changes were written", last)
	}
	store.Down = true
	if _, err := n.Change(t.Context(), want("keep_days", "7", 0)); !errors.Is(err, dialer.ErrLedgerDown) {
		t.Errorf("%v", err)
	}
}

// What a change would do is said before it is made, and a telephone number in a reason is not kept.
func TestPlan(t *testing.T) {
	store := &dialertest.Settings{}
	n := newNode(t, store)
	p, err := n.Plan(t.Context(), want("keep_days", "7", 0).Wants)
	if err != nil || len(p.Lines) != 1 || p.Lines[0].AfterSaid.EN != "7 days" || p.Effects[0].JA != "→7" {
		t.Errorf("%+v %v", p, err)
	}
	if last, _ := store.LastSetting(t.Context()); last != 0 {
		t.Error("a plan was written")
	}
	r := want("keep_days", "7", 0)
	r.Reason = "09012345678 の人の依頼"
	changes, err := n.Change(t.Context(), r)
	if err != nil || strings.Contains(changes[0].Reason, "09012345678") {
		t.Errorf("%q %v", changes[0].Reason, err)
	}
}

// The calendar: single days and weeks over the file's, holidays under both.
func TestCalendarHolds(t *testing.T) {
	day := func(d int, m time.Month) dialer.Date { return dialer.Date{Year: 2026, Month: m, Day: d} }
	file := dialer.Hours{
		Week: dialer.WardHours(), BreakMinutes: 60,
		Closed: func(d dialer.Date) string {
			return map[dialer.Date]string{day(24, 12): settings.WardClosed, day(29, 12): "年末年始", day(3, 11): "文化の日"}[d]
		},
	}
	n := newNode(t, &dialertest.Settings{})
	for key, value := range map[string]string{
		"calendar.day.2026-11-29": `{"state":"open","hours":"9:00-17:00"}`,                           // a Sunday
		"calendar.day.2026-12-29": `{"state":"open","hours":"09:00-12:00","note":"年末の相談","seats":1}`, // the year's end
		"calendar.day.2026-12-24": `{"state":"usual"}`,                                               // closed in the file
		"calendar.day.2026-12-01": `{"state":"closed","note":"庁舎点検"}`,
		"calendar.week":           `[` + wardWeek + `,{"from":"2026-12-07","days":{"mon":"10:00-16:00"},"break_minutes":30}]`,
	} {
		if _, err := n.Change(t.Context(), want(key, value, 0)); err != nil {
			t.Fatalf("%s: %v", key, err)
		}
	}
	h := n.took.Apply(file)
	for _, c := range []struct {
		date    dialer.Date
		minutes int
		why     string
		open    bool
	}{
		{day(29, 11), 420, "日曜開庁日", true}, {day(22, 11), 0, "閉庁日", false}, {day(29, 12), 150, "年末の相談", true}, {day(24, 12), 0, "閉庁日", false}, // Thursdays are closed by then
		{day(1, 12), 0, "庁舎点検", false}, {day(2, 12), 300, "", true}, {day(7, 12), 330, "", true}, {day(8, 12), 0, "閉庁日", false}, {day(3, 11), 0, "文化の日", false},
	} {
		if _, why, open := h.On(c.date); open != c.open || why != c.why || h.WorkedMinutes(c.date) != c.minutes {
			t.Errorf("%s: %v %q %d minutes", c.date, open, why, h.WorkedMinutes(c.date))
		}
	}
	if h.SeatsOn(day(29, 12), 2) != 1 || h.SeatsOn(day(2, 12), 2) != 2 {
		t.Error("seats")
	}
	if i := n.item(t, "calendar.day.2026-12-29"); i.Said.JA != "開設 09:00-12:00(年末の相談)、1席" || i.Name.JA != "2026年12月29日(火)" {
		t.Errorf("%+v", i)
	}
	if i := n.item(t, "calendar.week"); i.Said.JA != "月〜火 09:00-17:00、水 13:00-19:00、木〜金 09:00-17:00、土〜日 閉庁、休憩60分 / 2026-12-07から 月 10:00-16:00、火〜日 閉庁、休憩30分" {
		t.Errorf("%s", i.Said.JA)
	}
}

// manyWeeks is a pattern for each of so many days.
func manyWeeks(n int) string {
	weeks := []string{wardWeek}
	for i := range n - 1 {
		from := time.Date(2026, time.December, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		weeks = append(weeks, fmt.Sprintf(`{"from":%q,"days":{"mon":"10:00-16:00"},"break_minutes":%d}`, from, i%2))
	}
	return "[" + strings.Join(weeks, ",") + "]"
}

// TestAWeekHasSoManyPatterns: as many as anybody needs.
func TestAWeekHasSoManyPatterns(t *testing.T) {
	n := newNode(t, &dialertest.Settings{})
	if _, err := n.Change(t.Context(), want("calendar.week", manyWeeks(200), 0)); err != nil {
		t.Error(err)
	}
}
