package sip

import (
	"net/netip"
	"reflect"
	"slices"
	"testing"
)

// fixed are the fields that never change while a leg lives, or that no handle keeps.
var fixed = []string{"Leg", "Called", "Phones", "RemoteCSeq", "peers", "never"}

// TestEveryChangeMakesAnotherHandle: a field that same does not look at would be missing in what another process ends the
// leg by.
func TestEveryChangeMakesAnotherHandle(t *testing.T) {
	t.Parallel()
	before := saved{}
	if !before.same(saved{}) {
		t.Fatal("nothing has changed")
	}
	for _, of := range []func(*saved) any{
		func(s *saved) any { return s }, func(s *saved) any { return &s.Invite }, func(s *saved) any { return &s.Dialog },
	} {
		var s saved
		v := reflect.ValueOf(of(&s)).Elem()
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if name == "Invite" || name == "Dialog" || slices.Contains(fixed, name) {
				continue
			}
			old := v.Field(i).Interface()
			v.Field(i).Set(another(t, v.Field(i).Type()))
			if s.same(before) {
				t.Errorf("%s.%s has changed, and nobody sees it", v.Type().Name(), name)
			}
			v.Field(i).Set(reflect.ValueOf(old))
		}
	}
}

// another is a value of a type that is not its zero.
func another(t *testing.T, of reflect.Type) reflect.Value {
	t.Helper()
	v := reflect.New(of).Elem()
	switch of.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint32:
		v.SetUint(1)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(of, 1, 1))
	case reflect.Pointer:
		v.Set(reflect.New(of.Elem()))
	default:
		if of != reflect.TypeFor[place]() {
			t.Fatalf("no value of %v is known here", of)
		}
		v.Set(reflect.ValueOf(place{AddrPort: netip.MustParseAddrPort("192.0.2.1:5060")}))
	}
	return v
}
