package webui

import (
	"slices"
	"sync"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/audit"
)

// mostRelists bounds how many lists are remembered, each with up to mostSeen ids.
const mostRelists = 1000

// relists is what each session has been shown of each list of late, and is on the record with (audit.ListStands): an open screen reads
// it anew after every call, and whoever reads the record would not find their way among the same entries. It is this process's alone:
// what another node has written down is written once more.
type relists struct {
	now  dialer.Clock
	mu   sync.Mutex
	seen map[relist]*onRecord
}

// relist is one list as one session reads it from one address: whoever has a copy of the cookie elsewhere leaves entries of their own.
type relist struct{ token, route, object, address string }

type onRecord struct {
	since time.Time
	cases map[dialer.CaseID]bool
	calls map[dialer.CallID]bool
}

func newRelists(now dialer.Clock) *relists { return &relists{now: now, seen: map[relist]*onRecord{}} }

// fresh leaves of an entry what this session is not on the record with for the same list, and reports whether there is anything to write:
// the list itself, when it has not been read for as long as an entry stands.
func (r *relists) fresh(token string, e *audit.Event) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.seen[relist{token, e.Route, e.Object, e.Address}]
	if before == nil || r.now().Sub(before.since) >= audit.ListStands {
		return true
	}
	e.Cases = slices.DeleteFunc(slices.Clone(e.Cases), func(id dialer.CaseID) bool { return before.cases[id] })
	e.Calls = slices.DeleteFunc(slices.Clone(e.Calls), func(id dialer.CallID) bool { return before.calls[id] })
	return len(e.Cases)+len(e.Calls) > 0
}

// written keeps what an entry that was written says; what is too old to stand for anything is let go.
func (r *relists) written(token string, e audit.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	for key, s := range r.seen {
		if now.Sub(s.since) >= audit.ListStands {
			delete(r.seen, key)
		}
	}
	key := relist{token, e.Route, e.Object, e.Address}
	s := r.seen[key]
	if s == nil && len(r.seen) >= mostRelists {
		return // whoever makes up filters writes them all down, and takes up no memory
	}
	if s == nil {
		s = &onRecord{since: now, cases: map[dialer.CaseID]bool{}, calls: map[dialer.CallID]bool{}}
		r.seen[key] = s
	}
	for _, id := range e.Cases {
		s.cases[id] = true
	}
	for _, id := range e.Calls {
		s.calls[id] = true
	}
}
