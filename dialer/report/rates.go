package report

// share is a column of percentages: of one column of a grid, in another.
type share struct {
	Column
	of, base int
}

func percent(key, ja, en string) Column {
	return Column{Key: key, Title: Words{JA: ja, EN: en}, Unit: InPercent}
}

// rates are a grid with shares behind its columns, and what they say.
type rates struct {
	*grid
	shares []share
	read   func(Section) Words // a sentence of what the figures say
}

func (r *rates) has(section string) bool { return r.section.Key == section }

// want asks for the rows behind a cell: those of a share are what it is a share of.
func (r *rates) want(w Where) bool {
	for _, s := range r.shares {
		if s.Key == w.Column {
			w.Column = r.section.Columns[s.of].Key
		}
	}
	return r.grid.want(w)
}

func (r *rates) rows() []Ref { return r.refs }

func (r *rates) sections() []Section {
	s := r.full()
	said := r.read(s)
	s.Reading = &said
	return []Section{s}
}

// full is the grid's section with the shares.
func (r *rates) full() Section {
	s := r.done()
	columns := len(s.Columns)
	s.Columns = s.Columns[:columns:columns]
	for _, of := range r.shares {
		s.Columns = append(s.Columns, of.Column)
		for i := range s.Rows {
			row := &s.Rows[i]
			row.Cells = append(row.Cells, ratio(*row.Cells[of.of].Value, *row.Cells[of.base].Value, 100))
		}
	}
	return s
}
