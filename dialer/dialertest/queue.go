package dialertest

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"sync"
	"time"

	"kakeru/dialer"
)

// Queue is a dialer.Queue in memory. The zero value is an empty line that was never built.
type Queue struct {
	faults

	mu     sync.Mutex
	place  map[dialer.CaseID]dialer.Waiting
	lease  map[dialer.CaseID]dialer.Claim
	built  bool
	tokens int
}

var _ dialer.Queue = (*Queue)(nil)

// queuePatience is how long a caller without a deadline waits (dialer.Queue).
const queuePatience = time.Second

// NewQueue returns an empty line, not yet built.
func NewQueue() *Queue { return &Queue{} }

// Lose empties the line, as a Redis that restarted without its data.
func (q *Queue) Lose() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.place, q.lease, q.built = nil, nil, false
}

// Leases returns the claims that hold now, by case.
func (q *Queue) Leases() []dialer.Claim {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.lapse()
	var out []dialer.Claim
	for _, c := range q.lease {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b dialer.Claim) int { return cmp.Compare(a.Case, b.Case) })
	return out
}

// do runs one operation as a whole, with lapsed leases put back first.
func (q *Queue) do(ctx context.Context, op string, work func() error) error {
	how := q.of(op)
	if err := how.pass(ctx, queuePatience, dialer.ErrQueueDown); err != nil {
		return err
	}
	q.mu.Lock()
	if q.place == nil {
		q.place, q.lease = map[dialer.CaseID]dialer.Waiting{}, map[dialer.CaseID]dialer.Claim{}
	}
	q.lapse()
	err := work()
	q.mu.Unlock()
	if err != nil {
		return err
	}
	return how.answer(ctx, queuePatience, dialer.ErrQueueDown)
}

// lapse ends the leases that have run out. It needs mu.
func (q *Queue) lapse() {
	now := time.Now()
	for id, c := range q.lease {
		if !now.Before(c.Until) {
			delete(q.lease, id)
		}
	}
}

// live reports whether a claim still holds. It needs mu.
func (q *Queue) live(c dialer.Claim) bool {
	held, ok := q.lease[c.Case]
	return ok && held.Token == c.Token
}

// Claim implements dialer.Queue.
func (q *Queue) Claim(
	ctx context.Context, desk dialer.DeskID, id dialer.CaseID, lanes []dialer.Served, lease time.Duration,
) (c dialer.Claim, err error) {
	err = q.do(ctx, "Claim", func() error {
		if id == "" {
			for _, p := range q.inOrder(ranksOf(lanes)) {
				if p.Desk == "" && p.IsDue {
					id = p.Case
					break
				}
			}
		}
		held, taken := q.lease[id]
		switch {
		case id == "":
			return dialer.ErrQueueEmpty
		case taken && held.Desk != desk:
			return dialer.ErrCaseClaimed
		case !taken:
			q.tokens++
			held = dialer.Claim{Case: id, Desk: desk, Token: "token " + strconv.Itoa(q.tokens)}
		}
		held.Until = time.Now().Add(lease)
		q.lease[id], c = held, held
		return nil
	})
	if err != nil {
		return dialer.Claim{}, err
	}
	return c, nil
}

// Renew implements dialer.Queue.
func (q *Queue) Renew(ctx context.Context, c dialer.Claim, lease time.Duration) error {
	return q.do(ctx, "Renew", func() error {
		if !q.live(c) {
			return dialer.ErrClaimLost
		}
		held := q.lease[c.Case]
		held.Until = time.Now().Add(lease)
		q.lease[c.Case] = held
		return nil
	})
}

// Release implements dialer.Queue.
func (q *Queue) Release(ctx context.Context, c dialer.Claim) error {
	return q.do(ctx, "Release", func() error {
		if q.live(c) {
			delete(q.lease, c.Case)
		}
		return nil
	})
}

