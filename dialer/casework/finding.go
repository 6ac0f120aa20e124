package casework

import (
	"context"
	"slices"

	"kakeru/dialer"
)

// FindingKind is one kind of thing that a list brings, or no longer brings: what a supervisor looks at before it is applied.
type FindingKind string

// The kinds of findings.
const (
	BalanceChanged FindingKind = "balance"
	PhonesChanged  FindingKind = "phones"
	NameChanged    FindingKind = "name"
	AddressChanged FindingKind = "address"
	RestChanged    FindingKind = "other"   // language or note
	ChangeUnknown  FindingKind = "unknown" // something changed since a list of which only the whole was remembered
	CameBack       FindingKind = "back"    // a list before did not have it any more
	GonePaid       FindingKind = "gone_paid"
	GonePromised   FindingKind = "gone_promise" // with a promise that is open
	GoneOwing      FindingKind = "gone_open"    // and nobody knows why
	GoneBefore     FindingKind = "gone_before"  // an earlier list did not have it either
	SameNumber     FindingKind = "same_number"
	SameHousehold  FindingKind = "household"
	SamePerson     FindingKind = "repeated" // rows that say the same 宛名番号, insurance and term again
)

// FindingKinds are all of them, in the order of the screen.
var FindingKinds = []FindingKind{
	BalanceChanged, PhonesChanged, NameChanged, AddressChanged, RestChanged, ChangeUnknown, CameBack,
	GonePaid, GonePromised, GoneOwing, GoneBefore, SameNumber, SameHousehold, SamePerson,
}

// Finding is how many cases of a list are of one kind. Groups is how many households, numbers or persons they are, where they go together.
type Finding struct {
	Kind   FindingKind `json:"kind"`
	Cases  int         `json:"cases"`
	Groups int         `json:"groups,omitempty"`
}

// Findings puts counts into the order of the screen, without those of which there are none.
func Findings(counts map[FindingKind]Finding) []Finding {
	found := []Finding{}
	for _, k := range FindingKinds {
		if f := counts[k]; f.Cases > 0 {
			f.Kind = k
			found = append(found, f)
		}
	}
	return found
}

// Listed says whether the cases of a kind can be listed, line by line; the lines of repeated rows stand among the problems.
func (k FindingKind) Listed() bool { return k != SamePerson && slices.Contains(FindingKinds, k) }

// FoundCase is one case of a finding: where it stands in the file and what of it is different, never what it says.
type FoundCase struct {
	Line    int           `json:"line,omitempty"`    // in the file; left out for a case that is not in it
	Case    dialer.CaseID `json:"case_id,omitempty"` // of a case that there is already
	Changes []FindingKind `json:"changes"`
	Group   int           `json:"group,omitempty"` // the same for cases that go together
}

// FindingStore lists what a staged list was found to bring. The ledger implements it.
type FindingStore interface {
	// FoundCases lists the cases of one kind, from a place on; dialer.ErrNotFound when the list is not staged any more.
	FoundCases(ctx context.Context, list string, kind FindingKind, from, limit int) ([]FoundCase, error)
}
