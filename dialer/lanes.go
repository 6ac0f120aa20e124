package dialer

import "slices"

// lanesOf are the lanes that a desk takes cases from: everybody's, those of the languages spoken there, and those of the
// operator who sits there. A language that no desk of the house speaks is everybody's too, or nobody would ever call.
func (e *Engine) lanesOf(id DeskID) []Served {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.desks[id]
	if d == nil {
		return nil
	}
	languages := []string{""}
	for _, l := range Languages {
		if d.speaks(l) || !e.spokenHere(l) {
			languages = append(languages, l)
		}
	}
	lanes := make([]Served, 0, (len(languages)+1)*len(LaneKinds))
	for _, kind := range LaneKinds {
		for _, l := range languages {
			lanes = append(lanes, Served{LaneOf("", l, kind), rankOf(kind)})
		}
		if mine := d.view.Operator; mine != "" {
			lanes = append(lanes, Served{LaneOf(mine, "", kind), rankOf(kind)})
		}
	}
	return lanes
}

// rankOf is which kind of number goes first now, among cases of equal priority.
func rankOf(NumberKind) int { return 0 }

// spokenHere needs Engine.mu: whether any desk of the house speaks a language, today or not.
func (e *Engine) spokenHere(language string) bool {
	return slices.ContainsFunc(e.order, func(id DeskID) bool { return e.desks[id].speaks(language) })
}

func serves(lanes []Served, l Lane) bool {
	return slices.ContainsFunc(lanes, func(s Served) bool { return s.Lane == l })
}
