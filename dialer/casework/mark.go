package casework

import (
	"iter"
	"slices"
)

// peekAtMost is how many broken rows PeekSample looks past for one that can be read.
const peekAtMost = 200

// PeekSample says whether a list is a made-up one, by its first row that can be read, before the list is staged (see
// StagedList.Sample). all is the list from its beginning; it can be read once. stop must be called in the end, whether
// all was read or not.
func PeekSample(rows iter.Seq2[Row, error]) (sample bool, all iter.Seq2[Row, error], stop func()) {
	return peek(rows, Row.readable, func(r Row) bool { return r.Sample })
}

// PeekPaidSample says the same of a paid list.
func PeekPaidSample(rows iter.Seq2[PaidRow, error]) (sample bool, all iter.Seq2[PaidRow, error], stop func()) {
	return peek(rows, func(r PaidRow) bool { return readable(r.Problems) }, func(r PaidRow) bool { return r.Sample })
}

func peek[R any](rows iter.Seq2[R, error], readable, marked func(R) bool) (sample bool, all iter.Seq2[R, error], stop func()) {
	type step struct {
		row R
		err error
	}
	var seen []step
	next, stop := iter.Pull2(rows)
	for len(seen) < peekAtMost {
		row, err, ok := next()
		if !ok {
			break
		}
		seen = append(seen, step{row, err})
		if err != nil || readable(row) {
			sample = marked(row)
			break
		}
	}
	return sample, func(yield func(R, error) bool) {
		for len(seen) > 0 {
			s := seen[0]
			seen = seen[1:]
			if !yield(s.row, s.err) {
				return
			}
		}
		for {
			row, err, ok := next()
			if !ok || !yield(row, err) {
				return
			}
		}
	}, stop
}

// readable reports whether a row's cells could be told apart: its problems, if any, are of single columns.
func (r Row) readable() bool { return readable(r.Problems) }

func readable(problems []Problem) bool {
	return !slices.ContainsFunc(problems, func(p Problem) bool { return p.Fatal && p.Column == "" })
}
