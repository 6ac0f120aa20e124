package webui

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/settings"
)

// Settings are what an administrator may change while the centre works.
type Settings interface {
	Items(ctx context.Context) ([]settings.Item, error)
	Item(key string) (settings.Item, bool)
	// Plan says what changes would do, and writes nothing.
	Plan(ctx context.Context, wants []settings.Want) (settings.Plan, error)
	// Change makes changes, all or none. *settings.Trouble when one cannot be, *settings.Stale when somebody was faster.
	Change(ctx context.Context, r settings.Request) ([]settings.Change, error)
	// Undo brings back what held before a change; dialer.ErrNotFound when there is no such change.
	Undo(ctx context.Context, id, follows int64, r settings.Request) ([]settings.Change, error)
	Lines(ctx context.Context, q settings.Query) ([]settings.Line, error)
}

// SettingsChanged says that something an administrator may change is another.
type SettingsChanged struct {
	Hours Hours `json:"hours"`
}

// SettingItem is a setting as it holds.
type SettingItem struct {
	Key      string         `json:"key"`
	Group    settings.Group `json:"group"`
	Kind     settings.Kind  `json:"kind"`
	Least    int            `json:"least" doc:"of a number"`
	Most     int            `json:"most"`
	Unit     Reason         `json:"unit"`
	Name     Reason         `json:"name"`
	Basis    Reason         `json:"basis" doc:"what the law or the specification says of it; empty where they are silent"`
	Value    any            `json:"value"`
	Said     Reason         `json:"said" doc:"the value in words"`
	Sample   string         `json:"sample,omitempty" doc:"a whole text to begin with, of a text that may be left empty"`
	FileSaid Reason         `json:"file_said" doc:"what the settings file says"`
	FromFile bool           `json:"from_file" doc:"and that holds"`
	Version  int64          `json:"version" doc:"its last change; 0 for none. Send it back with another value"`
	ByName   string         `json:"by_name" doc:"who made that change"`
	At       *time.Time     `json:"at"`
}

// SettingLine is a change of a setting, made or planned.
type SettingLine struct {
	ID      int64     `json:"id"`
	At      time.Time `json:"at"`
	ByName  string    `json:"by_name" doc:"empty: the command line"`
	Key     string    `json:"key"`
	Name    Reason    `json:"name"`
	Before  Reason    `json:"before"`
	After   Reason    `json:"after"`
	ToFile  bool      `json:"to_file" doc:"the settings file's value holds again"`
	Text    *string   `json:"text" doc:"all of what it is after the change, where that is a text; null for all others"`
	Reason  string    `json:"reason"`
	Reverts int64     `json:"reverts" doc:"the change that it undoes; 0 for none"`
	Newest  bool      `json:"newest" doc:"nothing came after it for this setting"`
	Version int64     `json:"version" doc:"the last change of this setting; send it back to undo"`
	Frozen  *Reason   `json:"frozen" doc:"why it cannot be undone; null when it can"`
}

// SettingWant is what a setting is to be.
type SettingWant struct {
	Key     string `json:"key" maxLength:"100"`
	Value   any    `json:"value,omitempty" doc:"left out or null: as the settings file says, again"`
	Version int64  `json:"version" minimum:"0"`
}

type settingsOutput struct {
	Body struct {
		Items []SettingItem `json:"items"`
	}
}

type planSettingsInput struct {
	Body struct {
		Wants []SettingWant `json:"wants" maxItems:"62"`
	}
}

type planSettingsOutput struct {
	Body struct {
		Lines   []SettingLine `json:"lines"`
		Effects []Reason      `json:"effects" doc:"what it does to the work that goes on"`
	}
}

type changeSettingsInput struct {
	Body struct {
		Wants  []SettingWant `json:"wants" maxItems:"62"`
		Reason string        `json:"reason" maxLength:"400" doc:"never personal data"`
	}
}

type settingLinesInput struct {
	Key   string `query:"key" maxLength:"100" doc:"of this setting alone"`
	Below int64  `query:"below" minimum:"0" doc:"before this change, to page on"`
}

