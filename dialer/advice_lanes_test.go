package dialer_test

import (
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
)

// mobilesFirst is advice by which it is the mobiles' hour.
type mobilesFirst struct{ dialer.HourAdvice }

func (mobilesFirst) Rank(kind dialer.NumberKind, _ time.Time) int {
	if kind == dialer.KindMobile {
		return 0
	}
	return 4
}

// Of two cases equally urgent, that whose hour it is comes to the desk, though the other has waited longer; a more urgent one
// comes before both.
func TestTheHourOrdersEquals(t *testing.T) {
	inHouse(t, func(_ *testing.T, h *house) {
		h.close()
		h.deps.Rules.Advice = mobilesFirst{}
		h.open()
		h.sit(first, desk1)
		h.laned(dialertest.Case{ID: "a fixed line", Numbers: []dialer.Number{"0300000001"}, Priority: 50})
		h.laned(dialertest.Case{ID: "mobile", Numbers: []dialer.Number{"09000000001"}, Priority: 50})
		h.laned(dialertest.Case{ID: "urgent", Numbers: []dialer.Number{"0300000002"}, Priority: 10})
		h.comesUp(first, desk1, "urgent", "mobile", "a fixed line")
	})
}
