package main

import (
	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/webui"
)

// ceiling is how many calls may go out: as the settings say, else by the number of desks. Benchmarks, whose calls all go to a
// lab, have none.
func (a *app) ceiling(o appOptions) dialer.Ceiling {
	if o.numberRuleOff {
		return dialer.Ceiling{}
	}
	c := dialer.CeilingFor(len(a.settings.SIP.Desks))
	if n := a.settings.Calls.MostPerHour; n > 0 {
		c.PerHour = n
	}
	if n := a.settings.Calls.MostPerDay; n > 0 {
		c.PerDay = n
	}
	return c
}

// connections are how many may be open at the panel's door.
func connections(s configs.HTTP) webui.Connections {
	return webui.Connections{All: s.Connections, Each: s.PerAddressConnections}
}

// rates are how many requests the panel answers; benchmarks ask more than people do.
func rates(s configs.HTTP, o appOptions) webui.Rates {
	if o.numberRuleOff {
		return webui.Rates{}
	}
	return webui.Rates{Session: float64(s.PerSession), Address: float64(s.PerAddress)}
}
