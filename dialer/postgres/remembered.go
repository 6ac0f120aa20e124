package postgres

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
	"kakeru/dialer/vault/owner"
)

// A backup does not know what was said after it: a restored ledger would dial who asked not to be called since, and let in who was let go. So each such word stands
// in a file beside the database too, of references and ids alone, and the first start after a restore puts it back: a number's newest word as it was, and a person whose
// row is older than their last change does not sign in until an administrator has enabled them. Each node remembers what was said at it at once, and what was said at
// the others within seconds: whichever starts first after a restore knows it. What bears no mark of the installation's secret is nobody's.

// What is remembered.
const (
	rememberedNumber = "number" // a word on whether a number may be called
	rememberedPerson = "person" // that who somebody is, what they may or how they sign in was changed
)

// remembered is a line of the file.
type remembered struct {
	What   string `json:"what"`
	Of     string `json:"of"` // a number's reference, a person's id
	Listed bool   `json:"listed,omitempty"`
	By     string `json:"by,omitempty"`
	At     int64  `json:"at"` // µs of Unix time
	Mark   []byte `json:"mark"`
}

// maxRemembered bounds a line of the file, in octets; ours have a few hundred.
const maxRemembered = 4096

// memory is a file of what is remembered, and of each thing when it was last written there, in µs.
type memory struct {
	path string // empty for none

	mu   sync.Mutex
	have map[string]int64
}

const (
	// learnEvery is how often it is looked what was said at other nodes, learnBack how far back: what waited in a spool comes late.
	learnEvery = 5 * time.Second
	learnBack  = 48 * time.Hour
)

// RememberedPath is the file in a folder.
func RememberedPath(folder string) string { return filepath.Join(folder, "remembered.jsonl") }

func changeOf(user string, at time.Time) remembered {
	return remembered{What: rememberedPerson, Of: user, At: at.UnixMicro()}
}

func markOfRemembered(refs dialer.Refs, r remembered) []byte {
	return markBy(refs, "remembered", r.What, r.Of, r.Listed, r.By, r.At)
}

func (r remembered) at() time.Time { return time.UnixMicro(r.At) }
func (r remembered) key() string   { return r.What + " " + r.Of }

// doneKey is where a transaction's context has what is to be remembered once it is committed.
type doneKey struct{}

func onceDone(ctx context.Context) (*[]remembered, context.Context) {
	done := new([]remembered)
	return done, context.WithValue(ctx, doneKey{}, done)
}

// remember has something kept when the transaction of ctx, which inTx began, is committed.
func (l *Ledger) remember(ctx context.Context, r remembered) {
	if done, ok := ctx.Value(doneKey{}).(*[]remembered); ok {
		*done = append(*done, r)
	}
}

// keepRemembered appends lines durably, but for those that stand there. That it cannot is told, and keeps nobody from being put on the list.
func (l *Ledger) keepRemembered(lines []remembered) {
	m := &l.memory
	if m.path == "" || len(lines) == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	text := []byte("\n") // a line that was cut off spoils no other
	lines = slices.DeleteFunc(lines, func(r remembered) bool { had, ok := m.have[r.key()]; return ok && had >= r.At })
	for _, r := range lines {
		r.Mark = markOfRemembered(l.refs, r)
		line, _ := json.Marshal(r) //nolint:errchkjson // texts and numbers always marshal
		text = append(append(text, line...), '\n')
	}
	if len(lines) == 0 {
		return
	}
	f, err := os.OpenFile(m.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY|syscall.O_NOFOLLOW, 0o600)
	if err == nil {
		_, err = f.Write(text)
		err = errors.Join(err, f.Sync(), owner.LikeFolder(f, filepath.Dir(m.path)), f.Close())
	}
	if err != nil {
		l.log.Error("what a restore would forget is not kept outside the database", "file", m.path, "lines", len(lines), "err", err)
		return
	}
	m.note(lines)
}

// note needs mu.
func (m *memory) note(lines []remembered) {
	if m.have == nil {
		m.have = map[string]int64{}
	}
	for _, r := range lines {
		m.have[r.key()] = max(m.have[r.key()], r.At)
	}
}

// learnOthers remembers what was said at the other nodes, and what could not be written here: all of it the first time, when last is zero. It reports whether it has.
func (l *Ledger) learnOthers(ctx context.Context, last time.Time) bool {
	if l.memory.path == "" {
		return true
	}
	since := time.Time{}
	if !last.IsZero() {
		since = l.now().Add(-learnBack)
	}
	var lines []remembered
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := l.query(within, "learn what was said elsewhere", func(ctx context.Context, q *db.Queries) error {
		lines = nil
		numbers, err := q.WordedSince(ctx, since)
		if err != nil {
			return err
		}
		for piece := range slices.Chunk(numbers, wordsTogether) {
			said, err := l.saidOf(ctx, q, piece)
			if err != nil {
				return err
			}
			for ref, s := range said {
				if s.heard {
					lines = append(lines, remembered{What: rememberedNumber, Of: ref, Listed: s.listed, By: s.by, At: s.at.UnixMicro()})
				}
			}
		}
		people, err := q.Users(ctx)
		for _, u := range people {
			if l.markedRight(u) && u.ChangedAt.Unix() > 0 {
				lines = append(lines, changeOf(u.ID, u.ChangedAt))
			}
		}
		return err
	})
	if err != nil && ctx.Err() == nil {
		l.log.Warn("what was said at other nodes is not remembered yet; it is tried again", "err", err)
	}
	l.keepRemembered(lines)
	return err == nil
}

