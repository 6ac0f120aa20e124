package sip

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kakeru/dialer"
	"kakeru/sip/media"
	"kakeru/sip/media/recording"
)

// Config is everything an Agent must be told. New checks it and names the key that is wrong.
type Config struct {
	// Listen is our UDP address, "192.0.2.10:5060" or "[2001:db8::10]:5060". Port 0 takes a free one; Agent.Addr tells which.
	Listen string
	// TCP has us listen for TCP at the same address, and send by it what is too long for a datagram.
	TCP bool
	// TLS says whether we listen for TLS too, and whom we trust when we connect to others.
	TLS TLS
	// AdvertiseHost is the IP address or name that others reach us by; the address of Listen if empty.
	AdvertiseHost string
	// Realm is what our registrar asks phones to authenticate for; "kakeru" if empty.
	Realm string
	// Media says where sound goes in and out.
	Media media.Config
	// Trunks are tried in this order: a call leaves by the first that may carry it and is up, and goes on by the next when
	// that one refuses before anything rang.
	Trunks []Trunk
	// Announcement is a WAV file that a caller hears who comes while nobody is to be rung: 8000 Hz, one channel, 16 bits, at
	// most 30 s. Without one the call is refused (480).
	Announcement string
	// Recorder keeps what is said in talks; nil records nothing. While there is one, nobody is offered G.722.
	Recorder *recording.Recorder
	// RecordingNotice is a WAV file as Announcement, which both sides of a talk hear before it is recorded; two beeps if empty.
	RecordingNotice string
	// Desks are the phones that operators sit at.
	Desks []Desk
	// Edges are proxies and NATs between us and phones that let a phone be rung only where it has registered from. A phone behind any other is not asked to pick
	// up by itself (claims.go).
	Edges []netip.Prefix
	// PhoneProfiles are the owner's own, by name, besides those that everybody has.
	PhoneProfiles map[string]Profile
	// Timers are RFC 3261's; zero fields take its values. They hold for the process: see Timers.
	Timers Timers
	// ConfirmAfter is how long an answer waits for Leg.Confirm before it is confirmed all the same; 0.5 s if 0.
	ConfirmAfter time.Duration
	// SessionExpires is how long a session lasts that nobody refreshes (RFC 4028), MinSessionExpires the shortest that we agree
	// to; 30 min and 90 s if 0.
	SessionExpires    time.Duration
	MinSessionExpires time.Duration
	// KeepAlive is the time between OPTIONS to a phone. One that has fallen silent is seen as gone within
	// KeepAlive + 64·T1; 20 s if 0, which makes that 52 s.
	KeepAlive time.Duration
	// MinExpires is the shortest registration a phone may ask for; one minute if 0.
	MinExpires time.Duration
	// BindingsFile is where registrations are kept over a restart; empty keeps none, and phones are gone until they renew.
	BindingsFile string
	// Where is called, never concurrently with itself, with where a desk's phone is whenever that has changed, in an encoding of
	// ours for Learn. It must not wait for anything; nil where no other server rings these phones.
	Where func(desk dialer.DeskID, where []byte)
	// Hearing has the customer's sound listened to, for hints at recorders, faxes and tones.
	Hearing bool
	// BusyTone is how long the operator hears that the other side is gone, or did not come, before the desk phone is hung up;
	// not at all if 0, MaxBusyTone at most. Meanwhile the desk is not free, and its Gone may come so much later.
	BusyTone time.Duration
	// ConnectWithin is how long a connection may take to open, and its TLS as long again; 4 s if 0.
	ConnectWithin time.Duration
	// StreamIdle is how long a connection that others opened stays open with nothing coming by it, ours to a trunk or a phone at a fixed address 24
	// times as long, and to where a far end has us go on a fifth; 5 min if 0.
	StreamIdle time.Duration
	// StopGrace bounds how long Run waits, once it was told to end, for the legs it hangs up; 2 s if 0.
	StopGrace time.Duration
	// SoundCheck is the time between two looks at how a talk sounds, SilentAfter how long nothing may come from one of its ends
	// until that is told; 1 s and 3 s if 0.
	SoundCheck  time.Duration
	SilentAfter time.Duration
	// RegisterRetry is the pause after the first registration with a trunk that failed; it doubles up to a minute. 2 s if 0.
	RegisterRetry time.Duration
	// Resolver looks up the trunks' names; the system's if nil.
	Resolver *net.Resolver
	// ReceiveBuffer is what we ask the kernel for, in bytes; 4 MiB if 0. Agent.ReceiveBuffer tells what it gave.
	ReceiveBuffer int
	// Secret seals the tags of our calls, so that a process can tell an answer to a dead one's INVITE from a forged one. It is alike on all
	// nodes and over a restart; empty takes a random one, and then only this process's own calls are known.
	Secret []byte
	// Log gets one line a change; nil for none.
	Log *slog.Logger
	// Metrics registers our figures; nil for none.
	Metrics prometheus.Registerer
	// Now is the clock of evidence, registrations and nonces; time.Now if nil.
	Now dialer.Clock
}

