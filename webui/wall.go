package webui

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/gorilla/websocket"

	"kakeru/dialer"
	"kakeru/dialer/alarm"
	"kakeru/dialer/report"
	"kakeru/webui/auth"
)

// Wall is everything that a screen on the wall shows: figures, desks by their names, alerts in words. No person stands in it, neither a debtor
// nor who sits where, and no case, call or number: whoever passes by may read it.
type Wall struct {
	At         time.Time    `json:"at"`
	Name       string       `json:"name" doc:"the screen's own"`
	Demo       bool         `json:"demo"`
	Hours      Hours        `json:"hours"`
	Definition string       `json:"definition" doc:"what is held against the month's target"`
	Month      WallMonth    `json:"month"`
	Today      report.Today `json:"today"`
	Curve      report.Curve `json:"curve"`
	Desks      []WallDesk   `json:"desks" nullable:"false"`
	LineUp     bool         `json:"line_up" doc:"calls can be made: a trunk is up"`
	Alerts     []WallAlert  `json:"alerts" nullable:"false" doc:"those that ask for somebody, newest first"`
}

// WallMonth is how far the month is.
type WallMonth struct {
	Month  string       `json:"month"`
	Target int          `json:"target"`
	Done   int          `json:"done"`
	State  report.State `json:"state"`
}

// WallDesk is a desk without who sits there and whom they call.
type WallDesk struct {
	Name       string           `json:"name"`
	State      dialer.DeskState `json:"state"`
	Call       dialer.State     `json:"call,omitempty" doc:"how far its call is"`
	Since      time.Time        `json:"since" doc:"of what it does now"`
	Registered *bool            `json:"registered" doc:"null behind a PBX that does not tell"`
	Ringing    bool             `json:"ringing" doc:"its phone rings for a call that came in"`
	Paused     bool             `json:"paused"`
}

// WallAlert is an alert in words.
type WallAlert struct {
	Kind   string     `json:"kind"`
	Desk   string     `json:"desk,omitempty" doc:"its name"`
	At     time.Time  `json:"at"`
	Since  *time.Time `json:"since,omitempty"`
	Text   string     `json:"text"`
	TextEN string     `json:"text_en"`
}

// onWall are the alerts whose words are for whoever passes by. What is not here is not shown: incidents with personal data, traces of
// tampering and ceilings are for those who answer for them.
var onWall = []string{
	alarm.PaceBehind, alarm.LongTalk, alarm.DeskGone, alarm.SVAbsent, "ledger_down", "queue_down", "spool_full", "trunk_down", "one_way_audio", "dead_air",
	"recording_failed", "clock_off", "complaint", "interrupted", report.TargetFailing,
}

const frameWall = "wall"

// display finds the screen that makes a request: auth.ErrSignedOut when it is none that may look.
func (s *Server) display(r *http.Request) (dialer.Display, string, error) {
	token := s.keeper.DisplayToken(r)
	d, err := s.displayOf(r.Context(), token)
	return d, token, err
}

func (s *Server) displayOf(ctx context.Context, token string) (dialer.Display, error) {
	if token == "" {
		return dialer.Display{}, auth.ErrSignedOut
	}
	ctx, cancel := context.WithTimeout(ctx, snapshotWait)
	defer cancel()
	d, err := s.d.Displays.DisplayByToken(ctx, auth.DisplayTokenHash(token))
	if errors.Is(err, dialer.ErrNotFound) {
		err = auth.ErrSignedOut
	}
	return d, err
}

// curve is today's, beside its plan.
func (s *Server) curve(ctx context.Context, p report.Progress) (report.Curve, error) {
	d := dialer.DateOf(s.d.Now())
	done, err := s.d.Today.HalfHours(ctx, d.At(0), d.Next().At(0))
	return report.Spread(d, s.d.Hours(), p.Today.Target, done), err
}

// wall is what a screen shows now, around a curve that is summed more seldom.
func (s *Server) wall(d dialer.Display, curve report.Curve) Wall {
	p := s.recount.progress()
	w := Wall{
		At: s.d.Now(), Name: d.Name, Demo: s.d.Demo, Hours: s.hoursNow(), Definition: p.Definition, Today: p.Today, Curve: curve,
		Month: WallMonth{Month: p.Month, Target: p.Target, Done: p.Done.Of(p.Definition), State: p.State},
		Desks: []WallDesk{}, Alerts: []WallAlert{}, LineUp: lineUp(s.d.Trunks.Trunks()),
	}
	calls := map[dialer.CallID]dialer.CallView{}
	for _, c := range s.d.Calls.Calls() {
		calls[c.ID] = c
	}
	names := map[dialer.DeskID]string{}
	for _, v := range s.d.Calls.Desks() {
		names[v.ID] = v.Name
		w.Desks = append(w.Desks, wallDesk(v, calls))
	}
	for _, a := range s.alerts.of(viewer{role: dialer.RoleSupervisor}) {
		if slices.Contains(onWall, a.Kind) && a.open() {
			w.Alerts = append(w.Alerts, WallAlert{Kind: a.Kind, Desk: names[a.Desk], At: a.At, Since: instant(a.Since), Text: a.Text, TextEN: a.TextEN})
		}
	}
	return w
}

