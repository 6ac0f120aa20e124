import { api, take } from "./client";
import type { AwayReason, Party } from "../keys/keymap";
import type { Act, AuditQuery, EntryIn, FindingKind, HandoffAct, HeardIn, Identifier, IncidentAct, IncidentText, ListSourceIn, MinutesText, NoteCallIn, NumberIn, ReportKind, ReportRowsQuery, Role, ScriptIn, SettingWant, Standing } from "./types";

// Every request of the panel, by name. Screens use these and nothing else.

const at = (id: string) => ({ params: { path: { id } } });

export const getSession = () => take(api.GET("/api/session"));
export const signIn = (login: string, password: string) => take(api.POST("/api/session", { body: { login, password } }));
export const signOut = () => take(api.DELETE("/api/session"));

/** The second factor: a code of the app, or a recovery code. */
export const giveCode = (code: string) => take(api.POST("/api/session/second", { body: { code } }));
/** A passkey is asked, and answers (WebAuthn). */
export const askPasskey = async () => (await take(api.POST("/api/session/passkey"))).options as PublicKeyCredentialRequestOptionsJSON;
export const givePasskey = (answer: unknown) => take(api.POST("/api/session/passkey/answer", { body: { answer } }));
/** How one signs in oneself. The password is given again, but while signing in. */
export const getFactors = () => take(api.GET("/api/session/factors"));
/** What is given once more before something that a stranger at one's screen must not do. */
export interface Proof {
  password?: string;
  code?: string;
  passkey?: unknown;
}
export const beginTOTP = (proof: Proof = {}) => take(api.POST("/api/session/totp", { body: proof }));
export const confirmTOTP = (code: string) => take(api.POST("/api/session/totp/confirm", { body: { code } }));
export const removeTOTP = (proof: Proof) => take(api.POST("/api/session/totp/remove", { body: proof }));
export const beginPasskey = async (proof: Proof = {}) =>
  (await take(api.POST("/api/session/passkeys", { body: proof }))).options as PublicKeyCredentialCreationOptionsJSON;
export const confirmPasskey = (name: string, made: unknown) => take(api.POST("/api/session/passkeys/confirm", { body: { name, made } }));
export const removePasskey = (id: string, proof: Proof) => take(api.POST("/api/session/passkeys/{id}/remove", { ...at(id), body: proof }));
export const newRecoveryCodes = async (proof: Proof) => (await take(api.POST("/api/session/recovery-codes", { body: proof }))).recovery_codes;
export const changePassword = (old: string, password: string) => take(api.POST("/api/session/password", { body: { old, password } }));
export const lockScreen = () => take(api.POST("/api/session/lock"));
export const unlockScreen = (proof: Proof) => take(api.POST("/api/session/unlock", { body: proof }));
/** The ward's own directory: its button's words, and where to go to sign in by it. */
export const getDirectory = async () => (await take(api.GET("/api/session/directory"))).label;
export const toDirectory = async () => (await take(api.POST("/api/session/directory"))).url;
export const getMySessions = async () => (await take(api.GET("/api/session/all"))).items;
export const endMySession = (id: string) => take(api.POST("/api/session/all/{id}/end", at(id)));
export const endMyOtherSessions = () => take(api.POST("/api/session/all/end"));
export const getAllSessions = async () => (await take(api.GET("/api/sessions"))).items;
export const endAnySession = (id: string) => take(api.POST("/api/sessions/{id}/end", at(id)));
export const resetFactors = (id: string) => take(api.POST("/api/users/{id}/reset-factors", at(id)));
export const getDemo = () => take(api.GET("/api/demo"));
export const getSetup = () => take(api.GET("/api/setup"));
export const setUp = (body: { code: string; login: string; name: string; password: string }) => take(api.POST("/api/setup", { body }));

export const getHours = () => take(api.GET("/api/hours"));
export const getProgress = (month?: string) =>
  take(api.GET("/api/progress", { params: { query: month ? { month } : {} } }));

/** What a screen on the wall shows; the code lets the screen in. */
export const getWall = () => take(api.GET("/api/wall"));
export const openWall = (code: string) => take(api.POST("/api/wall", { body: { code } }));
/** What waits for the ward. */
export const getWaiting = () => take(api.GET("/api/waiting"));
export const getDisplays = async () => (await take(api.GET("/api/displays"))).items;
export const makeDisplay = (name: string) => take(api.POST("/api/displays", { body: { name } }));
export const revokeDisplay = (id: string) => take(api.POST("/api/displays/{id}/revoke", at(id)));