// Done implements dialer.Queue.
func (q *Queue) Done(ctx context.Context, c dialer.Claim, next *dialer.Waiting) error {
	return q.do(ctx, "Done", func() error {
		if next != nil && next.Case != c.Case {
			return fmt.Errorf("the claim is on case %s, its next place for %s", c.Case, next.Case)
		}
		if !q.live(c) {
			return dialer.ErrClaimLost
		}
		delete(q.lease, c.Case)
		delete(q.place, c.Case)
		if next != nil {
			q.place[c.Case] = *next
		}
		return nil
	})
}

// Put implements dialer.Queue.
func (q *Queue) Put(ctx context.Context, ws ...dialer.Waiting) error {
	return q.do(ctx, "Put", func() error {
		for _, w := range ws {
			q.place[w.Case] = w
		}
		return nil
	})
}

// Remove implements dialer.Queue.
func (q *Queue) Remove(ctx context.Context, id dialer.CaseID) error {
	return q.do(ctx, "Remove", func() error {
		delete(q.place, id)
		delete(q.lease, id)
		return nil
	})
}

// List implements dialer.Queue.
func (q *Queue) List(ctx context.Context, lanes []dialer.Served, limit int) (places []dialer.Place, err error) {
	err = q.do(ctx, "List", func() error {
		ranks := ranksOf(lanes)
		if lanes == nil {
			for _, w := range q.place {
				ranks[w.Lane] = 0
			}
		}
		places = q.inOrder(ranks)
		places = places[:min(limit, len(places))]
		return nil
	})
	return places, err
}

func ranksOf(lanes []dialer.Served) map[dialer.Lane]int {
	ranks := map[dialer.Lane]int{}
	for _, s := range lanes {
		ranks[s.Lane] = s.Rank
	}
	return ranks
}

// inOrder is the line in some lanes: those due by priority, rank, due time and case, then those due later, by due time. It
// needs mu.
func (q *Queue) inOrder(ranks map[dialer.Lane]int) []dialer.Place {
	now := time.Now()
	places := make([]dialer.Place, 0, len(q.place))
	for id, w := range q.place {
		if _, served := ranks[w.Lane]; served {
			places = append(places, dialer.Place{Waiting: w, IsDue: !w.Due.After(now), Desk: q.lease[id].Desk})
		}
	}
	slices.SortFunc(places, func(a, b dialer.Place) int {
		if a.IsDue != b.IsDue {
			if a.IsDue {
				return -1
			}
			return 1
		}
		byPriority, byDue := cmp.Compare(a.Priority, b.Priority), a.Due.Compare(b.Due)
		byRank, byCase := cmp.Compare(ranks[a.Lane], ranks[b.Lane]), cmp.Compare(a.Case, b.Case)
		if !a.IsDue {
			return cmp.Or(byDue, byPriority, byRank, byCase)
		}
		return cmp.Or(byPriority, byRank, byDue, byCase)
	})
	return places
}

// Rebuild implements dialer.Queue. A kept lease that has run out meanwhile lives on for a while: so may its call.
func (q *Queue) Rebuild(ctx context.Context, cases iter.Seq2[dialer.Waiting, error], keep []dialer.Claim) error {
	fresh := map[dialer.CaseID]dialer.Waiting{}
	for w, err := range cases {
		if err != nil {
			return err
		}
		fresh[w.Case] = w
	}
	return q.do(ctx, "Rebuild", func() error {
		q.place, q.lease, q.built = fresh, map[dialer.CaseID]dialer.Claim{}, true
		for _, c := range keep {
			if least := time.Now().Add(keptLease); c.Until.Before(least) {
				c.Until = least
			}
			q.lease[c.Case] = c
		}
		return nil
	})
}

const keptLease = 30 * time.Second

// Built implements dialer.Queue.
func (q *Queue) Built(ctx context.Context) (built bool, err error) {
	err = q.do(ctx, "Built", func() error { built = q.built; return nil })
	return built, err
}
