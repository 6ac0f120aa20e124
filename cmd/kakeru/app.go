package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/besthour"
	"kakeru/dialer/casework/dayclose"
	"kakeru/dialer/fleet"
	"kakeru/dialer/postgres"
	"kakeru/dialer/settings"
	"kakeru/queue"
	"kakeru/sip"
	"kakeru/sip/media/recording"
	"kakeru/webui"
)

// app is the whole house, wired. Its parts stand in the order in which they start; they stop in the reverse.
type app struct {
	settings configs.Settings
	log      *slog.Logger
	now      dialer.Clock
	refs     dialer.Refs
	watch    *dialer.Watch // the clock of every room
	live     *live         // the settings as they hold at the moment
	keeper   *settings.Keeper
	targets  targets
	best     *besthour.Keeper // nil when it is switched off
	listener net.Listener
	ledger   *postgres.Ledger
	line     *queue.Queue
	agent    *sip.Agent
	hub      *webui.Hub
	fleet    *fleet.Fleet
	nodes    *queue.Wire // to the others
	roaming  *roaming
	secret   []byte
	setup    *webui.Setup // nil when there is an administrator
	engine   *dialer.Engine
	web      *webui.Server
	closer   *dayclose.Closer
	audit    *auditWatch
	recorder *recording.Recorder // nil where the settings have no place for recordings
	sipUp    atomic.Bool
	stopping func()
}

// bindingsFile keeps, in the state directory, which desk phones are registered.
const bindingsFile = "registrations.json"

// appOptions are what commands may change beyond the settings.
type appOptions struct {
	log *slog.Logger
	// demo says on screen that phones and carrier are simulated.
	demo bool
	// logins are the demo's people, whom the sign-in shows.
	logins []login
	// fast shortens SIP's timers too, so that a far end that says nothing at all is given up sooner.
	fast bool
	// stopping is called when the house was told to stop; nil for nothing.
	stopping func()
	// console is where a set-up code is told when there is no administrator; nil where nobody is let in by one.
	console io.Writer
	// now is this machine's clock, from which the watch sets out; nil for the real one.
	now dialer.Clock
	// numberRuleOff is for benchmarks, whose calls all go to a lab.
	numberRuleOff bool
}

// newApp takes the settings and builds every room; nothing is dialled and nobody is served yet.
func newApp(ctx context.Context, s configs.Settings, o appOptions) (_ *app, err error) {
	a := &app{settings: s, log: o.log, now: o.now, stopping: o.stopping}
	if a.now == nil {
		a.now = time.Now
	}
	if a.stopping == nil {
		a.stopping = func() {}
	}
	defer func() {
		if err != nil {
			a.close()
		}
	}()
	if a.listener, err = webui.Listen(ctx, s.HTTP.Addr); err != nil {
		return nil, err
	}
	key, err := secret(s)
	if err != nil {
		return nil, err
	}
	a.refs, a.secret = dialer.NewRefs(key), key
	if a.live, err = newLive(s); err != nil {
		return nil, err
	}
	a.adviseHours(o.numberRuleOff)
	metrics := prometheus.NewRegistry()
	a.keepTime(metrics)
	personal, err := keys(s)
	if err != nil {
		return nil, err
	}
	a.ledger, err = postgres.Open(ctx, postgres.Options{
		URL: s.Database.URL, SpoolDir: filepath.Join(s.StateDir, "spool"), RememberIn: s.StateDir, Refs: a.refs, Vault: personal,
		Rules: a.live.rules(), RulesNow: a.live.rules, Hours: a.live.hours, NeedHistory: a.live.needHistory,
		Ceiling: a.ceiling(o), Now: a.watch.Now, Log: o.log, Registerer: metrics,
	})
	if err != nil {
		return nil, err
	}
	if err := a.keepSettings(ctx); err != nil {
		return nil, err
	}
	if o.console != nil {
		if a.setup, err = awaitAdmin(ctx, a.ledger, a.watch.Now, o.console); err != nil {
			return nil, err
		}
	}
	if a.targets, err = newTargets(a.ledger, s, a.live.hours, a.watch.Now); err != nil {
		return nil, err
	}
	if a.line, err = openQueue(s.Redis, o.log); err != nil {
		return nil, err
	}
	if err := checkLine(ctx, a.line, o.log); err != nil {
		return nil, err
	}
	metrics.MustRegister(a.line)
	return a, a.wire(o, metrics)
}

