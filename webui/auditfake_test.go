package webui

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/audit"
)

// book is the record of who saw what, in memory.
type book struct {
	mu      sync.Mutex
	entries []audit.Entry
	down    bool
	check   audit.Check
	noDisk  bool
	kept    []audit.Event
}

// keep is Deps.Unwritten.
func (b *book) keep(e audit.Event) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.noDisk {
		return errors.New("no space left on device")
	}
	b.kept = append(b.kept, e)
	return nil
}

func (b *book) WriteDown(ctx context.Context, events ...audit.Event) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down || ctx.Err() != nil {
		return dialer.ErrLedgerDown
	}
	for _, e := range events {
		for _, id := range e.Cases {
			e.Refs = append(e.Refs, "ref-"+string(id))
		}
		for _, id := range e.Calls {
			e.Refs = append(e.Refs, "of-"+string(id))
		}
		e.Refs = slices.DeleteFunc(e.Refs, unknown)
		b.entries = append(b.entries, audit.Entry{N: int64(len(b.entries) + 1), Event: e, Seal: make([]byte, audit.SealBytes)})
	}
	return nil
}

// unknown are the references of what the tests ask for and there is none of: the ledger finds none for those.
func unknown(ref string) bool {
	_, id, _ := strings.Cut(ref, "-")
	return id == "nothing" || id == "case-9" || strings.HasSuffix(id, "dead") || !strings.Contains(id, "-")
}

func (b *book) all() []audit.Entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.entries)
}

// last is the newest entry, of those that do not tell of signing in.
func (b *book) last() audit.Entry {
	all := b.all()
	if len(all) == 0 {
		return audit.Entry{}
	}
	return all[len(all)-1]
}

func (b *book) fails(down bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down = down
}

func (b *book) Entries(_ context.Context, q audit.Query) ([]audit.Entry, error) {
	var found []audit.Entry
	for _, e := range slices.Backward(b.all()) {
		if q.Ref != "" && !slices.Contains(e.Refs, q.Ref) || q.By != "" && e.By != q.By || q.Action != "" && e.Action != q.Action ||
			q.Below != 0 && e.N >= q.Below || e.At.Before(q.From) || !q.Until.IsZero() && !e.At.Before(q.Until) || len(found) == q.Most {
			continue
		}
		found = append(found, e)
	}
	return found, nil
}

func (b *book) All(context.Context, int64) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		for _, e := range b.all() {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (b *book) Within(ctx context.Context, from, until time.Time, who []dialer.UserID) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		for e := range b.All(ctx, 1) {
			if e.At.Before(from) || e.At.After(until) || len(who) > 0 && e.By != "" && !slices.Contains(who, e.By) {
				continue
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (b *book) Newest(context.Context) (audit.Entry, error) { return b.last(), nil }

func (b *book) Last() audit.Check {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.check
}

func (b *book) Check(context.Context) (audit.Check, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.check = audit.Check{At: tuesday, Checked: audit.Checked{Entries: int64(len(b.entries))}}
	return b.check, nil
}
