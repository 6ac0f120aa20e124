package postgres

import (
	"cmp"
	"context"
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"slices"

	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// Between its reading and its applying a list stands in the database, where whoever may write could take one of its rows away, change a number, or put rows of
// another list there. So a list bears a mark of all its rows, made from what the process that read it has handed to the database, and what was told of that
// since is not asked: which rows are left out again is found here as well as there. A list of which another row stands there when it is applied is refused.

// The names of keys among those that the installation's secret makes: that of lists' marks, and that of the digests of their rows.
const (
	markedLists  = "staged_list"
	stagedRowKey = "staged_row"
)

var errListUnmarked = &casework.ListError{
	Code: "list_unmarked", JA: "この名簿は、書き換えを見つける仕組みのない以前の版で読み込まれています。反映していません。もう一度読み込んでください",
	EN: "this list was staged by an older version, which did not mark its rows; nothing was applied; stage the list again",
}

// digestOfStaged is a keyed digest of all that a staged row says, its list and its line with it; half of one is kept, for there may be many.
func digestOfStaged(key listDigests, r db.StagedRow) (half [2]uint64, err error) {
	d, err := key.keyed(r)
	if err == nil {
		half = [2]uint64{binary.BigEndian.Uint64(d), binary.BigEndian.Uint64(d[8:])}
	}
	return half, err
}

// sumOfRows is the sum of some rows' digests, which nobody can aim at without their key. In whichever order they come, so that none has to be sorted; one that is
// there twice counts twice.
type sumOfRows struct {
	n   int32
	sum [2]uint64
}

func (s *sumOfRows) add(digest [2]uint64) {
	var carry uint64
	s.n++
	s.sum[1], carry = bits.Add64(s.sum[1], digest[1], 0)
	s.sum[0], _ = bits.Add64(s.sum[0], digest[0], carry)
}

// handedRow is what is kept of a row that was handed to the database: its digest, and by what its person, its term and what it says of the person are told from
// others of this list. Nothing of it leaves the process.
type handedRow struct {
	digest    [2]uint64
	of, term  uint64
	who, born uint32 // born is zero where the row does not say it
	line      int32
}

// handedRows are those of one list, at 48 octets each.
type handedRows struct {
	key  listDigests
	seed maphash.Seed
	rows []handedRow
}

func (h *handedRows) add(r db.StagedRow) (err error) {
	row := handedRow{
		of: maphash.String(h.seed, r.CaseRef), term: maphash.Comparable(h.seed, [2]string{r.Insurance, r.Term}),
		who: uint32(maphash.Bytes(h.seed, r.Who) >> 32), line: r.Line,
	}
	if r.Born != nil {
		row.born = uint32(maphash.Bytes(h.seed, r.Born)>>32) | 1
	}
	row.digest, err = digestOfStaged(h.key, r)
	h.rows = append(h.rows, row)
	return err
}

// standing is the sum of those that are to be applied. Which these are is what DropRepeats, DropIncomplete and DropDiffering make of it in the database: who
// has put a row there that none of ours was before it must not have ours taken for its repetition.
func (h *handedRows) standing(spoiled map[string]bool) (sum sumOfRows) {
	out := map[uint64]bool{}
	for ref := range spoiled {
		out[maphash.String(h.seed, ref)] = true
	}
	slices.SortFunc(h.rows, func(a, b handedRow) int {
		return cmp.Or(cmp.Compare(a.of, b.of), cmp.Compare(a.term, b.term), cmp.Compare(a.line, b.line))
	})
	for rest := h.rows; len(rest) > 0; {
		n := slices.IndexFunc(rest, func(r handedRow) bool { return r.of != rest[0].of })
		if n < 0 {
			n = len(rest)
		}
		if of := withoutRepeats(rest[:n]); !out[rest[0].of] && !differ(of) {
			for _, r := range of {
				sum.add(r.digest)
			}
		}
		rest = rest[n:]
	}
	return sum
}

// withoutRepeats are the first of a person's rows about each term.
func withoutRepeats(rows []handedRow) (firsts []handedRow) {
	first := handedRow{}
	for i, r := range rows {
		if i == 0 || r.term != first.term {
			first = r
		}
		if r.line == first.line {
			firsts = append(firsts, r)
		}
	}
	return firsts
}

// differ reports whether rows about one person name two.
func differ(rows []handedRow) bool {
	born := uint32(0)
	for _, r := range rows {
		if r.who != rows[0].who || born != 0 && r.born != 0 && r.born != born {
			return true
		}
		born = cmp.Or(born, r.born)
	}
	return false
}

func (l *Ledger) markOfList(id string, sample bool, rows sumOfRows) []byte {
	return l.markUnder(markedLists, id, sample, rows.n, rows.sum[0], rows.sum[1])
}

// markOfListOver is the mark of a list that was applied or discarded: it is not applied once more, whatever its row says.
func (l *Ledger) markOfListOver(id string) []byte { return l.markUnder(markedLists, id, "over") }

// markStaged marks a list of which so many rows were taken, by what stands in the database.
func (l *Ledger) markStaged(ctx context.Context, q *db.Queries, in *intake, taken int32) error {
	rows := in.handed.standing(in.spoiled)
	if rows.n != taken {
		return errListChanged
	}
	return q.MarkRow(ctx, markedLists, in.list.ID, l.markOfList(in.list.ID, in.list.Sample, rows))
}

// sameAsRead refuses a list of which other rows stand in the database than were read. None of them may change from here on (LockStaging).
func (a *application) sameAsRead(ctx context.Context, cases int32) error {
	key, seen := listDigests(a.l.refs.Key(stagedRowKey)), sumOfRows{}
	for after := int32(0); after < cases; after += applyAtOnce {
		rows, err := a.q.StagedRows(ctx, a.list.ID, after, after+applyAtOnce)
		if err != nil {
			return err
		}
		for _, r := range rows {
			digest, err := digestOfStaged(key, r)
			if err != nil {
				return err
			}
			seen.add(digest)
		}
	}
	marks, err := marksOfThese(ctx, a.q, markedLists, []string{a.list.ID})
	switch {
	case err != nil:
		return err
	case len(marks) == 0:
		return errListUnmarked
	case !marks.has(a.list.ID, a.l.markOfList(a.list.ID, a.list.Sample, seen)), marks.has(a.list.ID, a.l.markOfListOver(a.list.ID)):
		return errListChanged
	}
	return nil
}
