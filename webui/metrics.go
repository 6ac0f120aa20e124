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
	unlocated    *prometheus.CounterVec
	refused      prometheus.Counter
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
		unlocated: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kakeru_http_unlocated_total",
			Help: "Requests that are counted for who is connected, since what a header says of their origin is not believed, by why: " +
				"stranger, unsaid, garbled.",
		}, []string{"why"}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "kakeru_http_connections_refused_total", Help: "Connections that were closed at the door, since too many were open.",
		}),
	}
	for _, c := range []prometheus.Collector{m.eventToPanel, m.readers, m.dropped, m.unlocated, m.refused} {
		if err := to.Register(c); err != nil {
			return metrics{}, fmt.Errorf("metrics of the panel: %w", err)
		}
	}
	return m, nil
}
