package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/japan"
)

// payments takes paid lists in, for the panel and the command alike: bytes are decoded, read row by row, staged and compared;
// applied, the cases that waited for them move in the line.
type payments struct {
	casework.PaidStore

	line dialer.Queue
	refs dialer.Refs
	// labOnly is true when every trunk is a lab: only then may a made-up list be taken in.
	labOnly bool
	// missed is told when the queue did not take what was applied; nil where nobody can rebuild the line.
	missed func(error)
}

// StagePaid reads a file to its end and says what it would do; no payment of it counts yet.
func (p payments) StagePaid(ctx context.Context, list casework.StagedList, file io.Reader, progress func(rows int)) (casework.PaidPreview, error) {
	text, _, err := japan.Decode(file)
	if err != nil {
		return casework.PaidPreview{}, err
	}
	rows := casework.ReadPaid(text, casework.PaidMapping(), japan.Notation{}, p.refs)
	sample, rows, stop := casework.PeekPaidSample(rows)
	defer stop()
	if sample && !p.labOnly {
		return casework.PaidPreview{}, errSampleOnTrunk
	}
	list.Sample = sample
	return p.PaidStore.StagePaid(ctx, list, rows, progress)
}

// ApplyPaid makes a staged list count and moves its cases in the line. Where the queue does not take them the engine is told; a
// command that has no engine says so.
func (p payments) ApplyPaid(ctx context.Context, list string, by dialer.UserID) (casework.PaidPreview, error) {
	done, moved, err := p.PaidStore.ApplyPaid(ctx, list, by)
	if err != nil || p.line == nil {
		return done, err
	}
	return done, lineMissed("the paid list", p.move(ctx, moved), p.missed)
}

func (p payments) move(ctx context.Context, moved casework.Moved) error {
	if len(moved.Waiting) > 0 {
		if err := p.line.Put(ctx, moved.Waiting...); err != nil {
			return err
		}
	}
	for _, id := range moved.Left {
		if err := p.line.Remove(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (p payments) fromCommand(ctx context.Context, file *os.File, o importFlags, std streams) error {
	now := time.Now()
	show, over := counting(std)
	found, err := p.StagePaid(ctx, casework.StagedList{ID: dialer.NewID(now), FileName: filepath.Base(file.Name()), At: now}, file, show)
	over()
	if err != nil {
		return err
	}
	printPaid(std.out, found)
	if o.leaves(found.Wrong) {
		return o.left(found.Wrong, p.DiscardPaid(ctx, found.List))
	}
	done, err := p.ApplyPaid(ctx, found.List, "")
	if err == nil {
		v := done.Settled
		fmt.Fprintf(std.out, "taken in: %d payments; promises kept %d, in part %d, broken %d, open again %d; cases held as perhaps paid %d\n",
			done.New, v.Kept, v.Partly, v.Broken, v.Open, v.MaybePaid)
	}
	return err
}

func printPaid(w io.Writer, p casework.PaidPreview) {
	fmt.Fprintf(w, "rows %d: %d new payments (%d yen), %d known, %d taken back; %d of no case there is; paid from %s to %s\n",
		p.Rows, p.New, p.NewYen, p.Known, p.TakenBack, p.Unknown, p.From, p.To)
	printRows(w, p.Wrong, p.Repaired, p.Problems, p.Repairs)
}

// bankDays are the days on which banks are open.
var bankDays = casework.BankDays{Holiday: func(d dialer.Date) string {
	name, _ := japan.IsHoliday(d.Year, d.Month, d.Day)
	return name
}}
