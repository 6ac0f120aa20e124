package casework_test

import (
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/japan"
)

var (
	entryTime = time.Date(2026, 11, 24, 10, 0, 0, 0, dialer.Tokyo)
	entryRefs = dialer.NewRefs([]byte(strings.Repeat("r", 32)))
)

func TestTypedNumbers(t *testing.T) {
	for _, c := range []struct {
		name, typed, again string
		number             dialer.Number
		kind               dialer.NumberKind
		field, code        string // what is wrong, if anything is
	}{
		{"fixed", "0300001234", "03-0000-1234", "0300001234", dialer.KindFixed, "", ""},
		{"060", "06000001234", "06000001234", "06000001234", dialer.KindMobile, "", ""},
		{"070", "070-0000-1234", "07000001234", "07000001234", dialer.KindMobile, "", ""},
		{"full width", "０７０−００００−１２３４", "07000001234", "07000001234", dialer.KindMobile, "", ""},
		{"0800", "0800-000-1234", "08000001234", "08000001234", dialer.KindFreeDial, "", ""},
		{"050", "050(0000)1234", "05000001234", "05000001234", dialer.KindIP, "", ""},
		{"a lost zero", "9000001234", "09000001234", "09000001234", dialer.KindMobile, "", ""},
		{"international writing", "+81 90-0000-1234", "09000001234", "09000001234", dialer.KindMobile, "", ""},
		{"the second differs", "09000001234", "09000001235", "09000001234", "", "again", "differs"},
		{"no second", "09000001234", "", "09000001234", "", "again", "differs"},
		{"110", "110", "110", "", "", "number", "service"},
		{"0990", "0990000123", "0990000123", "", "", "number", "special_service"},
		{"another country", "+1 202 000 1234", "+1 202 000 1234", "", "", "number", "international"},
		{"184 before it", "1840300001234", "1840300001234", "", "", "number", "caller_id_prefix"},
		{"too short", "0900000123", "0900000123", "", "", "number", "length"},
		{"060 too short", "0600001234", "0600001234", "", "", "number", "length"},
		{"words", "なし", "なし", "", "", "number", "bad_number"},
		{"two", "0300001234/0300001235", "", "", "", "number", "two_numbers"},
		{"nothing", "", "", "", "", "number", "bad_number"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := casework.TypedNumber{WardNumber: "１２３", Number: c.typed, Again: c.again, Source: "counter", DocumentOn: "令和8年11月20日"}
			got, wrong := in.Read(japan.Notation{}, entryRefs, entryTime)
			if got.WardNumber != "0000000123" || got.CaseRef != entryRefs.Case("0000000123") || got.DocumentOn != "2026-11-20" {
				t.Errorf("read %+v", got)
			}
			if c.field == "" {
				if len(wrong) > 0 || got.Number != c.number || got.Kind != c.kind || got.NumberRef != entryRefs.Number(c.number) {
					t.Fatalf("read %+v, %+v", got, wrong)
				}
				return
			}
			if len(wrong) != 1 || wrong[0].Field != c.field || wrong[0].Code != c.code || wrong[0].JA == "" || wrong[0].EN == "" {
				t.Fatalf("found %+v, want %s %s", wrong, c.field, c.code)
			}
			if strings.Contains(wrong[0].JA+wrong[0].EN, "0000") {
				t.Errorf("the sentence repeats the number: %+v", wrong[0])
			}
		})
	}
}

func TestTheRestOfATypedNumber(t *testing.T) {
	good := casework.TypedNumber{WardNumber: "0000000123", Number: "0300001234", Again: "0300001234", Source: "self_report", DocumentOn: "2026/11/24"}
	for _, c := range []struct {
		name, field, code string
		change            func(*casework.TypedNumber)
	}{
		{"all right", "", "", func(*casework.TypedNumber) {}},
		{"no 宛名番号", "ward_number", "bad_ward_number", func(n *casework.TypedNumber) { n.WardNumber = " " }},
		{"a long 宛名番号", "ward_number", "bad_ward_number", func(n *casework.TypedNumber) { n.WardNumber = "12345678901" }},
		{"a 宛名番号 of zeros", "ward_number", "bad_ward_number", func(n *casework.TypedNumber) { n.WardNumber = "0000000000" }},
		{"letters", "ward_number", "bad_ward_number", func(n *casework.TypedNumber) { n.WardNumber = "12a" }},
		{"no source", "source", "unknown", func(n *casework.TypedNumber) { n.Source = "" }},
		{"no date", "document_on", "bad_date", func(n *casework.TypedNumber) { n.DocumentOn = "" }},
		{"tomorrow", "document_on", "future", func(n *casework.TypedNumber) { n.DocumentOn = "2026-11-25" }},
		{"long ago", "document_on", "too_old", func(n *casework.TypedNumber) { n.DocumentOn = "2016-11-23" }},
	} {
		in := good
		c.change(&in)
		_, wrong := in.Read(japan.Notation{}, entryRefs, entryTime)
		if c.field == "" && len(wrong) == 0 || len(wrong) == 1 && wrong[0].Field == c.field && wrong[0].Code == c.code {
			continue
		}
		t.Errorf("%s: found %+v, want %s %s", c.name, wrong, c.field, c.code)
	}
}
