//go:build !production

package main

import (
	"context"
	"os"

	"kakeru/cmd/stores"
	"kakeru/queue"
)

// benchQueue measures the waiting line on a private Redis.
func benchQueue(ctx context.Context, o benchFlags) (queue.Figures, error) {
	dir, err := os.MkdirTemp("", "kakeru-queue-")
	if err != nil {
		return queue.Figures{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	redis, err := stores.StartRedis(ctx, stores.Options{Dir: dir})
	if err != nil {
		return queue.Figures{}, err
	}
	defer redis.Stop()
	return queue.Bench(ctx, redis.URL(), o.cases, o.workers)
}
