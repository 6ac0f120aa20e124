package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/settings"
	"kakeru/webui"
)

// longestDeskName is how long a desk's name may be, in characters: it stands in narrow places.
const longestDeskName = 20

// numberLike is what looks like a telephone number, which a name is no place for.
var numberLike = regexp.MustCompile(`\d[\d\- ]{5,}\d`)

// deskSettings are the desks' names.
func deskSettings(file configs.Settings) (out []settings.Setting) {
	for _, d := range file.SIP.Desks {
		own := firstOf(d.Name, d.ID)
		out = append(out, settings.Setting{
			Key: webui.DeskNameKey + d.ID, Group: settings.GroupDesks, Kind: settings.KindOwn, Name: nameIs("席の名前("+d.ID+")", "name of desk "+d.ID),
			Basis: settings.Words{
				JA: "どの画面と記録でもこの名前で表示します。過去の通話にも新しい名前が付きます",
				EN: "every screen and record calls the desk so, past calls too",
			},
			File: func(string) json.RawMessage { return quote(own) },
			Check: func(p settings.Proposed) (json.RawMessage, *settings.Trouble) {
				return checkDeskName(webui.DeskNameKey+d.ID, own, p.Value)
			},
			Say: func(_ string, v json.RawMessage) settings.Words {
				name := unquote(v)
				return settings.Words{JA: name, EN: name}
			},
		})
	}
	return out
}

func checkDeskName(key, own string, v json.RawMessage) (json.RawMessage, *settings.Trouble) {
	var name string
	if json.Unmarshal(v, &name) != nil {
		return nil, &settings.Trouble{Key: key, JA: "席の名前は文字で入力してください", EN: "write the desk's name as text"}
	}
	name = strings.TrimSpace(name)
	n := utf8.RuneCountInString(name)
	switch {
	case name == own:
	case n == 0 || n > longestDeskName:
		return nil, &settings.Trouble{
			Key: key, JA: fmt.Sprintf("席の名前は1〜%d文字で入力してください(いま%d文字)", longestDeskName, n),
			EN: fmt.Sprintf("write a name of 1 to %d characters; this has %d", longestDeskName, n),
		}
	case strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return nil, &settings.Trouble{Key: key, JA: "席の名前に改行や制御文字は使えません", EN: "a desk's name has no line breaks or control characters"}
	case numberLike.MatchString(name):
		return nil, &settings.Trouble{Key: key, JA: "席の名前に電話番号のような数字の並びは使えません", EN: "a desk's name has no run of digits like a telephone number"}
	}
	return quote(name), nil
}

func quote(s string) json.RawMessage {
	b, _ := json.Marshal(s) //nolint:errchkjson // a text always marshals
	return b
}

func unquote(v json.RawMessage) (s string) {
	_ = json.Unmarshal(v, &s) // what is no text is shown as nothing
	return s
}

// nameDesks puts the names that hold over the file's; two desks of one name are refused.
func nameDesks(s *configs.Settings, v settings.Values) error {
	s.SIP.Desks = slices.Clone(s.SIP.Desks)
	seen := map[string]string{}
	for i := range s.SIP.Desks {
		d := &s.SIP.Desks[i]
		changed, renamed := v[webui.DeskNameKey+d.ID]
		if renamed {
			d.Name = unquote(changed)
		}
		name := firstOf(d.Name, d.ID)
		other, twice := seen[name]
		if twice && (renamed || v[webui.DeskNameKey+other] != nil) { // what the file itself has twice is its own affair
			wrong := d.ID
			if !renamed {
				wrong = other // it took the name that this one has from the file
			}
			return &settings.Trouble{
				Key: webui.DeskNameKey + wrong, JA: fmt.Sprintf("席 %s と %s が同じ名前「%s」になります。別の名前にしてください", other, d.ID, name),
				EN: fmt.Sprintf("desks %s and %s would both be called %q; choose another name", other, d.ID, name),
			}
		}
		seen[name] = d.ID
	}
	return nil
}

// deskNames are the names that hold.
func (l *live) deskNames() map[dialer.DeskID]string {
	names := map[dialer.DeskID]string{}
	for _, d := range desksOf(l.settings().SIP) {
		names[d.ID] = d.Name
	}
	return names
}

// phones are the desks' phones as the settings file has them.
func (a *app) phones() (out []webui.DeskPhone) {
	for _, d := range a.settings.SIP.Desks {
		p := webui.DeskPhone{
			Desk: dialer.DeskID(d.ID), Way: webui.PhoneRegisters, Via: d.Trunk, Profile: firstOf(d.Phone, "generic"), SRTP: d.SRTP != "" && d.SRTP != "off",
			Languages: d.Languages,
		}
		p.Auto = a.agent.AsksToPickUp(p.Desk)
		switch {
		case d.Trunk != "":
			p.Way = webui.PhoneOfPBX
		case d.Address != "":
			p.Way = webui.PhoneByAddress
		}
		out = append(out, p)
	}
	return out
}
