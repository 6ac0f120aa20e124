package webui

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"kakeru/webui/auth"
)

// personal are names under which answers show who somebody is, what they owe or what was said. A field of such a name is personal unless
// noDebtors says why not: so a new one asks for a decision.
var personal = []string{
	"name", "kana", "address", "phone", "phones", "number", "numbers", "born_on", "birthday", "note", "notes", "balance", "balances", "ward_number", "text",
	"amount_yen", "owed_yen", "total_yen", "remark", "caller", "who", "person", "persons", "household", "messages", "digits", "balance_yen", "postal_code",
	"ward_note", "same_number", "kin", "paid_yen", "new_yen", "masked", "promise",
}

// TestWhatIsPersonalIsNoted: each route whose answer shows a person leaves an entry in the record, or says here why it does not. It walks
// the types of all answers, as the API describes them.
func TestWhatIsPersonalIsNoted(t *testing.T) {
	d := open(t).described(t)
	unused, silent := maps.Clone(noDebtors), maps.Clone(silentRoutes)
	shown := 0
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(d.Paths[path])) {
			route := strings.ToUpper(method) + " " + path
			row, ok := auth.Lookup(route)
			if !ok {
				t.Errorf("%s has no row", route)
				continue
			}
			var fields []string
			for status, answer := range d.Paths[path][method].Responses {
				if !strings.HasPrefix(status, "2") {
					continue
				}
				for kind, content := range answer.Content {
					if strings.HasSuffix(kind, "json") {
						fields = append(fields, d.personalIn(content.Schema, "", map[string]bool{}, unused)...)
					}
				}
			}
			if len(fields) == 0 {
				continue
			}
			shown++
			slices.Sort(fields)
			fields = slices.Compact(fields)
			why := silentRoutes[route]
			delete(silent, route)
			if (row.Noted == "") != (why != "") {
				t.Errorf("%s shows %v: noted as %q, and for being silent there is %q", route, fields, row.Noted, why)
			}
		}
	}
	if shown < 10 {
		t.Errorf("only %d routes show a person: the walk shows nothing", shown)
	}
	for field := range unused {
		t.Errorf("%s is called noDebtors, and no answer has it", field)
	}
	for route := range silent {
		t.Errorf("%s is said to be silent, and shows nobody", route)
	}
}

// personalIn are the personal fields that a schema reaches, each as schema.field.
func (d apiDescription) personalIn(s schema, name string, seen map[string]bool, unused map[string]string) (found []string) {
	if ref, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		if seen[ref] {
			return nil
		}
		seen[ref], name = true, ref
		s = d.Components.Schemas[ref]
	}
	for field, p := range s.Properties {
		at := name + "." + field
		if slices.Contains(personal, field) {
			if noDebtors[at] == "" {
				found = append(found, at)
			}
			delete(unused, at)
		}
		found = append(found, d.personalIn(p, at, seen, unused)...)
	}
	if s.Items != nil {
		found = append(found, d.personalIn(*s.Items, name, seen, unused)...)
	}
	return found
}

// noDebtors are fields of such a name that show no debtor, each with what they are.
var noDebtors = map[string]string{
	"PhonesOutputBody.phones": "the desks' own telephones",
	"TrunkPast.text":          "what was wrong with a line",
	"Display.name":            "where a screen hangs",
	"Wall.name":               "where the screen hangs",
	"WallDesk.name":           "a desk's",
	"WallAlert.text":          "an alert's words, which hold no personal data",
	"Alert.note":              "what was done about a fault; its input says that it takes no personal data",
	"Alert.text":              "what a rule of the house says of a fault",
	"AuditWho.name":           staff,
	"CalendarDay.note":        "why a day is closed",
	"CheckItem.name":          "a point of the day's close",
	"Counts.persons":          "how many",
	"DemoLogin.name":          staff,
	"Desk.name":               "a telephone's",
	"Incident.who":            staff,
	"IncidentStep.note":       "what was done about an incident, which names no debtor",
	"LanguageDesk.name":       "a telephone's",
	"LanguagePerson.name":     staff,
	"LanguageWaiting.name":    "a language's",
	"ListColumn.name":         "a column's",
	"ListField.name":          "a field's",
	"ListSource.name":         "an office's",
	"OpenSession.address":     "a workstation's on the network",
	"OpenSession.name":        staff,
	"Passkey.name":            "a key's, to its owner",
	"Person.name":             staff,
	"Reach.persons":           "how many",
	"ReturnedFile.name":       "a file's, made by us",
	"SettingItem.name":        "a setting's",
	"SettingLine.name":        "a setting's",
	"SettingLine.text":        "a setting's; none that holds a secret is among them",
	"SupervisorHere.name":     staff,
	"TrunkAddress.address":    "a carrier's on the network",
	"TrunkError.text":         "what a carrier said of a registration",
	"TrunkView.name":          "a carrier's",
	"UnmetLanguage.name":      "a language's",
}

const staff = "somebody who signs in here, not a debtor"

// silentRoutes show a person and leave no entry, each with why.
var silentRoutes = map[string]string{}
