package webui

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
)

// DemoLogin is one of a demo's people, whose password stands on its console and opens nothing but the demo.
type DemoLogin struct {
	Login    string      `json:"login"`
	Name     string      `json:"name"`
	Role     dialer.Role `json:"role"`
	Password string      `json:"password"`
}

type demoOutput struct {
	Body struct {
		Demo   bool        `json:"demo" doc:"phones and carrier are simulated, every person is made up"`
		Logins []DemoLogin `json:"logins" doc:"who can sign in; told to browsers on the demo's own machine alone"`
	}
}

func (s *Server) demoRoutes() {
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/demo", OperationID: "demo", Summary: "Who can be tried out, in a demo"}, s.demo)
}

// demo tells a newcomer who they may be. Who comes from another machine has to look at the console, as with everything else that opens
// a door; and outside a demo there is nothing to tell.
//
// The name by which it was asked for must be this machine's own too: a page from elsewhere may have its name resolved to 127.0.0.1, and
// then reads what it likes as its own (DNS rebinding).
func (s *Server) demo(ctx context.Context, _ *struct{}) (*demoOutput, error) {
	out := &demoOutput{}
	out.Body.Demo, out.Body.Logins = s.d.Demo, []DemoLogin{}
	if addr, err := netip.ParseAddr(from(ctx).address); s.d.Demo && err == nil && addr.Unmap().IsLoopback() && ownName(from(ctx).host) {
		out.Body.Logins = append(out.Body.Logins, s.d.DemoLogins...)
	}
	return out, nil
}

// ownName reports whether a Host header means the machine itself: localhost, or an address that leads nowhere else.
func ownName(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	if strings.EqualFold(name, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.Unmap().IsLoopback()
}
