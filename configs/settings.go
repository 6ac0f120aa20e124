package configs

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"
)

// Settings is everything that can be set. Durations are written "30s", times of day "09:00", dates "2026-11-24".
type Settings struct {
	HTTP     HTTP     `koanf:"http"`
	Auth     Auth     `koanf:"auth"`
	Panel    Panel    `koanf:"panel"`
	Database Database `koanf:"database"`
	Redis    Redis    `koanf:"redis"`
	Centre   Centre   `koanf:"centre"`
	Clock    Clock    `koanf:"clock"`
	Alerts   Alerts   `koanf:"alerts"`
	Calls    Calls    `koanf:"calls"`
	Identity Identity `koanf:"identity"`
	Inbound  Inbound  `koanf:"inbound"`
	Numbers  Numbers  `koanf:"numbers"`
	Queue    Queue    `koanf:"queue"`
	SIP      SIP      `koanf:"sip"`
	// Recording is of its own, since it is not for whoever sets up phones to decide.
	Recording Recording `koanf:"recording"`
	Node      Node      `koanf:"node"`
	Vault     Vault     `koanf:"vault"`
	Backup    Backup    `koanf:"backup"`
	Close     Close     `koanf:"close"`
	Report    Report    `koanf:"report"`
	// StateDir holds what must survive a restart on this machine: the spool, and the secret of the references unless
	// SecretFile names another.
	StateDir   string `koanf:"state_dir"`
	SecretFile string `koanf:"secret_file"`
	// SigningKeyFile names an Ed25519 key (PKCS #8, PEM) that the manifests of the day's close are signed with; one is made in
	// StateDir when it is empty.
	SigningKeyFile string `koanf:"signing_key_file"`
	LogLevel       string `koanf:"log_level"` // debug, info, warn, error
	File           string `koanf:"-"`         // where these were read from; empty for none
}

// Node is this process among those that run the centre together, over one PostgreSQL and one Redis.
type Node struct {
	// ID names it, and outlives it: no two processes that run at once have the same. Made at the first start, and kept in
	// state_dir, when empty.
	ID string `koanf:"id"`
	// Lease is how long it may be silent before the others take its desks over; Beat how often it shows itself, at most a third.
	Lease time.Duration `koanf:"lease"`
	Beat  time.Duration `koanf:"beat"`
}

// Vault is where the keys of personal data are.
type Vault struct {
	// Folder is in no backup, not on the database's disk, and shared by all nodes; state_dir/keys when empty.
	Folder string `koanf:"folder"`
	// Master wraps the keys in the folder; they stand there as they are when it is empty. Former is the one before it, while
	// `kakeru vault rotate` wraps them anew.
	Master Master `koanf:"master"`
	Former Master `koanf:"former"`
}

// Master is where a master key comes from: one of Key, File and Command, or Wrap and Unwrap together.
type Master struct {
	Key     string        `koanf:"key"`     // its text; from the environment (KAKERU_VAULT_MASTER_KEY), not from a file that many read
	File    string        `koanf:"file"`    // holds the text: /run/credentials/kakeru.service/master
	Command []string      `koanf:"command"` // a program and its arguments, which prints the text
	Wrap    []string      `koanf:"wrap"`    // programs that seal and open standard input by a key that never leaves them
	Unwrap  []string      `koanf:"unwrap"`
	Wait    time.Duration `koanf:"wait"` // how long a program may take; 10 s when 0
}

func (m Master) check(p *problems, key string) {
	ways := 0
	for _, given := range []bool{m.Key != "", m.File != "", len(m.Command) > 0, len(m.Wrap)+len(m.Unwrap) > 0} {
		if given {
			ways++
		}
	}
	if ways > 1 {
		p.addf(key, "says in %d ways where the master key is; keep one of key, file and command, or wrap with unwrap", ways)
	}
	if (len(m.Wrap) == 0) != (len(m.Unwrap) == 0) {
		p.addf(key, "wrap and unwrap go together; write both programs")
	}
	for name, argv := range map[string][]string{"command": m.Command, "wrap": m.Wrap, "unwrap": m.Unwrap} {
		if len(argv) > 0 && !filepath.IsAbs(argv[0]) {
			p.addf(key+"."+name, "%q is not where a program is; write its whole path first, then its arguments, each of its own", argv[0])
		}
	}
	if m.Wait != 0 {
		p.between(key+".wait", m.Wait, 100*time.Millisecond, time.Minute)
	}
}