// readRemembered reads the newest line of each number and person; others is how many lines are not ours. No file is an empty one.
func readRemembered(path string, refs dialer.Refs) (newest []remembered, others int, err error) {
	f, err := os.Open(path) //nolint:gosec // in the folder that the settings name
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	of := map[string]remembered{}
	lines := bufio.NewReaderSize(f, maxRemembered)
	for {
		text, cut, wrong := lines.ReadLine()
		if errors.Is(wrong, io.EOF) {
			break
		}
		if wrong != nil {
			return nil, 0, wrong
		}
		if cut { // no line of ours: such as what a disk leaves where power was cut
			for cut && wrong == nil {
				_, cut, wrong = lines.ReadLine()
			}
			others++
			continue
		}
		line := bytes.Trim(text, " \t\r\n\x00")
		if len(line) == 0 {
			continue
		}
		var r remembered
		if json.Unmarshal(line, &r) != nil || !hmac.Equal(r.Mark, markOfRemembered(refs, r)) {
			others++
			continue
		}
		if had, ok := of[r.key()]; !ok || had.At <= r.At {
			of[r.key()] = r
		}
	}
	for _, r := range of {
		newest = append(newest, r)
	}
	slices.SortFunc(newest, func(a, b remembered) int { return int(a.At - b.At) })
	return newest, others, nil
}

// Recalled is how much of what is remembered a ledger did not know.
type Recalled struct{ Numbers, People int }

// Any reports whether there was any.
func (r Recalled) Any() bool { return r != Recalled{} }

// RememberedSince counts what the file in a folder remembers of the time after an instant. No file is told by fs.ErrNotExist.
func RememberedSince(folder string, refs dialer.Refs, after time.Time) (since Recalled, err error) {
	path := RememberedPath(folder)
	if _, err := os.Stat(path); err != nil {
		return since, err
	}
	lines, _, err := readRemembered(path, refs)
	for _, r := range lines {
		switch {
		case !r.at().After(after):
		case r.What == rememberedNumber:
			since.Numbers++
		default:
			since.People++
		}
	}
	return since, err
}

// Recalled is what the start of this ledger has put back: more than nothing only after a restore, or when the database has lost what it had.
func (l *Ledger) Recalled() Recalled { return l.recalled }

// recallTogether is how many lines are put back in a transaction.
const recallTogether = wordsTogether

// recall puts back what the ledger does not know of what is remembered. It is done at each start, and changes nothing where the ledger has it.
func (l *Ledger) recall(ctx context.Context) error {
	if l.memory.path == "" {
		return nil
	}
	lines, others, err := readRemembered(l.memory.path, l.refs)
	if err != nil {
		return fmt.Errorf("what a restore would have forgotten cannot be read: %w; mend %s, or move it away when nothing was restored", err, l.memory.path)
	}
	if others > 0 {
		l.log.Error("lines of what a restore would forget are damaged or somebody else's, and hold nothing", "file", l.memory.path, "lines", others)
	}
	l.memory.mu.Lock()
	l.memory.note(lines)
	l.memory.mu.Unlock()
	for piece := range slices.Chunk(lines, recallTogether) {
		var got Recalled
		err := l.inTx(ctx, "put back what was remembered", func(ctx context.Context, q *db.Queries) (err error) {
			got, err = l.recallThese(ctx, q, piece)
			return err
		})
		if err != nil {
			return fmt.Errorf("what %s remembers is not put back: %w", l.memory.path, err)
		}
		l.recalled.Numbers += got.Numbers
		l.recalled.People += got.People
	}
	if l.recalled.Any() {
		l.log.Warn("the ledger is older than what this node remembers; it was put back", "numbers", l.recalled.Numbers, "people", l.recalled.People)
	}
	return nil
}

func (l *Ledger) recallThese(ctx context.Context, q *db.Queries, lines []remembered) (got Recalled, err error) {
	var numbers []string
	for _, r := range lines {
		if r.What == rememberedNumber {
			numbers = append(numbers, r.Of)
		}
	}
	known, err := l.saidOf(ctx, q, numbers)
	if err != nil {
		return got, err
	}
	if err := q.LockAdmins(ctx); err != nil {
		return got, err
	}
	for _, r := range lines {
		switch was := known[r.Of]; {
		case r.What == rememberedPerson:
			older, err := l.keepOut(ctx, q, r)
			if err != nil {
				return got, err
			}
			got.People += older
		case was.crowded(): // it is not dialled, whatever is said
		case !was.heard || was.at.UnixMicro() < r.At:
			f := casework.Forbidding{On: r.Listed, By: dialer.UserID(r.By), At: r.at(), Reason: "復元後、控えから"}
			if err := l.word(ctx, q, r.Of, f); err != nil {
				return got, err
			}
			got.Numbers++
		}
	}
	return got, nil
}

// keepOut disables a person whose row is older than their last change. Whoever is the last administrator is kept out too: the first start makes another, as
// `kakeru user enable` does.
func (l *Ledger) keepOut(ctx context.Context, q *db.Queries, r remembered) (older int, err error) {
	row, err := q.UserToChange(ctx, r.Of)
	if errors.Is(classify("", err), dialer.ErrNotFound) {
		return 0, nil // came after the backup, and is nobody any more
	}
	if err != nil || row.ChangedAt.UnixMicro() >= r.At || !l.markedRight(row) { // what is nobody's opens nothing anyway
		return 0, err
	}
	u := l.userFrom(row)
	u.Disabled = true
	to := l.rowOf(u)
	if to.ChangedAt.Before(r.at()) { // a clock that was put back must not keep them out at each start
		to.ChangedAt = r.at()
	}
	return 1, l.rewrite(ctx, q, row.ID, to)
}
