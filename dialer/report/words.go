package report

import (
	"kakeru/dialer"
	"kakeru/dialer/casework"
)

func words(ja, en string) Words { return Words{JA: ja, EN: en} }

// named finds the words of a code; a code without words stands for itself.
func named(table map[string]Words) func(string) Words {
	return func(key string) Words {
		if w, ok := table[key]; ok {
			return w
		}
		return words(key, key)
	}
}

var totalWords = words("合計", "total")

var insuranceWords = map[string]Words{
	"kokuho": words("国民健康保険", "national health insurance"), "kouki": words("後期高齢者医療", "late-stage elderly insurance"),
	"both": words("国保・後期の両方", "both insurances"), "": words("保険なし・不明", "none or unknown"),
}

var languageWords = map[string]Words{
	"ja": words("日本語", "Japanese"), "en": words("英語", "English"), "zh": words("中国語", "Chinese"), "vi": words("ベトナム語", "Vietnamese"),
	"ko": words("韓国語", "Korean"), "ne": words("ネパール語", "Nepali"), "tl": words("タガログ語", "Tagalog"), "pt": words("ポルトガル語", "Portuguese"),
	"es": words("スペイン語", "Spanish"), "": words("言語不明", "language unknown"),
}

var kindWords = map[string]Words{
	string(dialer.KindFixed): words("固定電話", "fixed line"), string(dialer.KindMobile): words("携帯電話", "mobile"),
	string(dialer.KindIP): words("IP電話", "IP telephone"), string(dialer.KindFreeDial): words("フリーダイヤル", "free dial"),
	string(dialer.KindNavi): words("ナビダイヤル", "navi dial"), "": words("不明", "unknown"),
}

var partyWords = map[string]Words{
	string(casework.Self): words("本人", "debtor"), string(casework.Family): words("家族", "family"),
	string(casework.ThirdParty): words("第三者", "third party"), string(casework.Voicemail): words("留守番電話", "voicemail"),
	string(casework.Recorder): words("録音機", "recorder"), string(casework.Fax): words("FAX", "fax"),
	string(casework.Silent): words("無言", "silent"), "": words("記録なし", "not recorded"),
}

var businessWords = map[string]Words{
	string(casework.Promised): words("納付約束", "promise to pay"), string(casework.AlreadyPaid): words("納付済(行き違い)", "already paid"),
	string(casework.Instalments): words("分割希望→区", "instalments wanted, to the ward"), string(casework.SlipReissue): words("再発行→区", "slip reissue, to the ward"),
	string(casework.CallBack): words("折返し", "call back"), string(casework.MessageLeft): words("伝言", "message left"),
	string(casework.RefusesToPay): words("納付拒否", "refuses to pay"), string(casework.Complaint): words("苦情", "complaint"),
	string(casework.WrongNumber): words("番号相違", "wrong number"), string(casework.LanguageWanted): words("言語要", "language wanted"),
	string(casework.Information): words("制度案内", "information"), string(casework.AccountTransfer): words("口座振替案内", "account transfer advised"),
	string(casework.MovedOrDeceased): words("転出/死亡→区", "moved or deceased, to the ward"), string(casework.NotIn): words("本人不在", "debtor not in"),
	string(casework.HungUp):         words("途中切断", "hung up"),
	string(casework.OtherInsurance): words("社保加入・資格喪失届未了", "other insurance"), string(casework.Hardship): words("減免・生活相談→区", "hardship, to the ward"),
	string(casework.NoCommitment): words("約束なし", "no commitment"), "none": words("業務結果なし", "no business result"),
}

var handoffWords = map[string]Words{
	string(casework.HandInstalments): words("分割希望", "instalments"), string(casework.HandSlip): words("納付書再発行", "slip reissue"),
	string(casework.HandDiscrepancy): words("相違報告", "discrepancy"), string(casework.HandComplaint): words("苦情", "complaint"),
	string(casework.HandMoved): words("転出/死亡", "moved or deceased"), string(casework.HandHardship): words("減免・生活相談", "hardship"),
	string(casework.HandInsurance): words("社保加入・資格喪失届未了", "other insurance"), string(casework.HandOther): words("その他", "other"),
}

// handoffRows are the kinds of hand-offs that always stand in a report.
var handoffRows = func() []string {
	var out []string
	for _, k := range casework.HandoffKinds {
		out = append(out, string(k))
	}
	return out
}()

var meansWords = map[string]Words{
	"slip": words("納付書", "slip"), "convenience": words("コンビニ", "convenience store"), "bank": words("金融機関", "bank"),
	"account_transfer": words("口座振替", "account transfer"), "counter": words("区窓口", "ward counter"), "online": words("オンライン", "online"),
}