// wire makes the rooms that stand on the stores.
func (a *app) wire(o appOptions, metrics *prometheus.Registry) error {
	s := a.settings
	table, err := results(s.SIP.Trunks)
	if err != nil {
		return err
	}
	conf, err := sipConfig(s.SIP)
	if err != nil {
		return err
	}
	conf.Log, conf.Metrics, conf.Now = o.log, metrics, a.watch.Now
	if o.fast {
		conf.Timers = sip.Timers{T1: 100 * time.Millisecond}
	}
	if a.recorder, err = recorder(s.Recording, a.watch, o.log); err != nil {
		return err
	}
	if s.Recording.Allowed {
		conf.Recorder = a.recorder
		o.log.Info("talks are recorded", "allowed_at", s.Recording.AllowedAt, "retention_days", s.Recording.RetentionDays)
	}
	if s.Recording.Notice != configs.Beep {
		conf.RecordingNotice = s.Recording.Notice
	}
	conf.Secret = a.secret
	conf.BindingsFile = filepath.Join(s.StateDir, bindingsFile)
	a.nodes = a.line.Wire(a.secret, o.log)
	a.roaming = newRoaming(a.nodes.PhoneBook(), o.log)
	conf.Where = a.roaming.note
	if a.agent, err = sip.New(conf); err != nil {
		return err
	}
	a.roaming.agent = a.agent
	a.hub = webui.NewHub(a.watch.Now(), webui.LiveSettings{})
	a.agent.OnTrunk(newTrunkBoard(a.hub, a.watch.Now).show)
	if err := a.newFleet(o, metrics); err != nil {
		return err
	}
	a.engine = dialer.NewEngine(dialer.Deps{
		Desks: desksOf(s.SIP), Hours: a.live.hours, Rules: a.live.rules().Rules, RulesNow: a.live.engineRules, Limits: limits(s.Calls), Rings: a.live.rings,
		Inbound: inbound(s.Inbound), Results: table, Refs: a.refs,
		Phone: a.agent, Tester: a.agent, Ledger: a.ledger, Cases: a.ledger, Queue: a.line, Line: a.ledger, Upkeep: a.ledger, Absences: a.ledger, Board: newTimedBoard(a.fleet, metrics),
		Leased: a.fleet.Leased, DesksApart: true,
		Now: a.watch.Now, ClockWrong: a.watch.Refusal, Log: o.log,
	})
	a.engine.NameDesks(a.live.deskNames())
	a.fleet.Drive(a.engine)
	a.ledger.OnHealth(a.ledgerHealth)
	a.ledger.OnSetAside(a.recordSetAside)
	a.ledger.OnCeiling(func(span dialer.CeilingSpan) { a.alertAll(span.Alert()) })
	metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "kakeru_calls_active", Help: "Calls that have not ended.",
	}, func() float64 { return float64(len(a.engine.Calls())) }))
	return a.wireFace(o, metrics)
}

