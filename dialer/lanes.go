package dialer

import "slices"

// lanesOf are the lanes that a desk takes cases from: everybody's, those of the languages spoken there today, and
// those of the operator who sits there. A language that no desk of the house ever speaks is everybody's too, or nobody would call.
func (e *Engine) lanesOf(id DeskID) []Served {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.desks[id]
	if d == nil {
		return nil
	}
	languages, today, seats := []string{""}, DateOf(e.d.Now()), e.rules().Seats
	for _, l := range Languages {
		if slices.Contains(seats.On(today, id), l) || !seats.Ever(l) {
			languages = append(languages, l)
		}
	}
	lanes := make([]Served, 0, (len(languages)+1)*len(LaneKinds))
	for _, kind := range LaneKinds {
		for _, l := range languages {
			lanes = append(lanes, Served{LaneOf("", l, kind), e.rankOf(kind)})
		}
		if mine := d.view.Operator; mine != "" {
			lanes = append(lanes, Served{LaneOf(mine, "", kind), e.rankOf(kind)})
		}
	}
	return lanes
}

// rankOf is which kind of number goes first now, among cases of equal priority.
func (e *Engine) rankOf(kind NumberKind) int {
	if e.rules().Advice == nil {
		return 0
	}
	return e.rules().Advice.Rank(kind, e.d.Now())
}

func serves(lanes []Served, l Lane) bool {
	return slices.ContainsFunc(lanes, func(s Served) bool { return s.Lane == l })
}

// usualLanguages are those that the settings give each desk.
func usualLanguages(desks []DeskConfig) map[DeskID][]string {
	usual := make(map[DeskID][]string, len(desks))
	for _, d := range desks {
		usual[d.ID] = d.Languages
	}
	return usual
}
