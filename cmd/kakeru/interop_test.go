package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/report"
	"kakeru/webui"
)

// ending is one call to the carrier in the interop test, and all that must come of it.
type ending struct {
	digits   string
	name     string
	result   dialer.Result
	counted  bool
	endedBy  dialer.EndedBy
	evidence []seen // of the customer leg, in this order
	talk     bool   // we hang up, and a result is owed
	party    casework.Party
	waits    time.Duration // the case waits at least so long
}

// seen is what one piece of evidence must say; 0 means that it must not matter.
type seen struct {
	event         dialer.EvidenceEvent
	status, cause int
}

var endings = []ending{
	{digits: "05", name: "answers", result: dialer.Answered, counted: true, endedBy: dialer.ByOperator, talk: true, party: casework.Self, waits: 14 * 24 * time.Hour,
		evidence: []seen{
			{dialer.EvInvite, 0, 0}, {dialer.EvTrying, 100, 0}, {dialer.EvRinging, 180, 0}, {dialer.EvAnswered, 200, 0}, {dialer.EvByeSent, 0, 0}, {dialer.EvGone, 0, 0},
		}},
	{digits: "40", name: "rings for ever", result: dialer.NoAnswer, counted: true, endedBy: dialer.ByRingLimit, waits: time.Hour,
		evidence: []seen{
			{dialer.EvInvite, 0, 0}, {dialer.EvRinging, 180, 0}, {dialer.EvCancelSent, 0, 0}, {dialer.EvFinal, 487, 0}, {dialer.EvGone, 0, 0},
		}},
	{digits: "41", name: "is busy", result: dialer.Busy, counted: true, endedBy: dialer.ByNetwork, waits: 5 * time.Minute,
		evidence: []seen{
			{dialer.EvInvite, 0, 0}, {dialer.EvFinal, 486, 17}, {dialer.EvGone, 0, 0},
		}},
	{digits: "42", name: "is unallocated", result: dialer.Unallocated, counted: true, endedBy: dialer.ByNetwork, waits: time.Minute,
		evidence: []seen{
			{dialer.EvInvite, 0, 0}, {dialer.EvEarlyMedia, 183, 0}, {dialer.EvFinal, 404, 1}, {dialer.EvGone, 0, 0},
		}},
	{digits: "44", name: "is a voicemail", result: dialer.Answered, counted: true, endedBy: dialer.ByOperator, talk: true, party: casework.Voicemail, waits: time.Minute,
		evidence: []seen{
			{dialer.EvInvite, 0, 0}, {dialer.EvRinging, 180, 0}, {dialer.EvAnswered, 200, 0}, {dialer.EvByeSent, 0, 0}, {dialer.EvGone, 0, 0},
		}},
	{digits: "46", name: "has line trouble", result: dialer.LineTrouble, counted: false, endedBy: dialer.ByNetwork, waits: time.Minute,
		evidence: []seen{
			{dialer.EvInvite, 0, 0}, {dialer.EvFinal, 503, 0}, {dialer.EvGone, 0, 0},
		}},
}

// interop is a house whose desk phone is baresip and whose carrier is SIPp.
type interop struct {
	*house

	phone      *baresip
	carrier    *sippCarrier
	operator   *panelClient
	supervisor *panelClient

	mu    sync.Mutex
	ended map[dialer.CallID]dialer.CallView // as the supervisor's board showed it
}

// TestBaresipAndSIPp makes the main flow with a desk phone and a carrier that nobody here wrote: an operator signs in,
// sits down and clicks; the phone answers because the INVITE asks it to; each ending of the carrier becomes its result,
// is counted once, and is on the supervisor's board. SIPp fails the test at any message it did not expect.
func TestBaresipAndSIPp(t *testing.T) {
	carrier := startSIPp(t, "carrier", len(endings))
	h := newHouse(t, houseOptions{noPhones: true, trunk: carrier.addr.String(), ring: 2 * time.Second})
	h.resetting("calls: {", "calls: {desk_ring: 1s, ")
	h.resetting("user: \"202\", password: \"secret-1\", phone: generic", "user: \"202\", password: \"secret-1\", phone: lift")
	h.resetting("tcp: false", "tcp: true")
	h.start()
	in := &interop{house: h, carrier: carrier, ended: map[dialer.CallID]dialer.CallView{}}
	in.phone = startBaresip(t, h.sip, h.accounts)
	in.operator, in.supervisor = h.seated("operator1", "desk1"), h.signIn("supervisor")
	in.watch()

	callIDs := map[string]bool{}
	for _, e := range endings {
		t.Run(e.digits+" "+e.name, func(t *testing.T) {
			a := in.call(t, e)
			callIDs[a.SIPCallID] = true
		})
	}
	t.Run("sound went both ways", in.soundWentBothWays)
	t.Run("without the header the phone only rings", in.ringsWithoutHeader)
	t.Run("the carrier saw what the ledger says", func(t *testing.T) {
		if err := carrier.over(); err != nil {
			said, _ := os.ReadFile(carrier.errors)
			t.Fatalf("SIPp: %v\n%s", err, said)
		}
		if seen := carrier.invites(); !maps.Equal(seen, callIDs) || len(seen) != len(endings) {
			t.Errorf("SIPp saw %d Call-IDs, the ledger has %d, and they are not the same", len(seen), len(callIDs))
		}
	})
}

