package report

import (
	"maps"
	"slices"
	"strings"

	"kakeru/dialer/casework"
)

// The columns of the table of all closes.
const (
	closesOpen = iota
	closesDone
	closesLater
	closesMissing
	closesWithout
	closesUnderWay
	closesGivenUp
)

// The columns of the table of closes by day, behind its two of words.
const (
	dayReturned = 2
	dayKeys     = dayReturned + 3
	dayPersons  = dayKeys + 1
)

// The columns of the tables of what was shown.
const (
	shownDebts = iota
	shownTalks
	shownCases
	shownHidden
	shownChecks
	shownReads
	shownListens
)

// returnedKinds are what a close gives back, by the kinds of its files.
var returnedKinds = []Column{count("records", "交渉記録", "records"), count("handoffs", "引継ぎ", "hand-offs"), count("numbers", "番号入力", "numbers")}

var destroyedWords = map[string]Words{
	"keys": words("日ごとの暗号鍵", "keys of days"), "cases": words("案件(返却)", "cases"), "persons": words("氏名・住所等", "persons"),
	"phones": words("電話番号", "telephone numbers"), "case_notes": words("名簿の備考", "notes of lists"), "entry_notes": words("交渉メモ", "notes of results"),
	"callers": words("受電の番号", "callers"), "staged_rows": words("取込待ちの行", "rows not taken in"), "numbers_entered": words("入力した番号の控え", "numbers entered"),
	"handoffs": words("引継ぎの氏名等", "hand-offs"), "recordings": words("通話録音", "recordings"), "recording_keys": words("通話録音の鍵", "keys of recordings"),
}

// destroyedRows are what a close destroys, in the order of the page.
var destroyedRows = []string{"keys", "cases", "persons", "phones", "case_notes", "entry_notes", "callers", "staged_rows", "numbers_entered",
	"handoffs", "recordings", "recording_keys"}

var listWords = map[bool]Words{false: words("滞納一覧表", "list of debts"), true: words("消込リスト", "list of payments")}

var listStates = map[string]Words{
	"staging": words("読取中", "being read"), "staged": words("確認待ち", "read, not taken in"), "applied": words("取込済", "taken in"),
	"failed": words("取り込まず", "not taken in"),
}

var identifierWords = map[string]Words{
	total: words("債務情報を表示した回数", "times a debt was shown"), string(casework.ByName): words("うち氏名で確認", "by name"),
	string(casework.ByBirthday): words("うち生年月日で確認", "by birthday"), string(casework.ByAddress): words("うち住所で確認", "by address"),
	string(casework.ByWardNumber): words("うち宛名番号で確認", "by the ward's number"), string(casework.ByInsuredNumber): words("うち被保険者番号で確認", "by the insured number"),
	string(casework.ByPhone): words("うち登録電話番号で確認", "by telephone number"),
}

func identityWords(key string) Words {
	if party, ok := strings.CutPrefix(key, "party:"); ok {
		w := named(partyWords)(party)
		return words("応対者 "+w.JA, "to "+w.EN)
	}
	return named(identifierWords)(key)
}

func worded(key, ja, en string) Column { return Column{Key: key, Title: words(ja, en), Unit: InWords} }

// given is a column whose figures are made of no rows.
func given(c Column) Column {
	c.Given = true
	return c
}

// lay makes the empty sections.
func (b *privacy) lay() {
	b.layCloses()
	b.layLists()
	b.layShown()
	b.unknown = newGrid("unknown", "8 事故・拒否されたアクセス", "Incidents and refused accesses", named(map[string]Words{
		"incidents": words("個人情報に関する事故", "incidents"), "refused": words("拒否されたアクセス", "refused accesses"),
	}), worded("count", "件数", "count"))
	b.unknown.keep = []string{"incidents", "refused"}
	b.unknown.note("事故は期間内に知ったものです。内容と対応は「監査」の「事故」にあります。拒否されたアクセスは、権限のない操作を台帳が拒んだ回数です",
		"Incidents are those found out in the span; what happened and what was done stands under Audit, Incidents. Refused accesses are requests that a role did not allow")
}

