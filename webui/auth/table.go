package auth

import (
	"slices"

	"kakeru/dialer"
)

// Row says who may use a route: everybody, signed in or not, when Public; else the roles listed.
type Row struct {
	Route  string // "POST /api/calls", as the route is registered
	Public bool
	Roles  []dialer.Role
}

// The groups of roles that the table is written with.
var (
	anyone  = dialer.Roles
	callers = []dialer.Role{dialer.RoleOperator, dialer.RoleSupervisor}
	seniors = []dialer.Role{dialer.RoleSupervisor}
	readers = []dialer.Role{dialer.RoleOperator, dialer.RoleSupervisor, dialer.RoleWard}
	listers = []dialer.Role{dialer.RoleSupervisor, dialer.RoleWard, dialer.RoleAdmin}
	keepers = []dialer.Role{dialer.RoleSupervisor, dialer.RoleAdmin}
	admins  = []dialer.Role{dialer.RoleAdmin}
	// wards decide what is the ward's alone to decide.
	wards = []dialer.Role{dialer.RoleWard}
	// listeners hear recordings: who answers for the talks, and the ward, whose data they are.
	listeners = []dialer.Role{dialer.RoleSupervisor, dialer.RoleWard}
)

// Table is who may do what. A route that is not here cannot be registered.
var Table = []Row{
	{Route: "POST /api/session", Public: true},
	{Route: "GET /api/session", Roles: anyone},
	{Route: "DELETE /api/session", Public: true}, // signing out twice is no mistake

	{Route: "GET /api/live", Roles: anyone}, // what each frame shows whom is webui's to filter
	{Route: "GET /api/hours", Public: true}, // the sign-in screen says that a demo is one, before anybody has signed in
	{Route: "GET /api/progress", Roles: anyone},

	{Route: "GET /api/desks", Roles: anyone},
	{Route: "POST /api/desks/{id}/sit", Roles: callers},
	{Route: "POST /api/desks/{id}/leave", Roles: callers},
	{Route: "POST /api/desks/{id}/next", Roles: callers},

	{Route: "GET /api/trunks", Roles: keepers},

	{Route: "POST /api/calls", Roles: callers},
	{Route: "GET /api/calls", Roles: callers},
	{Route: "GET /api/calls/{id}", Roles: callers},
	{Route: "POST /api/calls/{id}/hangup", Roles: callers},
	{Route: "POST /api/calls/{id}/dtmf", Roles: callers},
	{Route: "GET /api/calls/{id}/trace", Roles: keepers}, // masked for who may not see numbers
	{Route: "POST /api/calls/{id}/heard", Roles: callers},
	{Route: "POST /api/calls/{id}/hold", Roles: callers},
	{Route: "POST /api/calls/{id}/resume", Roles: callers},
	{Route: "POST /api/calls/{id}/mute", Roles: callers},
	{Route: "POST /api/calls/{id}/unmute", Roles: callers},
	{Route: "POST /api/calls/{id}/transfer", Roles: callers},
	{Route: "PUT /api/calls/{id}/identity", Roles: callers}, // each time is written down
	{Route: "POST /api/calls/{id}/recording/pause", Roles: callers},
	{Route: "POST /api/calls/{id}/recording/resume", Roles: callers},

	{Route: "GET /api/queue", Roles: seniors},
	{Route: "GET /api/asked-for", Roles: callers}, // an operator's own, and anyone's
	{Route: "GET /api/cases/{id}", Roles: callers},
	{Route: "POST /api/cases/search", Roles: callers},
	{Route: "POST /api/cases/{id}/history-check", Roles: callers},
	{Route: "POST /api/cases/{id}/pin", Roles: seniors},
	{Route: "POST /api/cases/{id}/skip", Roles: seniors},
	{Route: "POST /api/cases/{id}/hold", Roles: seniors},
	{Route: "POST /api/cases/{id}/release", Roles: seniors},

	{Route: "GET /api/attempts", Roles: readers},
	{Route: "GET /api/attempts/{id}", Roles: readers},
	{Route: "PUT /api/attempts/{id}/result", Roles: callers},
	{Route: "POST /api/attempts", Roles: callers},
	{Route: "GET /api/attempts/{id}/recording", Roles: listeners}, // each time is written down
	{Route: "GET /api/attempts/{id}/caller", Roles: callers},
	{Route: "PUT /api/attempts/{id}/case", Roles: callers},

	{Route: "POST /api/lists", Roles: listers},
	{Route: "GET /api/lists/{id}", Roles: listers},
	{Route: "POST /api/lists/{id}/apply", Roles: listers},
	{Route: "DELETE /api/lists/{id}", Roles: listers},
	{Route: "GET /api/lists/{id}/found", Roles: listers},
	{Route: "GET /api/list-sources", Roles: listers},
	{Route: "POST /api/list-sources", Roles: keepers},

	{Route: "GET /api/close", Roles: seniors},
	{Route: "POST /api/close", Roles: seniors},
	{Route: "GET /api/close/final", Roles: seniors}, // before the contract's end
	{Route: "GET /api/closes", Roles: listeners},
	{Route: "POST /api/closes/{id}/give-up", Roles: seniors},
	{Route: "GET /api/closes/{id}/files/{n}", Roles: listeners}, // what was returned to the ward
	{Route: "GET /api/targets", Roles: listeners},
	{Route: "POST /api/targets", Roles: listeners}, // the ward says it, or the supervisor writes down what the ward said
	{Route: "POST /api/targets/notices", Roles: seniors},
	{Route: "GET /api/targets/draft", Roles: seniors},
	{Route: "GET /api/targets/notices/{id}/file", Roles: listeners},
	{Route: "GET /api/reports/{kind}", Roles: listeners},
	{Route: "GET /api/reports/{kind}/rows", Roles: listeners}, // every figure down to the call
	{Route: "GET /api/reports/{kind}/file", Roles: listeners},
	{Route: "POST /api/reports/{kind}/issue", Roles: seniors},
	{Route: "GET /api/minutes/{month}", Roles: listeners},
	{Route: "PUT /api/minutes/{month}", Roles: seniors},
	{Route: "POST /api/minutes/{month}/sign", Roles: listeners}, // each for their own side
	{Route: "GET /api/minutes/{month}/file", Roles: listeners},
	{Route: "POST /api/sms", Roles: seniors},
	{Route: "GET /api/exports", Roles: listeners},
	{Route: "POST /api/exports", Roles: seniors},
	{Route: "GET /api/exports/{id}/files/{n}", Roles: listeners},
	{Route: "GET /api/cases/{id}/record", Roles: callers}, // who reads the case whole

	{Route: "GET /api/handoffs", Roles: readers},
	{Route: "POST /api/handoffs", Roles: callers},
	{Route: "GET /api/handoffs/{id}", Roles: readers}, // an operator's own, or of the case in hand; each time is written down
	{Route: "POST /api/handoffs/{id}/add", Roles: callers},
	{Route: "POST /api/handoffs/{id}/acknowledge", Roles: listeners},
	{Route: "POST /api/handoffs/{id}/answer", Roles: listeners},
	{Route: "POST /api/handoffs/{id}/reopen", Roles: readers},
	{Route: "POST /api/handoffs/{id}/withdraw", Roles: callers},
	{Route: "POST /api/cases/{id}/do-not-call", Roles: callers}, // only a supervisor takes a number off the list
	{Route: "POST /api/payments", Roles: listers},
	{Route: "GET /api/payments/{id}", Roles: listers},
	{Route: "POST /api/payments/{id}/apply", Roles: listers},
	{Route: "DELETE /api/payments/{id}", Roles: listers},
	{Route: "GET /api/promises", Roles: listeners}, // the ward sees figures, and no person
	{Route: "GET /api/promises/day", Roles: callers},
	{Route: "GET /api/numbers", Roles: callers},
	{Route: "POST /api/numbers", Roles: callers},
	{Route: "DELETE /api/numbers/{id}", Roles: callers}, // one's own; a supervisor anybody's
	{Route: "GET /api/numbers/counts", Roles: seniors},

	{Route: "GET /api/scripts", Roles: readers},
	{Route: "GET /api/scripts/versions", Roles: listeners},
	{Route: "POST /api/scripts", Roles: seniors},
	{Route: "POST /api/scripts/starter", Roles: seniors},
	{Route: "POST /api/scripts/{id}/approve", Roles: wards},
	{Route: "POST /api/scripts/{id}/withdraw", Roles: wards},

	{Route: "GET /api/languages", Roles: keepers},

	{Route: "GET /api/users", Roles: admins},
	{Route: "POST /api/users", Roles: admins},
	{Route: "PATCH /api/users/{id}", Roles: admins},

	{Route: "GET /healthz", Public: true},
	{Route: "GET /readyz", Public: true},
	{Route: "GET /metrics", Public: true}, // figures only; a firewall keeps strangers out where that matters
	{Route: "GET /api/openapi.json", Public: true},
}

// Lookup finds a route's row.
func Lookup(route string) (Row, bool) {
	i := slices.IndexFunc(Table, func(r Row) bool { return r.Route == route })
	if i < 0 {
		return Row{}, false
	}
	return Table[i], true
}

// Allows reports whether a role may use the route.
func (r Row) Allows(role dialer.Role) bool { return r.Public || slices.Contains(r.Roles, role) }
