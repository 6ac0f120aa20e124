package webui

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"kakeru/dialer"
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
