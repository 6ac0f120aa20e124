package casework

import (
	"context"
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kakeru/dialer"
)

// ScriptSituation is when a page of the ward's is for: the desk shows the pages of the situation it is in, and no others unasked.
type ScriptSituation string

// The situations. Before it is known who is there, and with anybody but the person, nothing of the matter may be said.
const (
	BeforeCall      ScriptSituation = "before_call"
	WithSelf        ScriptSituation = "self"
	WithFamily      ScriptSituation = "family"
	WithThirdParty  ScriptSituation = "third_party"
	OnVoicemail     ScriptSituation = "voicemail"
	InboundKnown    ScriptSituation = "inbound_known"
	InboundWithheld ScriptSituation = "inbound_withheld"
	AtPromise       ScriptSituation = "promise"
	AtHardship      ScriptSituation = "hardship"
	AsKnowledge     ScriptSituation = "knowledge" // only looked up
)

// ScriptSituations are all of them, in the order of the screen.
var ScriptSituations = []ScriptSituation{
	BeforeCall, WithSelf, WithFamily, WithThirdParty, OnVoicemail, InboundKnown, InboundWithheld, AtPromise, AtHardship, AsKnowledge,
}

// ScriptLanguages are the languages that pages are written in.
var ScriptLanguages = []string{"ja", "en", "zh", "vi"}

// ScriptState is how far a version of a page has come. Only the ward moves it on from Drafted.
type ScriptState string

// The states of a version.
const (
	Drafted   ScriptState = "draft"
	Approved  ScriptState = "approved"
	Withdrawn ScriptState = "withdrawn"
)

// ScriptPage is one version of one page in one language. It is never written over: an edit is the next version.
type ScriptPage struct {
	ID         string
	Key        string
	Language   string
	Version    int
	Title      string
	Body       string // paragraphs, lines that begin with "- ", **bold**; never HTML
	Situations []ScriptSituation
	By         dialer.UserID
	At         time.Time
	State      ScriptState
	DecidedBy  dialer.UserID // who approved or withdrew it last
	DecidedAt  time.Time
	// WasApproved: the ward approved it once, and it replaced what was in force, though it may be withdrawn by now. A draft that was
	// rejected is withdrawn, too, and never replaced anything.
	WasApproved bool
}

// ScriptStore keeps the pages. The ledger implements it.
type ScriptStore interface {
	// DraftScript keeps a page as the next version of its key and language, and returns it; a refusal by TooManyDrafts.
	DraftScript(ctx context.Context, p ScriptPage) (ScriptPage, error)
	// DecideScript approves or withdraws a version; a refusal by ScriptNotSo when it does not stand where that leads from.
	DecideScript(ctx context.Context, id string, to ScriptState, by dialer.UserID, at time.Time) (ScriptPage, error)
	// Scripts lists every version, by key and language, the newest first.
	Scripts(ctx context.Context) ([]ScriptPage, error)
	// ScriptsApproved lists of each key and language the newest version that was ever approved: what the desks' pages are found in.
	ScriptsApproved(ctx context.Context) ([]ScriptPage, error)
}

// ScriptNotSo refuses what a version's state does not lead to: a draft is approved, what was approved is withdrawn.
const ScriptNotSo dialer.Rule = "script_state"

// RefuseScript is the refusal by ScriptNotSo.
func RefuseScript() *dialer.Refusal {
	return &dialer.Refusal{
		Rule: ScriptNotSo, JA: "この版はすでに承認または取り下げられています。画面を更新してください", EN: "this version was approved or withdrawn already; reload the page",
	}
}

// TooManyDrafts refuses a draft while MostDrafts wait for the ward.
const TooManyDrafts dialer.Rule = "too_many_drafts"

// MostDrafts bounds the versions that nobody has decided on.
const MostDrafts = 200

// RefuseDraft is the refusal by TooManyDrafts.
func RefuseDraft() *dialer.Refusal {
	return &dialer.Refusal{
		Rule: TooManyDrafts, JA: "承認を待つ下書きが多すぎます。区が承認または取り下げてから、次を作成してください",
		EN: "too many drafts wait for the ward; let it approve or withdraw them first",
	}
}

