package main

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/jackc/pgx/v5"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// TestBadClicks gives a running house everything a click can be wrong in. Each gets the answer the API promises, nothing
// is written or dialled that should not be, and the house goes on.
func TestBadClicks(t *testing.T) {
	t.Parallel()
	h := newHouse(t, houseOptions{fastCarrier: true})
	h.start()
	b := &badClicks{house: h, one: h.seated("operator1", "desk1"), two: h.seated("operator2", "desk2"), chief: h.signIn("supervisor")}

	t.Run("unknown desk", b.unknownDesk)
	t.Run("another's desk", b.anothersDesk)
	t.Run("malformed JSON", b.malformed)
	t.Run("foreign origin", b.foreignOrigin)
	if len(h.attempts()) != 0 || len(h.carrier.Calls()) != 0 {
		t.Fatalf("refused clicks left %d attempts, and the carrier saw %d calls", len(h.attempts()), len(h.carrier.Calls()))
	}
	t.Run("the same key twice at once", b.sameKeyTwice)
	t.Run("one case, two operators, one instant", b.sameCaseTwice)
	t.Run("desk busy", b.deskBusy)
	t.Run("numbers that may never be dialled", b.neverDialled)
	t.Run("desk not registered", b.deskUnregistered)
	t.Run("expired session", b.expiredSession)
	t.Run("outside the opening hours", b.closedNow)
	h.saysNothingOfAnyone()
}

type badClicks struct {
	*house

	one, two, chief *panelClient
}

// refusedWith fails unless err is the API's problem with this status and rule, said in both languages.
func refusedWith(t *testing.T, err error, status int, rule dialer.Rule) *problem {
	t.Helper()
	var p *problem
	if !errors.As(err, &p) {
		t.Fatalf("got %v, want %d %s", err, status, rule)
	}
	if p.Status != status || p.Rule != string(rule) || p.DetailEN == "" || !strings.ContainsFunc(p.Detail, func(r rune) bool { return r > 0x3000 }) {
		t.Fatalf("got %d %s %q %q, want %d %s", p.Status, p.Rule, p.Detail, p.DetailEN, status, rule)
	}
	return p
}

// click dials and returns the call, or why not.
func (h *house) click(c *panelClient, body map[string]any) (dialer.CallID, error) {
	return h.clickWithKey(c, "", body)
}

func (h *house) clickWithKey(c *panelClient, key string, body map[string]any) (dialer.CallID, error) {
	var accepted struct {
		CallID dialer.CallID `json:"call_id"`
	}
	err := c.do(h.t.Context(), request{method: http.MethodPost, path: "/api/calls", body: body, key: key}, &accepted)
	return accepted.CallID, err
}

// clicked is a click that must go through. While the desk is being given its next case it is busy for a moment: the
// button is grey then, and a person clicks again.
func (h *house) clicked(c *panelClient, key string, body map[string]any) (id dialer.CallID) {
	h.t.Helper()
	h.eventually("the click is taken", func() bool {
		var err error
		id, err = h.clickWithKey(c, key, body)
		if err != nil && !ruled(err, dialer.DeskBusy) {
			h.t.Fatal(err)
		}
		return err == nil
	})
	return id
}

// attempts are all there are in the ledger.
func (h *house) attempts() []casework.Attempt {
	h.t.Helper()
	all, _, err := h.ledger.Attempts(h.t.Context(), casework.AttemptFilter{Limit: 500})
	h.must(err)
	return all
}

// deskFree waits until a desk can take the next click.
func (h *house) deskFree(c *panelClient, id string) {
	h.t.Helper()
	h.eventually(id+" is free", func() bool { d := h.desk(c, id); return d.State == dialer.DeskReady && d.CallID == "" })
}

func (b *badClicks) unknownDesk(t *testing.T) {
	_, err := b.click(b.one, map[string]any{"desk": "desk9", "next": true})
	refusedWith(t, err, http.StatusNotFound, dialer.UnknownDesk)
	refusedWith(t, b.one.call(t.Context(), http.MethodPost, "/api/desks/desk9/sit", map[string]bool{}, nil), http.StatusNotFound, dialer.UnknownDesk)
	_, err = b.click(b.one, map[string]any{"desk": "desk1", "case_id": dialer.NewID(time.Now())})
	refusedWith(t, err, http.StatusNotFound, dialer.UnknownCase)
}

func (b *badClicks) anothersDesk(t *testing.T) {
	_, err := b.click(b.one, map[string]any{"desk": "desk2", "next": true})
	refusedWith(t, err, http.StatusConflict, dialer.NotYourDesk)
	refusedWith(t, b.chief.call(t.Context(), http.MethodPost, "/api/desks/desk1/sit", map[string]bool{}, nil), http.StatusConflict, dialer.DeskBusy)
}

