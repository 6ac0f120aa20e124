package lab

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// called has a customer call a server until the call is over.
func called(ctx context.Context, t *testing.T, server netip.AddrPort, change func(*CustomerOptions)) (CallLog, error) {
	t.Helper()
	o := CustomerOptions{Media: newMedia(t), Server: server, To: "0300000000", From: "0300001234", Seed: 3, T1: 20 * time.Millisecond}
	if change != nil {
		change(&o)
	}
	c, err := NewCustomer(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	err = c.Run(ctx)
	return c.Log(), err
}

func TestACustomerCallsAndTalks(t *testing.T) {
	p := runPhone(t)
	l, err := called(t.Context(), t, p.Addr(), func(o *CustomerOptions) { o.Talk = 200 * time.Millisecond })
	if err != nil {
		t.Fatal(err)
	}
	if l.Ringing.IsZero() || l.Status != 200 || l.EndedBy != EndedByUs || l.RTPSeen == 0 || l.RTPSent == 0 || l.Acks != 1 || l.LastTwo != "00" {
		t.Errorf("the customer's log: %+v", l)
	}
	other := logOf(t, p.Calls, l.CallID, "the phone sees the BYE", ended)
	if other.EndedBy != EndedByThem || other.RTPSeen == 0 || other.Acks != 1 || other.AutoAnswer {
		t.Errorf("the phone's log: %+v", other)
	}
}

func TestACustomerIsHungUpOn(t *testing.T) {
	p := runPhone(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		until(t, "the phone hears the customer", func() bool { return len(p.Calls()) == 1 && p.Calls()[0].RTPSeen > 5 && p.Calls()[0].RTPSent > 5 })
		p.Hangup()
	}()
	l, err := called(t.Context(), t, p.Addr(), nil)
	<-done
	if err != nil || l.EndedBy != EndedByThem || l.ByesSeen != 1 {
		t.Errorf("%v; %+v", err, l)
	}
}

func TestACustomerIsNotAnswered(t *testing.T) {
	silent, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	nobody := silent.LocalAddr().(*net.UDPAddr).AddrPort()
	busy := runPhone(t, func(o *PhoneOptions) { o.Busy = true }).Addr()
	rings := runPhone(t, func(o *PhoneOptions) { o.NeverAnswer = true })
	for _, c := range []struct {
		name   string
		server netip.AddrPort
		status int
		by     End
		says   string
	}{
		{"refused", busy, 486, EndedRefused, "486 Busy Here"},
		{"rings until patience is over", rings.Addr(), 487, EndedCancelled, "nobody answered"},
		{"nobody is there", nobody, 408, EndedRefused, "408"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := called(t.Context(), t, c.server, func(o *CustomerOptions) {
				if c.status == 487 {
					o.Patience = 100 * time.Millisecond
				}
			})
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line with %q", err, c.says)
			}
			if l.Status != c.status || l.EndedBy != c.by || !l.Answered.IsZero() || l.Ended.IsZero() {
				t.Errorf("log %+v", l)
			}
		})
	}
	if l := rings.Calls()[0]; l.Cancels != 1 || l.EndedBy != EndedCancelled {
		t.Errorf("the phone that rang: %+v", l)
	}
}

// TestACustomerIsCalledOff: whoever runs it need not wait for its end.
func TestACustomerIsCalledOff(t *testing.T) {
	for name, never := range map[string]bool{"ringing": true, "talking": false} {
		t.Run(name, func(t *testing.T) {
			p := runPhone(t, func(o *PhoneOptions) { o.NeverAnswer = never })
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				defer cancel()
				until(t, "the call has come so far", func() bool {
					return len(p.Calls()) == 1 && !p.Calls()[0].Ringing.IsZero() && (never || p.Calls()[0].Acks == 1)
				})
			}()
			l, _ := called(ctx, t, p.Addr(), nil)
			want := EndedByUs
			if never {
				want = EndedCancelled
			}
			if l.EndedBy != want {
				t.Errorf("ended by %q, want %q", l.EndedBy, want)
			}
			logOf(t, p.Calls, l.CallID, "the phone is free", ended)
		})
	}
}

// TestTheCallersRouteSet is the reverse of the answer's Record-Route (RFC 3261 §12.1.2), and the number may be withheld.
func TestTheCallersRouteSet(t *testing.T) {
	c, err := NewCustomer(CustomerOptions{Media: newMedia(t), Server: netip.MustParseAddrPort("127.0.0.1:5060"), To: "0300000000"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	o := newOutward(c)
	if text := o.invite.String(); !strings.Contains(text, "Privacy: id") || !strings.Contains(text, "sip:anonymous@anonymous.invalid") {
		t.Errorf("a withheld number:\n%s", text)
	}
	res := sip.NewResponseFromRequest(o.invite, 200, "OK", nil)
	res.AppendHeader(sip.NewHeader("Record-Route", "<sip:192.0.2.1;lr>"))
	res.AppendHeader(sip.NewHeader("Record-Route", "<sip:192.0.2.2;lr>"))
	o.call.invite, o.call.target = o.dialog(res), o.invite.Recipient
	bye, _ := o.call.newRequest(sip.BYE, 2)
	routes := bye.GetHeaders("Route")
	if len(routes) != 2 || !strings.Contains(routes[0].Value(), "192.0.2.2") {
		t.Errorf("routes %v", routes)
	}
	if tag, _ := bye.From().Params.Get("tag"); tag != o.call.tag {
		t.Errorf("the BYE is from tag %q, the INVITE was from %q", tag, o.call.tag)
	}
}

func TestACustomerThatCannotCall(t *testing.T) {
	server := netip.MustParseAddrPort("127.0.0.1:5060")
	for name, o := range map[string]CustomerOptions{
		"no number":         {Server: server},
		"no number of ours": {Server: server, To: "0300000000", From: "anna"},
		"a header in it":    {Server: server, To: "03\r\nX: y"},
		"no server":         {To: "0300000000"},
		"no media":          {Server: server, To: "0300000000"},
	} {
		if name != "no media" {
			o.Media = newMedia(t)
		}
		if c, err := NewCustomer(o); err == nil {
			c.Close()
			t.Errorf("%s: taken", name)
		}
	}
}
