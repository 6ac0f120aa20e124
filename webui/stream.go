package webui

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// stream sends a file while it is made. What cannot be finished is cut off, so that nobody takes it for the whole: there is no length, and
// the last chunk does not come.
func (s *Server) stream(write func(context.Context, io.Writer) error, name string) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(to huma.Context) {
		to.SetHeader("Content-Type", "application/octet-stream")
		to.SetHeader("Content-Disposition", "attachment; filename*=UTF-8''"+name)
		to.SetHeader("Cache-Control", "no-store")
		if err := write(to.Context(), newPatient(to.BodyWriter())); err != nil {
			s.log.Warn("a file was not sent to its end", "err", err)
			panic(http.ErrAbortHandler) // net/http closes the connection, and says no more
		}
	}}
}

// patient gives each write the time that a whole answer has: a long file takes as long as it takes, a reader who stops does not.
type patient struct {
	to   io.Writer
	conn *http.ResponseController
}

func newPatient(to io.Writer) io.Writer {
	w, ok := to.(http.ResponseWriter)
	if !ok {
		return to
	}
	return patient{to, http.NewResponseController(w)}
}

func (p patient) Write(b []byte) (int, error) {
	_ = p.conn.SetWriteDeadline(time.Now().Add(writeWait)) // not every connection has one
	return p.to.Write(b)
}
