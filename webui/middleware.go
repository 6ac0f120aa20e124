package webui

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// policyFor is what a page of ours may load: its own files and its own API, and no inline style but one that bears nonce.
func policyFor(nonce string) string {
	return strings.Replace(policy, "style-src 'self'", "style-src 'self' 'nonce-"+nonce+"'", 1)
}

// policy is what any other answer of ours may load. A recording is played from memory: it is fetched once, and that is logged.
const policy = "default-src 'none'; object-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; media-src blob:; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// secured sets the headers that every answer bears.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		if strings.HasPrefix(r.URL.Path, "/api/") {
			h.Set("Cache-Control", "no-store")
		}
		next.ServeHTTP(w, r)
	})
}

// strict tells browsers to come by https alone for a year (RFC 6797), where the panel is reached by https at all. Over plain http
// they take no notice of it.
func (s *Server) strict(next http.Handler) http.Handler {
	if !s.d.Auth.SecureCookie {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		next.ServeHTTP(w, r)
	})
}

// bounded cuts off a request's body where it is longer, or takes longer, than anything of ours: a list is the only long one.
// After a body without a length the connection is closed (RFC 9112 §6.3): where a proxy before us has understood it otherwise,
// what follows is no request of anybody's.
func (s *Server) bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		most, within := int64(maxBody), s.d.BodyWait
		switch path := r.URL.Path; {
		case path == "/api/lists" || path == "/api/payments":
			most, within = maxList, readWait
		case path == "/api/session" || strings.HasPrefix(path, "/api/session/"):
			most = maxSignIn
		}
		if len(r.TransferEncoding) > 0 {
			w.Header().Set("Connection", "close")
		}
		if r.ContentLength != 0 {
			body := &timely{ReadCloser: r.Body, within: within, conn: http.NewResponseController(w), header: w.Header()}
			r.Body = body
			// Whoever is refused before the body is read does not hold the connection by never sending it.
			_ = body.conn.SetReadDeadline(time.Now().Add(s.d.BodyWait))
			defer body.over()
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		next.ServeHTTP(w, r)
	})
}

// legible refuses a path or a query that is no text: NUL, which no store takes, and what is not UTF-8.
func legible(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := url.QueryUnescape(r.URL.RawQuery)
		for _, text := range []string{r.URL.Path, query} {
			if err != nil || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
				writeProblem(w, errIllegible)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// timely is a body that has to be there in time, from its first read on. Afterwards the connection has its ordinary time again.
type timely struct {
	io.ReadCloser
	within time.Duration
	conn   *http.ResponseController
	header http.Header // of the answer
	begun  bool
	ended  bool
}

// over is called when the answer is written: of a body that nobody has read to its end a moment more is waited for, as net/http
// takes in what is left, and then the connection is closed.
func (t *timely) over() {
	if !t.ended {
		_ = t.conn.SetReadDeadline(time.Now().Add(unreadWait))
	}
}

const unreadWait = time.Second

func (t *timely) Read(b []byte) (int, error) {
	if !t.begun {
		t.begun = true
		_ = t.conn.SetReadDeadline(time.Now().Add(t.within)) // not every connection has one: then readWait is all there is
	}
	n, err := t.ReadCloser.Read(b)
	switch {
	case errors.Is(err, io.EOF):
		t.ended = true
		_ = t.conn.SetReadDeadline(time.Now().Add(readWait))
	case err != nil:
		t.header.Set("Connection", "close") // what comes after it is the rest of this body, and nobody's request
	}
	return n, err
}

// maxBody is the longest body of a request that is no list, in bytes; maxSignIn of one about how somebody signs in, of which what a passkey says is the longest.
// That is asked for before anybody is known.
const (
	maxBody   = 1 << 20
	maxSignIn = 64 << 10
)

// logged writes one line a request: the route's pattern, never its path, query or body.
func (s *Server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &answer{ResponseWriter: w}
		began := time.Now()
		next.ServeHTTP(answer, r)
		level := slog.LevelDebug // reading is not worth a line
		if answer.status >= http.StatusInternalServerError {
			level = slog.LevelWarn
		} else if r.Method != http.MethodGet {
			level = slog.LevelInfo
		}
		s.log.LogAttrs(r.Context(), level, "http", slog.String("route", r.Pattern), slog.Int("status", answer.status),
			slog.Float64("ms", float64(time.Since(began).Microseconds())/1000))
	})
}

// answer remembers the status that was written.
type answer struct {
	http.ResponseWriter
	status int
}

func (a *answer) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(b)
}

// Hijack implements http.Hijacker, which the websocket's upgrade asks for.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	a.status = http.StatusSwitchingProtocols
	return http.NewResponseController(a.ResponseWriter).Hijack()
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// writeProblem answers a request that is no operation of huma's.
func writeProblem(w http.ResponseWriter, p *Problem) {
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_, _ = w.Write(asJSON(p)) // whoever left does not read it
}

// asJSON writes what we answer with. All of it are types of ours, made to be JSON.
func asJSON(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("an answer cannot be JSON: " + err.Error())
	}
	return b.Bytes()
}
