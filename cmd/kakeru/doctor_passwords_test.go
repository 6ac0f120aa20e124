package main

import (
	"strings"
	"testing"

	"kakeru/configs"
)

// TestDoctorNamesWeakPasswords: the examples' own, the user name, short ones; each by its desk or trunk, and none is shown.
func TestDoctorNamesWeakPasswords(t *testing.T) {
	s := configs.Settings{SIP: configs.SIP{
		Desks: []configs.Desk{
			{ID: "d1", User: "201", Password: "change-me-1"}, {ID: "d2", User: "same-as-the-user", Password: "same-as-the-user"},
			{ID: "d3", User: "203", Password: "shortword"}, {ID: "d4", User: "204", Password: "drawn-at-random-long"}, {ID: "d5", Address: "sip:205@192.0.2.5:5060"},
		},
		Trunks: []configs.Trunk{{Name: "main", User: "u", Password: "change-me"}, {Name: "byaddress"}},
	}}
	want := []struct {
		grade grade
		about string
	}{{major, "phone of d1"}, {major, "phone of d2"}, {minor, "phone of d3"}, {major, "trunk main"}}
	found := checkPasswords(t.Context(), s)
	if len(found) != len(want) {
		t.Fatalf("found %+v", found)
	}
	for i, f := range found {
		if f.grade != want[i].grade || f.about != want[i].about || f.todo == "" {
			t.Errorf("%+v, want %+v", f, want[i])
		}
		if strings.Contains(f.says+f.todo, "change-me") || strings.Contains(f.says+f.todo, "shortword") || strings.Contains(f.says, "same-as") {
			t.Errorf("a password is shown: %+v", f)
		}
	}
}

// TestDoctorNamesTheExamples: whoever serves with an example file as it is hears of it.
func TestDoctorNamesTheExamples(t *testing.T) {
	s, err := configs.Load("../../configs/kakeru.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if found := checkPasswords(t.Context(), s); len(found) != 2 || found[0].grade != major {
		t.Errorf("found %+v", found)
	}
}
