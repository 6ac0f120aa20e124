package dialer

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Each row of the design's table of connection results.
func TestEveryRowOfTheResults(t *testing.T) {
	const s = time.Second
	const h, m, l = High, Medium, Low
	otherBand := NextRule{AfterMinutes: 60, OtherBand: true}
	againOnce, inAnHour := NextRule{NextDay: true, HoldAfter: 2}, NextRule{AfterMinutes: 60}
	sent := func(o Outcome) Outcome { o.Sent = true; return o }
	for _, c := range []struct {
		name string
		o    Outcome
		want Result
		sure []Confidence
		cnt  bool
		next NextRule // of which only the conditions are compared
	}{
		{"2xx", sent(Outcome{Answered: true, Ringing: true, EndedBy: ByCustomer, RangFor: 8 * s}), Answered, []Confidence{h}, true, NextRule{}},
		{"2xx, and we hung up", sent(Outcome{Answered: true, EndedBy: ByOperator}), Answered, []Confidence{h}, true, NextRule{}},
		{"2xx, and the talk limit", sent(Outcome{Answered: true, EndedBy: ByTalkLimit}), Answered, []Confidence{h}, true, NextRule{}},
		{"487 after our limit with 18x", sent(Outcome{Ringing: true, Status: 487, EndedBy: ByRingLimit, RangFor: 30 * s}), NoAnswer, []Confidence{h}, true, otherBand},
		{"408 after 18x", sent(Outcome{Ringing: true, Status: 408, EndedBy: ByNetwork}), NoAnswer, []Confidence{h}, true, otherBand},
		{"487 of the network, cause 19", sent(Outcome{Ringing: true, Status: 487, Cause: 19, EndedBy: ByNetwork}), NoAnswer, []Confidence{h}, true, otherBand},
		{"487 after our limit without 18x", sent(Outcome{Status: 487, EndedBy: ByRingLimit, Took: 30 * s}), LineTrouble, []Confidence{l}, false, NextRule{AfterMinutes: 60}},
		{"486", sent(Outcome{Status: 486, Cause: 17, EndedBy: ByNetwork}), Busy, []Confidence{h}, true, NextRule{AfterMinutes: 5}},
		{"600", sent(Outcome{Status: 600, EndedBy: ByNetwork}), Busy, []Confidence{h}, true, NextRule{AfterMinutes: 5}},
		{"486 after a long ring", sent(Outcome{Ringing: true, Status: 486, RangFor: 20 * s, EndedBy: ByNetwork}), NoAnswer, []Confidence{m}, true, otherBand},
		{"480 cause 20", sent(Outcome{Status: 480, Cause: 20, EndedBy: ByNetwork}), OutOfReach, []Confidence{l, m}, true, NextRule{AfterMinutes: 60}},
		{"480 cause 31", sent(Outcome{Status: 480, Cause: 31, EndedBy: ByNetwork}), NoAnswer, []Confidence{l, m}, true, otherBand},
		{"480 cause 18, no ring", sent(Outcome{Status: 480, Cause: 18, EndedBy: ByNetwork}), NoAnswer, []Confidence{l, m}, true, otherBand},
		{"480", sent(Outcome{Status: 480, EndedBy: ByNetwork}), NoAnswer, []Confidence{l, m}, true, otherBand},
		{"404 cause 1", sent(Outcome{Status: 404, Cause: 1, EndedBy: ByNetwork}), Unallocated, []Confidence{m}, true, againOnce},
		{"604", sent(Outcome{Status: 604, EndedBy: ByNetwork}), Unallocated, []Confidence{m}, true, againOnce},
		{"485 cause 3", sent(Outcome{Status: 485, Cause: 3, EndedBy: ByNetwork}), Unallocated, []Confidence{m}, true, againOnce},
		{"410 cause 22", sent(Outcome{Status: 410, Cause: 22, EndedBy: ByNetwork}), NumberChanged, []Confidence{m}, true, NextRule{Hold: true}},
		{"484 cause 28", sent(Outcome{Status: 484, Cause: 28, EndedBy: ByNetwork}), BadNumber, []Confidence{h}, false, NextRule{Hold: true}},
		{"603 cause 21", sent(Outcome{Ringing: true, Status: 603, Cause: 21, EndedBy: ByNetwork}), Refused, []Confidence{l}, true, NextRule{Hold: true}},
		{"607", sent(Outcome{Status: 607, EndedBy: ByNetwork}), Refused, []Confidence{l}, true, NextRule{Hold: true}},
		{"608", sent(Outcome{Status: 608, EndedBy: ByNetwork}), Refused, []Confidence{l}, true, NextRule{Hold: true}},
		{"403", sent(Outcome{Status: 403, EndedBy: ByNetwork}), Refused, []Confidence{l}, true, NextRule{Hold: true}},
		{"503 at once, cause 34", sent(Outcome{Status: 503, Cause: 34, Took: s, EndedBy: ByNetwork}), LineTrouble, []Confidence{h}, false, NextRule{AfterMinutes: 5}},
		{"nothing could be sent", sent(Outcome{EndedBy: ByNetwork}), LineTrouble, []Confidence{h}, false, NextRule{AfterMinutes: 5}},
		{"503 later", sent(Outcome{Status: 503, Took: 9 * s, EndedBy: ByNetwork}), LineTrouble, []Confidence{l}, false, NextRule{AfterMinutes: 60}},
		{"503 after 18x", sent(Outcome{Ringing: true, Status: 503, Took: s, EndedBy: ByNetwork}), LineTrouble, []Confidence{l}, false, NextRule{AfterMinutes: 60}},
		{"408 without 18x", sent(Outcome{Status: 408, Took: 32 * s, EndedBy: ByNetwork}), LineTrouble, []Confidence{l}, false, NextRule{AfterMinutes: 60}},
		{"487 after a hang-up", sent(Outcome{Ringing: true, Status: 487, RangFor: 14 * s, EndedBy: ByOperator}), Cancelled, []Confidence{h}, false, NextRule{AfterMinutes: 60}},
		{"the same after 15 s of ringing", sent(Outcome{Ringing: true, Status: 487, RangFor: 15 * s, EndedBy: ByOperator}), Cancelled, []Confidence{h}, true, otherBand},
		{"486 that met our hang-up", sent(Outcome{Status: 486, EndedBy: ByOperator}), Busy, []Confidence{h}, true, NextRule{AfterMinutes: 5}},
		{"486 that met our closing", sent(Outcome{Status: 486, EndedBy: BySystem}), Busy, []Confidence{h}, true, NextRule{AfterMinutes: 5}},
		{"the house is closing", sent(Outcome{Ringing: true, Status: 487, RangFor: 20 * s, EndedBy: BySystem}), Cancelled, []Confidence{h}, false, NextRule{AfterMinutes: 60}},
		{"crash", sent(Outcome{EndedBy: ByCrash}), Interrupted, []Confidence{l}, false, NextRule{Hold: true}},
		{"crash, 18x was seen", sent(Outcome{Ringing: true, EndedBy: ByCrash}), Interrupted, []Confidence{l}, true, NextRule{Hold: true}},
		{"crash, 2xx was seen", sent(Outcome{Crossed: true, EndedBy: ByCrash}), Interrupted, []Confidence{l}, true, NextRule{Hold: true}},
		{"an answer crossed our limit", sent(Outcome{Ringing: true, Crossed: true, RangFor: 30 * s, EndedBy: ByRingLimit}), NoAnswer, []Confidence{m}, true, otherBand},
		{"404, and heard so", sent(Outcome{Ringing: true, Status: 404, Heard: HeardVacant, EndedBy: ByNetwork}), Unallocated, []Confidence{h}, true, againOnce},
		{"cause 1, and heard so", sent(Outcome{Status: 480, Cause: 1, Heard: HeardVacant, EndedBy: ByNetwork}), Unallocated, []Confidence{h}, true, againOnce},
		{"heard vacant until our limit", sent(Outcome{Ringing: true, Status: 487, Heard: HeardVacant, EndedBy: ByRingLimit}), Unallocated, []Confidence{m}, true, againOnce},
		{"410, and heard to be vacant", sent(Outcome{Status: 410, Heard: HeardVacant, EndedBy: ByNetwork}), NumberChanged, []Confidence{h}, true, NextRule{Hold: true}},
		{"we hung up, heard out of reach", sent(Outcome{Ringing: true, Status: 487, Heard: HeardOutOfReach, EndedBy: ByOperator}), OutOfReach, []Confidence{m}, true, inAnHour},
		{"480, and heard out of reach", sent(Outcome{Ringing: true, Status: 480, Heard: HeardOutOfReach, EndedBy: ByNetwork}), OutOfReach, []Confidence{h}, true, inAnHour},
		{"an answer crossed, heard out of reach", sent(Outcome{Ringing: true, Crossed: true, Heard: HeardOutOfReach, EndedBy: ByOperator}), OutOfReach, []Confidence{m}, true, inAnHour},
		{"603, and heard to be refused", sent(Outcome{Ringing: true, Status: 603, Heard: HeardRefused, EndedBy: ByNetwork}), Refused, []Confidence{h}, true, NextRule{Hold: true}},
		{"heard to be refused", sent(Outcome{Ringing: true, Status: 487, Heard: HeardRefused, EndedBy: ByOperator}), Refused, []Confidence{m}, true, NextRule{Hold: true}},
		{"the carrier's reasons", sent(Outcome{Ringing: true, Status: 487, Heard: HeardCarrierReason, EndedBy: ByOperator}), Refused, []Confidence{m}, true, NextRule{Hold: true}},
		{"at its owner's request", sent(Outcome{Ringing: true, Status: 480, Heard: HeardByRequest, EndedBy: ByNetwork}), Refused, []Confidence{m}, true, NextRule{Hold: true}},
		{"2xx, and an announcement", sent(Outcome{Answered: true, Ringing: true, Heard: HeardVacant, EndedBy: ByOperator}), Answered, []Confidence{m}, true, NextRule{}},
		{"crash, and an announcement", sent(Outcome{Ringing: true, Heard: HeardVacant, EndedBy: ByCrash}), Interrupted, []Confidence{l}, true, NextRule{Hold: true}},
		{"the desk phone never answered", Outcome{EndedBy: ByDeskLimit}, NotDialled, []Confidence{h}, false, NextRule{}},
		{"crash before the INVITE", Outcome{EndedBy: ByCrash}, NotDialled, []Confidence{h}, false, NextRule{}},
		{"a redirection nobody follows", sent(Outcome{Status: 302, Took: 9 * s, EndedBy: ByNetwork}), LineTrouble, []Confidence{l}, false, NextRule{AfterMinutes: 60}},
	} {
		v, own := DefaultResults().Decide(c.o)
		if v.Result != c.want || v.Counted != c.cnt || v.Why == "" || v.Rule == "" || !slices.Contains(c.sure, v.Confidence) {
			t.Errorf("%s: %+v", c.name, v)
		}
		if own != nil {
			t.Errorf("%s: the built-in table says what follows: %+v", c.name, own)
		}
		if v.Result == Answered || v.Result == NotDialled {
			continue
		}
		next := DefaultRules().After(v)
		if next.JA == "" || next.EN == "" {
			t.Errorf("%s: nobody can say what comes next", c.name)
		}
		if next.Reason, next.SpoilsNumber, next.MostPerDay = (Reason{}), false, 0; next != c.next {
			t.Errorf("%s: next %+v, want %+v", c.name, next, c.next)
		}
	}
}

