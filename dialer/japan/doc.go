// Package japan knows how Japan writes things: telephone numbers, dates with era years (和暦), sums of yen, kana, holidays,
// and the encodings of the lists that come from municipal systems.
//
// # Words
//
// A number is national and digits only ("0312345678"). A date is YYYY-MM-DD. A sum is whole yen. CP932 is what Windows
// calls Shift_JIS; a gaiji (外字) is one of its characters of the user's own (F040 to F9FC), kept as the private-use
// character U+E000 to U+E757 that Windows gives it, and written back as it came.
//
// # Who owns what
//
// The package computes; it keeps nothing but a cache of holidays and does no I/O of its own. It imports no room of ours:
// casework takes it through the Notation port, configs and cmd put Closed into dialer.Hours.
//
// # How it fails
//
// A cell that cannot be read is answered with a code, a byte that cannot be decoded with a *TextError that names line and
// column. Nothing is guessed silently: what was mended is said, and no error repeats the text it is about.
package japan