// resetting changes the settings' text before the server starts.
func (h *house) resetting(old, now string) {
	h.t.Helper()
	b, err := os.ReadFile(h.config())
	h.must(err)
	if !strings.Contains(string(b), old) {
		h.t.Fatalf("the settings do not say %q", old)
	}
	h.must(os.WriteFile(h.config(), []byte(strings.ReplaceAll(string(b), old, now)), 0o600))
}

// watch opens the supervisor's board.
func (in *interop) watch() {
	in.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() {
		first := true
		done <- in.supervisor.live(ctx, func(f frame) {
			if first {
				close(ready)
				first = false
			}
			in.see(f)
		})
	}()
	in.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			in.t.Errorf("the supervisor's board: %v", err)
		}
	})
	select {
	case <-ready:
	case <-time.After(10 * time.Second):
		in.t.Fatal("the board sends no snapshot")
	}
}

func (in *interop) see(f frame) {
	var v dialer.CallView
	if f.Type != "call" || json.Unmarshal(f.Data, &v) != nil || v.Verdict == nil {
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.ended[v.ID] = v
}

func (in *interop) shown(id dialer.CallID) (dialer.CallView, bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	v, ok := in.ended[id]
	return v, ok
}

// call clicks for one ending and looks at everything that must come of it.
func (in *interop) call(t *testing.T, e ending) casework.Attempt {
	before := in.done()
	id := in.clicked(in.operator, "", map[string]any{"desk": "desk1", "case_id": in.caseEnding(e.digits)})
	if e.talk {
		in.talk(t, id, e)
	}
	a := in.house.ended(id)
	if v := a.Verdict; v.Result != e.result || v.Counted != e.counted || a.EndedBy != e.endedBy || v.Why == "" {
		t.Errorf("the ledger says %s (counted %v, ended by %s, %q)", v.Result, v.Counted, a.EndedBy, v.Why)
	}
	in.onTheAPI(t, a, e)
	in.eventually("the supervisor's board shows the end", func() bool { _, ok := in.shown(id); return ok })
	if v, _ := in.shown(id); v.Verdict.Result != e.result || v.State != dialer.Ended {
		t.Errorf("the supervisor saw %s, %s", v.State, v.Verdict.Result)
	}
	more := 0
	if e.counted {
		more = 1
	}
	in.eventually("the count is seen", func() bool { return in.done() >= before+more })
	if now := in.done(); now != before+more {
		t.Errorf("the month's count went from %d to %d", before, now)
	}
	if e.talk {
		in.record(t, id, e)
	}
	in.waits(t, a.CaseID, e)
	in.eventually("the desk is free", func() bool { return in.desk(in.operator, "desk1").State == dialer.DeskReady })
	return a
}

// talk waits until both talk, lets sound flow, and hangs up.
func (in *interop) talk(t *testing.T, id dialer.CallID, e ending) {
	t.Helper()
	in.eventually("they talk", func() bool { return talkNoted(in.house, id) })
	if e.party == casework.Self {
		heard := in.packets()
		in.eventually("a second and a half of sound on each leg, each way", func() bool {
			for stream, n := range in.packets() {
				if n < heard[stream]+75 {
					return false
				}
			}
			return true
		})
	}
	in.must(in.operator.call(t.Context(), http.MethodPost, "/api/calls/"+string(id)+"/hangup", nil, nil))
}

// onTheAPI looks whether the API tells the attempt as the ledger has it, with its evidence in order.
func (in *interop) onTheAPI(t *testing.T, a casework.Attempt, e ending) {
	t.Helper()
	var told webui.Attempt
	in.must(in.supervisor.call(t.Context(), http.MethodGet, "/api/attempts/"+string(a.ID), nil, &told))
	if told.Result == nil || *told.Result != e.result || told.Counted != e.counted || told.EndedAt == nil || told.SIPCallID != a.SIPCallID || told.Trunk != "lab" {
		t.Errorf("the API does not say %s: %+v", e.result, told)
	}
	left := slices.Clone(e.evidence)
	for _, ev := range told.Evidence {
		if ev.Leg == dialer.CustomerLeg && len(left) > 0 && left[0].is(ev) {
			left = left[1:]
		}
	}
	if len(left) > 0 {
		t.Errorf("evidence lacks %v; it is %v", left, told.Evidence)
	}
}

func (s seen) is(ev dialer.Evidence) bool {
	return s.event == ev.Event && (s.status == 0 || s.status == ev.Status) && s.cause == ev.Cause
}

// done is the month's count as the panel asks for it.
func (in *interop) done() int {
	in.t.Helper()
	var p report.Progress
	in.must(in.supervisor.call(in.t.Context(), http.MethodGet, "/api/progress?month="+dialer.DateOf(time.Now()).String()[:7], nil, &p))
	return p.Done.Attempts
}

// record gives a talk its result.
func (in *interop) record(t *testing.T, id dialer.CallID, e ending) {
	t.Helper()
	result := map[string]any{"party": e.party, "business_results": []string{}}
	if e.party == casework.Self {
		result["business_results"] = []casework.Business{casework.Promised}
		result["promise"] = map[string]any{"amount_yen": 1000, "due_on": dialer.DateOf(time.Now()).Next().String(), "means": "slip"}
	}
	in.must(in.operator.call(t.Context(), http.MethodPut, "/api/attempts/"+string(id)+"/result", result, nil))
}

// waits looks at what the case waits for now.
func (in *interop) waits(t *testing.T, id dialer.CaseID, e ending) {
	t.Helper()
	var told struct {
		Case    webui.Case
		History []webui.Attempt
	}
	in.must(in.operator.call(t.Context(), http.MethodGet, "/api/cases/"+string(id), nil, &told))
	next := told.Case.Next
	if next.Why == "" || len(told.History) != 1 {
		t.Errorf("the case says %+v after %d attempts", next, len(told.History))
	}
	if next.State != dialer.CaseWaiting || next.Due == nil || time.Until(*next.Due) < e.waits-time.Minute {
		t.Errorf("the case is to be called next: %+v", next)
	}
}

// packets are the server's own counts of RTP, by leg and direction.
func (in *interop) packets() map[string]float64 {
	in.t.Helper()
	counts := map[string]float64{}
	for _, leg := range []string{"desk", "customer"} {
		for _, way := range []string{"in", "out"} {
			counts[leg+" "+way] = in.metric(fmt.Sprintf(`kakeru_rtp_packets_total{direction=%q,leg=%q}`, way, leg))
		}
	}
	return counts
}

// read is what the server answers to anyone.
func (h *house) read(path string) string {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, "http://"+h.http+path, nil)
	h.must(err)
	resp, err := http.DefaultClient.Do(req)
	h.must(err)
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	h.must(err)
	return string(b)
}

