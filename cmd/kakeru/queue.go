package main

import (
	"context"
	"errors"
	"log/slog"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/queue"
)

// openQueue makes the line as the settings say where Redis is.
func openQueue(r configs.Redis, log *slog.Logger) (*queue.Queue, error) {
	s := queue.Server{URL: r.URL, Cluster: r.Cluster.Addresses, Username: r.Username, Password: r.Password, DB: r.DB, Log: log}
	if r.Sentinel.Master != "" {
		s.Sentinel = &queue.Sentinel{
			Master: r.Sentinel.Master, Addresses: r.Sentinel.Addresses, Username: r.Sentinel.Username, Password: r.Sentinel.Password,
		}
	}
	if r.TLS != (configs.RedisTLS{}) {
		s.TLS = &queue.TLS{CAFile: r.TLS.CAFile, CertFile: r.TLS.Cert, KeyFile: r.TLS.Key}
	}
	return queue.Connect(s)
}

// checkLine refuses a Redis that cannot hold the line. One that is away may come later: it is looked at before the line is
// built there.
func checkLine(ctx context.Context, q *queue.Queue, log *slog.Logger) error {
	warning, err := q.Check(ctx)
	if warning != "" {
		log.Warn("the queue's Redis may lose the line one day", "why", warning)
	}
	if errors.Is(err, dialer.ErrQueueDown) {
		return nil
	}
	return err
}

// checkQueue is what the doctor says of Redis.
func checkQueue(ctx context.Context, s configs.Settings) []finding {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	var warning string
	q, err := openQueue(s.Redis, nil)
	if err == nil {
		defer func() { _ = q.Close() }()
		warning, err = q.Check(ctx)
	}
	switch {
	case errors.Is(err, dialer.ErrQueueDown):
		return []finding{{major, "Redis", oneLine(err), "start it, or correct redis.url"}}
	case err != nil:
		return []finding{{major, "Redis", oneLine(err), ""}}
	case warning != "":
		return []finding{{minor, "Redis", warning, ""}}
	}
	return []finding{{fine, "Redis", "answers", ""}}
}
