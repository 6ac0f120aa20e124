package dialer

// rulesInJapanese says each mistake in a file of rules in Japanese, with the same values in the same places. The words of the file
// itself stay as they are written there.
var rulesInJapanese = map[string]string{
	"there is none; write the times at which the parts of a day begin, for instance [\"00:00\", \"12:00\"]": "時間帯がありません。時間帯の始まる時刻を [\"00:00\", \"12:00\"] のように書いてください",
	"%q is no time of day; write HH:MM":                         "%q は時刻として読めません。HH:MM の形で書いてください",
	"the first part of a day begins at 00:00, not at %s":        "最初の時間帯は 00:00 から始めてください(現在: %s)",
	"%s does not come after %s; write the times in their order": "%s は %s より後の時刻ではありません。早い順に書いてください",
	"a %s stands where a %s belongs":                            "値の種類が違います(%s があり、%s が必要です)",
	"there is no such key; docs/rules.md has the names":         "この名前の項目はありません。使える名前は docs/rules.md にあります",
	"%v":                                                 "読めません: %v",
	"%d is negative; write %d or more":                   "%d は負の数です。%d 以上を書いてください",
	"%d is negative; write 0 or more":                    "%d は負の数です。0 以上を書いてください",
	"%d; write %d or more":                               "%d では小さすぎます。%d 以上を書いてください",
	"%d is out of range; write 0 to %d":                  "%d は範囲外です。0 から %d までを書いてください",
	"%d is out of range; write %d to %d":                 "%d は範囲外です。%d から %d までを書いてください",
	"%q is not known; use one of %v":                     "%q は使えません。次のどれかを書いてください: %v",
	"is missing; write a name of its own for the row":    "名前がありません。行ごとに別の名前を書いてください",
	"%q is there twice; give each row a name of its own": "%q が2回使われています。行ごとに別の名前を書いてください",
	"the reason is missing; write why and why_en, one sentence each, for the panel": "理由がありません。画面に出す文を why(日本語)と why_en(英語)に1文ずつ書いてください",

	"%d rings in different parts of a day that has %d; write fewer, or more bands, or other_band: false": "1日に別の時間帯で %d 回鳴らす設定ですが、時間帯は %d つしかありません。" +
		"回数を減らすか、時間帯を増やすか、other_band: false にしてください",
	"%d rings of a day, %s apart, do not fit into one; write a shorter gap": "1日 %d 回を %s あけて鳴らすことはできません。間隔を短くしてください",
	"%d tries of a day, %s apart, do not fit into one; write a shorter gap": "1日 %d 回を %s あけてかけることはできません。間隔を短くしてください",
	"%d rings a day so far apart do not fit into the longest open day (%d min); write a shorter gap, or rings_per_day: 1": "1日 %d 回をその間隔で鳴らすには、いちばん長い開設日(%d 分)でも足りません。" +
		"間隔を短くするか、rings_per_day: 1 にしてください",
	"%d rings in different parts of a day, but the centre is never open in more than %d; " +
		"write fewer, more bands, or other_band: false": "1日に別の時間帯で %d 回鳴らす設定ですが、開設時間にかかる時間帯は %d つまでです。" +
		"回数を減らすか、時間帯を増やすか、other_band: false にしてください",
	"%d a day is more than the %d of a week; write less":   "1日 %d 件は1週間の上限 %d 件を超えています。減らしてください",
	"%d a day is more than the %d of a month; write less":  "1日 %d 件は1か月の上限 %d 件を超えています。減らしてください",
	"%d a week is more than the %d of a month; write less": "1週間 %d 件は1か月の上限 %d 件を超えています。減らしてください",

	"no row says what follows %s whatever its confidence; add one with results: [%q]": "%s のあとどうするかを決める行がありません(確からしさを問わない行が必要です)。" +
		"results: [%q] の行を足してください",
	"there is none; write which results the row is for": "通信結果がありません。どの通信結果のための行かを書いてください",
	"unknown result %q; use one of %v":                  "%q という通信結果はありません。次のどれかを書いてください: %v",
	"nothing follows %s by this table: a talk waits for its entry, and what was not dialled stays where it stood": "%s はこの表では扱いません(接続は業務結果の登録を待ち、発信しなかったものは元の順番に残ります)。行から外してください",
	"unknown confidence %q; use high, medium or low":                                                              "%q という確からしさはありません。high・medium・low のどれかを書いてください",
	"%q is never reached: connections[%d] (%s) takes all of it; take one of them out, or change their order": "%q の行には届きません。" +
		"先にある connections[%d](%s)がすべて受け取ります。どちらかを外すか、順番を入れ替えてください",
	"%q is never reached: business[%d] (%s) takes all of it; take one of them out, or change their order": "%q の行には届きません。" +
		"先にある business[%d](%s)がすべて受け取ります。どちらかを外すか、順番を入れ替えてください",
	"the last row must have no condition, so that every entry is decided": "最後の行には条件を書かないでください(どの登録も必ず決まるようにするため)",

	"a case cannot be held and wait for a time as well; take out hold, or the wait":              "保留と待ち時間は同時に使えません。hold か待ち時間のどちらかを外してください",
	"a case cannot be held and wait for a time as well; take out hold, or days":                  "保留と待ち日数は同時に使えません。hold か days のどちらかを外してください",
	"hold holds the case the first time already; take out one of the two":                        "hold は1回目から保留にします。hold と hold_after のどちらかを外してください",
	"a case waits for minutes or for another day, not both; take out after_minutes or next_day":  "分の待ちと翌日待ちは同時に使えません。after_minutes か next_day のどちらかを外してください",
	"a case waits for one thing; write one of asked, after_promise_days, days and after_minutes": "待つものは1つだけです。asked・after_promise_days・days・after_minutes のどれか1つを書いてください",
	"nothing says what the case waits for; write after_minutes, next_day, other_band or hold":    "案件が何を待つかがありません。after_minutes・next_day・other_band・hold のどれかを書いてください",
	"nothing says what the case waits for; write asked, after_promise_days, days, after_minutes or hold": "案件が何を待つかがありません。" +
		"asked・after_promise_days・days・after_minutes・hold のどれかを書いてください",
	"only a promise has a date to wait for; write business: [%q]":                      "期日があるのは納付約束だけです。business: [%q] と書いてください",
	"a number is spoilt where its case would be held; write hold or hold_after too":    "番号を使えなくするのは、案件を保留にするときだけです。hold か hold_after も書いてください",
	"a number is spoilt where its case would be held; write hold too":                  "番号を使えなくするのは、案件を保留にするときだけです。hold も書いてください",
	"there is no such desk; the settings have %v":                                      "この席はありません。設定にある席: %v",
	"%q is no language that cases wait for; write one of %v":                           "%q は案件の言語にありません。次のどれかを書いてください: %v",
	"0 changes nothing; write how much sooner such a case comes, or leave the row out": "0 では何も変わりません。どれだけ早く出すかを書くか、行を外してください",
	"nobody owes %d or more and less than %d; the row is never reached":                "%d 円以上 %d 円未満の人はいません。この行には届きません",
	"no case was called %d times or more and fewer than %d; the row is never reached":  "%d 回以上 %d 回未満の案件はありません。この行には届きません",
}
