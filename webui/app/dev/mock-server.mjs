// DEVELOPMENT ONLY: an imitation of the server with made-up people, to work on screens without phones and stores.
// It keeps everything in memory, knows four logins (operator1, operator2, supervisor, ward, admin; any password) and is
// never part of what is shipped. Run: npm run build && node dev/mock-server.mjs [port]
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { WebSocketServer } from "ws";

const port = Number(process.argv[2] ?? 8080);
const dist = new URL("../dist", import.meta.url).pathname;
const fast = 10; // waits are divided by this

let serial = 0;
const id = () => `019ab000-0000-7000-8000-${String(++serial).padStart(12, "0")}`;
const iso = (t = Date.now()) => new Date(t).toISOString();
const tokyoDay = (t = Date.now()) => new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Tokyo" }).format(t);

// --- made-up people ---
const users = [
  ["operator1", "佐藤 みどり", "operator"],
  ["operator2", "鈴木 健", "operator"],
  ["supervisor", "高橋 和子", "supervisor"],
  ["ward", "区 太郎", "ward"],
  ["admin", "管理 花子", "admin"],
].map(([login, name, role]) => ({ id: id(), login, name, role, disabled: false }));
const family = [["見本", "ミホン"], ["山川", "ヤマカワ"], ["海野", "ウミノ"], ["森下", "モリシタ"], ["小川", "オガワ"]];
const given = [["一郎", "イチロウ"], ["花子", "ハナコ"], ["次郎", "ジロウ"], ["雪", "ユキ"], ["三枝", "ミエ"]];
const endings = ["05", "40", "41", "42", "44", "46", "43", "10", "51", "45"];
const cases = Array.from({ length: 40 }, (_, i) => {
  const [f, fk] = family[i % 5];
  const [g, gk] = given[(i * 3 + 1) % 5];
  const balances = Array.from({ length: 1 + (i % 5) }, (_, k) => ({
    insurance: i % 3 === 2 && k === 0 ? "kouki" : "kokuho",
    term: `令和8年度 第${k + 2}期`,
    due_on: `2026-0${5 + k}-31`,
    yen: 7800 + ((i * 7919 + k * 4831) % 23) * 1100,
  }));
  const phones = [{ rank: 1, number: `0300001${i % 10}${endings[i % 10]}`, kind: "fixed", usable: true }];
  if (i % 2 === 0) phones.push({ rank: 2, number: `0900000${String(1200 + i)}`, kind: "mobile", usable: true });
  if (i % 7 === 3) phones.push({ rank: 3, number: "0300009999", kind: "fixed", usable: false });
  return {
    id: id(), ward_number: String(1048300 + i * 37).padStart(10, "0"), name: `${f} ${g}`, kana: `${fk} ${gk}`,
    address: `東京都江東区見本町${1 + (i % 4)}丁目${2 + i}番${1 + (i % 9)}号`, postal_code: "135-0000", born_on: `19${50 + (i % 45)}-0${1 + (i % 9)}-1${i % 10}`,
    phones, balances, total_yen: balances.reduce((a, b) => a + b.yen, 0), language: i % 9 === 4 ? "vi" : "ja",
    ward_note: i % 4 === 0 ? "夕方以降は在宅のことが多い。前回、本人より納付相談の希望あり。" : "", sample: true, do_not_call: false, priority: i % 3,
    next: { state: "waiting", due: iso(), why: i % 3 === 0 ? "納付約束の期日を過ぎても納付が確認できないため" : "未接触のため、はじめての架電です" },
  };
});
const attempts = [];
const desks = ["desk1", "desk2"].map((name, i) => ({ id: name, name: `席${i + 1}`, registered: true, state: "empty", since: iso() }));
const trunks = [
  { name: "ひかり電話", kind: "registers", lab: true, state: "up", since: iso(), registered: true, addresses: [{ address: "192.0.2.1:5060", state: "answers" }] },
  { name: "予備", kind: "address", lab: true, state: "up", since: iso(), registered: null, addresses: [{ address: "192.0.2.2:5060", state: "unasked" }] },
];
const lineUp = () => trunks.some((t) => t.state === "up");
const calls = new Map();
const lists = new Map();
const sessions = new Map();
const base = 3941; // done before today

