package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"kakeru/dialer"
)

// answerLimit is how long Redis may take for one script. A caller's deadline may be shorter.
const answerLimit = time.Second

// putBatch is how many cases one script moves, so that none keeps Redis from the others for long.
const putBatch = 500

// Queue is the waiting line. It is safe for concurrent use, and for several processes on one Redis.
type Queue struct {
	client *redis.Client
	keys   keys
	claims *prometheus.CounterVec
	life   atomic.Pointer[string] // which life of Redis the line stands in; nil before it was asked
}

var _ dialer.Queue = (*Queue)(nil)

// Open reads the URL (redis://, rediss:// or unix://, as go-redis has it) and returns the line it leads to. Nothing is
// connected yet: Redis may come later, and go and come back. Close frees the connections.
func Open(url string) (*Queue, error) { return open(url, prefix) }

func open(url, prefix string) (*Queue, error) {
	o, err := redis.ParseURL(url)
	if err != nil {
		// The cause may quote the URL, and with it a password.
		return nil, errors.New("the address of Redis cannot be read; it must look like redis://host:6379/0 or unix:///path/redis.sock")
	}
	// A script that was sent may have run: it is never sent again behind our back.
	o.MaxRetries, o.DialerRetries = -1, 1
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = answerLimit, answerLimit, answerLimit, answerLimit
	o.ContextTimeoutEnabled = true
	// A connection is ready after one exchange less, and asks for nothing that an old server lacks.
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	// The client would log every refused connection; what fails is returned, and its user logs the change.
	logging.Disable()
	return &Queue{client: redis.NewClient(o), keys: newKeys(prefix), claims: newClaims()}, nil
}

// Close frees the connections to Redis.
func (q *Queue) Close() error { return q.client.Close() }

// Ping asks whether Redis answers: nil, or dialer.ErrQueueDown.
func (q *Queue) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	return down(q.client.Ping(ctx).Err())
}

// run executes a script on the line's keys and those in more.
func (q *Queue) run(ctx context.Context, s *redis.Script, more []string, args ...any) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	answer, err := s.Run(ctx, q.client, append(q.keys.all(), more...), args...).Result()
	return answer, down(err)
}

// down wraps what went wrong between us and Redis.
func down(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", dialer.ErrQueueDown, err)
}

// errAnswer is an answer that no script of ours gives.
func errAnswer(answer any) error {
	return fmt.Errorf("queue: redis gave an unknown answer of type %T", answer)
}

// Claim implements dialer.Queue. A claim whose answer is lost on the way lapses after its lease.
func (q *Queue) Claim(
	ctx context.Context, desk dialer.DeskID, id dialer.CaseID, lanes []dialer.Served, lease time.Duration,
) (dialer.Claim, error) {
	if id != "" {
		lanes = nil // a named case is a person's decision
	}
	args := append(make([]any, 0, 4+len(dialer.LaneKinds)), string(desk), string(id), lease.Microseconds(), rand.Text())
	args, err := withLanes(args, lanes)
	if err != nil {
		return dialer.Claim{}, err
	}
	answer, err := q.run(ctx, claimScript, nil, args...)
	if err != nil {
		q.claims.WithLabelValues(claimDown).Inc()
		return dialer.Claim{}, err
	}
	words, err := texts(answer)
	if err != nil {
		return dialer.Claim{}, err
	}
	q.claims.WithLabelValues(words[0]).Inc()
	switch words[0] {
	case claimBusy:
		return dialer.Claim{}, dialer.ErrCaseClaimed
	case claimEmpty:
		return dialer.Claim{}, dialer.ErrQueueEmpty
	}
	if len(words) != 4 {
		return dialer.Claim{}, errAnswer(answer)
	}
	until, err := strconv.ParseInt(words[3], 10, 64)
	if err != nil {
		return dialer.Claim{}, errAnswer(answer)
	}
	return dialer.Claim{Case: dialer.CaseID(words[1]), Desk: desk, Token: words[2], Until: instant(until)}, nil
}

