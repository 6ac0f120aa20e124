package stores

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// RunPackages are the Debian packages that `make run` needs: the stores, and the
// type of the reports' PDF.
var RunPackages = []string{"postgresql", "redis-server", "fonts-ipaexfont-gothic"}

// TestPackages are those that `make test` needs: besides the stores a browser,
// a font with Japanese in it, another day, and a carrier, two desk phones, a PBX,
// a voice and its sound studio, and a spreadsheet that nobody here wrote.
var TestPackages = []string{
	"postgresql", "redis-server", "chromium", "fonts-noto-cjk", "sip-tester", "baresip-core", "twinkle-console", "kamailio",
	"kamailio-tls-modules", "sox", "espeak-ng", "faketime", "fonts-ipaexfont-gothic", "poppler-utils", "libreoffice-calc",
}

// BenchPackages are those that `make bench-media` needs: a relay to measure ours
// against.
var BenchPackages = []string{"rtpengine-daemon"}

// signs are the files by which a package is known to be there, however it came:
// one of them is enough. A name without a slash is looked for on the PATH.
var signs = map[string][]string{
	"postgresql":      {debianPostgres + "/postgres", "postgres"},
	"redis-server":    {"redis-server"},
	"chromium":        {"/usr/bin/chromium"},
	"fonts-noto-cjk":  {"/usr/share/fonts/opentype/noto/NotoSansCJK*", "/usr/share/fonts/*/*/NotoSansCJK*"},
	"sip-tester":      {"sipp"},
	"baresip-core":    {"baresip"},
	"twinkle-console": {"twinkle-console"},
	"kamailio":        {"kamailio", "/usr/sbin/kamailio"},
	"sox":             {"sox"},
	"espeak-ng":       {"espeak-ng"},
	"faketime":        {fakeTime},
	"poppler-utils":   {"pdftoppm"},

	"fonts-ipaexfont-gothic": {"/usr/share/fonts/*/ipaexfont-gothic/ipaexg.ttf"},
	// The program alone is the suite's: the calc filter is what the tests need.
	"libreoffice-calc": {"/usr/lib/libreoffice/program/libsclo.so"},

	"rtpengine-daemon":     {"rtpengine"},
	"kamailio-tls-modules": {"/usr/lib/*/kamailio/modules/tls.so"},
}

// installScript runs as root, with the packages as its arguments. See its head
// for how it keeps the packages from starting servers of their own.
//
//go:embed install.sh
var installScript string

// InstallCommand is what a person types to install packages.
func InstallCommand(packages []string) string {
	list := strings.Join(packages, " ")
	return "sudo apt-get update && sudo apt-get install -y --no-install-recommends " + list
}

// NotInstalled is those of packages whose programs are not on this machine.
func NotInstalled(packages []string) []string {
	return slices.DeleteFunc(slices.Clone(packages), func(pkg string) bool {
		return slices.ContainsFunc(signs[pkg], present)
	})
}

func present(sign string) bool {
	if !strings.Contains(sign, "/") {
		_, err := exec.LookPath(sign)
		return err == nil
	}
	found, _ := filepath.Glob(sign)
	return len(found) > 0
}

// Install installs those of packages that are missing, with apt-get: directly as
// root, else through sudo, which may ask for a password when there is a terminal.
// What the package manager says goes to out. When nothing is missing it does
// nothing and says nothing.
//
// Where it cannot install, it returns a *MissingError with the command to type.
func Install(ctx context.Context, packages []string, out io.Writer) error {
	need := NotInstalled(packages)
	if len(need) == 0 {
		return nil
	}
	lack := &MissingError{Package: strings.Join(need, " "), Command: InstallCommand(need)}
	prefix, err := asRoot(ctx)
	if err != nil {
		return fmt.Errorf("%w (%w)", lack, err)
	}
	_, _ = fmt.Fprintf(out, "installing %s\n", strings.Join(need, " "))
	args := append(append(prefix, "sh", "-c", installScript, "kakeru-install"), need...)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, out, out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%w (the package manager failed: %w)", lack, err)
	}
	if still := NotInstalled(need); len(still) > 0 {
		return fmt.Errorf("%w (installed, but its program is not where it is expected)",
			&MissingError{Package: strings.Join(still, " "), Command: InstallCommand(still)})
	}
	return nil
}

// asRoot is what to put before a command so that it runs as root.
func asRoot(ctx context.Context) ([]string, error) {
	if _, err := exec.LookPath("apt-get"); err != nil {
		return nil, errors.New("this system has no apt-get; install them with its own package manager")
	}
	if os.Geteuid() == 0 {
		return nil, nil
	}
	if _, err := exec.LookPath("sudo"); err != nil {
		return nil, errors.New("not root, and there is no sudo")
	}
	if exec.CommandContext(ctx, "sudo", "-n", "true").Run() == nil {
		return []string{"sudo", "-n"}, nil
	}
	if info, err := os.Stdin.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 && info.Name() != "null" {
		return []string{"sudo"}, nil
	}
	return nil, errors.New("sudo wants a password and there is no terminal to ask for it")
}
