import type { components } from "./schema";

// Short names for the shapes of the generated schema (`npm run gen:api`).
type S = components["schemas"];

export type AuditWho = S["AuditWho"];
export type AuditAction = S["AuditEntry"]["action"];
export type AuditQuery = Omit<S["AuditSearchInputBody"], "below">;
export type Incident = S["Incident"];
export type IncidentText = S["IncidentText"];
export type IncidentKind = Incident["kind"];
export type IncidentAct = Incident["steps"][number]["act"];
export type Session = S["SignedIn"];
export type User = S["Person"];
export type Role = User["role"];
export type Desk = S["Desk"];
export type Trunk = S["TrunkView"];
export type TrunkChanged = S["TrunkChanged"];
export type Call = S["Call"];
export type Quality = S["Quality"];
export type Grade = Quality["grade"];
export type Sound = NonNullable<S["Sound"]>;
export type Verdict = S["Verdict"];
export type Result = Verdict["result"];
export type Case = S["Case"];
export type Identity = S["IdentityCheck"];
export type Identifier = Identity["allowed"][number];
export type CasePage = S["CaseOutputBody"];
export type CaseBrief = S["CaseBrief"];
export type CaseNext = S["Next"];
export type Reason = S["Reason"];
export type Act = "pin" | "skip" | "hold" | "release";
export type Phone = S["Phone"];
export type Kind = Phone["kind"];
export type Caller = S["Caller"];
export type Attempt = S["Attempt"];
export type Entry = NonNullable<S["Entry"]>;
export type Recording = NonNullable<S["Recording"]>;
export type Evidence = S["Evidence"];
export type TraceMessage = S["TraceMessage"];
export type Depth = S["Depth"];
export type Queue = S["QueueOutputBody"];
export type Progress = S["Progress"];
export type Hours = S["Hours"];
export type Alert = S["Alert"];
export type Snapshot = S["Snapshot"];
export type Handoff = S["Handoff"];
export type HandoffWhole = S["HandoffWhole"];
/** What people do with a hand-off; the server has more, which come about by themselves. */
export type HandoffAct = "add" | "acknowledge" | "answer" | "reopen" | "withdraw";
export type AskedFor = S["AskedFor"];
export type Close = S["Close"];
export type Export = S["Export"];
export type CloseState = S["CloseStateOutputBody"];
export type CheckItem = S["CheckItem"];
export type Problem = S["ListProblem"];
export type Preview = S["Preview"];
export type FindingKind = S["Finding"]["kind"];
export type ListColumn = S["ListColumn"];
export type ListSourceIn = S["SaveListSourceInputBody"];
export type PaidPreview = S["PaidPreview"];
export type PromiseLine = S["PromiseLine"];
export type PromiseFigures = S["PromiseFigures"];
export type Balance = S["Balance"];
export type EnteredNumber = S["EnteredNumber"];
export type NumberSource = S["NumberSource"];
export type ScriptPage = S["ScriptPage"];
export type Situation = ScriptPage["situations"][number];
export type ScriptIn = S["DraftInputBody"];
export type NumberIn = S["EnterNumberInputBody"];
/** What an operator hears the network say; none takes it back. */
export type HeardIn = S["HeardInputBody"]["announcement"];

/** What an operator sends of a talk. */
export type EntryIn = S["ResultInputBody"];
/** What is sent of a call that was made or taken without this system. */
export type NoteCallIn = S["NoteCallInputBody"];
export type Rung = NonNullable<S["Rung"]>;
export type Report = S["Report"];
export type ReportSection = S["Section"];
export type ReportCell = S["Cell"];
export type ReportColumn = S["Column"];
export type ReportChange = S["Change"];
export type ReportBody = S["ReportOutputBody"];
export type IssuedReport = S["IssuedReport"];
export type ReportCall = S["ReportCall"];
export type ReportRow = S["ReportRow"];
export type Standing = S["Standing"];
export type WardNotice = S["WardNotice"];
export type ReportKind = Report["kind"];
export type MinutesBody = S["MinutesOutputBody"];
export type MinutesText = S["Minutes"];
export type MinutesRevision = S["MinutesRevision"];
export type Side = MinutesRevision["signed"][number]["side"];
export interface ReportRowsQuery {
  period: string;
  section: string;
  row: string;
  column: string;
  offset: number;
}
export type Way = Session["ways"][number];
export type OpenSession = S["OpenSession"];
