package configs

import (
	"path/filepath"
	"strings"
)

// Recording keeps what is said in talks. It is off unless the ward has allowed it.
type Recording struct {
	Allowed   bool   `koanf:"allowed"`
	AllowedBy string `koanf:"allowed_by"` // who of the ward
	AllowedAt string `koanf:"allowed_at"` // the day, YYYY-MM-DD
	// Folder holds the sealed recordings, KeysFolder a key for each day, KeyFile the key that opens those. None of the last two
	// may stand where a backup of the first would take it along.
	Folder     string `koanf:"folder"`
	KeysFolder string `koanf:"keys_folder"`
	KeyFile    string `koanf:"key_file"`
	// FormerKeyFile is the key before, while `kakeru recording rotate` seals the days' keys anew.
	FormerKeyFile string `koanf:"former_key_file"`
	// RetentionDays is how long recordings are kept. With DeleteKeys the key of their day goes with them: copies of them cannot be
	// read then either.
	RetentionDays int  `koanf:"retention_days"`
	DeleteKeys    bool `koanf:"delete_keys"`
	// Notice is what both sides hear before they are recorded: "beep", or a WAV file as sip.announcement.
	Notice string `koanf:"notice"`
}

// Beep is the notice of two short beeps.
const Beep = "beep"

const longestRetention = 3650 // days

func (r Recording) check(p *problems) {
	if !r.Allowed {
		return
	}
	p.needed("recording.allowed_by", r.AllowedBy, "who of the ward has allowed it")
	p.needed("recording.allowed_at", r.AllowedAt, "the day on which the ward allowed it, YYYY-MM-DD")
	if r.AllowedAt != "" {
		p.date("recording.allowed_at", r.AllowedAt)
	}
	p.needed("recording.folder", r.Folder, "/var/lib/kakeru-recordings")
	p.needed("recording.keys_folder", r.KeysFolder, "/var/lib/kakeru-recording-keys")
	p.needed("recording.key_file", r.KeyFile, "/etc/kakeru/recording.key")
	p.needed("recording.notice", r.Notice, "\"beep\", or a WAV file")
	if r.RetentionDays < 1 || r.RetentionDays > longestRetention {
		p.addf("recording.retention_days", "%d is out of range; write 1 to %d", r.RetentionDays, longestRetention)
	}
	for _, apart := range []struct{ key, path, from, folder string }{
		{"recording.keys_folder", r.KeysFolder, "recording.folder", r.Folder},
		{"recording.folder", r.Folder, "recording.keys_folder", r.KeysFolder},
		{"recording.key_file", r.KeyFile, "recording.folder", r.Folder},
		{"recording.key_file", r.KeyFile, "recording.keys_folder", r.KeysFolder},
		{"recording.former_key_file", r.FormerKeyFile, "recording.folder", r.Folder},
		{"recording.former_key_file", r.FormerKeyFile, "recording.keys_folder", r.KeysFolder},
	} {
		if apart.path != "" && apart.folder != "" && within(apart.path, apart.folder) {
			p.addf(apart.key, "is within %s; a backup of that must not have it", apart.from)
		}
	}
}

// within reports whether a path is a folder, or stands in it.
func within(path, folder string) bool {
	way, err := filepath.Rel(folder, path)
	return err == nil && way != ".." && !strings.HasPrefix(way, ".."+string(filepath.Separator))
}
