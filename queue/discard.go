package queue

import (
	"context"
	"strings"
)

// types are those that the keys of keys.all and the layout have, and then our layout, as ours.lua takes them.
var types = []any{"zset", "hash", "hash", "hash", "zset", "string", "hash", "string", "string", layout}

// stumbled reports whether a script found a key of another type than ours. Redis before 7 puts that word within its own.
func stumbled(err error) bool { return strings.Contains(err.Error(), "WRONGTYPE") }

// discard throws away what somebody wrote over our keys. Redis holds no truth: the line is not built then, and is made anew from the ledger,
// as when Redis was emptied.
func (q *Queue) discard(ctx context.Context) {
	// Whoever stumbled has perhaps given up by now.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerLimit)
	defer cancel()
	n, err := q.node(ctx)
	if err != nil {
		return
	}
	gone, err := discardScript.Run(ctx, n, append(q.keys.all(), q.keys.layout), types...).StringSlice()
	if err != nil {
		q.log.Warn("a key of the line has a type that is not ours, and could not be thrown away", "err", err)
		return
	}
	for i := 0; i+1 < len(gone); i += 2 {
		q.log.Warn("somebody wrote over a key of the line in Redis; it is thrown away, and the line is made anew", "key", gone[i], "type", gone[i+1])
	}
}