export const getToday = () => take(api.GET("/api/progress/today"));
export const getAlerts = (state: "" | "unseen" | "standing" | "done", cursor: string) =>
  take(api.GET("/api/alerts", { params: { query: { ...(state ? { state } : {}), ...(cursor ? { cursor } : {}) } } }));
export const acknowledgeAlert = (id: number, note: string) =>
  take(api.POST("/api/alerts/{id}/acknowledge", { params: { path: { id } }, body: { note } }));
export const getSupervisorsHere = () => take(api.GET("/api/supervisors/here"));
/** A supervisor is there, or begins a break; nothing else of it. */
export const supervisorHere = (secondsAgo: number, onBreak: boolean) =>
  take(api.POST("/api/supervisors/here", { body: { seconds_ago: secondsAgo, break: onBreak } }));
export const pauseDesk = (desk: string, reason: string) => take(api.POST("/api/desks/{id}/pause", { ...at(desk), body: { reason } }));
export const releaseDesk = (desk: string) => take(api.POST("/api/desks/{id}/go-on", at(desk)));
export const clearDesk = (desk: string, reason: string) => take(api.POST("/api/desks/{id}/clear", { ...at(desk), body: { reason } }));
export const getMyProgress = () => take(api.GET("/api/progress/mine"));

export const getDesks = async () => (await take(api.GET("/api/desks"))).desks;
export const sit = (desk: string, takeOver: boolean, screen: string) =>
  take(api.POST("/api/desks/{id}/sit", { ...at(desk), body: { take_over: takeOver, screen } }));
export const leave = (desk: string) => take(api.POST("/api/desks/{id}/leave", at(desk)));
export const goAway = (desk: string, reason: AwayReason) => take(api.POST("/api/desks/{id}/away", { ...at(desk), body: { reason } }));
export const comeBack = (desk: string) => take(api.POST("/api/desks/{id}/back", at(desk)));
/** Says when key or mouse were last touched at a desk, and nothing else of it. */
export const tellTouched = (desk: string, secondsAgo: number) => take(api.POST("/api/desks/{id}/touched", { ...at(desk), body: { seconds_ago: secondsAgo } }));
export const presentNext = (desk: string, wish: { case_id?: string; skip?: boolean }) =>
  take(api.POST("/api/desks/{id}/next", { ...at(desk), body: wish }));

/** The desks' phones as the settings have them, and what is spoken there now. */
export const getPhones = async () => (await take(api.GET("/api/phones"))).phones;
/** Rings a desk's phone, and says what it answered once that is over. */
export const testDesk = (desk: string, auto: boolean) => take(api.POST("/api/desks/{id}/test", { ...at(desk), body: { auto } }));
export const getTrunks = async () => (await take(api.GET("/api/trunks"))).trunks;

export const getCalls = async () => (await take(api.GET("/api/calls"))).items;
/** Dials. The click's name keeps a click that is sent twice one call. */
export const dial = (desk: string, caseID: string, click: string, number?: string) =>
  take(
    api.POST("/api/calls", {
      params: { header: { "Idempotency-Key": click } },
      body: { desk, case_id: caseID, ...(number ? { number } : {}) },
    }),
  );
export const hangUp = (call: string) => take(api.POST("/api/calls/{id}/hangup", at(call)));
/** Presses keys at the far end. */
export const sendDigits = (call: string, digits: string) =>
  take(api.POST("/api/calls/{id}/dtmf", { ...at(call), body: { digits } }));

export const heard = (call: string, announcement: HeardIn) => take(api.POST("/api/calls/{id}/heard", { ...at(call), body: { announcement } }));

export const getTrace = async (call: string) => (await take(api.GET("/api/calls/{id}/trace", at(call)))).messages;
export const hold = (call: string, on: boolean) =>
  take(on ? api.POST("/api/calls/{id}/hold", at(call)) : api.POST("/api/calls/{id}/resume", at(call)));
export const mute = (call: string, on: boolean) =>
  take(on ? api.POST("/api/calls/{id}/mute", at(call)) : api.POST("/api/calls/{id}/unmute", at(call)));
export const pauseRecording = (call: string, on: boolean) =>
  take(on ? api.POST("/api/calls/{id}/recording/pause", at(call)) : api.POST("/api/calls/{id}/recording/resume", at(call)));
/** An attempt's recording as a WAV file. That it was asked for is written down. */
export const getRecording = async (id: string) =>
  (await take(api.GET("/api/attempts/{id}/recording", { ...at(id), parseAs: "blob" }))) as unknown as Blob;
