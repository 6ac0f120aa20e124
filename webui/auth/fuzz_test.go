package auth

import (
	"net/http"
	"strings"
	"testing"
)

// FuzzVisit: whatever a browser says of itself, no browser is known that was not made known here, and what is kept of its name is ours.
func FuzzVisit(f *testing.F) {
	stores := newStores()
	k, err := NewKeeper(stores.all(), Settings{Cost: cheap, Secret: testSecret})
	if err != nil {
		f.Fatal(err)
	}
	known, err := k.KnownCookie(f.Context(), "anna")
	if err != nil {
		f.Fatal(err)
	}
	f.Add("Mozilla/5.0 (Windows NT 10.0) Edg/1", "kakeru_session=x; "+known.Name+"="+known.Value[:len(known.Value)-1], "192.0.2.1:1")
	f.Add("", known.Name+"=..", "[::1%x]:1")
	f.Add("\x00\xff", known.Name+"=AAAA.99999999999999999999.AAAA", "nowhere")
	f.Fuzz(func(t *testing.T, agent, cookie, remote string) {
		if strings.Contains(cookie, known.Value) {
			return
		}
		r := &http.Request{RemoteAddr: remote, Header: http.Header{"User-Agent": {agent}, "Cookie": {cookie}}}
		v := k.Visit(r)
		if as := k.knownAs(t.Context(), "anna", v); as != "" {
			t.Errorf("a browser is known by %q", cookie)
		}
		if len(v.Agent) > 40 {
			t.Errorf("kept of a browser's name: %q", v.Agent)
		}
	})
}
