// Package besthour learns from the centre's own history at which hours people answer, and orders calls by it. It imports
// dialer and the standard library only.
//
// # Words
//
// A Count is how many tries of one sort there were and how many a person answered: by kind of number, weekday, hour, and how
// often the number had not answered before. A Model is what was learnt of counts; a Chance what it says of one hour of the
// week and kind. An hour is Good or Poor when it surely differs from the kind's other hours, else Usual.
//
// # How it is learnt
//
// A rate is the overall one, multiplied by one factor each for how often the number did not answer before, the kind, the hour,
// the weekday, and the two together. Each factor is shrunk towards having no effect: the rate of each of its groups has a
// Beta prior around what the other factors let expect, whose strength is the one that makes all that was seen likeliest
// (empirical Bayes on the beta-binomial likelihood). A factor that is not twenty times likelier to matter than not is left
// out, so a history without an effect gives a model without one. docs/besthour.md has the formula and an example.
//
// # How it is used
//
// A Model ranks kinds of number at an instant, moves a call out of a poor hour into a good one, and says why in a sentence. It
// never allows what a rule forbids. One call in sixteen it leaves as the rules have it, so that every hour goes on being
// tried. It is the same for the same history: no dice.
//
// # Files
//
// count.go what is counted, strength.go and beta.go the arithmetic of one factor, fit.go the factors together, model.go what
// comes of them, choose.go what is done with it, words.go the sentences, keeper.go the newest model for the engine.
//
// # How it fails
//
// A Keeper that cannot read the history keeps what it knew, at first nothing: then every hour is like every other, and calls
// are made as the rules alone say.
package besthour
