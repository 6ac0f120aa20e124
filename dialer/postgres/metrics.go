package postgres

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"kakeru/dialer"
)

// metrics are the ledger's figures for operators of the system; the centre's figures are sums over the rows.
type metrics struct {
	attempts   *prometheus.CounterVec
	spoolDepth prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) metrics {
	m := metrics{
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kakeru_attempts_total", Help: "Attempts ended by this process, by connection result.",
		}, []string{"result"}),
		spoolDepth: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "kakeru_ledger_spool_depth", Help: "Records that wait in the spool for the database.",
		}),
	}
	if r != nil {
		m.attempts, m.spoolDepth = register(r, m.attempts), register(r, m.spoolDepth)
	}
	for _, result := range dialer.Results {
		m.attempts.WithLabelValues(string(result))
	}
	return m
}

// register takes the collector that is there already when a second ledger shares the registry.
func register[C prometheus.Collector](r prometheus.Registerer, c C) C {
	err := r.Register(c)
	if there := (prometheus.AlreadyRegisteredError{}); errors.As(err, &there) {
		if old, ok := there.ExistingCollector.(C); ok {
			return old
		}
	}
	return c
}