// --- results by the last two digits ---
const verdicts = {
  40: ["no_answer", "high", true, "呼出上限まで呼び出しましたが応答がありません", 30],
  41: ["busy", "high", true, "相手先が話中です", 2],
  42: ["unallocated", "medium", true, "使われていない番号と推定します", 4],
  43: ["out_of_reach", "medium", true, "圏外か電源が切れています(網の理由表示20)", 4],
  45: ["refused", "low", true, "相手先または網に拒否されました", 5],
  46: ["line_trouble", "high", false, "回線側の障害でつながりませんでした", 1],
};

// --- figures ---
function progress() {
  const today = tokyoDay();
  const month = today.slice(0, 7);
  const counted = attempts.filter((a) => a.ended_at && a.counted);
  const by = {};
  for (const a of attempts) if (a.result) by[a.result] = (by[a.result] ?? 0) + 1;
  const length = new Date(Date.UTC(+month.slice(0, 4), +month.slice(5), 0)).getUTCDate();
  const open_days = [];
  for (let d = 1; d <= length; d++) {
    const week = new Date(Date.UTC(+month.slice(0, 4), +month.slice(5) - 1, d)).getUTCDay();
    if (week > 0 && week < 6) open_days.push({ day: `${month}-${String(d).padStart(2, "0")}`, minutes: week === 3 ? 300 : 420 });
  }
  const past = open_days.filter((d) => d.day < today);
  const by_day = past.map((d, i) => ({ day: d.day, attempts: Math.round(base / past.length + ((i * 37) % 41) - 20), answered: 88 + ((i * 13) % 17) }));
  by_day.push({ day: today, attempts: counted.length, answered: counted.filter((a) => a.result === "answered").length });
  const attemptsDone = by_day.reduce((a, b) => a + b.attempts, 0);
  const month_by = { answered: 1490, no_answer: 1702, busy: 233, unallocated: 140, out_of_reach: 97, number_changed: 24, line_trouble: 31, cancelled: 44 };
  for (const [r, n] of Object.entries(by)) month_by[r] = (month_by[r] ?? 0) + n;
  return {
    month, target: 5700, definition: "attempts", open_days, by_day, by_result: month_by,
    done: { attempts: attemptsDone, persons: Math.round(attemptsDone * 0.61), cases: Math.round(attemptsDone * 0.7) },
    forecast: { low: 5240, mid: 5480, high: 5730 },
    inbound: { answered: 31, missed: 6 },
    today: { day: today, attempts: counted.length, answered: by_day.at(-1).answered, target: 268, by_result: by, inbound: { answered: 2, missed: 1 } },
  };
}
const depth = () => ({ due: cases.filter((c) => c.next.state === "waiting").length, later: 12, held: cases.filter((c) => c.next.state === "held").length });
const hours = () => ({ open: true, always_open: true, why: "", today: { from: "09:00", to: "17:00" }, next_open_at: null });

// --- live ---
const boot = id();
let seq = 0;
const log = [];
const readers = new Set();
function tell(type, data) {
  const frame = JSON.stringify({ seq: ++seq, type, at: iso(), data });
  log.push({ seq, frame });
  if (log.length > 500) log.shift();
  for (const reader of readers) reader.send(frame);
}
const nameOf = (user) => users.find((u) => u.id === user)?.name;
const deskView = (d) => ({ ringing: null, ...d, operator_name: nameOf(d.operator) });
const showDesk = (d) => tell("desk", deskView(d));
const brief = (c) => ({
  case_id: c.id, ward_number: c.ward_number, name: c.name, number_kind: c.phones[0].kind, balance_yen: c.total_yen, priority: c.priority,
  due_at: c.next.due ?? null, is_due: c.next.state === "waiting", desk: desks.find((d) => d.case_id === c.id)?.id ?? null, state: c.next.state,
  why: c.next.why, why_en: c.next.why, pinned: !!c.pinned, order: c.order ?? null, next_number: numberOf(c),
});
const numberOf = (c) => ({ rank: c.phones[0].rank, kind: c.phones[0].kind, from: null });
const whole = (c) => ({ ...c, pinned: !!c.pinned, order: c.order ?? null, next_number: numberOf(c), stands: { ja: c.next.why, en: c.next.why } });
function order(act, next) {
  return ({ args, body, me }) => {
    const c = caseOf(args[0]);
    c.pinned = act === "pin";
    c.order = { act, by_name: me.name, at: iso(), until: body.until ?? null, reason: body.reason };
    c.next = next(body);
    tell("queue", { depth: depth() });
    return { next: c.next };
  };
}

