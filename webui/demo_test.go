package webui

import (
	"encoding/json"
	"strings"
	"testing"

	"kakeru/dialer"
)

// TestTheDemosLoginsAreToldAtHomeAlone: a newcomer at the demo's own machine sees who they may be; a browser elsewhere, and anybody
// outside a demo, sees nobody, whatever was set.
func TestTheDemosLoginsAreToldAtHomeAlone(t *testing.T) {
	people := []DemoLogin{{Login: "operator1", Name: "見本 一郎", Role: dialer.RoleOperator, Password: "made-up"}}
	demo := open(t, func(d *Deps) { d.Demo, d.DemoLogins = true, people })
	elsewhere := open(t, func(d *Deps) { d.DemoLogins = people })
	for _, c := range []struct {
		of      *house
		address string
		demo    bool
		logins  int
	}{
		{demo, "127.0.0.1", true, 1}, {demo, "127.9.9.9", true, 1}, {demo, "::1", true, 1}, {demo, "::ffff:127.0.0.1", true, 1},
		{demo, "192.0.2.7", true, 0}, {demo, "2001:db8::1", true, 0}, {elsewhere, "127.0.0.1", false, 0}, {elsewhere, "192.0.2.7", false, 0},
	} {
		w := c.of.from(c.address, "", "http://localhost:8090/api/demo")
		var told struct {
			Demo   bool
			Logins []DemoLogin
		}
		if err := json.Unmarshal(w.Body.Bytes(), &told); err != nil || w.Code != 200 {
			t.Fatalf("%s: %d %s", c.address, w.Code, w.Body)
		}
		if told.Demo != c.demo || len(told.Logins) != c.logins || told.Logins == nil {
			t.Errorf("%s of a demo %v: %s", c.address, c.demo, w.Body)
		}
	}
}

// TestAReboundNameReadsNoLogins: a page whose name leads to this machine is none of ours, wherever its request comes from.
func TestAReboundNameReadsNoLogins(t *testing.T) {
	h := open(t, func(d *Deps) { d.Demo, d.DemoLogins = true, []DemoLogin{{Login: "operator1", Password: "made-up"}} })
	for host, told := range map[string]bool{
		"localhost": true, "LOCALHOST:8090": true, "127.0.0.1:8090": true, "[::1]:8090": true, "[::1]": true,
		"evil.example": false, "evil.example:8090": false, "localhost.evil.example": false, "192.0.2.1:8090": false, "127.0.0.1.evil.example": false,
	} {
		w := h.from("127.0.0.1", "", "http://"+host+"/api/demo")
		if got := strings.Contains(w.Body.String(), "made-up"); got != told || w.Code != 200 {
			t.Errorf("%s: %d %s", host, w.Code, w.Body)
		}
	}
}
