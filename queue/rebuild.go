package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"iter"
	"time"

	"kakeru/dialer"
)

const (
	// stageBatch is how many cases are sent to the stage at once; stage.lua bears no more.
	stageBatch = 1000
	// rebuildPause is how long a rebuild may wait for the ledger between two batches before it counts as dead.
	rebuildPause = 10 * time.Minute
	// keptLease is the least time a given lease goes on after a rebuild: it may have run out while Redis was away,
	// though its call lives. The owner renews it well before.
	keptLease = 30 * time.Second
)

// errSuperseded and errShort end a rebuild that must be begun again; the line is as it was.
var (
	errSuperseded = errors.New("another rebuild has begun, or redis was emptied meanwhile")
	errShort      = errors.New("redis lost part of the new line meanwhile")
)

// Rebuild implements dialer.Queue, in a Redis that Check does not refuse. Besides the leases in keep, those taken after the rebuild began go on. An error from
// cases ends the rebuild and is returned; the line is then as it was. Should Redis lose what it was sent, or another
// rebuild begin meanwhile, the error is dialer.ErrQueueDown.
func (q *Queue) Rebuild(ctx context.Context, cases iter.Seq2[dialer.Waiting, error], keep []dialer.Claim) error {
	r := &rebuild{q: q, token: rand.Text()}
	r.stage = q.keys.stage(r.token)
	life, err := q.lifeNow(ctx)
	if err == nil {
		err = q.fits(ctx)
	}
	if err == nil {
		err = r.all(ctx, life, cases, keep)
	}
	if err != nil {
		// Clean-up is tried even when the caller has given up; what it misses expires.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerLimit)
		defer cancel()
		_, _ = q.run(ctx, cancelScript, r.stage, r.token)
	}
	return err
}

// rebuild is one run of Rebuild.
type rebuild struct {
	q     *Queue
	token string
	stage []string
	batch []any
	sent  int
}

func (r *rebuild) all(ctx context.Context, life string, cases iter.Seq2[dialer.Waiting, error], keep []dialer.Claim) error {
	if _, err := r.q.run(ctx, beginScript, nil, r.token, rebuildPause.Milliseconds()); err != nil {
		return err
	}
	for w, err := range cases {
		if err != nil {
			return err
		}
		place, err := placeOf(w)
		if err != nil {
			return err
		}
		r.batch = append(r.batch, string(w.Case), place)
		if len(r.batch) == 2*stageBatch {
			if err := r.send(ctx); err != nil {
				return err
			}
		}
	}
	if err := r.send(ctx); err != nil {
		return err
	}
	return r.swap(ctx, life, keep)
}

func (r *rebuild) send(ctx context.Context) error {
	if len(r.batch) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	n, err := r.q.node(ctx)
	if err != nil {
		return err
	}
	args := append([]any{r.token, rebuildPause.Milliseconds()}, r.batch...)
	alive, err := stageScript.Run(ctx, n, append(r.stage[:3:3], r.q.keys.rebuilding), args...).Bool()
	if err == nil && !alive {
		err = errSuperseded
	}
	if err != nil {
		return r.q.down(ctx, err)
	}
	r.sent += len(r.batch) / 2
	r.batch = r.batch[:0]
	return nil
}

func (r *rebuild) swap(ctx context.Context, life string, keep []dialer.Claim) error {
	args := make([]any, 0, 5+4*len(keep))
	args = append(args, r.token, r.sent, keptLease.Microseconds(), life, layout)
	for _, c := range keep {
		args = append(args, string(c.Case), c.Token, micros(c.Until), string(c.Desk))
	}
	answer, err := r.q.run(ctx, swapScript, append(r.stage[:3:3], r.q.keys.layout), args...)
	switch {
	case err != nil:
		return err
	case answer == "ok":
		return nil
	case answer == "superseded":
		return r.q.down(ctx, errSuperseded)
	case answer == "short":
		return r.q.down(ctx, errShort)
	default:
		return errAnswer(answer)
	}
}
