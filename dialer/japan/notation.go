package japan

// Notation is the package's reading of cells as one value, for the port of the same name in casework.
type Notation struct{}

// Text makes a cell fit to be kept and shown; see Text.
func (Notation) Text(cell string) string { return Text(cell) }

// Kana makes a reading fit to be kept and searched; see Kana.
func (Notation) Kana(cell string) string { return Kana(cell) }

// Plain makes a cell fit to be compared; see Plain.
func (Notation) Plain(cell string) string { return Plain(cell) }

// Number reads a telephone number; see Number.
func (Notation) Number(cell string) (digits, note string) { return Number(cell) }

// Date reads a date as YYYY-MM-DD; see ParseDate.
func (Notation) Date(cell string) (iso string, ok bool) { return ParseDate(cell) }

// Yen reads a sum; see ParseYen.
func (Notation) Yen(cell string) (yen int64, ok bool) { return ParseYen(cell) }
