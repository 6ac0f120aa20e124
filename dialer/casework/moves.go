package casework

import (
	"slices"
	"time"

	"kakeru/dialer"
)

// Move is the act of a supervisor who puts a case to another place among those that are due. It has a way of its own (MoveWish, Placed), since it says
// where, and the other acts (Acts) say when.
const Move Act = "move"

// MoveWish is where a case is to stand: right before a case, or right after one. One of the two is named.
type MoveWish struct {
	Case, Before, After dialer.CaseID
}

// Placed is a case at its new place: at Priority and Due, which lie between its neighbours'. From and To count from 1, from the head of the line.
// Respaced are equals before it, which had to make room: they keep their order and their priority.
type Placed struct {
	Case     dialer.CaseID
	Priority int
	Due      time.Time
	From, To int
	Respaced []Respaced
}

// Respaced is a case that stands where it stood, by another instant.
type Respaced struct {
	Case dialer.CaseID
	Due  time.Time
}

// The spaces between cases that are put somewhere. An instant is kept to the microsecond.
const (
	widestSpace = time.Millisecond
	finestSpace = time.Microsecond
)

// Place says where a case comes to stand in a line, given from its head in the order of claiming, or why it cannot. The rules of the line hold:
// only what is due is moved, and only among what is due; pinned cases stay first; what stands at a desk stays there.
func (w MoveWish) Place(line []dialer.Place, now time.Time) (Placed, *dialer.Refusal) {
	due := slices.Clone(line[:firstLater(line)])
	from := slices.IndexFunc(due, func(p dialer.Place) bool { return p.Case == w.Case })
	if no := movable(due, from); no != nil {
		return Placed{}, no
	}
	rest := slices.Delete(slices.Clone(due), from, from+1)
	neighbour, behind := w.Before, 0
	if w.After != "" {
		neighbour, behind = w.After, 1
	}
	at := slices.IndexFunc(rest, func(p dialer.Place) bool { return p.Case == neighbour })
	if at < 0 {
		return Placed{}, busy("移す先の案件は、いま架電できる案件の中にありません。一覧を更新し、架電できる案件の間に移してください",
			"the case to move it beside is not among those that are due; reload the line, and put it between such")
	}
	at += behind
	if at < len(rest) && rest[at].Priority == PinnedPriority {
		return Placed{}, busy("先頭に固定された案件より前には移せません。先に出すなら「先頭に固定」を使ってください",
			"a case cannot stand before a pinned one; pin it if it is to come first")
	}
	if at == from {
		return Placed{}, busy("この案件はもうその位置にあります", "the case stands there already")
	}
	m := Placed{Case: w.Case, From: from + 1, To: at + 1}
	m.between(rest, at, now)
	return m, nil
}

// firstLater is where the cases begin that are not due.
func firstLater(line []dialer.Place) int {
	if i := slices.IndexFunc(line, func(p dialer.Place) bool { return !p.IsDue }); i >= 0 {
		return i
	}
	return len(line)
}

var pinnedStays = busy("先頭に固定された案件は動かせません。「再開」で固定を外してから移してください", "a pinned case stays first; release it, then move it")

func movable(due []dialer.Place, at int) *dialer.Refusal {
	switch {
	case at < 0:
		return busy("並べ替えられるのは、いま架電できる案件だけです。この案件を先に出すなら「先頭に固定」を使ってください",
			"only cases that are due can be moved; pin this one if it is to come first")
	case due[at].Desk != "":
		return busy("席に出ている案件は動かせません", "the case stands at a desk, and stays there")
	case due[at].Priority == PinnedPriority:
		return pinnedStays
	}
	return nil
}

// between puts m before rest[at], or at the end.
func (m *Placed) between(rest []dialer.Place, at int, now time.Time) {
	if at == len(rest) {
		last := rest[at-1]
		m.Priority, m.Due = last.Priority, last.Due.Add(finestSpace)
		if m.Due.After(now) {
			m.Due = last.Due
		}
		return
	}
	next := rest[at]
	m.Priority = next.Priority
	equal := func(i int) bool { return i >= 0 && rest[i].Priority == next.Priority }
	for first := at; ; first-- { // rest[first:at] make room
		n := at - first
		space := widestSpace
		if equal(first - 1) {
			space = min(space, (next.Due.Sub(rest[first-1].Due) / time.Duration(n+2)).Truncate(finestSpace))
		}
		if space < finestSpace {
			continue
		}
		for i, p := range rest[first:at] {
			m.Respaced = append(m.Respaced, Respaced{p.Case, next.Due.Add(-space * time.Duration(n+1-i))})
		}
		m.Due = next.Due.Add(-space)
		return
	}
}