// Trunk is a line to the public network.
type Trunk struct {
	Name string
	// Transport is "udp", also when empty, "tcp" or "tls". Over TLS the other side must show a certificate for Domain.
	Transport string
	// Address is where INVITEs go: an IP address or a name, with a port. A name without a port is looked up by its SRV
	// records (RFC 3263 §4.2) and, where it has none, like port 5060. All addresses found are used, in their order.
	Address string
	Domain  string // of the Request-URI, From and To; the host of Address if empty
	// Prefix is dialled before every number (0発信); digits, or nothing.
	Prefix string
	// CallerID is the ward's number in national digits. It is always presented.
	CallerID string
	// Numbers are further numbers of the centre, in national digits, by which calls come in here.
	Numbers []string
	// Lab marks a trunk that ends in a simulated carrier: only there may made-up numbers be dialled.
	Lab      bool
	User     string // whom the trunk knows us as; empty if it asks for nobody
	AuthUser string // the user name in digests, where that is another; User if empty
	Password string
	// Register has us register with the trunk as User (RFC 3261 §10.2), as an extension of a PBX or a gateway does. While it
	// is not registered, the trunk carries nothing.
	Register bool
	// Expires is how long a registration we ask for; one hour if 0.
	Expires time.Duration
	// FromUser puts User into From instead of CallerID: a PBX or a gateway knows us by that, and presents the ward's number
	// to the network itself.
	FromUser bool
	// Watch has each of the trunk's addresses asked by OPTIONS. One that had answered and has fallen silent, or says that
	// it is out of service, or cannot be connected to by TCP or TLS, is passed over; one that never answers OPTIONS is tried all the same.
	Watch bool
	// SRTP says whether the sound of the trunk's calls is protected. Its keys stand in the SIP messages: without TLS, whoever
	// reads those reads the sound too.
	SRTP media.Security
	// Wideband says that the line carries G.722 (HD voice): it is offered to the phone, and to the line if the phone has it.
	Wideband bool
}

// Desk is an operator's phone: at a fixed address, registered with us by an account, or an extension behind a trunk that
// is a PBX; only one of these.
type Desk struct {
	ID dialer.DeskID
	// Trunk names the PBX that has the phone, Extension is what it is dialled by there.
	Trunk     string
	Extension string
	// URI is the phone's fixed address, "sip:201@192.0.2.21:5060"; with ";transport=tcp" or "tls" if it speaks that.
	URI string
	// Watch has a phone at a fixed address asked by OPTIONS whether it is there.
	Watch bool
	// Account is the user name a phone registers with, Password its secret.
	Account  string
	Password string
	// SHA256 offers the phone a SHA-256 challenge before the MD5 one (RFC 8760). Old phones stumble over it.
	SHA256 bool
	// Phone names the profile of its make; "generic" if empty. With "lift" it rings, and the operator lifts the handset.
	Phone string
	// SRTP says whether the sound to and from the phone is protected, as for a trunk.
	SRTP media.Security
}

// from is the user part that From must have.
func (t Trunk) from() string {
	if t.FromUser {
		return t.User
	}
	return t.CallerID
}

// by is the trunk's transport.
func (t Trunk) by() transport {
	by, _ := transportOf(t.Transport)
	return by
}

