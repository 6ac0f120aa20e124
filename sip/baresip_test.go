package sip

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/sip/lab"
	"kakeru/sip/media"
)

// baresip is out in the public network: the customer that is called, and the one who calls the centre. The desk is the
// lab's phone, which counts what it hears.

// customerWay is how the customer's baresip is spoken to.
type customerWay struct {
	name string
	by   transport
	srtp bool
}

var customerWays = []customerWay{{"UDP", overUDP, false}, {"TCP", overTCP, false}, {"TLS", overTLS, false}, {"SRTP", overUDP, true}}

// outsider is a baresip that is not registered with anybody, at the other end of a trunk that is its address.
type outsider struct {
	*Agent

	phone *lab.Phone
	as    baresipAccount
	comes chan dialer.Incoming
	keys  *bufio.ReadWriter
}

func newOutsider(t *testing.T, way customerWay) *outsider {
	t.Helper()
	needs(t, "baresip", "baresip-core")
	o := &outsider{comes: make(chan dialer.Incoming, 1)}
	cfg := testConfig()
	cfg.Desks = []Desk{{ID: "desk1", Account: "phone1", Password: "desk secret"}}
	o.as = baresipAccount{
		user: "0" + string(testNumber), answering: "answermode=manual", by: way.by, at: localPort(t), outside: true, keys: localPort(t),
	}
	trunk := labTrunk(o.as.at)
	switch way.by {
	case overUDP:
	case overTCP:
		cfg.TCP, trunk.Transport = true, "tcp"
	case overTLS:
		ca := newAuthority(t)
		withTLS(t, ca)(&cfg)
		o.as.ca = ca.file
		o.as.modules = "sip_certificate " + onePEM(t, ca.issue(t, identity{}, time.Hour, "carrier.invalid"))
		trunk.Address, trunk.Transport = netip.AddrPortFrom(o.as.at.Addr(), o.as.at.Port()+1).String(), "tls"
	}
	if way.srtp {
		trunk.SRTP = media.SRTPRequired
		o.as.modules, o.as.answering = "module srtp.so", o.as.answering+";mediaenc=srtp-mand"
	}
	cfg.Trunks = []Trunk{trunk}
	o.Agent = startAgent(t, cfg)
	o.OnCall(func(in dialer.Incoming) { o.comes <- in })
	o.phone = o.deskPhone(t)
	o.as.registrar = o.Addr() // the domain of its address of record
	startBaresipAs(t, o.as)
	return o
}

