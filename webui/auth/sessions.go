package auth

import (
	"context"
	"errors"
	"slices"
	"time"

	"kakeru/dialer"
)

// Ended returns a channel that is closed when the session ends by signing out, or is found to be over. Call forget when
// nobody waits any more.
func (k *Keeper) Ended(token string) (ended <-chan struct{}, forget func()) {
	ch := make(chan struct{})
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.waiting[token] == nil {
		k.waiting[token] = map[chan struct{}]bool{}
	}
	k.waiting[token][ch] = true
	return ch, func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.waiting[token], ch)
		if len(k.waiting[token]) == 0 {
			delete(k.waiting, token)
		}
	}
}

func (k *Keeper) tell(token string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for ch := range k.waiting[token] {
		close(ch)
	}
	delete(k.waiting, token)
}

// SessionID names a session where it is listed.
func (s Session) SessionID() string { return sessionID(s.Token) }

// Sessions lists a person's sessions, the last used first; everybody's when user is "".
func (k *Keeper) Sessions(ctx context.Context, user dialer.UserID) ([]dialer.SessionInfo, error) {
	k.writeUses(ctx)
	return k.book.SessionsOf(ctx, user)
}

// apart ends sessions while none is being changed: one that is would be written back.
func (k *Keeper) apart(end func() error) error {
	k.ending.Lock()
	defer k.ending.Unlock()
	return end()
}

// EndSession ends a session by its ID; dialer.ErrNotFound when there is none, or it is not user's. "" is anybody's.
func (k *Keeper) EndSession(ctx context.Context, id string, user dialer.UserID) error {
	if err := k.apart(func() error { return k.book.EndSession(ctx, id, user) }); err != nil {
		return err
	}
	k.over(func(token string) bool { return sessionID(token) == id })
	return nil
}

// EndSessionsOf ends all sessions of a person but that of a token ("": all).
func (k *Keeper) EndSessionsOf(ctx context.Context, user dialer.UserID, but string) error {
	if err := k.apart(func() error { return k.book.EndSessionsOf(ctx, user, but) }); err != nil {
		return err
	}
	return k.lookWhatLives(ctx)
}

// mostSessions is how many sessions one person may have at once. The oldest ends for one more.
const mostSessions = 8

// boundSessions ends the oldest sessions of a person beyond the bound.
func (k *Keeper) boundSessions(ctx context.Context, user dialer.UserID) error {
	if err := k.apart(func() error { return k.book.KeepNewest(ctx, user, mostSessions) }); err != nil {
		return err
	}
	return k.lookWhatLives(ctx)
}

// over forgets and tells the sessions here whose token is meant.
func (k *Keeper) over(meant func(token string) bool) {
	for _, token := range k.tokens() {
		if meant(token) {
			k.known.forget(token)
			k.tell(token)
		}
	}
}

// tokens are those of all sessions that are believed here, or that somebody waits for the end of.
func (k *Keeper) tokens() []string {
	tokens := k.known.keys()
	k.mu.Lock()
	defer k.mu.Unlock()
	for token := range k.waiting {
		if !slices.Contains(tokens, token) {
			tokens = append(tokens, token)
		}
	}
	return tokens
}

// How often it is asked which sessions live, and how many of those rounds there are between two notes of their use.
const (
	lookEvery  = 2 * time.Second
	usesRounds = 30
)

// Watch looks which sessions were ended elsewhere, so that one is over at every node within seconds, until ctx is done.
func (k *Keeper) Watch(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for round := 1; ; round++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		brief, cancel := context.WithTimeout(ctx, lookEvery)
		_ = k.lookWhatLives(brief) // a store that is away ends no session
		if round%usesRounds == 0 {
			k.writeUses(brief)
		}
		cancel()
	}
}

func (k *Keeper) lookWhatLives(ctx context.Context) error {
	byID := map[string]string{}
	ids := []string{}
	for _, token := range k.tokens() {
		id := sessionID(token)
		byID[id] = token
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return nil
	}
	live, err := k.book.LiveSessions(ctx, ids)
	if err != nil {
		return err
	}
	for _, id := range live {
		delete(byID, id)
	}
	for _, token := range byID {
		k.known.forget(token)
		k.tell(token)
	}
	return nil
}

// writeUses writes which sessions were used. What cannot be written is written the next time they are used.
func (k *Keeper) writeUses(ctx context.Context) {
	k.mu.Lock()
	ids := make([]string, 0, len(k.used))
	for token := range k.used {
		ids = append(ids, sessionID(token))
	}
	clear(k.used)
	k.mu.Unlock()
	if len(ids) > 0 {
		_ = k.book.SeenSessions(ctx, ids)
	}
}

// ErrSamePassword says that the new password is the old one.
var ErrSamePassword = errors.New("the new password is the old one")

// ErrMoved says that what somebody's change was about is not as it was when they proved who they are.
var ErrMoved = errors.New("it was changed by somebody else meanwhile")

// ChangePassword sets one's own password by the old one, ends all other sessions of the person, and returns a fresh one. It is what
// StepPassword asks for. ErrMoved when the password was changed, or the person disabled, while this was checked; ErrPasswordWrong, *PasswordFault, *TooMany.
func (k *Keeper) ChangePassword(ctx context.Context, v Visit, old, fresh string) (Session, error) {
	if _, _, err := k.at(ctx, v, StepDone, StepPassword); err != nil {
		return Session{}, err
	}
	user, err := k.confirmPassword(ctx, v, old)
	if err != nil {
		return Session{}, err
	}
	if normal(old) == normal(fresh) {
		return Session{}, ErrSamePassword
	}
	if err := k.CheckPassword(fresh, user); err != nil {
		return Session{}, err
	}
	hash, err := HashPassword(fresh, k.settings.Cost)
	if err != nil {
		return Session{}, err
	}
	// Checking and hashing took their time. What an administrator did to the person meanwhile must stay.
	checked := user.PasswordHash
	user, err = k.users.ChangeUser(ctx, user.ID, func(now *dialer.User) error {
		if now.Disabled || now.PasswordHash != checked {
			return ErrMoved
		}
		now.PasswordHash, now.MustChange = hash, false
		return nil
	})
	if err != nil {
		return Session{}, err
	}
	k.PersonChanged(user.ID)
	if err := k.EndSessionsOf(ctx, user.ID, ""); err != nil {
		return Session{}, err
	}
	v.Token = ""                                             // ended already
	return k.open(ctx, user, v, StepDone, how{second: true}) // where one is needed it was given before
}
