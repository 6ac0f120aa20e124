package configs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, yaml string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kakeru.yaml")
	if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExampleFileIsWhole(t *testing.T) {
	s, err := Load("kakeru.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if s.Centre.Target != 5700 || s.Calls.Ring != 30*time.Second || len(s.SIP.Desks) != 2 || s.SIP.Trunks[0].Lab {
		t.Fatalf("the example does not say what its comments say: %+v", s)
	}
}

// TestEveryExampleLoads: an example that is refused is worse than none.
func TestEveryExampleLoads(t *testing.T) {
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) < 4 {
		t.Fatalf("examples: %v, %v", files, err)
	}
	for _, file := range files {
		s, err := Load(file)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		for _, trunk := range s.SIP.Trunks {
			if trunk.Lab {
				t.Errorf("%s: an example's trunk is a real one", file)
			}
		}
	}
}

func TestLaterSourcesWin(t *testing.T) {
	t.Setenv("KAKERU_HTTP_ADDR", "127.0.0.1:9999")
	t.Setenv("KAKERU_CENTRE_TARGET", "5000")
	t.Setenv("KAKERU_STATE__DIR", "/elsewhere")
	t.Setenv("KAKERU_STATE", "belongs to the demo, is no setting")
	s, err := Load("kakeru.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if s.HTTP.Addr != "127.0.0.1:9999" || s.Centre.Target != 5000 || s.StateDir != "/elsewhere" {
		t.Fatalf("environment did not win over the file: %+v", s)
	}
}

func TestOpenDaysAreReplacedWhole(t *testing.T) {
	s, err := Load(write(t, minimal+"centre: {open_on: {\"2026-11-29\": \"09:00-17:00\"}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Centre.OpenOn["2026-11-29"] != "09:00-17:00" {
		t.Fatalf("open_on = %v", s.Centre.OpenOn)
	}
}

const minimal = `
database: {url: "postgres://localhost/k"}
redis: {url: "redis://localhost"}
sip:
  advertise: "192.0.2.5"
  trunks: [{name: main, address: "192.0.2.1:5060", caller_id: "0312345678"}]
  desks: [{id: desk1, name: "席1", user: "201", password: "p", phone: yealink}]
`

func TestMistakesAreNamedByKey(t *testing.T) {
	cases := map[string]struct{ yaml, want string }{
		"no file content":    {"", "database.url: is missing"},
		"unknown key":        {minimal + "htpp: {addr: x}\n", "no setting named htpp"},
		"bad address":        {minimal + "http: {addr: nonsense}\n", "http.addr"},
		"a proxy's name":     {minimal + "http: {trusted_proxies: [proxy.example]}\n", "http.trusted_proxies[0]: \"proxy.example\" is neither"},
		"everybody trusted":  {minimal + "http: {trusted_proxies: [10.0.0.1, 0.0.0.0/0]}\n", "http.trusted_proxies[1]: \"0.0.0.0/0\" is too wide"},
		"all of IPv6":        {minimal + "http: {trusted_proxies: [\"2000::/3\"]}\n", "is too wide"},
		"IPv4 as IPv6":       {minimal + "http: {trusted_proxies: [\"::ffff:10.0.0.1\"]}\n", "write it as 10.0.0.1"},
		"another header":     {minimal + "http: {proxy_header: X-Real-IP}\n", "http.proxy_header: \"X-Real-IP\" is not known"},
		"bad duration":       {minimal + "calls: {ring: soon}\n", "ring"},
		"wrong kind":         {strings.Replace(minimal, `password: "p"`, "password: {a: b}", 1), "settings: sip.desks[0].password: is not of the kind"},
		"ring too long":      {minimal + "calls: {ring: 1h}\n", "calls.ring: 1h0m0s is out of range"},
		"bad order":          {minimal + "inbound: {order: random}\n", "inbound.order: \"random\" is not known; write one of all, longest_idle, language"},
		"rings too long":     {minimal + "inbound: {ring_seconds: 121}\n", "inbound.ring_seconds: 121 is out of range; write 5 to 120"},
		"no step":            {minimal + "inbound: {step_seconds: 0}\n", "inbound.step_seconds: 0 is out of range; write 1 to 60"},
		"bad outside hours":  {minimal + "inbound: {outside_hours: never}\n", "inbound.outside_hours"},
		"too many boxes":     {minimal + "report: {boxes: [a, b, c, d, e, f, g, h, i]}\n", "report.boxes"},
		"bad day":            {minimal + "centre: {week: {monday: \"09:00-17:00\"}}\n", "centre.week.monday"},
		"bad hours":          {minimal + "centre: {week: {mon: \"17:00-09:00\"}}\n", "centre.week.mon"},
		"two spans":          {minimal + "centre: {week: {mon: \"09:00-12:00 13:00-17:00\"}}\n", "centre.week.mon"},
		"a span and rubbish": {minimal + "centre: {week: {mon: \"09:00-17:00 junk\"}}\n", "write one span"},
		"a negative minute":  {minimal + "centre: {week: {mon: \"9:-30-17:00\"}}\n", "centre.week.mon"},
		"bad date":           {minimal + "centre: {closed_on: [\"24.11.2026\"]}\n", "centre.closed_on"},
		"bad definition":     {minimal + "centre: {definition: calls}\n", "centre.definition"},
		"rtp range too tiny": {minimal + "sip_: {}\n", "no setting named sip_"},
		"broken yaml":        {"a: [", "settings file"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Load(write(t, c.yaml))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("want an error with %q, got %v", c.want, err)
			}
		})
	}
}

