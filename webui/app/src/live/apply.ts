import type { QueryClient } from "@tanstack/react-query";
import type { Alert, Attempt, Call, Desk, Queue, Trunk, TrunkChanged } from "../api/types";
import { noteRetold, noteTold } from "./beside";
import type { Frame } from "./frames";

/** The names under which what the server says is kept; screens read these, frames and requests write them. */
export const keys = {
  displays: ["displays"] as const,
  waiting: ["waiting"] as const,
  session: ["session"] as const,
  factors: ["factors"] as const,
  mySessions: ["sessions", "mine"] as const,
  allSessions: ["sessions", "all"] as const,
  desks: ["desks"] as const,
  trunks: ["trunks"] as const,
  lineUp: ["line-up"] as const,
  calls: ["calls"] as const,
  /** The last call of a desk that has ended, with its verdict. */
  lastCall: (desk: string) => ["last-call", desk] as const,
  caller: (call: string) => ["caller", call] as const,
  progress: ["progress"] as const,
  /** Which life of the server the panel sees. */
  boot: ["boot"] as const,
  /** One's own figures of the day. */
  mine: ["mine"] as const,
  hours: ["hours"] as const,
  recent: ["recent"] as const,
  alerts: ["alerts"] as const,
  alertHistory: ["alert-history"] as const,
  supervisors: ["supervisors"] as const,
  today: ["today"] as const,
  queue: ["queue"] as const,
  asked: ["asked"] as const,
  askedClosed: ["asked-closed"] as const,
  case: (id: string) => ["case", id] as const,
  attempts: ["attempts"] as const,
  attempt: (id: string) => ["attempt", id] as const,
  trace: (call: string) => ["trace", call] as const,
  list: (id: string) => ["list", id] as const,
  foundCases: (list: string, kind: string) => ["found", list, kind] as const,
  languages: ["languages"] as const,
  listSources: ["list-sources"] as const,
  paid: (id: string) => ["paid", id] as const,
  promises: (month: string) => ["promises", month] as const,
  bankDay: (on: string) => ["bank-day", on] as const,
  closeState: ["close-state"] as const,
  closes: ["closes"] as const,
  exports: ["exports"] as const,
  reports: ["reports"] as const,
  targets: ["targets"] as const,
  handoffs: ["handoffs"] as const,
  users: ["users"] as const,
  phones: ["phones"] as const,
  settings: ["settings"] as const,
  settingChanges: ["setting-changes"] as const,
  calendar: ["calendar"] as const,
  audit: ["audit"] as const,
  auditEntries: ["audit-entries"] as const,
  incidents: ["incidents"] as const,
  incident: (id: number, revision: number) => ["incidents", id, revision] as const,
  numbers: ["numbers"] as const,
  scripts: ["scripts"] as const,
  scriptVersions: ["script-versions"] as const,
  numberCounts: ["number-counts"] as const,
};

const keptRecent = 50;
const keptAlerts = 200;

/** Writes what a frame says into the caches that the screens read. */
export function applyFrame(client: QueryClient, frame: Frame): void {
  switch (frame.type) {
    case "snapshot": {
      const { desks, calls, progress, hours, recent, alerts, trunks, line_up } = frame.data;
      noteRetold();
      client.setQueryData<Desk[]>(keys.desks, desks);
      client.setQueryData<Call[]>(keys.calls, calls);
      client.setQueryData(keys.progress, progress);
      client.setQueryData(keys.hours, hours);
      client.setQueryData<Attempt[]>(keys.recent, recent);
      client.setQueryData<Alert[]>(keys.alerts, alerts);
      if (trunks) client.setQueryData<Trunk[]>(keys.trunks, trunks);
      client.setQueryData<boolean>(keys.lineUp, line_up);
      // What a snapshot does not carry may have changed while nobody was looking.
      for (const key of [keys.queue, keys.mine, keys.asked, ["case"], keys.attempts, ["attempt"], ["list"], keys.closeState, keys.closes, keys.exports]) stale(client, key);
      return;
    }
    case "desk":
      applyDesk(client, frame.data);
      return;
    case "trunk":
      applyTrunk(client, frame.data);
      return;
    case "call":
      applyCall(client, frame.data);
      return;
    case "progress":
      client.setQueryData(keys.progress, frame.data);
      stale(client, [...keys.reports, "day"]);
      stale(client, keys.today);
      return;
    case "queue":
      client.setQueryData<Queue>(keys.queue, (queue) => queue && { ...queue, depth: frame.data.depth });
      stale(client, keys.queue);
      stale(client, keys.asked);
      return;
    case "alert":
      putAlert(client, frame.data);
      stale(client, keys.alertHistory);
      return;
    case "attempt":
      applyAttempt(client, frame.data);
      return;
    case "list":
      client.setQueryData(keys.list(frame.data.list), frame.data);
      stale(client, keys.closeState);
      return;
    case "settings":
      client.setQueryData(keys.hours, frame.data.hours);
      for (const key of [keys.settings, keys.settingChanges, keys.calendar, keys.session, keys.queue, keys.targets]) stale(client, key);
      return;
    case "handoff":
      stale(client, keys.handoffs);
      stale(client, keys.closeState);
      return;
    case "close":
      stale(client, keys.closeState);
      stale(client, keys.closes);
      stale(client, keys.exports);
      // What the day's keys sealed is gone from the server; nothing of it stays in a browser.
      if (frame.data.step === "closed") for (const key of [["case"], ["caller"], ["trace"], keys.queue, keys.attempts, ["attempt"]]) void client.resetQueries({ queryKey: key });
      return;
    case "beat":
    case "bye":
      return;
  }
}

