package sip

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"time"

	"kakeru/dialer"
)

// kept is a binding as it outlives the process: a phone renews its registration every half hour or so, and a desk must
// not stand idle that long because we were restarted.
type kept struct {
	Desk    dialer.DeskID `json:"desk"`
	URI     string        `json:"uri"`
	Path    []string      `json:"path,omitempty"`
	At      place         `json:"at"`
	Behind  bool          `json:"behind"`
	Expires time.Time     `json:"expires"`
	CallID  string        `json:"call_id"`
	CSeq    uint32        `json:"cseq"`
	Moved   bool          `json:"moved,omitempty"`
	// By seals the account and password it came by; empty in what an earlier version of the program wrote.
	By string `json:"by,omitempty"`
}

// keep has the bindings written down, after what is being written now: no lock is held over the file. However often they change
// meanwhile, they are written once, as they stand then. It needs r.mu.
func (r *registrar) keep() {
	if r.agent.cfg.BindingsFile == "" && r.agent.cfg.Where == nil || r.ended || r.owed {
		return
	}
	r.owed = r.keeper.post(func() {
		all := r.taken()
		if r.agent.cfg.BindingsFile != "" {
			r.write(all)
		}
		if r.agent.cfg.Where != nil {
			r.tellWhere(all)
		}
	})
}

// taken is what the keeper owes. An agent that ends has none any more, which is not to be kept.
func (r *registrar) taken() []kept {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.owed = false
	if r.ended {
		return r.last
	}
	return r.snapshot()
}

// snapshot needs r.mu.
func (r *registrar) snapshot() []kept {
	all := []kept{}
	for _, s := range r.seats {
		if !s.desk.registers() {
			continue
		}
		for _, b := range s.bindings {
			all = append(all, kept{s.desk.ID, b.uri, b.path, b.at, b.behind, b.expires, b.callID, b.cseq, b.moved, r.agent.tags.account(s.desk)})
		}
	}
	return all
}

// write replaces the file. What cannot be written costs a wait after the next restart, no more.
func (r *registrar) write(all []kept) {
	text, err := json.Marshal(all)
	if err == nil {
		err = replaceFile(r.agent.cfg.BindingsFile, text)
	}
	if err != nil {
		r.agent.log.Warn("sip: the registrations could not be kept for the next start", "err", err)
	}
}

// replaceFile leaves the old text or the new, never half of one.
func replaceFile(path string, text []byte) error {
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// recall takes up what an earlier process knew. A phone counts as silent until it has answered an OPTIONS, which is
// sent at once: so a desk comes back as soon as its phone is known to be there.
func (r *registrar) recall() {
	path := r.agent.cfg.BindingsFile
	if path == "" {
		return
	}
	all, err := readBindings(path)
	if err != nil {
		r.agent.log.Warn("sip: the registrations of the last run could not be read; phones will register again", "err", err)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range all {
		if s := r.seats[k.Desk]; s != nil && s.desk.registers() && k.At.IsValid() {
			s.remember(k.At.Addr()) // also one that has run out: its phone was off while we were
		}
		r.takeUp(k)
	}
}

// takeUp takes a binding up that another process knew, if it still holds: not if its password was changed since, as a stolen one is. It
// needs r.mu.
func (r *registrar) takeUp(k kept) {
	s, left := r.seats[k.Desk], k.Expires.Sub(r.agent.cfg.Now())
	if s == nil || !s.desk.registers() || left <= 0 || left > defaultExpires || !k.At.IsValid() || k.By != "" && k.By != r.agent.tags.account(s.desk) {
		return
	}
	s.remember(k.At.Addr()) // its phone comes back from there, and is no stranger
	if k.At.flow {
		s.lose(k.At, k.CallID) // it went with the process that had it; the phone comes back by another
		return
	}
	r.revive(s, binding{uri: k.URI, path: k.Path, at: k.At, behind: k.Behind, moved: k.Moved, expires: k.Expires, callID: k.CallID, cseq: k.CSeq})
}

// revive takes up a binding of which it is not known whether its phone is there: it is asked at once. It needs r.mu.
func (r *registrar) revive(s *seat, b binding) {
	b.silent = true
	if !r.ended {
		b.expiry = time.AfterFunc(b.expires.Sub(r.agent.cfg.Now()), func() { r.lapse(s, &b) })
		b.probe = time.AfterFunc(0, func() { r.ask(s, &b) })
	}
	s.bindings = append(s.bindings, &b)
}

// readBindings reads what write wrote; nothing where there is no file yet.
func readBindings(path string) (all []kept, err error) {
	text, err := os.ReadFile(path) //nolint:gosec // our own state
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	return all, err
}
