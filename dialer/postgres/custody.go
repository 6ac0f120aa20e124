package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
	"kakeru/dialer/vault"
)

// custody seals what comes in under the key of one day.
type custody struct {
	vault *vault.Vault
	key   vault.KeyID
	day   pgtype.Date
}

// custody is that of now.
func (l *Ledger) custody() (custody, error) {
	day, err := l.vault.Custody(l.now())
	return custodyOf(l.vault, day), err
}

func custodyOf(v *vault.Vault, day dialer.Date) custody {
	return custody{vault: v, key: vault.Day(day), day: dateColumn(day)}
}

func (c custody) seal(plain, about string) ([]byte, error) {
	return c.vault.Seal(c.key, []byte(plain), []byte(about))
}

// token is a blind index of a word.
func (c custody) token(kind, word string) ([]byte, error) { return c.vault.Index(c.key, kind, word) }

// unseal is custody.seal's way back. What a destroyed key sealed is gone, as if it had never been written.
func (l *Ledger) unseal(day pgtype.Date, sealed []byte, about string) (string, error) {
	if !day.Valid {
		return "", nil
	}
	plain, err := l.vault.Unseal(vault.Day(dateOf(day)), sealed, []byte(about))
	if errors.Is(err, vault.ErrDestroyed) {
		return "", nil
	}
	return string(plain), err
}

// alteredNote is what stands in place of a note that is not what was written.
const alteredNote = "【注意】このメモはデータベース上で書き換えられているため、表示できません。スーパーバイザーに知らせてください"

// unsealNote opens what somebody wrote down for others to read. One that was changed in the database says so in its own place: it keeps neither the
// records beside it from being read nor the day from being closed.
func (l *Ledger) unsealNote(day pgtype.Date, sealed []byte, about string) (string, error) {
	text, err := l.unseal(day, sealed, about)
	if errors.Is(err, vault.ErrAltered) {
		l.log.Error("a note was changed in the database; it is not shown", "note", about)
		return alteredNote, nil
	}
	return text, err
}

// The places that what is sealed is bound to.
func aboutPerson(caseRef string) string           { return "person " + caseRef }
func aboutPhone(caseRef, numberRef string) string { return "phone " + numberRef + " of " + caseRef }
func aboutCaseNote(caseRef string) string         { return "case note " + caseRef }
func aboutLeg(attempt string, leg string) string  { return "leg " + attempt + " " + leg }
func aboutCaller(attempt string) string           { return "caller " + attempt }
func aboutEntryNote(attempt string, revision int32) string {
	return fmt.Sprintf("entry note %s %d", attempt, revision)
}

func dateColumn(d dialer.Date) pgtype.Date {
	return pgtype.Date{Time: time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC), Valid: true}
}

func dateOf(d pgtype.Date) dialer.Date {
	return dialer.Date{Year: d.Time.Year(), Month: d.Time.Month(), Day: d.Time.Day()}
}

// errOtherKeys is what somebody reads whose node has keys of its own.
var errOtherKeys = errors.New("vault.folder does not hold the keys that this ledger's personal data is sealed with: " +
	"all nodes need one folder, shared by them; correct vault.folder, or put the folder's files back")

// custodyMark is the word whose token marks a day's key.
const custodyMark = "the mark of the day's key"

// enterCustody makes sure, once a day, that the day's key is the one that the other nodes seal with.
func (l *Ledger) enterCustody(ctx context.Context) error {
	day, err := l.vault.Custody(l.now())
	if err != nil {
		return nil //nolint:nilerr // the folder is away: what needs no key (an end) goes on, whoever seals is told
	}
	if known := l.entered.Load(); known != nil && *known == day {
		return nil
	}
	c := custodyOf(l.vault, day)
	mark, err := c.token("mark", custodyMark)
	if err != nil {
		return err
	}
	left, err := db.New(l.pool).MarkCustody(ctx, c.day, mark)
	if err != nil {
		return err
	}
	if !bytes.Equal(left, mark) {
		return errOtherKeys
	}
	l.entered.Store(&day)
	return nil
}

// openCustody looks at the days that the ledger knows: a key that is not there is another node's folder, and what a destroyed key
// had sealed has come back with a backup, or was left by a crash, and goes.
func (l *Ledger) openCustody(ctx context.Context) error {
	days, err := db.New(l.pool).CustodyDays(ctx)
	if err != nil {
		return err
	}
	var over *dialer.Date
	for _, d := range days {
		day := dateOf(d)
		switch err := l.vault.Has(vault.Day(day)); {
		case errors.Is(err, vault.ErrDestroyed):
			over = &day
		case errors.Is(err, vault.ErrNoKey):
			return errOtherKeys
		case err != nil:
			return err
		}
	}
	if over != nil {
		if _, err := l.returnCustody(ctx, *over); err != nil {
			return err
		}
	}
	if err := l.sealOld(ctx); err != nil {
		return err
	}
	return l.enterCustody(ctx)
}

// Returned says what a destruction took away, by kind. What a destruction before it had taken is not in it.
type Returned struct {
	Cases, Persons, Phones, CaseNotes, EntryNotes, Legs, Callers, StagedRows, NumbersEntered int64
}

// DestroyCustody ends the custody of the days up to one, for good: their personal rows go, their cases are the ward's until a list
// brings them again, and their keys are destroyed. The rows go first: a key without rows harms nobody, rows without a key would be
// cases that nobody can read. Cut anywhere, it is finished by being asked again; once a key is gone, by the next start too.
// Whoever calls it has verified what went back, and has seen that the spool is empty.
func (l *Ledger) DestroyCustody(ctx context.Context, upto dialer.Date) (Returned, error) {
	if n := l.waiting(); n > 0 {
		return Returned{}, fmt.Errorf("%d records wait in the spool, sealed with the day's key: they go to the database first", n)
	}
	gone, err := l.returnCustody(ctx, upto)
	if err != nil {
		return Returned{}, err
	}
	days, err := l.vault.Days()
	if err != nil {
		return Returned{}, err
	}
	for _, day := range append(days, upto) {
		if day.String() > upto.String() {
			continue
		}
		if err := l.vault.Destroy(vault.Day(day)); err != nil {
			return Returned{}, err
		}
	}
	l.log.Info("personal data was destroyed", "upto", upto, "cases", gone.Cases, "persons", gone.Persons, "phones", gone.Phones)
	return gone, nil
}

func (l *Ledger) returnCustody(ctx context.Context, upto dialer.Date) (gone Returned, err error) {
	ctx, cancel := bounded(ctx, longPatience)
	defer cancel()
	err = l.query(ctx, "take away what stands under the day's key", func(ctx context.Context, q *db.Queries) error {
		r, err := q.ReturnCustody(ctx, dateColumn(upto))
		gone = Returned(r)
		return err
	})
	return gone, err
}

// CustodyDay is the day in whose custody is what comes in now: the one that would be closed. The day of the clock where the keys
// cannot be read: then a close does not get far either.
func (l *Ledger) CustodyDay() dialer.Date {
	now := l.now()
	day, err := l.vault.Custody(now)
	if err != nil {
		return dialer.DateOf(now)
	}
	return day
}