type settingLinesOutput struct {
	Body struct {
		Items []SettingLine `json:"items"`
		More  bool          `json:"more"`
	}
}

type undoSettingInput struct {
	ID   int64 `path:"id" minimum:"1"`
	Body struct {
		Version int64  `json:"version" minimum:"0" doc:"the last change of the setting that was seen; those after the one that is undone are undone with it"`
		Reason  string `json:"reason" maxLength:"400" doc:"never personal data"`
	}
}

// linesShown is how many changes a page has.
const linesShown = 50

func (s *Server) settingRoutes() {
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/settings", OperationID: "settings", Summary: "What may be changed while the centre works"}, s.settings)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/settings/plan", OperationID: "plan-settings", Summary: "What changes would do; nothing is changed",
	}, s.planSettings)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/settings", OperationID: "change-settings", Summary: "Change settings, all or none", DefaultStatus: http.StatusNoContent,
	}, s.changeSettings)
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/settings/changes", OperationID: "setting-changes", Summary: "The record of changes, the newest first"}, s.settingLines)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/settings/changes/{id}/undo", OperationID: "undo-setting", Summary: "Bring back what held before a change",
		DefaultStatus: http.StatusNoContent,
	}, s.undoSetting)
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/calendar", OperationID: "calendar", Summary: "Which days are open, and why"}, s.calendar)
}

func (s *Server) settings(ctx context.Context, _ *struct{}) (*settingsOutput, error) {
	items, err := s.d.Settings.Items(ctx)
	if err != nil {
		return nil, err
	}
	out := &settingsOutput{}
	out.Body.Items = make([]SettingItem, len(items))
	for i, item := range items {
		out.Body.Items[i] = s.settingView(item)
	}
	return out, nil
}

func (s *Server) settingView(i settings.Item) SettingItem {
	v := SettingItem{
		Key: i.Key, Group: i.Group, Kind: i.Kind, Least: i.Least, Most: i.Most, Unit: Reason(i.Unit), Name: Reason(i.Name), Basis: Reason(i.Basis), Sample: i.Sample,
		Said: Reason(i.Said), FileSaid: Reason(i.FileSaid), FromFile: i.FromFile, Version: i.Newest.ID, At: instant(i.Newest.At), Value: i.Value,
	}
	if i.Newest.ID != 0 {
		v.ByName = s.names.of(i.Newest.By)
	}
	return v
}

func (s *Server) lineView(l settings.Line) SettingLine {
	v := SettingLine{
		ID: l.ID, At: l.At, Key: l.Key, Name: Reason(l.Name), Before: Reason(l.BeforeSaid), After: Reason(l.AfterSaid), ToFile: l.AfterFile,
		Reason: l.Reason, Reverts: l.Reverts, Newest: l.Newest, Version: l.Last,
	}
	if l.By != "" {
		v.ByName = s.names.of(l.By)
	}
	if l.Kind == settings.KindText {
		v.Text = new(string)
		_ = json.Unmarshal(l.After, v.Text) // what is kept was checked
	}
	if l.Frozen != (settings.Words{}) {
		v.Frozen = new(Reason(l.Frozen))
	}
	return v
}

func wantsOf(in []SettingWant) ([]settings.Want, error) {
	out := make([]settings.Want, len(in))
	for i, w := range in {
		out[i] = settings.Want{Key: w.Key, Follows: w.Version}
		if w.Value == nil {
			continue
		}
		raw, err := json.Marshal(w.Value)
		if err != nil {
			return nil, err
		}
		out[i].Value = raw
	}
	return out, nil
}

// settingProblem says which setting is not taken, at its field, or who was faster.
func settingProblem(err error) error {
	var trouble *settings.Trouble
	var stale *settings.Stale
	switch {
	case errors.As(err, &stale):
		return newProblem(http.StatusConflict, stale.Rule(), stale.Japanese(), stale.Error())
	case errors.As(err, &trouble):
		p := errInvalid.with(trouble.JA, trouble.EN)
		p.Errors = []FieldProblem{{Field: trouble.Key, Code: "setting", Detail: trouble.JA, DetailEN: trouble.EN}}
		return p
	default:
		return err
	}
}

