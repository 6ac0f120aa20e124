package configs

import (
	"strings"
	"testing"
)

const allowed = minimal + `recording: {allowed: true, allowed_by: "納税課長", allowed_at: "2026-11-20", folder: /r, keys_folder: /k, key_file: /e/key, retention_days: 90}` + "\n"

func TestRecordingIsOffUnlessTheWardAllowsIt(t *testing.T) {
	s, err := Load(write(t, minimal))
	if err != nil || s.Recording.Allowed {
		t.Errorf("allowed %v, %v", s.Recording.Allowed, err)
	}
	s, err = Load(write(t, allowed))
	if r := s.Recording; err != nil || !r.Allowed || r.AllowedBy != "納税課長" || r.RetentionDays != 90 || r.DeleteKeys || r.Notice != Beep {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestRecordingMistakesAreNamedByKey(t *testing.T) {
	for name, c := range map[string]struct{ was, is, want string }{
		"by nobody":            {`allowed_by: "納税課長", `, "", "recording.allowed_by: is missing"},
		"at no time":           {`allowed_at: "2026-11-20", `, "", "recording.allowed_at: is missing"},
		"at no day":            {"2026-11-20", "yesterday", `recording.allowed_at: "yesterday" is no date`},
		"nowhere":              {"folder: /r, ", "", "recording.folder: is missing"},
		"no keys' folder":      {"keys_folder: /k, ", "", "recording.keys_folder: is missing"},
		"no key":               {"key_file: /e/key, ", "", "recording.key_file: is missing"},
		"for ever":             {", retention_days: 90", "", "recording.retention_days: 0 is out of range; write 1 to 3650"},
		"without a notice":     {"retention_days", `notice: "", retention_days`, "recording.notice: is missing"},
		"keys beside":          {"keys_folder: /k", "keys_folder: /r/k", "recording.keys_folder: is within recording.folder"},
		"beside the keys":      {"folder: /r", "folder: /k/..r", "recording.folder: is within recording.keys_folder"},
		"one folder":           {"keys_folder: /k", "keys_folder: /r/", "recording.keys_folder: is within recording.folder"},
		"its key beside":       {"key_file: /e/key", "key_file: /r/../r/key", "recording.key_file: is within recording.folder"},
		"its key at the keys":  {"key_file: /e/key", "key_file: /k/key", "recording.key_file: is within recording.keys_folder"},
		"an unknown one":       {"allowed: true", "permitted: true", "no setting named recording.permitted"},
		"what is no yes or no": {"allowed: true", "allowed: perhaps", "recording.allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(write(t, strings.Replace(allowed, c.was, c.is, 1)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want an error with %q, got %v", c.want, err)
			}
		})
	}
	// What is off is not looked at.
	if _, err := Load(write(t, minimal+"recording: {retention_days: -1}\n")); err != nil {
		t.Error(err)
	}
}
