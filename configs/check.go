package configs

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// problems collects what is wrong, each with its key.
type problems []error

func (p *problems) addf(key, format string, args ...any) {
	*p = append(*p, fmt.Errorf("settings: %s: %s", key, fmt.Sprintf(format, args...)))
}

// Check refuses settings that cannot work; the error has one line for each key that is wrong.
func (s Settings) Check() error {
	var p problems
	s.HTTP.check(&p)
	s.HTTP.checkOrigin(&p)
	s.Auth.check(&p)
	s.Auth.OIDC.check(&p, s.HTTP.Origin)
	p.needed("database.url", s.Database.URL, "postgres://user@host/kakeru")
	s.Redis.check(&p)
	p.needed("state_dir", s.StateDir, "/var/lib/kakeru")
	p.oneOf("log_level", s.LogLevel, "debug", "info", "warn", "error")
	s.Centre.check(&p)
	s.Clock.check(&p)
	s.Alerts.check(&p)
	s.Calls.check(&p)
	s.Identity.check(&p)
	s.Inbound.check(&p)
	s.Numbers.check(&p)
	s.Queue.check(&p)
	s.SIP.check(&p)
	s.Recording.check(&p)
	s.Node.check(&p)
	s.Vault.check(&p)
	s.Close.check(&p)
	s.Report.check(&p)
	return errors.Join(p...)
}

// CheckChanged refuses what cannot work of those parts that are changed while the centre works.
func (s Settings) CheckChanged() error {
	var p problems
	s.Auth.check(&p)
	s.Calls.check(&p)
	s.Close.check(&p)
	return errors.Join(p...)
}

func (c Centre) check(p *problems) {
	if c.Target < 0 {
		p.addf("centre.target", "%d is no number of calls; write 0 or more", c.Target)
	}
	p.oneOf("centre.definition", c.Definition, "attempts", "persons", "cases", "thirds")
	c.SMS.check(p, "centre.sms")
	c.Numbers.check(p, "centre.numbers")
	for _, d := range []struct{ key, date string }{{"centre.from", c.From}, {"centre.until", c.Until}} {
		if d.date != "" {
			p.date(d.key, d.date)
		}
	}
	if c.From != "" && c.Until != "" && c.Until < c.From {
		p.addf("centre.until", "%s lies before centre.from, %s", c.Until, c.From)
	}
	for date, seats := range c.SeatsOn {
		p.date("centre.seats_on", date)
		if seats < 0 {
			p.addf("centre.seats_on."+date, "%d is no number of seats; write 0 or more", seats)
		}
	}
	if c.BreakMinutes < 0 || c.BreakMinutes > 240 {
		p.addf("centre.break_minutes", "%d is out of range; write 0 to 240", c.BreakMinutes)
	}
	if len(c.Week) == 0 && !c.AlwaysOpen {
		p.addf("centre.week", "no day is open; write for instance mon: \"09:00-17:00\"")
	}
	for day, span := range c.Week {
		if _, ok := Weekdays[day]; !ok {
			p.addf("centre.week."+day, "is no day; use mon tue wed thu fri sat sun")
		}
		p.span("centre.week."+day, span)
	}
	for _, date := range c.ClosedOn {
		p.date("centre.closed_on", date)
	}
	for date, span := range c.OpenOn {
		p.date("centre.open_on", date)
		p.span("centre.open_on."+date, span)
	}
}

func (b Bounds) check(p *problems, key string) {
	if b.Month < 0 || b.UpTo < 0 || b.Year < 0 || b.Most < 0 {
		p.addf(key, "a bound is below zero; write 0 for none")
	}
	if b.UpTo > 0 && b.UpTo < b.Month {
		p.addf(key+".up_to", "%d is less than %s.month, %d", b.UpTo, key, b.Month)
	}
	if b.Most > 0 && b.Most < b.Year {
		p.addf(key+".most", "%d is less than %s.year, %d", b.Most, key, b.Year)
	}
}

