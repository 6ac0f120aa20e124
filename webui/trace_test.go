package webui

import (
	"strings"
	"testing"

	"kakeru/dialer"
)

// TestTrace: the supervisor sees it as it was, the administrator without the number, and both are in the log.
func TestTrace(t *testing.T) {
	h := open(t)
	const first = "INVITE sip:0300001234@192.0.2.1 SIP/2.0"
	h.set(func() {
		h.traces = map[dialer.CallID][]dialer.TraceMessage{
			"call-1": {{
				At: tuesday, Out: true, Leg: dialer.CustomerLeg, From: "192.0.2.2:5060", To: "192.0.2.1:5060", Transport: "UDP", First: first,
				Text: first + "\r\nTo: \"Anna\" <sip:0300001234@192.0.2.1>\r\n\r\n",
			}},
			"call-2": {},
		}
	})
	type trace struct{ Messages []dialer.TraceMessage }
	for login, want := range map[string]string{"supervisor": first, "admin": "INVITE sip:***@192.0.2.1 SIP/2.0"} {
		c := h.as(login)
		got := into[trace](t, c.do("GET", "/api/calls/call-1/trace", nil).want(t, 200)).Messages
		if len(got) != 1 || got[0].First != want || !got[0].Out || got[0].Leg != dialer.CustomerLeg || !got[0].At.Equal(tuesday) ||
			strings.Contains(got[0].Text, "Anna") != (login == "supervisor") {
			t.Errorf("%s got %+v", login, got)
		}
		if body := string(c.do("GET", "/api/calls/call-2/trace", nil).want(t, 200).body); !strings.Contains(body, `"messages":[]`) {
			t.Errorf("a call without messages yet: %s", body)
		}
		p := c.do("GET", "/api/calls/call-3/trace", nil).problem(t, 404, "not_found")
		if !strings.Contains(p.Detail, "200通話") || !strings.Contains(p.DetailEN, "restart") {
			t.Errorf("%+v", p)
		}
		for line := range strings.Lines(h.logs.String()) {
			if strings.Contains(line, "0300001234") {
				t.Errorf("a number stands in the log: %s", line)
			}
		}
		masked := `"masked":` + map[string]string{"supervisor": "false", "admin": "true"}[login]
		if !strings.Contains(h.logs.String(), `"msg":"trace shown","call":"call-1","user":"user-`+login+`",`+masked) {
			t.Errorf("who saw it is not in the log:\n%s", h.logs)
		}
	}
	for _, login := range []string{"operator", "ward"} {
		h.as(login).do("GET", "/api/calls/call-1/trace", nil).problem(t, 403, "forbidden")
	}
}
