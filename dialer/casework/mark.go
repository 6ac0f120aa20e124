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
	type step struct {
		row Row
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
		if err != nil || row.readable() {
			sample = row.Sample
			break
		}
	}
	return sample, func(yield func(Row, error) bool) {
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
func (r Row) readable() bool {
	return !slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Fatal && p.Column == "" })
}
