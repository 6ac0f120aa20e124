package webui

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// TestEveryEventHasItsWords: what stands in the record is read by people, in both languages.
func TestEveryEventHasItsWords(t *testing.T) {
	for _, language := range []string{"ja", "en"} {
		text, err := os.ReadFile(filepath.Join("app", "src", "i18n", language+".screens.json"))
		if err != nil {
			t.Fatal(err)
		}
		var words struct {
			Ladder struct {
				Event map[dialer.EvidenceEvent]string
			}
		}
		if err := json.Unmarshal(text, &words); err != nil {
			t.Fatal(err)
		}
		for _, event := range dialer.EvidenceEvents {
			if words.Ladder.Event[event] == "" {
				t.Errorf("%s.screens.json has no ladder.event.%s", language, event)
			}
		}
		if n := len(words.Ladder.Event); n != len(dialer.EvidenceEvents) {
			t.Errorf("%s.screens.json has words for %d events, there are %d", language, n, len(dialer.EvidenceEvents))
		}
	}
}

// TestTheFormAsksForWhatIsHandedOn: the panel's form has a line for each hand-off that follows from a result, and for no other.
func TestTheFormAsksForWhatIsHandedOn(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("app", "src", "screens", "desk", "draft.ts"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "export const handedOn")
	table, _, _ = strings.Cut(table, "};")
	form := map[casework.Business]casework.HandoffKind{}
	for _, row := range regexp.MustCompile(`(\w+): "(\w+)"`).FindAllStringSubmatch(table, -1) {
		form[casework.Business(row[1])] = casework.HandoffKind(row[2])
	}
	for _, b := range casework.Businesses {
		var asks []casework.HandoffKind
		if kind, ok := form[b]; ok {
			asks = append(asks, kind)
		}
		if follows := (casework.Entry{Business: []casework.Business{b}}).Handoffs(); !slices.Equal(asks, follows) {
			t.Errorf("%s leads to %v; the form asks for %v", b, follows, asks)
		}
	}
}
