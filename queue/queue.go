package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"kakeru/dialer"
)

// answerLimit is how long Redis may take for one script. A caller's deadline may be shorter. It is changed by nobody but the test
// that asks more of Redis than two processors do in that time.
var answerLimit = time.Second

// putBatch is how many cases one script moves, so that none keeps Redis from the others for long.
const putBatch = 500

// Queue is the waiting line. It is safe for concurrent use, and for several processes on one Redis.
type Queue struct {
	client  redis.UniversalClient
	one     node                 // the server, unless it is a cluster
	cluster *redis.ClusterClient // nil unless it is one
	nodes   sync.Map             // of a cluster: *redis.Client → *node
	keys    keys
	claims  *prometheus.CounterVec
	log     *slog.Logger
}

var _ dialer.Queue = (*Queue)(nil)

// Connect returns the line that stands in a Redis. Nothing is connected yet: Redis may come later, and go and come back. Close
// frees the connections.
func Connect(s Server) (*Queue, error) { return connect(s, prefix) }

func connect(s Server, prefix string) (*Queue, error) {
	q := &Queue{keys: newKeys(prefix), claims: newClaims(), log: s.Log}
	if q.log == nil {
		q.log = slog.New(slog.DiscardHandler)
	}
	if err := q.connect(s); err != nil {
		return nil, err
	}
	return q, nil
}

// Close frees the connections to Redis.
func (q *Queue) Close() error { return q.client.Close() }

// Ping asks whether Redis answers: nil, or dialer.ErrQueueDown.
func (q *Queue) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	n, err := q.node(ctx)
	if err != nil {
		return err
	}
	return q.down(ctx, n.Ping(ctx).Err())
}

// run executes a script on the line's keys and those in more.
func (q *Queue) run(ctx context.Context, s *redis.Script, more []string, args ...any) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	n, err := q.node(ctx)
	if err != nil {
		return nil, err
	}
	answer, err := s.Run(ctx, n, append(q.keys.all(), more...), args...).Result()
	return answer, q.down(ctx, err)
}

// errAnswer is an answer that no script of ours gives.
func errAnswer(answer any) error {
	return fmt.Errorf("queue: redis gave an unknown answer of type %T", answer)
}

// Claim implements dialer.Queue. A claim whose answer is lost on the way lapses after its lease. From a line that was built in
// another life of Redis only named cases are claimed: it is empty until it is rebuilt.
func (q *Queue) Claim(
	ctx context.Context, desk dialer.DeskID, id dialer.CaseID, lanes []dialer.Served, lease time.Duration,
) (dialer.Claim, error) {
	if id != "" {
		lanes = nil // a named case is a person's decision
	}
	const life = 4 // where it stands among the arguments
	args := append(make([]any, 0, 5+len(dialer.LaneKinds)), string(desk), string(id), lease.Microseconds(), rand.Text(), "")
	args, err := withLanes(args, lanes)
	if err != nil {
		return dialer.Claim{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	answer, err := q.claim(ctx, args, life)
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

func (q *Queue) claim(ctx context.Context, args []any, life int) (answer any, err error) {
	n, err := q.node(ctx)
	if err != nil {
		return nil, err
	}
	err = n.during(ctx, func(id string) error {
		args[life] = id
		answer, err = claimScript.Run(ctx, n, q.keys.all(), args...).Result()
		return err
	})
	return answer, q.down(ctx, err)
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
func (q *Queue) Built(ctx context.Context) (built bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	n, err := q.node(ctx)
	if err != nil {
		return false, err
	}
	err = n.during(ctx, func(id string) error {
		built, err = builtScript.Run(ctx, n, q.keys.all(), id).Bool()
		return err
	})
	if errors.Is(err, errTookOver) {
		return false, nil
	}
	return built, q.down(ctx, err)
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
