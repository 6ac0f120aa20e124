package configs

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/providers/structs"
	"github.com/knadh/koanf/v2"
)

// tag is the struct tag that names a setting.
const tag = "koanf"

// apart are environment names that begin alike but are no settings: they belong to the commands.
var apart = map[string]bool{"KAKERU_STATE": true, "KAKERU_LONG": true, "KAKERU_URL": true, "KAKERU_LOGINS": true}

// Load reads the settings from defaults, the file (none when path is empty) and the environment, and checks them.
// The error names every key that is wrong and what to write there.
func Load(path string) (Settings, error) {
	k := koanf.New(".")
	if err := k.Load(structs.Provider(Default(), tag), nil); err != nil {
		return Settings{}, fmt.Errorf("defaults: %w", err)
	}
	if path != "" {
		if err := loadFile(k, path); err != nil {
			return Settings{}, err
		}
	}
	if err := k.Load(env.Provider(".", env.Opt{Prefix: "KAKERU_", TransformFunc: fromEnvironment}), nil); err != nil {
		return Settings{}, fmt.Errorf("environment: %w", err)
	}
	s, err := decode(k)
	if err != nil {
		return Settings{}, err
	}
	s.File = path
	if err := readSecrets(&s); err != nil {
		return Settings{}, err
	}
	return s, s.Check()
}

func loadFile(k *koanf.Koanf, path string) error {
	err := k.Load(file.Provider(path), yaml.Parser())
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("there is no settings file %s; copy configs/kakeru.yaml there, or name yours with --config", path)
	case err != nil:
		return fmt.Errorf("settings file %s: %w", path, err)
	}
	return nil
}

// fromEnvironment turns KAKERU_SIP_RTP_PORT__MIN into sip.rtp.port_min.
func fromEnvironment(key, value string) (string, any) {
	if apart[key] {
		return "", nil
	}
	key = strings.ToLower(strings.TrimPrefix(key, "KAKERU_"))
	key = strings.ReplaceAll(key, "__", "\x00")
	key = strings.ReplaceAll(key, "_", ".")
	return strings.ReplaceAll(key, "\x00", "_"), value
}

// decode fills Settings and refuses keys that are none.
func decode(k *koanf.Koanf) (Settings, error) {
	var s Settings
	var meta mapstructure.Metadata
	err := k.UnmarshalWithConf("", &s, koanf.UnmarshalConf{Tag: tag, DecoderConfig: &mapstructure.DecoderConfig{
		DecodeHook: mapstructure.StringToTimeDurationHookFunc(), WeaklyTypedInput: true,
		Metadata: &meta, Result: &s, TagName: tag,
	}})
	if err != nil {
		return Settings{}, plainly(err)
	}
	if len(meta.Unused) > 0 {
		return Settings{}, fmt.Errorf("settings: there is no setting named %s; see configs/kakeru.yaml for the names",
			strings.Join(meta.Unused, ", "))
	}
	return s, nil
}

// wrongKind finds, in the decoder's report, which key holds what cannot be taken. What was written there is left out: it
// may be a password.
var wrongKind = regexp.MustCompile(`'([a-z_.\[\]0-9]+)' (?:expected type|cannot parse|expected a map)`)

// plainly says of each key of the wrong kind what a person needs: its name, and where to look.
func plainly(err error) error {
	var p problems
	for _, found := range wrongKind.FindAllStringSubmatch(err.Error(), -1) {
		p.addf(found[1], "is not of the kind wanted here; see configs/kakeru.yaml for how it is written")
	}
	if len(p) == 0 {
		return fmt.Errorf("settings: a value is not of the kind wanted: %w", err)
	}
	return errors.Join(p...)
}
