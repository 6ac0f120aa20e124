package vault

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Master wraps the keys of the days. Its key is not in the vault's folder.
type Master interface {
	// Name tells masters apart; it is no secret. It stands in each key's file.
	Name() string
	// Wrap seals a key, bound to its place; Unwrap is the way back.
	Wrap(plain, about []byte) ([]byte, error)
	Unwrap(sealed, about []byte) ([]byte, error)
}

// ErrNoMaster is told of a key that is wrapped by a master that is not there.
var ErrNoMaster = errors.New("the master key that wraps it is not in the settings")

// From says where a master key comes from: exactly one of Key, File and Command, or Wrap and Unwrap together. The zero From is none.
type From struct {
	// Key is the text of one, as NewMaster makes it; from the environment, since a settings file is read by more people.
	Key string
	// File holds that text; systemd puts a credential there.
	File string
	// Command is a program with its arguments that prints it.
	Command []string
	// Wrap and Unwrap are programs that seal and open what they read from standard input, with a key that never leaves them, and
	// write the outcome to standard output.
	Wrap, Unwrap []string
	// Patience bounds a program; 10 s when 0.
	Patience time.Duration
}

// Given reports whether there is anything.
func (f From) Given() bool {
	return f.Key != "" || f.File != "" || len(f.Command) > 0 || len(f.Wrap) > 0 || len(f.Unwrap) > 0
}

// masterMark begins the text of a master key, so that no other file is taken for one.
const masterMark = "kakeru-master-1 "

const masterOctets = 32

// NewMaster makes the text of a master key.
func NewMaster() string {
	b := make([]byte, masterOctets)
	_, _ = rand.Read(b)
	return masterMark + base64.StdEncoding.EncodeToString(b) + "\n"
}

// Open reads a master. Its errors say what is wrong and what to do, and never quote what was read.
func (f From) Open(ctx context.Context) (Master, error) {
	ways := 0
	for _, given := range []bool{f.Key != "", f.File != "", len(f.Command) > 0, len(f.Wrap) > 0 || len(f.Unwrap) > 0} {
		if given {
			ways++
		}
	}
	if ways != 1 || (len(f.Wrap) == 0) != (len(f.Unwrap) == 0) {
		return nil, errors.New("give one of key, file and command, or wrap and unwrap together")
	}
	if f.Patience <= 0 {
		f.Patience = 10 * time.Second
	}
	switch {
	case f.Key != "":
		return parseMaster(f.Key, "key")
	case f.File != "":
		text, err := readSecretFile(f.File)
		if err != nil {
			return nil, err
		}
		return parseMaster(text, f.File)
	case len(f.Command) > 0:
		text, err := run(ctx, f.Patience, f.Command, nil)
		if err != nil {
			return nil, err
		}
		return parseMaster(string(text), f.Command[0])
	}
	return program{from: f}, nil
}

func readSecretFile(path string) (string, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s is not there: put the master key back from where it was kept, or see docs/operations.md, \"A key is lost\"", path)
	}
	if err != nil {
		return "", err
	}
	if OpenToOthers(path, info.Mode()) {
		return "", fmt.Errorf("others may read %s, which holds the master key; chmod 600 it", path)
	}
	text, err := os.ReadFile(path) //nolint:gosec // the settings say which
	return string(text), err
}

// OpenToOthers reports whether somebody besides its owner may read or change a file. A credential of systemd's is shown to its service by an
// access list, whose mask stands where the group's bits do; nobody else gets into its folder.
func OpenToOthers(path string, mode fs.FileMode) bool {
	folder := os.Getenv("CREDENTIALS_DIRECTORY")
	if strings.HasPrefix(path, "/run/credentials/") || folder != "" && strings.HasPrefix(path, folder+"/") {
		return mode.Perm()&0o037 != 0
	}
	return mode.Perm()&0o077 != 0
}

// held is a master whose key is in this process.
type held struct {
	name string
	aead tink.AEAD
}

func parseMaster(text, where string) (Master, error) {
	octets, ok := strings.CutPrefix(strings.TrimSpace(text), strings.TrimSpace(masterMark))
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(octets))
	if !ok || err != nil || len(key) != masterOctets {
		return nil, fmt.Errorf("%s gives no master key; make one with `kakeru vault master --out FILE`, or put the right one back", where)
	}
	a, err := subtle.NewAESGCM(key)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(append([]byte("the name of a master key\x00"), key...))
	return held{name: "master-" + hex.EncodeToString(sum[:4]), aead: a}, nil
}

// Name implements Master.
func (h held) Name() string { return h.name }

// Wrap implements Master.
func (h held) Wrap(plain, about []byte) ([]byte, error) { return h.aead.Encrypt(plain, about) }

// Unwrap implements Master.
func (h held) Unwrap(sealed, about []byte) ([]byte, error) {
	plain, err := h.aead.Decrypt(sealed, about)
	if err != nil {
		return nil, ErrAltered
	}
	return plain, nil
}

// program is a master whose key another program has. What it wraps is bound to its place by standing in front of the key.
type program struct{ from From }

// Name implements Master. All programs have one: which of them opens a key is found by asking.
func (p program) Name() string { return "program" }

// Wrap implements Master.
func (p program) Wrap(plain, about []byte) ([]byte, error) {
	in := append(append([]byte(base64.StdEncoding.EncodeToString(about)), '\n'), plain...)
	return run(context.Background(), p.from.Patience, p.from.Wrap, in)
}

// Unwrap implements Master.
func (p program) Unwrap(sealed, about []byte) ([]byte, error) {
	out, err := run(context.Background(), p.from.Patience, p.from.Unwrap, sealed)
	if err != nil {
		return nil, err
	}
	place, plain, ok := bytes.Cut(out, []byte{'\n'})
	if !ok || string(place) != base64.StdEncoding.EncodeToString(about) {
		return nil, ErrAltered
	}
	return plain, nil
}

// mostSaid is more than a wrapped key is long.
const mostSaid = 64 << 10

// run runs a program of the settings. What it says goes into no error: it may be a key.
func run(ctx context.Context, patience time.Duration, argv []string, in []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...) //nolint:gosec // the settings say which
	cmd.Stdin = bytes.NewReader(in)
	cmd.WaitDelay = time.Second
	var out bounded
	cmd.Stdout = &out
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%s did not answer within %s; see whether the key service can be reached", argv[0], patience)
	case errors.As(err, &exit):
		return nil, fmt.Errorf("%s ended with status %d; run it by hand as the server's user to see why", argv[0], exit.ExitCode())
	case err != nil:
		return nil, fmt.Errorf("%s cannot be run: %w", argv[0], errors.Unwrap(err))
	case out.over || len(out.b) == 0:
		return nil, fmt.Errorf("%s wrote nothing, or more than %d bytes; it must write the key alone to standard output", argv[0], mostSaid)
	}
	return out.b, nil
}

// bounded keeps at most mostSaid octets.
type bounded struct {
	b    []byte
	over bool
}

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	if len(b.b)+len(p) > mostSaid {
		b.over = true
		return len(p), nil
	}
	b.b = append(b.b, p...)
	return len(p), nil
}