// wireFace makes what people see, and what they ask of it.
func (a *app) wireFace(o appOptions, metrics *prometheus.Registry) (err error) {
	s := a.settings
	if a.closer, err = a.newCloser(); err != nil {
		return err
	}
	exports, err := newExporter(a.ledger, s, a.watch.Now)
	if err != nil {
		return err
	}
	a.audit = &auditWatch{
		book: a.ledger, chain: postgres.AuditChain(a.refs), anchors: anchorsPath(s), now: a.watch.Now, log: a.log, alert: a.alertAll,
		calls: a.ledger.CheckCalls, foreign: a.ledger.ForeignRows, turn: make(chan struct{}, 1),
	}
	signingIn, err := a.signingIn()
	if err != nil {
		return err
	}
	a.web, err = webui.New(webui.Deps{
		Listener: a.listener, Demo: o.demo, DemoLogins: newcomers(o.logins), Print: a.live.print, Rates: rates(s.HTTP, o), Connections: connections(s.HTTP), Proxies: proxies(s.HTTP),
		Hub: a.hub, Certificate: webui.Certificate(s.HTTP.TLS),
		Auth: signingIn, IdleLock: a.live.idleLock, Setup: a.setup, Calls: a.fleet, Trunks: a.agent, Phones: a.phones(),
		Traces: a.agent, Callers: a.ledger, Recordings: a.ledger, Sounds: sounds{a.recorder}, Audit: a.ledger, Record: a.ledger, Checks: a.audit,
		Unwritten: a.keepUnwritten,
		Alerts:    a.ledger, Presences: a.ledger,
		Incidents: a.ledger, Evidence: evidence{a.ledger, a.ledger, a.audit, a.ledger}, Alert: a.alertAll,
		Displays: a.ledger, Users: a.ledger, Sessions: a.ledger, SessionBook: a.ledger, Factors: a.ledger, Cases: a.ledger, Results: a.ledger, ByHand: a.ledger,
		Rules: a.live.rules(), RulesNow: a.live.rules, Line: a.ledger, Handoffs: a.ledger, Promises: a.ledger, Banks: bankDays,
		Numbers: a.ledger, Refs: a.refs, Scripts: a.ledger, Sources: a.ledger, Languages: a.ledger,
		Identity: identity(s.Identity), Disclosures: a.ledger, NeedHistory: a.live.needHistory,
		Lists: lists{store: a.ledger, line: a.line, refs: a.refs, labOnly: labOnly(s.SIP.Trunks), missed: a.engine.LineMissed},
		Paid:  payments{PaidStore: a.ledger, line: a.line, refs: a.refs, labOnly: labOnly(s.SIP.Trunks), missed: a.engine.LineMissed},
		Queue: a.line, Closes: a.closer, Exports: exports,
		Reports: a.reports(), Minutes: minutes{a.reports(), a.targets},
		Figures: a.targets, Own: a.ledger, Today: a.ledger, Targets: a.targets, Hours: a.live.hours, Settings: a.keeper,
		Probes:  map[string]webui.Probe{"ledger": a.ledger.Ready, "queue": a.line.Ping, "sip": a.sipProbe, "calls": a.callsProbe, "node": a.fleet.Ready},
		Metrics: metrics, Now: a.watch.Now, Log: o.log,
	})
	return err
}

// sipProbe reports whether the phone side is up.
func (a *app) sipProbe(context.Context) error {
	if !a.sipUp.Load() {
		return errors.New("the SIP agent is not running")
	}
	return nil
}

// callsProbe reports whether new calls are taken.
func (a *app) callsProbe(context.Context) error {
	if a.engine.Draining() {
		return errors.New("the server is closing and takes no new calls")
	}
	return nil
}

// ledgerHealth tells the supervisor when PostgreSQL goes and comes back.
func (a *app) ledgerHealth(up bool) {
	alert := dialer.Alert{
		Kind: "ledger_down", Text: "記録台帳(PostgreSQL)が応答しません。通話中の記録は保管し、新しい発信は止めています",
		TextEN: "the ledger (PostgreSQL) does not answer; running calls are kept in the spool, new ones are refused",
	}
	if up {
		alert = dialer.Alert{Kind: "ledger_back", Text: "記録台帳が復旧しました", TextEN: "the ledger is back"}
	}
	a.alert(alert)
}

// recordSetAside tells the supervisor of what waited in the spool and will never be in the ledger.
func (a *app) recordSetAside(of dialer.CallID) {
	a.alertAll(dialer.Alert{
		Kind: "record_set_aside", CallID: of,
		Text:   "保管していた記録を台帳に書き込めませんでした。この通話の結果を確かめ、管理者に連絡してください(記録はサーバーに取り置いています)",
		TextEN: "a record that waited in the spool cannot be written to the ledger; look at this call's result and tell the administrator (it is kept on the server, as ends.rejected)",
	})
}

// alertAll shows an alert at every node: of what only one of them found out.
func (a *app) alertAll(alert dialer.Alert) {
	a.fleet.Show(dialer.Change{Type: dialer.ChangeAlert, At: a.watch.Now(), Alert: &alert})
}

func (a *app) alert(alert dialer.Alert) {
	a.hub.Show(dialer.Change{Type: dialer.ChangeAlert, At: a.watch.Now(), Alert: &alert})
}

