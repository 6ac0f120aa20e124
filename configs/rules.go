package configs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"time"

	"github.com/knadh/koanf/parsers/yaml"
	nodes "go.yaml.in/yaml/v3"
)

// Queue is the waiting line.
type Queue struct {
	// RulesFile holds the queue's rules (YAML or JSON); empty for the built-in ones. docs/rules.md has what may stand in it.
	RulesFile string `koanf:"rules_file"`
	// RulesText is what an administrator has set in the panel instead; nil: the file.
	RulesText *string `koanf:"-"`
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
	json, err := RulesJSON(b)
	if err != nil {
		return nil, fmt.Errorf("settings: queue.rules_file: %s is neither YAML nor JSON: %w", path, err)
	}
	return json, nil
}

// RulesJSON reads a text of rules, YAML or JSON, as JSON. Its error names the line.
func RulesJSON(text []byte) ([]byte, error) {
	sections, err := yaml.Parser().Unmarshal(text)
	if err != nil {
		return nil, err
	}
	if sections == nil {
		return []byte("{}"), nil
	}
	return json.Marshal(plainKeys(sections))
}

// RulesLine is the line of a text of rules, from 1, on which a key stands ("priorities[1].points"), or the nearest key around it; 0 where
// nothing of it stands there.
func RulesLine(text []byte, key string) int {
	var doc nodes.Node
	if nodes.Unmarshal(text, &doc) != nil || len(doc.Content) == 0 {
		return 0
	}
	at, line := doc.Content[0], 0
	for _, step := range keySteps.FindAllString(key, -1) {
		next := stepInto(at, step)
		if next == nil {
			break
		}
		at, line = next.value, next.line
	}
	return line
}

// keySteps are the names and the numbers in brackets that a key is made of.
var keySteps = regexp.MustCompile(`[^.\[\]]+`)

type place struct {
	value *nodes.Node
	line  int
}

func stepInto(at *nodes.Node, step string) *place {
	switch at.Kind {
	case nodes.MappingNode:
		for i := 0; i+1 < len(at.Content); i += 2 {
			if at.Content[i].Value == step {
				return &place{at.Content[i+1], at.Content[i].Line}
			}
		}
	case nodes.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(at.Content) {
			return &place{at.Content[i], at.Content[i].Line}
		}
	default:
	}
	return nil
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