func (b *privacy) layCloses() {
	b.closes = newGrid("closes", "1 終業返却", "The day's closes", always(totalWords), given(count("open_days", "開設日", "days open")),
		count("closed", "返却済", "closed"), count("later", "後日返却", "returned later"), given(count("missing", "未返却", "not returned")),
		given(count("without", "終業返却なし", "not closed, nothing came in")),
		count("under_way", "実施中", "under way"), count("given_up", "取りやめ", "given up"))
	b.closes.keep = []string{total}
	b.closes.note("開設日は、開設予定の日、個人情報を預かった日、終業返却を行った日です", "A day is open when it was to be, when personal data came in, or when it was closed")
	b.closes.note("返却と消去の状況は作成時点のものです。後日返却は、その日の個人情報が後の日の終業返却で返却・消去されたものです",
		"What was returned is as of now. Returned later: a later day's close took that day's personal data")

	b.closes.note("未返却は、個人情報を預かった日で返却の記録がないものです。終業返却なしは、開設予定の日で、その日に預かった個人情報も終業返却の記録もないものです",
		"Not returned: personal data came in, and no close took it. Not closed, nothing came in: the centre was to open, and there is neither")

	b.closesByDay = newGrid("closes_by_day", "1 終業返却(日別)", "The day's closes, by day", sameWords,
		slices.Concat([]Column{worded("state", "状況", "state"), worded("by", "完了・実施者", "done, by")}, returnedKinds,
			[]Column{count("keys", "消去した鍵", "keys destroyed"), count("persons", "消去した人数", "persons destroyed")})...)
	b.closesByDay.note("交渉記録・引継ぎ・番号入力は、その日の終業返却で区へ返却したファイルの行数です", "Records, hand-offs and numbers are the rows of the files that went back")
	b.closesByDay.note("鍵を消去すると、その日の個人情報は控え(バックアップ)からも読めなくなります", "What stood under a key that was destroyed cannot be read any more, in backups either")

	b.returns = newGrid("returns", "2 返却の証明", "Proof of the returns", nil, count("files", "ファイル", "files"),
		count("signed", "返却票(署名)", "signed manifest"), count("receipt", "消去証明", "receipt"), Column{Key: "ward", Title: words("区の受領確認", "the ward's receipt"), Unit: InCalls, Given: true},
		worded("manifest", "返却票のSHA-256", "SHA-256 of the manifest"))
	b.returns.note("区の受領確認を登録する機能は未実装です。受領は返却票の署名の検証で確かめてください",
		"That the ward received a return cannot be entered yet; verify the manifest's signature")

	b.destroyed = newGrid("destroyed", "3 消去したもの", "What was destroyed", named(destroyedWords),
		count("day_end", "終業返却", "at day's closes"), count("contract_end", "契約終了", "at the contract's end"))
	b.destroyed.keep = destroyedRows
	b.destroyed.note("「—」は、期間内に契約終了の返却がなかったことを示します", "A dash: the contract did not end in the month")
}

func (b *privacy) layLists() {
	b.lists = newGrid("lists", "4 受領した名簿", "Lists received", nil, worded("by", "受領者", "by"), worded("state", "取込", "state"),
		count("rows", "行数", "rows"), count("persons", "人数", "persons"), worded("gone", "返却・消去", "returned, destroyed"))
	b.lists.note("取り消した名簿と、読み取れなかったファイルは含みません", "Lists that were discarded, and files that could not be read, are not here")

	figures := []Column{
		count("rows", "行数計", "rows"), count("firsts", "初回", "first"), count("corrections", "訂正", "corrections"), count("repeats", "再出力", "again"),
		count("files", "ファイル", "files"),
	}
	b.exportsBy = newGrid("exports_by_person", "5 書出し(担当者別)", "Exports by person", func(key string) Words {
		if key == "" {
			return words("コマンド", "the command line")
		}
		return b.o.called(key)
	}, slices.Concat([]Column{count("exports", "書出し", "exports")}, figures)...)
	b.exportsBy.keep = []string{total}
	b.exportsBy.note("終業返却の前に書き出した交渉記録です。終業返却のファイルは1にあります", "Records that were written before a day's close; the files of closes are under 1")
	b.exportsBy.note("ファイルの受取、報告書の出力、案件記録の写しは動作ログに残り、この表には含みません",
		"That a file, a report or a case's record was taken stands in the program's log, and is not here")
	b.exports = newGrid("exports", "5 書出し(明細)", "Exports", nil, slices.Concat([]Column{worded("day", "対象日", "of the day")}, figures)...)
}

func (b *privacy) layShown() {
	columns := []Column{
		count("shown", "債務情報の表示", "debts shown"), count("talks", "うち通話", "in calls"), count("cases", "うち案件", "of cases"),
		count("hidden", "非表示に戻した", "hidden again"), count("checks", "経過確認", "histories checked"), count("reads", "引継ぎの開示", "hand-offs opened"),
		count("listens", "録音の聴取", "recordings played"),
	}
	b.shownBy = newGrid("shown_by_person", "6 閲覧・開示(担当者別)", "What was shown, by person", func(key string) Words {
		if id, ok := strings.CutPrefix(key, "by:"); ok {
			return b.o.called(id)
		}
		return totalWords
	}, columns...)
	b.shownBy.keep = []string{total}
	b.shownBy.note("債務情報の表示は、本人確認の後に滞納額等を画面に表示した記録です。通話・案件は重複を除きます",
		"A debt is shown once the person is known; calls and cases count once")
	b.shownBy.note("引継ぎの開示は、引継ぎに記された氏名等を開いた記録です", "A hand-off is opened with the name in it")
	b.shownOn = newGrid("shown_by_day", "6 閲覧・開示(日別)", "What was shown, by day", sameWords, columns...)
	b.identity = newGrid("identity", "7 本人確認", "How people were known", identityWords, count("times", "回数", "times"))
	b.identity.keep = []string{total}
	for _, by := range casework.Identifiers {
		b.identity.keep = append(b.identity.keep, string(by))
	}
	b.identity.note("1回の表示に複数の確認方法がありえます。確認できなかった試みは記録されません", "One showing can have several; attempts that failed are not kept")
}

func sortedKeys[V any](of map[string]V) []string { return slices.Sorted(maps.Keys(of)) }
