package japan

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// What Number says of a cell beside the digits.
const (
	// LeadingZero: the leading zero was missing (spreadsheets drop it) and was put back.
	LeadingZero = "leading_zero"
	// CountryCode: the number was written with +81.
	CountryCode = "country_code"
	// Exponent: a spreadsheet has turned the number into 9.01E+09; its digits are lost.
	Exponent = "exponent"
	// TwoNumbers: the cell holds more than one number.
	TwoNumbers = "two_numbers"
	// NoNumber: the cell holds something that is no telephone number.
	NoNumber = "bad_number"
)

// longest is more digits than any number has; a cell with more holds two.
const longest = 16

// separators may stand between the digits of a number, once the widths are folded.
const separators = "-‐‑‒–—―−ー.()[] \u3000\t・"

// Number reads a telephone number as people write it (full-width, with brackets, hyphens or spaces, with +81, without
// its leading zero) and returns its national digits. With digits, note is "", LeadingZero or CountryCode; without, note
// says why. Whether the number may be dialled is not asked: 110, and numbers of a wrong length, are returned as they are.
func Number(cell string) (digits, note string) {
	s := strings.TrimSpace(Plain(cell))
	if isExponent(s) {
		return "", Exponent
	}
	if strings.ContainsAny(strings.Trim(s, "/,;、"), "/,;、\n") {
		return "", TwoNumbers
	}
	plus := strings.HasPrefix(s, "+")
	digits, ok := onlyDigits(strings.TrimPrefix(s, "+"))
	switch {
	case !ok || digits == "":
		return "", NoNumber
	case plus:
		return fromAbroad(digits)
	case len(digits) > longest:
		return "", TwoNumbers
	}
	return mendZero(digits)
}

// FormatNumber puts the hyphens of the numbering plan into a national number ("03-1234-5678"). What has no place in the
// plan is returned as it is.
func FormatNumber(digits string) string {
	n, err := phonenumbers.Parse(digits, "JP")
	if err != nil || !strings.HasPrefix(digits, "0") {
		return digits
	}
	formatted := phonenumbers.Format(n, phonenumbers.NATIONAL)
	if strings.ReplaceAll(formatted, "-", "") != digits {
		return digits
	}
	return formatted
}

// fromAbroad turns what follows a + into a national number, or into the international prefix 010 for other countries.
func fromAbroad(digits string) (national, note string) {
	rest, ours := strings.CutPrefix(digits, "81")
	if !ours {
		if len(digits) > longest-3 {
			return "", NoNumber
		}
		return "010" + digits, ""
	}
	// +81 (0)3… is as common as it is wrong.
	return "0" + strings.TrimPrefix(rest, "0"), CountryCode
}

// mendZero puts a lost zero back where only a lost zero explains the digits: what then stands there has exactly the
// length the plan gives it. A +81 that lost its plus is mended likewise.
func mendZero(digits string) (national, note string) {
	if digits[0] == '0' {
		return digits, ""
	}
	if mended := "0" + digits; len(mended) == planned(mended) {
		return mended, LeadingZero
	}
	if rest, ok := strings.CutPrefix(digits, "81"); ok {
		if mended := "0" + strings.TrimPrefix(rest, "0"); len(mended) == planned(mended) {
			return mended, CountryCode
		}
	}
	return digits, ""
}

// planned is how many digits the numbering plan gives a number that begins so.
func planned(s string) int {
	for _, eleven := range []string{"050", "060", "070", "080", "090"} {
		if strings.HasPrefix(s, eleven) {
			return 11
		}
	}
	if len(s) < 2 || s[1] == '0' || strings.HasPrefix(s, "010") { // 00XY and 010 are prefixes, not numbers
		return 0
	}
	return 10
}

func isExponent(s string) bool {
	mantissa, power, ok := strings.Cut(s, "e+")
	return ok && strings.Trim(mantissa, "0123456789.") == "" && strings.Trim(power, "0123456789") == ""
}

// onlyDigits drops separators; ok is false when anything else is there.
func onlyDigits(s string) (digits string, ok bool) {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case !strings.ContainsRune(separators, r):
			return "", false
		}
	}
	return b.String(), true
}
