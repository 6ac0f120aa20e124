package sip

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// Examination is what one address of a trunk, or a phone at a fixed address, said when it was asked.
type Examination struct {
	Address netip.AddrPort
	Options int // the final status to an OPTIONS; 0 for silence
	// Register is the final status to a REGISTER that changes nothing; 0 for silence, -1 when the trunk has no user.
	Register int
	// Fault says why it could not be reached, where that is known: for TCP and TLS.
	Fault string
}

// Examine asks each address of a trunk whether it is there (RFC 3261 §11) and, where we have a user at it, what it has bound
// for that user (§10.2.3), which also proves the password. Nothing is changed there. The error says that the trunk's name
// cannot be found.
func (a *Agent) Examine(ctx context.Context, trunk Trunk) ([]Examination, error) {
	found, err := a.lookup(ctx, trunk)
	if err != nil {
		return nil, err
	}
	var all []Examination
	for _, at := range found {
		asks := optionsFor{uri: "sip:" + trunk.domain(), from: trunk.uri(orElse(trunk.from(), "kakeru"))}
		e := Examination{Address: at.AddrPort, Register: -1}
		e.Options = await(ctx, func(told func(int)) { a.options(asks, at, told) })
		if trunk.User != "" {
			e.Register = await(ctx, func(told func(int)) { a.query(trunk, at, told) })
		}
		if why := a.streams.fault(at); why != nil {
			e.Fault = why.Error()
		}
		all = append(all, e)
	}
	return all, nil
}

// ExaminePhone asks a phone at a fixed address, "sip:201@192.0.2.21:5060", whether it is there.
func (a *Agent) ExaminePhone(ctx context.Context, uri string) (Examination, error) {
	to, at, err := fixedAddress(uri)
	if err != nil {
		return Examination{}, err
	}
	e := Examination{Register: -1}
	where, err := a.resolve(ctx, at)
	if err != nil {
		return e, err
	}
	e.Address = where.AddrPort
	asks := optionsFor{uri: to.String(), from: "sip:kakeru@" + a.us}
	e.Options = await(ctx, func(told func(int)) { a.options(asks, where, told) })
	if why := a.streams.fault(where); why != nil {
		e.Fault = why.Error()
	}
	return e, nil
}

// await waits for a status, or for ctx: then it is 0.
func await(ctx context.Context, ask func(told func(int))) int {
	told := make(chan int, 1)
	ask(func(status int) { told <- status })
	select {
	case status := <-told:
		return status
	case <-ctx.Done():
		return 0
	}
}

// query is a REGISTER without Contact: it asks for the list of bindings.
type query struct {
	lane   *lane
	trunk  Trunk
	at     place
	signer signer
	tag    string
	cseq   uint32
	told   func(status int)
}

func (a *Agent) query(t Trunk, at place, told func(status int)) {
	l := a.lane(a.newCallID())
	q := &query{lane: l, trunk: t, at: at, signer: signer{with: t.credentials()}, tag: newTag(), told: told}
	posted := l.post(func() {
		defer l.release()
		l.adopt(probe{l})
		q.send()
	})
	if !posted {
		l.release()
		told(0)
	}
}

func (q *query) send() {
	q.cseq++
	self := q.trunk.uri(q.trunk.User)
	req, err := request{
		method: sip.REGISTER, uri: "sip:" + q.trunk.domain(), from: "<" + self + ">;tag=" + q.tag, to: "<" + self + ">",
		callID: q.lane.callID, cseq: q.cseq, sentBy: q.lane.agent.sentBy(q.at.by), branch: newBranch(),
	}.build()
	if err == nil {
		err = q.signer.sign(req)
	}
	if err != nil {
		q.finish(0)
		return
	}
	q.lane.begin(req, q.at, q.heard, func(error) { q.finish(0) })
}

func (q *query) heard(res *sip.Response) {
	switch {
	case res.IsProvisional():
	case isChallenge(res) && q.signer.take(res):
		q.send()
	default:
		q.finish(res.StatusCode)
	}
}

func (q *query) finish(status int) {
	q.lane.abandon()
	q.told(status)
}

// Binding is a desk phone's registration as an agent has kept it for its next start.
type Binding struct {
	Desk    dialer.DeskID
	Expires time.Time
}

// Bindings reads the registrations that an agent with this Config.BindingsFile keeps, the newest last.
func Bindings(path string) ([]Binding, error) {
	all, err := readBindings(path)
	var out []Binding
	for _, k := range all {
		out = append(out, Binding{k.Desk, k.Expires})
	}
	slices.SortStableFunc(out, func(x, y Binding) int { return x.Expires.Compare(y.Expires) })
	return out, err
}
