import {
  IconAddressBook, IconChartLine, IconFileImport, IconHeadset, IconLayoutDashboard, IconListNumbers, IconPhoneCall, IconUsers,
  IconArchive, IconArrowsExchange, IconCoinYen, IconDeviceLandlinePhone, IconKeyboard, IconNotes, IconPencil, IconReportAnalytics, IconRouter, IconShieldSearch, IconTarget,
} from "@tabler/icons-react";
import type { Role } from "../api/types";

/** A screen that can be gone to from the top of every other. */
export interface Door {
  to: "/desk" | "/board" | "/queue" | "/attempts" | "/cases" | "/lists" | "/promises" | "/handoffs" | "/close" | "/numbers" | "/by-hand" | "/scripts" | "/reports" | "/targets" | "/progress" | "/desks" | "/trunks" | "/users" | "/audit";
  name: "desk" | "board" | "queue" | "attempts" | "cases" | "lists" | "promises" | "handoffs" | "close" | "numbers" | "byhand" | "scripts" | "reports" | "targets" | "progress" | "desks" | "trunks" | "users" | "audit";
  Icon: typeof IconHeadset;
}

const desk: Door = { to: "/desk", name: "desk", Icon: IconHeadset };
const board: Door = { to: "/board", name: "board", Icon: IconLayoutDashboard };
const queue: Door = { to: "/queue", name: "queue", Icon: IconListNumbers };
const attempts: Door = { to: "/attempts", name: "attempts", Icon: IconPhoneCall };
const cases: Door = { to: "/cases", name: "cases", Icon: IconAddressBook };
const lists: Door = { to: "/lists", name: "lists", Icon: IconFileImport };
const promises: Door = { to: "/promises", name: "promises", Icon: IconCoinYen };
const handoffs: Door = { to: "/handoffs", name: "handoffs", Icon: IconArrowsExchange };
const close: Door = { to: "/close", name: "close", Icon: IconArchive };
const numbers: Door = { to: "/numbers", name: "numbers", Icon: IconKeyboard };
const byhand: Door = { to: "/by-hand", name: "byhand", Icon: IconPencil };
const scripts: Door = { to: "/scripts", name: "scripts", Icon: IconNotes };
const reports: Door = { to: "/reports", name: "reports", Icon: IconReportAnalytics };
const targets: Door = { to: "/targets", name: "targets", Icon: IconTarget };
const progress: Door = { to: "/progress", name: "progress", Icon: IconChartLine };
const desks: Door = { to: "/desks", name: "desks", Icon: IconDeviceLandlinePhone };
const trunks: Door = { to: "/trunks", name: "trunks", Icon: IconRouter };
const users: Door = { to: "/users", name: "users", Icon: IconUsers };
const audit: Door = { to: "/audit", name: "audit", Icon: IconShieldSearch };

/** The doors of each role; the first is where it lands. What a role may not do has no door. */
export const doors: Record<Role, Door[]> = {
  operator: [desk, cases, handoffs, numbers, byhand],
  supervisor: [board, desk, queue, attempts, cases, promises, handoffs, numbers, byhand, scripts, lists, targets, reports, close, audit],
  ward: [progress, targets, reports, handoffs, promises, attempts, scripts, lists, close, audit],
  admin: [desks, trunks, users, lists, audit],
};

/** Whether a role may see the screen at a path. */
export function mayEnter(role: Role, path: string): boolean {
  return path === "/" || path === "/account" || doors[role].some((door) => path === door.to || path.startsWith(door.to + "/"));
}