export const transfer = (call: string, desk: string, consult: boolean) =>
  take(api.POST("/api/calls/{id}/transfer", { ...at(call), body: { action: "start", desk, consult } }));
export const endTransfer = (call: string, action: "complete" | "cancel") =>
  take(api.POST("/api/calls/{id}/transfer", { ...at(call), body: { action } }));
export const getCaller = (call: string) => take(api.GET("/api/attempts/{id}/caller", at(call)));
export const nameCase = (call: string, caseID: string) =>
  take(api.PUT("/api/attempts/{id}/case", { ...at(call), body: { case_id: caseID } }));

export const moveCase = (id: string, where: { before?: string; after?: string }) => take(api.POST("/api/cases/{id}/move", { ...at(id), body: where }));
export const getQueue = (limit: number) => take(api.GET("/api/queue", { params: { query: { limit } } }));
export const getAskedFor = async () => (await take(api.GET("/api/asked-for"))).items;
export const getCase = (id: string) => take(api.GET("/api/cases/{id}", at(id)));
export const searchCases = async (q: string) => (await take(api.POST("/api/cases/search", { body: { q } }))).items;
/** A supervisor's order on a case; until is a skip's. */
export const orderCase = (id: string, act: Act, reason: string, until: string) => {
  const plain = { ...at(id), body: { reason } };
  switch (act) {
    case "pin":
      return take(api.POST("/api/cases/{id}/pin", plain));
    case "skip":
      return take(api.POST("/api/cases/{id}/skip", { ...at(id), body: { reason, until } }));
    case "hold":
      return take(api.POST("/api/cases/{id}/hold", plain));
    case "release":
      return take(api.POST("/api/cases/{id}/release", plain));
  }
};

export interface AttemptFilter {
  from?: string;
  to?: string;
  desk?: string;
  cursor?: string;
}
export const getAttempts = (filter: AttemptFilter) => take(api.GET("/api/attempts", { params: { query: { ...filter } } }));
export const getAttempt = (id: string) => take(api.GET("/api/attempts/{id}", at(id)));
export const confirmIdentity = (call: string, confirmed: Identifier[], party: Party | "") =>
  take(api.PUT("/api/calls/{id}/identity", { ...at(call), body: { confirmed, ...(party ? { party } : {}) } }));
export const checkHistory = (id: string) => take(api.POST("/api/cases/{id}/history-check", at(id)));
/** Notes a call by hand. The click's name keeps one that is sent twice one call. */
export const noteCall = (body: NoteCallIn, click: string) =>
  take(api.POST("/api/attempts", { params: { header: { "Idempotency-Key": click } }, body }));
export type Noted = Awaited<ReturnType<typeof noteCall>>;
export const putResult = (attempt: string, entry: EntryIn) =>
  take(api.PUT("/api/attempts/{id}/result", { ...at(attempt), body: entry }));

export const uploadList = async (file: File) => {
  const form = new FormData();
  form.append("file", file);
  // The schema says what the form holds; the browser writes it.
  const answer = api.POST("/api/lists", { body: form as never, bodySerializer: () => form });
  return (await take(answer)).list;
};
export const getList = (id: string) => take(api.GET("/api/lists/{id}", at(id)));
export const applyList = (id: string) => take(api.POST("/api/lists/{id}/apply", at(id)));
export const getLanguages = () => take(api.GET("/api/languages"));
export const getListSources = () => take(api.GET("/api/list-sources"));
export const saveListSource = (body: ListSourceIn) => take(api.POST("/api/list-sources", { body }));
export const getFoundCases = (list: string, kind: FindingKind, cursor: string) =>
  take(api.GET("/api/lists/{id}/found", { params: { path: { id: list }, query: { kind, cursor } } }));
export const discardList = (id: string) => take(api.DELETE("/api/lists/{id}", at(id)));

export const getHandoffs = async () => (await take(api.GET("/api/handoffs", { params: { query: { limit: 500 } } }))).items;
export const getHandoffsOf = async (about: string) =>
  (await take(api.GET("/api/handoffs", { params: { query: { case_id: about, limit: 20 } } }))).items;
export const getHandoff = (id: string) => take(api.GET("/api/handoffs/{id}", at(id)));
/** Does something with a hand-off; the text is what is said with it. */
export const moveHandoff = (id: string, act: HandoffAct, text: string) => {
  const ask = { ...at(id), body: text ? { text } : {} };
  switch (act) {
    case "add":
      return take(api.POST("/api/handoffs/{id}/add", ask));
    case "acknowledge":
      return take(api.POST("/api/handoffs/{id}/acknowledge", ask));
    case "answer":
      return take(api.POST("/api/handoffs/{id}/answer", ask));
    case "reopen":
      return take(api.POST("/api/handoffs/{id}/reopen", ask));
    case "withdraw":
      return take(api.POST("/api/handoffs/{id}/withdraw", ask));
  }
};