// --- calls ---
function present(d, wanted) {
  const c = cases.find((c) => c.id === wanted) ?? cases.find((c) => c.next.state === "waiting" && !desks.some((o) => o.case_id === c.id) && c.id !== d.case_id);
  d.case_id = c?.id;
  showDesk(d);
  return c;
}
function dial(d, c, number, user) {
  const call = { id: id(), case_id: c.id, desk: d.id, operator: user.id, operator_name: user.name, state: "calling_desk", direction: "outbound", trunk: "lab", started_at: iso(), early_media: false, held: false, muted: false, consulting: false };
  const attempt = {
    id: call.id, case_id: c.id, desk: d.id, operator: user.id, operator_name: user.name, direction: "outbound", started_at: call.started_at, dialled_at: null, ringing_at: null,
    answered_at: null, ended_at: null, counted: false, business_results: [], number_kind: "fixed", trunk: "lab", sip_call_id: `${call.id}@lab`, entry: null, evidence: [],
  };
  const ending = number.slice(-2);
  const note = (leg, event, more) => attempt.evidence.push({ at: iso(), leg, event, ...more });
  const later = (seconds, f) => (call.timer = setTimeout(f, (seconds * 1000) / fast));
  calls.set(call.id, call);
  attempts.unshift(attempt);
  Object.assign(d, { state: "in_call", call_id: call.id, since: iso() });
  const show = () => tell("call", { ...call, timer: undefined, finish: undefined });
  note("desk", "invite_sent");
  call.finish = (verdict, by) => {
    clearTimeout(call.timer);
    if (call.state === "ended") return;
    const [result, confidence, isCounted, why] = verdict;
    note("customer", "gone");
    Object.assign(call, { state: "ended", ended_at: iso(), ended_by: by, verdict: { result, confidence, why, counted: isCounted, rule: result } });
    Object.assign(attempt, { ended_at: iso(), ended_by: by, result, confidence, why, counted: isCounted, rule: result, answered_at: call.answered_at ?? null });
    show();
    calls.delete(call.id);
    c.next = result === "answered" ? { state: "result_due", why: "業務結果の入力待ちです" } : { state: result === "refused" ? "held" : "later", due: iso(Date.now() + 3600e3), why };
    Object.assign(d, result === "answered" ? { state: "wrap_up" } : { state: "ready", call_id: undefined, case_id: undefined }, { since: iso() });
    showDesk(d);
    tell("attempt", attempt);
    tell("progress", progress());
    tell("queue", { depth: depth() });
    if (result !== "answered") present(d);
  };
  showDesk(d);
  show();
  later(8, () => {
    note("desk", "answered", { status: 200, reason: "OK" });
    Object.assign(call, { state: "calling_customer", dialled_at: iso() });
    note("customer", "invite_sent");
    attempt.dialled_at = iso();
    show();
    const verdict = verdicts[ending];
    later(1, () => {
      if (ending !== "46") {
        call.ringing_at = attempt.ringing_at = iso();
        note("customer", "ringing", { status: 180, reason: "Ringing" });
        show();
      }
      if (verdict) {
        return later(verdict[4], () => {
          note("customer", "final", { status: ending === "41" ? 486 : 404, reason: ending === "41" ? "Busy Here" : "Not Found", cause: ending === "41" ? 17 : 1 });
          call.finish(verdict, ending === "40" ? "ring_limit" : "network");
        });
      }
      later(ending === "44" ? 20 : 10, () => {
        note("customer", "answered", { status: 200, reason: "OK" });
        Object.assign(call, { state: "talking", answered_at: iso() });
        show();
        later(900, () => call.finish(["answered", "high", true, "相手先が応答しました(200)"], "customer"));
      });
    });
  });
  return call;
}

