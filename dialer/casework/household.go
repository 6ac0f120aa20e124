package casework

import (
	"strings"
	"unicode"

	"kakeru/dialer"
)

// addressSigns are what stands between the numbers of an address, by the many ways that people write it.
var addressSigns = strings.NewReplacer("丁目", "-", "番地", "-", "番", "-", "号", "-", "－", "-", "−", "-", "‐", "-", "ー", "-", "―", "-", "の", "-")

// household is what people of one household have in common on the list: the address with its numbers, and the surname. It is empty
// where either is not known: a town alone, or a name in one piece, would make strangers one household.
func (c *cells) household(p Person) string {
	name := strings.FieldsFunc(p.Name, unicode.IsSpace)
	address := strings.Trim(addressSigns.Replace(c.key(p.Address)), "-")
	for strings.Contains(address, "--") {
		address = strings.ReplaceAll(address, "--", "-")
	}
	if len(name) < 2 || !strings.ContainsFunc(address, unicode.IsDigit) {
		return ""
	}
	return c.key(name[0]) + " " + address
}

// Kin is a case that has something in common with another one: a number, or address and surname.
type Kin struct {
	Case       dialer.CaseID
	SameNumber bool
	Household  bool
}
