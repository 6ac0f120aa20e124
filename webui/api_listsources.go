package webui

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer/casework"
	"kakeru/dialer/japan"
)

// ListSource is where lists come from whose columns have names of their own, in its newest version.
type ListSource struct {
	Name    string                `json:"name"`
	Version int                   `json:"version"`
	Columns []casework.ListColumn `json:"columns"`
	ByName  string                `json:"by_name"`
	At      time.Time             `json:"at"`
}

// ListField is a field that a column can mean.
type ListField struct {
	Field    casework.Field `json:"field"`
	Name     string         `json:"name" doc:"what the ward calls it"`
	Required bool           `json:"required" doc:"a list without it is refused"`
}

type listSourcesOutput struct {
	Body struct {
		Items  []ListSource `json:"items"`
		Fields []ListField  `json:"fields"`
	}
}

type saveListSourceInput struct {
	Body struct {
		Name    string                `json:"name" maxLength:"200"`
		Columns []casework.ListColumn `json:"columns" maxItems:"300"`
	}
}

type listSourceOutput struct{ Body ListSource }

func (s *Server) listSourceRoutes() {
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/api/list-sources", OperationID: "list-sources", Summary: "Where lists come from, and what their columns mean",
	}, s.listSources)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/list-sources", OperationID: "save-list-source", DefaultStatus: http.StatusCreated,
		Summary: "Say what the columns of a source's lists mean: the next version of its name",
	}, s.saveListSource)
}

func (s *Server) listSources(ctx context.Context, _ *struct{}) (*listSourcesOutput, error) {
	sources, err := s.d.Sources.ListSources(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.names.read(ctx); err != nil {
		return nil, err
	}
	out := &listSourcesOutput{}
	out.Body.Items = []ListSource{}
	for _, x := range sources {
		out.Body.Items = append(out.Body.Items, s.dressListSource(x))
	}
	m := casework.DefaultMapping()
	for _, f := range casework.Fields() {
		out.Body.Fields = append(out.Body.Fields, ListField{Field: f, Name: m.Name(f), Required: m.Needs(f)})
	}
	return out, nil
}

func (s *Server) saveListSource(ctx context.Context, in *saveListSourceInput) (*listSourceOutput, error) {
	others, err := s.d.Sources.ListSources(ctx)
	if err != nil {
		return nil, err
	}
	x := casework.ListSource{Name: strings.TrimSpace(in.Body.Name), Columns: in.Body.Columns, By: from(ctx).User.ID, At: s.d.Now()}
	if wrong := x.Check(others, japan.Notation{}); len(wrong) > 0 {
		return nil, invalidFields(wrong)
	}
	if err := s.hands.take(x.By, newSources); err != nil {
		return nil, err
	}
	if x, err = s.d.Sources.SaveListSource(ctx, x); err != nil {
		return nil, err
	}
	if err := s.names.read(ctx); err != nil {
		return nil, err
	}
	return &listSourceOutput{Body: s.dressListSource(x)}, nil
}

func (s *Server) dressListSource(x casework.ListSource) ListSource {
	return ListSource{Name: x.Name, Version: x.Version, Columns: x.Columns, ByName: s.names.of(x.By), At: x.At}
}
