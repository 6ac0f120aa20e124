package casework

// The sentences of a list's problems and repairs, by code: Japanese, English. They name no cell's text, for it is
// somebody's name, number or address.
var sentences = map[string][2]string{
	"missing":         {"空欄です。値を入れてください", "empty; fill it in"},
	"cells":           {"列の数が見出しと違います。カンマや引用符の過不足を確かめてください", "the row has not as many cells as the header; check its commas and quotes"},
	"bare_quote":      {"引用符(\")の対応が正しくありません。この行を直してください", "a quote is not paired; correct this line"},
	"bad_text":        {"読めない文字があります。元の文字を確かめてください", "there is text that cannot be read; check the original"},
	"bad_ward_number": {"宛名番号の形式が正しくありません。数字と桁数を確かめてください", "not a 宛名番号; check its digits and their number"},
	"bad_date":        {"日付として読めません。令和8年11月24日 や 2026/11/24 の形にしてください", "not a date; write 2026/11/24 or with the era year"},
	"bad_amount":      {"金額として読めません。0以上の整数(円)にしてください", "not a sum; write whole yen, zero or more"},
	"bad_paid_amount": {"収納額として読めません。整数(円)にしてください。取消は -、△ または ▲ を付けます", "not a sum; write whole yen, with a minus for one that is taken back"},
	"zero_paid":       {"収納額が0円です。この行は取り込みません", "a payment of nothing; the row is not taken"},
	"unknown_case":    {"この宛名番号の案件が名簿にありません。入金は記録し、名簿が届いたときに照合します", "no case has this number; the payment is kept, and counts once a list brings the case"},
	"taken_back_once": {
		"以前のリストで取消になった納付と同じ行です。同じ納付とみなし、数えません。納め直しであれば、この案件を保留にして区に確かめてください",
		"the same as a payment that an earlier list took back; it is taken for that one and does not count. If it was paid anew, hold the case and ask the ward",
	},
	"paid_later":        {"収納日が取込日より後です。日付を確かめてください", "the day of payment has not come yet; check it"},
	"zero_amount":       {"滞納額が0円です。納付済みでないか確かめてください", "nothing is owed; check whether it has been paid"},
	"bad_number":        {"電話番号として読めないか、桁数が正しくありません。番号を確かめてください", "not a telephone number, or of a wrong length; check it"},
	"exponent":          {"電話番号が表計算ソフトで指数表示になり、桁が失われています。元の番号を入れてください", "a spreadsheet has turned the number into an exponent; enter the number again"},
	"two_numbers":       {"1つの欄に複数の番号があります。電話番号1〜3に分けてください", "more than one number in a cell; use a column for each"},
	"never_dial":        {"発信できない番号です(110・0990・国際など)。架電の対象にしません", "a number that may never be dialled; it will not be"},
	"no_number":         {"発信できる電話番号がありません。番号が分かるまで架電できません", "no number that may be dialled; the case cannot be called"},
	"double_number":     {"同じ電話番号が重複していたため、1つにしました", "the same number stood there twice; one was kept"},
	"leading_zero":      {"先頭の0が欠けていたため補いました", "a leading zero was missing and was put back"},
	"country_code":      {"+81 の番号を国内の番号に直しました", "a number with +81 was made a national one"},
	"unknown_insurance": {"保険区分が正しくありません。国保か後期にしてください", "unknown insurance; write 国保 or 後期"},
	"unknown_language":  {"知らない言語のため、日本語として扱います", "unknown language; taken as Japanese"},
	"bad_postal_code":   {"郵便番号として読めません。7桁の数字にしてください", "not a postal code; write seven digits"},
	"gaiji":             {"外字が含まれています。画面では正しく表示されないことがあります", "holds characters of the ward's own, which screens may not show"},
	"unknown_column":    {"見出しを読み替えられない列です。この列は取り込みません", "a column whose name means nothing here; it is not taken"},
}

// ListError is why a list as a whole cannot be read. Code is one of columns, columns_moved, other_source, double_column, empty,
// no_rows, excel, encoding, long_line and read; who takes lists in may refuse them for reasons of its own.
type ListError struct {
	Code   string
	JA, EN string
	// Header is the one that is not known, for a person to say what its columns mean; nil where that is not what is wrong.
	Header *HeaderUnread
	cause  error
}

// ErrStopped is why a list was not read to its end: the day's close has begun, on whichever node. Nothing of it is lost but the reading.
var ErrStopped = &ListError{
	Code: "day_closing", JA: "本日の締め(終業返却)のため、読み込みを中止しました。締めが終わってから、もう一度選んでください",
	EN: "the day's close has begun, so the list was not read to its end; choose it again when the close is over",
}

func (e *ListError) Error() string { return e.EN }

// Japanese is the sentence for the screen.
func (e *ListError) Japanese() string { return e.JA }

// Unwrap gives the reader's own error, if it was one.
func (e *ListError) Unwrap() error { return e.cause }
