package main

import (
	"slices"
	"testing"
	"time"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/dialertest"
	"kakeru/sip/media"
)

// What the settings say of a desk reaches the phone.
func TestSettingsOfADesk(t *testing.T) {
	got := sipDesk(configs.Desk{ID: "desk1", User: "201", Password: "p", SHA256: true, Phone: "lift", SRTP: "required"})
	if got.ID != "desk1" || got.Account != "201" || got.Password != "p" || !got.SHA256 || got.Phone != "lift" || got.SRTP != media.SRTPRequired {
		t.Errorf("the desk is %+v", got)
	}
}

func TestDoctorWarnsOfKeysInTheOpen(t *testing.T) {
	var s configs.Settings
	s.SIP.Trunks = []configs.Trunk{{Name: "a", SRTP: "allowed"}, {Name: "b", SRTP: "off"}, {Name: "c"}, {Name: "e", SRTP: "required", Transport: "tls"}}
	s.SIP.Desks = []configs.Desk{{ID: "d", SRTP: "required"}}
	found := checkKeys(t.Context(), s)
	if len(found) != 2 || found[0].grade != minor || found[0].about != "trunk a" || found[1].about != "desk d" {
		t.Errorf("%+v", found)
	}
	s.SIP.TLS.Listen = "0.0.0.0:5061"
	if found := checkKeys(t.Context(), s); len(found) != 1 {
		t.Errorf("a phone that can register by TLS: %+v", found)
	}
}

// Every change of a trunk is shown; the supervisor is told of its going and its coming back, once each.
func TestTrunkBoard(t *testing.T) {
	var shown dialertest.Board
	b := newTrunkBoard(&shown, time.Now)
	down := dialer.TrunkView{Name: "main", State: dialer.TrunkDown, LastError: dialer.TrunkSilent.InWords(0)}
	for _, v := range []dialer.TrunkView{
		{Name: "main", State: dialer.TrunkStarting}, {Name: "main", State: dialer.TrunkUp}, // up from the start: no word of it
		down, down, {Name: "other", State: dialer.TrunkUp}, {Name: "main", State: dialer.TrunkStarting},
		{Name: "main", State: dialer.TrunkUp}, {Name: "main", State: dialer.TrunkUp}, down,
	} {
		b.show(v)
	}
	if got, want := shown.Alerts(), []string{"trunk_down", "trunk_back", "trunk_down"}; !slices.Equal(got, want) {
		t.Errorf("alerts %v, want %v", got, want)
	}
	frames := 0
	for _, c := range shown.Changes() {
		if c.Type == dialer.ChangeTrunk && c.Trunk != nil {
			frames++
		}
	}
	if frames != 9 {
		t.Errorf("%d of 9 changes were shown", frames)
	}
}
