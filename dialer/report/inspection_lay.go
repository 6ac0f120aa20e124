package report

// The columns of the days of an inspection, behind hours and seats.
const (
	dayAttempts = iota + 2
	dayAnswered
	dayTalks
	dayInbound
	dayPromises
	dayHandoffs
	dayNumbers
	daySMS
)

// lay makes the empty sections.
func (b *inspection) lay() {
	b.accepted = newGrid("accepted", "1 実施件数", "What was done", named(map[string]Words{
		ByAttempts: words("架電ごと", "by attempts"), ByPersons: words("人ごと", "by persons"), ByCases: words("人×保険ごと", "by cases"),
		ByThirds: words("不在3回で1件", "three absences are one"),
	}), count("count", "件数", "count"), given(count("target", "目標", "target")), given(count("difference", "目標との差", "difference")), worded("held", "検査の定義", "by which it is accepted"))
	b.accepted.keep = Definitions
	b.accepted.note("架電件数は、発信して相手側の網に届いた架電です。短時間取消・回線異常・番号形式誤りを除き、INVITEが送出された日(日本時間)に属します",
		"An attempt was sent to the network; short cancels, line trouble and bad numbers are left out. It belongs to the day its INVITE left, in Japan's time")
	b.accepted.note("人ごとは宛名番号、人×保険ごとは宛名番号と保険の組を、月内で1件とします。不在3回で1件は、同じ月の3回目、6回目…の不在だけを数えます",
		"A person is one 宛名番号, a case one 宛名番号 and insurance, each once in the month; of a person's absences the third, sixth and so on count")
	b.accepted.note("目標は、その月について設定または区の指示により定めた件数です。ほかの数え方には目標はありません", "The target is the month's, by the settings or by the ward's word; the other ways of counting have none")

	b.bounds = newGrid("bounds", "2 番号入力・SMS", "Numbers entered, and SMS", named(map[string]Words{
		"numbers": words("電話番号入力(仕様書10(6))", "numbers entered (§10(6))"), "sms": words("SMS催告(仕様書10(5))", "SMS (§10(5))"),
	}), count("count", "件数", "count"), given(count("least", "下限", "least")), given(count("most", "上限", "most")), worded("verdict", "判定", "verdict"))
	b.bounds.keep = []string{"numbers", "sms"}
	b.bounds.note("番号入力は取り消したものを除きます。SMSは登録された日ごとの件数の最新の値の計です", "Numbers that were taken back are left out; messages are the newest entry of each day")

	b.layDays()

	b.papers = newGrid("papers", "5 日報(添付一覧)", "Daily reports attached", sameWords,
		count("revisions", "版の数", "revisions"), worded("state", "最新の版", "newest"), worded("sha256", "SHA-256", "SHA-256"))
	b.papers.note("SHA-256は最新の版の内容のものです。未発行は、実績があるのに日報が発行されていない日です", "The digest is of the newest revision; missing are days of which there is something to report")

	b.amended = newGrid("amended", "6 日報発行後の訂正", "Recorded after the day's report", sameWords,
		count("after_first", "第1版の後の登録・訂正", "after the first revision"), count("after_newest", "うち最新の版の後", "of these, after the newest"))
	b.amended.keep = []string{total}
	b.amended.note("通話の日の日報が初めて発行された後に、登録または訂正された結果です。最新の版の後のものは、まだどの日報にも含まれていません",
		"Results that were recorded after the report of their call's day first went out; those after the newest are in no daily report yet")
}

func (b *inspection) layDays() {
	b.days = newGrid("days", "3 日別", "By day", sameWords,
		given(Column{Key: "hours", Title: words("開設時間", "hours open"), Unit: InRate}), given(count("seats", "席数", "seats")),
		count("attempts", "架電件数", "attempts"), count("answered", "応答件数", "answered"), count("talks", "架電の通話", "talks"), count("inbound", "受電", "came in"),
		count("promises", "納付約束", "promises"), count("handoffs", "引継ぎ", "hand-offs"), count("numbers", "番号入力", "numbers"), count("sms", "SMS", "SMS"))
	b.days.keep = []string{total}
	b.days.note("開設時間は予定の開設時間から休憩を除いたもの、席数はその日に使う予定の席です", "Hours are those planned without the breaks, seats those to be worked on the day")
	b.days.note("応答件数は人が応対した架電、架電の通話は留守番電話・録音機等を含む、つながった架電です。手動記録の架電は含みません",
		"Answered: by a person; talks: all that were connected, machines too. Calls noted by hand are in neither")
	b.idle = newGrid("idle", "4 架電のなかった開設日", "Open days without an attempt", sameWords, given(Column{Key: "hours", Title: words("開設時間", "hours open"), Unit: InRate}))
	b.idle.note("開設予定の日のうち、架電件数が0の日です(当日を除く)", "Days on which the centre was to open and nothing was dialled, but today")
}
