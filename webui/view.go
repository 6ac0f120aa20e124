package webui

import (
	"slices"
	"strings"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/alarm"
	"kakeru/dialer/casework"
	"kakeru/dialer/report"
)

// viewer is who looks at desks, calls and attempts, by request or by frame. What they may see of each stands here and
// nowhere else: an operator their own calls and case, a supervisor everything, ward and administrator no case.
type viewer struct {
	user dialer.UserID
	role dialer.Role
}

func viewerOf(v visitor) viewer { return viewer{user: v.User.ID, role: v.User.Role} }

// own reports whether something of an operator's may be seen whole.
func (v viewer) own(operator dialer.UserID) bool {
	return v.role == dialer.RoleSupervisor || (v.role == dialer.RoleOperator && operator == v.user)
}

func (v viewer) seesCall(operator dialer.UserID) bool { return v.own(operator) }

// desk leaves out which case and call another's desk has, or rings for.
func (v viewer) desk(d Desk) Desk {
	if d.Operator == nil && v.role != dialer.RoleSupervisor || d.Operator != nil && !v.own(*d.Operator) {
		d.CaseID, d.CallID, d.Ringing, d.Away, d.TouchedAt, d.Screen = "", nil, nil, "", nil, ""
		d.PausedByName, d.PauseReason, d.PausedAt = "", "", nil
	}
	return d
}

// attempt leaves out what the viewer may not see; ok is false when that is all of it.
func (v viewer) attempt(a Attempt) (seen Attempt, ok bool) {
	switch {
	case v.own(a.Operator):
		return a, true
	case v.role == dialer.RoleWard:
		a.CaseID = ""
		return withoutNote(a), true
	}
	return Attempt{}, false
}

// withoutNote is an attempt as frames and snapshots have it: without what the operator wrote of the person. Who reads that asks for the attempt,
// and is written down (package audit).
func withoutNote(a Attempt) Attempt {
	if a.Entry != nil && a.Entry.Note != "" {
		e := *a.Entry
		e.Note = ""
		a.Entry = &e
	}
	return a
}

// seesAlert: an alert about a call is for the supervisor; so is that a target fails; that a store or a
// phone is away is for all who work with it.
func (v viewer) seesAlert(a Alert) bool {
	if ofPresence(a) {
		return true
	}
	switch v.role {
	case dialer.RoleSupervisor:
		return true
	case dialer.RoleOperator:
		return a.CallID == "" && a.Kind != report.TargetFailing && a.Kind != alarm.PaceBehind && a.Kind != ManyCases && a.Kind != SeatsTaken && !ofSafety(a)
	case dialer.RoleAdmin:
		return a.CallID == "" && a.Kind != report.TargetFailing
	case dialer.RoleWard:
		return ofSafety(a)
	default:
		return false
	}
}

// ofSafety: an incident, and that the record was tampered with, are for the ward too, at once (§22).
func ofSafety(a Alert) bool { return a.Kind == incidentAlert || a.Kind == AuditDamaged }

// ofPresence: that no supervisor is there is told to everybody, and to the ward at once (仕様書 7(6)).
func ofPresence(a Alert) bool { return a.Kind == alarm.SVAbsent }

// readsCloses: what went back is the supervisor's and the ward's to read. An operator need know only how far the day's close is.
func (v viewer) readsCloses() bool {
	return v.role == dialer.RoleSupervisor || v.role == dialer.RoleWard
}

func (v viewer) close(c Close) Close {
	if v.readsCloses() {
		return c
	}
	return Close{ID: c.ID, Day: c.Day, Step: c.Step, BegunAt: c.BegunAt, MovedAt: c.MovedAt, Files: []ReturnedFile{}}
}

// seesTrunks: the trunks are looked after by supervisor and administrator. seesLine: who calls need know only whether there
// is a line.
func (v viewer) seesTrunks() bool {
	return v.role == dialer.RoleSupervisor || v.role == dialer.RoleAdmin
}

// seesNumbers: whom any call is with is for the supervisor alone.
func (v viewer) seesNumbers() bool { return v.role == dialer.RoleSupervisor }

func (v viewer) seesLine() bool { return v.role != dialer.RoleWard }

