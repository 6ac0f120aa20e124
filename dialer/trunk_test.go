package dialer

import (
	"regexp"
	"testing"
)

// Every trouble of a trunk says what is wrong and what to do, in both languages.
func TestTrunkTroublesAreInWords(t *testing.T) {
	japanese := regexp.MustCompile(`[ぁ-ん].*ください`)
	if len(troubles) != len(TrunkTroubles) {
		t.Errorf("words for %d troubles, there are %d", len(troubles), len(TrunkTroubles))
	}
	for _, trouble := range TrunkTroubles {
		e := trouble.InWords(403)
		if e.Kind != trouble || e.Status != 403 || !japanese.MatchString(e.Text) || len(e.TextEN) < 20 {
			t.Errorf("%s is %+v", trouble, e)
		}
	}
}
