package webui

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"

	"kakeru/dialer"
	"kakeru/dialer/alarm"
	"kakeru/dialer/audit"
	"kakeru/dialer/audit/incident"
	"kakeru/dialer/casework"
	"kakeru/dialer/report"
	"kakeru/webui/auth"
)

// Deps is what a Server is made of. All fields are needed, but those said to have a default.
type Deps struct {
	Addr string // host:port; not used when Listener is set
	// Listener is an address already taken, so that a start fails before anything else was started.
	Listener net.Listener
	// Certificate has the panel served by https.
	Certificate Certificate
	// Print says whether what the panel shows may be printed (§19(5)); nil: never.
	Print func() bool
	Demo  bool // simulated phones and carrier: the screen says so
	// DemoLogins are a demo's people, for the newcomer at the sign-in; nobody outside a demo.
	DemoLogins []DemoLogin

	Auth    auth.Settings
	Rates   Rates // the zero ones bound nothing
	Proxies auth.Proxies
	Hub     *Hub
	Calls   Calls
	Trunks  Trunks
	// Phones are the desks' phones as the settings have them.
	Phones  []DeskPhone
	Traces  Traces
	Callers Callers
	// Recordings and Sounds: which calls were recorded, and the recordings themselves.
	Recordings Recordings
	Sounds     Sounds
	// Audit takes what is written down of requests, Record reads it, and Checks says whether it was tampered with.
	Audit  audit.Log
	Record audit.Book
	Checks AuditChecks
	// Unwritten keeps what somebody did that could not be written down, until it can.
	Unwritten func(audit.Event) error
	// Incidents keeps what happened to personal data, and Evidence writes all of one as a file. Alert tells every node.
	Incidents incident.Store
	Evidence  Evidence
	Alert     func(dialer.Alert)
	// Alerts keeps what somebody must see, and Presences which supervisors are there. Without them alerts are only shown.
	Alerts    alarm.Store
	Presences alarm.PresenceStore

	// Displays are the screens on the wall.
	Displays dialer.Displays

	Users    dialer.Users
	Sessions dialer.Sessions
	// SessionBook lists the sessions, Factors keeps second factors.
	SessionBook dialer.SessionBook
	Factors     dialer.Factors
	// IdleLock is how long nobody of a role touches key or mouse until the screen is masked; 0: never. Nil: never, whoever it is.
	IdleLock func(dialer.Role) time.Duration
	// Setup lets the first administrator in; nil when there was one at the start.
	Setup   *Setup
	Cases   casework.CaseStore
	Results casework.ResultStore
	// ByHand keeps calls that were made or taken without SIP.
	ByHand casework.HandStore
	// Rules are the queue's (the built-in ones when they have no rows), and Line is where they are applied.
	Rules casework.Rules
	// RulesNow answers with the rules that hold at the moment, where they are changed while calls are made; nil: Rules.
	RulesNow func() casework.Rules
	Line     casework.LineStore
	// Identity is what must be known of who is on the telephone before a debt is shown; Disclosures keeps who was shown one.
	Identity    casework.Identity
	Disclosures casework.DisclosureStore
	// NeedHistory: nobody is called whose history was not read.
	NeedHistory func() bool // nil: that does not matter
	// Languages counts what is needed besides Japanese.
	Languages casework.LanguageStore
	Lists     Lists
	// Sources are where lists come from whose columns have names of their own.
	Sources casework.SourceStore
	Queue   dialer.Queue
	// Handoffs are what is passed to the ward: 引継ぎ.
	Handoffs casework.HandoffStore
	// Paid takes paid lists in, Promises says how promises stand, Banks when banks are open.
	Paid     PaidLists
	Promises casework.PromiseStore
	Banks    casework.BankDays
	// Closes are the day's: 終業返却.
	Closes Closes
	// Exports are the records that go before it.
	Exports Exports
	// Reports are the ward's reports.
	Reports Reports
	// Minutes are those of the monthly meeting.
	Minutes Minutes
	// Targets are what the work is to come to.
	Targets Targets
	// Numbers keeps what is typed in from documents; Refs make the references by which it finds cases.
	Numbers casework.NumberStore
	Refs    dialer.Refs
	// Scripts are the ward's texts.
	Scripts casework.ScriptStore
	Figures Figures
	Own     Own
	Today   Today
	Hours   dialer.Calendar
	// Settings are what an administrator may change while the centre works.
	Settings Settings
	// Probes are asked by /readyz, by name: ledger, queue, sip.
	Probes map[string]Probe

	// Connections are how many may be open.
	Connections Connections
	BodyWait    time.Duration // for a body that is no list to come; default 10 s

	Metrics *prometheus.Registry // default: one of its own
	Now     dialer.Clock         // default: time.Now
	Log     *slog.Logger         // default: none
}

