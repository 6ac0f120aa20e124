package webui

import (
	"strings"
	"testing"

	"kakeru/dialer"
)

// downTrunk is a line whose far end has fallen silent.
func downTrunk() dialer.TrunkView {
	return dialer.TrunkView{
		Name: "main-line", Kind: dialer.TrunkRegisters, State: dialer.TrunkDown, Since: tuesday, Registered: new(bool),
		LastError: dialer.TrunkRefusesUs.InWords(403),
		Addresses: []dialer.TrunkAddress{{Address: "192.0.2.1:5060", State: dialer.AddressSilent}},
	}
}

func TestTrunks(t *testing.T) {
	h := open(t)
	c := h.as("admin")
	type trunks struct{ Trunks []Trunk }
	if got := string(c.do("GET", "/api/trunks", nil).want(t, 200).body); !strings.Contains(got, `"trunks":[]`) {
		t.Errorf("without trunks: %s", got)
	}
	h.set(func() { h.trunks = []dialer.TrunkView{downTrunk(), {Name: "spare", State: dialer.TrunkUp}} })
	got := into[trunks](t, c.do("GET", "/api/trunks", nil).want(t, 200)).Trunks
	if len(got) != 2 || got[0].LastError == nil || got[0].LastError.Text == "" || got[0].LastError.Status != 403 || *got[0].Registered ||
		got[1].LastError != nil || got[1].Registered != nil {
		t.Errorf("got %+v", got)
	}
	h.as("operator").do("GET", "/api/trunks", nil).problem(t, 403, "forbidden")
}

// TestTrunksOnTheBoard: who looks after the trunks sees each; who calls sees whether there is a line; the ward sees neither.
func TestTrunksOnTheBoard(t *testing.T) {
	h := open(t)
	h.set(func() { h.trunks = []dialer.TrunkView{downTrunk()} })
	for login, want := range map[string]string{
		"supervisor": "whole false whole false whole true", "admin": "whole false whole false whole true",
		"operator": "part false part false part true", "ward": strings.Repeat("none ", 2) + "none",
	} {
		s := h.as(login).watch("")
		first := s.next()
		snap := dataOf[Snapshot](t, first)
		got := []string{seen(snap.Trunks != nil, snap.LineUp)}
		v := downTrunk()
		h.server.d.Hub.Show(dialer.Change{Type: dialer.ChangeTrunk, Trunk: &v})
		h.server.d.Hub.publish("between", nil)
		got = append(got, trunkBefore(t, s, "between"))
		h.set(func() { h.trunks[0].State = dialer.TrunkUp })
		v.State = dialer.TrunkUp
		h.server.d.Hub.Show(dialer.Change{Type: dialer.ChangeTrunk, Trunk: &v})
		h.server.d.Hub.publish("end", nil)
		got = append(got, trunkBefore(t, s, "end"))
		if strings.Join(got, " ") != want {
			t.Errorf("%s saw %v, want %s", login, got, want)
		}
		h.set(func() { h.trunks[0].State = dialer.TrunkDown })
	}
}

// seen puts what a frame says into words.
func seen(whole bool, lineUp *bool) string {
	switch {
	case lineUp == nil:
		return "none"
	case whole && *lineUp:
		return "whole true"
	case whole:
		return "whole false"
	case *lineUp:
		return "part true"
	default:
		return "part false"
	}
}

// trunkBefore is what a reader was shown of the trunks before a frame of another kind.
func trunkBefore(t *testing.T, s *socket, kind string) string {
	t.Helper()
	got := "none"
	for f := s.next(); f.Type != kind; f = s.next() {
		if f.Type != string(dialer.ChangeTrunk) {
			continue
		}
		d := dataOf[TrunkChanged](t, f)
		got = seen(d.Trunk != nil, &d.LineUp)
		if d.Trunk == nil && strings.Contains(string(f.Data), "main-line") {
			t.Errorf("a name stands in %s", f.Data)
		}
	}
	return got
}
