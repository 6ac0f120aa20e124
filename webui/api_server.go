package webui

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// probeWait is how long a store may take to say that it is there.
const probeWait = time.Second

func (s *Server) serverRoutes() {
	s.plain("GET /healthz", func(w http.ResponseWriter, _ *http.Request, _ visitor) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	s.plain("GET /readyz", func(w http.ResponseWriter, r *http.Request, _ visitor) { s.ready(w, r) })
	s.plain("GET /metrics", func(w http.ResponseWriter, r *http.Request, _ visitor) {
		promhttp.HandlerFor(s.d.Metrics, promhttp.HandlerOpts{}).ServeHTTP(w, r)
	})
	described := sync.OnceValues(s.describe) // it costs tens of milliseconds, and anybody may ask
	s.plain("GET /api/openapi.json", func(w http.ResponseWriter, r *http.Request, _ visitor) {
		b, err := described()
		if err != nil {
			writeProblem(w, s.problemOf(r.Context(), err))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(b)
	})
}

// ready asks every probe at once. What is down is told by name; why stands in the log of its room.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), probeWait)
	defer cancel()
	type answered struct {
		name string
		err  error
	}
	answers := make(chan answered, len(s.d.Probes))
	for name, probe := range s.d.Probes {
		go func() { answers <- answered{name, probe(ctx)} }()
	}
	states, status := map[string]string{}, http.StatusOK
	for range s.d.Probes {
		a := <-answers
		states[a.name] = "ok"
		if a.err != nil {
			states[a.name], status = "down", http.StatusServiceUnavailable
		}
	}
	writeJSON(w, status, states)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(asJSON(v))
}
