package webui

import (
	"context"
	"reflect"
	"strings"

	"kakeru/dialer"
)

// PostgreSQL reads an id in capitals, without hyphens, in braces too, and others of its kind. To everything else that is another id: to the engine, the
// queue, the record, and to whoever asks whether it is one's own. So an id has one spelling, the one we write, and in any other there is none.

// The lengths between which PostgreSQL reads something as an id, and how many digits it has.
const (
	shortestID = 32
	longestID  = 41 // a hyphen after every fourth digit, and braces
	idDigits   = 32
)

// misspelt reports whether a store might read a text as an id that we write otherwise.
func misspelt(text string) bool {
	if len(text) < shortestID || len(text) > longestID || dialer.IsID(text) {
		return false
	}
	if bare := strings.NewReplacer("-", "", "{", "", "}", "").Replace(text); len(bare) == idDigits && !strings.ContainsFunc(bare, notHexadecimal) {
		return true
	}
	if len(text) != len("00000000-0000-0000-0000-000000000000") {
		return false
	}
	// The driver takes any sign where a hyphen belongs.
	bare := text[:8] + text[9:13] + text[14:18] + text[19:23] + text[24:]
	return !strings.ContainsFunc(bare, notHexadecimal)
}

func notHexadecimal(r rune) bool { return !strings.ContainsRune("0123456789abcdefABCDEF", r) }

// wellSpelt refuses a request that names something by another spelling: errNotFound.
func wellSpelt(ctx context.Context, in any) error {
	about := from(ctx).about
	for part := range strings.SplitSeq(about.object, "/") {
		if misspelt(part) {
			return errNotFound
		}
	}
	for _, id := range about.cases {
		if misspelt(string(id)) {
			return errNotFound
		}
	}
	if namesOne(reflect.ValueOf(in), 0) {
		return errNotFound
	}
	return nil
}

var userIDType = reflect.TypeFor[dialer.UserID]()

// namesOne reports whether an id that is spelt otherwise stands in what was sent.
func namesOne(v reflect.Value, depth int) bool {
	if depth > lookDepth || !v.IsValid() {
		return false
	}
	switch v.Kind() {
	case reflect.String:
		return (v.Type() == caseIDType || v.Type() == callIDType || v.Type() == userIDType) && misspelt(v.String())
	case reflect.Pointer, reflect.Interface:
		return namesOne(v.Elem(), depth+1)
	case reflect.Struct:
		for _, field := range v.Fields() {
			if namesOne(field, depth+1) {
				return true
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if v.Type().Elem().Kind() == reflect.Uint8 {
				return false
			}
			if namesOne(v.Index(i), depth+1) {
				return true
			}
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			if namesOne(key, depth+1) || namesOne(v.MapIndex(key), depth+1) {
				return true
			}
		}
	default:
	}
	return false
}