func (b *badClicks) malformed(t *testing.T) {
	for body, status := range map[string]int{
		`{"desk": "desk1", "next": tru`: http.StatusBadRequest,
		`not json`:                      http.StatusBadRequest,
		``:                              http.StatusBadRequest,
		`{"desk": 7, "next": true}`:     http.StatusUnprocessableEntity,
		`{"next": true}`:                http.StatusUnprocessableEntity,
		`{"desk": "desk1"}`:             http.StatusUnprocessableEntity,
		`{"desk": "desk1", "next": true, "dial_twice": true}`: http.StatusUnprocessableEntity,
		`{"desk": "desk1", "next": true, "case_id": "x"}`:     http.StatusUnprocessableEntity,
	} {
		resp := b.send(b.one, http.MethodPost, "/api/calls", body, "Content-Type", "application/json")
		if kind := resp.Header.Get("Content-Type"); kind != "application/problem+json" {
			t.Errorf("%s: the answer is %s", body, kind)
		}
		refusedWith(t, readAnswer(resp, nil), status, "invalid")
		_ = resp.Body.Close()
	}
}

// send sends bytes as they are.
func (h *house) send(c *panelClient, method, path, body string, headers ...string) *http.Response {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), method, c.base+path, strings.NewReader(body))
	h.must(err)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := c.http.Do(req)
	h.must(err)
	return resp
}

func (b *badClicks) foreignOrigin(t *testing.T) {
	refusedWith(t, b.openLive(b.one, "http://evil.example"), http.StatusForbidden, "forbidden")
	resp := b.send(b.one, http.MethodPost, "/api/calls", `{"desk": "desk1", "next": true}`,
		"Content-Type", "application/json", "Origin", "http://evil.example", "Sec-Fetch-Site", "cross-site")
	defer func() { _ = resp.Body.Close() }()
	refusedWith(t, readAnswer(resp, nil), http.StatusForbidden, "forbidden")
	if err := b.openLive(b.one, b.one.base); err != nil {
		t.Errorf("the panel's own origin: %v", err)
	}
}

// openLive opens the websocket as a page of this origin would, and closes it again.
func (h *house) openLive(c *panelClient, origin string) error {
	d := websocket.Dialer{Jar: c.http.Jar, HandshakeTimeout: 10 * time.Second}
	conn, resp, err := d.DialContext(h.t.Context(), "ws://"+h.http+"/api/live", http.Header{"Origin": {origin}})
	if resp != nil {
		defer func() { _ = resp.Body.Close() }()
	}
	if err == nil {
		return conn.Close()
	}
	if resp == nil {
		return err
	}
	return readAnswer(resp, nil)
}

// sameKeyTwice: a double click is one call.
func (b *badClicks) sameKeyTwice(t *testing.T) {
	body := map[string]any{"desk": "desk1", "case_id": b.caseEnding("41")}
	ids, errs := b.atOnce("the same click", [2]*panelClient{b.one, b.one}, [2]map[string]any{body, body})
	for i, err := range errs {
		if err != nil && !ruled(err, dialer.DeskBusy) {
			t.Errorf("click %d: %v", i+1, err)
		}
	}
	// The later click may have come while the first was being written: then it was told that the desk is busy, and asks again.
	again := b.clicked(b.one, "the same click", body)
	for i, id := range ids {
		if errs[i] == nil && id != again {
			t.Errorf("one key made two calls")
		}
	}
	if n := len(b.attempts()); n != 1 {
		t.Errorf("%d attempts", n)
	}
	b.ended(again)
	b.deskFree(b.one, "desk1")
}

// atOnce makes two clicks in the same instant.
func (b *badClicks) atOnce(key string, who [2]*panelClient, bodies [2]map[string]any) (ids [2]dialer.CallID, errs [2]error) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range who {
		wg.Go(func() {
			<-start
			ids[i], errs[i] = b.clickWithKey(who[i], key, bodies[i])
		})
	}
	close(start)
	wg.Wait()
	return ids, errs
}

func ruled(err error, rule dialer.Rule) bool {
	var p *problem
	return errors.As(err, &p) && p.Rule == string(rule)
}