func (a Alerts) check(p *problems) {
	p.between("alerts.long_talk", a.LongTalk, time.Minute, 4*time.Hour)
	p.between("alerts.sv_absent", a.SVAbsent, time.Minute, 4*time.Hour)
	p.between("alerts.sv_break", a.SVBreak, time.Minute, 4*time.Hour)
	if a.Behind < 1 || a.Behind > 100 {
		p.addf("alerts.behind", "%d is no percentage; write 1 to 100", a.Behind)
	}
	if a.BehindCalls < 1 || a.BehindCalls > 10_000 {
		p.addf("alerts.behind_calls", "%d calls cannot be; write 1 to 10000", a.BehindCalls)
	}
}

func (c Clock) check(p *problems) {
	p.between("clock.tell", c.Tell, 100*time.Millisecond, time.Minute)
	p.between("clock.stop", c.Stop, time.Second, time.Hour)
	if c.Stop < c.Tell {
		p.addf("clock.stop", "%s is less than clock.tell; write at least %s", c.Stop, c.Tell)
	}
}

func (c Calls) check(p *problems) {
	p.between("calls.desk_ring", c.DeskRing, time.Second, 2*time.Minute)
	p.between("calls.ring", c.Ring, time.Second, 3*time.Minute)
	p.between("calls.talk", c.Talk, time.Minute, 12*time.Hour)
	p.between("calls.drain", c.Drain, 0, time.Hour)
	if c.MostPerHour < 0 || c.MostPerDay < 0 {
		p.addf("calls.most_per_hour", "a ceiling below zero; write 0 for 60 an hour and 400 a day for each desk (calls.most_per_day likewise)")
	}
	if c.MostPerDay > 0 && c.MostPerHour > c.MostPerDay {
		p.addf("calls.most_per_day", "%d is less than calls.most_per_hour, %d", c.MostPerDay, c.MostPerHour)
	}
}

func (i Inbound) check(p *problems) {
	p.oneOf("inbound.order", i.Order, "all", "longest_idle", "language")
	p.seconds("inbound.ring_seconds", i.RingSeconds, 5, 120)
	p.seconds("inbound.step_seconds", i.StepSeconds, 1, 60)
	p.oneOf("inbound.outside_hours", i.OutsideHours, "turn_away", "ring")
}

func (n Numbers) check(p *problems) {
	if n.RingsPerDay < 1 {
		p.addf("numbers.rings_per_day", "%d; write 1 or more", n.RingsPerDay)
	}
	if n.BusyPerDay < 1 {
		p.addf("numbers.busy_per_day", "%d; write 1 or more", n.BusyPerDay)
	}
	p.between("numbers.ring_gap", n.RingGap, 0, 24*time.Hour)
	p.between("numbers.busy_gap", n.BusyGap, 0, 24*time.Hour)
}

// longestBusyTone is the most that sip.busy_tone may be.
const longestBusyTone = 5 * time.Second

func (s SIP) check(p *problems) {
	p.hostPort("sip.listen", s.Listen)
	if host, _, err := net.SplitHostPort(s.Listen); err == nil && s.Advertise == "" {
		if ip, err := netip.ParseAddr(host); err != nil || ip.IsUnspecified() {
			p.addf("sip.advertise", "is missing; write the IP address that phones and carrier reach us at")
		}
	}
	if s.BusyTone < 0 || s.BusyTone > longestBusyTone {
		p.addf("sip.busy_tone", "%s is not between 0 and %s; the desk is not free while it lasts", s.BusyTone, longestBusyTone)
	}
	s.TLS.check(p)
	s.RTP.check(p)
	checkNetworks(p, "sip.edges", s.Edges, "phones behind whatever is there pick up by themselves; name the proxy's own address, as 192.0.2.1/32")
	if len(s.Trunks) == 0 {
		p.addf("sip.trunks", "there is none; without a trunk nothing can be dialled")
	}
	if len(s.Desks) == 0 {
		p.addf("sip.desks", "there is none; write one for each desk phone")
	}
	names := map[string]bool{}
	for i, t := range s.Trunks {
		t.check(p, fmt.Sprintf("sip.trunks[%d]", i), names)
	}
	ids := map[string]bool{}
	for i, d := range s.Desks {
		d.check(p, fmt.Sprintf("sip.desks[%d]", i), ids)
		if d.Trunk != "" && !names[d.Trunk] {
			p.addf(fmt.Sprintf("sip.desks[%d].trunk", i), "there is no trunk named %q", d.Trunk)
		}
	}
}

