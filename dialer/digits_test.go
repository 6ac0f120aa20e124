package dialer_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
)

func TestDigitsAreSentAndOnlyCounted(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		call, _ := h.talks(first, desk1)
		ctx := t.Context()
		h.refused(h.Digits(ctx, second, call, "1"), dialer.NotYourDesk)
		for _, bad := range []string{"", "1 2", "E", "a", "１", "1\x00", strings.Repeat("1", 33)} {
			h.refused(h.Digits(ctx, first, call, bad), dialer.BadDigits)
		}
		if err := h.Digits(ctx, first, "none", "1"); err == nil {
			t.Error("keys for a call that is not there")
		}
		h.must(h.Digits(ctx, first, call, "9753*#AD"))
		h.must(h.Digits(ctx, supervisor, call, strings.Repeat("8", 32)))
		synctest.Wait()
		if got := h.phone.Digits(call); got != "9753*#AD"+strings.Repeat("8", 32) {
			t.Errorf("sent: %q", got)
		}
		h.must(h.Hangup(ctx, first, call))
		a := h.ended(call)
		var counts []string
		for _, ev := range a.End.Evidence {
			if ev.Event == dialer.EvDigitsSent {
				counts = append(counts, ev.Reason)
			}
			if strings.Contains(ev.Reason, "9753") {
				t.Errorf("the record says which keys: %+v", ev)
			}
		}
		if strings.Join(counts, " ") != "8 32" {
			t.Errorf("counted: %v", counts)
		}
		if err := h.Digits(ctx, first, call, "1"); err == nil {
			t.Error("keys for a call that is over")
		}
	})
}

func TestDigitsBeforeTheAnswerNeedEarlyMedia(t *testing.T) {
	for _, early := range []bool{true, false} {
		inHouse(t, func(t *testing.T, h *house) {
			h.phone.Far(dialertest.Far{}, dialertest.Far{Kind: dialertest.FarRings, Early: early, Ring: time.Second})
			call := h.dial(first, desk1, h.cases(1)[0])
			h.state(call, dialer.CallingCustomer)
			time.Sleep(2 * time.Second)
			synctest.Wait()
			err := h.Digits(t.Context(), first, call, "1")
			synctest.Wait()
			if early {
				h.must(err)
			} else {
				h.refused(err, dialer.NotTalking)
			}
			if got := h.phone.Digits(call); (got == "1") != early {
				t.Errorf("early media %v: sent %q", early, got)
			}
			h.must(h.Hangup(t.Context(), first, call))
			h.ended(call)
		})
	}
}
