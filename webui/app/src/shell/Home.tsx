import { Navigate } from "@tanstack/react-router";
import { useSession } from "../api/hooks";
import { doors } from "./doors";

/** Leads everyone to the screen of their work. */
export function Home() {
  const { role } = useSession().user;
  return <Navigate to={doors[role][0]!.to} replace />;
}
