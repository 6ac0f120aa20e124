package main

import (
	"encoding/json"
	"maps"
	"time"

	"kakeru/configs"
	"kakeru/dialer/settings"
)

// changeable are the settings that may be changed in the panel, in the order in which it shows them.
func changeable(file configs.Settings) []settings.Setting {
	out := settings.Calendar(calendarFile(file.Centre))
	out = append(out, dataSettings(file)...)
	out = append(out, screenSettings(file)...)
	out = append(out, callSettings(file)...)
	out = append(out, ruleSettings(file)...)
	return append(out, deskSettings(file)...)
}

// nameIs is the name of a setting.
func nameIs(ja, en string) func(string) settings.Words {
	return func(string) settings.Words { return settings.Words{JA: ja, EN: en} }
}

// The keys of the settings below.
const (
	keepDaysKey  = "close.keep_days"
	soundDaysKey = "recording.retention_days"
	printKey     = "panel.print"
	lockKey      = "auth.idle_lock." // with a role
	ringKey      = "calls.ring"
	deskRingKey  = "calls.desk_ring"
	historyKey   = "calls.need_history_check"
)

var (
	inDays    = settings.Words{JA: "日", EN: "days"}
	inMinutes = settings.Words{JA: "分", EN: "min"}
	inSeconds = settings.Words{JA: "秒", EN: "s"}
)

// dataSettings are how long personal data stays.
func dataSettings(file configs.Settings) (out []settings.Setting) {
	if !file.Close.KeepToEnd { // else it stays until the contract's end, and there is no number to set
		out = append(out, settings.Number(settings.Setting{
			Key: keepDaysKey, Group: settings.GroupData, Least: 0, Most: 366, Unit: inDays, Name: nameIs("個人情報を残す日数", "days personal data stays"),
			Basis: settings.Words{
				JA: "仕様書§19(8): 業務で使った個人情報は返却する。0日は当日の終業返却で返却・消去。延ばすには区の承諾が必要です",
				EN: "§19(8): what was used goes back. 0: at the same day's close. More needs the ward's consent",
			},
		}, func() int { return file.Close.KeepDays }))
	}
	if file.Recording.RetentionDays > 0 {
		out = append(out, settings.Number(settings.Setting{
			Key: soundDaysKey, Group: settings.GroupData, Least: 1, Most: 3650, Unit: inDays, Name: nameIs("通話録音の保存日数", "days recordings are kept"),
			Basis: settings.Words{JA: "仕様書§18〜20、個人情報保護法22条: 必要がなくなれば遅滞なく消去。区が定めた期間にしてください", EN: "§18 to 20 and the law on personal data, art. 22: no longer than needed; the ward decides"},
		}, func() int { return file.Recording.RetentionDays }))
	}
	return out
}

// lockRoles are the roles with a lock of their own, as people call them.
var lockRoles = []struct{ role, ja, en string }{
	{"operator", "オペレーター", "operators"}, {"supervisor", "スーパーバイザー", "supervisors"}, {"ward", "区職員", "the ward"}, {"admin", "管理者", "administrators"},
}

func screenSettings(file configs.Settings) []settings.Setting {
	out := []settings.Setting{settings.Switch(settings.Setting{
		Key: printKey, Group: settings.GroupScreen, Name: nameIs("画面の印刷を認める", "screens may be printed"),
		Basis: settings.Words{JA: "仕様書§19(5): 区の許可なく複写・印刷しない。認めても、印刷した人の名前が透かしに入ります", EN: "§19(5): nothing is copied without the ward's leave. The name of who prints stands on it"},
		Say: func(_ string, v json.RawMessage) settings.Words {
			if string(v) == "true" {
				return settings.Words{JA: "認める", EN: "yes"}
			}
			return settings.Words{JA: "認めない", EN: "no"}
		},
	}, func() bool { return file.Panel.Print })}
	for _, r := range lockRoles {
		out = append(out, settings.Number(settings.Setting{
			Key: lockKey + r.role, Group: settings.GroupScreen, Least: 1, Most: 60, Unit: inMinutes, Name: nameIs("画面の鍵("+r.ja+")", "screen lock of "+r.en),
			Basis: settings.Words{JA: "触れないままこの時間がたつと画面を隠します。通話は続きます(仕様書§19)", EN: "untouched for so long, the screen is masked; a call goes on (§19)"},
		}, func() int { return int(file.Auth.IdleLock[r.role] / time.Minute) }))
	}
	return out
}

