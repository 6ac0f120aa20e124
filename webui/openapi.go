package webui

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer/casework"
)

//go:generate go test -count=1 -run ^TestOpenAPI$ -update .

// OpenAPI returns the API's description (OpenAPI 3.1, JSON, indented), made from the handlers' types.
func OpenAPI() ([]byte, error) {
	speakOurErrors()
	s := &Server{mux: http.NewServeMux()}
	s.routes()
	return s.describe()
}

func (s *Server) describe() ([]byte, error) {
	b, err := json.MarshalIndent(s.api.OpenAPI(), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("describing the API: %w", err)
	}
	return append(b, '\n'), nil
}

// schemaName names a type in the description. Two rooms have a Problem.
func schemaName(t reflect.Type, hint string) string {
	if t == reflect.TypeFor[casework.Problem]() {
		return "ListProblem"
	}
	return huma.DefaultSchemaNamer(t, hint)
}

// describeLive tells the description about the websocket, which is no operation of huma's, and about the data of its
// frames.
func (s *Server) describeLive() {
	api := s.api.OpenAPI()
	for _, t := range []reflect.Type{
		reflect.TypeFor[Frame](), reflect.TypeFor[Snapshot](), reflect.TypeFor[QueueChanged](), reflect.TypeFor[TrunkChanged](),
		reflect.TypeFor[Bye](), reflect.TypeFor[SettingsChanged](),
	} {
		api.Components.Schemas.Schema(t, true, "")
	}
	api.AddOperation(&huma.Operation{
		Method: http.MethodGet, Path: "/api/live", OperationID: "live", Tags: []string{"live"},
		Summary: "Watch the board: a websocket of text frames",
		Description: "Each text frame is a Frame. data is a Snapshot, Desk, TrunkChanged, Call, Progress, QueueChanged, Alert, Attempt, " +
			"Preview, SettingsChanged or Bye, by type. With since (and boot) the frames after that number come without a gap, or a new snapshot.",
		Parameters: []*huma.Param{
			{Name: "since", In: "query", Schema: &huma.Schema{Type: huma.TypeInteger}, Description: "the last seq seen"},
			{Name: "boot", In: "query", Schema: &huma.Schema{Type: huma.TypeString}, Description: "boot of the snapshot it came after"},
		},
		Responses: map[string]*huma.Response{"101": {Description: "Switching Protocols"}},
	})
	api.AddOperation(&huma.Operation{
		Method: http.MethodGet, Path: "/api/wall/live", OperationID: "wall-live", Tags: []string{"wall"},
		Summary:     "Watch the wall: a websocket of text frames, for a screen that was let in",
		Description: "Each text frame is a Frame of the type wall with a whole Wall as its data, or of the type bye.",
		Responses:   map[string]*huma.Response{"101": {Description: "Switching Protocols"}},
	})
}
