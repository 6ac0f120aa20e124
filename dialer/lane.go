package dialer

import "slices"

// Lane is who may take a case, and what kind of number it has: a text that the queue never looks into. The zero Lane is
// everybody's, of a case without a number.
type Lane string

// Languages are those for which cases wait apart, until a desk that speaks them is free. Everybody takes the others, Japanese
// and those for which the centre has nobody.
var Languages = []string{"en", "zh", "vi"}

// LaneKinds are the kinds of number that cases wait apart by. The empty one is of cases without a number that may be dialled.
var LaneKinds = []NumberKind{"", KindFixed, KindMobile, KindIP, KindFreeDial, KindNavi}

// LaneOf is the lane of a case. mine is the operator who promised to call back, and whose case it is whatever its language;
// empty for anyone. language is BCP 47; "" and "ja" are everybody's. kind is that of the number to be dialled next.
func LaneOf(mine UserID, language string, kind NumberKind) Lane {
	if !slices.Contains(LaneKinds, kind) {
		kind = ""
	}
	if !slices.Contains(Languages, language) {
		language = ""
	}
	switch {
	case mine != "": // last, for it may be any text
		return Lane("own/" + string(kind) + "/" + string(mine))
	case language == "" && kind == "":
		return ""
	default:
		return Lane("any/" + string(kind) + "/" + language)
	}
}

// Served is a lane that a desk takes from, with its rank now: of two due cases of equal priority that of the smaller rank
// goes first.
type Served struct {
	Lane Lane
	Rank int
}
