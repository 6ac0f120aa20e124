package japan

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
	"pgregory.net/rapid"
)

func TestNumber(t *testing.T) {
	for _, c := range []struct{ cell, digits, note string }{
		{"03-0123-4567", "0301234567", ""},
		{"０３（０１２３）４５６７", "0301234567", ""},
		{"０９０ー０１２３ー４５６７", "09001234567", ""},
		{" 090 0123 4567　", "09001234567", ""},
		{"03−0123‐4567", "0301234567", ""},
		{"+81 3-0123-4567", "0301234567", CountryCode},
		{"+81(0)90-0123-4567", "09001234567", CountryCode},
		{"819001234567", "09001234567", CountryCode},
		{"9001234567", "09001234567", LeadingZero},
		{"301234567", "0301234567", LeadingZero},
		{"120001234", "0120001234", LeadingZero},
		{"5001234567", "05001234567", LeadingZero},
		{"990123456", "0990123456", LeadingZero},
		{"110", "110", ""},
		{"1840301234567", "1840301234567", ""},
		{"03-012-345", "03012345", ""},
		{"+1 212 555 0100", "01012125550100", ""},
		{"001-010-0123", "0010100123", ""},
		{"9.01E+09", "", Exponent},
		{"03-0123-4567/090-0123-4567", "", TwoNumbers},
		{"03-0123-4567\n090-0123-4567", "", TwoNumbers},
		{"03-0123-4567 090-0123-4567", "", TwoNumbers},
		{"03-0123-4567 内線5", "", NoNumber},
		{"なし", "", NoNumber},
		{"*67", "", NoNumber},
		{"-", "", NoNumber},
		{"", "", NoNumber},
		{"+81", "0", CountryCode},
		{"+123456789012345678901", "", NoNumber},
	} {
		if digits, note := Number(c.cell); digits != c.digits || note != c.note {
			t.Errorf("%q: got %q %q, want %q %q", c.cell, digits, note, c.digits, c.note)
		}
	}
}

func TestFormatNumber(t *testing.T) {
	for digits, want := range map[string]string{
		"0301234567": "03-0123-4567", "09001234567": "090-0123-4567", "05001234567": "050-0123-4567", "0120000001": "0120-000-001",
		"110": "110", "": "", "0312": "0312",
	} {
		if got := FormatNumber(digits); got != want {
			t.Errorf("%q: got %q, want %q", digits, got, want)
		}
	}
}

// However a number of the plan is written, it is read back as the same digits.
func TestNumberRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.OneOf(
			rapid.StringMatching(`0[1-9]0[0-9]{7}`).Filter(func(s string) bool { return planned(s) == 10 }),
			rapid.StringMatching(`0[56789]00[0-9]{7}`),
			rapid.StringMatching(`0(120|570)[0-9]{6}`),
		).Draw(t, "digits")
		for _, written := range []string{digits, FormatNumber(digits), wide(digits), "+81" + digits[1:], digits[1:], "(" + digits[:3] + ")" + digits[3:]} {
			if got, note := Number(written); got != digits {
				t.Fatalf("%q: got %q %q", written, got, note)
			}
		}
	})
}

// A number is only mended when the numbering plan has room for it, as an independent library sees it.
func TestMendedNumbersArePossible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		got, note := Number(rapid.StringMatching(`[1-9][0-9]{5,13}`).Draw(t, "cell"))
		if note != LeadingZero {
			return
		}
		if n, err := phonenumbers.Parse(got, "JP"); err != nil || phonenumbers.IsPossibleNumberWithReason(n) != phonenumbers.IS_POSSIBLE {
			t.Fatalf("mended to %q, which cannot be: %v", got, err)
		}
	})
}

func wide(s string) string {
	return strings.Map(func(r rune) rune { return r - '0' + '０' }, s)
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"03-0123-4567", "+81 3", "９０", "9.01E+09", "/", "+", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		digits, note := Number(cell)
		if strings.Trim(digits, "0123456789") != "" || (digits == "") == (note == "") && digits == "" {
			t.Fatalf("got %q %q", digits, note)
		}
		if again, _ := Number(digits); digits != "" && again != digits {
			t.Fatalf("%q is read again as %q", digits, again)
		}
	})
}

func TestParseYen(t *testing.T) {
	for cell, want := range map[string]int64{
		"１２，３００円": 12_300, "¥12,300": 12_300, "￥１２３００": 12_300, "12300": 12_300, " 0 ": 0, //nolint:gocritic // the spaces are the test
		`\5,000`: 5_000, "1,234,567円": 1_234_567, "007": 7,
		"-500": -1, "△500": -1, "▲500": -1, "(500)": -1, "12.5": -1, "1,23": -1, "12,3000": -1, "": -1, "円": -1, "一万": -1, "12万": -1, "9999999999999999": -1,
	} {
		got, ok := ParseYen(cell)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: got %d %v", cell, got, ok)
		}
	}
}

func TestYenRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		yen := rapid.Int64Range(0, 1e15-1).Draw(t, "yen")
		if got, ok := ParseYen(FormatYen(yen)); !ok || got != yen {
			t.Fatalf("%s: got %d %v", FormatYen(yen), got, ok)
		}
	})
	if got := FormatYen(-1_234_567); got != "-1,234,567円" {
		t.Errorf("got %s", got)
	}
}

func TestParseDate(t *testing.T) {
	for cell, want := range map[string]string{
		"令和8年11月24日": "2026-11-24", "令和８年１１月２４日": "2026-11-24", "R8.11.24": "2026-11-24", "r08/11/24": "2026-11-24", "R8-11-24": "2026-11-24",
		"2026/11/24": "2026-11-24", "2026-11-24": "2026-11-24", "2026.1.4": "2026-01-04", "20261124": "2026-11-24", "2026年11月24日": "2026-11-24",
		"2026/11/24 0:00": "2026-11-24", "2026/11/24 0:00:00": "2026-11-24", "5081124": "2026-11-24", "3451203": "1970-12-03",
		"令和元年5月1日": "2019-05-01", "平成31年4月30日": "2019-04-30", "平成31年5月31日": "2019-05-31", "昭和64年1月7日": "1989-01-07", "S15.2.29": "1940-02-29",
		"大正元年7月30日": "1912-07-30", "明治45年7月29日": "1912-07-29", "令和元年4月30日": "", "令和0年5月1日": "", "2026/02/29": "", "2026/13/01": "",
		"昭和20年0月0日": "", "": "", "来月末": "", "11/24": "", "1600-01-01": "", "9081124": "", "46350": "",
	} {
		if got, ok := ParseDate(cell); ok != (want != "") || ok && got != want {
			t.Errorf("%q: got %q %v, want %q", cell, got, ok, want)
		}
	}
}

func TestDateRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		iso := date(1873, time.January, rapid.IntRange(1, 80_000).Draw(t, "day")).Format(time.DateOnly)
		formatted, err := FormatDate(iso)
		if err != nil {
			t.Fatal(err)
		}
		for _, written := range []string{formatted, iso, strings.ReplaceAll(iso, "-", ""), strings.ReplaceAll(iso, "-", "/")} {
			if got, ok := ParseDate(written); !ok || got != iso {
				t.Fatalf("%s (%s): got %q %v", iso, written, got, ok)
			}
		}
	})
	if got, err := FormatDate("2026-11-31"); err == nil {
		t.Errorf("no such day, but got %q", got)
	}
	if got, _ := FormatDate("2019-05-01"); got != "令和元年5月1日" {
		t.Errorf("got %q", got)
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct{ cell, text, kana, plain string }{
		{" ﾐﾎﾝ ﾀﾛｳ ", "ミホン タロウ", "ミホン　タロウ", "ミホン タロウ"},
		{"ｶﾞｷﾞﾊﾟｰﾄ", "ガギパート", "ガギパート", "ガギパート"},
		{"みほん　 たろう", "みほん　 たろう", "ミホン　タロウ", "みほん  たろう"},
		{"か\u3099", "が", "ガ", "が"},
		{"ﾞ", "゛", "゛", "\u0020\u3099"},
		{"\ufa19田\u9ad9", "\ufa19田\u9ad9", "\ufa19田\u9ad9", "\u795e田\u9ad9"},
		{"１−２〜３", "１−２〜３", "１−２〜３", "1−2〜3"},
		{"ＡＢＣ１", "ＡＢＣ１", "ＡＢＣ１", "abc1"},
		{"a\x00b\tc\r\nd", "ab c\nd", "ab　c　d", "ab c\nd"},
		{"①㈱", "①㈱", "①㈱", "①㈱"},
	} {
		text, kana, plain := Text(c.cell), Kana(c.cell), Plain(c.cell)
		if text != c.text || kana != c.kana {
			t.Errorf("%q: got %q, %q", c.cell, text, kana)
		}
		if c.cell != "ﾞ" && plain != c.plain {
			t.Errorf("%q: plain is %q, want %q", c.cell, plain, c.plain)
		}
	}
}

func FuzzCells(f *testing.F) {
	for _, s := range []string{"ﾐﾎﾝ", "令和8年11月24日", "１２，３００円", "か\u3099", "\xff\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		once := Text(cell)
		if Text(once) != once || !utf8.ValidString(once) || strings.ContainsAny(once, "\x00\r\t") {
			t.Fatalf("%q is not settled: %q", once, Text(once))
		}
		if k := Kana(cell); Kana(k) != k {
			t.Fatalf("%q is not settled: %q", k, Kana(k))
		}
		if iso, ok := ParseDate(cell); ok {
			if _, err := time.Parse(time.DateOnly, iso); err != nil {
				t.Fatal(err)
			}
		}
		if yen, ok := ParseYen(cell); ok && (yen < 0 || fmt.Sprint(yen) == "") {
			t.Fatal(yen)
		}
	})
}
