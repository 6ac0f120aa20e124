package lab

import (
	"errors"
	"io"
	"log/slog"
	"time"

	"kakeru/sip/media"
)

// basics is what both kinds of far end are set up with.
type basics struct {
	addr, agent string
	t1          time.Duration
	keep        int
	out         io.Writer
	log         *slog.Logger
	media       *media.Pool
}

// open fills in the defaults and opens the SIP port.
func open(b basics) (*endpoint, *journal, error) {
	if b.media == nil {
		return nil, nil, errors.New("lab: no pool of RTP ports given")
	}
	if b.t1 == 0 {
		b.t1 = 500 * time.Millisecond
	}
	if b.keep <= 0 {
		b.keep = 10_000
	}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	e, err := newEndpoint(fallback(b.addr, "127.0.0.1:0"), b.agent, b.t1, b.log)
	if err != nil {
		return nil, nil, err
	}
	return e, &journal{keep: b.keep, out: b.out, log: b.log}, nil
}
