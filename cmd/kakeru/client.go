package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"kakeru/webui/auth"
)

// panelClient is a browser's part of the conversation, for benchmarks and end-to-end tests: it signs in, calls the API,
// and listens to the live frames.
type panelClient struct {
	base string // http://host:port
	http *http.Client
}

// problem is an error as the API gives it (RFC 9457).
type problem struct {
	Status   int    `json:"status"`
	Rule     string `json:"rule"`
	Detail   string `json:"detail"`
	DetailEN string `json:"detail_en"`
}

func (p *problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Rule, p.DetailEN) }

// frame is one live frame, with the moment it was read.
type frame struct {
	Seq  uint64          `json:"seq"`
	Type string          `json:"type"`
	At   time.Time       `json:"at"`
	Data json.RawMessage `json:"data"`
	Read time.Time       `json:"-"`
}

func newPanelClient(base string) (*panelClient, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	return &panelClient{base: base, http: &http.Client{Jar: jar, Timeout: 30 * time.Second}}, nil
}

// errUnfinished: what is left to do needs a browser.
var errUnfinished = errors.New("sign in at the panel once: a second factor or a password of your own is still to be set there")

// finishSignIn gives the second factor where one is asked for.
func (c *panelClient) finishSignIn(ctx context.Context, code func() (string, error)) error {
	var who struct{ Step auth.Step }
	if err := c.call(ctx, http.MethodGet, "/api/session", nil, &who); err != nil || who.Step == auth.StepDone {
		return err
	}
	if who.Step != auth.StepSecond {
		return errUnfinished
	}
	given, err := code()
	if err != nil {
		return err
	}
	if err := c.call(ctx, http.MethodPost, "/api/session/second", map[string]string{"code": given}, &who); err != nil {
		return err
	}
	if who.Step != auth.StepDone {
		return errUnfinished
	}
	return nil
}

// signIn opens a session.
func (c *panelClient) signIn(ctx context.Context, name, password string) error {
	return c.call(ctx, http.MethodPost, "/api/session", map[string]string{"login": name, "password": password}, nil)
}

// call sends body as JSON and reads the answer into out; either may be nil. An error of the API is a *problem.
func (c *panelClient) call(ctx context.Context, method, path string, body, out any) error { //nolint:revive // the parts of a request
	return c.do(ctx, request{method, path, body, ""}, out)
}

// request is one call of the API; key is its Idempotency-Key, if any.
type request struct {
	method, path string
	body         any
	key          string
}

func (c *panelClient) do(ctx context.Context, q request, out any) error {
	var r io.Reader
	if q.body != nil {
		b, err := json.Marshal(q.body)
		if err != nil {
			return err
		}
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, q.method, c.base+q.path, r)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if q.key != "" {
		req.Header.Set("Idempotency-Key", q.key)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	return readAnswer(resp, out)
}

func readAnswer(resp *http.Response, out any) error {
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 400 {
		p := &problem{Status: resp.StatusCode}
		if json.Unmarshal(b, p) != nil {
			p.DetailEN = strings.TrimSpace(string(b))
		}
		return p
	}
	if out == nil || len(b) == 0 {
		return nil
	}
	return json.Unmarshal(b, out)
}

// live opens the websocket and hands every frame to on, in order, until ctx is done or the server closes.
func (c *panelClient) live(ctx context.Context, on func(frame)) error {
	u, err := url.Parse(c.base)
	if err != nil {
		return err
	}
	d := websocket.Dialer{Jar: c.http.Jar, HandshakeTimeout: 10 * time.Second}
	conn, resp, err := d.DialContext(ctx, "ws://"+u.Host+"/api/live", http.Header{"Origin": {c.base}})
	if err != nil {
		return fmt.Errorf("live: %w", err)
	}
	_ = resp.Body.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer func() { _ = conn.Close() }()
	for {
		_, b, err := conn.ReadMessage()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("live: %w", err)
		}
		f := frame{Read: time.Now()}
		if err := json.Unmarshal(b, &f); err != nil {
			return fmt.Errorf("live: %w", err)
		}
		on(f)
	}
}
