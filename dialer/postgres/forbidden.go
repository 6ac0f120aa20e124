package postgres

import (
	"context"
	"slices"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// Which numbers are not dialled stands in clear, and whoever may write in the database could take one off the do-not-call list, with a line in the log in a
// supervisor's name, or have one be usable again that proved to be wrong. So a line of the log bears a mark, and so does each word on a wrong number: one is
// dialled only when those say so, too.

// The names of the marks' keys among those that the installation's secret makes.
const (
	markedWords = "do_not_call"
	markedWrong = "wrong_number"
)

// mostWords bounds what is said of one number, and is read of it: each word stays, and all of them are asked at each click. Of a number that has more, which only SQL
// writes, nobody knows what stands, and it is not dialled.
const mostWords = 200

// wordsTogether is of how many numbers the words are read at once.
const wordsTogether = 500

func (l *Ledger) markOfWord(w db.DoNotCallLog) []byte {
	return l.markUnder(markedWords, w.NumberRef, w.Listed, w.ByUser, w.At.UnixMicro(), w.Reason)
}

// forbidden are those of some numbers that are not dialled: the list has them, or the newest word about them that is ours put them there, whoever has taken them out
// since.
func (l *Ledger) forbidden(ctx context.Context, q *db.Queries, refs []string) (map[string]bool, error) {
	are := map[string]bool{}
	said, err := l.saidOf(ctx, q, refs)
	for ref, s := range said {
		are[ref] = s.onList || s.listed || s.crowded()
	}
	return are, err
}

// wordOn is what is known of a number: whether the list has it, and whether the newest word that is ours put it there.
type wordOn struct {
	onList, heard, listed bool
	by                    string
	at                    time.Time
	words                 int // or marks of such, whichever are more
}

// crowded reports whether a number has more words than are read.
func (s wordOn) crowded() bool { return s.words > mostWords }

// full reports whether a number takes no word any more but that it is not to be called.
func (s wordOn) full() bool { return s.words >= mostWords-1 }

func (l *Ledger) saidOf(ctx context.Context, q *db.Queries, refs []string) (map[string]wordOn, error) {
	of := map[string]wordOn{}
	if len(refs) == 0 {
		return of, nil
	}
	rows, err := q.WordsOn(ctx, refs, mostWords+1)
	if err != nil {
		return of, err
	}
	have, err := someMarksOf(ctx, q, markedWords, refs) // after the words, which come with their marks
	for _, r := range rows {
		s := of[r.NumberRef]
		if s.onList = r.OnList; r.Said {
			s.words++
		}
		word := db.DoNotCallLog{NumberRef: r.NumberRef, Listed: r.Listed, ByUser: r.ByUser, At: r.At, Reason: r.Reason}
		if !s.heard && have.has(r.NumberRef, l.markOfWord(word)) {
			s.heard, s.listed, s.by, s.at = true, r.Listed, r.ByUser, r.At
		}
		of[r.NumberRef] = s
	}
	for ref, s := range of {
		s.words = max(s.words, len(have[ref]))
		of[ref] = s
	}
	return of, err
}

// isForbidden is forbidden of one number.
func (l *Ledger) isForbidden(ctx context.Context, q *db.Queries, ref string) (bool, error) {
	are, err := l.forbidden(ctx, q, []string{ref})
	return are[ref], err
}

// allForbidden are the numbers that are not dialled, of whatever case.
func (l *Ledger) allForbidden(ctx context.Context, q *db.Queries) (refs []string, err error) {
	ever, err := q.EverForbidden(ctx)
	if err != nil {
		return nil, err
	}
	for piece := range slices.Chunk(ever, wordsTogether) {
		are, err := l.forbidden(ctx, q, piece)
		if err != nil {
			return nil, err
		}
		for ref, is := range are {
			if is {
				refs = append(refs, ref)
			}
		}
	}
	return refs, nil
}

// forbid changes the list, and its log when that changes anything. That somebody has put the number there, or taken it out, says nothing: what counts is a word of ours.
func (l *Ledger) forbid(ctx context.Context, q *db.Queries, ref string, f casework.Forbidding) error {
	all, err := l.saidOf(ctx, q, []string{ref})
	if err != nil || ref == "" {
		return err
	}
	is := all[ref]
	if is.full() && !f.On {
		return casework.RefuseWord()
	}
	if newest := is.at.Add(time.Microsecond); f.At.Before(newest) {
		f.At = newest // a clock was set back since: the newest word counts, and by its time it is known
	}
	if !is.crowded() && (is.listed != f.On || is.onList && !f.On) {
		l.remember(ctx, remembered{What: rememberedNumber, Of: ref, Listed: f.On, By: string(f.By), At: f.At.UnixMicro()})
		return l.word(ctx, q, ref, f)
	}
	return list(ctx, q, ref, f)
}

// word adds a line to the log, and changes the list.
func (l *Ledger) word(ctx context.Context, q *db.Queries, ref string, f casework.Forbidding) error {
	word := db.DoNotCallLog{NumberRef: ref, Listed: f.On, ByUser: string(f.By), At: f.At, Reason: dialer.MaskDigits(plain(f.Reason))}
	if err := q.LogDoNotCall(ctx, db.LogDoNotCallParams(word)); err != nil {
		return err
	}
	if err := q.MarkRow(ctx, markedWords, ref, l.markOfWord(word)); err != nil {
		return err
	}
	return list(ctx, q, ref, f)
}

func list(ctx context.Context, q *db.Queries, ref string, f casework.Forbidding) error {
	if f.On {
		return q.Forbid(ctx, ref, string(f.By), f.At)
	}
	return q.Allow(ctx, ref) // which its log says by now
}

// words are the lines of the log.
func (l *Ledger) words() kindOfRows {
	return kindOfRows{markedWords, func(ctx context.Context, q *db.Queries) (marks, error) {
		found := marks{}
		rows, err := q.AllWords(ctx)
		for _, w := range rows {
			found[w.NumberRef] = append(found[w.NumberRef], l.markOfWord(w))
		}
		return found, err
	}}
}

// markWords marks the lines of the log that are older than the marks. What is on the list from before there was a log gets a line.
func (l *Ledger) markWords(ctx context.Context, q *db.Queries) (n int, err error) {
	if err := q.SayListed(ctx); err != nil {
		return 0, err
	}
	return l.words().mark(ctx, q)
}

// idOfNumber names a number of a case in row_marks.
func idOfNumber(caseID, ref string) string { return caseID + " " + ref }

// markOfTurn is the mark of the nth word on a number of a case: the first says that it is wrong, the next that the ward's list left it out and it may be another's by now,
// or that the first was a slip, and so on. None can be put before another, and nobody who serves can take one away.
func (l *Ledger) markOfTurn(id string, n int) []byte { return l.markUnder(markedWrong, id, n) }

// turns is how many words there are on a number; after an odd one it is wrong.
func (l *Ledger) turns(have marks, id string) (n int) {
	for have.has(id, l.markOfTurn(id, n)) {
		n++
	}
	return n
}

// isWrong reports what the last word on a number is. One that has more than are read is taken as wrong.
func (l *Ledger) isWrong(have marks, id string) bool {
	return l.turns(have, id)%2 == 1 || len(have[id]) > mostWords
}

// wrong are those of some numbers of cases, by idOfNumber, that proved to be wrong.
func (l *Ledger) wrong(ctx context.Context, q *db.Queries, ids []string) (map[string]bool, error) {
	are := map[string]bool{}
	if len(ids) == 0 {
		return are, nil
	}
	have, err := someMarksOf(ctx, q, markedWrong, ids)
	for id := range have {
		are[id] = l.isWrong(have, id)
	}
	return are, err
}

// say adds a word on some numbers, by idOfNumber, unless the last one says it.
func (l *Ledger) say(ctx context.Context, q *db.Queries, wrong bool, ids ...string) error {
	have, err := someMarksOf(ctx, q, markedWrong, ids)
	for _, id := range ids {
		if err == nil && l.isWrong(have, id) != wrong && len(have[id]) <= mostWords {
			err = q.MarkRow(ctx, markedWrong, id, l.markOfTurn(id, l.turns(have, id)))
		}
	}
	return err
}

// barred is what is known of some numbers of cases that may keep them from being dialled.
type barred struct{ forbidden, wrong map[string]bool } // by the number's reference; by idOfNumber

func (l *Ledger) barred(ctx context.Context, q *db.Queries, refs, ids []string) (s barred, err error) {
	if s.forbidden, err = l.forbidden(ctx, q, refs); err != nil {
		return s, err
	}
	s.wrong, err = l.wrong(ctx, q, ids)
	return s, err
}

// spoil has a number of a case be dialled no more; also one that somebody has taken out meanwhile, and might put back.
func (l *Ledger) spoil(ctx context.Context, q *db.Queries, caseID, ref string) error {
	if err := q.SpoilNumber(ctx, caseID, ref); err != nil || ref == "" {
		return err
	}
	return l.say(ctx, q, true, idOfNumber(caseID, ref))
}

// rightAgain has a number be dialled again that an entry of an attempt found to be wrong by a slip, which another takes back at an instant. What else may have had it be
// dialled no more, by the rules, is not kept as such: where there is anything of that kind the number stays as it is. So it does where an entry comes late, after a newer.
func (l *Ledger) rightAgain(ctx context.Context, q *db.Queries, r casework.Recorded, a db.LockAttemptRow) error {
	of := db.OnlyThisSaidWrongParams{
		AttemptID: string(r.Attempt), At: r.At, CaseID: a.CaseID, NumberRef: a.NumberRef,
		Results: []string{string(dialer.NumberChanged), string(dialer.Unallocated)}, Parties: []string{}, Business: []string{string(casework.WrongNumber)},
	}
	for _, c := range l.rules().Connections {
		if c.SpoilsNumber {
			of.Results = append(of.Results, textsOf(c.Results)...)
		}
	}
	for _, row := range l.rules().Business {
		if row.SpoilsNumber {
			of.Results = append(of.Results, textsOf(row.Result)...)
			of.Parties, of.Business = append(of.Parties, textsOf(row.Party)...), append(of.Business, textsOf(row.Business)...)
		}
	}
	slip, err := q.OnlyThisSaidWrong(ctx, of)
	if err != nil || !slip || a.NumberRef == "" {
		return err
	}
	id := idOfNumber(a.CaseID, a.NumberRef)
	if err := l.say(ctx, q, false, id); err != nil {
		return err
	}
	wrong, err := l.wrong(ctx, q, []string{id})
	if err != nil || wrong[id] {
		return err // so much was said of it that nobody knows
	}
	return q.RightNumber(ctx, a.CaseID, a.NumberRef)
}

// markWrong marks the numbers that proved to be wrong before there were marks.
func (l *Ledger) markWrong(ctx context.Context, q *db.Queries) (int, error) {
	rows, err := q.SpoiltNumbers(ctx)
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = idOfNumber(r.CaseID, r.NumberRef)
	}
	if err != nil {
		return 0, err
	}
	return len(ids), l.say(ctx, q, true, ids...)
}