// --- requests ---
class Refused extends Error {
  constructor(status, rule, detail, detail_en, errors) {
    super(rule);
    this.answer = { type: "about:blank", title: rule, status, rule, detail, detail_en, errors };
  }
}
const refuse = (...args) => {
  throw new Refused(...args);
};
const deskOf = (name) => desks.find((d) => d.id === name) ?? refuse(404, "unknown_desk", "この席は登録されていません", "there is no such desk");
const caseOf = (name) => cases.find((c) => c.id === name) ?? refuse(404, "unknown_case", "この案件は見つかりません", "there is no such case");

const routes = {
  "GET /api/hours": () => hours(),
  "POST /api/session": ({ body, set }) => {
    const user = users.find((u) => u.login === body.login);
    if (!user || !body.password) refuse(401, "unauthorized", "ログイン名かパスワードが違います", "the login or the password is wrong");
    const token = id();
    sessions.set(token, user);
    set("Set-Cookie", `kakeru_session=${token}; HttpOnly; SameSite=Strict; Path=/`);
    return sessionOf(user);
  },
  "GET /api/session": ({ me }) => sessionOf(me),
  "DELETE /api/session": ({ token }) => void sessions.delete(token),
  "GET /api/trunks": () => ({ trunks }),
  // Development only: a line goes down and comes back.
  "POST /api/trunks/:id/flip": ({ args }) => {
    const t = trunks[Number(args[0])];
    const up = t.state !== "up";
    Object.assign(t, { state: up ? "up" : "down", since: iso(), registered: t.registered === null ? null : up });
    t.last_error = up
      ? undefined
      : { kind: "refuses_us", status: 403, text: "回線が登録を断りました。設定 sip.trunks の user・auth_user・password を、通信事業者またはPBXの設定と照らし合わせてください", text_en: "the trunk refuses our registration; compare user, auth_user and password under sip.trunks with the carrier's or the PBX's" };
    tell("trunk", { trunk: t, line_up: lineUp() });
  },
  "GET /api/desks": () => ({ desks: desks.map(deskView) }),
  "POST /api/desks/:id/sit": ({ args, body, me }) => {
    const d = deskOf(args[0]);
    if (d.operator && d.operator !== me.id && !body.take_over) refuse(409, "desk_busy", "この席には別の人が着いています", "somebody else sits at this desk");
    for (const o of desks) if (o.operator === me.id && o !== d) (Object.assign(o, { operator: undefined, state: "empty", case_id: undefined }), showDesk(o));
    Object.assign(d, { operator: me.id, state: d.state === "empty" ? "ready" : d.state, since: iso() });
    showDesk(d);
    return deskView(d);
  },
  "POST /api/desks/:id/leave": ({ args }) => {
    const d = Object.assign(deskOf(args[0]), { operator: undefined, state: "empty", case_id: undefined, since: iso() });
    showDesk(d);
    return deskView(d);
  },
  "POST /api/desks/:id/next": ({ args, body }) => {
    const d = deskOf(args[0]);
    if (d.state !== "ready") refuse(409, "desk_busy", "この席は通話中です", "the desk has a call");
    if (d.case_id && !body.skip && !body.case_id) return { case_id: d.case_id };
    return { case_id: (present(d, body.case_id) ?? refuse(409, "queue_empty", "いま架電できる案件がありません", "no case is due now")).id };
  },
  "GET /api/calls": () => ({ items: [...calls.values()].map((c) => ({ ...c, timer: undefined })) }),
  "POST /api/calls": ({ body, me, status }) => {
    const d = deskOf(body.desk);
    const c = caseOf(body.case_id);
    if (d.state === "wrap_up") refuse(409, "result_due", "前の通話の結果が未入力です。結果を登録してから発信してください", "the last talk's result is missing");
    if (d.state !== "ready") refuse(409, "desk_busy", "この席は通話中です。終話してから発信してください", "the desk has a call; hang up first");
    if (c.phones[0].number.endsWith("52")) refuse(409, "number_locked", "この番号は本日すでに応答があったため、発信できません", "locked for today");
    const call = dial(d, c, body.number ?? c.phones[0].number, me);
    status(202);
    return { call_id: call.id, attempt_id: call.id, case_id: c.id };
  },
  "POST /api/calls/:id/hangup": ({ args, status }) => {
    const call = calls.get(args[0]);
    call?.finish(call.answered_at ? ["answered", "high", true, "相手先が応答しました(200)"] : ["cancelled", "high", false, "オペレーターが呼び出しの途中で切断しました"], "operator");
    status(202);
    return {};
  },
  ...Object.fromEntries(
    [["hold", "held", true], ["resume", "held", false], ["mute", "muted", true], ["unmute", "muted", false]].map(([path, what, on]) => [
      `POST /api/calls/:id/${path}`,
      ({ args, status }) => {
        const call = calls.get(args[0]) ?? refuse(404, "not_found", "見つかりません", "not found");
        if (call.state !== "talking") refuse(409, "not_talking", "通話中ではないため、操作できません", "there is no talk to do that with");
        call[what] = on;
        tell("call", { ...call, timer: undefined, finish: undefined });
        status(202);
        return {};
      },
    ]),
  ),
  "POST /api/calls/:id/transfer": ({ args, body, status }) => {
    const call = calls.get(args[0]) ?? refuse(404, "not_found", "見つかりません", "not found");
    if (body.action === "complete") refuse(409, "desk_busy", "模擬サーバーでは転送を完了できません", "the imitation hands nothing on");
    call.transfer_to = body.action === "start" ? body.desk : undefined;
    call.consulting = body.action === "start" && !!body.consult;
    tell("call", { ...call, timer: undefined, finish: undefined });
    status(202);
    return {};
  },
  "GET /api/queue": () => ({ items: cases.filter((c) => c.next.state === "waiting").map(brief), held: cases.filter((c) => c.next.state === "held").map(brief), held_back: [], next_cursor: null, depth: depth() }),
  "POST /api/cases/search": ({ body }) => ({ items: cases.filter((c) => [c.ward_number, c.name, c.kana, ...c.phones.map((p) => p.number)].some((s) => s.includes(body.q))).map(brief) }),
  "GET /api/cases/:id": ({ args }) => ({ case: whole(caseOf(args[0])), history: attempts.filter((a) => a.case_id === args[0] && a.ended_at).concat(old(args[0])), masked: false }),
  "POST /api/cases/:id/pin": order("pin", (b) => ({ state: "waiting", due: iso(), why: `先頭に固定: ${b.reason}` })),
  "POST /api/cases/:id/skip": order("skip", (b) => ({ state: "waiting", due: b.until, why: `後回し: ${b.reason}` })),
  "POST /api/cases/:id/hold": order("hold", (b) => ({ state: "held", due: null, why: `保留: ${b.reason}` })),
  "POST /api/cases/:id/release": order("release", (b) => ({ state: "waiting", due: iso(), why: `再開: ${b.reason}` })),
  "GET /api/attempts": () => ({ items: attempts }),
  "GET /api/attempts/:id": ({ args }) => attempts.find((a) => a.id === args[0]) ?? refuse(404, "not_found", "見つかりません", "not found"),
  "PUT /api/attempts/:id/result": ({ args, body, me }) => {
    const a = attempts.find((a) => a.id === args[0]) ?? refuse(404, "not_found", "見つかりません", "not found");
    const c = caseOf(a.case_id);
    const errors = [];
    if (body.business_results.length === 0 && ["self", "family", "third_party"].includes(body.party))
      errors.push({ field: "business_results", code: "missing", detail: "業務結果を1つ以上選んでください", detail_en: "name at least one business result" });
    if (body.promise && body.promise.amount_yen > c.total_yen)
      errors.push({ field: "promise.amount_yen", code: "above_balance", detail: "約束の金額が未納額を超えています", detail_en: "more than is owed" });
    if (body.promise && body.promise.amount_yen <= 0) errors.push({ field: "promise.amount_yen", code: "not_positive", detail: "1円以上にしてください", detail_en: "give at least 1 yen" });
    if (errors.length) refuse(422, "invalid", "入力に誤りがあります。項目を確かめてください", "the request is not right", errors);
    a.entry = { promise: null, note: "", call_again_at: null, mine: false, ...body, revision: (a.entry?.revision ?? 0) + 1, by_name: me.name, at: iso() };
    Object.assign(a, { party: body.party, business_results: body.business_results });
    c.next = { state: "closed", why: "納付約束の期日を待ちます" };
    const d = desks.find((d) => d.call_id === a.id);
    if (d) (Object.assign(d, { state: "ready", call_id: undefined, case_id: undefined, since: iso() }), showDesk(d), present(d));
    tell("attempt", a);
    return { revision: a.entry.revision, next: { ...c.next, due: null }, kept: false };
  },
  "GET /api/progress": () => progress(),
  "POST /api/lists": ({ status }) => {
    const list = {
      list: id(), file_name: "滞納一覧_見本.csv", state: "staging", rows: 6000, cases: 2412, new: 312, changed: 87, same: 2013, missing: 41, wrong: 3, repaired: 128, sample: true, progress: 0,
      kinds: { fixed: 1320, mobile: 1702, ip: 44, never: 2 },
      problems: [
        { line: 118, column: "電話番号1", code: "bad_number", ja: "桁数が足りません。市外局番から入力してください", en: "too few digits; write it with the area code", fatal: true },
        { line: 931, column: "未納額", code: "bad_amount", ja: "金額として読めません。半角数字で入力してください", en: "no amount; write digits", fatal: true },
        { line: 2044, column: "納期限", code: "bad_date", ja: "日付として読めません。2026-08-31 の形で入力してください", en: "no date; write 2026-08-31", fatal: true },
      ],
      repairs: [{ line: 12, column: "宛名番号", code: "leading_zero", ja: "先頭の0を補い、10桁にしました", en: "leading zeros were put back", fatal: false }],
    };
    lists.set(list.list, list);
    const step = setInterval(() => {
      list.progress = Math.min(6000, list.progress + 600);
      if (list.progress === 6000) (clearInterval(step), (list.state = "staged"));
      tell("list", list);
    }, 150);
    status(202);
    return { list: list.list };
  },
  "GET /api/lists/:id": ({ args }) => lists.get(args[0]) ?? refuse(404, "not_found", "見つかりません", "not found"),
  "POST /api/lists/:id/apply": ({ args, status }) => {
    const list = Object.assign(lists.get(args[0]), { state: "applied", applied_at: iso() });
    tell("list", list);
    status(202);
    return {};
  },
  "DELETE /api/lists/:id": ({ args }) => void lists.delete(args[0]),
  "GET /api/users": () => ({ items: users }),
  "POST /api/users": ({ body }) => {
    const user = { id: id(), disabled: false, ...body, password: undefined };
    users.push(user);
    return user;
  },
  "PATCH /api/users/:id": ({ args, body }) => Object.assign(users.find((u) => u.id === args[0]), { ...body, password: undefined }),
};

