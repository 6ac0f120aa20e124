package casework

import (
	"maps"
	"slices"
	"strings"
)

// Field is what a column of the ward's list means.
type Field string

// The fields of the list (滞納一覧表), in the order the ward writes them.
const (
	FieldWardNumber Field = "ward_number"
	FieldName       Field = "name"
	FieldKana       Field = "kana"
	FieldBornOn     Field = "born_on"
	FieldPostalCode Field = "postal_code"
	FieldAddress    Field = "address"
	FieldPhone1     Field = "phone1"
	FieldPhone2     Field = "phone2"
	FieldPhone3     Field = "phone3"
	FieldInsurance  Field = "insurance"
	FieldTerm       Field = "term"
	FieldDueOn      Field = "due_on"
	FieldAmount     Field = "amount"
	FieldLanguage   Field = "language"
	FieldNote       Field = "note"
	FieldSample     Field = "sample"
)

// Mapping says how a list is read: which names a column may have, and what its words mean. Names and words are compared
// by Notation.Plain, without any spaces.
type Mapping struct {
	// Columns are the names of each field's column; the first is the one that problems and the sample use.
	Columns map[Field][]string
	// Need are the fields without whose column a list is refused.
	Need []Field
	// Insurances and Languages give the words of those columns their meaning.
	Insurances map[string]Insurance
	Languages  map[string]string
	// WardDigits is how many digits a 宛名番号 has; shorter ones get their leading zeros back. 0 takes any number.
	WardDigits int

	// Sources are those that were saved; a list with the columns of one is read as it says. Source narrows that to one of them, by
	// name, and no other reading then; Found is told the name of the one a list is read by, empty for the built-in names.
	Sources []ListSource
	Source  string
	Found   func(source string)

	left []string // columns that are known and not taken
}

// fields lists every field in the order of the list.
var fields = []Field{
	FieldWardNumber, FieldName, FieldKana, FieldBornOn, FieldPostalCode, FieldAddress, FieldPhone1, FieldPhone2, FieldPhone3,
	FieldInsurance, FieldTerm, FieldDueOn, FieldAmount, FieldLanguage, FieldNote, FieldSample,
}

// phoneFields are the number columns, the one dialled first first.
var phoneFields = []Field{FieldPhone1, FieldPhone2, FieldPhone3}

var defaultColumns = map[Field][]string{
	FieldWardNumber: {"宛名番号", "宛名コード", "宛名No"},
	FieldName:       {"氏名", "氏名漢字", "漢字氏名", "納付義務者氏名", "納付義務者", "世帯主氏名"},
	FieldKana:       {"氏名カナ", "カナ氏名", "フリガナ", "氏名フリガナ"},
	FieldBornOn:     {"生年月日"},
	FieldPostalCode: {"郵便番号", "〒"},
	FieldAddress:    {"住所", "現住所", "送付先住所"},
	FieldPhone1:     {"電話番号1", "電話番号", "電話1", "TEL1", "TEL", "自宅電話番号"},
	FieldPhone2:     {"電話番号2", "電話2", "TEL2", "携帯電話番号", "携帯電話"},
	FieldPhone3:     {"電話番号3", "電話3", "TEL3", "勤務先電話番号"},
	FieldInsurance:  {"保険区分", "保険種別", "科目", "料目"},
	FieldTerm:       {"期別", "年度期別", "賦課年度期別"},
	FieldDueOn:      {"納期限", "納付期限"},
	FieldAmount:     {"滞納額", "未納額", "滞納金額", "未納金額"},
	FieldLanguage:   {"言語", "使用言語"},
	FieldNote:       {"備考", "摘要", "特記事項"},
	FieldSample:     {"見本"},
}

var defaultInsurances = map[string]Insurance{
	"国保": Kokuho, "国民健康保険": Kokuho, "国民健康保険料": Kokuho, "国保料": Kokuho, "kokuho": Kokuho,
	"後期": Kouki, "後期高齢": Kouki, "後期高齢者医療": Kouki, "後期高齢者医療保険": Kouki, "後期高齢者医療保険料": Kouki, "kouki": Kouki,
}

