package auth

import (
	"errors"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// ErrLetters says that a login or a name has characters that nobody sees, or that turn round how it is read.
var ErrLetters = errors.New("it has characters that are not to be seen")

// Login is a login in the one form in which logins are kept and compared: full-width letters are plain ones (NFKC), and there is no
// space in it and nothing unseen, so that none looks like another's. The letters' case stays, and is no difference. ErrLetters.
func Login(typed string) (string, error) {
	login := norm.NFKC.String(strings.TrimSpace(typed))
	if strings.ContainsFunc(login, func(r rune) bool { return unseen(r) || unicode.IsSpace(r) }) {
		return "", ErrLetters
	}
	return login, nil
}

// Name is a person's name as it is kept: without control and format characters, which could make it look like another's. ErrLetters.
func Name(typed string) (string, error) {
	name := strings.TrimSpace(typed)
	if strings.ContainsFunc(name, unseen) {
		return "", ErrLetters
	}
	return name, nil
}

// unseen reports control characters, format characters (zero-width ones, U+202E) and the others that are shown as nothing. Variation
// selectors are none of these: Japanese names are written with them.
func unseen(r rune) bool {
	return unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) ||
		unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}
