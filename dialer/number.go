package dialer

import (
	"log/slog"
	"strings"
)

// Number is a Japanese telephone number in national form, digits only ("0312345678"). It is personal data: it logs as
// its kind, never as its digits.
type Number string

// LogValue keeps the digits out of every log.
func (n Number) LogValue() slog.Value { return slog.StringValue("[" + string(n.Kind()) + "]") }

// NumberKind is the class of a number, by its prefix.
type NumberKind string

// The kinds of number.
const (
	KindFixed    NumberKind = "fixed"     // 0AB〜J, ten digits
	KindMobile   NumberKind = "mobile"    // 060, 070, 080, 090, eleven digits
	KindIP       NumberKind = "ip"        // 050, eleven digits
	KindFreeDial NumberKind = "free_dial" // 0120 ten digits, 0800 eleven
	KindNavi     NumberKind = "navi"      // 0570: the caller pays by the minute
	KindNever    NumberKind = "never"     // may never be dialled: see Forbidden

	KindWithheld NumberKind = "withheld" // of a call that came in without its number, or with one that is no Japanese one; no number is of it
)

// Kind classifies the number by the numbering plan's prefixes and lengths. What fits no class is KindNever.
func (n Number) Kind() NumberKind {
	if rule, _ := n.Forbidden(); rule != "" {
		return KindNever
	}
	s := string(n)
	switch {
	case strings.HasPrefix(s, "0570"):
		return KindNavi
	case strings.HasPrefix(s, "0120"), strings.HasPrefix(s, "0800"):
		return KindFreeDial
	case strings.HasPrefix(s, "050"):
		return KindIP
	case isMobile(s):
		return KindMobile
	default:
		return KindFixed
	}
}

// LastTwo returns the last two digits: enough for the lab's dial plan, too little to know anyone by.
func (n Number) LastTwo() string {
	if len(n) < 2 {
		return ""
	}
	return string(n[len(n)-2:])
}

// MadeUp reports whether the number lies where the Japanese plan never assigns one (an exchange that begins with 0:
// 03-0xxx-xxxx, 090-0xxx-xxxx). All samples take their numbers from there, so no sample is anybody's number.
func (n Number) MadeUp() bool {
	s := string(n)
	switch {
	case len(s) == 10 && strings.HasPrefix(s, "030"):
		return true
	case len(s) == 11 && isMobile(s):
		return s[3] == '0'
	case len(s) == 11 && strings.HasPrefix(s, "050"):
		return s[3] == '0'
	}
	return false
}

// Forbidden says why a number may never be dialled by anyone (DOMAIN "Never"); rule is empty when it may. A 0570
// number is not forbidden here: it is for a supervisor, which ForbiddenFor knows.
func (n Number) Forbidden() (rule, why string) {
	s := string(n)
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return "not_digits", "数字以外の文字(* や # など)を含む番号には発信できません"
		}
	}
	switch {
	case strings.HasPrefix(s, "184"), strings.HasPrefix(s, "186"):
		return "caller_id_prefix", "184・186 は付けられません。区の番号は常に通知します"
	case len(s) > 0 && s[0] == '1':
		return "service", "110・118・119 など 1 で始まる番号には発信できません"
	case strings.HasPrefix(s, "00"), strings.HasPrefix(s, "010"):
		return "international", "国際・事業者識別番号(010・00XY)には発信できません"
	case strings.HasPrefix(s, "0990"), strings.HasPrefix(s, "0180"), strings.HasPrefix(s, "020"):
		return "special_service", "0990・0180・020 の番号には発信できません"
	case s == "" || len(s) != plannedLength(s):
		return "length", "番号の桁数が正しくありません"
	}
	return "", ""
}

// ForbiddenFor is Forbidden with the one rule that depends on who asks: 0570 only for a supervisor.
func (n Number) ForbiddenFor(supervisor bool) (rule, why string) {
	if rule, why = n.Forbidden(); rule != "" {
		return rule, why
	}
	if strings.HasPrefix(string(n), "0570") && !supervisor {
		return "navi_dial", "0570 の番号に発信できるのはスーパーバイザーだけです"
	}
	return "", ""
}

func isMobile(s string) bool {
	return len(s) >= 3 && s[0] == '0' && s[2] == '0' && s[1] >= '6' && s[1] <= '9' && !strings.HasPrefix(s, "0800")
}

// plannedLength is how many digits the plan gives a number with this beginning; 0 when no number begins so.
func plannedLength(s string) int {
	switch {
	case len(s) < 2 || s[0] != '0':
		return 0
	case strings.HasPrefix(s, "0120"), strings.HasPrefix(s, "0570"):
		return 10
	case strings.HasPrefix(s, "0800"), strings.HasPrefix(s, "050"), isMobile(s):
		return 11
	default:
		return 10
	}
}
