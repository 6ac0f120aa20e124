package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/postgres"
	"kakeru/sip"
)

// grade is how bad a finding is.
type grade string

const (
	fine  grade = "ok"
	minor grade = "warn" // calls can be made, but somebody should look
	major grade = "FAIL" // calls cannot be made, or what comes of them is not kept
)

// finding is one line of the doctor's: what was looked at, what it is like, and what to do.
type finding struct {
	grade grade
	about string
	says  string
	todo  string // empty when nothing is to be done
}

func (f finding) print(w io.Writer) {
	line := fmt.Sprintf("%-4s  %-18s %s", f.grade, f.about, f.says)
	if f.todo != "" {
		line += " → " + f.todo
	}
	fmt.Fprintln(w, line)
}

// errFindings is told after the findings were printed.
var errFindings = errors.New("something must be mended before calls can be made; the lines marked FAIL say what to do")

// runDoctor checks a set-up from the outside, also beside a running server: it registers nothing, rings nobody and changes
// nothing.
func runDoctor(ctx context.Context, args []string, std streams) error {
	s, err := settingsAlone("doctor", args, std)
	if err != nil {
		return err
	}
	failed := false
	for _, check := range checks {
		for _, f := range check(ctx, s) {
			f.print(std.out)
			failed = failed || f.grade == major
		}
	}
	if failed {
		return errFindings
	}
	return nil
}

// checks are what the doctor looks at, in this order.
var checks = []func(context.Context, configs.Settings) []finding{
	checkLedger, checkRole, checkAsMade, checkNodes, checkQueue, checkRules, checkSettings, checkClock, checkDisk, checkVault, checkPanel, checkDirectory, checkSound,
	checkKeys, checkPasswords, checkRecording,
	checkWires, checkFiles, checkProcess, checkPhones,
}

// checkWithin bounds the answer of a store.
const checkWithin = 5 * time.Second

func checkLedger(ctx context.Context, s configs.Settings) []finding {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	refs, err := knownRefs(s)
	if err == nil {
		err = postgres.Inspect(ctx, s.Database.URL, refs)
	}
	if err != nil {
		return []finding{{major, "PostgreSQL", oneLine(err), "see database.url, secret_file and `kakeru migrate`"}}
	}
	return []finding{{fine, "PostgreSQL", "answers; its schema and its secret are this program's", ""}}
}

// knownRefs are made of the secret that is there; nil when the first start has yet to make one.
func knownRefs(s configs.Settings) (*dialer.Refs, error) {
	if _, err := os.Stat(secretPath(s)); s.SecretFile == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // there is none, and that is no mistake
	}
	key, err := secret(s)
	if err != nil {
		return nil, err
	}
	refs := dialer.NewRefs(key)
	return &refs, nil
}

// What must be free for the spool: an end is a few kilobytes, a bad day a few megabytes.
const (
	diskLow   = 1 << 30
	diskEmpty = 64 << 20
)

func checkDisk(_ context.Context, s configs.Settings) []finding {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(s.StateDir, &fs); err != nil {
		return []finding{{major, "disk", s.StateDir + " cannot be used: " + err.Error(), "make it, or correct state_dir"}}
	}
	free := fs.Bavail * uint64(fs.Bsize) //nolint:gosec // a block size is no negative number
	f := finding{fine, "disk", fmt.Sprintf("%d MiB free for state_dir", free>>20), ""}
	switch {
	case free < diskEmpty:
		f.grade, f.todo = major, "make room: the spool could not keep what PostgreSQL misses"
	case free < diskLow:
		f.grade, f.todo = minor, "make room soon"
	}
	return []finding{f}
}

// checkPanel looks whether the panel is served here already, and whether it is safe to reach from elsewhere.
func checkPanel(ctx context.Context, s configs.Settings) []finding {
	all := []finding{{fine, "panel", "no server runs at " + s.HTTP.Addr + "; its address is free", ""}}
	if serves(ctx, s) {
		all[0].says = "a server runs at " + s.HTTP.Addr
	} else if l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.HTTP.Addr); err != nil {
		all[0] = finding{major, "panel", s.HTTP.Addr + " is taken by another program", "stop that, or change http.addr"}
	} else {
		_ = l.Close()
	}
	all = append(all, checkPanelWay(s.HTTP)...)
	return append(all, checkPanelCertificate(s.HTTP)...)
}

// serves says whether a kakeru answers at the panel's address.
func serves(ctx context.Context, s configs.Settings) bool {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.HTTP.Scheme()+"://"+s.HTTP.Addr+"/healthz", nil)
	if err != nil {
		return false
	}
	// Who signed the certificate is looked at elsewhere; here it is asked whether it is us that answers at our own address.
	own := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // nothing is sent
	defer own.CloseIdleConnections()
	resp, err := (&http.Client{Transport: own}).Do(req)
	if err != nil {
		return false
	}
	return resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
}

