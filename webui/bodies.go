package webui

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// nulAt begins the finding that a body holds a NUL; the places follow, one a line. No store takes one: PostgreSQL has none in its text
// (https://www.postgresql.org/docs/current/datatype-character.html), so it is refused for all routes before anything is asked.
const nulAt = "NUL at\n"

// mostPlaces is how many places of one body are named.
const mostPlaces = 20

// withoutNUL reads JSON as a format of huma's does, and refuses text with a NUL in it.
func withoutNUL(read func([]byte, any) error) func([]byte, any) error {
	return func(data []byte, into any) error {
		if err := read(data, into); err != nil || !bytes.Contains(data, []byte(`\u0000`)) {
			return err
		}
		var all any
		if err := json.Unmarshal(data, &all); err != nil {
			return err
		}
		if places := nulsIn(all, nil, nil); len(places) > 0 {
			slices.Sort(places)
			return nulError(nulAt + strings.Join(places, "\n"))
		}
		return nil
	}
}

// nulError is what withoutNUL found. huma keeps its text alone.
type nulError string

func (e nulError) Error() string { return string(e) }

// deepestPlace is how deep is looked: no body of ours nests as deep, and what is deeper is kept nowhere.
const deepestPlace = 32

// nulsIn adds the places of texts that hold a NUL, as a request spells them: promise.parts[0].term. A name that holds one is told by the
// object that it stands in. A place is spelt when it is found, and not on the way to each of the others.
func nulsIn(v any, at, places []string) []string {
	if len(places) >= mostPlaces || len(at) > deepestPlace {
		return places
	}
	switch v := v.(type) {
	case string:
		if strings.ContainsRune(v, 0) {
			places = append(places, spelt(at))
		}
	case []any:
		for i, one := range v {
			places = nulsIn(one, append(at, "["+strconv.Itoa(i)+"]"), places)
		}
	case map[string]any:
		for name, one := range v {
			if strings.ContainsRune(name, 0) {
				places = append(places, spelt(at))
				continue
			}
			places = nulsIn(one, append(at, "."+name), places)
		}
	}
	return places
}

func spelt(at []string) string { return strings.TrimPrefix(strings.Join(at, ""), ".") }

// nulProblem says where a body holds a NUL; ok is false when that was not found.
func nulProblem(found []error) (p *Problem, ok bool) {
	for _, err := range found {
		d, is := err.(huma.ErrorDetailer) //nolint:errorlint // huma hands its findings over unwrapped
		if !is || err == nil {
			continue
		}
		places, is := strings.CutPrefix(d.ErrorDetail().Message, nulAt)
		if !is {
			continue
		}
		other := *errInvalid
		for place := range strings.SplitSeq(places, "\n") {
			other.Errors = append(other.Errors, FieldProblem{
				place, "nul", "使えない文字(NUL、U+0000)が入っています。取り除いてください", "it holds the character NUL (U+0000), which cannot be kept; take it out",
			})
		}
		return &other, true
	}
	return nil, false
}
