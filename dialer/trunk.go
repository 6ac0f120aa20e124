package dialer

import "time"

// TrunkView is a trunk, a line to the telephone network, as the panel shows it: no number of anybody's, nothing secret.
type TrunkView struct {
	Name       string         `json:"name"`
	Kind       TrunkKind      `json:"kind"`
	Lab        bool           `json:"lab"` // it ends in a simulated carrier
	State      TrunkState     `json:"state"`
	Since      time.Time      `json:"since"`                // since when it is in this state
	Registered *bool          `json:"registered"`           // null where it asks for no registration
	LastError  *TrunkError    `json:"last_error,omitempty"` // set when down: why
	Past       *TrunkPast     `json:"past,omitempty"`       // set when not down: the last trouble there was, since the start
	Addresses  []TrunkAddress `json:"addresses"`            // in the order in which they are tried
}

// TrunkPast is a trouble that is over.
type TrunkPast struct {
	TrunkError

	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// TrunkKind is how a trunk is joined.
type TrunkKind string

// The kinds of trunk.
const (
	TrunkRegisters TrunkKind = "registers" // we register with it, as an extension of a PBX or a gateway does
	TrunkByAddress TrunkKind = "address"   // it is where its address says
)

// TrunkState is whether calls can leave by a trunk.
type TrunkState string

// The states of a trunk.
const (
	TrunkStarting TrunkState = "starting" // it is being looked up, or its first registration is on its way
	TrunkUp       TrunkState = "up"       // calls may leave by it
	TrunkDown     TrunkState = "down"     // none can
)

// TrunkAddress is one address of a trunk.
type TrunkAddress struct {
	Address string            `json:"address"`
	State   TrunkAddressState `json:"state"`
}

// TrunkAddressState is what is known of a trunk's address.
type TrunkAddressState string

// The states of an address. One that never answered OPTIONS is used all the same: many carriers answer none.
const (
	AddressUnasked TrunkAddressState = "unasked" // it was not asked, or has never answered
	AddressAnswers TrunkAddressState = "answers"
	AddressSilent  TrunkAddressState = "silent" // it had answered and no longer does, or says that it is out of service
	AddressWaits   TrunkAddressState = "waits"  // it has asked us to wait for a while
)

// TrunkTrouble is why no call can leave by a trunk.
type TrunkTrouble string

// The troubles of a trunk.
const (
	TrunkNotFound     TrunkTrouble = "not_found"      // its name has no address
	TrunkSilent       TrunkTrouble = "silent"         // no address of it answers
	TrunkOutOfService TrunkTrouble = "out_of_service" // it says that it is out of service
	TrunkUnregistered TrunkTrouble = "unregistered"   // it does not answer our registration
	TrunkRefusesUs    TrunkTrouble = "refuses_us"     // it knows no such user, or our secret is wrong
	TrunkNotNow       TrunkTrouble = "not_now"        // it refuses our registration for another reason
	TrunkUntrusted    TrunkTrouble = "untrusted"      // TLS fails: a certificate is not accepted, or it speaks none
	TrunkNoLink       TrunkTrouble = "no_link"        // no connection (TCP, TLS) can be opened to it
)

// TrunkError is a trouble in plain words: what is wrong and what to do. Status is the SIP status that told us, 0 for none.
type TrunkError struct {
	Kind   TrunkTrouble `json:"kind"`
	Status int          `json:"status,omitempty"`
	Text   string       `json:"text"`
	TextEN string       `json:"text_en"`
}

// troubles are the sentences, in Japanese and English.
var troubles = map[TrunkTrouble][2]string{
	TrunkNotFound: {
		"回線の宛先の名前が見つかりません。DNSと、設定 sip.trunks の address を確かめてください",
		"the trunk's name has no address; check the DNS and address under sip.trunks in the settings",
	},
	TrunkSilent: {
		"回線の相手が応答しません。ルーター・ゲートウェイの電源とLANケーブルを確かめ、直らなければ通信事業者に連絡してください",
		"the trunk does not answer; check the router's or gateway's power and cable, then call the carrier",
	},
	TrunkOutOfService: {
		"回線の相手が「停止中」と答えています。通信事業者またはPBXの管理者に連絡してください",
		"the trunk says that it is out of service; call the carrier or who runs the PBX",
	},
	TrunkUnregistered: {
		"回線に登録を送っていますが、応答がありません。相手の装置の電源、LAN、ファイアウォール(SIPのポート)を確かめてください",
		"the trunk does not answer our registration; check its power, the network, and the firewall for the SIP port",
	},
	TrunkRefusesUs: {
		"回線が登録を断りました。設定 sip.trunks の user・auth_user・password を、通信事業者またはPBXの設定と照らし合わせてください",
		"the trunk refuses our registration; compare user, auth_user and password under sip.trunks with the carrier's or the PBX's",
	},
	TrunkNotNow: {
		"回線がいま登録を受け付けません。自動で送り直しています。続くときは通信事業者またはPBXの管理者に連絡してください",
		"the trunk takes no registration now; it is sent again by itself; if this goes on, call the carrier or who runs the PBX",
	},
	TrunkUntrusted: {
		"回線との暗号化(TLS)が成り立ちません。証明書の期限・名前・発行元、または宛先のポートを確かめ、設定 sip.tls と照らし合わせてください",
		"TLS with the trunk fails; check the certificate's dates, name and issuer, or the port, against sip.tls in the settings",
	},
	TrunkNoLink: {
		"回線の相手に接続(TCP/TLS)できません。宛先とポート、ファイアウォール、相手の装置が動いているかを確かめてください",
		"no connection (TCP or TLS) can be opened to the trunk; check the address and port, the firewall, and that it runs",
	},
}

// InWords is a trouble with its sentences; status is the SIP status that told us, 0 for none.
func (t TrunkTrouble) InWords(status int) *TrunkError {
	return &TrunkError{Kind: t, Status: status, Text: troubles[t][0], TextEN: troubles[t][1]}
}

// TrunkTroubles are all the troubles there are.
var TrunkTroubles = []TrunkTrouble{TrunkNotFound, TrunkSilent, TrunkOutOfService, TrunkUnregistered, TrunkRefusesUs, TrunkNotNow, TrunkUntrusted, TrunkNoLink}
