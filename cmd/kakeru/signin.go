package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/webui"
	"kakeru/webui/auth"
)

// signingIn is how people sign in here.
func (a *app) signingIn() auth.Settings {
	s := a.settings
	need := map[dialer.Role]auth.Need{}
	for role, word := range s.Auth.SecondFactor {
		need[dialer.Role(role)] = auth.Need(word)
	}
	return auth.Settings{
		SecureCookie: s.HTTP.SecureCookie || s.HTTP.TLS.On(), SecondFactor: need, Secret: a.secret, Origin: s.HTTP.Origin,
		Words: []string{s.Report.Ward, s.Report.Contractor},
	}
}

func idleLock(s configs.Auth) map[dialer.Role]time.Duration {
	lock := map[dialer.Role]time.Duration{}
	for role, after := range s.IdleLock {
		lock[dialer.Role(role)] = after
	}
	return lock
}

// awaitAdmin makes a set-up code, and says on the console alone what it is for, when nobody could administer the system.
func awaitAdmin(ctx context.Context, users dialer.Users, now dialer.Clock, console io.Writer) (*webui.Setup, error) {
	none := (*webui.Setup)(nil)
	there, err := webui.HasAdmin(ctx, users)
	if err != nil || there {
		return none, err
	}
	setup, code := webui.NewSetup(now)
	fmt.Fprintf(console, "kakeru serve: nobody can administer this system yet. Open the panel and give this code within an hour to make the first administrator: %s\n"+
		"kakeru serve: or stop, and use kakeru user add --role admin\n", code)
	return setup, nil
}