// anyWrongUsable reports whether somebody has made a number usable again.
func (l *Ledger) anyWrongUsable(ctx context.Context, q *db.Queries) (bool, error) {
	rows, err := q.UsableThoughWrong(ctx)
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = idOfNumber(r.CaseID, r.NumberRef)
	}
	if err != nil {
		return false, err
	}
	wrong, err := l.wrong(ctx, q, ids)
	for _, is := range wrong {
		if is {
			return true, err
		}
	}
	return false, err
}

// stayWrong has those of some numbers that come to their cases again, and proved to be wrong there, be unusable as they were.
func (l *Ledger) stayWrong(ctx context.Context, q *db.Queries, come ...db.WrongComingRow) error {
	ids := make([]string, len(come))
	for i, n := range come {
		ids[i] = idOfNumber(n.CaseID, n.NumberRef)
	}
	wrong, err := l.wrong(ctx, q, ids)
	for i, n := range come {
		if err == nil && wrong[ids[i]] {
			err = q.SpoilNumber(ctx, n.CaseID, n.NumberRef)
		}
	}
	return err
}

// applyPhones brings the numbers that the list has.
func (a *application) applyPhones(ctx context.Context, list string, after, upto int32) error {
	wrong, err := a.q.WrongComing(ctx, list, after, upto)
	if err == nil {
		err = a.q.ApplyPhones(ctx, list, after, upto)
	}
	if err != nil {
		return err
	}
	return a.l.stayWrong(ctx, a.q, wrong...)
}

// dropPhones takes out what the ward does not name any more: one of its own that was wrong may be right when it comes back. One that was typed in it has never named.
func (a *application) dropPhones(ctx context.Context, after, upto int32) error {
	dropped, err := a.q.DropPhones(ctx, a.list.ID, after, upto)
	var wrong []string
	for _, d := range dropped {
		if !d.Usable && d.Listed {
			wrong = append(wrong, idOfNumber(d.CaseID, d.NumberRef))
		}
	}
	if err != nil || len(wrong) == 0 {
		return err
	}
	return a.l.say(ctx, a.q, false, wrong...)
}
