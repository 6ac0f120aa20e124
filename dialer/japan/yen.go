package japan

import (
	"regexp"
	"strconv"
	"strings"
)

// yenForm is a sum: digits with or without commas in their places, a sign for yen before or after.
var yenForm = regexp.MustCompile(`^[¥\\]?\s*([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)\s*円?$`)

// maxYenDigits keeps every sum far below what an int64 holds.
const maxYenDigits = 15

// ParseYen reads a sum of whole yen ("１２，３００円", "¥12,300", "12300"). ok is false for everything else: a negative sum
// (-, △, ▲ or brackets), a fraction, commas out of place, an empty cell.
func ParseYen(cell string) (yen int64, ok bool) {
	m := yenForm.FindStringSubmatch(strings.ReplaceAll(Plain(cell), "、", ","))
	if m == nil {
		return 0, false
	}
	digits := strings.ReplaceAll(m[1], ",", "")
	if len(digits) > maxYenDigits {
		return 0, false
	}
	yen, err := strconv.ParseInt(digits, 10, 64)
	return yen, err == nil
}

// FormatYen writes a sum with commas and 円 ("12,300円").
func FormatYen(yen int64) string {
	sign, digits := "", strconv.FormatInt(yen, 10)
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits + "円"
}
