package sip

import (
	"crypto/tls"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// viewOf waits until the first trunk is seen so.
func viewOf(t *testing.T, a *Agent, what string, ok func(dialer.TrunkView) bool) dialer.TrunkView {
	t.Helper()
	var v dialer.TrunkView
	eventually(t, what, func() bool { v = a.Trunks()[0]; return ok(v) })
	return v
}

func in(state dialer.TrunkState) func(dialer.TrunkView) bool {
	return func(v dialer.TrunkView) bool { return v.State == state }
}

func TestATrunkIsSeenComingAndGoing(t *testing.T) {
	t.Parallel()
	r := newRig(t, registering)
	first := r.trunk.request(t, sip.REGISTER)
	v := viewOf(t, r.Agent, "it is starting", in(dialer.TrunkStarting))
	if v.Name != "lab" || v.Kind != dialer.TrunkRegisters || !v.Lab || v.Registered == nil || *v.Registered || v.LastError != nil ||
		len(v.Addresses) != 1 || v.Addresses[0] != (dialer.TrunkAddress{Address: r.trunk.addr.String(), State: dialer.AddressUnasked}) {
		t.Errorf("before the first answer it is %+v", v)
	}
	r.trunk.granted(first, 3600)
	began := v.Since
	v = viewOf(t, r.Agent, "it is up", in(dialer.TrunkUp))
	if !*v.Registered || v.LastError != nil || !v.Since.After(began) {
		t.Errorf("registered it is %+v", v)
	}
	if again := r.Trunks()[0]; !again.Since.Equal(v.Since) {
		t.Error("a state has another beginning when it is looked at again")
	}
}

// What refuses a registration is told apart, since what to do about it is not the same.
func TestWhyATrunkTakesNoRegistration(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		says   say
		kind   dialer.TrunkTrouble
		status int
	}{
		"nothing":      {say{}, dialer.TrunkUnregistered, 0},
		"wrong secret": {say{status: 403, tag: "r"}, dialer.TrunkRefusesUs, 403},
		"no such user": {say{status: 404, tag: "r"}, dialer.TrunkRefusesUs, 404},
		"trouble":      {say{status: 500, tag: "r"}, dialer.TrunkNotNow, 500},
		"not now":      {say{status: 503, tag: "r", headers: []string{"Retry-After: 60"}}, dialer.TrunkNotNow, 503},
		"asks again":   {say{status: 401, tag: "r", headers: []string{challengeHeader("MD5", "n")}}, dialer.TrunkRefusesUs, 401},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, registering)
			r.trunk.answerAll(t, func(req *sip.Request) {
				if req.Method == sip.REGISTER && c.says.status != 0 {
					r.trunk.reply(req, c.says)
				}
			})
			e := viewOf(t, r.Agent, "it is down", in(dialer.TrunkDown)).LastError
			if e.Kind != c.kind || e.Status != c.status || e.Text == "" || e.TextEN == "" {
				t.Errorf("it says %+v", e)
			}
		})
	}
}

func TestATrunksAddressesAreSeen(t *testing.T) {
	t.Parallel()
	var says status
	says.Store(200)
	r := newRig(t, watchTrunks)
	r.answerOptionsOnTrunk(t, &says)
	address := func(state dialer.TrunkAddressState) func(dialer.TrunkView) bool {
		return func(v dialer.TrunkView) bool { return len(v.Addresses) == 1 && v.Addresses[0].State == state }
	}
	v := viewOf(t, r.Agent, "it answers", address(dialer.AddressAnswers))
	if v.State != dialer.TrunkUp || v.Registered != nil || v.Kind != dialer.TrunkByAddress {
		t.Errorf("it is %+v", v)
	}
	says.Store(0)
	v = viewOf(t, r.Agent, "its silence is seen", address(dialer.AddressSilent))
	if v.State != dialer.TrunkDown || v.LastError.Kind != dialer.TrunkSilent || v.LastError.Status != 0 {
		t.Errorf("it is %+v", v)
	}
	says.Store(200)
	viewOf(t, r.Agent, "it answers again", address(dialer.AddressAnswers))
}

