import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { withWords } from "./i18n";
import { DeskScreen } from "./screens/desk/DeskScreen";
import { Broken } from "./shell/Broken";
import { Gate } from "./shell/Gate";
import { Home } from "./shell/Home";
import { NotThere } from "./shell/NotThere";

const root = createRootRoute({ component: Gate, notFoundComponent: NotThere });

const screen = <P extends string>(path: P, component: ReturnType<typeof lazyRouteComponent>) =>
  createRoute({ getParentRoute: () => root, path, component });

// The desk comes with the first load: it is what most people open. The others come when they are asked for.
const tree = root.addChildren([
  createRoute({ getParentRoute: () => root, path: "/", component: Home }),
  createRoute({ getParentRoute: () => root, path: "/desk", component: DeskScreen }),
  createRoute({ getParentRoute: () => root, path: "/wall" }), // the gate shows it: nobody is signed in there
  screen("/board", lazyRouteComponent(() => withWords(() => import("./screens/board/BoardScreen")), "BoardScreen")),
  screen("/queue", lazyRouteComponent(() => withWords(() => import("./screens/queue/QueueScreen")), "QueueScreen")),
  screen("/attempts", lazyRouteComponent(() => withWords(() => import("./screens/attempts/AttemptsScreen")), "AttemptsScreen")),
  screen("/cases", lazyRouteComponent(() => withWords(() => import("./screens/cases/CasesScreen")), "CasesScreen")),
  screen("/cases/$id", lazyRouteComponent(() => withWords(() => import("./screens/cases/CaseScreen")), "CaseScreen")),
  screen("/lists", lazyRouteComponent(() => withWords(() => import("./screens/lists/ListsScreen")), "ListsScreen")),
  screen("/promises", lazyRouteComponent(() => withWords(() => import("./screens/promises/PromisesScreen")), "PromisesScreen")),
  screen("/handoffs", lazyRouteComponent(() => withWords(() => import("./screens/handoffs/HandoffsScreen")), "HandoffsScreen")),
  screen("/close", lazyRouteComponent(() => withWords(() => import("./screens/close/CloseScreen")), "CloseScreen")),
  screen("/numbers", lazyRouteComponent(() => withWords(() => import("./screens/numbers/NumbersScreen")), "NumbersScreen")),
  screen("/by-hand", lazyRouteComponent(() => withWords(() => import("./screens/byhand/ByHandScreen")), "ByHandScreen")),
  screen("/scripts", lazyRouteComponent(() => withWords(() => import("./screens/scripts/ScriptsScreen")), "ScriptsScreen")),
  screen("/targets", lazyRouteComponent(() => withWords(() => import("./screens/targets/TargetsScreen")), "TargetsScreen")),
  screen("/reports", lazyRouteComponent(() => withWords(() => import("./screens/reports/ReportsScreen")), "ReportsScreen")),
  screen("/audit", lazyRouteComponent(() => withWords(() => import("./screens/audit/AuditScreen")), "AuditScreen")),
  screen("/progress", lazyRouteComponent(() => withWords(() => import("./screens/progress/ProgressScreen")), "ProgressScreen")),
  screen("/desks", lazyRouteComponent(() => withWords(() => import("./screens/admin/DesksScreen")), "DesksScreen")),
  screen("/trunks", lazyRouteComponent(() => withWords(() => import("./screens/admin/TrunksScreen")), "TrunksScreen")),
  screen("/calendar", lazyRouteComponent(() => withWords(() => import("./screens/settings/CalendarScreen")), "CalendarScreen")),
  screen("/settings", lazyRouteComponent(() => withWords(() => import("./screens/settings/SettingsScreen")), "SettingsScreen")),
  screen("/account", lazyRouteComponent(() => withWords(() => import("./screens/account/AccountScreen")), "AccountScreen")),
  screen("/ward", lazyRouteComponent(() => withWords(() => import("./screens/ward/WardScreen")), "WardScreen")),
  screen("/displays", lazyRouteComponent(() => withWords(() => import("./screens/admin/DisplaysScreen")), "DisplaysScreen")),
  screen("/users", lazyRouteComponent(() => withWords(() => import("./screens/admin/UsersScreen")), "UsersScreen")),
]);

export const router = createRouter({ routeTree: tree, defaultPreload: "intent", defaultErrorComponent: Broken });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