// metric reads one figure of /metrics; 0 when it is not there yet.
func (h *house) metric(name string) float64 {
	h.t.Helper()
	for line := range strings.Lines(h.read("/metrics")) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			f, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			h.must(err)
			return f
		}
	}
	return 0
}

// soundWentBothWays: the tone that baresip sent into its microphone came back to its ear: through us to SIPp, whose echo
// sent it back through us. baresip's own dump of what it played says so.
func (in *interop) soundWentBothWays(t *testing.T) {
	for stream, n := range in.packets() {
		t.Logf("RTP packets, %s: %.0f", stream, n)
	}
	if share := in.phone.heard(); share < 0.9 {
		t.Errorf("the phone heard its tone in only %.0f %% of the sound", 100*share)
	} else {
		t.Logf("%.0f %% of the loudest second the phone played is its own tone", 100*share)
	}
}

// ringsWithoutHeader calls the second account of the very same baresip, whose desk is set to "lift the handset": our
// INVITE asks for nothing, the phone rings and is not answered, and nobody is dialled.
func (in *interop) ringsWithoutHeader(t *testing.T) {
	second := in.seated("operator2", "desk2")
	before := in.done()
	id := in.dial(second, "desk2", in.caseEnding("05"))
	a := in.house.ended(id)
	if a.Verdict.Result != dialer.NotDialled || a.Verdict.Counted || a.EndedBy != dialer.ByDeskLimit {
		t.Errorf("it ended as %s (counted %v, by %s)", a.Verdict.Result, a.Verdict.Counted, a.EndedBy)
	}
	rang := false
	for _, ev := range a.Evidence {
		rang = rang || ev.Leg == dialer.DeskLeg && ev.Event == dialer.EvRinging
		if ev.Leg == dialer.DeskLeg && ev.Event == dialer.EvAnswered {
			t.Error("the phone answered, though nothing asked it to")
		}
	}
	if !rang {
		t.Errorf("the phone did not ring: %v", a.Evidence)
	}
	if now := in.done(); now != before {
		t.Errorf("the month's count went from %d to %d", before, now)
	}
	asked := strings.Count(in.phone.output(), "Call-Info: <sip:"+in.sip.String()+">;answer-after=0")
	if calls := strings.Count(in.phone.output(), "Incoming call from"); asked != len(endings) || calls != len(endings)+1 {
		t.Errorf("baresip got %d calls, %d of them with the header", calls, asked)
	}
	if !in.phone.knowsHeader {
		t.Log("this baresip is older than 1.1 and knows no auto-answer by header: the test pressed its key when, and only when, the header had come")
	}
}
