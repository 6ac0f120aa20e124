package webui

import (
	"cmp"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"kakeru/dialer"
)

// datable refuses a request that names a time outside the years that mean something, in its body or its address, each by its place: no answer could be written
// with it, and once it is kept no list in which it stands.
func datable(in any) error {
	places := undatable(reflect.ValueOf(in), "", 0)
	if len(places) == 0 {
		return nil
	}
	p := *errInvalid
	for _, place := range places[:min(len(places), mostPlaces)] {
		p.Errors = append(p.Errors, FieldProblem{
			place, "bad_time", fmt.Sprintf("%d年から%d年までの日時にしてください", dialer.FirstYear, dialer.LastYear),
			fmt.Sprintf("give a time of the years %d to %d", dialer.FirstYear, dialer.LastYear),
		})
	}
	return &p
}

// undatable are the places of such times, as a request spells them.
func undatable(v reflect.Value, at string, depth int) (places []string) {
	if depth > lookDepth || !v.IsValid() {
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return undatable(v.Elem(), at, depth+1)
	case reflect.Struct:
		if v.Type() == timeType {
			if t, is := reflect.TypeAssert[time.Time](v); is && !dialer.IsPlausible(t) {
				return []string{at}
			}
			return nil
		}
		for field, one := range v.Fields() {
			if field.IsExported() || field.Anonymous {
				places = append(places, undatable(one, placeOf(at, field), depth+1)...)
			}
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return nil
		}
		for i := range v.Len() {
			places = append(places, undatable(v.Index(i), at+"["+strconv.Itoa(i)+"]", depth+1)...)
		}
	case reflect.Map:
		for name, one := range v.Seq2() {
			places = append(places, undatable(one, strings.TrimPrefix(fmt.Sprintf("%s.%v", at, name), "."), depth+1)...)
		}
	default:
	}
	return places
}

// placeOf is where a field stands in a request. The body, and what a struct has from another, have no name of their own there.
func placeOf(at string, field reflect.StructField) string {
	tag := field.Tag
	name, _, _ := strings.Cut(cmp.Or(tag.Get("json"), tag.Get("query"), tag.Get("path"), tag.Get("header")), ",")
	return strings.Trim(at+"."+name, ".")
}
