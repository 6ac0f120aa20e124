package main

import (
	"kakeru/dialer"
	"kakeru/webui"
)

// login is a demo person with the password that the demo prints.
type login struct {
	Login    string      `json:"login"`
	Name     string      `json:"name"`
	Role     dialer.Role `json:"role"`
	Password string      `json:"password"`
}

// newcomers are the logins for the sign-in of a browser on this machine.
func newcomers(logins []login) []webui.DemoLogin {
	out := make([]webui.DemoLogin, len(logins))
	for i, l := range logins {
		out[i] = webui.DemoLogin(l)
	}
	return out
}