func (v Vault) check(p *problems) {
	v.Master.check(p, "vault.master")
	v.Former.check(p, "vault.former")
}

// Backup is who can open what `kakeru backup` writes.
type Backup struct {
	Recipients []string `koanf:"recipients"` // public keys, as `kakeru backup key` prints them
}

// Report is how the ward wants its reports (日報・月報・年報).
type Report struct {
	Ward       string   `koanf:"ward"`       // whose report it is, as its head says
	Contractor string   `koanf:"contractor"` // who did the work
	Boxes      []string `koanf:"boxes"`      // the approval boxes (確認印), from left to right
	// MachinesApart: voicemail and recorders do not count as 不在.
	MachinesApart bool   `koanf:"machines_apart"`
	Font          string `koanf:"font"` // a TrueType font with Japanese in it, for the PDF; Debian's IPAex when empty
}

// mostBoxes is how many approval boxes stand beside each other at the head of a page.
const mostBoxes = 8

func (r Report) check(p *problems) {
	if n := len(r.Boxes); n > mostBoxes {
		p.addf("report.boxes", "%d boxes do not fit beside each other; write at most %d", n, mostBoxes)
	}
}

// Close is the day's close (終業返却): where what goes back is left, and how long personal data may stay. The ward decides that.
type Close struct {
	Folder     string `koanf:"folder"`      // the ward's; shared by all nodes; state_dir/returns when empty
	LayoutFile string `koanf:"layout_file"` // of the negotiation records; the built-in one when empty
	KeepDays   int    `koanf:"keep_days"`   // 0: personal data goes the same day
	KeepToEnd  bool   `koanf:"keep_to_end"` // it stays until the contract's end
}

func (c Close) check(p *problems) {
	if c.KeepDays < 0 || c.KeepDays > maxKeepDays {
		p.addf("close.keep_days", "%d is out of range; write 0 (the same day) to %d, or keep_to_end: true", c.KeepDays, maxKeepDays)
	}
	if c.KeepToEnd && c.KeepDays > 0 {
		p.addf("close.keep_to_end", "it contradicts close.keep_days %d; leave one of the two out", c.KeepDays)
	}
}

// maxKeepDays is a contract's year.
const maxKeepDays = 366

// Database is the ledger's PostgreSQL.
type Database struct {
	URL     string `koanf:"url"`
	URLFile string `koanf:"url_file"` // holds the URL, where a password is in it
	// MigrateURL is of the role that owns the tables; URL's may then do no more than serving needs. Only `kakeru migrate` and `kakeru restore`
	// use it. Empty: URL's role owns them.
	MigrateURL     string `koanf:"migrate_url"`
	MigrateURLFile string `koanf:"migrate_url_file"`
}

// Owner is the URL of the role that owns the tables.
func (d Database) Owner() string {
	if d.MigrateURL != "" {
		return d.MigrateURL
	}
	return d.URL
}

// Centre is the call centre: its target and its opening hours (spec §5, §10).
type Centre struct {
	Target     int    `koanf:"target"`     // 件 a month (§10(1))
	Definition string `koanf:"definition"` // what is held against the target: attempts, persons, cases, thirds
	SMS        Bounds `koanf:"sms"`        // messages (§10(5))
	Numbers    Bounds `koanf:"numbers"`    // numbers entered (§10(6))
	// From and Until are the contract's first and last day (§2), "2026-04-01"; empty: no matter.
	From  string `koanf:"from"`
	Until string `koanf:"until"`
	// SeatsOn are the days on which not all desks are worked: how many are, "2026-12-28": 1.
	SeatsOn map[string]int `koanf:"seats_on"`
	// Week maps mon…sun to "09:00-17:00"; a day that is missing is closed.
	Week map[string]string `koanf:"week"`
	// ClosedOn are further closed days; national holidays and 12/29–1/3 are known.
	ClosedOn []string `koanf:"closed_on"`
	// OpenOn maps the ward's Sunday openings to their hours: "2026-11-29": "09:00-17:00".
	OpenOn       map[string]string `koanf:"open_on"`
	BreakMinutes int               `koanf:"break_minutes"`
	AlwaysOpen   bool              `koanf:"always_open"`
}