func callSettings(file configs.Settings) []settings.Setting {
	return []settings.Setting{
		settings.Number(settings.Setting{
			Key: ringKey, Group: settings.GroupCalls, Least: 15, Most: 60, Unit: inSeconds, Name: nameIs("相手先を呼び出す時間", "how long the other side rings"),
			Basis: settings.Words{JA: "留守番電話の多くは15〜24秒で応答します。長く鳴らすと苦情のもとになります", EN: "most voicemail picks up after 15 to 24 s; long ringing makes complaints"},
		}, func() int { return int(file.Calls.Ring / time.Second) }),
		settings.Number(settings.Setting{
			Key: deskRingKey, Group: settings.GroupCalls, Least: 5, Most: 60, Unit: inSeconds, Name: nameIs("卓上電話を呼び出す時間", "how long the desk phone rings"),
			Basis: settings.Words{JA: "この時間で応答がなければ、発信をやめます(架電に数えません)", EN: "unanswered for so long, nothing is dialled and nothing is counted"},
		}, func() int { return int(file.Calls.DeskRing / time.Second) }),
		settings.Switch(settings.Setting{
			Key: historyKey, Group: settings.GroupCalls, Name: nameIs("経過確認済を押すまで発信させない", "nobody is dialled before the history is ticked off"),
			Basis: settings.Words{JA: "仕様書§8(1)①: 架電の前に交渉経過を確認する", EN: "§8(1)①: the history is read before the call"},
		}, func() bool { return file.Calls.NeedHistoryCheck }),
	}
}

// overlay puts what was changed in the panel over the file's settings. The calendar is put over the hours themselves (settings.Values.Apply).
func overlay(file configs.Settings, v settings.Values) (configs.Settings, error) {
	s := file
	s.Auth.IdleLock = maps.Clone(file.Auth.IdleLock)
	number := func(key string, set func(int)) {
		var n int
		if raw, ok := v[key]; ok && json.Unmarshal(raw, &n) == nil {
			set(n)
		}
	}
	on := func(key string, to *bool) {
		if raw, ok := v[key]; ok {
			*to = string(raw) == "true"
		}
	}
	number(keepDaysKey, func(n int) { s.Close.KeepDays = n })
	number(soundDaysKey, func(n int) { s.Recording.RetentionDays = n })
	number(ringKey, func(n int) { s.Calls.Ring = time.Duration(n) * time.Second })
	number(deskRingKey, func(n int) { s.Calls.DeskRing = time.Duration(n) * time.Second })
	for _, r := range lockRoles {
		number(lockKey+r.role, func(n int) { s.Auth.IdleLock[r.role] = time.Duration(n) * time.Minute })
	}
	if raw, ok := v[rulesKey]; ok {
		var text string
		if json.Unmarshal(raw, &text) == nil {
			s.Queue.RulesText = &text
		}
	}
	on(printKey, &s.Panel.Print)
	on(historyKey, &s.Calls.NeedHistoryCheck)
	if err := nameDesks(&s, v); err != nil {
		return s, err
	}
	return s, s.CheckChanged()
}

// keepEffects say what is destroyed that no undoing brings back.
func keepEffects(before, after configs.Settings) (out []settings.Words) {
	if after.Close.KeepDays < before.Close.KeepDays {
		out = append(out, settings.Words{
			JA: "次の終業返却で、新しい日数を過ぎた日の個人情報が返却・消去されます。消去したあとは、設定を元に戻しても戻りません",
			EN: "the next day's close returns and destroys personal data older than that; undoing the change does not bring it back",
		})
	}
	if after.Recording.RetentionDays < before.Recording.RetentionDays {
		out = append(out, settings.Words{
			JA: "新しい日数を過ぎた録音は1時間以内に消去されます。消去したあとは、設定を元に戻しても戻りません",
			EN: "recordings older than that are destroyed within an hour; undoing the change does not bring them back",
		})
	}
	return out
}
