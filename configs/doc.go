// Package configs is Kakeru's settings: their defaults, where they come from, and what is wrong with them.
//
// Settings are read once, at start, in this order, the later winning: the defaults in Default, the YAML file, and the
// environment (KAKERU_HTTP_ADDR sets http.addr: upper case, "_" between the levels, "__" for a "_" inside a name).
// Load refuses to start on a value it cannot use, with one line for each that names its key and says what to write
// instead; unknown keys are refused too, because a misspelt setting must not be silently ignored.
//
// The package knows nothing of the other rooms: cmd/kakeru turns Settings into what each room is made of.
// Example files stand beside it: kakeru.yaml is the whole set with its comments.
package configs
