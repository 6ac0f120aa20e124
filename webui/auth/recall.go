package auth

import (
	"context"
	"errors"
	"sync"
	"time"

	"kakeru/dialer"
)

const (
	// believed is how long an answer of a store is used without asking again.
	believed = time.Minute
	// askAhead is the age at which Check asks again. An open socket is checked more often than an answer grows too old to
	// be believed, so that its person's clicks never wait for a store: a hang-up must be done in 100 ms whatever they do.
	askAhead = 15 * time.Second
	// patience is how long a store is waited for when an older answer is known.
	patience = 15 * time.Millisecond
	// recallsKept bounds the memory of one recall.
	recallsKept = 4096
)

// recall remembers what a store answered, so that neither its being slow nor its being away is felt by those who have
// been here before. Only an answer counts: a failure leaves what is known as it was.
type recall[V any] struct {
	now  dialer.Clock
	mu   sync.Mutex
	kept map[string]recalled[V]
	// forgot counts what was forgotten: an answer that was asked for before is not kept, for it may be about that.
	forgot uint64
}

// errNone is what ask answers when the store says that there is no such thing: that is not kept, and ends what was known.
var errNone = errors.New("there is none")

type recalled[V any] struct {
	value V
	at    time.Time
}

func newRecall[V any](now dialer.Clock) *recall[V] {
	return &recall[V]{now: now, kept: map[string]recalled[V]{}}
}

// get returns what is known under key, or asks. ask's error is errNone or a failure of the store.
func (r *recall[V]) get(ctx context.Context, key string, ask func(context.Context) (V, error)) (V, error) {
	r.mu.Lock()
	k, known := r.kept[key]
	forgot := r.forgot
	r.mu.Unlock()
	if known && r.now().Sub(k.at) < believed {
		return k.value, nil
	}
	if known {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	v, err := ask(ctx)
	switch {
	case errors.Is(err, errNone):
		r.forget(key)
		return v, err
	case err != nil && !known:
		return v, err
	case err != nil:
		v = k.value
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.forgot == forgot {
		r.keep(key, v)
	}
	return v, nil
}

// put notes an answer that is known otherwise.
func (r *recall[V]) put(key string, v V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keep(key, v)
}

// mark is where putSince counts from.
func (r *recall[V]) mark() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.forgot
}

// putSince is put when nothing was forgotten since the mark; else the key is forgotten, and asked for again.
func (r *recall[V]) putSince(mark uint64, key string, v V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	same := r.forgot == mark
	r.forgot++ // an answer that was asked for before is older
	if !same {
		delete(r.kept, key)
		return
	}
	r.keep(key, v)
}

// keep is put with mu held.
func (r *recall[V]) keep(key string, v V) {
	if _, known := r.kept[key]; !known && len(r.kept) >= recallsKept {
		for other := range r.kept { // any will do: it is asked for again
			delete(r.kept, other)
			break
		}
	}
	r.kept[key] = recalled[V]{v, r.now()}
}

// has reports whether anything is known under key.
func (r *recall[V]) has(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, known := r.kept[key]
	return known
}

// keys are what something is known under.
func (r *recall[V]) keys() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	keys := make([]string, 0, len(r.kept))
	for key := range r.kept {
		keys = append(keys, key)
	}
	return keys
}

// doubt makes the next get ask, if what is known is as old as age. It is still better than nothing.
func (r *recall[V]) doubt(key string, age time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if k, known := r.kept[key]; known && r.now().Sub(k.at) >= age {
		r.kept[key] = recalled[V]{value: k.value}
	}
}

// forget makes the next get ask, whatever is known.
func (r *recall[V]) forget(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.kept, key)
	r.forgot++
}
