package year

import (
	"time"

	"kakeru/dialer"
)

// person is one case of the year.
type person struct {
	id       int
	kind     dialer.NumberKind
	priority int
	number   *number
	reach    float64 // how much likelier than others they answer
	dead     bool    // the number is not in use
	due      time.Time
	tries    int       // all there were: each draws its own luck
	asked    time.Time // when they asked to be called; zero when they did not
	made     made
	inVain   int // tries in a row that no person answered
	reached  bool
}

// made is how often a case was called, for its caps.
type made struct {
	dialer.CaseCount
	last dialer.Date
}

// until is what counts still at an instant, and more what counts after one more.
func (m made) until(now time.Time) made {
	today := dialer.DateOf(now)
	year, week := now.In(dialer.Tokyo).ISOWeek()
	if y, w := m.last.At(0).ISOWeek(); y != year || w != week {
		m.Week = 0
	}
	if m.last != today {
		m.Day = 0
	}
	if m.last.Month != today.Month || m.last.Year != today.Year {
		m.Month = 0
	}
	m.last = today
	return m
}

func (m made) more() made {
	m.Day, m.Week, m.Month = m.Day+1, m.Week+1, m.Month+1
	return m
}

// number is what is rung: the cases of a household share it.
type number struct {
	tries   []dialer.Try
	earlier int // tries without a person since somebody last answered
}

// line is the waiting line: a heap for what is due later, and one for each kind of number for what is due.
type line struct {
	later heap
	due   map[dialer.NumberKind]*heap
	kinds []dialer.NumberKind
}

// heap is a binary heap of people by less.
type heap struct {
	of   []*person
	less func(a, b *person) bool
}

func byDue(a, b *person) bool {
	if !a.due.Equal(b.due) {
		return a.due.Before(b.due)
	}
	return a.id < b.id
}

func byPriority(a, b *person) bool {
	if a.priority != b.priority {
		return a.priority < b.priority
	}
	return byDue(a, b)
}

func (h *heap) push(p *person) {
	h.of = append(h.of, p)
	for i := len(h.of) - 1; i > 0; {
		up := (i - 1) / 2
		if !h.less(h.of[i], h.of[up]) {
			return
		}
		h.of[i], h.of[up] = h.of[up], h.of[i]
		i = up
	}
}

func (h *heap) pop() *person {
	top, last := h.of[0], len(h.of)-1
	h.of[0] = h.of[last]
	h.of = h.of[:last]
	for i := 0; ; {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < last; c++ {
			if h.less(h.of[c], h.of[least]) {
				least = c
			}
		}
		if least == i {
			return top
		}
		h.of[i], h.of[least] = h.of[least], h.of[i]
		i = least
	}
}

func newLine() *line { return &line{later: heap{less: byDue}, due: map[dialer.NumberKind]*heap{}} }

func (l *line) put(p *person) { l.later.push(p) }

// next takes the first case that is due, in the order of dialer.Queue: priority, the rank of its kind, how long it is due.
func (l *line) next(now time.Time, rank func(dialer.NumberKind) int) *person {
	for len(l.later.of) > 0 && !l.later.of[0].due.After(now) {
		p := l.later.pop()
		if l.due[p.kind] == nil {
			l.due[p.kind] = &heap{less: byPriority}
			l.kinds = append(l.kinds, p.kind)
		}
		l.due[p.kind].push(p)
	}
	var best *heap
	var bestRank int
	for _, kind := range l.kinds {
		h := l.due[kind]
		if len(h.of) == 0 {
			continue
		}
		r := rank(kind)
		if best == nil || sooner(h.of[0], best.of[0], r, bestRank) {
			best, bestRank = h, r
		}
	}
	if best == nil {
		return nil
	}
	return best.pop()
}

func sooner(a, b *person, rankA, rankB int) bool {
	switch {
	case a.priority != b.priority:
		return a.priority < b.priority
	case rankA != rankB:
		return rankA < rankB
	}
	return byDue(a, b)
}