// checkSound counts the free RTP ports; a call takes four.
func checkSound(ctx context.Context, s configs.Settings) []finding {
	bind := s.SIP.RTP.Bind
	if host, _, err := net.SplitHostPort(s.SIP.Listen); bind == "" && err == nil {
		bind = host
	}
	free, all := 0, s.SIP.RTP.PortMax-s.SIP.RTP.PortMin+1
	for port := s.SIP.RTP.PortMin; port <= s.SIP.RTP.PortMax; port++ {
		c, err := (&net.ListenConfig{}).ListenPacket(ctx, "udp", net.JoinHostPort(bind, strconv.Itoa(port)))
		if err == nil {
			_ = c.Close()
			free++
		}
	}
	f := finding{fine, "RTP ports", fmt.Sprintf("%d of %d are free on %s", free, all, bind), ""}
	switch needed := 4 * len(s.SIP.Desks); {
	case free < needed && !serves(ctx, s):
		f.grade, f.todo = major, fmt.Sprintf("%d desks need %d; widen sip.rtp, or correct sip.rtp.bind", len(s.SIP.Desks), needed)
	case free < all*9/10:
		f.grade, f.todo = minor, "choose a range outside net.ipv4.ip_local_port_range, which other programs take ports from"
	}
	return []finding{f}
}

// checkKeys: what protects the sound must not be read on the way either (RFC 4568 §7).
func checkKeys(_ context.Context, s configs.Settings) []finding {
	var all []finding
	warn := func(what, name, srtp string, encrypted bool) {
		if !encrypted && (srtp == "allowed" || srtp == "required") {
			all = append(all, finding{
				minor, what + " " + name, "its SRTP keys stand in SIP messages that are not encrypted",
				"keep its network apart (a VPN or a VLAN): whoever can read the messages can hear the calls",
			})
		}
	}
	for _, t := range s.SIP.Trunks {
		warn("trunk", t.Name, t.SRTP, t.Transport == "tls")
	}
	for _, d := range s.SIP.Desks {
		// How a phone registers is its own choice: with TLS there it can be told to use it.
		warn("desk", d.ID, d.SRTP, s.SIP.TLS.Listen != "" || strings.Contains(d.Address, "transport=tls"))
	}
	return all
}

// checkPhones looks at everything that speaks SIP, from a port of its own.
func checkPhones(ctx context.Context, s configs.Settings) []finding {
	conf, err := sipConfig(s.SIP)
	if err != nil {
		return []finding{{major, "SIP", oneLine(err), ""}}
	}
	host, _, _ := net.SplitHostPort(conf.Listen)
	trunks, desks := conf.Trunks, conf.Desks
	// The doctor's own agent neither registers nor watches: it asks, and is gone.
	conf.Listen, conf.Trunks, conf.Desks = net.JoinHostPort(host, "0"), nil, nil
	shown := checkCertificate(s.SIP)
	conf.TCP, conf.TLS.Listen = false, ""
	if slices.ContainsFunc(shown, func(f finding) bool { return f.grade == major }) {
		conf.TLS.Certificate, conf.TLS.Key = "", "" // that is said; the trunks are asked all the same
	}
	conf.Timers = sip.Timers{T1: 50 * time.Millisecond} // silence is told after 3.2 s
	a, err := sip.New(conf)
	if err == nil {
		err = a.Start()
	}
	if err != nil {
		return append(shown, finding{major, "SIP", oneLine(err), "correct sip.listen, or sip.tls.ca"})
	}
	rooms, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { _ = a.Run(rooms) }) // it has asked what it was to ask
	defer running.Wait()
	defer stop()
	all := slices.Concat(checkSIPPorts(ctx, s), shown, checkCallbacks(s.SIP))
	if got, want := a.ReceiveBuffer(), 4<<20; got < want {
		all = append(all, finding{
			minor, "SIP buffer", fmt.Sprintf("the kernel grants %d KiB of %d", got>>10, want>>10),
			fmt.Sprintf("sysctl -w net.core.rmem_max=%d", want),
		})
	}
	return append(all, askAll(ctx, a, trunks, desks, filepath.Join(s.StateDir, bindingsFile))...)
}

// checkSIPPorts looks whether what phones and trunks reach us by can be opened.
func checkSIPPorts(ctx context.Context, s configs.Settings) []finding {
	all := []finding{checkPort(ctx, s, "udp", "sip.listen", s.SIP.Listen)}
	if s.SIP.TCP {
		all = append(all, checkPort(ctx, s, "tcp", "sip.listen", s.SIP.Listen))
	}
	if s.SIP.TLS.Listen != "" {
		all = append(all, checkPort(ctx, s, "tcp", "sip.tls.listen", s.SIP.TLS.Listen))
	}
	return all
}

