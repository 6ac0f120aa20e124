package webui

import (
	"testing"

	"kakeru/dialer/casework"
)

func TestWhatAListBringsIsListedPageByPage(t *testing.T) {
	h := open(t)
	c := h.as("ward")
	type page struct {
		Items      []casework.FoundCase
		NextCursor *string `json:"next_cursor"`
	}
	first := into[page](t, c.do("GET", "/api/lists/one/found?kind=phones", nil).want(t, 200))
	if len(first.Items) != 100 || first.NextCursor == nil || first.Items[0].Line != 2 || first.Items[0].Changes[0] != casework.PhonesChanged {
		t.Fatalf("%d, %v", len(first.Items), first.NextCursor)
	}
	last := into[page](t, c.do("GET", "/api/lists/one/found?kind=phones&cursor="+*first.NextCursor, nil).want(t, 200))
	if len(last.Items) != 50 || last.NextCursor != nil || last.Items[0].Line != 102 {
		t.Fatalf("%d, %v", len(last.Items), last.NextCursor)
	}
	for _, wrong := range []string{"", "?kind=iban", "?kind=repeated", "?kind=phones&cursor=x", "?kind=phones&cursor=-1"} {
		c.do("GET", "/api/lists/one/found"+wrong, nil).problem(t, 422, "invalid")
	}
	h.as("operator").do("GET", "/api/lists/one/found?kind=phones", nil).problem(t, 403, "forbidden")
}

// Whose household a case may be of is for who reads the case whole.
func TestACasesKin(t *testing.T) {
	h := open(t)
	kin := func(role string) []Kin {
		return into[struct{ Kin []Kin }](t, h.as(role).do("GET", "/api/cases/case-1", nil).want(t, 200)).Kin
	}
	if got := kin("supervisor"); len(got) != 2 || got[0] != (Kin{"kin of case-1", true, false}) || got[1] != (Kin{"house of case-1", false, true}) {
		t.Errorf("%+v", got)
	}
	if got := kin("operator"); len(got) != 0 {
		t.Errorf("an operator who has not the case in hand sees %+v", got)
	}
}