func (s *Server) planSettings(ctx context.Context, in *planSettingsInput) (*planSettingsOutput, error) {
	wants, err := wantsOf(in.Body.Wants)
	if err != nil {
		return nil, err
	}
	plan, err := s.d.Settings.Plan(ctx, wants)
	if err != nil {
		return nil, settingProblem(err)
	}
	out := &planSettingsOutput{}
	out.Body.Lines, out.Body.Effects = make([]SettingLine, len(plan.Lines)), make([]Reason, len(plan.Effects))
	for i, l := range plan.Lines {
		out.Body.Lines[i] = s.lineView(l)
	}
	for i, e := range plan.Effects {
		out.Body.Effects[i] = Reason(e)
	}
	return out, nil
}

func (s *Server) changeSettings(ctx context.Context, in *changeSettingsInput) (*struct{}, error) {
	wants, err := wantsOf(in.Body.Wants)
	if err != nil {
		return nil, err
	}
	if err := s.hands.take(from(ctx).User.ID, newSettings); err != nil {
		return nil, err
	}
	changes, err := s.d.Settings.Change(ctx, settings.Request{Wants: wants, By: from(ctx).User.ID, Reason: in.Body.Reason})
	return s.settingsChanged(ctx, changes, err)
}

func (s *Server) undoSetting(ctx context.Context, in *undoSettingInput) (*struct{}, error) {
	if err := s.hands.take(from(ctx).User.ID, newSettings); err != nil {
		return nil, err
	}
	changes, err := s.d.Settings.Undo(ctx, in.ID, in.Body.Version, settings.Request{By: from(ctx).User.ID, Reason: in.Body.Reason})
	return s.settingsChanged(ctx, changes, err)
}

// mostRemark is how much of a value stands in the record of who did what; the whole of it stands in the record of changes.
const mostRemark = 120

func (s *Server) settingsChanged(ctx context.Context, changes []settings.Change, err error) (*struct{}, error) {
	if err != nil {
		return nil, settingProblem(err)
	}
	for _, c := range changes {
		remarkChange(ctx, c.Key, shortened(c.Before), shortened(c.After))
	}
	return &struct{}{}, nil
}

func shortened(v json.RawMessage) string {
	runes := []rune(string(v))
	if len(runes) <= mostRemark {
		return string(runes)
	}
	return string(runes[:mostRemark]) + "…"
}

func (s *Server) settingLines(ctx context.Context, in *settingLinesInput) (*settingLinesOutput, error) {
	lines, err := s.d.Settings.Lines(ctx, settings.Query{Key: in.Key, Below: in.Below, Most: linesShown + 1})
	if err != nil {
		return nil, err
	}
	out := &settingLinesOutput{}
	out.Body.Items, out.Body.More = []SettingLine{}, len(lines) > linesShown
	for _, l := range lines[:min(len(lines), linesShown)] {
		out.Body.Items = append(out.Body.Items, s.lineView(l))
	}
	return out, nil
}

var _ Settings = (*settings.Keeper)(nil)

// errLongCalendar: a year and a bit, as a screen shows it.
var errLongCalendar = newProblem(http.StatusUnprocessableEntity, ruleInvalid,
	"カレンダーは、始まりの日から400日以内の範囲を指定してください", "ask for at most 400 days, and for the earlier day first")

func spanOfDays(from, to string) (first, last dialer.Date, err error) {
	if first, err = dialer.ParseDate(from); err != nil {
		return first, last, invalid("from", "bad_date", "日付は 2026-11-29 の形で指定してください", err.Error())
	}
	if last, err = dialer.ParseDate(to); err != nil {
		return first, last, invalid("to", "bad_date", "日付は 2026-11-29 の形で指定してください", err.Error())
	}
	if last.Before(first) || last.At(0).Sub(first.At(0)) > longestCalendar*24*time.Hour {
		return first, last, errLongCalendar
	}
	return first, last, nil
}

const longestCalendar = 400