func (t TLS) check(p *problems) {
	if t.Listen != "" {
		p.hostPort("sip.tls.listen", t.Listen)
		p.needed("sip.tls.cert", t.Cert, "the PEM file of the certificate that phones are shown")
	}
	if (t.Cert == "") != (t.Key == "") {
		p.addf("sip.tls.key", "a certificate and its key go together; write both files")
	}
}

// checkNetworks checks IP/BITS, of which none may be half of all addresses' bits wide; tooWide says what would follow.
func checkNetworks(p *problems, list string, networks []string, tooWide string) {
	for i, text := range networks {
		key := fmt.Sprintf("%s[%d]", list, i)
		network, err := netip.ParsePrefix(text)
		switch {
		case err != nil:
			p.addf(key, "%q is no network; write it as 198.51.100.0/24", text)
		case network.Bits() < network.Addr().BitLen()/2:
			p.addf(key, "%q is too wide: %s", text, tooWide)
		}
	}
}

func (r RTP) check(p *problems) {
	for key, ip := range map[string]string{"sip.rtp.bind": r.Bind, "sip.rtp.advertise": r.Advertise} {
		if _, err := netip.ParseAddr(ip); ip != "" && err != nil {
			p.addf(key, "%q is no IP address", ip)
		}
	}
	checkNetworks(p, "sip.rtp.networks", r.Networks, "whoever speaks first from there is taken for the phone; name the gateway's own network")
	if r.PortMin < 1024 || r.PortMax > 65535 || r.PortMax-r.PortMin < 3 {
		p.addf("sip.rtp.port_min", "%d–%d is no usable range; a call takes four ports between 1024 and 65535", r.PortMin, r.PortMax)
	}
}

// srtp is how sound can be protected.
var srtp = []string{"", "off", "allowed", "required"}

func (t Trunk) check(p *problems, key string, names map[string]bool) {
	p.needed(key+".name", t.Name, "main")
	if names[t.Name] {
		p.addf(key+".name", "%q is there twice", t.Name)
	}
	names[t.Name] = true
	if strings.Contains(t.Address, ":") || t.Address == "" {
		p.hostPort(key+".address", t.Address)
	}
	p.oneOf(key+".transport", t.Transport, "", "udp", "tcp", "tls")
	p.digits(key+".prefix", t.Prefix)
	p.digits(key+".caller_id", t.CallerID)
	for i, n := range t.Numbers {
		k := fmt.Sprintf("%s.numbers[%d]", key, i)
		p.needed(k, n, "a number of the centre, digits only")
		p.digits(k, n)
	}
	p.needed(key+".caller_id", t.CallerID, "the ward's number, digits only")
	if (t.User == "") != (t.Password == "") {
		p.addf(key+".password", "user and password go together")
	}
	p.oneOf(key+".from", t.From, "", "caller_id", "user")
	p.oneOf(key+".srtp", t.SRTP, srtp...)
	p.oneOf(key+".watch", t.Watch, "", "options", "none")
	if t.User == "" && (t.Register || t.From == "user" || t.AuthUser != "") {
		p.addf(key+".user", "is missing; write whom the trunk knows us as")
	}
	if t.Expires != 0 {
		p.between(key+".expires", t.Expires, 30*time.Second, 24*time.Hour)
	}
}

