package postgres

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
	"kakeru/dialer/vault/owner"
)

// Who may do what stands in PostgreSQL, and whoever can write there would make themselves a supervisor, to whom the panel shows what is sealed. So a
// person's row bears a mark, an HMAC under a key that the database does not have; a row without the right one opens nothing. What is not
// found so is a row that was put back as it once was, with the mark it had.

// peopleKey names the key of the marks among those that the installation's secret makes.
const peopleKey = "people"

// markOf is the mark of a row as it stands.
func (l *Ledger) markOf(r db.User) []byte {
	says := []any{r.ID, r.Login, r.Name, r.Role, r.PasswordHash, r.Disabled, r.MustChange, r.Directory, r.DirectoryName}
	if changed := r.ChangedAt.UnixMicro(); changed > 0 { // else it is older than the column
		says = append(says, changed)
	}
	return l.markUnder(peopleKey, says...)
}

// markUnder is the mark of what a row says: an HMAC over its JSON, under the installation's key of that name.
func (l *Ledger) markUnder(key string, says ...any) []byte { return markBy(l.refs, key, says...) }

func markBy(refs dialer.Refs, key string, says ...any) []byte {
	said, _ := json.Marshal(says) //nolint:errchkjson // texts, numbers and truths always marshal
	m := hmac.New(sha256.New, refs.Key(key))
	m.Write(said)
	return m.Sum(nil)
}

func (l *Ledger) markedRight(r db.User) bool { return hmac.Equal(l.markOf(r), r.Mark) }

// mark marks a person's row as we meant it to be, and not as it is found: a trigger may have given it other rights.
func (l *Ledger) mark(ctx context.Context, q *db.Queries, id string, meant db.AddUserParams) error {
	return q.MarkUser(ctx, l.markOf(db.User{
		ID: id, Login: meant.Login, Name: meant.Name, Role: meant.Role, PasswordHash: meant.PasswordHash, Disabled: meant.Disabled,
		MustChange: meant.MustChange, Directory: meant.Directory, DirectoryName: meant.DirectoryName, ChangedAt: meant.ChangedAt,
	}), id)
}

// markPeople marks the rows of people that are older than the marks. A command, which has no folder, marks nobody.
func (l *Ledger) markPeople(ctx context.Context, dir string) error {
	return l.markOnce(ctx, dir, once{
		file: "people-marked", what: "people",
		done: func(ctx context.Context, q *db.Queries) (bool, error) {
			if err := q.LockAdmins(ctx); err != nil { // of nodes that start together one does it
				return false, err
			}
			return q.PeopleAreMarked(ctx)
		},
		note: func(ctx context.Context, q *db.Queries) error { return q.NotePeopleMarked(ctx, l.now()) },
		mark: func(ctx context.Context, q *db.Queries) (int, error) {
			rows, err := q.Users(ctx)
			for _, r := range rows {
				if err == nil {
					err = q.MarkUser(ctx, l.markOf(r), r.ID)
				}
			}
			return len(rows), err
		},
	})
}

// once is how rows that are older than their marks are marked, once in a ledger's life: afterwards a row without a mark is nobody's.
type once struct {
	// file says, outside the database, that they were marked: whoever owns its tables could take the note in it away.
	file string
	what string // for the log
	done func(context.Context, *db.Queries) (bool, error)
	note func(context.Context, *db.Queries) error
	mark func(context.Context, *db.Queries) (n int, err error)
}

// markOnce marks rows unless the ledger says that they were, or this node does. dir is the folder of the process that serves; a command without one
// marks nothing.
func (l *Ledger) markOnce(ctx context.Context, dir string, o once) error {
	if dir == "" {
		return nil
	}
	path := filepath.Join(dir, o.file)
	_, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("whether %s were marked: %w", o.what, err)
	}
	here := err == nil
	ctx, cancel := bounded(ctx, longPatience) // what fifty thousand people owe is marked once, and takes longer than a click may
	defer cancel()
	err = l.inTx(ctx, "mark the "+o.what, func(ctx context.Context, q *db.Queries) error {
		if done, err := o.done(ctx, q); err != nil || done {
			return err
		}
		if here {
			l.log.Error("somebody took away the note that these rows were marked; none is marked anew. Of a ledger from a backup older than the marks "+
				"remove the file, and start again", "rows", o.what, "file", path)
			return nil
		}
		n, err := o.mark(ctx, q)
		if err != nil {
			return err
		}
		l.log.Info("rows were marked", "rows", o.what, "n", n)
		return o.note(ctx, q)
	})
	if err != nil || here {
		return err
	}
	// It is empty, so that a disk without room takes it, too; one that does not is no reason to keep everybody out.
	err = owner.Folder(dir)
	if err == nil {
		err = os.WriteFile(path, nil, 0o600)
	}
	if err != nil {
		l.log.Error("that rows were marked could not be noted outside the database", "rows", o.what, "file", path, "err", err)
	}
	return nil
}

// rules reports whether a person is an administrator who can sign in.
func rules(u dialer.User) bool { return u.Role == dialer.RoleAdmin && !u.Disabled }
