package webui

import (
	"errors"
	"net/http"

	"kakeru/webui/auth"
)

// signInProblems are what is said of each way of failing to sign in, or to change how one signs in.
var signInProblems = []struct {
	err     error
	problem *Problem
}{
	{auth.ErrSignedOut, errSignedOut},
	{auth.ErrWrong, errWrongSignIn},
	{auth.ErrPasswordWrong, newProblem(http.StatusForbidden, rulePassword, "パスワードが違います", "the password is not right")},
	{auth.ErrSamePassword, invalid("password", "same", "いまのパスワードと同じです。別のものにしてください", "this is the old one; choose another")},
	{auth.ErrCode, newProblem(http.StatusForbidden, ruleCode,
		"コードが違います。認証アプリに今出ている6桁か、未使用の回復コードを入力してください",
		"the code is not right; give the six digits that the app shows now, or a recovery code that was not used")},
	{auth.ErrUsed, newProblem(http.StatusForbidden, ruleCode,
		"このコードは使用済みです。認証アプリの表示が変わるのを待って入力してください", "this code was used; wait until the app shows the next")},
	{auth.ErrPasskey, newProblem(http.StatusForbidden, ruleCode,
		"パスキーを確認できませんでした。もう一度試すか、別の方法を使ってください", "the passkey was not accepted; try again, or use another way")},
	{auth.ErrNoOrigin, newProblem(http.StatusConflict, "no_origin",
		"パスキーは使えません。管理者が設定 http.origin に、この画面のアドレスを書く必要があります",
		"there are no passkeys here: the setting http.origin must say how browsers reach the panel")},
	{auth.ErrNeeded, newProblem(http.StatusConflict, "needed",
		"この役割には二要素認証が必要です。別の方法を先に登録してください", "your role needs a second factor; add another one first")},
	{auth.ErrStep, newProblem(http.StatusConflict, "step",
		"いまの手順ではできません。画面を更新してやり直してください", "this does not belong to the step you are at; reload and begin again")},
}

// signInProblem is what is said of such a failure; ok is false when it is none.
func signInProblem(err error) (p *Problem, ok bool) {
	if fault, is := errors.AsType[*auth.PasswordFault](err); is {
		return invalid("password", fault.Code, fault.JA, fault.EN), true
	}
	if many, is := errors.AsType[*auth.TooMany](err); is {
		return tooManySignIns(many), true
	}
	for _, known := range signInProblems {
		if errors.Is(err, known.err) {
			return known.problem, true
		}
	}
	return nil, false
}