const sessionOf = (user) => ({ user, demo: true, always_open: true, desk: desks.find((d) => d.operator === user.id)?.id ?? null, expires_at: iso(Date.now() + 8 * 3600e3) });
const old = (caseID) => {
  const i = cases.findIndex((c) => c.id === caseID);
  if (i % 3 !== 0) return [];
  const talk = Date.now() - 20 * 86400e3;
  const common = { case_id: caseID, desk: "desk1", operator: users[0].id, operator_name: users[0].name, direction: "outbound", counted: true, trunk: "lab", business_results: [] };
  return [
    { ...common, id: `${caseID}x`, started_at: iso(talk + 6 * 86400e3), answered_at: null, ended_at: iso(talk + 6 * 86400e3 + 30e3), result: "no_answer", confidence: "high", why: "呼出上限まで呼び出しましたが応答がありません", entry: null },
    { ...common, id: `${caseID}y`, started_at: iso(talk), answered_at: iso(talk + 12e3), ended_at: iso(talk + 145e3), result: "answered", confidence: "high", why: "相手先が応答しました(200)",
      entry: { party: "self", business_results: ["promise", "information"], promise: { amount_yen: 15600, due_on: tokyoDay(talk + 10 * 86400e3), means: "slip" }, note: "給料日後に納付するとのこと。コンビニ納付を案内。", call_again_at: null, mine: false, revision: 1, by_name: users[0].name, at: iso(talk + 150e3) } },
  ];
};

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  if (!pathname.startsWith("/api/")) return serveFile(pathname, response);
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const token = /kakeru_session=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];
  const me = sessions.get(token);
  let status = 200;
  let answer;
  try {
    const found = match(request.method, pathname) ?? refuse(404, "not_found", "このAPIはありません", "no such route");
    const free = pathname === "/api/hours" || (request.method === "POST" && pathname === "/api/session");
    if (!me && !free) refuse(401, "unauthorized", "サインインしてください", "sign in");
    const text = Buffer.concat(chunks).toString();
    const body = text && !request.headers["content-type"]?.startsWith("multipart") ? JSON.parse(text) : {};
    answer = found.handle({ args: found.args, body, me, token, set: (n, v) => response.setHeader(n, v), status: (s) => (status = s) });
    if (answer === undefined) status = 204;
  } catch (error) {
    if (!(error instanceof Refused)) console.error(error);
    answer = error.answer ?? { status: 500, detail: String(error), detail_en: String(error) };
    status = answer.status;
  }
  response.writeHead(status, { "Content-Type": status < 400 ? "application/json" : "application/problem+json" });
  response.end(answer === undefined ? undefined : JSON.stringify(answer));
});

