//go:build !production

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/report"
	"kakeru/sip/lab"
	"kakeru/webui/auth"
)

// clickFigures are what `kakeru bench click` measures.
type clickFigures struct {
	Calls            int     `json:"calls"`
	ClickToInviteP50 float64 `json:"click_to_invite_p50_ms"`
	ClickToInviteP99 float64 `json:"click_to_invite_p99_ms"`
	EventToPanelP50  float64 `json:"event_to_panel_p50_ms"`
	EventToPanelP99  float64 `json:"event_to_panel_p99_ms"`
	Attempts         int     `json:"attempts"`
	InvitesSeen      int     `json:"invites_seen_by_carrier"`
}

// clickRun is everything that was seen of a run: by the browsers, by the simulated far ends, and by the ledger.
type clickRun struct {
	panel   map[dialer.DeskID][]seenCall
	phones  map[dialer.DeskID][]lab.CallLog
	carrier map[string]lab.CallLog // by Call-ID
	ledger  []casework.Attempt
	desks   []dialer.DeskView
	done    report.Progress // as the panel shows it at the end
}

func benchClick(ctx context.Context, o benchFlags) (clickFigures, error) {
	run, err := runClicks(ctx, o)
	if err != nil {
		return clickFigures{}, err
	}
	if err := run.agree(); err != nil {
		return clickFigures{}, err
	}
	return run.figures(), nil
}

// runClicks makes a centre with so many lab desks, a lab carrier and a browser's socket for each desk, all on loopback,
// and has calls clicks made as fast as the desks come free.
func runClicks(ctx context.Context, o benchFlags) (_ *clickRun, err error) {
	dir, err := os.MkdirTemp("", "kakeru-click-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	log := logger("error", streams{err: os.Stderr})
	private, err := startStores(ctx, dir, log)
	if err != nil {
		return nil, err
	}
	defer private.stop()
	desks := benchDesks(o.desks)
	world, err := startCarrier(true, len(desks), log)
	if err != nil {
		return nil, err
	}
	defer world.close()
	s := labSettings(desks, world.carrier.Addr(), true)
	s.HTTP.Addr, s.StateDir, s.Centre.AlwaysOpen = "127.0.0.1:0", dir, true
	s.Database.URL, s.Redis.URL = private.ledger, private.redis.URL()
	a, err := newApp(ctx, s, appOptions{log: log, fast: true, numberRuleOff: true})
	if err != nil {
		return nil, err
	}
	run := &clickRun{panel: map[dialer.DeskID][]seenCall{}, phones: map[dialer.DeskID][]lab.CallLog{}, carrier: map[string]lab.CallLog{}}
	return run, run.inHouse(ctx, a, world, o)
}

func benchDesks(n int) []configs.Desk {
	out := make([]configs.Desk, n)
	for i := range out {
		out[i] = configs.Desk{ID: fmt.Sprintf("desk%d", i+1), User: fmt.Sprintf("%d", 201+i)}
	}
	return out
}

// inHouse runs the house for as long as the clicks take, and then reads what everyone saw.
func (r *clickRun) inHouse(ctx context.Context, a *app, world *labWorld, o benchFlags) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	logins := benchLogins(o.desks)
	done := make(chan error, 1)
	err := a.run(ctx, func(ctx context.Context) error {
		if err := furnishBench(ctx, a, logins, o.calls); err != nil {
			return err
		}
		if err := world.startPhones(a.agent.Addr(), accountsOf(a.settings), true, a.log); err != nil {
			return err
		}
		return awaitPhones(ctx, a.engine, o.desks)
	}, func(url string) {
		go func() {
			done <- r.click(ctx, url, clickHouse{a, world, o.calls, logins})
			stop()
		}()
	})
	select {
	case clicked := <-done:
		return errors.Join(err, clicked)
	default:
		return err // the house never got ready
	}
}

