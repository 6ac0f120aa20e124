package main

import (
	"context"
	"fmt"
	"strings"

	"kakeru/configs"
)

// fewest is how many characters a phone's password should have. Nobody types it: the phone is provisioned with it.
const fewest = 12

// checkPasswords looks at the passwords of phones and trunks: whoever guesses a phone's can take calls in its place. None is shown.
func checkPasswords(_ context.Context, s configs.Settings) []finding {
	var all []finding
	look := func(what, name, user, password, todo string) {
		about := what + " " + name
		switch {
		case password == "":
		case strings.HasPrefix(password, "change-me"):
			all = append(all, finding{major, about, "has the password of the example files, which everybody knows", todo})
		case password == user:
			all = append(all, finding{major, about, "has its user name for a password", todo})
		case len([]rune(password)) < fewest:
			all = append(all, finding{minor, about, fmt.Sprintf("has a password of fewer than %d characters", fewest), todo})
		}
	}
	for _, d := range s.SIP.Desks {
		look("phone of", d.ID, d.User, d.Password, "draw one (openssl rand -base64 18), set it in sip.desks, and `kakeru provision` the phone")
	}
	for _, t := range s.SIP.Trunks {
		look("trunk", t.Name, t.User, t.Password, "ask whoever runs the other side for a longer one")
	}
	return all
}
