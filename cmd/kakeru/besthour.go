package main

import (
	"context"
	"time"

	"kakeru/dialer/besthour"
	"kakeru/dialer/casework"
)

// adviseHours gives the rules their advice on the hour, unless it is switched off. It knows nothing yet: run has it learn.
func (a *app) adviseHours(numberRuleOff bool) {
	if a.settings.Queue.BestHour != "off" {
		a.best = besthour.NewKeeper(ownHistory{a}, a.now, a.log)
	}
	a.live.dress = func(r casework.Rules) casework.Rules {
		if numberRuleOff {
			r = lifted(r)
		}
		if a.best != nil {
			r.Advice = a.best
		}
		return r
	}
	a.live.take(nil)
}

// ownHistory is what best hour learns from: this centre's ledger, which is opened with the rules that the advice is part of.
type ownHistory struct{ a *app }

// HourCounts implements besthour.Source. Where every trunk is a lab, all there is to learn from are samples.
func (h ownHistory) HourCounts(ctx context.Context, since, now time.Time) ([]besthour.Count, error) {
	return h.a.ledger.Hours(labOnly(h.a.settings.SIP.Trunks)).HourCounts(ctx, since, now)
}