// Bounds are what something is to come to in a month and in a fiscal year; 0 is no bound.
type Bounds struct {
	Month int `koanf:"month"`
	UpTo  int `koanf:"up_to"` // what a month should not go beyond
	Year  int `koanf:"year"`
	Most  int `koanf:"most"` // what a year must never go beyond
}

// Alerts are when somebody must look (package dialer/alarm).
type Alerts struct {
	LongTalk time.Duration `koanf:"long_talk"` // a talk lasts longer
	// SVAbsent is how long no supervisor touched key or mouse in opening hours until it is an absence (specification 7(6)); SVBreak is how
	// long their break may last.
	SVAbsent time.Duration `koanf:"sv_absent"`
	SVBreak  time.Duration `koanf:"sv_break"`
	// Behind is how much of what the plan asks for by now must be missing, in percent, and BehindCalls how many calls at least.
	Behind      int `koanf:"behind"`
	BehindCalls int `koanf:"behind_calls"`
}

// Clock says how far this machine's clock may be from PostgreSQL's.
type Clock struct {
	Tell time.Duration `koanf:"tell"` // beyond it the supervisor is told
	Stop time.Duration `koanf:"stop"` // beyond it nothing is dialled, and nothing ends because its day is over
}

// Calls bounds the waits of a call.
type Calls struct {
	DeskRing time.Duration `koanf:"desk_ring"`
	Ring     time.Duration `koanf:"ring"`
	Talk     time.Duration `koanf:"talk"`
	Drain    time.Duration `koanf:"drain"` // how long talks may go on after SIGTERM
	// NeedHistoryCheck: nobody is dialled before the operator has ticked off that they read the case's history (経過確認済).
	NeedHistoryCheck bool `koanf:"need_history_check"`
	// MostPerHour and MostPerDay are how many calls may go out of the centre in any hour and in a day; beyond that somebody else is
	// dialling, and nothing goes out. 0: 60 and 400 for each desk.
	MostPerHour int `koanf:"most_per_hour"`
	MostPerDay  int `koanf:"most_per_day"`
}

// Identity is what a person on the telephone must be known by before the operator sees the debt (本人確認). The ward decides that.
type Identity struct {
	Needed  int      `koanf:"needed"`  // how many of Allowed; 0 shows debts at once
	Allowed []string `koanf:"allowed"` // of Identifiers, in the order of the form
}

// Identifiers are what a person can be known by.
var Identifiers = []string{"name", "born_on", "address", "ward_number", "insured_number", "phone"}

func (i Identity) check(p *problems) {
	for n, word := range i.Allowed {
		key := fmt.Sprintf("identity.allowed[%d]", n)
		p.oneOf(key, word, Identifiers...)
		if slices.Contains(i.Allowed[:n], word) {
			p.addf(key, "%q is there twice; leave one out", word)
		}
	}
	if i.Needed < 0 || i.Needed > len(i.Allowed) {
		p.addf("identity.needed", "%d is out of range; write 0 (debts are shown at once) to %d, the length of identity.allowed", i.Needed, len(i.Allowed))
	}
}

// Inbound says how calls that come in are taken.
type Inbound struct {
	// Order is which desks ring: "all" that are free; "longest_idle", one more with each step; "language", those that speak the
	// case's, after a step the others too.
	Order       string `koanf:"order"`
	RingSeconds int    `koanf:"ring_seconds"` // how long a caller waits for a desk
	StepSeconds int    `koanf:"step_seconds"` // how long one desk rings alone, where the order is not "all"
	// OutsideHours is "turn_away" (sip.announcement, else a refusal), or "ring".
	OutsideHours string `koanf:"outside_hours"`
}

// Numbers keeps one number from being rung too often. A file of rules with a section of its own about that goes instead.
type Numbers struct {
	RingsPerDay int           `koanf:"rings_per_day"`
	RingGap     time.Duration `koanf:"ring_gap"`
	OtherBand   bool          `koanf:"other_band"`
	BusyPerDay  int           `koanf:"busy_per_day"`
	BusyGap     time.Duration `koanf:"busy_gap"`
}