func (b *badClicks) sameCaseTwice(t *testing.T) {
	before := len(b.attempts())
	id := b.caseEnding("40")
	_, errs := b.atOnce("", [2]*panelClient{b.one, b.two}, [2]map[string]any{{"desk": "desk1", "case_id": id}, {"desk": "desk2", "case_id": id}})
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Fatalf("both, or neither: %v, %v", errs[0], errs[1])
	}
	lost, loser, desk := errs[1], b.two, "desk2"
	if lost == nil {
		lost, loser, desk = errs[0], b.one, "desk1"
	}
	refusedWith(t, lost, http.StatusConflict, dialer.CaseBusy)
	_, err := b.click(loser, map[string]any{"desk": desk, "case_id": id})
	refusedWith(t, err, http.StatusConflict, dialer.CaseBusy)
	now := b.attempts()
	if len(now) != before+1 {
		t.Fatalf("%d attempts came of it", len(now)-before)
	}
	b.must(b.chief.call(t.Context(), http.MethodPost, "/api/calls/"+string(now[0].ID)+"/hangup", nil, nil))
	b.ended(now[0].ID)
	b.deskFree(b.one, "desk1")
	b.deskFree(b.two, "desk2")
}

func (b *badClicks) deskBusy(t *testing.T) {
	id := b.clicked(b.one, "", map[string]any{"desk": "desk1", "case_id": b.caseEnding("48")})
	_, err := b.click(b.one, map[string]any{"desk": "desk1", "next": true})
	refusedWith(t, err, http.StatusConflict, dialer.DeskBusy)
	refusedWith(t, b.one.call(t.Context(), http.MethodPost, "/api/desks/desk1/leave", nil, nil), http.StatusConflict, dialer.DeskBusy)
	refusedWith(t, b.two.call(t.Context(), http.MethodPost, "/api/calls/"+string(id)+"/hangup", nil, nil), http.StatusConflict, dialer.NotYourDesk)
	b.must(b.one.call(t.Context(), http.MethodPost, "/api/calls/"+string(id)+"/hangup", nil, nil))
	b.ended(id)
	b.deskFree(b.one, "desk1")
}

// neverDialled: not even a supervisor, with a reason, and no case may come of the try.
func (b *badClicks) neverDialled(t *testing.T) {
	b.must(b.two.call(t.Context(), http.MethodPost, "/api/desks/desk2/leave", nil, nil))
	b.must(b.chief.call(t.Context(), http.MethodPost, "/api/desks/desk2/sit", map[string]bool{}, nil))
	attempts, cases, calls := len(b.attempts()), b.count("SELECT count(*) FROM cases"), len(b.carrier.Calls())
	for _, number := range []string{
		"110", "118", "119", "117", "171", "0990123456", "0180123456", "0201234567", "01012025550123", "0033123456789", "1840300000041",
		"1860300000041", "*21", "#9", "03000000", "030000004100", "123",
	} {
		_, err := b.click(b.chief, map[string]any{"desk": "desk2", "number": number, "reason": "本人からの依頼"})
		var p *problem
		if !errors.As(err, &p) || (p.Rule != string(dialer.ForbiddenNumber) || p.Status != http.StatusConflict) && (p.Rule != "invalid" || p.Status != http.StatusUnprocessableEntity) {
			t.Errorf("%s: %v", number, err)
		}
	}
	_, err := b.click(b.chief, map[string]any{"desk": "desk2", "number": "0300000041"})
	refusedWith(t, err, http.StatusNotFound, dialer.UnknownCase) // no reason given
	_, err = b.click(b.one, map[string]any{"desk": "desk1", "number": "0300000041", "reason": "本人からの依頼"})
	refusedWith(t, err, http.StatusNotFound, dialer.UnknownCase) // no supervisor
	// A case lends its name to none but its own numbers: not to any that somebody types, nor to one of a case that is held.
	mine, held := b.caseEnding("41"), b.caseEnding("43")
	target, err := b.ledger.Target(t.Context(), held, "")
	b.must(err)
	b.must(b.chief.call(t.Context(), http.MethodPost, "/api/cases/"+string(held)+"/hold", map[string]string{"reason": "点検"}, nil))
	for _, number := range []string{"0300009841", "09000009841", string(target.Number)} {
		for desk, who := range map[string]*panelClient{"desk1": b.one, "desk2": b.chief} {
			_, err := b.click(who, map[string]any{"desk": desk, "case_id": mine, "number": number})
			refusedWith(t, err, http.StatusConflict, dialer.ForbiddenNumber)
		}
		_, err := b.click(b.one, map[string]any{"desk": "desk1", "case_id": mine, "number": number, "reason": "本人からの依頼"})
		refusedWith(t, err, http.StatusConflict, dialer.ForbiddenNumber) // a reason makes no supervisor
	}
	if len(b.attempts()) != attempts || b.count("SELECT count(*) FROM cases") != cases || len(b.carrier.Calls()) != calls {
		t.Error("a forbidden number left something behind")
	}
	// With a reason and a number that may be dialled it goes through.
	id := b.clicked(b.chief, "", map[string]any{"desk": "desk2", "number": "03-0000-0041", "reason": "本人からの依頼"})
	if a := b.ended(id); a.Verdict.Result != dialer.Busy {
		t.Errorf("the supervisor's own call ended as %s", a.Verdict.Result)
	}
}

