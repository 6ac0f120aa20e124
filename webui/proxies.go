package webui

import (
	"errors"
	"net"
	"net/http"

	"kakeru/webui/auth"
)

// unlocated are the reasons why a request is counted for who is connected, as the metric names them.
var unlocated = map[error]string{auth.ErrStranger: "stranger", auth.ErrUnsaid: "unsaid", auth.ErrGarbled: "garbled"}

// located puts where a request comes from in the place of who is connected to us: the one place where the word of a proxy is taken. All
// that come after it, the limits, the sign-in and the record, know of RemoteAddr alone. What is not believed is counted, and each reason
// is one line of the log: the proxy or http.trusted_proxies is set wrongly, or somebody tries it.
func (s *Server) located(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at, err := s.d.Proxies.Origin(r)
		for reason, why := range unlocated {
			if !errors.Is(err, reason) {
				continue
			}
			s.metrics.unlocated.WithLabelValues(why).Inc()
			if _, told := s.unlocated.LoadOrStore(why, true); !told {
				s.log.Warn("where requests come from is not known; see http.trusted_proxies, and kakeru_http_unlocated_total", "why", err, "peer", r.RemoteAddr)
			}
		}
		if err == nil && at.IsValid() {
			_, port, _ := net.SplitHostPort(r.RemoteAddr)
			r = withRemote(r, net.JoinHostPort(at.String(), port))
		}
		next.ServeHTTP(w, r)
	})
}

// withRemote is a request from another address; the one given is not ours to change.
func withRemote(r *http.Request, addr string) *http.Request {
	if r.RemoteAddr == addr {
		return r
	}
	other := r.WithContext(r.Context())
	other.RemoteAddr = addr
	return other
}
