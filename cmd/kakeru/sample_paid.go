//go:build !production

package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres"
)

// promisesSampled is how many promises a made-up paid list pays at most.
const promisesSampled = 2000

// samplePaid writes a made-up paid list for the promises that stand in the ledger: of made-up cases, and of no others.
func samplePaid(ctx context.Context, s configs.Settings, w io.Writer) error {
	return withLedger(ctx, s, func(l *postgres.Ledger) error {
		payments, err := inventPayments(ctx, l, l, l, time.Now())
		if err == nil && len(payments) == 0 {
			err = fmt.Errorf("no promise of a made-up case stands in the ledger; record one first")
		}
		if err != nil {
			return err
		}
		return casework.WriteSamplePaid(w, payments)
	})
}

func inventPayments(
	ctx context.Context, promises casework.PromiseStore, cases casework.CaseStore, results casework.ResultStore, now time.Time,
) (all []casework.SamplePayment, err error) {
	lines, err := promises.Promises(ctx, now.In(dialer.Tokyo).Format("2006-01"), promisesSampled)
	if err != nil {
		return nil, err
	}
	for i, line := range lines {
		c, err := cases.Case(ctx, line.Case)
		if err != nil {
			return nil, err
		}
		a, err := results.Attempt(ctx, line.Attempt)
		if err != nil {
			return nil, err
		}
		if !c.Sample || c.WardNumber == "" || a.Entry == nil || a.Entry.Promise == nil {
			continue
		}
		on := line.DueOn
		if today := dialer.DateOf(now); today.At(0).Before(on.At(0)) {
			on = today // nobody has paid tomorrow
		}
		all = append(all, casework.SamplePayments(i, c, *a.Entry.Promise, on)...)
	}
	return all, nil
}