// keepTime makes the watch that every room goes by.
func (a *app) keepTime(metrics *prometheus.Registry) {
	c := a.settings.Clock
	a.watch = dialer.NewWatch(dialer.WatchDeps{
		Ledger: func(ctx context.Context) (time.Time, error) { return a.ledger.Time(ctx) },
		Limits: dialer.ClockLimits{Tell: c.Tell, Stop: c.Stop}, Alert: a.alert, Log: a.log, Wall: a.now,
	})
	metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "kakeru_clock_offset_seconds", Help: "PostgreSQL's clock less this machine's, when last compared.",
	}, func() float64 { return a.watch.Offset().Seconds() }))
}

func desksOf(s configs.SIP) []dialer.DeskConfig {
	out := make([]dialer.DeskConfig, 0, len(s.Desks))
	for _, d := range s.Desks {
		out = append(out, dialer.DeskConfig{ID: dialer.DeskID(d.ID), Name: firstOf(d.Name, d.ID), Languages: d.Languages})
	}
	return out
}

// run starts the rooms in their order, lets prepare do what must be done before anyone is served, tells ready the
// panel's address, and serves until ctx is done. Then it stops in phases: clicks are refused, talks may end by
// themselves for the time the settings give, the rest is hung up, and the rooms are closed in the reverse order.
func (a *app) run(ctx context.Context, prepare func(context.Context) error, ready func(url string)) error {
	noteLeft(ctx, a.settings, a.ledger, a.log)
	defer a.close()
	if err := a.agent.Start(); err != nil {
		return err
	}
	rooms, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	group, rooms := errgroup.WithContext(rooms)
	a.sipUp.Store(true)
	group.Go(func() error {
		defer a.sipUp.Store(false)
		return a.agent.Run(rooms)
	})
	group.Go(func() error { return a.ledger.Run(rooms) })
	group.Go(func() error { return a.watch.Run(rooms) })
	group.Go(func() error { return a.keeper.Run(rooms) })
	err := a.fleet.Join(ctx)
	if err == nil {
		group.Go(func() error { return a.fleet.Run(rooms) })
		group.Go(func() error { return a.roaming.Run(rooms) })
		err = a.prepared(ctx, prepare)
	}
	if err == nil {
		a.tellRecalled()
		group.Go(func() error { return a.engine.Run(rooms) })
		group.Go(func() error { return a.web.Run(rooms) })
		group.Go(func() error { return a.closer.Run(rooms) })
		group.Go(func() error { return a.followCloses(rooms) })
		group.Go(func() error { return a.audit.Run(rooms) })
		group.Go(func() error { return a.noteUnnotedSoon(rooms) })
		group.Go(func() error { return a.reports().keeper(a.log).Run(rooms, reportsEvery) })
		group.Go(func() error { return a.alarms().Run(rooms) })
		group.Go(func() error { return a.targets.watch(rooms, targetsEvery, a.alertAll, a.log) })
		if a.best != nil {
			group.Go(func() error { return a.best.Run(rooms) })
		}
		if a.recorder != nil {
			group.Go(func() error { return a.keepSound(rooms) })
		}
		ready(a.settings.HTTP.Scheme() + "://" + a.listener.Addr().String())
		select {
		case <-ctx.Done():
			a.stopping()
		case <-rooms.Done(): // a room has failed: Wait says which
		}
	}
	a.drain(ctx)
	stop()
	return errors.Join(err, group.Wait())
}

// prepared sets the watch, hangs up what a crash left, then does what the command wants done before anyone is served.
func (a *app) prepared(ctx context.Context, prepare func(context.Context) error) error {
	if err := a.watch.Compare(ctx); err != nil {
		a.log.Warn("the clocks could not be compared", "err", err) // the watch goes on trying
	}
	if err := a.fleet.Start(ctx); err != nil {
		return err
	}
	return prepare(ctx)
}

func (a *app) drain(ctx context.Context) {
	a.log.Info("stopping: no new calls", "live", len(a.engine.Calls()))
	dctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.settings.Calls.Drain)
	defer cancel()
	a.fleet.Drain(dctx)
}

// close gives back what was opened, in the reverse order. Safe on an app that was only half made.
func (a *app) close() {
	if a.line != nil {
		_ = a.line.Close()
	}
	if a.ledger != nil {
		a.ledger.Close()
	}
	if a.listener != nil {
		_ = a.listener.Close()
	}
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
