package queue

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

// life is a Redis from its start to its end, by the id it gives itself (INFO server, run_id). What looks like our line after a
// restart may come from an older dump, and what a replica has that took over may lack what came last: only in the life in
// which it was built is the line trusted.
type life struct {
	id    string
	since int // counts the changes, so that there and back is seen
}

// node is a client with the life of the server behind it.
type node struct {
	*redis.Client

	now atomic.Pointer[life]
}

// greet asks each new connection whose it is, before anything else is sent there. A server that restarted, or another one that
// took over, is never reached by an old connection.
func (n *node) greet(ctx context.Context, c *redis.Conn) error {
	info, err := c.Info(ctx, "server").Result()
	if err != nil {
		return fmt.Errorf("ask the server who it is: %w", err)
	}
	if field(info, "redis_mode") == "sentinel" {
		return nil // is only asked where the master is
	}
	id := field(info, "run_id") // empty of something like a Redis, without lives: only its being empty can be seen
	for {
		old := n.now.Load()
		next := &life{id: id}
		if old != nil {
			next.since = old.since + 1
		}
		if old != nil && old.id == id || n.now.CompareAndSwap(old, next) {
			return nil
		}
	}
}

func field(info, name string) string {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// life is the life that the newest connection has met.
func (n *node) life(ctx context.Context) (life, error) {
	known := n.now.Load()
	if known == nil { // not yet connected
		if err := n.Ping(ctx).Err(); err != nil {
			return life{}, err
		}
		known = n.now.Load()
	}
	return *known, nil
}

// lifeNow is the life of the server that holds the line. Should another take over before the line is built, it is built for
// the wrong one, and Built says no.
func (q *Queue) lifeNow(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	n, err := q.node(ctx)
	if err != nil {
		return "", err
	}
	l, err := n.life(ctx)
	return l.id, q.down(ctx, err)
}

// errTookOver: what a script did was not done to the line that was meant.
var errTookOver = errors.New("another redis took over meanwhile")

// during runs something that must happen in one life, and is told which.
func (n *node) during(ctx context.Context, do func(id string) error) error {
	before, err := n.life(ctx)
	if err != nil {
		return err
	}
	if err := do(before.id); err != nil {
		return err
	}
	if after := n.now.Load(); *after != before {
		return errTookOver
	}
	return nil
}