// SIP is the phone side.
type SIP struct {
	Listen    string `koanf:"listen"` // IP:port, UDP; "[::]:5060" for IPv6
	TCP       bool   `koanf:"tcp"`    // TCP at the same address too
	TLS       TLS    `koanf:"tls"`
	Advertise string `koanf:"advertise"` // the host far ends shall use; the listen host when empty
	RTP       RTP    `koanf:"rtp"`
	// Announcement is what a caller hears outside the hours: WAV, 8000 Hz, one channel, 16 bits, at most 30 s.
	Announcement string `koanf:"announcement"`
	// Hearing has the customer's sound listened to, for hints at voicemail, faxes and tones; no sound is kept.
	Hearing bool `koanf:"hearing"`
	// BusyTone is how long the operator hears the busy tone when the other side is gone or did not come; not at all when 0.
	BusyTone time.Duration `koanf:"busy_tone"`
	Trunks   []Trunk       `koanf:"trunks"`
	Desks    []Desk        `koanf:"desks"`
	Edges    []string      `koanf:"edges"` // IP/BITS: proxies and NATs that ring only the phone that has registered through them; behind others none picks up by itself
	// PhoneProfiles are makes of desk phone of your own, by name, besides those that are there.
	PhoneProfiles map[string]PhoneProfile `koanf:"phone_profiles"`
}

// PhoneProfile is what must be known of a make of desk phone.
type PhoneProfile struct {
	// Headers ask the phone to pick up by itself, each "Name: value"; {us} stands for Kakeru's host and port.
	Headers []string `koanf:"headers"`
	// Talk asks a phone that rings all the same by a NOTIFY of the event talk.
	Talk bool `koanf:"talk"`
	// DialogEvent has the phone tell of calls that are none of Kakeru's (RFC 4235).
	DialogEvent bool `koanf:"dialog_event"`
}

// TLS is SIP over TLS. The files are read again when they change.
type TLS struct {
	Listen string `koanf:"listen"` // IP:port; no TLS from phones when empty
	Cert   string `koanf:"cert"`   // PEM: the certificate that phones and trunks are shown, with its chain
	Key    string `koanf:"key"`    // PEM: its key
	CA     string `koanf:"ca"`     // PEM: who may sign trunks' certificates; whom the system trusts when empty
}

// RTP is where media comes and goes. A call takes four ports.
type RTP struct {
	Bind      string `koanf:"bind"`      // IP
	Advertise string `koanf:"advertise"` // IP; Bind when empty
	PortMin   int    `koanf:"port_min"`
	PortMax   int    `koanf:"port_max"`
	// Networks are where the sound of a phone behind a NAT may come from besides the address that it signals from: IP/BITS.
	Networks []string `koanf:"networks"`
}

// Trunk is a line to the network.
type Trunk struct {
	Name string `koanf:"name"`
	// Address is the carrier's SIP peer: host:port, or a name alone, which is looked up by SRV.
	Address string `koanf:"address"`
	// Transport is "udp" (also when empty), "tcp" or "tls". Over TLS the peer shows a certificate for Domain.
	Transport string `koanf:"transport"`
	Domain    string `koanf:"domain"` // host part of the URIs; the address's host when empty
	Prefix    string `koanf:"prefix"` // dialled before the number: "0" for 0発信, or empty
	// CallerID is the ward's number, presented on every call.
	CallerID string `koanf:"caller_id"`
	// Numbers are further numbers of the centre by which calls come in here.
	Numbers  []string `koanf:"numbers"`
	User     string   `koanf:"user"`
	AuthUser string   `koanf:"auth_user"` // the user name in digests where it is not User
	Password string   `koanf:"password"`
	// PasswordFile holds the password instead.
	PasswordFile string `koanf:"password_file"`
	// Register has us register as User, as an extension of a PBX or a gateway does.
	Register bool          `koanf:"register"`
	Expires  time.Duration `koanf:"expires"` // how long a registration is asked for; an hour when 0
	// From is whose number From carries: "caller_id" (also when empty), or "user" for a PBX or gateway that knows us by
	// that and presents the ward's number itself.
	From string `koanf:"from"`
	// Watch is "options" (also when empty): asked by OPTIONS whether it is there; or "none".
	Watch string `koanf:"watch"`
	// SRTP is "off" (also when empty), "allowed" (taken when the other side offers it) or "required" (nothing else).
	SRTP string `koanf:"srtp"`
	// Wideband says that the line carries G.722 (HD voice), which then passes where both ends have it.
	Wideband bool `koanf:"wideband"`
	// Lab marks a simulated carrier: the only kind that is ever sent a sample's number.
	Lab bool `koanf:"lab"`
	// ResultsFile replaces the built-in table of connection results for this trunk (JSON).
	ResultsFile string `koanf:"results_file"`
}

