package postgres

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	"kakeru/dialer/casework/dayclose"
	"kakeru/dialer/postgres/internal/db"
)

// What an administrator or a supervisor has changed holds by a row, and whoever may write in the database could add one in their name: settings by which people
// are called or recordings kept, a column of the ward's list that is another's number, a close, a report as it went out. So each
// such row bears a mark, an HMAC under a key that the database does not have, and one without holds nothing. What is older than the marks is marked once, by
// the first server of this version.

// The kinds of rows that are marked in row_marks; each names its key among those that the installation's secret makes, too.
const (
	markedCloses   = "close"
	markedSettings = "setting"
	markedSources  = "source"
	markedReports  = "report"

	markedSignatures = "signature"
	markedAcks       = "acknowledgement"
)

// marks are those of one kind of rows, by id.
type marks map[string][][]byte

func marksOf(ctx context.Context, q *db.Queries, what string) (marks, error) {
	rows, err := q.MarksOf(ctx, what)
	return gathered(rows), err
}

// marksOfThese is marksOf for some rows.
func marksOfThese(ctx context.Context, q *db.Queries, what string, ids []string) (marks, error) {
	rows, err := q.MarksOfThese(ctx, what, ids)
	return gathered(rows), err
}

// someMarksOf is marksOfThese, and of each row no more than one above mostWords.
func someMarksOf(ctx context.Context, q *db.Queries, what string, ids []string) (marks, error) {
	rows, err := q.SomeMarksOfThese(ctx, ids, what, mostWords+1)
	return gathered(rows), err
}

// markRow is a row of any query of marks.
type markRow = struct {
	ID   string
	Mark []byte
}

func gathered[R ~markRow](rows []R) marks {
	all := marks{}
	for _, r := range rows {
		m := markRow(r)
		all[m.ID] = append(all[m.ID], m.Mark)
	}
	return all
}

// has reports whether a row bears a mark.
func (m marks) has(id string, mark []byte) bool { return among(m[id], mark) }

// among reports whether a mark is one of those that a row bears.
func among(marks [][]byte, mark []byte) bool {
	return slices.ContainsFunc(marks, func(other []byte) bool { return hmac.Equal(other, mark) })
}

// alike is JSON as PostgreSQL gives it back, whatever it was given.
func alike(text []byte) any {
	var v any
	if json.Unmarshal(text, &v) != nil {
		return string(text)
	}
	return v
}

func (l *Ledger) markOfSetting(r db.SettingChange) []byte {
	return l.markUnder(markedSettings, r.ID, r.At.UnixMicro(), r.ByUser, r.Key, alike(r.Before), r.BeforeFile, alike(r.After), r.AfterFile, r.Reason, r.Follows, r.Reverts)
}

func (l *Ledger) markOfSource(r db.ListSource) []byte {
	return l.markUnder(markedSources, r.Name, r.Version, alike(r.Columns), r.ByUser, r.At.UnixMicro())
}

func idOfSetting(r db.SettingChange) string { return strconv.FormatInt(r.ID, 10) }

func idOfSource(r db.ListSource) string { return strconv.Itoa(int(r.Version)) + " " + r.Name }

// kindOfRows is a kind that is marked in row_marks, and how the marks are found that its rows must bear, by what stands there.
type kindOfRows struct {
	what string
	find func(context.Context, *db.Queries) (marks, error)
}

// writtenOnce are the kinds of which a row without its mark is somebody else's, whatever it says.
func (l *Ledger) writtenOnce() []kindOfRows {
	return []kindOfRows{
		{markedSettings, l.settingsToMark}, {markedSources, l.sourcesToMark}, {markedReports, l.reportsToMark}, {markedSignatures, l.signaturesToMark},
		{markedAcks, l.acksToMark},
	}
}

// mark marks all rows of the kind.
func (k kindOfRows) mark(ctx context.Context, q *db.Queries) (int, error) {
	found, err := k.find(ctx, q)
	for id, all := range found {
		for _, mark := range all {
			if err == nil {
				err = q.MarkRow(ctx, k.what, id, mark)
			}
		}
	}
	return len(found), err
}

// anyUnmarked reports whether a row of the kind is without its mark.
func (k kindOfRows) anyUnmarked(ctx context.Context, q *db.Queries) (bool, error) {
	all, err := k.find(ctx, q)
	if err != nil {
		return false, err
	}
	have, err := marksOf(ctx, q, k.what) // after the rows, which come with their marks
	for id, right := range all {
		if err == nil && slices.ContainsFunc(right, func(mark []byte) bool { return !have.has(id, mark) }) {
			return true, nil
		}
	}
	return false, err
}

