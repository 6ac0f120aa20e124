package render

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// fontPackage is the package of Debian and Ubuntu that has a font for the PDF.
const fontPackage = "fonts-ipaexfont-gothic"

// fontPlaces are where that package, and the choice among Japanese fonts of Debian, put it.
var fontPlaces = []string{
	"/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf",
	"/usr/share/fonts/truetype/fonts-japanese-gothic.ttf",
}

// FontError says that no font was found for the PDF.
type FontError struct {
	Tried []string // the files that were looked for
	Cause error    // of the last one
}

func (e *FontError) Error() string {
	return fmt.Sprintf("no Japanese font for the PDF (looked for %s): install one with: apt-get install %s: %v",
		strings.Join(e.Tried, ", "), fontPackage, e.Cause)
}

// Unwrap is why the last file could not be read.
func (e *FontError) Unwrap() error { return e.Cause }

// Japanese is the sentence for the screen.
func (e *FontError) Japanese() string {
	return "PDFに使う日本語フォントがありません。サーバーで apt-get install " + fontPackage + " を実行するか、TTFファイルの場所を設定してください"
}

// FindFont reads the first of the files that is there; without any named, those of Debian's package. The error is a *FontError.
func FindFont(paths ...string) ([]byte, error) {
	if len(paths) == 0 {
		paths = fontPlaces
	}
	cause := errors.New("no file was named")
	for _, p := range paths {
		font, err := os.ReadFile(p) //nolint:gosec // the setting says which file, and it is only read as a font
		if err == nil {
			return font, nil
		}
		cause = err
	}
	return nil, &FontError{Tried: paths, Cause: cause}
}