func checkPort(ctx context.Context, s configs.Settings, network, key, address string) finding {
	about := "SIP port " + strings.ToUpper(network)
	var (
		c   io.Closer
		err error
	)
	if network == "udp" {
		c, err = (&net.ListenConfig{}).ListenPacket(ctx, network, address)
	} else {
		c, err = (&net.ListenConfig{}).Listen(ctx, network, address)
	}
	switch {
	case err == nil:
		_ = c.Close()
		return finding{fine, about, address + " is free", ""}
	case serves(ctx, s):
		return finding{fine, about, address + " is in use, as it should be: a server runs", ""}
	default:
		return finding{major, about, address + " cannot be opened", "stop the program that has it, or correct " + key}
	}
}

// askAll asks all trunks and phones at once; the findings come in the settings' order.
func askAll(ctx context.Context, a *sip.Agent, trunks []sip.Trunk, desks []sip.Desk, bindings string) []finding {
	found := make([][]finding, len(trunks)+len(desks))
	var asking sync.WaitGroup
	for i, t := range trunks {
		asking.Go(func() { found[i] = examineTrunk(ctx, a, t) })
	}
	for i, d := range desks {
		asking.Go(func() { found[len(trunks)+i] = []finding{examineDesk(ctx, a, d, bindings)} })
	}
	asking.Wait()
	return slices.Concat(found...)
}

func examineTrunk(ctx context.Context, a *sip.Agent, t sip.Trunk) []finding {
	about := "trunk " + t.Name
	all, err := a.Examine(ctx, t)
	if err != nil {
		return []finding{{major, about, t.Address + ": " + err.Error(), "correct the address in sip.trunks, or this machine's DNS"}}
	}
	var out []finding
	for _, e := range all {
		f := ofTrunk(t, e)
		f.about = about
		out = append(out, f)
	}
	return out
}

// ofTrunk reads what one address of a trunk said.
func ofTrunk(t sip.Trunk, e sip.Examination) finding {
	at, by := e.Address.String(), strings.ToUpper(firstOf(t.Transport, "udp"))
	switch {
	case e.Fault != "":
		return finding{grade: major, says: at + " cannot be reached by " + by + ": " + e.Fault, todo: faultTodo(t)}
	case e.Options == 0 && e.Register <= 0 && t.Register:
		return finding{grade: major, says: at + " does not answer", todo: "look at the address, the cable, and firewalls between (" + by + ")"}
	case e.Options == 0 && e.Register <= 0:
		return finding{grade: minor, says: at + " answers no OPTIONS", todo: "some carriers never do: make a call; else look at the address and firewalls (" + by + ")"}
	case e.Register == 401, e.Register == 403, e.Register == 407, e.Register == 404:
		return finding{
			grade: major, says: fmt.Sprintf("%s refuses the user or the password (%d)", at, e.Register),
			todo: "compare user, auth_user and password in sip.trunks with what the other side has",
		}
	case e.Register == 200:
		return finding{grade: fine, says: at + " answers, and takes our user and password"}
	case e.Register > 0 && t.Register:
		return finding{grade: major, says: fmt.Sprintf("%s refuses a registration (%d)", at, e.Register), todo: "ask whoever runs it whether the user may register"}
	case e.Options == 503:
		return finding{grade: minor, says: at + " says that it is out of service (503)", todo: "ask whoever runs it"}
	default:
		return finding{grade: fine, says: fmt.Sprintf("%s answers (OPTIONS: %d)", at, e.Options)}
	}
}

// faultTodo is what to do about a trunk that cannot be connected to.
func faultTodo(t sip.Trunk) string {
	todo := "look at address and transport in sip.trunks, and at firewalls between"
	if t.Transport == "tls" {
		todo += "; about its certificate, compare domain in sip.trunks and sip.tls.ca with what it shows"
	}
	return todo
}

func examineDesk(ctx context.Context, a *sip.Agent, d sip.Desk, bindings string) finding {
	about := "phone of " + string(d.ID)
	switch {
	case d.Trunk != "":
		return finding{fine, about, "is extension " + d.Extension + " of " + d.Trunk + ", which does not tell whether it is there", ""}
	case d.URI != "":
		e, err := a.ExaminePhone(ctx, d.URI)
		if err == nil && e.Fault != "" {
			return finding{minor, about, "cannot be reached: " + e.Fault, "look at the phone, and at address in sip.desks"}
		}
		if err != nil || e.Options == 0 {
			return finding{minor, about, "does not answer at its address", "look at the phone, and at address in sip.desks"}
		}
		return finding{fine, about, fmt.Sprintf("answers at %s (OPTIONS: %d)", e.Address, e.Options), ""}
	}
	kept, err := sip.Bindings(bindings)
	if err != nil {
		return finding{minor, about, "what is registered cannot be read: " + oneLine(err), "look at " + bindings}
	}
	for _, b := range slices.Backward(kept) {
		if left := time.Until(b.Expires); b.Desk == d.ID && left > 0 {
			return finding{fine, about, fmt.Sprintf("is registered for another %s", left.Round(time.Second)), ""}
		}
	}
	return finding{minor, about, "is not registered", "start the server, then have the phone register as " + d.Account + " with the password of sip.desks"}
}