// credentials answer the trunk's challenges.
func (t Trunk) credentials() credentials { return credentials{orElse(t.AuthUser, t.User), t.Password} }

// uri is a user at the trunk.
func (t Trunk) uri(user string) string { return "sip:" + user + "@" + t.domain() }

// registers reports whether the phone comes to us by REGISTER.
func (d Desk) registers() bool { return d.Account != "" }

// domain is the host part of the trunk's URIs.
func (t Trunk) domain() string {
	if t.Domain != "" {
		return inURI(bare(t.Domain))
	}
	host, _, err := net.SplitHostPort(t.Address)
	if err != nil {
		return t.Address
	}
	return inURI(host)
}

// inURI is a host as it stands in a URI: an IPv6 address in brackets (RFC 3261 §19.1.1).
func inURI(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// bare is a host without the brackets of a URI.
func bare(host string) string { return strings.Trim(host, "[]") }

var (
	digitsOnly = regexp.MustCompile(`^[0-9]*$`)
	// neverPrefix is what no trunk may put before a number (DOMAIN "Never"): a number is presented, by our own carrier.
	neverPrefix = regexp.MustCompile(`^(184|186|010|00)`)
	safeName    = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
)

// MaxBusyTone is the longest that BusyTone may be: with 64·T1, which it puts off, less than the dialer waits for a leg to end.
const MaxBusyTone = 5 * time.Second

// withDefaults fills in what was left out.
func (c Config) withDefaults() Config {
	c.Timers = c.Timers.withDefaults()
	c.Realm = orElse(c.Realm, "kakeru")
	c.ConfirmAfter = orElse(c.ConfirmAfter, 500*time.Millisecond)
	c.KeepAlive = orElse(c.KeepAlive, 20*time.Second)
	c.MinExpires = orElse(c.MinExpires, time.Minute)
	c.SessionExpires = orElse(c.SessionExpires, 30*time.Minute)
	c.MinSessionExpires = orElse(c.MinSessionExpires, 90*time.Second)
	c.ConnectWithin = orElse(c.ConnectWithin, 4*time.Second)
	c.StreamIdle = orElse(c.StreamIdle, 5*time.Minute)
	c.StopGrace = orElse(c.StopGrace, 2*time.Second)
	c.SoundCheck = orElse(c.SoundCheck, time.Second)
	c.SilentAfter = orElse(c.SilentAfter, 3*time.Second)
	c.RegisterRetry = orElse(c.RegisterRetry, 2*time.Second)
	c.Resolver = orElse(c.Resolver, net.DefaultResolver)
	c.ReceiveBuffer = orElse(c.ReceiveBuffer, 4<<20)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func orElse[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// validate returns everything that is wrong, each with its key.
func (c Config) validate() error {
	var faults []error
	fault := func(key, format string, args ...any) {
		faults = append(faults, fmt.Errorf("sip.%s: %s", key, fmt.Sprintf(format, args...)))
	}
	listen, err := netip.ParseAddrPort(c.Listen)
	switch {
	case err != nil:
		fault("listen", "must be an IP address and a port, such as 0.0.0.0:5060")
	case listen.Addr().IsUnspecified() && c.AdvertiseHost == "":
		fault("advertise_host", "must name the address that phones reach us by, since listen is open to all")
	}
	if _, err := netip.ParseAddr(c.AdvertiseHost); err != nil && strings.ContainsAny(c.AdvertiseHost, " \t\r\n:/@[]") {
		fault("advertise_host", "must be a host name or an IP address without a port")
	}
	c.TLS.validate(fault)
	if !safeName.MatchString(c.Realm) {
		fault("realm", "may hold letters, digits, dots, dashes and underscores only")
	}
	if err := c.Timers.validate(); err != nil {
		fault("timers", "%v", err)
	}
	if min(c.ConfirmAfter, c.KeepAlive, c.MinExpires, c.ConnectWithin, c.StreamIdle, c.StopGrace, c.RegisterRetry, c.SoundCheck, c.SilentAfter) < 0 || c.ReceiveBuffer < 0 {
		fault("confirm_after, keep_alive, min_expires, connect_within, stream_idle, stop_grace, register_retry, sound_check, silent_after, receive_buffer", "must not be negative")
	}
	if c.BusyTone < 0 || c.BusyTone > MaxBusyTone {
		fault("busy_tone", "must be between 0 and %s", MaxBusyTone)
	}
	validateTrunks(c.Trunks, fault)
	validateDesks(c.Desks, c.Trunks, fault)
	c.validateProfiles(fault)
	return errors.Join(faults...)
}

func validateTrunks(trunks []Trunk, fault func(key, format string, args ...any)) {
	seen := map[string]bool{}
	for i, t := range trunks {
		key := func(name string) string { return fmt.Sprintf("trunks[%d].%s", i, name) }
		switch {
		case t.Name == "":
			fault(key("name"), "is missing")
		case seen[t.Name]:
			fault(key("name"), "%q is taken by an earlier trunk", t.Name)
		}
		seen[t.Name] = true
		if _, ok := transportOf(t.Transport); !ok {
			fault(key("transport"), "is %q; use udp, tcp or tls", t.Transport)
		}
		if _, _, err := splitHostPort(t.Address, t.by()); err != nil {
			fault(key("address"), "must be host:port: %v", err)
		}
		if strings.ContainsAny(t.Domain, " \t\r\n;<>@\"") {
			fault(key("domain"), "must be a host name")
		}
		switch {
		case !digitsOnly.MatchString(t.Prefix):
			fault(key("prefix"), "may hold digits only")
		case neverPrefix.MatchString(t.Prefix):
			fault(key("prefix"), "184 and 186 change what is presented, 010 and 00 choose another carrier or country: never dialled")
		}
		if t.CallerID == "" || !digitsOnly.MatchString(t.CallerID) || t.CallerID[0] != '0' {
			fault(key("caller_id"), "must be the ward's own number in national digits: it is always presented")
		}
		switch {
		case t.User == "" && (t.Password != "" || t.Register || t.FromUser):
			fault(key("user"), "is missing, though there is a password, a registration, or a From of the user's")
		case t.User != "" && !safeName.MatchString(t.User):
			fault(key("user"), "may hold letters, digits, dots, dashes and underscores only")
		}
		if t.Expires < 0 || t.Expires > 0 && t.Expires < time.Second {
			fault(key("expires"), "must be a second or more")
		}
	}
}

func validateDesks(desks []Desk, trunks []Trunk, fault func(key, format string, args ...any)) {
	ids, accounts := map[dialer.DeskID]bool{}, map[string]bool{}
	for i, d := range desks {
		key := func(name string) string { return fmt.Sprintf("desks[%d].%s", i, name) }
		switch {
		case d.ID == "":
			fault(key("id"), "is missing")
		case ids[d.ID]:
			fault(key("id"), "%q is taken by an earlier desk", d.ID)
		}
		ids[d.ID] = true
		switch {
		case d.Trunk != "":
			validateExtension(d, trunks, func(name, format string, args ...any) { fault(key(name), format, args...) })
		case (d.URI == "") == (d.Account == ""):
			fault(key("uri"), "give either the phone's address or an account to register with")
		case d.URI != "":
			if _, _, err := fixedAddress(d.URI); err != nil {
				fault(key("uri"), "must look like sip:201@192.0.2.21:5060: %v", err)
			}
		case !safeName.MatchString(d.Account):
			fault(key("account"), "may hold letters, digits, dots, dashes and underscores only")
		case accounts[d.Account]:
			fault(key("account"), "is taken by an earlier desk")
		case d.Password == "":
			fault(key("password"), "is missing: a phone without a secret could be anybody's")
		}
		accounts[d.Account] = d.Account != ""
	}
}

// validateExtension looks at a desk whose phone is a PBX's.
func validateExtension(d Desk, trunks []Trunk, fault func(name, format string, args ...any)) {
	if !slices.ContainsFunc(trunks, func(t Trunk) bool { return t.Name == d.Trunk }) {
		fault("trunk", "%q is not the name of a trunk", d.Trunk)
	}
	if d.Extension == "" || !digitsOnly.MatchString(d.Extension) {
		fault("extension", "must be what the PBX knows the phone by, in digits")
	}
	if d.URI != "" || d.Account != "" {
		fault("trunk", "a phone behind a PBX has neither an address nor an account here")
	}
}
