package dialer

// Rule names what forbids a call (CONTRACT "POST /api/calls").
type Rule string

// The rules that can refuse a call.
const (
	OutsideHours     Rule = "outside_hours"
	NumberLocked     Rule = "number_locked"
	CaseBusy         Rule = "case_busy"
	DeskBusy         Rule = "desk_busy"
	DeskUnregistered Rule = "desk_unregistered"
	NotYourDesk      Rule = "not_your_desk"
	ResultIsDue      Rule = "result_due"
	QueueEmpty       Rule = "queue_empty"
	DoNotCall        Rule = "do_not_call"
	ForbiddenNumber  Rule = "forbidden_number"
	CapReached       Rule = "cap_reached"
	CeilingReached   Rule = "ceiling_reached"
	NoRoute          Rule = "no_route"
	LedgerDown       Rule = "ledger_down"
	ClockOff         Rule = "clock_off"
	QueueDown        Rule = "queue_down"
	Draining         Rule = "draining"
	DayClosed        Rule = "day_closed"
	ContractEnded    Rule = "contract_ended"
	CaseReturned     Rule = "case_returned"
	HistoryUnread    Rule = "history_unread"
	UnknownDesk      Rule = "unknown_desk"
	UnknownCase      Rule = "unknown_case"
	NotTalking       Rule = "not_talking"
	BadDigits        Rule = "bad_digits"
	NothingRings     Rule = "nothing_rings"
	SeatAway         Rule = "seat_away"
	NamedTooOften    Rule = "named_too_often"
)

// Refusal says why a call is not made: the rule, and one sentence in each language that says what is wrong and what to
// do, without personal data.
type Refusal struct {
	Rule Rule
	JA   string
	EN   string
}

func (r *Refusal) Error() string { return string(r.Rule) + ": " + r.EN }

// refusals are the sentences of the rules that have no detail of their own.
var refusals = map[Rule]Refusal{
	CaseBusy:         {CaseBusy, "この案件はいま別の席で扱っています。次の案件へ進んでください", "the case is being handled at another desk; take the next one"},
	DeskBusy:         {DeskBusy, "この席は通話中です。終話してから発信してください", "the desk has a call; hang up first"},
	DeskUnregistered: {DeskUnregistered, "卓上電話が登録されていません。電話機の電源とLANを確かめてください", "the desk phone is not registered; check its power and network"},
	NotYourDesk:      {NotYourDesk, "この席に着いていません。先に着席してください", "you do not sit at this desk; sit down first"},
	ResultIsDue:      {ResultIsDue, "前の通話の結果が未入力です。結果を登録してから発信してください", "the last talk's result is missing; record it first"},
	QueueEmpty:       {QueueEmpty, "いま架電できる案件がありません", "no case is due now"},
	DoNotCall:        {DoNotCall, "架電禁止の登録がある番号です", "the number is on the do-not-call list"},
	CapReached:       {CapReached, "同時に扱える通話の上限に達しています。少し待ってから発信してください", "no more calls can be carried at once; wait a moment"},
	CeilingReached:   {CeilingReached, "発信数が上限に達したため、発信を止めています。スーパーバイザーに連絡してください", "as many calls went out as the settings allow; tell the supervisor"},
	NoRoute:          {NoRoute, "発信できる回線がありません。管理者に連絡してください", "no trunk can carry this call; tell the administrator"},
	LedgerDown:       {LedgerDown, "記録台帳に書き込めないため発信できません。復旧までお待ちください", "the ledger cannot be written, so nothing is dialled; wait until it is back"},
	QueueDown:        {QueueDown, "待ち行列が応答しないため次の案件を出せません。復旧までお待ちください", "the queue does not answer, so no next case can be taken; wait until it is back"},
	Draining:         {Draining, "システムを停止する準備中です。新しい発信はできません", "the server is shutting down; no new calls"},
	DayClosed:        {DayClosed, "本日の終業返却を行っているか、済んでいます。架電と新しい記録は翌開設日にしてください", "the day is being closed, or was; make calls and new records on the next open day"},
	ContractEnded:    {ContractEnded, "契約終了の返却を行っているか、済んでいます。架電・受電・取込・入力はできません", "the contract's last return is under way, or done: nothing is called, taken in or written any more"},
	CaseReturned:     {CaseReturned, "この案件は区へ返却済みです。次の名簿に載ると架電できます", "the case went back to the ward; it can be called once a list brings it again"},
	HistoryUnread:    {HistoryUnread, "経過を確認していません。区のシステムで確認し、「経過確認済」にしてから発信してください", "the case's history has not been read; read it in the ward's system and tick it off, then call"},
	UnknownDesk:      {UnknownDesk, "この席は登録されていません", "there is no such desk"},
	UnknownCase:      {UnknownCase, "この案件は見つからないか、発信できる番号がありません", "there is no such case, or it has no number that may be dialled"},
	NotTalking:       {NotTalking, "通話中ではないため、操作できません", "there is no talk to do that with"},
	NothingRings:     {NothingRings, "呼び出し中ではないため、聞こえた案内を記録できません", "nothing rings, so no announcement can have been heard"},
	SeatAway:         {SeatAway, "離席中です。「業務に戻る」を押してから発信してください", "you are away from the seat; press back to work first"},
	NamedTooOften: {
		NamedTooOften, "この着信はもう多くの案件に結び付けられました。結果を登録して、どの案件か分からないことをスーパーバイザーに伝えてください",
		"the call was taken for many cases already; record its result, and tell the supervisor that it is not known whose it was",
	},
	BadDigits:    {BadDigits, "送信できるのは 0〜9、*、#、A〜D を1〜32文字です", "keys are 0-9, *, #, A-D, 1 to 32 at a time"},
	NumberLocked: {NumberLocked, "この番号はいま呼び出し中です", "the number is being called now"},
}

// Refuse returns the refusal of a rule with its standard sentences.
func Refuse(rule Rule) *Refusal {
	r := refusals[rule]
	r.Rule = rule
	return &r
}