export const getCloseState = () => take(api.GET("/api/close"));
/** Closes a day; with the day typed once more, the contract. */
export const closeDay = (day: string, confirm?: string) => take(api.POST("/api/close", { body: { day, confirm, final: confirm !== undefined } }));
export const getContractEnd = () => take(api.GET("/api/close/final"));
export const giveUpClose = (id: string) => take(api.POST("/api/closes/{id}/give-up", at(id)));
export const getCloses = async () => (await take(api.GET("/api/closes"))).items;
/** A file that went back to the ward. That it was taken is written down. */
export const getCloseFile = async (id: string, n: number) =>
  (await take(api.GET("/api/closes/{id}/files/{n}", { params: { path: { id, n } }, parseAs: "blob" }))) as unknown as Blob;

/** Records that go before the day's close: as files, and as text to paste. */
export const getExports = () => take(api.GET("/api/exports"));
export const exportRecords = (day: string, again: boolean) => take(api.POST("/api/exports", { body: { day, again } }));
export const getExportFile = async (id: string, n: number) =>
  (await take(api.GET("/api/exports/{id}/files/{n}", { params: { path: { id, n } }, parseAs: "blob" }))) as unknown as Blob;
export const getCaseRecord = (id: string, day?: string) =>
  take(api.GET("/api/cases/{id}/record", { params: { path: { id }, query: day ? { day } : {} } }));

/** A paid list (消込リスト), in the same two steps. */
export const uploadPaid = async (file: File) => {
  const form = new FormData();
  form.append("file", file);
  return (await take(api.POST("/api/payments", { body: form as never, bodySerializer: () => form }))).list;
};
export const getPaid = (id: string) => take(api.GET("/api/payments/{id}", at(id)));
export const applyPaid = (id: string) => take(api.POST("/api/payments/{id}/apply", at(id)));
export const discardPaid = (id: string) => take(api.DELETE("/api/payments/{id}", at(id)));
export const getPromises = (month?: string) => take(api.GET("/api/promises", { params: { query: month ? { month } : {} } }));
/** Whether banks are open on a day, and when next. */
export const getBankDay = (on: string) => take(api.GET("/api/promises/day", { params: { query: { on } } }));
/** A day's, a month's or a fiscal year's report; revision 0 is how it stands now. */
export const getReport = (kind: ReportKind, period: string, revision: number) =>
  take(api.GET("/api/reports/{kind}", { params: { path: { kind }, query: { ...(period ? { period } : {}), revision } } }));
/** The ledger's rows behind one figure of it. */
export const getReportRows = (kind: ReportKind, query: ReportRowsQuery) => take(api.GET("/api/reports/{kind}/rows", { params: { path: { kind }, query } }));
export const getReportFile = async (kind: ReportKind, period: string, revision: number, format: "csv" | "xlsx" | "pdf") =>
  (await take(api.GET("/api/reports/{kind}/file", { params: { path: { kind }, query: { period, revision, format } }, parseAs: "blob" }))) as unknown as Blob;
export const issueReport = (kind: ReportKind, period: string, reason: string) =>
  take(api.POST("/api/reports/{kind}/issue", { params: { path: { kind } }, body: { period, reason } }));
/** The minutes of a month's meeting: a revision, or the newest (0). */
export const getMinutes = (month: string, revision: number) => take(api.GET("/api/minutes/{month}", { params: { path: { month }, query: { revision } } }));
/** Keeps another revision, written from one; a problem when somebody was faster. */
export const saveMinutes = (month: string, from: number, minutes: MinutesText) =>
  take(api.PUT("/api/minutes/{month}", { params: { path: { month } }, body: { from, minutes } }));
export const signMinutes = (month: string, revision: number) => take(api.POST("/api/minutes/{month}/sign", { params: { path: { month } }, body: { revision } }));
export const getMinutesFile = async (month: string, revision: number) =>
  (await take(api.GET("/api/minutes/{month}/file", { params: { path: { month }, query: { revision } }, parseAs: "blob" }))) as unknown as Blob;
