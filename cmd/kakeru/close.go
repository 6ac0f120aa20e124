package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/casework/dayclose"
	"kakeru/dialer/casework/returns"
	"kakeru/dialer/japan"
	"kakeru/dialer/vault/owner"
)

// newCloser wires the day's close: what goes back, where to, and what is destroyed then.
func (a *app) newCloser() (*dayclose.Closer, error) {
	s := a.settings
	key, err := signingKey(s)
	if err != nil {
		return nil, err
	}
	folder, layout, err := wardsFolder(s)
	if err != nil {
		return nil, err
	}
	back := &returns.Returner{
		Store: a.ledger, Then: a.ledger, Handing: a.ledger, Rules: a.live.rules, Folder: folder, Layout: layout, Alphabet: alphabetOf(layout), Name: namesOf(a.ledger), Now: a.watch.Now,
	}
	if a.recorder != nil { // also where recording is off by now: what was recorded is there
		back.Sound = a.recorder
	}
	return dayclose.New(dayclose.Deps{
		Store: a.ledger, Returns: back, Destroyer: back, Folder: folder, Key: key,
		Keep: func() dayclose.Keep {
			s := a.live.settings().Close
			return dayclose.Keep{Days: s.KeepDays, ToEnd: s.KeepToEnd}
		},
		Day: a.ledger.CustodyDay, Now: a.watch.Now, ClockWrong: a.watch.Refusal, Show: a.showClose, Log: a.log,
	}), nil
}

// wardsFolder is where the ward's files go, made if it is not there, and how its records are laid out.
func wardsFolder(s configs.Settings) (dayclose.Folder, returns.Layout, error) {
	layout, err := recordsLayout(s.Close)
	if err != nil {
		return "", layout, err
	}
	folder := returnsFolder(s)
	if err := owner.Folder(folder); err != nil {
		return "", layout, fmt.Errorf("settings: close.folder: %w", err)
	}
	return dayclose.Folder(folder), layout, nil
}

func returnsFolder(s configs.Settings) string {
	return firstOf(s.Close.Folder, filepath.Join(s.StateDir, "returns"))
}

// recordsLayout is the ward's own layout of the negotiation records, or the built-in one.
func recordsLayout(s configs.Close) (returns.Layout, error) {
	if s.LayoutFile == "" {
		return returns.DefaultLayout(), nil
	}
	text, err := os.ReadFile(s.LayoutFile)
	if err != nil {
		return returns.Layout{}, fmt.Errorf("settings: close.layout_file: %w", err)
	}
	l, err := returns.ParseLayout(text)
	if err != nil {
		return l, fmt.Errorf("settings: close.layout_file: %s: %w", s.LayoutFile, err)
	}
	return l, nil
}

// nameWithin bounds the question for a name: a close does not wait for one.
const nameWithin = 2 * time.Second

// namesOf tells what a person is called in the ward's files: the login where there is no name any more.
func namesOf(users dialer.Users) func(dialer.UserID) string {
	return func(id dialer.UserID) string {
		if id == "" {
			return ""
		}
		ctx, cancel := context.WithTimeout(context.Background(), nameWithin)
		defer cancel()
		u, err := users.User(ctx, id)
		if err != nil {
			return string(id)
		}
		return firstOf(u.Name, u.Login)
	}
}

// showClose tells the panels how far a close has come, and forgets what the phones' messages held when it is over.
func (a *app) showClose(c dayclose.Close) {
	a.hub.ShowClose(c)
	if c.Step == dayclose.Closed {
		a.agent.ForgetTraces()
	}
}

// closesEvery is how often a node looks whether another has carried a close to its end.
const closesEvery = 5 * time.Second

// followCloses does at this node what a close ends, though another carried it: what phones and trunks wrote is forgotten, and at the contract's end the
// recordings that lie here go.
func (a *app) followCloses(ctx context.Context) error {
	began, done := a.now(), ""
	tick := time.NewTicker(closesEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		newest, err := a.closer.Closes(ctx, 1)
		if err != nil || len(newest) == 0 || newest[0].Step != dayclose.Closed || newest[0].Foreign || newest[0].ID == done || newest[0].Moved.Before(began) {
			continue // the ledger is away, which is told elsewhere; or nothing is new
		}
		done = newest[0].ID
		a.agent.ForgetTraces()
		if newest[0].Final && a.recorder != nil && a.endSound() != nil {
			done = "" // again
		}
	}
}

// alphabetOf is the ward's, as its layout says.
func alphabetOf(l returns.Layout) returns.Alphabet {
	if l.Encoding == "cp932" {
		return wardCP932{}
	}
	return unicodeText{}
}

type wardCP932 struct{}

func (wardCP932) Has(r rune) bool {
	_, err := japan.EncodeCP932(string(r))
	return err == nil
}

func (wardCP932) Encode(s string) ([]byte, error) { return japan.EncodeCP932(s) }

type unicodeText struct{}

func (unicodeText) Has(rune) bool                   { return true }
func (unicodeText) Encode(s string) ([]byte, error) { return []byte(s), nil }