// Whatever the network says, the verdict is one the ledger can keep.
func TestEveryOutcomeIsDecided(t *testing.T) {
	table := DefaultResults()
	rapid.Check(t, func(t *rapid.T) {
		o := Outcome{
			Sent: rapid.Bool().Draw(t, "sent"), Ringing: rapid.Bool().Draw(t, "rang"), Answered: rapid.Bool().Draw(t, "answered"),
			Crossed: rapid.Bool().Draw(t, "crossed"), Status: rapid.IntRange(0, 699).Draw(t, "status"), Cause: rapid.IntRange(0, 127).Draw(t, "cause"),
			RangFor: time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "rang for")),
			Took:    time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "took")),
			Heard:   rapid.SampledFrom(append([]Announcement{""}, Announcements...)).Draw(t, "heard"),
			EndedBy: rapid.SampledFrom([]EndedBy{ByOperator, ByCustomer, ByNetwork, ByRingLimit, ByTalkLimit, BySystem, ByCrash}).Draw(t, "by"),
		}
		if !o.Sent { // nothing of it can be then
			o = Outcome{EndedBy: o.EndedBy}
		}
		v, _ := table.Decide(o)
		if (v.Result == NotDialled) == o.Sent || v.Result == Answered != o.Answered || v.Counted && !o.Sent || v.Why == "" || v.Confidence == "" {
			t.Fatalf("%+v: %+v", o, v)
		}
	})
}

