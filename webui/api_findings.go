package webui

import (
	"context"
	"strconv"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// foundShown is how many cases of a finding come at once.
const foundShown = 100

type foundInput struct {
	ID     string               `path:"id" maxLength:"100"`
	Kind   casework.FindingKind `query:"kind" required:"true"`
	Cursor string               `query:"cursor" maxLength:"20"`
}

type foundOutput struct {
	Body struct {
		Items      []casework.FoundCase `json:"items"`
		NextCursor *string              `json:"next_cursor" doc:"null: the list is whole"`
	}
}

// foundCases lists the cases of one kind of finding. It says where they stand in the file and what of them is different; who they
// are stands in the file.
func (s *Server) foundCases(ctx context.Context, in *foundInput) (*foundOutput, error) {
	from := 0
	if in.Cursor != "" {
		var err error
		if from, err = strconv.Atoi(in.Cursor); err != nil || from < 0 {
			return nil, invalid("cursor", "bad_cursor", "続きの位置が正しくありません。開き直してください", "not a cursor of this list; open it anew")
		}
	}
	if !in.Kind.Listed() {
		return nil, invalid("kind", "unknown", "この区分は一覧にできません", "the cases of this kind are not listed")
	}
	found, err := s.d.Lists.FoundCases(ctx, in.ID, in.Kind, from, foundShown+1)
	if err != nil {
		return nil, err
	}
	out := &foundOutput{}
	out.Body.Items = orEmpty(found)
	if len(found) > foundShown {
		out.Body.Items = found[:foundShown]
		out.Body.NextCursor = new(strconv.Itoa(from + foundShown))
	}
	return out, nil
}

// Kin is a case that shares a number with another one, or address and surname.
type Kin struct {
	CaseID     dialer.CaseID `json:"case_id"`
	SameNumber bool          `json:"same_number"`
	Household  bool          `json:"household" doc:"the same address and surname"`
}

// addKin adds to a case those that may be of one household. Who they are is for who opens them.
func (s *Server) addKin(ctx context.Context, id dialer.CaseID, out *caseOutput) error {
	kin, err := s.d.Cases.Kin(ctx, id)
	for _, k := range kin {
		out.Body.Kin = append(out.Body.Kin, Kin{CaseID: k.Case, SameNumber: k.SameNumber, Household: k.Household})
	}
	return err
}
