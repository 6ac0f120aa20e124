package webui

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
)

type trunksOutput struct {
	Body struct {
		Trunks []Trunk `json:"trunks"`
	}
}

func (s *Server) trunkRoutes() {
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/api/trunks", OperationID: "trunks", Summary: "The lines to the telephone network and how they stand",
	}, s.trunks)
}

func (s *Server) trunks(context.Context, *struct{}) (*trunksOutput, error) {
	out := &trunksOutput{}
	out.Body.Trunks = orEmpty(s.d.Trunks.Trunks())
	return out, nil
}

func (s *Server) trunkChanged(t dialer.TrunkView) TrunkChanged {
	return TrunkChanged{Trunk: &t, LineUp: lineUp(s.d.Trunks.Trunks())}
}

// lineUp reports whether calls can leave by any trunk.
func lineUp(trunks []dialer.TrunkView) bool {
	return slices.ContainsFunc(trunks, func(t dialer.TrunkView) bool { return t.State == dialer.TrunkUp })
}