// Leads reports whether a version that stands at s may become to.
func (s ScriptState) Leads(to ScriptState) bool {
	return s == Drafted && to != Drafted || s == Approved && to == Withdrawn
}

// InForce picks the pages that may be shown at a desk: of each key and language the newest version that was ever approved, if it
// was not withdrawn since. What it replaced does not come back; a newer draft that the ward rejected replaces nothing.
func InForce(all []ScriptPage) (shown []ScriptPage) {
	newest := map[[2]string]ScriptPage{}
	for _, p := range all {
		at := [2]string{p.Key, p.Language}
		if p.WasApproved && p.Version > newest[at].Version {
			newest[at] = p
		}
	}
	for _, p := range all {
		if n := newest[[2]string{p.Key, p.Language}]; n.ID == p.ID && p.State == Approved {
			shown = append(shown, p)
		}
	}
	return shown
}

// The longest texts, in characters.
const (
	maxTitle = 100
	maxBody  = 4000
	maxKey   = 40
)

// Check returns what is wrong with a page that is to be drafted.
func (p ScriptPage) Check() []FieldError {
	f := &findings{}
	if p.Key == "" || len(p.Key) > maxKey || strings.Trim(p.Key, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		f.add("key", "bad_key", "項目名は英小文字・数字・_ で40字までにしてください", "name the page with a-z, 0-9 and _, at most 40")
	}
	if !slices.Contains(ScriptLanguages, p.Language) {
		f.add("language", "unknown", "言語を一覧から選んでください", "choose a language from the list")
	}
	text := func(field, s string, most int) {
		if n := utf8.RuneCountInString(s); strings.TrimSpace(s) == "" || n > most || !utf8.ValidString(s) {
			f.add(field, "length", "空欄か、長すぎます。入力し直してください", "it is empty or too long")
		}
	}
	text("title", p.Title, maxTitle)
	text("body", p.Body, maxBody)
	if len(p.Situations) == 0 {
		f.add("situations", "missing", "使う場面を1つ以上選んでください", "choose at least one situation")
	}
	for i, s := range p.Situations {
		if !slices.Contains(ScriptSituations, s) || slices.Contains(p.Situations[:i], s) {
			f.add("situations", "unknown", "使う場面が正しくありません。一覧から選んでください", "choose situations from the list, each once")
		}
	}
	return f.found
}

// Warning is a word in a page that the law or the contract does not let the centre say, and what to write.
type Warning struct {
	Word string `json:"word"`
	JA   string `json:"ja"`
	EN   string `json:"en"`
}

//go:embed wording.json
var wordingFile []byte

// wording are the words to be warned of: data, in all languages of the pages.
var wording = builtIn[[]struct {
	Words  []string `json:"words"`
	JA, EN string
}](wordingFile, "wording.json")

func builtIn[T any](file []byte, name string) (v T) {
	if err := json.Unmarshal(file, &v); err != nil {
		panic("the built-in " + name + " is broken: " + err.Error())
	}
	return v
}

// Warnings finds the words in a page that its drafter, and the ward, should look at again. It forbids nothing: a page may have
// to say what must not be said.
func (p ScriptPage) Warnings() []Warning {
	found := []Warning{}
	text := strings.ToLower(p.Title + "\n" + strings.ReplaceAll(p.Body, "**", ""))
	for _, w := range wording {
		for _, word := range w.Words {
			if strings.Contains(text, word) && !slices.ContainsFunc(found, func(o Warning) bool { return o.Word == word }) {
				found = append(found, Warning{Word: word, JA: w.JA, EN: w.EN})
			}
		}
	}
	return found
}

//go:embed scripts.json
var scriptsFile []byte

// StarterScripts are pages to begin with. They are ours and nobody's approval: they say so in their titles, and are drafts.
func StarterScripts() (pages []ScriptPage) {
	type page struct {
		Key, Language, Title, Body string
		Situations                 []ScriptSituation
	}
	for _, p := range builtIn[[]page](scriptsFile, "scripts.json") {
		pages = append(pages, ScriptPage{Key: p.Key, Language: p.Language, Title: p.Title, Body: p.Body, Situations: p.Situations})
	}
	return pages
}
