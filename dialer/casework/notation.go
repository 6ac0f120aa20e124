package casework

// Notation reads cells that are written the Japanese way. japan.Notation implements it, so that this package needs no
// numbering plan, no calendar of eras and no tables of characters.
type Notation interface {
	// Text makes a cell fit to be kept and shown, without changing any character that could belong to a name.
	Text(cell string) string
	// Kana makes a reading fit to be kept and searched.
	Kana(cell string) string
	// Plain makes a cell fit to be compared: widths folded, lower case, no space around it.
	Plain(cell string) string
	// Number reads a telephone number. With digits, note is "", "leading_zero" or "country_code" (what was mended);
	// without digits, note is the Code of the problem: "bad_number", "exponent" or "two_numbers".
	Number(cell string) (digits, note string)
	// Date reads a date, with or without an era year, as YYYY-MM-DD.
	Date(cell string) (iso string, ok bool)
	// Yen reads a sum of whole yen, zero or more.
	Yen(cell string) (yen int64, ok bool)
}
