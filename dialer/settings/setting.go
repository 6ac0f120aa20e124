package settings

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// Words say something to people in both languages.
type Words struct {
	JA string `json:"ja"`
	EN string `json:"en"`
}

// Setting is one that may be changed, or a family of them.
type Setting struct {
	// Key names it: "close.keep_days". A family's ends in a dot: "calendar.day."; what follows in a key is then the rest.
	Key string
	// Group is where the panel shows it.
	Group Group
	// Kind is how the panel asks for it; Least and Most bound a number, of Unit.
	Kind        Kind
	Least, Most int
	Unit        Words
	// Name is what people call it, and Basis what the law or the specification says of it; empty where they say nothing.
	Name  func(rest string) Words
	Basis Words
	// Sample is a whole text to begin with, of a text that may be left empty.
	Sample string
	// File is the settings file's value.
	File func(rest string) json.RawMessage
	// Check refuses what it cannot be, and returns it as it is kept.
	Check func(v Proposed) (json.RawMessage, *Trouble)
	// Say tells a value in words.
	Say func(rest string, v json.RawMessage) Words
}

// Proposed is a value that somebody wants, with what it would replace.
type Proposed struct {
	Rest   string
	Before json.RawMessage
	Value  json.RawMessage
	Now    time.Time
}

// Group is a screen, or a part of one.
type Group string

// The groups.
const (
	GroupCalendar Group = "calendar"
	GroupData     Group = "data"
	GroupScreen   Group = "screen"
	GroupCalls    Group = "calls"
	GroupQueue    Group = "queue"
	GroupDesks    Group = "desks"
)

// Groups are all there are, in the order of the panel.
var Groups = []Group{GroupCalendar, GroupData, GroupScreen, GroupCalls, GroupQueue, GroupDesks}

// Kind is how a setting is asked for.
type Kind string

// The kinds.
const (
	KindNumber Kind = "number"
	KindSwitch Kind = "switch"
	KindText   Kind = "text"  // of many lines
	KindOwn    Kind = "whole" // by a screen of its own
)

// Kinds are all there are.
var Kinds = []Kind{KindNumber, KindSwitch, KindText, KindOwn}

func (s Setting) family() bool { return strings.HasSuffix(s.Key, ".") }

// find returns the setting that a key names, and the rest of the key.
func find(all []Setting, key string) (s Setting, rest string, ok bool) {
	for _, s := range all {
		if s.Key == key && !s.family() {
			return s, "", true
		}
		if rest, ok := strings.CutPrefix(key, s.Key); ok && s.family() && rest != "" {
			return s, rest, true
		}
	}
	return Setting{}, "", false
}

// same reports whether two values are one, whatever the order of their keys.
func same(a, b json.RawMessage) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	return bytes.Equal(encode(x), encode(y))
}

// encode writes a value that can always be written.
func encode(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic("a setting's value cannot be written: " + err.Error())
	}
	return b
}