// Server serves the API, the live board and the panel.
type Server struct {
	d       Deps
	log     *slog.Logger
	keeper  *auth.Keeper
	mux     *http.ServeMux
	api     huma.API
	names   *names
	recount *recounter
	alerts  *alertBook
	jobs    *jobs
	metrics metrics
	cert    *papers // nil: served by http

	throttle *throttle
	asks     *turns // reading, of each person
	acts     *turns // changing
	makings  *turns // reports and files
	hands    *hands
	disk     soundDisk
	sums     *shared[report.Progress]
	curves   *shared[report.Curve]
	relists  *relists
	seats    *seats
	uses     *uses
	vigil    *vigil
	walls    *walls
	windows  *windows
	signOff  signOff
	// unlocated are the reasons, of those by that name, that the log has.
	unlocated sync.Map

	unlisted   []error  // routes without a row in auth.Table
	registered []string // routes with one
	readers    sync.WaitGroup
}

// New wires a server. It fails when a route has no row in auth.Table.
func New(d Deps) (*Server, error) {
	speakOurErrors()
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.BodyWait == 0 {
		d.BodyWait = bodyWait
	}
	if d.Metrics == nil {
		d.Metrics = prometheus.NewRegistry()
	}
	if len(d.Rules.Business) == 0 {
		d.Rules = casework.DefaultRules()
	}
	d.holds()
	if d.Hours == nil {
		d.Hours = dialer.Hours{}.Always
	}
	d.Auth.Now = d.Now
	keeper, err := auth.NewKeeper(auth.Stores{Users: d.Users, Sessions: d.Sessions, Book: d.SessionBook, Factors: d.Factors}, d.Auth)
	if err != nil {
		return nil, err
	}
	s := &Server{d: d, log: d.Log, keeper: keeper, mux: http.NewServeMux(), names: newNames(d.Users)}
	s.throttle, s.seats = newThrottle(d.Rates, d.Now, keeper.Came), newSeats()
	s.uses, s.walls, s.relists, s.windows = newUses(d.Now()), newWalls(), newRelists(d.Now), newWindows()
	s.asks, s.acts, s.makings = newAsks(asksAtOnce), newAsks(actsAtOnce), newMakings()
	s.hands, s.disk = newHands(d.Now), newSoundDisk()
	s.sums, s.curves = newShared[report.Progress](), newShared[report.Curve]()
	s.vigil = newVigil(time.Now, s.slept)
	if d.Certificate.On() {
		if s.cert, err = newPapers(d.Certificate, d.Log); err != nil {
			return nil, err
		}
	}
	if s.metrics, err = newMetrics(d.Metrics); err != nil {
		return nil, err
	}
	s.recount = newRecounter(s)
	s.alerts = newAlertBook(s)
	s.jobs = newJobs()
	s.routes()
	if err := errors.Join(s.unlisted...); err != nil {
		return nil, err
	}
	d.Hub.serve(s)
	return s, nil
}

// holds fills in what was not said of what holds at the moment.
func (d *Deps) holds() {
	never := func() bool { return false }
	if d.Print == nil {
		d.Print = never
	}
	if d.NeedHistory == nil {
		d.NeedHistory = never
	}
	if d.IdleLock == nil {
		d.IdleLock = func(dialer.Role) time.Duration { return 0 }
	}
}

// rules are those that hold at the moment.
func (s *Server) rules() casework.Rules {
	if s.d.RulesNow != nil {
		return s.d.RulesNow()
	}
	return s.d.Rules
}

// routes registers everything there is.
func (s *Server) routes() {
	s.api = newAPI(s.mux)
	for _, register := range []func(){
		s.sessionRoutes, s.directoryRoutes, s.factorRoutes, s.sessionListRoutes, s.setupRoutes, s.demoRoutes, s.deskRoutes,
		s.awayRoutes, s.pauseRoutes, s.trunkRoutes, s.phoneRoutes, s.callRoutes, s.traceRoutes, s.controlRoutes, s.caseRoutes,
		s.orderRoutes, s.askedRoutes, s.identityRoutes, s.closeRoutes, s.exportRoutes, s.handoffRoutes, s.attemptRoutes,
		s.callerRoutes, s.byHandRoutes, s.recordingRoutes, s.figureRoutes, s.reportRoutes, s.minutesRoutes, s.targetRoutes,
		s.listRoutes, s.listSourceRoutes, s.languageRoutes, s.paymentRoutes, s.promiseRoutes, s.numberRoutes, s.scriptRoutes,
		s.userRoutes, s.settingRoutes, s.auditRoutes, s.incidentRoutes, s.alertRoutes, s.waitingRoutes, s.displayRoutes, s.liveRoutes,
		s.serverRoutes,
	} {
		register()
	}
	s.mux.Handle("/api/", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writeProblem(w, errNoRoute) }))
	s.mux.Handle("/", newPanel(panelFiles()))
}

