package auth

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"kakeru/dialer"
)

// PasswordFault says why a new password is not taken. Code is for programs; the password itself is in none of it.
type PasswordFault struct{ Code, JA, EN string }

func (f *PasswordFault) Error() string { return f.EN }

// Is makes it an ErrPassword.
func (f *PasswordFault) Is(err error) bool { return err == ErrPassword }

//go:embed common.txt
var commonText string

// common are the passwords that very many people have.
var common = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for line := range strings.Lines(commonText) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			words[line] = true
		}
	}
	return words
})

// ours are words that a guesser of this very system's passwords begins with.
var ours = []string{"kakeru", "password", "パスワード", "callcenter", "コールセンター"}

// CheckPassword says whether a person may have a password: by its length, and by whether others would guess it. There are no rules on
// what it is made of, and it does not run out (NIST SP 800-63B-4 §3.1.1.2). A *PasswordFault says what is wrong.
func (k *Keeper) CheckPassword(password string, of dialer.User) error {
	return CheckPassword(password, k.least(of.Role), append([]string{of.Login, of.Name}, k.settings.Words...)...)
}

// CheckPassword is Keeper's, for who has no Keeper: least is how many characters there must be, words are refused as its heart.
func CheckPassword(password string, least int, words ...string) error {
	word := normal(password)
	switch n := utf8.RuneCountInString(word); {
	case n < least:
		return &PasswordFault{
			"length", fmt.Sprintf("短すぎます。%d文字以上にしてください(文章のように長いものが安全です)", least),
			fmt.Sprintf("too short; give %d characters or more (a sentence is a good one)", least),
		}
	case n > MaxPassword:
		return &PasswordFault{"length", fmt.Sprintf("長すぎます。%d文字以内にしてください", MaxPassword), fmt.Sprintf("too long; give at most %d characters", MaxPassword)}
	}
	lower := strings.ToLower(word)
	if common()[lower] || common()[strings.TrimRight(lower, "0123456789!?.")] || plainRun(lower) {
		return &PasswordFault{"common", "よく使われるパスワードです。別のものにしてください", "very many people use this one; choose another"}
	}
	for _, w := range append(words, ours...) {
		// What is left without the word must be a password of its own, or the word is all there is to guess.
		w = strings.ToLower(normal(w))
		if utf8.RuneCountInString(w) >= 3 && strings.Contains(lower, w) && utf8.RuneCountInString(strings.ReplaceAll(lower, w, "")) < MinPassword {
			return &PasswordFault{
				"known_word", "ログイン名・氏名・職場の名前などの言葉だけでは推測されます。別のものにしてください",
				"the login, the name or the centre's words alone are guessed; choose another",
			}
		}
	}
	return nil
}

// plainRun reports whether a password is one short piece again and again, or each character next to the one before (12345678, abcdefgh,
// and backwards).
func plainRun(word string) bool {
	runes := []rune(word)
	for piece := 1; piece <= len(runes)/2; piece++ {
		same := true
		for i := piece; i < len(runes) && same; i++ {
			same = runes[i] == runes[i-piece]
		}
		if same {
			return true
		}
	}
	for _, by := range []rune{1, -1} {
		run := true
		for i := 1; i < len(runes) && run; i++ {
			run = runes[i] == runes[i-1]+by
		}
		if run {
			return true
		}
	}
	return false
}