// see returns the data of a frame as the viewer may see it; whole is true when nothing was left out.
func (v viewer) see(f *frame) (data any, whole, ok bool) {
	switch d := f.data.(type) {
	case Desk:
		seen := v.desk(d)
		return seen, seen == d, true
	case Call:
		return d, true, v.seesCall(d.Operator)
	case Attempt:
		seen, ok := v.attempt(d)
		return seen, v.own(d.Operator), ok
	case Alert:
		return d, true, v.seesAlert(d)
	case TrunkChanged:
		if v.seesTrunks() {
			return d, true, true
		}
		return TrunkChanged{LineUp: d.LineUp}, false, v.seesLine()
	case QueueChanged:
		return d, true, v.role == dialer.RoleOperator || v.role == dialer.RoleSupervisor
	case Close:
		seen := v.close(d)
		return seen, v.readsCloses(), v.role != dialer.RoleAdmin
	case HandoffsChanged:
		return d, true, v.role != dialer.RoleAdmin
	case casework.Preview:
		return d, true, v.role != dialer.RoleOperator
	default: // progress, and the beat: everyone's
		return d, true, true
	}
}

// readsCase reports whether a viewer reads a case whole: an operator only while it stands at a desk where they sit, and not more of them than
// work asks for.
func (s *Server) readsCase(v viewer, id dialer.CaseID) bool {
	if v.role == dialer.RoleSupervisor {
		return true
	}
	_, here := s.deskWith(v.user, id)
	return v.role == dialer.RoleOperator && here && s.windows.open(v.user, id, s.d.Now())
}

// masked is a case as those read it who do not read it whole.
func masked(c Case) Case {
	c.Address, c.PostalCode, c.BornOn, c.WardNote = "", "", "", ""
	c.Phones = slices.Clone(c.Phones)
	for i, p := range c.Phones {
		c.Phones[i].Number = maskedNumber(p.Number)
	}
	return c
}

// maskedNumber is as many dots as it has digits, but for the last two.
func maskedNumber(n dialer.Number) dialer.Number {
	last := n.LastTwo()
	return dialer.Number(strings.Repeat("•", len(n)-len(last)) + last)
}

// historyEntry is an attempt in a case's history, which an operator reads before calling. What others noted, and how much was promised to them, is left
// out unless the viewer reads the case whole: as much is mostly owed.
func (s *Server) historyEntry(v viewer, a casework.Attempt, whole bool) Attempt {
	seen := s.dressAttempt(a)
	if !whole && seen.Entry != nil && a.Entry.By != v.user && a.Operator != v.user {
		seen.Entry.Note, seen.Entry.Promise = "", nil
	}
	return seen
}

func (s *Server) dressDesk(d dialer.DeskView) Desk {
	return Desk{
		ID: d.ID, Name: d.Name, Registered: d.Registered, InUseElsewhere: d.InUseElsewhere, State: d.State, Operator: known(d.Operator),
		OperatorName: s.names.of(d.Operator), CallID: known(d.CallID), CaseID: d.CaseID, Ringing: known(d.Ringing), Since: d.Since, Away: d.Away, TouchedAt: instant(d.TouchedAt),
		Screen: d.Screen, PausedByName: s.names.of(d.PausedBy), PauseReason: d.PauseReason, PausedAt: instant(d.PausedAt),
	}
}

func (s *Server) dressCall(c dialer.CallView) Call {
	return Call{CallView: c, OperatorName: s.names.of(c.Operator), Quality: dressQuality(c.Quality)}
}