// A trunk that asks to be left alone for a while is seen to do so.
func TestATrunkThatAsksToWait(t *testing.T) {
	r := newRig(t)
	told := make(chan dialer.TrunkView, 100)
	r.OnTrunk(func(v dialer.TrunkView) { told <- v })
	w := r.customer(t)
	r.trunk.reply(r.trunk.request(t, sip.INVITE), say{status: 503, tag: "x", headers: []string{"Retry-After: 120"}})
	w.gone(t)
	for {
		if v := within(t, told, "the wait"); v.Addresses[0].State == dialer.AddressWaits {
			return
		}
	}
}

func TestATrunkWithoutAnAddress(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.Trunks[0].Address, c.Resolver = "carrier.test", names{}.resolver(t)
		c.KeepAlive = 20 * time.Millisecond
	})
	v := viewOf(t, r.Agent, "it is down", in(dialer.TrunkDown))
	if v.LastError.Kind != dialer.TrunkNotFound || v.Addresses == nil || len(v.Addresses) != 0 {
		t.Errorf("it is %+v", v)
	}
}

// What others see of a trunk holds no number of anybody's, and nothing secret.
func TestATrunksViewKeepsSecrets(t *testing.T) {
	r := newRig(t, registering, func(c *Config) { c.Trunks[0].User, c.Trunks[0].AuthUser = "user-of-ours", "auth-of-ours" })
	r.trunk.request(t, sip.REGISTER)
	text, err := json.Marshal(r.Trunks())
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{testCallerID, "user-of-ours", "auth-of-ours", "secret", "password"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%q stands in %s", secret, text)
		}
	}
	if found := regexp.MustCompile(`"[a-z_]*":"?[0-9]{7,}`).Find(text); found != nil {
		t.Errorf("digits in %s", text)
	}
}

// Why no connection stands is told apart: a certificate is mended by the administrator, a line that nobody listens at by the carrier.
func TestWhyATrunkCannotBeConnectedTo(t *testing.T) {
	t.Parallel()
	ca, other := newAuthority(t), newAuthority(t)
	shows := func(by *authority, life time.Duration, names ...string) *tls.Config {
		return by.config(t, by.issue(t, identity{}, life, names...))
	}
	listens := func(secure *tls.Config) func(t *testing.T) string {
		return func(t *testing.T) string {
			t.Helper()
			p := newStreamPeer(t, secure)
			if secure == nil {
				p.talkative()
			}
			return p.addr.String()
		}
	}
	nobody := func(t *testing.T) string { t.Helper(); return localPort(t).String() }
	for name, c := range map[string]struct {
		at   func(t *testing.T) string
		by   transport
		kind dialer.TrunkTrouble
	}{
		"signed by others":    {listens(shows(other, time.Hour, "carrier.invalid")), overTLS, dialer.TrunkUntrusted},
		"another name":        {listens(shows(ca, time.Hour, "sip1.carrier.invalid")), overTLS, dialer.TrunkUntrusted},
		"out of date":         {listens(shows(ca, -time.Hour, "carrier.invalid")), overTLS, dialer.TrunkUntrusted},
		"TLS 1.1":             {listens(old(shows(ca, time.Hour, "carrier.invalid"))), overTLS, dialer.TrunkUntrusted},
		"no TLS":              {listens(nil), overTLS, dialer.TrunkUntrusted},
		"nobody there, TLS":   {nobody, overTLS, dialer.TrunkNoLink},
		"nobody there, TCP":   {nobody, overTCP, dialer.TrunkNoLink},
		"registers, no proof": {listens(shows(other, time.Hour, "carrier.invalid")), overTLS, dialer.TrunkUntrusted},
	} {
		t.Run(name, func(t *testing.T) {
			watch := watchTrunks
			if strings.HasPrefix(name, "registers") {
				watch = registering
			}
			r := newRig(t, withTLS(t, ca), withTCP, watch, func(cfg *Config) {
				cfg.Trunks[0].Address, cfg.Trunks[0].Transport = c.at(t), string(c.by)
			})
			v := viewOf(t, r.Agent, "it is down for that", func(v dialer.TrunkView) bool { return v.State == dialer.TrunkDown && v.LastError.Kind == c.kind })
			if v.LastError.Text == "" || v.LastError.TextEN == "" || v.LastError.Status != 0 {
				t.Errorf("it says %+v", v.LastError)
			}
		})
	}
}