// markRows marks the rows of each kind that are older than the marks, once in a ledger's life. dir is the folder of the process that serves.
func (l *Ledger) markRows(ctx context.Context, dir string) error {
	for _, kind := range append(l.writtenOnce(), kindOfRows{markedCloses, l.closesToMark}) {
		if err := l.markKind(ctx, dir, kind.what, kind.mark); err != nil {
			return err
		}
	}
	for what, mark := range map[string]func(context.Context, *db.Queries) (int, error){
		markedAttempts: l.markOpenAttempts, markedWords: l.markWords, markedWrong: l.markWrong,
	} {
		if err := l.markKind(ctx, dir, what, mark); err != nil {
			return err
		}
	}
	return l.markKind(ctx, dir, markedSums, func(ctx context.Context, q *db.Queries) (n int, err error) {
		err = eachSums(ctx, q, func(ids []string) error { n += len(ids); return l.markOldSums(ctx, q, ids) })
		return n, err
	})
}

// markKind is markOnce for a kind that rows_marked keeps.
func (l *Ledger) markKind(ctx context.Context, dir, what string, mark func(context.Context, *db.Queries) (n int, err error)) error {
	return l.markOnce(ctx, dir, once{
		file: what + "s-marked", what: what + "s", mark: mark,
		done: func(ctx context.Context, q *db.Queries) (bool, error) {
			if err := q.LockMarks(ctx); err != nil {
				return false, err
			}
			return q.RowsAreMarked(ctx, what)
		},
		note: func(ctx context.Context, q *db.Queries) error { return q.NoteRowsMarked(ctx, what, l.now()) },
	})
}

// closesToMark are those that are over: one that an older version began is given up, or carried to its end by that.
func (l *Ledger) closesToMark(ctx context.Context, q *db.Queries) (marks, error) {
	found := marks{}
	err := l.eachClose(ctx, q, true, func(c dayclose.Close) {
		if c.Step.Over() {
			found[c.ID] = [][]byte{l.markOfClose(c)}
		}
	})
	return found, err
}

func (l *Ledger) settingsToMark(ctx context.Context, q *db.Queries) (marks, error) {
	found := marks{}
	err := eachOf(func(before *db.SettingChange) ([]db.SettingChange, error) {
		if before == nil {
			before = &db.SettingChange{}
		}
		return q.SettingsAfter(ctx, before.ID, olderAtOnce)
	}, func(r db.SettingChange) { found[idOfSetting(r)] = [][]byte{l.markOfSetting(r)} })
	return found, err
}

func (l *Ledger) sourcesToMark(ctx context.Context, q *db.Queries) (marks, error) {
	found := marks{}
	err := eachOf(func(before *db.ListSource) ([]db.ListSource, error) {
		if before == nil {
			before = &db.ListSource{}
		}
		return q.ListSourcesAfter(ctx, before.Name, before.Version, olderAtOnce)
	}, func(r db.ListSource) { found[idOfSource(r)] = [][]byte{l.markOfSource(r)} })
	return found, err
}

// lookForForeign looks whether there are rows of a kind that are not ours.
type lookForForeign struct {
	name  string
	found func(context.Context, *db.Queries) (bool, error)
}

// ForeignRows names the kinds of rows of which somebody has written one into the database that holds nothing: also of the record of who saw what, at its end.
func (l *Ledger) ForeignRows(ctx context.Context) (kinds []string, err error) {
	ctx, cancel := bounded(ctx, longPatience)
	defer cancel()
	err = l.query(ctx, "look for rows that are not ours", func(ctx context.Context, q *db.Queries) error {
		looks := []lookForForeign{
			{"audit", func(ctx context.Context, q *db.Queries) (bool, error) {
				_, strange, err := newestAudit(ctx, q, AuditChain(l.refs))
				return strange, err
			}},
			{markedCloses, l.anyForeignClose},
		}
		for _, kind := range l.writtenOnce() {
			looks = append(looks, lookForForeign{kind.what, kind.anyUnmarked})
		}
		looks = append(looks, lookForForeign{markedSums, l.anyChangedSums}, lookForForeign{markedAttempts, l.anyForeignAttempt},
			lookForForeign{markedWords, l.words().anyUnmarked}, lookForForeign{markedWrong, l.anyWrongUsable})
		for _, kind := range looks {
			found, wrong := kind.found(ctx, q)
			err = errors.Join(err, wrong)
			if found {
				kinds = append(kinds, kind.name)
			}
		}
		return err
	})
	return kinds, err
}

// anyForeignClose looks past those that were given up: they do nothing. A restore, or who was told of a foreign one, left it so.
func (l *Ledger) anyForeignClose(ctx context.Context, q *db.Queries) (found bool, err error) {
	err = l.eachClose(ctx, q, false, func(c dayclose.Close) { found = found || c.Foreign })
	return found, err
}