// open reports whether an alert still asks for somebody.
func (a Alert) open() bool { return a.EndedAt == nil && (a.SeenAt == nil || a.Lasts) }

func wallDesk(v dialer.DeskView, calls map[dialer.CallID]dialer.CallView) WallDesk {
	d := WallDesk{Name: v.Name, State: v.State, Since: v.Since, Registered: v.Registered, Ringing: v.Ringing != "", Paused: v.PausedBy != ""}
	c, in := calls[v.CallID]
	if v.State == dialer.DeskInCall && in {
		d.Call = c.State
		if !c.AnsweredAt.IsZero() && c.State == dialer.Talking {
			d.Since = c.AnsweredAt
		}
	}
	return d
}

// wallGap is the least time between two pictures of one screen: it is read from three metres.
const wallGap = 250 * time.Millisecond

// curveAlways is how often a screen's curve is summed although nothing was dialled: half hours pass.
const curveAlways = time.Minute

// wallLive sends a screen the whole picture, and again after every change: it is small, and nothing that others are shown gets there by mistake.
func (s *Server) wallLive(w http.ResponseWriter, r *http.Request, v visitor) {
	v.User.ID = wallUser(v.display) // no person's sockets are counted
	s.connect(w, r, v, func(reader *reader, _ uint64) { reader.serveWall() })
}

// wallUser is a screen where people are counted: nobody's ID looks like it.
func wallUser(d dialer.Display) dialer.UserID { return dialer.UserID("display " + d.ID) }

// serveWall writes pictures until the screen leaves or is said goodbye to.
func (r *reader) serveWall() {
	revoked, forget := r.s.walls.watch(r.visitor.display.ID)
	defer forget()
	sub := r.s.d.Hub.subscribe(0, "")
	defer r.s.d.Hub.unsubscribe(sub.subscriber)
	r.sent = sub.at
	ping, minute := time.NewTicker(r.s.d.Hub.settings.Ping), time.NewTicker(curveAlways)
	defer ping.Stop()
	defer minute.Stop()
	sight := &sight{reader: r, curve: noCurve, again: true}
	if !sight.show() {
		return
	}
	var due <-chan time.Time // set while a change waits to be shown
	for {
		select {
		case f := <-sub.frames:
			r.sent = f.seq
			sight.again = sight.again || f.kind == string(dialer.ChangeProgress) || f.kind == string(dialer.ChangeSettings)
			if due == nil {
				due = time.After(wallGap)
			}
		case <-due:
			if due = nil; !sight.show() {
				return
			}
		case <-minute.C:
			if sight.again = true; !sight.show() {
				return
			}
		case <-ping.C:
			if _, err := r.s.displayOf(context.Background(), r.visitor.Token); errors.Is(err, auth.ErrSignedOut) {
				r.bye(byeSession)
				return
			}
			if err := r.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(r.s.d.Hub.settings.WriteWait)); err != nil {
				return
			}
		case <-revoked:
			r.bye(byeSession)
			return
		case <-sub.over:
			r.bye(sub.why)
			return
		case <-r.gone:
			return
		}
	}
}

// noCurve is shown until today's can be summed.
var noCurve = report.Curve{Halves: []report.HalfHour{}}

// sight is what one screen is shown: the curve is kept, and summed anew when it may be another.
type sight struct {
	*reader

	curve report.Curve
	again bool
}

// show sends the picture; ok is false when the connection is of no more use. While the ledger is away the curve stays as it was.
func (g *sight) show() (ok bool) {
	if g.again {
		ctx, cancel := context.WithTimeout(context.Background(), snapshotWait)
		curve, err := g.s.curve(ctx, g.s.recount.progress())
		cancel()
		if err == nil {
			g.curve, g.again = curve, false
		}
	}
	now := g.s.d.Now()
	return g.write(encode(Frame{Seq: g.sent, Type: frameWall, At: now, Data: g.s.wall(g.visitor.display, g.curve)}))
}