func TestParseResultsRefuses(t *testing.T) {
	const (
		unsent = `{"name":"never","sent":false,"result":"not_dialled","confidence":"high","why":"x","next":{"why":"x"}},`
		rest   = `{"name":"rest","result":"line_trouble","confidence":"low","why":"x","next":{"why":"x"}}`
	)
	row := func(more string) string { return "[" + unsent + `{"name":"odd","why":"x",` + more + "}," + rest + "]" }
	if _, err := ParseResults([]byte("[" + unsent + rest + "]")); err != nil {
		t.Fatal(err)
	}
	for in, says := range map[string]string{
		`{`:  "results table",
		`[]`: "last row",
		`[` + strings.TrimSuffix(unsent, ",") + `]`: "last row",
		`[` + rest + `]`: "never sent",
		row(`"result":"refused","confidence":"low","heard":["none"]`):                                                       "unknown word in heard",
		row(`"result":"no_anser","confidence":"low"`):                                                                       "row 2 (odd): unknown result",
		row(`"result":"busy","confidence":"sure"`):                                                                          "unknown confidence",
		row(`"result":"busy","confidence":"low","statsu":[486]`):                                                            "statsu",
		row(`"result":"not_dialled","confidence":"low"`):                                                                    "sent: false",
		row(`"result":"answered","confidence":"low"`):                                                                       "answered: true",
		row(`"result":"busy","confidence":"low","status":[],"status_to":599`):                                               "status_to",
		`[` + unsent + `{"result":"busy","confidence":"low"},` + rest + `]`:                                                 "needs a name",
		`[{"name":"first","ended_by":["crash"],"result":"interrupted","confidence":"low","why":"x"},` + unsent + rest + `]`: "never sent",
	} {
		if _, err := ParseResults([]byte(in)); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s\n\tgot %v, want %q", in, err, says)
		}
	}
}

