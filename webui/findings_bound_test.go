package webui

import (
	"fmt"
	"testing"
	"time"
)

// TestManyFindingsCostNoMore: a stranger's body of 20,000 unknown fields is refused as fast as it is read. Each finding of huma's holds the whole
// object, and writing that out once for each of them kept a core busy for hours.
func TestManyFindingsCostNoMore(t *testing.T) {
	h := open(t)
	body := map[string]any{}
	for i := range 20_000 {
		body[fmt.Sprintf("a%d", i)] = 1
	}
	began := time.Now()
	p := h.browser().do("POST", "/api/setup", body).problem(t, 422, "invalid")
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the refusal took %s", took)
	}
	if len(p.Errors) != mostFindings {
		t.Errorf("%d findings are told, want %d", len(p.Errors), mostFindings)
	}
}
