package webui

import (
	"context"
	"slices"
	"testing"

	"kakeru/dialer/casework"
)

// sourceShelf is a fake of casework.SourceStore.
type sourceShelf struct{ saved *[]casework.ListSource }

func (f sourceShelf) ListSources(context.Context) ([]casework.ListSource, error) {
	return slices.Clone(*f.saved), nil
}

func (f sourceShelf) SaveListSource(_ context.Context, s casework.ListSource) (casework.ListSource, error) {
	s.Version = 1
	*f.saved = slices.DeleteFunc(*f.saved, func(old casework.ListSource) bool {
		if old.Name == s.Name {
			s.Version = old.Version + 1
		}
		return old.Name == s.Name
	})
	*f.saved = append(*f.saved, s)
	return s, nil
}

func TestAListsSource(t *testing.T) {
	h := open(t)
	c := h.as("supervisor")
	columns := func(last casework.Field) map[string]any {
		return map[string]any{"name": " 収納課 ", "columns": []casework.ListColumn{
			{Name: "番号", Field: "ward_number"}, {Name: "名前", Field: "name"}, {Name: "TEL-A", Field: "phone1"}, {Name: "種別", Field: "insurance"},
			{Name: "期", Field: "term"}, {Name: "金額", Field: last}, {Name: "印"},
		}}
	}
	c.do("POST", "/api/list-sources", columns("amount")).want(t, 201)
	got := into[listSourcesBody](t, c.do("GET", "/api/list-sources", nil).want(t, 200))
	if len(got.Items) != 1 || got.Items[0].Name != "収納課" || got.Items[0].Version != 1 || len(got.Items[0].Columns) != 7 || got.Items[0].ByName == "" {
		t.Errorf("%+v", got.Items)
	}
	if len(got.Fields) != 16 || got.Fields[0] != (ListField{"ward_number", "宛名番号", true}) || got.Fields[14].Required {
		t.Errorf("%+v", got.Fields)
	}
	// A wrong assignment is said of its column, and nothing is kept of it.
	p := c.do("POST", "/api/list-sources", columns("term")).problem(t, 422, "invalid")
	if len(p.Errors) != 2 || p.Errors[0].Field != "columns[5].field" || p.Errors[0].Code != "double_field" || p.Errors[1].Code != "missing_field" {
		t.Errorf("%+v", p.Errors)
	}
	if len(*h.sources.saved) != 1 {
		t.Error("a wrong source was saved")
	}
	if v := into[ListSource](t, c.do("POST", "/api/list-sources", columns("amount")).want(t, 201)); v.Version != 2 {
		t.Errorf("%+v", v)
	}
	h.as("ward").do("POST", "/api/list-sources", columns("amount")).problem(t, 403, "forbidden")
}

type listSourcesBody struct {
	Items  []ListSource
	Fields []ListField
}

// A list with columns that nobody knows fails with its header beside it, so that the screen can ask what they mean.
func TestAListThatNobodyCanReadShowsItsHeader(t *testing.T) {
	h := open(t)
	c := h.as("admin")
	header := &casework.HeaderUnread{Gone: []string{}, Columns: []casework.ColumnGuess{{ListColumn: casework.ListColumn{Name: "番号", Field: "ward_number"}}}}
	h.set(func() { h.fail.stage = &casework.ListError{Code: "columns", JA: "列", EN: "columns", Header: header} })
	id := into[struct{ List string }](t, c.upload("x.csv", "番号\n1\n").want(t, 202)).List
	eventually(t, "the list failed with its header", func() bool {
		p := into[casework.Preview](t, c.do("GET", "/api/lists/"+id, nil).want(t, 200))
		return p.State == listFailed && p.Header != nil && len(p.Header.Columns) == 1 && p.Header.Columns[0].Field == "ward_number"
	})
}
