package postgres

import (
	"errors"
	"sync"
	"testing"

	"kakeru/dialer"
)

// TestRightsGivenBySQLAreNone: whoever can write in the database, but has not the secret, raises nobody, enables nobody, gives nobody a password or
// a way in by the directory, and adds nobody. An administrator can say anew who the person is.
func TestRightsGivenBySQLAreNone(t *testing.T) {
	l := newLedger(t)
	for name, sql := range map[string]string{
		"role":           `UPDATE users SET role = 'supervisor' WHERE id = $1`,
		"enabled":        `UPDATE users SET disabled = false WHERE id = $1`,
		"password":       `UPDATE users SET password_hash = '$mine' WHERE id = $1`,
		"directory":      `UPDATE users SET directory = 'ward', directory_name = 'me' WHERE id = $1`,
		"no mark":        `UPDATE users SET role = 'admin', mark = NULL WHERE id = $1`,
		"another's mark": `UPDATE users SET role = 'admin', mark = (SELECT mark FROM users WHERE login = 'chief') WHERE id = $1`,
	} {
		id, err := l.PutUser(t.Context(), dialer.User{Login: "o " + name, Name: "花子", Role: dialer.RoleOperator, PasswordHash: "$old", Disabled: name == "enabled"})
		must(t, err)
		_, err = l.PutUser(t.Context(), dialer.User{Login: "chief", Name: "長", Role: dialer.RoleAdmin, PasswordHash: "$chief"})
		must(t, err)
		if u, err := l.User(t.Context(), id); err != nil || u.PasswordHash != "$old" {
			t.Fatalf("%s: as it was written: %+v, %v", name, u, err)
		}
		_, err = l.pool.Exec(t.Context(), sql, string(id))
		must(t, err)
		u, err := l.User(t.Context(), id)
		if must(t, err); !u.Disabled || u.PasswordHash != "" || u.Directory != (dialer.DirectoryName{}) {
			t.Errorf("%s: %+v", name, u)
		}
		if u, err = l.UserByLogin(t.Context(), "o "+name); err != nil || !u.Disabled {
			t.Errorf("%s, by login: %+v, %v", name, u, err)
		}
		u, err = l.ChangeUser(t.Context(), id, func(u *dialer.User) error {
			u.Disabled, u.PasswordHash = false, "$anew"
			return nil
		})
		if must(t, err); u.Role != dialer.RoleOperator {
			t.Errorf("%s: who was enabled without a word of their role is a %s", name, u.Role)
		}
		if u, err = l.User(t.Context(), id); err != nil || u.Disabled || u.PasswordHash != "$anew" {
			t.Errorf("%s, said anew: %+v, %v", name, u, err)
		}
	}
	_, err := l.pool.Exec(t.Context(), `INSERT INTO users (id, login, name, role, password_hash, created_at)
		VALUES (gen_random_uuid(), 'thief', 'x', 'supervisor', '$mine', now())`)
	must(t, err)
	u, err := l.UserByLogin(t.Context(), "thief")
	if must(t, err); !u.Disabled || u.PasswordHash != "" {
		t.Errorf("added by SQL: %+v", u)
	}
}

// TestRightsGivenByATriggerAreNone: who owns the tables has a person's own change of their password raise them.
func TestRightsGivenByATriggerAreNone(t *testing.T) {
	l := newLedger(t)
	id, err := l.PutUser(t.Context(), dialer.User{Login: "o", Name: "花子", Role: dialer.RoleOperator, PasswordHash: "$old"})
	must(t, err)
	byOwner(t, asOwner(t, l), `CREATE FUNCTION lift() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.role := 'supervisor'; RETURN NEW; END $$;
		CREATE TRIGGER lift BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION lift()`)
	_, err = l.ChangeUser(t.Context(), id, func(u *dialer.User) error { u.PasswordHash = "$new"; return nil })
	must(t, err)
	must(t, l.AddUser(t.Context(), dialer.User{ID: dialer.UserID(dialer.NewID(noon)), Login: "another", Name: "x", Role: dialer.RoleOperator, PasswordHash: "$x", CreatedAt: noon}))
	for _, login := range []string{"o", "another"} {
		if u, err := l.UserByLogin(t.Context(), login); err != nil || !u.Disabled || u.PasswordHash != "" || u.Role != dialer.RoleOperator {
			t.Errorf("%s: %+v, %v", login, u, err)
		}
	}
}

// TestPeopleFromBeforeTheMarksAreMarkedOnce: an older ledger's people go on; a row whose mark was taken away afterwards is not marked again.
func TestPeopleFromBeforeTheMarksAreMarkedOnce(t *testing.T) {
	l := newLedger(t)
	id, err := l.PutUser(t.Context(), dialer.User{Login: "old", Name: "花子", Role: dialer.RoleSupervisor, PasswordHash: "$old"})
	must(t, err)
	dir := t.TempDir()
	older := func() {
		_, err := l.pool.Exec(t.Context(), `UPDATE users SET mark = NULL`)
		must(t, err)
		must(t, l.markPeople(t.Context(), dir))
	}
	owner := asOwner(t, l)
	takeNote := func() {
		for _, sql := range []string{"ALTER TABLE people_marked DISABLE TRIGGER USER", "DELETE FROM people_marked", "ALTER TABLE people_marked ENABLE TRIGGER USER"} {
			_, err = owner.Exec(t.Context(), sql)
			must(t, err)
		}
	}
	takeNote()
	older()
	if u, err := l.User(t.Context(), id); err != nil || u.Disabled || u.PasswordHash != "$old" {
		t.Fatalf("a person of an older ledger: %+v, %v", u, err)
	}
	older()
	if u, err := l.User(t.Context(), id); err != nil || !u.Disabled {
		t.Errorf("marked twice: %+v, %v", u, err)
	}
	takeNote() // the owner of the tables can
	older()
	if u, err := l.User(t.Context(), id); err != nil || !u.Disabled {
		t.Errorf("marked once more after the note was taken away: %+v, %v", u, err)
	}
	must(t, l.markPeople(t.Context(), "")) // a command
	if u, err := l.User(t.Context(), id); err != nil || !u.Disabled {
		t.Errorf("marked by a command: %+v, %v", u, err)
	}
}

// TestOneAdministratorStays: of two who take each other's rights away at once one is refused, and so is who would take the last one's.
func TestOneAdministratorStays(t *testing.T) {
	l := newLedger(t)
	var ids []dialer.UserID
	for _, login := range []string{"one", "two"} {
		id, err := l.PutUser(t.Context(), dialer.User{Login: login, Name: login, Role: dialer.RoleAdmin, PasswordHash: "$"})
		must(t, err)
		ids = append(ids, id)
	}
	errs := make([]error, 2)
	var both sync.WaitGroup
	for i, id := range ids {
		both.Go(func() {
			_, errs[i] = l.ChangeUser(t.Context(), id, func(u *dialer.User) error {
				if u.Disabled = i == 0; i == 1 {
					u.Role = dialer.RoleOperator
				}
				return nil
			})
		})
	}
	both.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), dialer.ErrLastAdmin) {
		t.Errorf("both: %v", errs)
	}
}