// Renew implements dialer.Queue.
func (q *Queue) Renew(ctx context.Context, c dialer.Claim, lease time.Duration) error {
	return q.ofClaim(q.run(ctx, renewScript, nil, string(c.Case), c.Token, lease.Microseconds()))
}

// Release implements dialer.Queue.
func (q *Queue) Release(ctx context.Context, c dialer.Claim) error {
	err := q.ofClaim(q.run(ctx, releaseScript, nil, string(c.Case), c.Token))
	if errors.Is(err, dialer.ErrClaimLost) {
		return nil
	}
	return err
}

// Done implements dialer.Queue.
func (q *Queue) Done(ctx context.Context, c dialer.Claim, next *dialer.Waiting) error {
	place := noPlace
	if next != nil {
		if next.Case != c.Case {
			return fmt.Errorf("queue: the claim is on case %s, but its next place is for %s", c.Case, next.Case)
		}
		var err error
		if place, err = placeOf(*next); err != nil {
			return err
		}
	}
	return q.ofClaim(q.run(ctx, doneScript, nil, string(c.Case), c.Token, place))
}

// noPlace tells the scripts that a case leaves the line.
const noPlace = "-"

// ofClaim reads the answer of a script that did nothing when the claim was lost.
func (q *Queue) ofClaim(answer any, err error) error {
	switch {
	case err != nil:
		return err
	case answer == int64(1):
		return nil
	case answer == int64(0):
		return dialer.ErrClaimLost
	default:
		return errAnswer(answer)
	}
}

// Put implements dialer.Queue. Many cases go in batches; each is there as a whole or not at all.
func (q *Queue) Put(ctx context.Context, ws ...dialer.Waiting) error {
	args := make([]any, 0, 2*min(len(ws), putBatch))
	for i, w := range ws {
		place, err := placeOf(w)
		if err != nil {
			return err
		}
		args = append(args, string(w.Case), place)
		if len(args) == 2*putBatch || i == len(ws)-1 {
			if _, err := q.run(ctx, putScript, nil, args...); err != nil {
				return err
			}
			args = args[:0]
		}
	}
	return nil
}

// Remove implements dialer.Queue.
func (q *Queue) Remove(ctx context.Context, id dialer.CaseID) error {
	_, err := q.run(ctx, removeScript, nil, string(id))
	return err
}

// Built implements dialer.Queue.
func (q *Queue) Built(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	life, err := q.askLife(ctx)
	if err != nil {
		return false, err
	}
	n, err := q.client.Exists(ctx, q.keys.built).Result()
	// A Redis that was restarted may have come back from an older dump, or be another one that took over: what it holds looks
	// whole and is not.
	known := q.life.Load()
	if known == nil {
		known = &life
		q.life.Store(known)
	}
	return n == 1 && *known == life, down(err)
}

// askLife is the id that a Redis has from its start to its end (INFO server, run_id).
func (q *Queue) askLife(ctx context.Context) (string, error) {
	info, err := q.client.Info(ctx, "server").Result()
	if err != nil {
		return "", down(err)
	}
	for line := range strings.Lines(info) {
		if id, ok := strings.CutPrefix(line, "run_id:"); ok {
			return strings.TrimSpace(id), nil
		}
	}
	return "", nil // something like a Redis, without lives: only its being empty can be seen
}

// texts reads a list of strings from a script's answer; it has at least one.
func texts(answer any) ([]string, error) {
	list, ok := answer.([]any)
	if !ok || len(list) == 0 {
		return nil, errAnswer(answer)
	}
	return words(list)
}

func words(list []any) ([]string, error) {
	out := make([]string, len(list))
	for i, v := range list {
		s, ok := v.(string)
		if !ok {
			return nil, errAnswer(v)
		}
		out[i] = s
	}
	return out, nil
}
