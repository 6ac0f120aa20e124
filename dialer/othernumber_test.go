package dialer_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
)

// TestACallerIsNotRungAtTheirOtherNumber: who calls us, or talks with us, is rung at none of the case's numbers: neither by a click on the case that stands at another
// desk, nor by one for whatever is next, nor when they call after the click.
func TestACallerIsNotRungAtTheirOtherNumber(t *testing.T) {
	for name, how := range map[string]struct{ presented, answered, after bool }{
		"it stands at another desk, and they talk": {presented: true, answered: true},
		"it stands at another desk, and they ring": {presented: true},
		"it would be next":                         {},
		"they call as the desk's phone rings":      {after: true},
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, func(t *testing.T, h *house) {
				id, number := h.known("ja")
				c := h.ledger.Case(id)
				c.Numbers = []dialer.Number{number, dialertest.NewNumber()}
				h.ledger.PutCase(c)
				if how.presented {
					_, err := h.Present(t.Context(), first, desk1, id, false)
					h.must(err)
				}
				h.phone.Far(dialertest.Far{Ring: 5 * time.Second}, dialertest.RingsForEver())
				if how.after {
					call := h.dial(first, desk1, id)
					h.state(call, dialer.CallingDesk)
				}
				caller := h.phone.Come(c.Numbers[1])
				in := h.incoming()
				synctest.Wait()
				if in.CaseID != id {
					t.Fatalf("they are taken for %s", in.CaseID)
				}
				if how.answered {
					caller.Lift(desk2)
					h.state(in.ID, dialer.Talking)
				} else if !how.after {
					caller.Decline(desk1)
				}
				synctest.Wait()
				if !how.after {
					acc, err := h.Dial(t.Context(), next(first, desk1))
					if no := (*dialer.Refusal)(nil); !errors.As(err, &no) && acc.CaseID == id {
						t.Errorf("taken: %+v", acc)
					}
				}
				time.Sleep(8 * time.Second)
				synctest.Wait()
				for _, rung := range h.phone.Dialled() {
					if rung == string(number) {
						t.Error("their other number was rung")
					}
				}
			})
		})
	}
}
