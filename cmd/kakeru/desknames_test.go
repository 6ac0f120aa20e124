package main

import (
	"errors"
	"strings"
	"testing"

	"kakeru/configs"
	"kakeru/dialer/settings"
	"kakeru/webui"
)

// Two desks of one name are refused under the key of the one that was renamed, whichever of the two stands first in the file.
func TestADeskTakesNoOthersName(t *testing.T) {
	var file configs.Settings
	file.SIP.Desks = []configs.Desk{{ID: "desk1", Name: "窓側"}, {ID: "desk2", Name: "壁側"}, {ID: "desk3"}}
	for name, c := range map[string]struct {
		renamed, to, key string
	}{
		"the earlier takes the later's":   {"desk1", "壁側", "desk1"},
		"the later takes the earlier's":   {"desk2", "窓側", "desk2"},
		"it takes the id of one unnamed":  {"desk1", "desk3", "desk1"},
		"one unnamed takes the earlier's": {"desk3", "窓側", "desk3"},
		"a name of its own":               {"desk1", "入口", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := file
			err := nameDesks(&s, settings.Values{webui.DeskNameKey + c.renamed: quote(c.to)})
			if file.SIP.Desks[0].Name != "窓側" || file.SIP.Desks[1].Name != "壁側" || file.SIP.Desks[2].Name != "" {
				t.Fatal("the file's own names were changed")
			}
			if c.key == "" {
				if err != nil || s.SIP.Desks[0].Name != c.to {
					t.Errorf("%v, called %q", err, s.SIP.Desks[0].Name)
				}
				return
			}
			var trouble *settings.Trouble
			if !errors.As(err, &trouble) || trouble.Key != webui.DeskNameKey+c.key {
				t.Fatalf("refused with %v, want the key of %s", err, c.key)
			}
			if !strings.Contains(trouble.JA, c.to) || !strings.Contains(trouble.EN, c.to) {
				t.Errorf("the name is not said: %s / %s", trouble.JA, trouble.EN)
			}
		})
	}
	// What the file itself has twice is its own affair.
	file.SIP.Desks[1].Name = "窓側"
	if err := nameDesks(&file, nil); err != nil {
		t.Error(err)
	}
}
