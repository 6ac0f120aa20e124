//go:build !production

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres"
	"kakeru/webui/auth"
)

// The demo's list: what `kakeru sample` writes by default.
const (
	demoCases = 6000
	demoSeed  = 7
)

// furnish gives a demo its people and its made-up list, once.
func furnish(ctx context.Context, l *postgres.Ledger, refs dialer.Refs, logins []login) error {
	if err := addPeople(ctx, l, logins, auth.Cost{}); err != nil {
		return err
	}
	if err := addPages(ctx, l); err != nil {
		return err
	}
	if full, err := hasCases(ctx, l); full || err != nil {
		return err
	}
	err := importSample(ctx, l, refs, sampleOf{demoCases, demoSeed})
	if no := (*dialer.Refusal)(nil); errors.As(err, &no) && no.Rule == dialer.ContractEnded {
		return nil // somebody tried the contract's end: it is shown as it was left
	}
	return err
}

// addPeople adds those who are not there yet.
func addPeople(ctx context.Context, l dialer.Users, logins []login, cost auth.Cost) error {
	for _, p := range logins {
		_, err := l.UserByLogin(ctx, p.Login)
		if err == nil {
			continue
		}
		if !errors.Is(err, dialer.ErrNotFound) {
			return err
		}
		hash, err := auth.HashPassword(p.Password, cost)
		if err != nil {
			return err
		}
		now := time.Now()
		u := dialer.User{ID: dialer.UserID(dialer.NewID(now)), Login: p.Login, Name: p.Name, Role: p.Role, PasswordHash: hash, CreatedAt: now}
		if _, err := l.PutUser(ctx, u); err != nil {
			return err
		}
	}
	return nil
}

// addPages gives a demo the pages to begin with, as a sample that the demo's own ward user has approved.
func addPages(ctx context.Context, l *postgres.Ledger) error {
	if pages, err := l.Scripts(ctx); err != nil || len(pages) > 0 {
		return err
	}
	ward, err := l.UserByLogin(ctx, "ward")
	if err != nil {
		return err
	}
	for _, p := range casework.StarterScripts() {
		p.Title, p.By, p.At = "見本 / "+p.Title, ward.ID, time.Now()
		if p, err = l.DraftScript(ctx, p); err != nil {
			return err
		}
		if _, err = l.DecideScript(ctx, p.ID, casework.Approved, ward.ID, time.Now()); err != nil {
			return err
		}
	}
	return nil
}

func hasCases(ctx context.Context, l casework.CaseStore) (bool, error) {
	for _, err := range l.Waiting(ctx) {
		return err == nil, err
	}
	held, err := l.Held(ctx, 1)
	return len(held) > 0, err
}

// sampleOf says which made-up list.
type sampleOf struct {
	cases int
	seed  int64
}

// importSample takes a made-up list in, as the ward's own would be.
func importSample(ctx context.Context, l *postgres.Ledger, refs dialer.Refs, of sampleOf) error {
	r, w := io.Pipe()
	go func() { _ = w.CloseWithError(casework.WriteSample(w, of.cases, of.seed)) }()
	defer func() { _ = r.Close() }()
	now := time.Now()
	in := lists{store: l, refs: refs, labOnly: true}
	p, err := in.Stage(ctx, casework.StagedList{ID: dialer.NewID(now), FileName: "sample.csv", At: now}, r, func(int) {})
	if err != nil {
		return fmt.Errorf("the made-up list: %w", err)
	}
	_, err = in.Apply(ctx, p.List, "", func(int) {})
	return err
}
