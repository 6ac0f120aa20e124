package render

import "slices"

// The places where Japanese is not broken: before what closes, behind what opens, and within the words of our own headings.
var (
	closing  = []rune(")\uff09、。」ー・:\uff1aょっゃュョッャ%")
	opening  = []rune("(\uff08「")
	unparted = words("対象外", "電話", "番号", "時間", "取消", "異常", "形式", "誤り", "再架電", "架電", "金額", "約束", "電源断", "国保", "後期", "内訳", "なし",
		"納付", "済額", "猶予", "結果", "未入力", "件数", "保険", "通話", "秒", "処理", "開設", "人")
)

func words(of ...string) [][]rune {
	var out [][]rune
	for _, w := range of {
		out = append(out, []rune(w))
	}
	return out
}

// wrap breaks words into lines: before a bracket where that is enough, else wherever a line is full.
func (s *press) wrap(words string, size, width float64) []string {
	if words == "" {
		return nil
	}
	if s.width(words, size) <= width {
		return []string{words}
	}
	var out []string
	runes := []rune(words)
	for len(runes) > 0 {
		n := 1
		for n < len(runes) && s.width(string(runes[:n+1]), size) <= width {
			n++
		}
		n = nicer(runes, n)
		out = append(out, string(runes[:n]))
		runes = runes[n:]
	}
	return out
}

// nicer moves the end of a line of n characters back to where Japanese may be broken; a place behind a colon or a middle dot, or
// before a bracket, is better than any other in the second half of the line.
func nicer(runes []rune, n int) int {
	if n == len(runes) {
		return n
	}
	for i := n; i > n/2; i-- {
		if slices.Contains(opening, runes[i]) || slices.Contains([]rune(":・ "), runes[i-1]) {
			return i
		}
	}
	for i := n; i > 1; i-- {
		if !slices.Contains(closing, runes[i]) && !slices.Contains(opening, runes[i-1]) && !parts(runes, i) {
			return i
		}
	}
	return n
}

// parts says whether a break before character i would part a word, or a number.
func parts(runes []rune, i int) bool {
	if narrow(runes[i-1]) && narrow(runes[i]) && !slices.Contains([]rune("@-._/"), runes[i-1]) {
		return true
	}
	for _, w := range unparted {
		for from := max(0, i-len(w)+1); from < i; from++ {
			if from+len(w) <= len(runes) && slices.Equal(runes[from:from+len(w)], w) {
				return true
			}
		}
	}
	return false
}

// narrow says whether a character is of a Latin word or a number.
func narrow(r rune) bool { return r > ' ' && r < 0x80 }
