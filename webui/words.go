package webui

import (
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/alarm"
	"kakeru/dialer/audit"
	"kakeru/dialer/audit/incident"
	"kakeru/dialer/casework"
	"kakeru/dialer/casework/dayclose"
	"kakeru/dialer/report"
	"kakeru/dialer/settings"
	"kakeru/webui/auth"
)

// enumOf makes huma describe a type of words as the list of its words.
type enumOf[T ~string] struct{}

// Schema implements huma.SchemaProvider.
func (enumOf[T]) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, word := range words[reflect.TypeFor[T]()] {
		s.Enum = append(s.Enum, word)
	}
	return s
}

// words are the words of each enumeration in the API's description.
var words = map[reflect.Type][]string{
	reflect.TypeFor[dialer.Role]():              texts(dialer.Roles...),
	reflect.TypeFor[audit.Action]():             texts(audit.Actions...),
	reflect.TypeFor[auth.Step]():                texts(auth.Steps...),
	reflect.TypeFor[auth.Way]():                 texts(auth.Ways...),
	reflect.TypeFor[auth.Need]():                texts(auth.Needs...),
	reflect.TypeFor[incident.Kind]():            texts(incident.Kinds...),
	reflect.TypeFor[alarm.State]():              append([]string{""}, texts(alarm.States...)...),
	reflect.TypeFor[incident.Act]():             texts(incident.Acts...),
	reflect.TypeFor[audit.Fault]():              texts(audit.Faults...),
	reflect.TypeFor[dialer.Direction]():         texts(dialer.Outbound, dialer.Inbound),
	reflect.TypeFor[dialer.Result]():            texts(dialer.Results...),
	reflect.TypeFor[dialer.Confidence]():        texts(dialer.High, dialer.Medium, dialer.Low),
	reflect.TypeFor[dialer.DeskState]():         texts(dialer.DeskEmpty, dialer.DeskReady, dialer.DeskInCall, dialer.DeskWrapUp, dialer.DeskAway),
	reflect.TypeFor[dialer.AwayReason]():        append(texts(dialer.AwayReasons...), string(dialer.AwayPaused)),
	reflect.TypeFor[dialer.State]():             texts(dialer.Queued, dialer.CallingDesk, dialer.CallingCustomer, dialer.Talking, dialer.Ending, dialer.Ended),
	reflect.TypeFor[dayclose.Step]():            texts(append(slices.Clone(dayclose.Steps), dayclose.GivenUp)...),
	reflect.TypeFor[dialer.CaseState]():         texts(dialer.CaseWaiting, dialer.CaseResultDue, dialer.CaseHeld, dialer.CaseClosed),
	reflect.TypeFor[dialer.RecordingState]():    texts(dialer.RecordingOn, dialer.RecordingPaused),
	reflect.TypeFor[dialer.RecordingFault]():    texts(dialer.FaultDiskFull, dialer.FaultUnwritable, dialer.FaultSlow, dialer.FaultNoKey),
	reflect.TypeFor[dialer.LegName]():           texts(dialer.DeskLeg, dialer.CustomerLeg),
	reflect.TypeFor[dialer.DeskTestEnd]():       texts(dialer.DeskTestEnds...),
	reflect.TypeFor[PhoneWay]():                 texts(PhoneWays...),
	reflect.TypeFor[dialer.TrunkKind]():         texts(dialer.TrunkRegisters, dialer.TrunkByAddress),
	reflect.TypeFor[dialer.TrunkState]():        texts(dialer.TrunkStarting, dialer.TrunkUp, dialer.TrunkDown),
	reflect.TypeFor[dialer.TrunkAddressState](): texts(dialer.AddressUnasked, dialer.AddressAnswers, dialer.AddressSilent, dialer.AddressWaits),
	reflect.TypeFor[dialer.TrunkTrouble]():      texts(dialer.TrunkTroubles...),
	reflect.TypeFor[dialer.Cause]():             append([]string{""}, texts(dialer.Causes...)...),
	reflect.TypeFor[casework.Act]():             texts(append(slices.Clone(casework.Acts), casework.Move)...),
	reflect.TypeFor[casework.HandoffKind]():     texts(casework.HandoffKinds...),
	reflect.TypeFor[casework.HandoffState]():    texts(casework.HandoffStates...),
	reflect.TypeFor[casework.HandoffAct]():      texts(casework.HandoffActs...),
	reflect.TypeFor[casework.Field]():           append([]string{""}, texts(casework.Fields()...)...),
	reflect.TypeFor[casework.FindingKind]():     texts(casework.FindingKinds...),
	reflect.TypeFor[casework.Party]():           texts(casework.Parties...),
	reflect.TypeFor[casework.Business]():        texts(casework.Businesses...),
	reflect.TypeFor[casework.Identifier]():      texts(casework.Identifiers...),
	reflect.TypeFor[casework.InboundKind]():     texts(casework.InboundKinds...),
	reflect.TypeFor[casework.Origin]():          texts(casework.BySIP, casework.ByHand),
	reflect.TypeFor[casework.Insurance]():       texts(casework.Kokuho, casework.Kouki),
	reflect.TypeFor[casework.PromiseStage]():    texts(casework.PromiseStages...),
	reflect.TypeFor[casework.NumberSeen]():      texts(casework.NumberNew, casework.NumberAtCase, casework.NumberElsewhere, casework.NumberWrong),
	reflect.TypeFor[casework.ScriptSituation](): texts(casework.ScriptSituations...),
	reflect.TypeFor[casework.ScriptState]():     texts(casework.Drafted, casework.Approved, casework.Withdrawn),
	reflect.TypeFor[report.Kind]():              texts(report.Kinds...),
	reflect.TypeFor[report.Measure]():           texts(report.Measures...),
	reflect.TypeFor[report.State]():             texts(report.States...),
	reflect.TypeFor[report.Unit]():              texts(report.Units...),
	reflect.TypeFor[report.Absence]():           texts(report.NoBase, report.Unused),
	reflect.TypeFor[report.RefKind]():           texts(report.RefKinds...),
	reflect.TypeFor[report.Side]():              texts(report.Sides...),
	reflect.TypeFor[settings.Group]():           texts(settings.Groups...),
	reflect.TypeFor[settings.Kind]():            texts(settings.Kinds...),
	reflect.TypeFor[settings.DayState]():        texts(settings.DayStates...),
	reflect.TypeFor[DayCause]():                 texts(DayCauses...),
	reflect.TypeFor[dialer.Grade]():             texts(dialer.Good, dialer.Fair, dialer.Poor),
	reflect.TypeFor[dialer.HintKind]():          texts(dialer.HintKinds...),
	reflect.TypeFor[dialer.Announcement]():      texts(dialer.Announcements...),
	reflect.TypeFor[dialer.Silence]():           texts(dialer.SilentDesk, dialer.SilentCustomer, dialer.SilentBoth),
	reflect.TypeFor[dialer.NumberKind]():        texts(dialer.KindFixed, dialer.KindMobile, dialer.KindIP, dialer.KindFreeDial, dialer.KindNavi, dialer.KindNever),
}

