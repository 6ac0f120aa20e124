package webui

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer/casework"
)

// ScriptPage is one version of a page of the ward's texts.
type ScriptPage struct {
	ID            string                     `json:"id"`
	Key           string                     `json:"key"`
	Language      string                     `json:"language" enum:"ja,en,zh,vi"`
	Version       int                        `json:"version"`
	Title         string                     `json:"title"`
	Body          string                     `json:"body" doc:"paragraphs, lines that begin with a hyphen, **bold**; no HTML"`
	Situations    []casework.ScriptSituation `json:"situations"`
	ByName        string                     `json:"by_name"`
	At            time.Time                  `json:"at"`
	State         casework.ScriptState       `json:"state"`
	DecidedByName string                     `json:"decided_by_name,omitempty"`
	DecidedAt     *time.Time                 `json:"decided_at" doc:"when the ward approved or withdrew it"`
	InForce       bool                       `json:"in_force" doc:"it is what the desks show"`
	Warnings      []casework.Warning         `json:"warnings" doc:"words that the law or the contract does not let the centre say"`
}

type scriptsOutput struct {
	Body struct {
		Items []ScriptPage `json:"items"`
	}
}

type draftInput struct {
	Body struct {
		Key        string                     `json:"key" maxLength:"100"`
		Language   string                     `json:"language" maxLength:"10"`
		Title      string                     `json:"title" maxLength:"1000"`
		Body       string                     `json:"body" maxLength:"20000"`
		Situations []casework.ScriptSituation `json:"situations" maxItems:"20"`
	}
}

type scriptIDInput struct {
	ID string `path:"id" maxLength:"100"`
}

type scriptOutput struct{ Body ScriptPage }

type starterOutput struct {
	Body struct {
		Drafted int `json:"drafted" doc:"how many pages were not there yet"`
	}
}

func (s *Server) scriptRoutes() {
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/scripts", OperationID: "scripts", Summary: "The approved pages, for the desks"}, s.scripts)
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/api/scripts/versions", OperationID: "script-versions", Summary: "Every version of every page",
	}, s.scriptVersions)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/scripts", OperationID: "draft-script", Summary: "Draft a page's next version", DefaultStatus: http.StatusCreated,
	}, s.draftScript)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/scripts/starter", OperationID: "draft-starter-scripts", Summary: "Draft the pages to begin with that are not there yet",
	}, s.draftStarters)
	for _, d := range []struct {
		path, id, summary string
		to                casework.ScriptState
	}{
		{"approve", "approve-script", "Approve a version: the desks show it from now on", casework.Approved},
		{"withdraw", "withdraw-script", "Withdraw a version: no desk shows it any more", casework.Withdrawn},
	} {
		route(s, huma.Operation{
			Method: http.MethodPost, Path: "/api/scripts/{id}/" + d.path, OperationID: d.id, Summary: d.summary,
		}, func(ctx context.Context, in *scriptIDInput) (*scriptOutput, error) {
			p, err := s.d.Scripts.DecideScript(ctx, in.ID, d.to, from(ctx).User.ID, s.d.Now())
			if err != nil {
				return nil, err
			}
			return &scriptOutput{Body: s.dressScript(p, p.State == casework.Approved)}, nil
		})
	}
}

func (s *Server) scripts(ctx context.Context, _ *struct{}) (*scriptsOutput, error) {
	if err := s.names.read(ctx); err != nil {
		return nil, err
	}
	all, err := s.d.Scripts.ScriptsApproved(ctx)
	if err != nil {
		return nil, err
	}
	out := &scriptsOutput{}
	out.Body.Items = []ScriptPage{}
	for _, p := range casework.InForce(all) {
		out.Body.Items = append(out.Body.Items, s.dressScript(p, true))
	}
	return out, nil
}

func (s *Server) scriptVersions(ctx context.Context, _ *struct{}) (*scriptsOutput, error) {
	all, err := s.scriptsNamed(ctx)
	if err != nil {
		return nil, err
	}
	shown := map[string]bool{}
	for _, p := range casework.InForce(all) {
		shown[p.ID] = true
	}
	out := &scriptsOutput{}
	out.Body.Items = []ScriptPage{}
	for _, p := range all {
		out.Body.Items = append(out.Body.Items, s.dressScript(p, shown[p.ID]))
	}
	return out, nil
}

// scriptsNamed reads all versions, and who their people are.
func (s *Server) scriptsNamed(ctx context.Context) ([]casework.ScriptPage, error) {
	if err := s.names.read(ctx); err != nil {
		return nil, err
	}
	return s.d.Scripts.Scripts(ctx)
}

func (s *Server) draftScript(ctx context.Context, in *draftInput) (*scriptOutput, error) {
	b := in.Body
	p := casework.ScriptPage{
		Key: b.Key, Language: b.Language, Title: b.Title, Body: b.Body, Situations: b.Situations, By: from(ctx).User.ID, At: s.d.Now(),
	}
	if wrong := p.Check(); len(wrong) > 0 {
		return nil, invalidFields(wrong)
	}
	p, err := s.d.Scripts.DraftScript(ctx, p)
	if err != nil {
		return nil, err
	}
	return &scriptOutput{Body: s.dressScript(p, false)}, nil
}

func (s *Server) draftStarters(ctx context.Context, _ *struct{}) (*starterOutput, error) {
	all, err := s.d.Scripts.Scripts(ctx)
	if err != nil {
		return nil, err
	}
	there := map[[2]string]bool{}
	for _, p := range all {
		there[[2]string{p.Key, p.Language}] = true
	}
	out := &starterOutput{}
	for _, p := range casework.StarterScripts() {
		if there[[2]string{p.Key, p.Language}] {
			continue
		}
		p.By, p.At = from(ctx).User.ID, s.d.Now()
		if _, err := s.d.Scripts.DraftScript(ctx, p); err != nil {
			return nil, err
		}
		out.Body.Drafted++
	}
	return out, nil
}

func (s *Server) dressScript(p casework.ScriptPage, inForce bool) ScriptPage {
	out := ScriptPage{
		ID: p.ID, Key: p.Key, Language: p.Language, Version: p.Version, Title: p.Title, Body: p.Body, Situations: orEmpty(p.Situations),
		ByName: s.names.of(p.By), At: p.At, State: p.State, InForce: inForce, Warnings: p.Warnings(),
	}
	if !p.DecidedAt.IsZero() {
		out.DecidedByName, out.DecidedAt = s.names.of(p.DecidedBy), &p.DecidedAt
	}
	return out
}
