package returns

import "iter"

// How much is read of the store at once: whatever a day holds, no more of it is in memory. A record's note has up to 2,000 characters, and a hand-off's texts up to
// casework.MostHandoffEvents times 4,000.
const (
	rowsAtOnce     = 1_000
	numbersAtOnce  = 2_000
	handoffsAtOnce = 20
)

// pages reads page by page, each after the last of the one before; nil for the first. The last one is not full.
func pages[T any](size int, read func(after *T) ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for last := (*T)(nil); ; {
			page, err := read(last)
			if err != nil {
				yield(*new(T), err)
				return
			}
			for _, one := range page {
				if !yield(one, nil) {
					return
				}
			}
			if len(page) < size {
				return
			}
			last = &page[len(page)-1]
		}
	}
}

// cellsOf are the rows of a file, one for each of all.
func cellsOf[T any](all iter.Seq2[T, error], cells func(T) []string) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for one, err := range all {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(cells(one), nil) {
				return
			}
		}
	}
}

// each hands on what is in memory already.
func each[T any](all []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, one := range all {
			if !yield(one, nil) {
				return
			}
		}
	}
}