func texts[T ~string](of ...T) []string {
	out := make([]string, len(of))
	for i, w := range of {
		out[i] = string(w)
	}
	return out
}

// describeWords tells the API's description about the enumerations.
func describeWords(r huma.Registry) {
	describeCallWords(r)
	describeCaseWords(r)
	describeReportWords(r)
}

func describeCallWords(r huma.Registry) {
	alias[dialer.Role](r)
	alias[dialer.Direction](r)
	alias[dialer.Result](r)
	alias[dialer.Confidence](r)
	alias[dialer.DeskState](r)
	alias[dialer.AwayReason](r)
	alias[dialer.CaseState](r)
	alias[dialer.State](r)
	alias[dialer.RecordingState](r)
	alias[dialer.RecordingFault](r)
	alias[dialer.LegName](r)
	alias[dialer.TrunkKind](r)
	alias[dialer.TrunkState](r)
	alias[dialer.DeskTestEnd](r)
	alias[PhoneWay](r)
	alias[dialer.TrunkAddressState](r)
	alias[dialer.TrunkTrouble](r)
	alias[dialer.Cause](r)
	alias[dialer.NumberKind](r)
	alias[dialer.Grade](r)
	alias[dialer.HintKind](r)
	alias[dialer.Announcement](r)
	alias[dialer.Silence](r)
}

func describeCaseWords(r huma.Registry) {
	alias[dayclose.Step](r)
	alias[casework.Act](r)
	alias[casework.HandoffKind](r)
	alias[casework.HandoffState](r)
	alias[casework.HandoffAct](r)
	alias[casework.Party](r)
	alias[casework.Field](r)
	alias[casework.FindingKind](r)
	alias[casework.Business](r)
	alias[casework.Identifier](r)
	alias[casework.InboundKind](r)
	alias[casework.Origin](r)
	alias[casework.Insurance](r)
	alias[casework.PromiseStage](r)
	alias[casework.NumberSeen](r)
	alias[casework.ScriptSituation](r)
	alias[casework.ScriptState](r)
}

func describeReportWords(r huma.Registry) {
	alias[audit.Action](r)
	alias[auth.Step](r)
	alias[settings.Group](r)
	alias[settings.Kind](r)
	alias[settings.DayState](r)
	alias[DayCause](r)
	alias[auth.Way](r)
	alias[auth.Need](r)
	alias[audit.Fault](r)
	alias[incident.Kind](r)
	alias[alarm.State](r)
	alias[incident.Act](r)
	alias[report.Kind](r)
	alias[report.Measure](r)
	alias[report.State](r)
	alias[report.Unit](r)
	alias[report.Absence](r)
	alias[report.RefKind](r)
	alias[report.Side](r)
}

func alias[T ~string](r huma.Registry) {
	r.RegisterTypeAlias(reflect.TypeFor[T](), reflect.TypeFor[enumOf[T]]())
}
