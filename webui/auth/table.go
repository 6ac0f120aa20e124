package auth

import (
	"slices"

	"kakeru/dialer"
	"kakeru/dialer/audit"
)

// Row says who may use a route: everybody, signed in or not, when Public; else the roles listed.
type Row struct {
	Route  string // "POST /api/calls", as the route is registered
	Public bool
	Roles  []dialer.Role
	// Half: it belongs to signing in, and may be used before the second factor was given. Locked: it may be used while the screen is
	// masked, for the talk that goes on and for unlocking. No other route may.
	Half, Locked bool
	// Noted is what the record says of whoever uses the route (package audit); Unnoted is why it says nothing. One of them is there.
	Noted   audit.Action
	Unnoted string
}

// Why the record is silent about a route.
const (
	oneself   = "it shows people themselves"
	noPerson  = "it shows no debtor's name, number, address or note"
	theCall   = "the call's own evidence says who did it, and when"
	readLater = "what it puts on the desk is read by a route of its own"
	itsOwn    = "what it writes is kept for ever, with who wrote it and when"
)

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
	// displays are the screens on the wall: what they may read has rows of its own, and no other row names them.
	displays = []dialer.Role{dialer.RoleDisplay}
	// listeners hear recordings: who answers for the talks, and the ward, whose data they are.
	listeners = []dialer.Role{dialer.RoleSupervisor, dialer.RoleWard}
)

