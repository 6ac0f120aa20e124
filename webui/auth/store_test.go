package auth

import (
	"errors"
	"testing"

	"github.com/alexedwards/scs/v2"
)

// TestASessionMadeInTheStoreOpensNothing: who can write in the store makes no session, neither by copying one under a token of their own nor by
// writing one as it would be read, nor by putting what one holds in the place of another's.
func TestASessionMadeInTheStoreOpensNothing(t *testing.T) {
	stores := newStores()
	k, _ := newKeeper(t, stores)
	mine, theirs := mustSignIn(t, k, "anna", ""), mustSignIn(t, k, "ben", "")
	said, err := k.manager.Load(t.Context(), theirs.Token)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{}
	for _, name := range k.manager.Keys(said) {
		values[name] = k.manager.Get(said, name)
	}
	plain, err := scs.GobCodec{}.Encode(k.manager.Deadline(said), values)
	if err != nil {
		t.Fatal(err)
	}
	stores.set(func() {
		stores.sessions["copied"] = stores.sessions[theirs.Token]
		stores.sessions["written"] = plain
		stores.sessions["cut"] = []byte{1}
		stores.sessions[mine.Token] = stores.sessions[theirs.Token]
	})
	other, _ := newKeeper(t, stores) // another node, which believes nothing yet
	for _, token := range []string{"copied", "written", "cut", mine.Token} {
		if s, err := other.Session(t.Context(), token); !errors.Is(err, ErrSignedOut) {
			t.Errorf("%s is a session of %s: %v", token, s.User.Login, err)
		}
	}
	if s, err := other.Session(t.Context(), theirs.Token); err != nil || s.User.Login != "ben" {
		t.Errorf("the one that was opened is not known any more: %+v, %v", s.User, err)
	}
}
