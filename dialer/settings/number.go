package settings

import (
	"encoding/json"
	"fmt"
)

// Number is a setting that is a whole number from Least to Most.
func Number(s Setting, file func() int) Setting {
	s.Kind = KindNumber
	s.File = func(string) json.RawMessage { return encode(file()) }
	s.Check = func(p Proposed) (json.RawMessage, *Trouble) {
		var n int
		if err := json.Unmarshal(p.Value, &n); err != nil || (n < s.Least || n > s.Most) && n != file() {
			return nil, &Trouble{
				Key: s.Key,
				JA:  fmt.Sprintf("「%s」は %d から %d までの整数で入力してください", s.Name("").JA, s.Least, s.Most),
				EN:  fmt.Sprintf("%s: write a whole number from %d to %d", s.Name("").EN, s.Least, s.Most),
			}
		}
		return encode(n), nil
	}
	if s.Say == nil {
		s.Say = func(_ string, v json.RawMessage) Words {
			return Words{JA: string(v) + s.Unit.JA, EN: string(v) + " " + s.Unit.EN}
		}
	}
	return s
}

// Switch is a setting that is on or off.
func Switch(s Setting, file func() bool) Setting {
	s.Kind = KindSwitch
	s.File = func(string) json.RawMessage { return encode(file()) }
	s.Check = func(p Proposed) (json.RawMessage, *Trouble) {
		var on bool
		if json.Unmarshal(p.Value, &on) != nil {
			return nil, &Trouble{
				Key: s.Key, JA: "「" + s.Name("").JA + "」は true か false で指定してください", EN: s.Name("").EN + ": write true or false",
			}
		}
		return encode(on), nil
	}
	if s.Say == nil {
		s.Say = func(_ string, v json.RawMessage) Words {
			if string(v) == "true" {
				return Words{JA: "する", EN: "on"}
			}
			return Words{JA: "しない", EN: "off"}
		}
	}
	return s
}