// Table is who may do what. A route that is not here cannot be registered.
var Table = []Row{
	{Route: "POST /api/session", Public: true, Noted: audit.SignedIn},
	{Route: "GET /api/session", Half: true, Locked: true, Roles: anyone, Unnoted: oneself},
	{Route: "DELETE /api/session", Public: true, Noted: audit.SignedOut}, // signing out twice is no mistake
	{Route: "POST /api/session/second", Half: true, Roles: anyone, Noted: audit.SignedIn},
	{Route: "GET /api/session/directory", Public: true, Unnoted: noPerson},
	{Route: "POST /api/session/directory", Public: true, Unnoted: noPerson},
	{Route: "GET /api/session/directory/answer", Public: true, Noted: audit.SignedIn},
	{Route: "POST /api/session/passkey", Half: true, Locked: true, Roles: anyone, Unnoted: oneself},
	{Route: "POST /api/session/passkey/answer", Half: true, Roles: anyone, Noted: audit.SignedIn},
	{Route: "GET /api/session/factors", Roles: anyone, Unnoted: oneself},
	{Route: "POST /api/session/totp", Half: true, Roles: anyone, Unnoted: oneself},
	{Route: "POST /api/session/totp/confirm", Half: true, Roles: anyone, Noted: audit.Changed},
	{Route: "POST /api/session/totp/remove", Roles: anyone, Noted: audit.Changed},
	{Route: "POST /api/session/passkeys", Half: true, Roles: anyone, Unnoted: oneself},
	{Route: "POST /api/session/passkeys/confirm", Half: true, Roles: anyone, Noted: audit.Changed},
	{Route: "POST /api/session/passkeys/{id}/remove", Roles: anyone, Noted: audit.Changed},
	{Route: "POST /api/session/recovery-codes", Roles: anyone, Noted: audit.Changed},
	{Route: "POST /api/session/password", Half: true, Roles: anyone, Noted: audit.Changed},
	{Route: "POST /api/session/lock", Locked: true, Roles: anyone, Unnoted: oneself},
	{Route: "POST /api/session/unlock", Locked: true, Roles: anyone, Noted: audit.Unlocked},
	{Route: "GET /api/session/all", Roles: anyone, Unnoted: oneself},
	{Route: "POST /api/session/all/end", Roles: anyone, Noted: audit.SignedOut},
	{Route: "POST /api/session/all/{id}/end", Roles: anyone, Noted: audit.SignedOut},
	{Route: "GET /api/sessions", Roles: admins, Unnoted: noPerson},
	{Route: "POST /api/sessions/{id}/end", Roles: admins, Noted: audit.Changed},

	{Route: "GET /api/setup", Public: true, Unnoted: noPerson},
	{Route: "POST /api/setup", Public: true, Noted: audit.Changed}, // by a code that only the console has, and only while there is no administrator

	{Route: "GET /api/demo", Public: true, Unnoted: noPerson}, // a demo's logins, to its own machine; nothing anywhere else

	{Route: "GET /api/live", Locked: true, Roles: anyone, Unnoted: noPerson}, // what each frame shows whom is webui's to filter
	{Route: "GET /api/hours", Roles: anyone, Unnoted: noPerson},
	{Route: "GET /api/progress", Roles: anyone, Unnoted: noPerson},
	{Route: "GET /api/progress/today", Roles: anyone, Unnoted: noPerson},
	{Route: "GET /api/progress/mine", Roles: callers, Unnoted: oneself},

	{Route: "GET /api/desks", Locked: true, Roles: anyone, Unnoted: noPerson},
	{Route: "POST /api/desks/{id}/sit", Roles: callers, Noted: audit.Changed},
	{Route: "POST /api/desks/{id}/leave", Roles: callers, Unnoted: noPerson},
	{Route: "POST /api/desks/{id}/next", Roles: callers, Unnoted: readLater},
	{Route: "POST /api/desks/{id}/away", Roles: callers, Unnoted: itsOwn},
	{Route: "POST /api/desks/{id}/back", Roles: callers, Unnoted: itsOwn},
	{Route: "POST /api/desks/{id}/pause", Roles: seniors, Noted: audit.Changed},
	{Route: "POST /api/desks/{id}/go-on", Roles: seniors, Noted: audit.Changed},
	{Route: "POST /api/desks/{id}/clear", Roles: seniors, Noted: audit.Changed},
	{Route: "POST /api/desks/{id}/touched", Locked: true, Roles: callers, Unnoted: noPerson},

	{Route: "POST /api/desks/{id}/test", Roles: admins, Noted: audit.Changed},

	{Route: "GET /api/trunks", Roles: keepers, Unnoted: noPerson},
	{Route: "GET /api/phones", Roles: admins, Unnoted: noPerson},

	{Route: "POST /api/calls", Roles: callers, Unnoted: theCall},
	{Route: "GET /api/calls", Locked: true, Roles: callers, Unnoted: noPerson},
	{Route: "GET /api/calls/{id}", Locked: true, Roles: callers, Unnoted: noPerson},
	{Route: "POST /api/calls/{id}/hangup", Locked: true, Roles: callers, Unnoted: theCall},
	{Route: "POST /api/calls/{id}/dtmf", Roles: callers, Unnoted: theCall},
	{Route: "GET /api/calls/{id}/trace", Roles: keepers, Noted: audit.CaseRead}, // masked for who may not see numbers
	{Route: "POST /api/calls/{id}/heard", Roles: callers, Unnoted: theCall},
	{Route: "POST /api/calls/{id}/hold", Roles: callers, Unnoted: theCall},
	{Route: "POST /api/calls/{id}/resume", Roles: callers, Unnoted: theCall},
	{Route: "POST /api/calls/{id}/mute", Roles: callers, Unnoted: theCall},
	{Route: "POST /api/calls/{id}/unmute", Roles: callers, Unnoted: theCall},
	{Route: "POST /api/calls/{id}/transfer", Roles: callers, Unnoted: theCall},
	{Route: "PUT /api/calls/{id}/identity", Roles: callers, Noted: audit.DebtShown}, // each time is written down
	{Route: "POST /api/calls/{id}/recording/pause", Roles: callers, Unnoted: theCall},
	{Route: "POST /api/calls/{id}/recording/resume", Roles: callers, Unnoted: theCall},

	{Route: "GET /api/queue", Roles: seniors, Noted: audit.Listed},
	{Route: "GET /api/asked-for", Roles: callers, Noted: audit.Listed}, // an operator's own, and anyone's
	{Route: "GET /api/cases/{id}", Roles: callers, Noted: audit.CaseRead},
	{Route: "POST /api/cases/search", Roles: callers, Noted: audit.Searched},
	{Route: "POST /api/cases/{id}/history-check", Roles: callers, Unnoted: itsOwn},
	{Route: "POST /api/cases/{id}/pin", Roles: seniors, Noted: audit.Changed},
	{Route: "POST /api/cases/{id}/skip", Roles: seniors, Noted: audit.Changed},
	{Route: "POST /api/cases/{id}/hold", Roles: seniors, Noted: audit.Changed},
	{Route: "POST /api/cases/{id}/move", Roles: seniors, Noted: audit.Changed},
	{Route: "POST /api/cases/{id}/release", Roles: seniors, Noted: audit.Changed},

	{Route: "GET /api/attempts", Roles: readers, Noted: audit.Listed},
	{Route: "GET /api/attempts/{id}", Roles: readers, Noted: audit.CaseRead},
	{Route: "PUT /api/attempts/{id}/result", Roles: callers, Unnoted: itsOwn},
	{Route: "POST /api/attempts", Roles: callers, Noted: audit.Changed},
	{Route: "GET /api/attempts/{id}/recording", Roles: listeners, Noted: audit.Listened}, // each time is written down
	{Route: "GET /api/attempts/{id}/caller", Roles: callers, Noted: audit.CaseRead},
	{Route: "PUT /api/attempts/{id}/case", Roles: callers, Noted: audit.Changed},

	{Route: "POST /api/lists", Roles: listers, Noted: audit.ListTaken},
	{Route: "GET /api/lists/{id}", Roles: listers, Noted: audit.ListTaken},
	{Route: "POST /api/lists/{id}/apply", Roles: listers, Noted: audit.ListTaken},
	{Route: "DELETE /api/lists/{id}", Roles: listers, Noted: audit.ListTaken},
	{Route: "GET /api/lists/{id}/found", Roles: listers, Noted: audit.Listed},
	{Route: "GET /api/list-sources", Roles: listers, Unnoted: noPerson},
	{Route: "POST /api/list-sources", Roles: keepers, Noted: audit.Changed},

	{Route: "GET /api/close", Roles: seniors, Unnoted: noPerson},
	{Route: "POST /api/close", Roles: seniors, Noted: audit.Exported},
	{Route: "GET /api/close/final", Roles: seniors, Unnoted: noPerson}, // before the contract's end
	{Route: "GET /api/closes", Roles: listeners, Unnoted: noPerson},
	{Route: "POST /api/closes/{id}/give-up", Roles: seniors, Noted: audit.Changed},
	{Route: "GET /api/closes/{id}/files/{n}", Roles: listeners, Noted: audit.Exported}, // what was returned to the ward
	{Route: "GET /api/targets", Roles: listeners, Unnoted: noPerson},
	{Route: "POST /api/targets", Roles: listeners, Noted: audit.Changed}, // the ward says it, or the supervisor writes down what the ward said
	{Route: "POST /api/targets/notices", Roles: seniors, Noted: audit.Exported},
	{Route: "GET /api/targets/draft", Roles: seniors, Noted: audit.ReportRead},
	{Route: "GET /api/targets/notices/{id}/file", Roles: listeners, Noted: audit.Exported},
	{Route: "GET /api/reports/{kind}", Roles: listeners, Noted: audit.ReportRead},
	{Route: "GET /api/reports/{kind}/rows", Roles: listeners, Noted: audit.ReportRead}, // every figure down to the call
	{Route: "GET /api/reports/{kind}/file", Roles: listeners, Noted: audit.Exported},
	{Route: "POST /api/reports/{kind}/issue", Roles: seniors, Noted: audit.Exported},
	{Route: "GET /api/minutes/{month}", Roles: listeners, Noted: audit.ReportRead},
	{Route: "PUT /api/minutes/{month}", Roles: seniors, Noted: audit.Changed},
	{Route: "POST /api/minutes/{month}/sign", Roles: listeners, Noted: audit.Changed}, // each for their own side
	{Route: "GET /api/minutes/{month}/file", Roles: listeners, Noted: audit.Exported},
	{Route: "POST /api/sms", Roles: seniors, Noted: audit.Changed},
	{Route: "GET /api/exports", Roles: listeners, Unnoted: noPerson},
	{Route: "POST /api/exports", Roles: seniors, Noted: audit.Exported},
	{Route: "GET /api/exports/{id}/files/{n}", Roles: listeners, Noted: audit.Exported},
	{Route: "GET /api/cases/{id}/record", Roles: callers, Noted: audit.CaseRead}, // who reads the case whole

	{Route: "GET /api/handoffs", Roles: readers, Noted: audit.Listed},
	{Route: "POST /api/handoffs", Roles: callers, Noted: audit.CaseRead},     // the answer shows who it is about
	{Route: "GET /api/handoffs/{id}", Roles: readers, Noted: audit.CaseRead}, // an operator's own, or of the case in hand; each time is written down
	{Route: "POST /api/handoffs/{id}/add", Roles: callers, Noted: audit.CaseRead},
	{Route: "POST /api/handoffs/{id}/acknowledge", Roles: listeners, Noted: audit.CaseRead},
	{Route: "POST /api/handoffs/{id}/answer", Roles: listeners, Noted: audit.CaseRead},
	{Route: "POST /api/handoffs/{id}/reopen", Roles: readers, Noted: audit.CaseRead},
	{Route: "POST /api/handoffs/{id}/withdraw", Roles: callers, Noted: audit.CaseRead},
	{Route: "POST /api/cases/{id}/do-not-call", Roles: callers, Noted: audit.Changed}, // only a supervisor takes a number off the list
	{Route: "POST /api/payments", Roles: listers, Noted: audit.ListTaken},
	{Route: "GET /api/payments/{id}", Roles: listers, Noted: audit.ListTaken},
	{Route: "POST /api/payments/{id}/apply", Roles: listers, Noted: audit.ListTaken},
	{Route: "DELETE /api/payments/{id}", Roles: listers, Noted: audit.ListTaken},
	{Route: "GET /api/promises", Roles: listeners, Noted: audit.Listed}, // the ward sees figures, and no person
	{Route: "GET /api/promises/day", Roles: callers, Noted: audit.Listed},
	{Route: "GET /api/numbers", Roles: callers, Noted: audit.Listed},
	{Route: "POST /api/numbers", Roles: callers, Noted: audit.Changed},
	{Route: "DELETE /api/numbers/{id}", Roles: callers, Unnoted: itsOwn}, // one's own; a supervisor anybody's
	{Route: "GET /api/numbers/counts", Roles: seniors, Unnoted: noPerson},

	{Route: "GET /api/scripts", Roles: readers, Unnoted: noPerson},
	{Route: "GET /api/scripts/versions", Roles: listeners, Unnoted: noPerson},
	{Route: "POST /api/scripts", Roles: seniors, Noted: audit.Changed},
	{Route: "POST /api/scripts/starter", Roles: seniors, Noted: audit.Changed},
	{Route: "POST /api/scripts/{id}/approve", Roles: wards, Noted: audit.Changed},
	{Route: "POST /api/scripts/{id}/withdraw", Roles: wards, Noted: audit.Changed},

	{Route: "GET /api/languages", Roles: keepers, Unnoted: noPerson},

	{Route: "GET /api/users", Roles: admins, Unnoted: noPerson},
	{Route: "POST /api/users", Roles: admins, Noted: audit.Changed},
	{Route: "PATCH /api/users/{id}", Roles: admins, Noted: audit.Changed},
	{Route: "POST /api/users/{id}/reset-factors", Roles: admins, Noted: audit.Changed},

	{Route: "GET /api/settings", Roles: admins, Unnoted: noPerson},
	{Route: "POST /api/settings", Roles: admins, Noted: audit.Changed},
	{Route: "POST /api/settings/plan", Roles: admins, Unnoted: noPerson},
	{Route: "GET /api/settings/changes", Roles: admins, Unnoted: noPerson},
	{Route: "POST /api/settings/changes/{id}/undo", Roles: admins, Noted: audit.Changed},
	{Route: "GET /api/calendar", Roles: admins, Unnoted: noPerson},

	{Route: "GET /api/waiting", Roles: wards, Unnoted: noPerson}, // of hand-offs their kinds and days alone

	{Route: "GET /api/displays", Roles: admins, Unnoted: noPerson},
	{Route: "POST /api/displays", Roles: admins, Noted: audit.Changed},
	{Route: "POST /api/displays/{id}/revoke", Roles: admins, Noted: audit.Changed},
	{Route: "POST /api/wall", Public: true, Noted: audit.SignedIn}, // by a code that an administrator made, which is good once
	{Route: "GET /api/wall", Roles: displays, Unnoted: noPerson},
	{Route: "GET /api/wall/live", Roles: displays, Unnoted: noPerson},

	{Route: "GET /api/audit", Roles: listers, Unnoted: noPerson},
	{Route: "POST /api/audit/search", Roles: listers, Noted: audit.AuditRead},
	{Route: "POST /api/audit/check", Roles: listers, Unnoted: noPerson},
	{Route: "GET /api/incidents", Roles: listers, Unnoted: noPerson},
	{Route: "POST /api/incidents", Roles: keepers, Noted: audit.Changed},
	{Route: "GET /api/incidents/{id}", Roles: listers, Unnoted: noPerson},
	{Route: "PUT /api/incidents/{id}", Roles: keepers, Noted: audit.Changed},
	{Route: "POST /api/incidents/{id}/steps", Roles: listers, Noted: audit.Changed}, // each side its own
	{Route: "GET /api/incidents/{id}/evidence", Roles: listers, Noted: audit.Exported},
	{Route: "GET /api/alerts", Roles: listers, Unnoted: noPerson},
	{Route: "POST /api/alerts/{id}/acknowledge", Roles: keepers, Unnoted: itsOwn},
	{Route: "GET /api/supervisors/here", Roles: listers, Unnoted: noPerson},
	{Route: "POST /api/supervisors/here", Roles: seniors, Unnoted: noPerson},
	{Route: "POST /api/audit/printed", Roles: anyone, Noted: audit.Printed},

	{Route: "GET /healthz", Public: true, Unnoted: noPerson},
	{Route: "GET /readyz", Public: true, Unnoted: noPerson},
	{Route: "GET /metrics", Public: true, Unnoted: noPerson}, // figures only; a firewall keeps strangers out where that matters
	{Route: "GET /api/openapi.json", Public: true, Unnoted: noPerson},
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