// A table that ParseResults never saw decides all the same.
func TestATableWithoutItsLastRow(t *testing.T) {
	v, next := ResultTable{}.Decide(Outcome{Sent: true})
	if v.Result != LineTrouble || v.Counted || next != nil || v.Why == "" {
		t.Errorf("%+v %+v", v, next)
	}
}

func TestMaskDigits(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "Busy Here": "Busy Here", "123456": "123456", "1234567": "#######", "0312345678 is busy": "########## is busy",
		"486 <sip:09012345678@x> 5060": "486 <sip:###########@x> 5060", "１２３４５６７": "＃＃＃＃＃＃＃", "1２3４5６７です": "#＃#＃#＃＃です", "1234567x1234567": "#######x#######",
		"call 03-1234-5678 now": "call ##-####-#### now", "404 (03) 1234 5678": "404 (##) #### ####", "+81 90.1234.5678": "+## ##.####.####",
		"2026-11-27 10:30": "2026-11-27 10:30", "12-34-56-78": "12-34-56-78", "0-1-2": "0-1-2", "192.0.2.10": "192.0.2.10",
		"０３－１２３４－５６７８": "＃＃－＃＃＃＃－＃＃＃＃", "０９０ー1234ー5678へ": "＃＃＃ー####ー####へ", "090_1234_5678": "###_####_####",
		"tel:090%2D1234%2D5678": "tel:###%2D####%2D####", "03,1234,5678": "##,####,####", "１２，３４５，６７８円": "１２，３４５，６７８円", "+": "+", "＋81 90 1234 5678": "＋## ## #### ####",
		"\xff0312345678\xff": "\xff##########\xff", "12 090-1234-5678": "12 ###-####-####", "2026-11-27 03-1234-5678": "2026-11-27 ##-####-####",
	} {
		if got := MaskDigits(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

// A text of digits that are parted is read once, however long it is.
func BenchmarkMaskDigits(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		text := strings.Repeat("1 ", n)
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				MaskDigits(text)
			}
		})
	}
}

func FuzzMaskDigits(f *testing.F) {
	f.Add("tel:0312345678;x=1")
	f.Fuzz(func(t *testing.T, in string) {
		out := MaskDigits(in)
		run := 0
		for i := range len(out) {
			if run++; out[i] < '0' || out[i] > '9' {
				run = 0
			}
			if run >= 7 {
				t.Fatalf("%q still has a number in it: %q", in, out)
			}
			if out[i] != in[i] && out[i] != '#' && out[i] != wideMask[2] {
				t.Fatalf("%q became %q", in, out)
			}
		}
		if len(out) != len(in) || MaskDigits(out) != out {
			t.Fatalf("%q became %q", in, out)
		}
	})
}