function match(method, path) {
  for (const [route, handle] of Object.entries(routes)) {
    const [verb, shape] = route.split(" ");
    const args = verb === method && new RegExp(`^${shape.replaceAll(":id", "([^/]+)")}$`).exec(path);
    if (args) return { handle, args: args.slice(1) };
  }
}

const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
function serveFile(pathname, response) {
  let file = join(dist, normalize(pathname));
  if (!existsSync(file) || statSync(file).isDirectory()) file = join(dist, "index.html");
  response.writeHead(200, { "Content-Type": types[extname(file)] ?? "application/octet-stream" });
  createReadStream(file).pipe(response);
}

const sockets = new WebSocketServer({ noServer: true });
server.on("upgrade", (request, socket, head) => {
  const token = /kakeru_session=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];
  if (!sessions.has(token)) return socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n");
  sockets.handleUpgrade(request, socket, head, (ws) => {
    const query = new URL(request.url, "http://localhost").searchParams;
    const since = Number(query.get("since") ?? -1);
    if (query.get("boot") === boot && since >= (log[0]?.seq ?? 0)) for (const entry of log) entry.seq > since && ws.send(entry.frame);
    else {
      const data = { desks: desks.map(deskView), calls: [...calls.values()].map((c) => ({ ...c, timer: undefined })), progress: progress(), hours: hours(), recent: attempts.slice(0, 20), alerts: [], depth: depth(), boot, trunks, line_up: lineUp() };
      ws.send(JSON.stringify({ seq, type: "snapshot", at: iso(), data }));
    }
    readers.add(ws);
    ws.on("close", () => readers.delete(ws));
  });
});

server.listen(port, "127.0.0.1", () => {
  for (const user of users) console.log(`login ${user.login} demo ${user.role}`);
  console.log(`kakeru ready http://127.0.0.1:${server.address().port}`);
});
process.on("SIGTERM", () => process.exit(0));