var defaultLanguages = map[string]string{
	"": "ja", "日本語": "ja", "ja": "ja", "英語": "en", "english": "en", "en": "en",
	"中国語": "zh", "chinese": "zh", "zh": "zh", "ベトナム語": "vi", "ヴェトナム語": "vi", "vietnamese": "vi", "vi": "vi",
	"韓国語": "ko", "ko": "ko", "ネパール語": "ne", "ne": "ne", "タガログ語": "tl", "tl": "tl", "ミャンマー語": "my", "my": "my",
	"ベンガル語": "bn", "bn": "bn", "ヒンディー語": "hi", "hi": "hi", "スペイン語": "es", "es": "es", "ポルトガル語": "pt", "pt": "pt",
}

// DefaultMapping is the mapping of the ward's list as the centre knows it. The caller may change what it returns.
func DefaultMapping() Mapping {
	return Mapping{
		Columns:    maps.Clone(defaultColumns),
		Need:       []Field{FieldWardNumber, FieldName, FieldPhone1, FieldInsurance, FieldTerm, FieldAmount},
		Insurances: maps.Clone(defaultInsurances),
		Languages:  maps.Clone(defaultLanguages),
		WardDigits: 10,
	}
}

// Needs reports whether a list without the field is refused.
func (m Mapping) Needs(f Field) bool { return slices.Contains(m.Need, f) }

// Name is a field's column as problems and the sample name it.
func (m Mapping) Name(f Field) string {
	if names := m.Columns[f]; len(names) > 0 {
		return names[0]
	}
	return string(f)
}

// header is where each field stands in the file at hand.
type header struct {
	cells   []string
	at      map[Field]int
	width   int   // cells in the header
	unknown []int // columns that no field claims, counted from one
	twice   []Field
	missing []Field
}

// locate finds the fields in a header's cells by their names.
func (m Mapping) locate(cells []string, key func(string) string) header {
	h := header{cells: cells, at: map[Field]int{}, width: len(cells)}
	means := map[string]Field{}
	for _, name := range m.left {
		means[key(name)] = ""
	}
	for f, names := range m.Columns {
		for _, name := range names {
			means[key(name)] = f
		}
	}
	for i, cell := range cells {
		k := key(cell)
		f, known := means[k]
		_, taken := h.at[f]
		switch {
		case k == "", known && f == "":
		case !known:
			h.unknown = append(h.unknown, i+1)
		case taken:
			h.twice = append(h.twice, f)
		default:
			h.at[f] = i
		}
	}
	for _, f := range m.Need {
		if _, ok := h.at[f]; !ok {
			h.missing = append(h.missing, f)
		}
	}
	return h
}

// whole reports whether a list can be read by a header.
func (h header) whole() bool { return len(h.missing) == 0 && len(h.twice) == 0 }

// better reports whether a line looks more like a header than another: a row of somebody's never does; else by the columns that are
// known, and by those there are.
func (h header) better(than header) bool {
	if row := slices.ContainsFunc(h.cells, hasNumber); row != slices.ContainsFunc(than.cells, hasNumber) {
		return !row
	}
	if len(h.at) != len(than.at) {
		return len(h.at) > len(than.at)
	}
	return filled(h.cells) > filled(than.cells)
}

func filled(cells []string) (n int) {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			n++
		}
	}
	return n
}

// namesOf joins the column names of fields for a sentence.
func (m Mapping) namesOf(fs []Field) string {
	names := make([]string, 0, len(fs))
	for _, f := range fs {
		if name := m.Name(f); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, "、")
}

// compare returns how names and words are made comparable under a notation.
func compare(n Notation) func(string) string {
	return func(s string) string { return strings.Join(strings.Fields(n.Plain(s)), "") }
}

// byKey returns the words of a table as they are compared.
func byKey[V any](words map[string]V, key func(string) string) map[string]V {
	m := make(map[string]V, len(words))
	for word, v := range words {
		m[key(word)] = v
	}
	return m
}
