package casework

import (
	"context"
	"time"
)

// LanguageStore counts what languages are needed for. The ledger implements it.
type LanguageStore interface {
	// WaitingByLanguage counts the cases in the line by their language, without those in Japanese; the most first.
	WaitingByLanguage(ctx context.Context, now time.Time) ([]LanguageWaiting, error)
	// UnmetLanguages counts, from an instant on, month by month, what could not be said in the language that was needed.
	UnmetLanguages(ctx context.Context, since time.Time) ([]UnmetLanguage, error)
}

// LanguageWaiting is how many cases wait in one language.
type LanguageWaiting struct {
	Language string
	N        int
	Due      int // of them now
	Unspoken int // of them for a day on which somebody speaks it
}

// UnmetLanguage is a month's demand for a language that was not met. Talks ended because it was wanted; Cases had their turn on a day
// on which nobody spoke it, each counted once a month. Language is empty where a talk did not show which.
type UnmetLanguage struct {
	Month    string // YYYY-MM, in Tokyo
	Language string
	Talks    int
	Cases    int
}