func (d Desk) check(p *problems, key string, ids map[string]bool) {
	p.needed(key+".id", d.ID, "desk1")
	if ids[d.ID] {
		p.addf(key+".id", "%q is there twice", d.ID)
	}
	ids[d.ID] = true
	p.oneOf(key+".srtp", d.SRTP, srtp...)
	for i, l := range d.Languages {
		p.oneOf(fmt.Sprintf("%s.languages[%d]", key, i), l, "en", "zh", "vi")
	}
	if d.SHA256 && d.User == "" {
		p.addf(key+".sha256", "is for a phone that registers here; leave it out, or write user and password")
	}
	switch {
	case d.Trunk != "" || d.Extension != "":
		if d.Trunk == "" || d.Extension == "" || d.Address != "" || d.User != "" {
			p.addf(key, "a phone behind a PBX has a trunk and an extension, and neither user nor address")
		}
		p.digits(key+".extension", d.Extension)
	case d.Address == "" && (d.User == "" || d.Password == ""):
		p.addf(key, "write user and password for a phone that registers here, address for one that does not, or trunk and extension for a PBX's")
	case d.Address != "" && d.User != "":
		p.addf(key, "write either user and password, or address, not both")
	}
}

func (p *problems) needed(key, value, example string) {
	if value == "" {
		p.addf(key, "is missing; write %s", example)
	}
}

// oneOf allows "" for a default that the setting's comment names.
func (p *problems) oneOf(key, value string, allowed ...string) {
	if slices.Contains(allowed, value) {
		return
	}
	named := slices.DeleteFunc(slices.Clone(allowed), func(s string) bool { return s == "" })
	p.addf(key, "%q is not known; write one of %s", value, strings.Join(named, ", "))
}

func (p *problems) between(key string, d, low, high time.Duration) {
	if d < low || d > high {
		p.addf(key, "%s is out of range; write %s to %s", d, low, high)
	}
}

func (p *problems) seconds(key string, n, low, high int) {
	if n < low || n > high {
		p.addf(key, "%d is out of range; write %d to %d", n, low, high)
	}
}

// rate bounds requests a second: fewer would not do for one screen.
func (p *problems) rate(key string, perSecond int) {
	if perSecond < leastRate {
		p.addf(key, "%d requests a second are too few for a screen; write %d or more", perSecond, leastRate)
	}
}

const leastRate = 10

// connections are counted at a door through which a browser needs leastConnections.
func (p *problems) connections(key string, n int) {
	if n < leastConnections {
		p.addf(key, "%d connections are too few for two screens; write %d or more", n, leastConnections)
	}
}

const leastConnections = 16

func (p *problems) hostPort(key, value string) {
	_, port, err := net.SplitHostPort(value)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		p.addf(key, "%q is no host:port", value)
	}
}

func (p *problems) digits(key, value string) {
	if strings.Trim(value, "0123456789") != "" {
		p.addf(key, "may hold digits only")
	}
}

func (p *problems) date(key, value string) {
	if _, err := time.Parse(time.DateOnly, value); err != nil {
		p.addf(key, "%q is no date; write YYYY-MM-DD", value)
	}
}

func (p *problems) span(key, value string) {
	if _, _, err := ParseSpan(value); err != nil {
		p.addf(key, "%v", err)
	}
}

// Weekdays are the names of days in centre.week.
var Weekdays = map[string]time.Weekday{
	"sun": time.Sunday, "mon": time.Monday, "tue": time.Tuesday, "wed": time.Wednesday,
	"thu": time.Thursday, "fri": time.Friday, "sat": time.Saturday,
}

var span = regexp.MustCompile(`^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$`)

// ParseSpan reads "09:00-17:00" as minutes since midnight.
func ParseSpan(s string) (from, to int, err error) {
	var of [4]int
	found := span.FindStringSubmatch(s)
	for i := range min(len(of), max(0, len(found)-1)) {
		of[i], _ = strconv.Atoi(found[i+1]) // one or two digits
	}
	from, to = of[0]*60+of[1], of[2]*60+of[3]
	if found == nil || of[1] > 59 || of[3] > 59 || to > 24*60 || from >= to {
		return 0, 0, fmt.Errorf("%q are no opening hours; write one span, for instance \"09:00-17:00\" (the break is centre.break_minutes)", s)
	}
	return from, to, nil
}
