package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/settings"
)

// rulesKey is the setting of the queue's rules: a text as docs/rules.md has it; an empty one for the built-in rules.
const rulesKey = "queue.rules"

// longestRules is how long the text may be, in bytes: ten times what the built-in rules take.
const longestRules = 128 << 10

func ruleSettings(file configs.Settings) []settings.Setting {
	return []settings.Setting{{
		Key: rulesKey, Group: settings.GroupQueue, Kind: settings.KindText, Name: nameIs("架電順のルール", "rules of the queue"),
		Basis: settings.Words{
			JA: "YAML で書きます。書かなかった節は組み込みのルールのままで、空にするとすべて組み込みのルールになります。各項目の意味は docs/rules.md にあります",
			EN: "Written in YAML. Sections that are left out stay as built in; empty: the built-in rules. docs/rules.md says what each key means",
		},
		Sample: string(dialer.DefaultRulesFile()),
		File:   func(string) json.RawMessage { return textValue(rulesFileText(file.Queue)) },
		Check: func(p settings.Proposed) (json.RawMessage, *settings.Trouble) {
			var text string
			if json.Unmarshal(p.Value, &text) != nil || len(text) > longestRules {
				return nil, &settings.Trouble{
					Key: rulesKey, JA: fmt.Sprintf("ルールは%dバイトまでの文字で入力してください", longestRules), EN: fmt.Sprintf("the rules are a text of at most %d bytes", longestRules),
				}
			}
			text = strings.ReplaceAll(text, "\r\n", "\n")
			if trouble := checkRulesText(text); trouble != nil {
				return nil, trouble
			}
			return textValue(text), nil
		},
		Say: func(_ string, v json.RawMessage) settings.Words { return sayRules(v) },
	}}
}

func textValue(text string) json.RawMessage {
	b, err := json.Marshal(text)
	if err != nil {
		return json.RawMessage(`""`) // no text is like that
	}
	return b
}

// rulesFileText is what the settings' own file of rules says; empty where there is none.
func rulesFileText(q configs.Queue) string {
	if q.RulesFile == "" {
		return ""
	}
	b, err := os.ReadFile(q.RulesFile)
	if err != nil {
		return ""
	}
	return string(b)
}

// checkRulesText refuses a text with its first few mistakes, each with its line.
func checkRulesText(text string) *settings.Trouble {
	file, err := configs.RulesJSON([]byte(text))
	if err != nil {
		at := yamlLine.FindString(err.Error())
		return &settings.Trouble{
			Key: rulesKey, JA: "YAML として読めません" + inLine(at) + "。字下げ・コロン・かっこを確かめてください(" + oneLine(err) + ")",
			EN: "it is no YAML: " + oneLine(err) + "; see the indents, colons and brackets there",
		}
	}
	if _, err = casework.ParseRules(file); err == nil {
		return nil
	}
	var ja, en []string
	for _, e := range eachOf(err) {
		var rule *dialer.RuleError
		if !errors.As(e, &rule) {
			ja, en = append(ja, oneLine(e)), append(en, oneLine(e))
			continue
		}
		where := rule.Key
		if line := configs.RulesLine([]byte(text), rule.Key); line > 0 {
			where = fmt.Sprintf("%d行目 %s", line, rule.Key)
			en = append(en, fmt.Sprintf("line %d, %s: %s", line, rule.Key, rule.Says))
		} else {
			en = append(en, rule.Key+": "+rule.Says)
		}
		ja = append(ja, where+": "+rule.SaysJA)
	}
	const most = 5
	if n := len(ja); n > most {
		ja, en = append(ja[:most], fmt.Sprintf("ほか%d件", n-most)), append(en[:most], fmt.Sprintf("%d more", n-most))
	}
	return &settings.Trouble{Key: rulesKey, JA: "ルールに誤りがあります。次を直してください。\n" + strings.Join(ja, "\n"), EN: "the rules are not right:\n" + strings.Join(en, "\n")}
}

// yamlLine is how the reader of YAML names a line.
var yamlLine = regexp.MustCompile(`line \d+`)

func inLine(at string) string {
	if n, ok := strings.CutPrefix(at, "line "); ok {
		return "(" + n + "行目)"
	}
	return ""
}

// eachOf takes joined errors apart.
func eachOf(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // what errors.Join made, not what it holds
	if !ok {
		return []error{err}
	}
	var out []error
	for _, e := range joined.Unwrap() {
		out = append(out, eachOf(e)...)
	}
	return out
}

// sayRules names the sections that are written.
func sayRules(v json.RawMessage) settings.Words {
	var text string
	_ = json.Unmarshal(v, &text)
	file, err := configs.RulesJSON([]byte(text))
	var sections map[string]json.RawMessage
	if err != nil || json.Unmarshal(file, &sections) != nil || len(sections) == 0 {
		return settings.Words{JA: "組み込みのルール", EN: "the built-in rules"}
	}
	names := make([]string, 0, len(sections))
	for name := range sections {
		names = append(names, name)
	}
	slices.Sort(names)
	lines := strings.Count(strings.TrimSpace(text), "\n") + 1
	return settings.Words{
		JA: fmt.Sprintf("区のルール(%s、%d行)", strings.Join(names, "・"), lines), EN: fmt.Sprintf("own rules (%s; %d lines)", strings.Join(names, ", "), lines),
	}
}

// rulesEffects say what other rules do to the line.
func (a *app) rulesEffects(ctx context.Context, before, after *holding) []settings.Words {
	b, n := before.rules, after.rules
	b.Advice, n.Advice = nil, nil
	if reflect.DeepEqual(b, n) {
		return nil
	}
	out := []settings.Words{{
		JA: "これから決まる再架電の時刻・保留・上限に使います。すでに決まった予定と保留は変わりません",
		EN: "they decide when cases are called again, held or capped from now on; what was decided before stays",
	}}
	waiting, moved, err := a.ledger.WouldMove(ctx, n, a.watch.Now())
	if err != nil {
		return out
	}
	return append(out, settings.Words{
		JA: fmt.Sprintf("架電待ち%d件のうち%d件の優先順位が変わります。数秒で架電順に反映されます", waiting, moved),
		EN: fmt.Sprintf("of %d waiting cases %d get another priority; the queue follows within seconds", waiting, moved),
	})
}