// onePEM is an identity as baresip wants it: in one file.
func onePEM(t *testing.T, id identity) string {
	t.Helper()
	var all []byte
	for _, file := range []string{id.key, id.cert} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	file := filepath.Join(t.TempDir(), "both.pem")
	if err := os.WriteFile(file, all, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// deskPhone registers the lab's phone, which is lifted soon when it rings.
func (o *outsider) deskPhone(t *testing.T) *lab.Phone {
	t.Helper()
	pool, err := media.NewPool(media.Config{BindIP: testConfig().Media.BindIP, PortMin: 29000, PortMax: 30999})
	if err != nil {
		t.Fatal(err)
	}
	seen := observe(o.Agent)
	p, err := lab.NewPhone(lab.PhoneOptions{
		Media: pool, Registrar: o.Addr(), User: "phone1", Password: "desk secret", LiftAfter: 50 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	runLab(t, p.Run, p.Close)
	if !within(t, seen.told, "the desk's phone to register") {
		t.Fatal("the desk's phone went")
	}
	return p
}

// press presses a key of baresip's by its ctrl_tcp, which speaks JSON in netstrings, and returns what it shows. Events that it
// tells meanwhile are passed over.
func (o *outsider) press(t *testing.T, command, params string) string {
	t.Helper()
	if o.keys == nil {
		var conn net.Conn
		eventually(t, "baresip's keys can be pressed", func() (ok bool) {
			conn, _ = net.Dial("tcp4", o.as.keys.String())
			return conn != nil
		})
		t.Cleanup(func() { _ = conn.Close() })
		o.keys = bufio.NewReadWriter(bufio.NewReader(conn), bufio.NewWriter(conn))
	}
	body := fmt.Sprintf(`{"command":%q,"params":%q}`, command, params)
	if _, err := fmt.Fprintf(o.keys, "%d:%s,", len(body), body); err != nil || o.keys.Flush() != nil {
		t.Fatal("baresip's keys cannot be pressed")
	}
	for {
		var told struct {
			Response, OK bool
			Data         string
		}
		size, err := o.keys.ReadString(':')
		n, _ := strconv.Atoi(strings.TrimSuffix(size, ":"))
		text := make([]byte, n+len(","))
		if err == nil {
			_, err = io.ReadFull(o.keys, text)
		}
		if err == nil {
			err = json.Unmarshal(text[:n], &told)
		}
		switch {
		case err != nil:
			t.Fatal(err)
		case told.Response && !told.OK:
			t.Fatalf("baresip cannot %s: %s", command, told.Data)
		case told.Response:
			return told.Data
		}
	}
}

var packetsHeard = regexp.MustCompile(`rcvd=(\d+)`)

// talk waits until both ends have heard each other, by their own count.
func (o *outsider) talk(t *testing.T, b *media.Bridge, srtp bool) {
	t.Helper()
	eventually(t, "the desk hears baresip", func() bool {
		calls := o.phone.Calls()
		return calls[len(calls)-1].RTPLoud > 10 && b.Stats(media.Customer).PacketsOut > 20
	})
	eventually(t, "baresip hears the desk", func() bool {
		for _, shown := range packetsHeard.FindAllStringSubmatch(o.press(t, "audio_debug", ""), -1) { // of each SSRC
			if n, err := strconv.Atoi(shown[1]); err == nil && n > 10 {
				return true
			}
		}
		return false
	})
	// Its first RTCP, an APP that opens the way through a NAT, leaves before its SRTP stands: of that one nothing is taken.
	if b.Secured(media.Customer) != srtp || b.Stats(media.Customer).Exposed > 1 {
		t.Errorf("protected: %v, %+v", b.Secured(media.Customer), b.Stats(media.Customer))
	}
}

func TestBaresipIsTheCustomer(t *testing.T) {
	t.Parallel()
	for _, way := range customerWays {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			o := newOutsider(t, way)
			o.isCalled(t, way)
			o.callsUs(t, way)
		})
	}
}

// isCalled rings it four times: it answers, and either side hangs up; it declines; we give up.
func (o *outsider) isCalled(t *testing.T, way customerWay) {
	t.Helper()
	for _, c := range []struct {
		id     dialer.CallID
		does   string // its key when it rings
		ends   bool   // it, not we
		status int
	}{{"we hang up", "accept", false, 0}, {"it hangs up", "accept", true, 0}, {"it declines", "hangup", true, 486}, {"we give up", "", false, 487}} {
		n, err := o.Prepare(t.Context(), dialer.CallOrder{ID: c.id, Desk: "desk1", Click: dialer.NewClick("desk1"), Number: testNumber, Sample: true})
		if err != nil {
			t.Fatal(err)
		}
		desk, w := watch(n.Desk()), watch(n.Customer())
		desk.Dial()
		desk.until(t, dialer.LegAnswered)
		desk.Confirm()
		w.Dial()
		w.until(t, dialer.LegRinging)
		if c.does != "" {
			o.press(t, c.does, "")
		}
		if c.status == 0 {
			w.until(t, dialer.LegAnswered)
			w.Confirm()
			n.Join()
			o.talk(t, n.(*line).bridge, way.srtp)
		}
		switch {
		case !c.ends:
			w.Drop()
		case c.status == 0:
			o.press(t, "hangup", "")
		}
		if f := w.gone(t); f.FarEnded != c.ends || final(w).Status != c.status || w.saw(dialer.EvNoAnswer) {
			t.Errorf("%s: %+v", c.id, w.all)
		}
		desk.Drop()
		desk.gone(t)
		n.Close()
	}
}

// callsUs has it dial the ward's number three times: the desk's phone is lifted, and either side hangs up; it gives up.
func (o *outsider) callsUs(t *testing.T, way customerWay) {
	t.Helper()
	centre := "sip:" + testCallerID + "@" + spoken{by: way.by}.at(o.Agent) + way.by.parameter()
	for _, it := range []string{"hangs up", "is hung up", "gives up"} {
		o.press(t, "dial", centre)
		in := within(t, o.comes, "baresip's call")
		desk, caller := watch(in.Line.Desk()), watch(in.Line.Customer())
		desk.Dial()
		if it != "gives up" {
			in.Line.Ring("desk1")
			desk.until(t, dialer.LegAnswered)
			desk.Confirm()
			in.Line.Answer()
			in.Line.Join()
			o.talk(t, in.Line.(*incomingLine).bridge, way.srtp)
		}
		if it == "is hung up" {
			caller.Drop()
		} else {
			o.press(t, "hangup", "")
		}
		if f := caller.gone(t); f.FarEnded == (it == "is hung up") || caller.saw(dialer.EvCancelReceived) != (it == "gives up") {
			t.Errorf("it %s: %+v", it, caller.all)
		}
		desk.Drop()
		desk.gone(t)
		in.Line.Close()
	}
}
