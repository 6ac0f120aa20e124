package webui

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
)

// PhoneWay is how a desk's phone is reached.
type PhoneWay string

// The ways.
const (
	PhoneRegisters PhoneWay = "registers" // it registers with Kakeru
	PhoneByAddress PhoneWay = "address"   // it is at a fixed address
	PhoneOfPBX     PhoneWay = "pbx"       // it hangs behind a PBX
)

// PhoneWays are all there are.
var PhoneWays = []PhoneWay{PhoneRegisters, PhoneByAddress, PhoneOfPBX}

// DeskPhone is what the settings say of a desk's phone: nothing secret.
type DeskPhone struct {
	Desk      dialer.DeskID `json:"desk"`
	Way       PhoneWay      `json:"way"`
	Via       string        `json:"via" doc:"the PBX's trunk; empty for none"`
	Profile   string        `json:"profile" doc:"of the phone's make: how it is asked to pick up by itself"`
	Auto      bool          `json:"auto" doc:"by that profile it can be asked to pick up by itself"`
	SRTP      bool          `json:"srtp" doc:"its sound is protected"`
	Languages []string      `json:"languages" doc:"that the settings give the desk besides Japanese (BCP 47)"`
}

// SeatedPhone is a desk's phone with what whoever sits there speaks.
type SeatedPhone struct {
	DeskPhone

	Spoken  []string `json:"spoken" doc:"besides Japanese, by who sits there now (BCP 47)"`
	NameKey string   `json:"name_key" doc:"the setting by which the desk is renamed"`
}

// DeskNameKey is the setting of a desk's name: it ends in the desk.
const DeskNameKey = "desks.name."

type phonesOutput struct {
	Body struct {
		Phones []SeatedPhone `json:"phones"`
	}
}

type testDeskInput struct {
	ID   dialer.DeskID `path:"id" maxLength:"100"`
	Body struct {
		Auto bool `json:"auto" doc:"ask the phone, once, to pick up by itself; else a person lifts the handset"`
	}
}

type testDeskOutput struct{ Body dialer.DeskTestReport }

func (s *Server) phoneRoutes() {
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/api/phones", OperationID: "phones", Summary: "The desks' phones as the settings have them, and what is spoken there now",
	}, s.phones)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/desks/{id}/test", OperationID: "test-desk",
		Summary: "Ring an idle desk's phone, play it a tone and its own sound, and say what it answered. It is no attempt and never leaves the house",
	}, s.testDesk)
}

func (s *Server) phones(ctx context.Context, _ *struct{}) (*phonesOutput, error) {
	people, err := s.d.Users.Users(ctx)
	if err != nil {
		return nil, err
	}
	speaks := map[dialer.UserID][]string{}
	for _, u := range people {
		speaks[u.ID] = u.Languages
	}
	sits := map[dialer.DeskID]dialer.UserID{}
	for _, d := range s.d.Calls.Desks() {
		sits[d.ID] = d.Operator
	}
	out := &phonesOutput{}
	out.Body.Phones = []SeatedPhone{}
	for _, p := range s.d.Phones {
		p.Languages = orEmpty(p.Languages)
		out.Body.Phones = append(out.Body.Phones, SeatedPhone{DeskPhone: p, Spoken: orEmpty(speaks[sits[p.Desk]]), NameKey: DeskNameKey + string(p.Desk)})
	}
	return out, nil
}

func (s *Server) testDesk(ctx context.Context, in *testDeskInput) (*testDeskOutput, error) {
	how := "lifted by hand"
	if in.Body.Auto {
		how = "asked to pick up by itself"
	}
	remarked(ctx, fmt.Sprintf("test call, %s", how))
	r, err := s.d.Calls.TestDesk(ctx, from(ctx).Asker(), in.ID, in.Body.Auto)
	if err != nil {
		return nil, err
	}
	remarked(ctx, fmt.Sprintf("%s; status %d; codec %s; sent %d, heard %d packets", r.End, r.Status, r.Codec, r.Sent, r.Heard))
	return &testDeskOutput{Body: r}, nil
}