export const getTargets = (month: string) => take(api.GET("/api/targets", { params: { query: { month } } }));
/** What the ward says a month is to come to; null: as the contract says, again. */
export const setTarget = (month: string, calls: number | null, reason: string) =>
  take(api.POST("/api/targets", { body: { month, ...(calls === null ? {} : { calls }), reason } }));
export const tellWard = (measure: Standing["measure"], kind: "month" | "year", period: string, reason: string, remedy: string) =>
  take(api.POST("/api/targets/notices", { body: { measure, kind, period, reason, remedy } }));
/** The notice as it would go out now, with what is to be written still open. */
export const getNoticeDraft = async (measure: Standing["measure"], kind: "month" | "year", period: string) =>
  (await take(api.GET("/api/targets/draft", { params: { query: { measure, kind, period } }, parseAs: "blob" }))) as unknown as Blob;
export const getNoticeFile = async (id: number) =>
  (await take(api.GET("/api/targets/notices/{id}/file", { params: { path: { id } }, parseAs: "blob" }))) as unknown as Blob;
export const enterSMS = (day: string, sent: number) => take(api.POST("/api/sms", { body: { day, sent } }));
export const getNumbers = () => take(api.GET("/api/numbers"));
export const enterNumber = (row: NumberIn) => take(api.POST("/api/numbers", { body: row }));
export const takeNumberBack = (id: string) => take(api.DELETE("/api/numbers/{id}", at(id)));
export const getNumberCounts = () => take(api.GET("/api/numbers/counts"));

export const getScripts = async () => (await take(api.GET("/api/scripts"))).items;
export const getScriptVersions = async () => (await take(api.GET("/api/scripts/versions"))).items;
export const draftScript = (page: ScriptIn) => take(api.POST("/api/scripts", { body: page }));
export const draftStarters = () => take(api.POST("/api/scripts/starter"));
export const decideScript = (id: string, act: "approve" | "withdraw") =>
  take(act === "approve" ? api.POST("/api/scripts/{id}/approve", at(id)) : api.POST("/api/scripts/{id}/withdraw", at(id)));

export const getAudit = () => take(api.GET("/api/audit"));
export const checkAudit = () => take(api.POST("/api/audit/check"));
/** What is asked for goes in the body: it may be personal data. */
export const searchAudit = (query: AuditQuery & { below?: number }) => take(api.POST("/api/audit/search", { body: query }));
export const tellPrinted = (screen: string) => take(api.POST("/api/audit/printed", { body: { screen } }));
export const getIncidents = (cursor: string) => take(api.GET("/api/incidents", { params: { query: cursor ? { cursor } : {} } }));
export const getIncident = (id: number) => take(api.GET("/api/incidents/{id}", { params: { path: { id } } }));
export const reportIncident = (body: IncidentText) => take(api.POST("/api/incidents", { body }));
export const changeIncident = (id: number, body: IncidentText) => take(api.PUT("/api/incidents/{id}", { params: { path: { id } }, body }));
export const takeStep = (id: number, act: IncidentAct, note: string) =>
  take(api.POST("/api/incidents/{id}/steps", { params: { path: { id } }, body: { act, note } }));
export const getEvidence = async (id: number) =>
  (await take(api.GET("/api/incidents/{id}/evidence", { params: { path: { id } }, parseAs: "blob" }))) as unknown as Blob;

/** What an administrator may change while the centre works. */
export const getSettings = async () => (await take(api.GET("/api/settings"))).items;
/** What changes would do; nothing is changed. */
export const planSettings = (wants: SettingWant[]) => take(api.POST("/api/settings/plan", { body: { wants } }));
export const changeSettings = (wants: SettingWant[], reason: string) => take(api.POST("/api/settings", { body: { wants, reason } }));
export const getSettingChanges = (below: number, key?: string) =>
  take(api.GET("/api/settings/changes", { params: { query: { ...(below ? { below } : {}), ...(key ? { key } : {}) } } }));
export const undoSetting = (id: number, version: number, reason: string) =>
  take(api.POST("/api/settings/changes/{id}/undo", { params: { path: { id } }, body: { version, reason } }));
export const getCalendar = (from: string, to: string) => take(api.GET("/api/calendar", { params: { query: { from, to } } }));

export const getUsers = async () => (await take(api.GET("/api/users"))).items;
export const addUser = (user: { login: string; name: string; role: Role; password: string; directory_name?: string }) =>
  take(api.POST("/api/users", { body: user }));
export const changeUser = (id: string, change: { name?: string; role?: Role; disabled?: boolean; password?: string; languages?: string[]; directory_name?: string }) =>
  take(api.PATCH("/api/users/{id}", { ...at(id), body: change }));