// Desk is a seat and its phone: one that registers here with User and Password, one at a fixed Address, or one that is an
// Extension of a PBX, which is a trunk.
type Desk struct {
	ID       string `koanf:"id"`
	Name     string `koanf:"name"`
	User     string `koanf:"user"`
	Password string `koanf:"password"`
	// PasswordFile holds the password instead.
	PasswordFile string `koanf:"password_file"`
	Address      string `koanf:"address"` // "sip:201@192.0.2.10:5060", with ";transport=tcp" where it speaks that
	Trunk        string `koanf:"trunk"`   // the PBX, by its trunk's name
	// Extension is what the PBX knows the phone by.
	Extension string `koanf:"extension"`
	// SHA256 offers a phone that registers here a SHA-256 challenge beside the MD5 one; old phones stumble over it.
	SHA256 bool   `koanf:"sha256"`
	SRTP   string `koanf:"srtp"` // as a trunk's
	// Phone is the profile of its make, by which it answers by itself a call that its operator asked for: generic (also when
	// empty), yealink, panasonic, polycom, grandstream, snom, cisco, one of phone_profiles, or lift: the operator lifts the
	// handset. docs/phones.md has what to set on each.
	Phone string `koanf:"phone"`
	// Languages are those spoken there besides Japanese, for inbound.order "language": en, zh, vi.
	Languages []string `koanf:"languages"`
}

// Default is a centre as the specification describes it, without phones.
func Default() Settings {
	return Settings{
		HTTP: HTTP{Addr: "127.0.0.1:8080", PerSession: 100, PerAddress: 200, Connections: 8192, PerAddressConnections: 512},
		Auth: defaultAuth(),
		Centre: Centre{
			Target: 5700, Definition: "attempts", BreakMinutes: 60,
			SMS: Bounds{Month: 200, UpTo: 250, Year: 3000, Most: 5000}, Numbers: Bounds{Month: 1000, UpTo: 1200, Year: 14000},
			Week: map[string]string{
				"mon": "09:00-17:00", "tue": "09:00-17:00", "wed": "13:00-19:00", "thu": "09:00-17:00", "fri": "09:00-17:00",
			},
		},
		Clock:     Clock{Tell: 2 * time.Second, Stop: time.Minute},
		Alerts:    Alerts{LongTalk: 20 * time.Minute, SVAbsent: 10 * time.Minute, SVBreak: time.Hour, Behind: 20, BehindCalls: 10},
		Calls:     Calls{DeskRing: 20 * time.Second, Ring: 30 * time.Second, Talk: time.Hour, Drain: 30 * time.Second},
		Identity:  Identity{Needed: 2, Allowed: []string{"name", "born_on", "address", "ward_number"}},
		Inbound:   Inbound{Order: "all", RingSeconds: 45, StepSeconds: 10, OutsideHours: "turn_away"},
		Queue:     Queue{BestHour: "on"},
		Numbers:   Numbers{RingsPerDay: 2, RingGap: time.Hour, OtherBand: true, BusyPerDay: 3, BusyGap: 5 * time.Minute},
		SIP:       SIP{Listen: "0.0.0.0:5060", TCP: true, Hearing: true, RTP: RTP{PortMin: 20000, PortMax: 20999}},
		Recording: Recording{Notice: Beep},
		Node:      Node{Lease: 6 * time.Second, Beat: 2 * time.Second},
		StateDir:  "/var/lib/kakeru",
		LogLevel:  "info",
	}
}
