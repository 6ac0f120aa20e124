package webui

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what this room counts.
type metrics struct {
	eventToPanel prometheus.Histogram
	readers      prometheus.Gauge
	dropped      *prometheus.CounterVec
}

func newMetrics(to prometheus.Registerer) (metrics, error) {
	m := metrics{
		eventToPanel: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "kakeru_event_to_panel_seconds", Help: "From the fact of a call reaching us to its frame being written to a reader.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5},
		}),
		readers: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "kakeru_live_readers", Help: "Panels that read the live board.",
		}),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kakeru_live_byes_total", Help: "Readers the server said goodbye to, by reason.",
		}, []string{"reason"}),
	}
	for _, c := range []prometheus.Collector{m.eventToPanel, m.readers, m.dropped} {
		if err := to.Register(c); err != nil {
			return metrics{}, fmt.Errorf("metrics of the panel: %w", err)
		}
	}
	return m, nil
}