func TestProxiesAreAddressesAndNetworks(t *testing.T) {
	s, err := Load(write(t, minimal+"http: {trusted_proxies: [192.0.2.10, 10.0.0.9/24, \"2001:db8::1\"], proxy_header: forwarded}\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"192.0.2.10/32", "10.0.0.0/24", "2001:db8::1/128"}
	for i, network := range s.HTTP.Proxies() {
		if network.String() != want[i] {
			t.Errorf("%d: %v, want %s", i, network, want[i])
		}
	}
	if len(s.HTTP.Proxies()) != len(want) || len(Default().HTTP.Proxies()) != 0 {
		t.Errorf("%v", s.HTTP.Proxies())
	}
}

func TestDesksAndTrunks(t *testing.T) {
	s := Default()
	s.Database.URL, s.Redis.URL = "x", "y"
	s.SIP.Listen = "0.0.0.0:5060"
	s.SIP.BusyTone = 6 * time.Second
	s.SIP.TLS = TLS{Listen: "5061", Key: "key.pem"}
	s.SIP.RTP = RTP{Bind: "nowhere", PortMin: 1, PortMax: 2, Networks: []string{"198.51.100.0/24", "here", "10.0.0.0/8"}}
	s.SIP.Trunks = []Trunk{{Name: "a", Address: "h:1", CallerID: "03-1", Numbers: []string{"0312345679", "+813"}},
		{Name: "a", Address: "h:", User: "u", CallerID: "1", From: "me", Watch: "x", Transport: "sctp", SRTP: "maybe"},
		{Name: "b", Address: "carrier.test", CallerID: "1", Register: true, Expires: time.Second}}
	s.SIP.Desks = []Desk{{ID: "d", Languages: []string{"vi", "fr"}}, {ID: "d", Address: "sip:a", User: "u"},
		{ID: "e", Trunk: "c", Extension: "2-1"}, {ID: "f", Trunk: "b", SHA256: true, SRTP: "dtls"}}
	err := s.Check()
	for _, want := range []string{
		"sip.busy_tone: 6s is not between 0 and 5s",
		"sip.tls.listen", "sip.tls.cert: is missing", "sip.tls.key", "sip.trunks[1].transport: \"sctp\" is not known; write one of udp, tcp, tls",
		"sip.advertise: is missing", "sip.rtp.bind", "sip.rtp.port_min", "sip.rtp.networks[1]: \"here\"", "sip.rtp.networks[2]: \"10.0.0.0/8\" is too wide",
		"sip.trunks[0].caller_id: may hold digits only", "sip.trunks[1].name", "sip.trunks[1].address",
		"sip.trunks[1].from: \"me\" is not known; write one of caller_id, user", "sip.trunks[1].watch",
		"sip.trunks[1].srtp: \"maybe\" is not known", "sip.desks[3].srtp", "sip.trunks[2].user: is missing", "sip.trunks[2].expires",
		"sip.desks[2].trunk: there is no trunk named", "sip.desks[2].extension", "sip.desks[3]: a phone behind a PBX", "sip.desks[3].sha256",
		"sip.trunks[0].numbers[1]: may hold digits only", "sip.desks[0].languages[1]: \"fr\" is not known; write one of en, zh, vi",
		"sip.trunks[1].password", "sip.desks[0]: write user", "sip.desks[1].id", "sip.desks[1]: write either",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no line for %q in: %v", want, err)
		}
	}
}

func TestPhoneProfilesOfOnesOwn(t *testing.T) {
	s, err := Load(write(t, minimal+`  phone_profiles: {ours: {headers: ["Alert-Info: x"], talk: true, dialog_event: true}}`+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := s.SIP.PhoneProfiles["ours"]
	if len(got.Headers) != 1 || got.Headers[0] != "Alert-Info: x" || !got.Talk || !got.DialogEvent || s.SIP.Desks[0].Phone != "yealink" {
		t.Errorf("the profile is %+v, the desk %+v", got, s.SIP.Desks[0])
	}
}

func TestMissingFileSaysWhatToDo(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none.yaml"))
	if err == nil || !strings.Contains(err.Error(), "--config") {
		t.Fatalf("got %v", err)
	}
}