// furnishBench gives a house its people, and made-up cases for so many calls.
func furnishBench(ctx context.Context, a *app, logins []login, calls int) error {
	cheap := auth.Cost{MemoryKiB: 64, Passes: 1} // fifty sign-ins at once are not what is measured
	if err := addPeople(ctx, a.ledger, logins, cheap); err != nil {
		return err
	}
	return importSample(ctx, a.ledger, a.refs, sampleOf{2*calls + 100, demoSeed})
}

func benchLogins(n int) []login {
	out := make([]login, n)
	for i := range out {
		out[i] = login{fmt.Sprintf("bench%d", i+1), "bench", dialer.RoleOperator, "bench-password-of-a-bench"}
	}
	return out
}

// clickHouse is a house that stands ready for clicks.
type clickHouse struct {
	app    *app
	world  *labWorld
	calls  int
	logins []login
}

// click seats everyone, clicks, and reads the far ends' logs and the ledger.
func (r *clickRun) click(ctx context.Context, url string, h clickHouse) error {
	a := h.app
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	all := make([]*clicker, len(h.logins))
	for i := range all {
		panel, err := newPanelClient(url)
		if err != nil {
			return err
		}
		all[i] = &clicker{desk: dialer.DeskID(a.settings.SIP.Desks[i].ID), panel: panel}
		if err := all[i].sitDown(ctx, h.logins[i]); err != nil {
			return fmt.Errorf("%s: %w", all[i].desk, err)
		}
	}
	began := time.Now()
	if err := clickAll(ctx, all, h.calls); err != nil {
		return err
	}
	dctx, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	r.desks = a.engine.Desks()
	month := began.In(dialer.Tokyo).Format("2006-01")
	if err := all[0].panel.call(ctx, http.MethodGet, "/api/progress?month="+month, nil, &r.done); err != nil {
		return err
	}
	a.engine.Drain(dctx)
	for i, c := range all {
		r.panel[c.desk] = c.seen
		r.phones[c.desk] = h.world.phones[i].Calls()
	}
	for _, c := range h.world.carrier.Calls() {
		r.carrier[c.CallID] = c
	}
	var err error
	r.ledger, err = allAttempts(ctx, a.ledger, began)
	return err
}

// allAttempts reads every attempt since an instant.
func allAttempts(ctx context.Context, l casework.ResultStore, since time.Time) ([]casework.Attempt, error) {
	var all []casework.Attempt
	f := casework.AttemptFilter{From: since, To: since.Add(24 * time.Hour), Limit: 500}
	for {
		page, next, err := l.Attempts(ctx, f)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if next == "" {
			return all, nil
		}
		f.Cursor = next
	}
}

// figures measures: a click against the INVITE its desk phone saw, and what the carrier sent against the frame a
// browser's socket read. All clocks are this machine's. Each desk's first call is made and checked like any other, but not
// timed: all desks click it in the same instant, on connections that a working day has long opened.
func (r *clickRun) figures() clickFigures {
	f := clickFigures{Attempts: len(r.ledger), InvitesSeen: len(r.carrier)}
	bySIP := map[dialer.CallID]lab.CallLog{}
	for _, a := range r.ledger {
		if c, ok := r.carrier[a.SIPCallID]; ok {
			bySIP[a.ID] = c
		}
	}
	var clicks, events []time.Duration
	for desk, seen := range r.panel {
		f.Calls += len(seen)
		for i, s := range seen {
			if i == 0 && len(seen) > 1 {
				continue
			}
			if i < len(r.phones[desk]) {
				clicks = append(clicks, r.phones[desk][i].Started.Sub(s.Clicked))
			}
			c := bySIP[s.ID]
			if !c.Ringing.IsZero() && !s.Rang.IsZero() {
				events = append(events, s.Rang.Sub(c.Ringing))
			}
			if !c.Answered.IsZero() && !s.Talked.IsZero() {
				events = append(events, s.Talked.Sub(c.Answered))
			}
		}
	}
	f.ClickToInviteP50, f.ClickToInviteP99 = percentile(clicks, 50), percentile(clicks, 99)
	f.EventToPanelP50, f.EventToPanelP99 = percentile(events, 50), percentile(events, 99)
	return f
}