func newAPI(mux *http.ServeMux) huma.API {
	config := huma.DefaultConfig("Kakeru", "1.0.0")
	// No links to schemas in bodies, no pages of documentation: the description alone is served.
	config.CreateHooks, config.Transformers = nil, nil
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.RejectUnknownQueryParameters = true
	formats := map[string]huma.Format{}
	for kind, format := range config.Formats {
		format.Unmarshal = withoutNUL(format.Unmarshal)
		formats[kind] = format
	}
	config.Formats = formats
	config.Info.Description = "Times are RFC 3339 with offset, money is integer yen, ids are UUIDv7. " +
		"The session is the cookie " + auth.CookieName + ", by https __Host-" + auth.CookieName + "."
	config.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	describeWords(config.Components.Schemas)
	return humago.New(mux, config)
}

// Handler is everything the server answers, without a listener.
func (s *Server) Handler() http.Handler {
	foreign := http.NewCrossOriginProtection()
	foreign.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writeProblem(w, errForeign) }))
	return s.located(s.logged(s.strict(secured(s.placed(s.throttled(unasked(foreign.Handler(legible(s.bounded(s.mux))))))))))
}

// unasked refuses what a page of another origin has a browser read: it would see no answer, but the record would say that the person had
// read it. CrossOriginProtection judges only what changes something. The directory's answer comes from elsewhere, as it must.
func unasked(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site := r.Header.Get("Sec-Fetch-Site")
		if (site == "same-site" || site == "cross-site") && strings.HasPrefix(r.URL.Path, "/api/") && r.URL.Path != DirectoryAnswer {
			writeProblem(w, errForeign)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// The waits of the HTTP server.
const (
	headerWait  = 5 * time.Second
	bodyWait    = 10 * time.Second // a body that is no list
	readWait    = 2 * time.Minute  // a list of 200,000 rows over a slow line
	writeWait   = 2 * time.Minute
	idleWait    = 2 * time.Minute
	closingWait = 5 * time.Second
)

// Listen takes an address. When it is in use, the error names it and the setting that moves it.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use by another program; stop that, or choose another address with KAKERU_HTTP_ADDR=host:port", addr)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s; choose another address with KAKERU_HTTP_ADDR=host:port: %w", addr, err)
	}
	return l, nil
}

// Run serves until ctx is done: then the readers of the board are told, answers under way are finished, and it returns
// nil. It may be called once.
func (s *Server) Run(ctx context.Context) error {
	listener := s.d.Listener
	if listener == nil {
		var err error
		if listener, err = Listen(ctx, s.d.Addr); err != nil {
			return err
		}
	}
	listener = newTurnstile(listener, s.d.Connections, s.d.Proxies.Trusts, s.metrics.refused.Inc, s.log)
	if s.cert != nil {
		listener = tls.NewListener(listener, s.cert.config())
	}
	server := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: headerWait, ReadTimeout: readWait, WriteTimeout: writeWait,
		IdleTimeout: idleWait, ConnContext: withPasser, MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(&complaints{Handler: s.log.Handler()}, slog.LevelWarn),
	}
	s.vigil.begin()
	parts, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { s.d.Hub.Run(parts) })
	running.Go(func() { s.recount.run(parts) })
	running.Go(func() { s.vigil.run(parts) })
	running.Go(func() { s.alerts.run(parts) })
	running.Go(func() { s.keeper.Watch(parts) })
	s.jobs.open(parts)

	var err error
	serving := make(chan struct{})
	go func() {
		defer close(serving)
		err = server.Serve(listener)
	}()
	s.log.Info("panel is served", "addr", listener.Addr().String())
	select {
	case <-serving:
	case <-ctx.Done():
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closingWait)
		defer cancel()
		s.d.Hub.Close()
		if server.Shutdown(closing) != nil {
			_ = server.Close() // answers that take longer are cut off
		}
		<-serving
	}
	stop()
	s.jobs.close()
	s.readers.Wait()
	running.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
