package queue

import (
	"context"
	"fmt"
	"strings"
)

// layout is the number of the way in which the line is written (keys.go, and the head of lua/prelude.lua). It goes up when
// nodes of two versions would misread each other's. The first one had no number, and a sorted set named when.
const layout = "2"

// Check looks whether this Redis can hold the line. The error says what stands in the way and what to do about it, or is
// dialer.ErrQueueDown. The warning is of a Redis that works today and may lose the line one day; empty for none.
func (q *Queue) Check(ctx context.Context) (warning string, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	if err := q.fits(ctx); err != nil {
		return "", err
	}
	n, err := q.node(ctx)
	if err != nil {
		return "", err
	}
	info, err := n.Info(ctx, "memory").Result()
	if err != nil {
		return "", q.down(ctx, err)
	}
	return eviction(field(info, "maxmemory"), field(info, "maxmemory_policy")), nil
}

// eviction warns of a Redis that throws keys away when it is full. One without a limit, or one that refuses to take more, is
// safe: what it does not take is made up from the ledger.
func eviction(limit, policy string) string {
	if limit == "0" || limit == "" || policy == "noeviction" || policy == "" {
		return ""
	}
	return fmt.Sprintf("Redis may throw the line away when its memory is full (maxmemory-policy %s); "+
		"set maxmemory-policy noeviction, or give the queue a Redis of its own", policy)
}

// fits refuses what another application, or another version of ours, has under our keys.
func (q *Queue) fits(ctx context.Context) error {
	k := q.keys
	n, err := q.node(ctx)
	if err != nil {
		return err
	}
	keys := append(k.all(), k.layout, k.prefix+"when")
	answer, err := checkScript.Run(ctx, n, keys, types...).StringSlice()
	switch {
	case err != nil:
		return q.down(ctx, err)
	case answer[0] == "foreign":
		return fmt.Errorf("queue: the key %s of this Redis is a %s of another application; choose another Redis or another "+
			"database number for redis.url, or have that application use other names", answer[1], answer[2])
	case answer[0] == "layout":
		return fmt.Errorf("queue: this Redis holds a line of another version (layout %s, this version writes %s); stop every "+
			"kakeru that uses it, then clear the line, which is made anew from the ledger: redis-cli UNLINK %s",
			answer[1], layout, "'"+strings.Join(keys, "' '")+"'")
	}
	return nil
}