func (s *Server) dressAttempt(a casework.Attempt) Attempt {
	out := Attempt{
		ID: a.ID, CaseID: a.CaseID, Desk: a.Desk, Operator: a.Operator, OperatorName: s.names.of(a.Operator),
		HandedDesk: a.HandedDesk, HandedTo: a.HandedTo, HandedToName: s.names.of(a.HandedTo),
		Direction: dialer.Direction(a.Direction), Origin: a.Origin, StartedAt: a.StartedAt, DialledAt: instant(a.DialledAt), RingingAt: instant(a.RingingAt),
		AnsweredAt: instant(a.AnsweredAt), EndedAt: instant(a.EndedAt), EndedBy: known(a.EndedBy),
		Result: known(a.Verdict.Result), Confidence: known(a.Verdict.Confidence), Rule: a.Verdict.Rule, Why: known(a.Verdict.Why),
		Counted:         a.Verdict.Counted,
		BusinessResults: []casework.Business{}, Evidence: orEmpty(a.Evidence),
		NumberKind: a.NumberKind, Trunk: a.Trunk, SIPCallID: a.SIPCallID, Quality: dressQuality(a.Quality),
	}
	if out.Origin == "" {
		out.Origin = casework.BySIP
	}
	if a.Entry != nil {
		out.Party, out.BusinessResults = known(a.Entry.Party), orEmpty(a.Entry.Business)
		out.Entry = s.dressEntry(*a.Entry)
	}
	return out
}

func (s *Server) dressEntry(r casework.Recorded) *Entry {
	e := &Entry{
		Party: r.Party, BusinessResults: orEmpty(r.Business), Note: r.Note, CallAgainAt: r.CallAgain, Mine: r.Mine, Kind: r.Kind, Language: r.Language,
		Revision: r.Revision, ByName: s.names.of(r.By), At: r.At,
	}
	if p := r.Promise; p != nil {
		e.Promise = &Promise{AmountYen: p.Yen, DueOn: p.DueOn, Means: p.Means}
		for _, part := range p.Parts {
			e.Promise.Parts = append(e.Promise.Parts, PromisePart{Insurance: part.Insurance, Term: part.Term, AmountYen: part.Yen})
		}
	}
	return e
}

// instant is nil for the zero time. One that was kept before its rule had a bound is brought within the years that can be shown.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(dialer.Plausible(t))
}

// known is nil for the empty word: what is not known yet is null in JSON.
func known[T ~string](word T) *T {
	if word == "" {
		return nil
	}
	return &word
}

// orEmpty makes a list that JSON shows as [] and never as null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func dressNext(n dialer.CaseNext) Next {
	return Next{State: n.State, Due: instant(n.Due), Why: n.Why, WhyEN: n.WhyEN}
}

func (s *Server) dressCase(c casework.Case) Case {
	out := Case{
		ID: c.ID, WardNumber: c.WardNumber, Name: c.Person.Name, Kana: c.Person.Kana, Address: c.Person.Address,
		PostalCode: c.Person.PostalCode, BornOn: c.Person.BornOn, Phones: []Phone{}, Balances: []Balance{},
		TotalYen: new(c.TotalYen()), Language: c.Language, WardNote: c.WardNote, Sample: c.Sample, DoNotCall: c.DoNotCall,
		Priority: c.Priority, Pinned: c.Pinned, Next: dressNext(c.Next),
	}
	for _, p := range c.Phones {
		out.Phones = append(out.Phones, Phone{
			Rank: p.Rank, Mark: s.d.Refs.NumberOf(c.ID, p.Number), Number: p.Number, Kind: p.Kind, Usable: p.Usable, DoNotCall: p.DoNotCall,
		})
	}
	for _, b := range c.Balances {
		out.Balances = append(out.Balances, Balance(b))
	}
	return out
}

// briefOf is a case in one line, as it stands in the ledger.
func briefOf(c casework.Case, now time.Time) CaseBrief {
	b := CaseBrief{
		CaseID: c.ID, WardNumber: c.WardNumber, Name: c.Person.Name, BalanceYen: new(c.TotalYen()), Priority: c.Priority,
		DueAt: instant(c.Next.Due), IsDue: c.Next.State == dialer.CaseWaiting && !c.Next.Due.After(now),
		State: c.Next.State, Why: c.Next.Why, WhyEN: c.Next.WhyEN, Pinned: c.Pinned,
	}
	for _, p := range c.Phones {
		if p.Usable {
			b.NumberKind = p.Kind
			break
		}
	}
	return b
}

func personOf(u dialer.User) Person {
	return Person{ID: u.ID, Login: u.Login, Name: u.Name, Role: u.Role, Disabled: u.Disabled, Languages: orEmpty(u.Languages), MustChange: u.MustChange}
}
