package sip

import (
	"maps"
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// metrics reads its figures when it is asked: bridges count by themselves, and what closed ones had counted is kept.
type metrics struct {
	agent *Agent

	mos  *prometheus.HistogramVec
	mu   sync.Mutex
	live map[*line]bool
	past flow
	lost int64 // as last shown: duplicates count losses back, a counter may not
}

// flow is what passed through bridges, by side.
type flow struct {
	in, out [2]uint64
	lost    int64
}

var (
	packetsDesc = prometheus.NewDesc("kakeru_rtp_packets_total",
		"RTP packets: in is from the far end of a leg to us.", []string{"leg", "direction"}, nil)
	lostDesc = prometheus.NewDesc("kakeru_rtp_lost_total",
		"RTP packets that far ends have sent and we never got, by sequence numbers.", nil, nil)
	registrationsDesc = prometheus.NewDesc("kakeru_sip_registrations",
		"Desk phones, by whether they can be rung.", []string{"state"}, nil)
	strangersDesc = prometheus.NewDesc("kakeru_sip_strangers_total",
		"Messages from sources we do not know: answered, dropped beyond their rate, or from a source that is banned.", []string{"what"}, nil)
	connectionsDesc = prometheus.NewDesc("kakeru_sip_connections",
		"Connections of TCP and TLS that are open, ours and others'.", []string{"transport"}, nil)
)

func newMetrics(a *Agent) (*metrics, error) {
	m := &metrics{agent: a, live: map[*line]bool{}, mos: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "kakeru_mos", Help: "How talks sounded, by the E-model (ITU-T G.107): in is as we heard a leg's far end, out as that heard us.",
		Buckets: []float64{2, 2.6, 3.1, 3.6, 4, 4.2, 4.3, 4.4},
	}, []string{"leg", "direction"})}
	if a.cfg.Metrics == nil {
		return m, nil
	}
	return m, a.cfg.Metrics.Register(m)
}

func (m *metrics) unregister() {
	if r := m.agent.cfg.Metrics; r != nil {
		r.Unregister(m)
	}
}

func (m *metrics) opened(n *line) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.live[n] = true
}

// lines are the lines that are open.
func (m *metrics) lines() []*line {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Keys(m.live))
}

// closed keeps what a line's bridge has counted, before it is closed.
func (m *metrics) closed(n *line) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.live[n] {
		return
	}
	delete(m.live, n)
	m.past.add(n.bridge)
	q := n.Quality()
	m.observe(media.Desk, q.Desk)
	m.observe(media.Customer, q.Customer)
}

func (m *metrics) observe(side media.Side, q dialer.LegQuality) {
	for direction, s := range map[string]*dialer.Sound{"in": q.In, "out": q.Out} {
		if s != nil {
			m.mos.WithLabelValues(side.String(), direction).Observe(s.MOS)
		}
	}
}

func (f *flow) add(b *media.Bridge) {
	for _, of := range []media.Side{media.Desk, media.Customer, media.Other, media.Aside} {
		s, side := b.Stats(of), of
		if of != media.Customer {
			side = media.Desk // whichever phone it was
		}
		f.in[side] += s.PacketsIn
		f.out[side] += s.PacketsOut
		f.lost += max(0, s.Lost)
	}
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	ch <- packetsDesc
	ch <- lostDesc
	ch <- registrationsDesc
	ch <- strangersDesc
	ch <- connectionsDesc
	m.mos.Describe(ch)
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	m.mu.Lock()
	all := m.past
	for n := range m.live {
		all.add(n.bridge)
	}
	m.lost = max(m.lost, all.lost)
	lost := m.lost
	m.mu.Unlock()
	for _, side := range []media.Side{media.Desk, media.Customer} {
		ch <- prometheus.MustNewConstMetric(packetsDesc, prometheus.CounterValue, float64(all.in[side]), side.String(), "in")
		ch <- prometheus.MustNewConstMetric(packetsDesc, prometheus.CounterValue, float64(all.out[side]), side.String(), "out")
	}
	ch <- prometheus.MustNewConstMetric(lostDesc, prometheus.CounterValue, float64(lost))
	up, down := m.agent.register.counts()
	ch <- prometheus.MustNewConstMetric(registrationsDesc, prometheus.GaugeValue, float64(up), "registered")
	ch <- prometheus.MustNewConstMetric(registrationsDesc, prometheus.GaugeValue, float64(down), "unregistered")
	answered, dropped, banned := m.agent.strange.counts()
	ch <- prometheus.MustNewConstMetric(strangersDesc, prometheus.CounterValue, float64(answered), "answered")
	ch <- prometheus.MustNewConstMetric(strangersDesc, prometheus.CounterValue, float64(dropped), "dropped")
	ch <- prometheus.MustNewConstMetric(strangersDesc, prometheus.CounterValue, float64(banned), "banned")
	for by, n := range m.agent.streams.counts() {
		ch <- prometheus.MustNewConstMetric(connectionsDesc, prometheus.GaugeValue, float64(n), string(by))
	}
	m.mos.Collect(ch)
}
