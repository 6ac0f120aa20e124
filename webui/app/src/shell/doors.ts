import {
  IconAddressBook, IconChartLine, IconFileImport, IconHeadset, IconLayoutDashboard, IconListNumbers, IconPhoneCall, IconUsers,
  IconAdjustments, IconArchive, IconArrowsExchange, IconCalendar, IconCoinYen, IconDeviceLandlinePhone, IconDeviceTv, IconInbox, IconKeyboard, IconNotes, IconPencil, IconReportAnalytics, IconRouter, IconShieldSearch, IconTarget,
} from "@tabler/icons-react";
import type { Role } from "../api/types";

/** A screen that can be gone to from the top of every other. */
export interface Door {
  to: "/desk" | "/board" | "/queue" | "/attempts" | "/cases" | "/lists" | "/promises" | "/handoffs" | "/close" | "/numbers" | "/by-hand" | "/scripts" | "/reports" | "/targets" | "/progress" | "/desks" | "/trunks" | "/users" | "/calendar" | "/settings" | "/audit" | "/displays" | "/ward";
  name: "desk" | "board" | "queue" | "attempts" | "cases" | "lists" | "promises" | "handoffs" | "close" | "numbers" | "byhand" | "scripts" | "reports" | "targets" | "progress" | "desks" | "trunks" | "users" | "calendar" | "settings" | "audit" | "displays" | "ward";
  Icon: typeof IconHeadset;
  /** What it is for; many doors stand in such groups. */
  group: "now" | "records" | "entry" | "ready" | "report";
}

const desk: Door = { to: "/desk", name: "desk", group: "now", Icon: IconHeadset };
const board: Door = { to: "/board", name: "board", group: "now", Icon: IconLayoutDashboard };
const queue: Door = { to: "/queue", name: "queue", group: "now", Icon: IconListNumbers };
const attempts: Door = { to: "/attempts", name: "attempts", group: "records", Icon: IconPhoneCall };
const cases: Door = { to: "/cases", name: "cases", group: "records", Icon: IconAddressBook };
const lists: Door = { to: "/lists", name: "lists", group: "ready", Icon: IconFileImport };
const promises: Door = { to: "/promises", name: "promises", group: "records", Icon: IconCoinYen };
const handoffs: Door = { to: "/handoffs", name: "handoffs", group: "records", Icon: IconArrowsExchange };
const close: Door = { to: "/close", name: "close", group: "report", Icon: IconArchive };
const numbers: Door = { to: "/numbers", name: "numbers", group: "entry", Icon: IconKeyboard };
const byhand: Door = { to: "/by-hand", name: "byhand", group: "entry", Icon: IconPencil };
const scripts: Door = { to: "/scripts", name: "scripts", group: "ready", Icon: IconNotes };
const reports: Door = { to: "/reports", name: "reports", group: "report", Icon: IconReportAnalytics };
const targets: Door = { to: "/targets", name: "targets", group: "ready", Icon: IconTarget };
const progress: Door = { to: "/progress", name: "progress", group: "now", Icon: IconChartLine };
const desks: Door = { to: "/desks", name: "desks", group: "now", Icon: IconDeviceLandlinePhone };
const trunks: Door = { to: "/trunks", name: "trunks", group: "now", Icon: IconRouter };
const users: Door = { to: "/users", name: "users", group: "ready", Icon: IconUsers };
const calendar: Door = { to: "/calendar", name: "calendar", group: "ready", Icon: IconCalendar };
const settings: Door = { to: "/settings", name: "settings", group: "ready", Icon: IconAdjustments };
const ward: Door = { to: "/ward", name: "ward", group: "now", Icon: IconInbox };
const displays: Door = { to: "/displays", name: "displays", group: "ready", Icon: IconDeviceTv };
const audit: Door = { to: "/audit", name: "audit", group: "report", Icon: IconShieldSearch };

/** The doors of each role; the first is where it lands. What a role may not do has no door. */
export const doors: Record<Role, Door[]> = {
  operator: [desk, cases, handoffs, numbers, byhand],
  supervisor: [board, desk, queue, attempts, cases, promises, handoffs, numbers, byhand, scripts, lists, targets, reports, close, audit],
  ward: [ward, progress, handoffs, promises, attempts, scripts, lists, targets, reports, close, audit],
  admin: [desks, trunks, calendar, settings, users, displays, lists, audit],
};

/** Whether a role may see the screen at a path. */
export function mayEnter(role: Role, path: string): boolean {
  return path === "/" || path === "/account" || doors[role].some((door) => path === door.to || path.startsWith(door.to + "/"));
}
