package queue

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Results of a claim, as kakeru_claims_total counts them and, but for the last, as the script names them.
const (
	claimOK    = "ok"
	claimBusy  = "busy"
	claimEmpty = "empty"
	claimDown  = "down"
)

// scrapeLimit bounds what a scrape of the metrics waits for Redis.
const scrapeLimit = 300 * time.Millisecond

var depth = prometheus.NewDesc("kakeru_queue_depth", "Cases in the line by state: due, later or leased.", []string{"state"}, nil)

func newClaims() *prometheus.CounterVec {
	claims := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "kakeru_claims_total", Help: "Claims of a case by result: ok, busy, empty or down.",
	}, []string{"result"})
	for _, result := range []string{claimOK, claimBusy, claimEmpty, claimDown} {
		claims.WithLabelValues(result)
	}
	return claims
}

var _ prometheus.Collector = (*Queue)(nil)

// Describe implements prometheus.Collector: a Queue is registered as it is.
func (q *Queue) Describe(to chan<- *prometheus.Desc) {
	to <- depth
	q.claims.Describe(to)
}

// Collect implements prometheus.Collector. The depth is counted in Redis at each scrape; while Redis is away it is left
// out, for an old figure would say that all is well.
func (q *Queue) Collect(to chan<- prometheus.Metric) {
	q.claims.Collect(to)
	ctx, cancel := context.WithTimeout(context.Background(), scrapeLimit)
	defer cancel()
	answer, err := q.run(ctx, depthScript, nil)
	counts, ok := answer.([]any)
	if err != nil || !ok || len(counts) != 3 {
		return
	}
	for i, state := range []string{"due", "later", "leased"} {
		n, _ := counts[i].(int64)
		to <- prometheus.MustNewConstMetric(depth, prometheus.GaugeValue, float64(n), state)
	}
}