/** Puts an alert as it stands now in its place. One without a number was not kept yet: what is kept of the same stands for it. */
export function putAlert(client: QueryClient, alert: Alert): void {
  client.setQueryData<Alert[]>(keys.alerts, (alerts = []) => {
    const same = (a: Alert) => (alert.id && a.id ? a.id === alert.id : a.kind === alert.kind && a.at === alert.at && a.desk === alert.desk && a.call_id === alert.call_id);
    const known = alerts.findIndex(same);
    return known >= 0 ? alerts.map((a, i) => (i === known ? alert : a)) : [alert, ...alerts].slice(0, keptAlerts);
  });
}

function applyDesk(client: QueryClient, desk: Desk): void {
  noteTold(desk.id);
  const before = client.getQueryData<Desk[]>(keys.desks)?.find((d) => d.id === desk.id)?.case_id;
  client.setQueryData<Desk[]>(keys.desks, (desks) => (desks ?? []).map((d) => (d.id === desk.id ? desk : d)));
  // A talk that was handed on is another desk's, and nobody may see it here any more: the desk without a call says so.
  if (!desk.call_id) {
    const gone = client.getQueryData<Call[]>(keys.calls)?.filter((c) => c.desk === desk.id) ?? [];
    for (const c of gone) noteTold(c.id);
    client.setQueryData<Call[]>(keys.calls, (calls) => calls?.filter((c) => !gone.includes(c)));
  }
  // A case read before it stood at the desk may be masked, and its number no number: it is read anew.
  if (desk.case_id && desk.case_id !== before) void client.resetQueries({ queryKey: keys.case(desk.case_id) });
}

function applyTrunk(client: QueryClient, { trunk, line_up }: TrunkChanged): void {
  client.setQueryData<boolean>(keys.lineUp, line_up);
  if (trunk) client.setQueryData<Trunk[]>(keys.trunks, (trunks) => trunks?.map((t) => (t.name === trunk.name ? trunk : t)));
}

function applyCall(client: QueryClient, call: Call): void {
  noteTold(call.id);
  client.setQueryData<Call[]>(keys.calls, (calls) => {
    const others = (calls ?? []).filter((c) => c.id !== call.id);
    return call.state === "ended" ? others : [...others, call];
  });
  if (call.state === "ended") client.setQueryData<Call>(keys.lastCall(call.desk), call);
}

function applyAttempt(client: QueryClient, attempt: Attempt): void {
  client.setQueryData<Attempt[]>(keys.recent, (recent) => {
    const list = recent ?? [];
    const known = list.findIndex((a) => a.id === attempt.id);
    if (known >= 0) return list.map((a) => (a.id === attempt.id ? attempt : a));
    return [attempt, ...list].slice(0, keptRecent);
  });
  stale(client, keys.closeState);
  stale(client, keys.attempt(attempt.id));
  stale(client, keys.attempts);
  stale(client, keys.mine);
  if (attempt.case_id) stale(client, keys.case(attempt.case_id));
}

function stale(client: QueryClient, queryKey: readonly unknown[]): void {
  void client.invalidateQueries({ queryKey });
}
