package postgres

import (
	"fmt"

	"kakeru/dialer/casework"
)

// Why a list cannot be applied or discarded. They reach a person as they are.
var (
	errMixed = &casework.ListError{
		Code: "sample_mixed",
		JA:   "見本の名簿と実際の名簿は混ぜられません。見本用と本番用のデータベースを分けてください",
		EN:   "made-up cases and real ones never share a ledger: apply this list to a database of its own",
	}
	errNotStaged = &casework.ListError{
		Code: "list_not_staged", JA: "この名簿はまだ読み込みが済んでいません。もう一度読み込んでください",
		EN: "this list is not staged; stage it again",
	}
	errListApplied = &casework.ListError{
		Code: "list_applied", JA: "取り込み済みの名簿は取り消せません", EN: "the list was applied and cannot be discarded",
	}
	errListLost = &casework.ListError{
		Code: "list_lost", JA: "データベースの異常終了により読み込んだ名簿が失われました。もう一度読み込んでください",
		EN: "the staged rows were lost when the database crashed; stage the list again",
	}
	errListOlder = &casework.ListError{
		Code: "list_older", JA: "この名簿より後に読み込んだ名簿がすでに取り込まれています。区の最新の名簿を、もう一度読み込んでください",
		EN: "a list that was read after this one has been applied; read the ward's newest list again",
	}
	errListChanged = &casework.ListError{
		Code: "list_changed", JA: "読み込んだ名簿がデータベース内で書き換えられています。反映していません。管理者に知らせ、もう一度読み込んでください",
		EN: "the staged list was changed in the database; nothing was applied; tell the administrator, and stage the list again",
	}
	errManyPayments = &casework.ListError{
		Code: "many_payments",
		JA:   fmt.Sprintf("一人の納付が%d件を超えます。ファイルを確かめてください。反映していません", mostPayments),
		EN:   fmt.Sprintf("of one person there would be more than %d payments; look at the file; nothing was applied", mostPayments),
	}
)

// mostPayments bounds those of one case: all of them are looked at whenever its promises are settled.
const mostPayments = 1000