// count is a look into the database beside the ledger.
func (h *house) count(sql string) (n int) {
	h.t.Helper()
	h.must(h.database(func(ctx context.Context, c *pgx.Conn) error { return c.QueryRow(ctx, sql).Scan(&n) }))
	return n
}

func (h *house) database(do func(context.Context, *pgx.Conn) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, h.postgres.URL(database))
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(ctx) }()
	return do(ctx, c)
}

// deskUnregistered: the phone leaves, and its desk says so.
func (b *badClicks) deskUnregistered(t *testing.T) {
	before := len(b.attempts())
	b.deskFree(b.chief, "desk2")
	b.world.phones[1].Close()
	b.eventually("desk2 has no phone", func() bool { d := b.desk(b.chief, "desk2"); return d.Registered != nil && !*d.Registered })
	_, err := b.click(b.chief, map[string]any{"desk": "desk2", "next": true})
	refusedWith(t, err, http.StatusConflict, dialer.DeskUnregistered)
	if len(b.attempts()) != before {
		t.Error("an attempt came of it")
	}
}

// expiredSession: the row of the session has run out; a server that asks the database refuses whoever brings it.
func (b *badClicks) expiredSession(t *testing.T) {
	b.must(b.database(func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, "UPDATE sessions SET expires_at = now() - interval '1 minute'")
		return err
	}))
	b.kill()
	b.start()
	_, err := b.click(b.one, map[string]any{"desk": "desk1", "next": true})
	refusedWith(t, err, http.StatusUnauthorized, "unauthorized")
	refusedWith(t, b.openLive(b.one, b.one.base), http.StatusUnauthorized, "unauthorized")
	refusedWith(t, b.one.call(t.Context(), http.MethodGet, "/api/queue", nil, nil), http.StatusUnauthorized, "unauthorized")
	if d := b.desk(b.signIn("supervisor"), "desk1"); d.CallID != "" {
		t.Errorf("the desk is %s", d.State)
	}
}

// closedNow shuts the centre for today, and for tomorrow should midnight pass meanwhile.
func (b *badClicks) closedNow(t *testing.T) {
	before := len(b.attempts())
	openOn := strings.ToLower(time.Now().In(dialer.Tokyo).AddDate(0, 0, 3).Weekday().String()[:3])
	b.resetting("centre: {always_open: true}", `centre: {always_open: false, week: {`+openOn+`: "09:00-17:00"}}`)
	b.kill()
	b.start()
	one := b.seated("operator1", "desk1")
	for _, body := range []map[string]any{{"desk": "desk1", "next": true}, {"desk": "desk1", "case_id": b.caseEnding("05")}} {
		_, err := b.click(one, body)
		p := refusedWith(t, err, http.StatusConflict, dialer.OutsideHours)
		if !strings.Contains(p.DetailEN, "09:00") || !strings.Contains(p.Detail, "09:00") {
			t.Errorf("it does not say when it opens: %s %s", p.Detail, p.DetailEN)
		}
	}
	var hours struct {
		Open bool   `json:"open"`
		Why  string `json:"why"`
	}
	b.must(one.call(t.Context(), http.MethodGet, "/api/hours", nil, &hours))
	if hours.Open || hours.Why == "" {
		t.Errorf("the panel is told %+v", hours)
	}
	if len(b.attempts()) != before {
		t.Error("an attempt came of it")
	}
}

// anyNumber is a run of digits that could be somebody's number, or a password of the test.
var anyNumber = regexp.MustCompile(`\b0[0-9]{9,10}\b|password-|secret-[01]`)

// saysNothingOfAnyone looks whether the server's log kept to what it may say.
func (h *house) saysNothingOfAnyone() {
	h.t.Helper()
	said := h.serverLog()
	for _, word := range []string{"goroutine ", "panic", "見本 ", "例示"} {
		if strings.Contains(said, word) {
			h.t.Errorf("the log says %q", word)
		}
	}
	for line := range strings.Lines(said) {
		if anyNumber.MatchString(line) {
			h.t.Errorf("the log names a number or a password: %s", line)
		}
	}
}
