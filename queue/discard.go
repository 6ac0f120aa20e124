package queue

import (
	"context"
	"slices"
	"strings"
)

// types are our layout, and the types that the keys of keys.all and of the layout have, as ours.lua takes them.
var types = []any{layout, "zset", "hash", "hash", "hash", "zset", "string", "hash", "string", "string"}

// kept is a key beside the line's, and its type.
type kept struct{ key, kind string }

// stumbled reports whether a script found a key of another type than ours. Redis before 7 puts that word within its own.
func stumbled(err error) bool { return strings.Contains(err.Error(), "WRONGTYPE") }

// discard throws away what somebody wrote over our keys. Redis holds no truth: the line is not built then, and is made anew from the ledger,
// as when Redis was emptied; what passes between the nodes is asked for again.
func (q *Queue) discard(ctx context.Context, beside ...kept) {
	// Whoever stumbled has perhaps given up by now.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerLimit)
	defer cancel()
	n, err := q.node(ctx)
	if err != nil {
		return
	}
	keys, kinds := append(q.keys.all(), q.keys.layout), slices.Clone(types)
	for _, k := range beside {
		keys, kinds = append(keys, k.key), append(kinds, k.kind)
	}
	gone, err := discardScript.Run(ctx, n, keys, kinds...).StringSlice()
	if err != nil {
		q.log.Warn("a key of ours has another type in Redis, and could not be thrown away", "err", err)
		return
	}
	for i := 0; i+1 < len(gone); i += 2 {
		q.log.Warn("somebody wrote over a key of ours in Redis; it is thrown away, and what it held is made anew", "key", gone[i], "type", gone[i+1])
	}
}
