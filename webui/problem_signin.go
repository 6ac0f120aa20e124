package webui

import (
	"errors"
	"fmt"
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
	{auth.ErrFactor, newProblem(http.StatusForbidden, ruleFactor,
		"二要素認証を登録しているため、確認コードかパスキーも必要です", "you have a second factor, so give a code of it, or the passkey, too")},
	{auth.ErrByDirectory, newProblem(http.StatusForbidden, "by_directory",
		"この利用者は区の認証でサインインします。サインイン画面のボタンからサインインし直してください(5分以内はパスワードなしで変更できます)",
		"you sign in by the ward's directory; sign in anew by its button (for five minutes no password is asked then)")},
	{auth.ErrNoDirectory, newProblem(http.StatusConflict, "no_directory",
		"区の認証(OIDC)は設定されていません。管理者が設定 auth.oidc を書く必要があります",
		"there is no directory to sign in by; the setting auth.oidc names one")},
	{auth.ErrSamePassword, invalid("password", "same", "いまのパスワードと同じです。別のものにしてください", "this is the old one; choose another")},
	{auth.ErrMoved, newProblem(http.StatusConflict, "moved",
		"確認している間に、ほかの画面か管理者がこの設定を変えました。サインインし直してから、もう一度お試しください",
		"this was changed elsewhere, or by an administrator, while it was checked; sign in again and try once more")},
	{auth.ErrCode, newProblem(http.StatusForbidden, ruleCode,
		"コードが違います。認証アプリに今出ている6桁か、未使用の回復コードを入力してください",
		"the code is not right; give the six digits that the app shows now, or a recovery code that was not used")},
	{auth.ErrUsed, newProblem(http.StatusForbidden, ruleCode,
		"このコードは使用済みです。認証アプリの表示が変わるのを待って入力してください", "this code was used; wait until the app shows the next")},
	{auth.ErrPasskey, newProblem(http.StatusForbidden, ruleCode,
		"パスキーを確認できませんでした。もう一度試すか、別の方法を使ってください", "the passkey was not accepted; try again, or use another way")},
	{auth.ErrPasskeysFull, newProblem(http.StatusConflict, "passkeys_full",
		fmt.Sprintf("パスキーは1人%d個までです。使っていないものを削除してから登録してください", auth.MostPasskeys),
		fmt.Sprintf("a person has %d passkeys at most; remove one that is not used first", auth.MostPasskeys))},
	{auth.ErrPasskeyLarge, invalid("made", "too_large",
		"このパスキーは大きすぎて登録できません。別の端末か、別の種類のパスキーを使ってください",
		"this passkey is too large to be kept; use another device, or another kind of passkey")},
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
	if f, is := errors.AsType[*auth.DirectoryFault](err); is {
		return directoryProblem(f), true
	}
	for _, known := range signInProblems {
		if errors.Is(err, known.err) {
			return known.problem, true
		}
	}
	return nil, false
}

// directoryProblem is what is said before a browser goes to the directory at all. Why it failed stands in the program's log.
func directoryProblem(f *auth.DirectoryFault) *Problem {
	if f.Trouble == auth.DirectorySet {
		return newProblem(http.StatusServiceUnavailable, "directory_set",
			"区の認証の設定が合っていません。管理者に知らせてください(理由はサーバーのログにあります)",
			"the directory and our settings do not agree; tell the administrator (the server's log says why)")
	}
	return newProblem(http.StatusServiceUnavailable, "directory_down",
		"区の認証につながりません。少し待ってもう一度お試しください。急ぐときはログイン名とパスワードでサインインしてください",
		"the ward's directory does not answer; try again shortly, or sign in with login and password")
}
