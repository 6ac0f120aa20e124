package configs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/knadh/koanf/parsers/yaml"
)

// Queue is the waiting line.
type Queue struct {
	// RulesFile holds the queue's rules (YAML or JSON); empty for the built-in ones. docs/rules.md has what may stand in it.
	RulesFile string `koanf:"rules_file"`
	// BestHour is "on" (cases of equal priority are ordered, and calls moved, by the hours at which the history says that people
	// answer) or "off".
	BestHour string `koanf:"best_hour"`
}

func (q Queue) check(p *problems) { p.oneOf("queue.best_hour", q.BestHour, "on", "off") }

// ReadRules reads a file of rules, YAML or JSON, as JSON. What it means is not for this room.
func ReadRules(path string) ([]byte, error) {
	b, err := os.ReadFile(path) //nolint:gosec // named by the administrator
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("settings: queue.rules_file: there is no file %s; name yours, or leave the setting out for the built-in rules", path)
	case err != nil:
		return nil, fmt.Errorf("settings: queue.rules_file: %w", err)
	}
	sections, err := yaml.Parser().Unmarshal(b)
	if err != nil {
		return nil, fmt.Errorf("settings: queue.rules_file: %s is neither YAML nor JSON: %w", path, err)
	}
	if sections == nil {
		return []byte("{}"), nil
	}
	return json.Marshal(plainKeys(sections))
}

// plainKeys makes every key a text: YAML takes a date that stands without quotes for a date.
func plainKeys(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, below := range v {
			v[key] = plainKeys(below)
		}
	case []any:
		for i, below := range v {
			v[i] = plainKeys(below)
		}
	case map[any]any:
		out := make(map[string]any, len(v))
		for key, below := range v {
			text := fmt.Sprint(key)
			if day, ok := key.(time.Time); ok {
				text = day.Format(time.DateOnly)
			}
			out[text] = plainKeys(below)
		}
		return out
	}
	return v
}
