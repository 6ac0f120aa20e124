import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useLocation } from "@tanstack/react-router";
import { lazy, Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { LetIn, useSessionQuery } from "../api/hooks";
import { owed, settle, whenOwed } from "../api/owed";
import { forgetSession, mask } from "../api/session";
import { inTime } from "../i18n";
import { Live } from "../live/Live";
import { Empty } from "../parts/Empty";
import { SignIn } from "../screens/signin/SignIn";
import { dropDraftsBut } from "../screens/desk/draft";
import { IdleWatch } from "./IdleWatch";
import { OverlayHolder } from "./overlays";
import { SeatKeeper } from "./SeatKeeper";
import { Shell } from "./Shell";
import { TouchNote } from "./TouchNote";
import { Watermark } from "./Watermark";

const Steps = lazy(() => inTime(() => import("../screens/account/Steps")));
const Wall = lazy(() => inTime(() => import("../screens/wall/Wall")));
const Locked = lazy(() => inTime(() => import("../screens/account/Locked")));

/** A screen on the wall lets itself in, without a person; everything else asks who it is. */
export function Gate() {
  const onWall = useLocation({ select: (at) => at.pathname === "/wall" });
  return onWall ? (
    <Suspense>
      <Wall />
    </Suspense>
  ) : (
    <Door />
  );
}

const tellEvery = 3_000;

/** Tells the server what it is owed until it has taken it, and does in this tab what another tab owes. */
function useOwed() {
  const client = useQueryClient();
  useEffect(() => {
    const timer = setInterval(() => owed() && void settle().catch(() => undefined), tellEvery);
    const enough = whenOwed((what) => (what === "leave" ? forgetSession : mask)(client));
    return () => {
      clearInterval(timer);
      enough();
    };
  }, [client]);
}

/** Lets in who is signed in, and shows the sign-in to everyone else; the address stays, so that one comes back to it. */
function Door() {
  const { t } = useTranslation();
  const { data: session, isPending, error, refetch } = useSessionQuery();
  const user = session?.user.id;
  useOwed();
  useEffect(() => {
    if (user) dropDraftsBut(user);
  }, [user]);
  if (isPending) return null;
  if (error) {
    return (
      <Empty title={t("problem.unreachable")}>
        <Button onClick={() => void refetch()}>{t("common.retry")}</Button>
      </Empty>
    );
  }
  if (!session) return <SignIn />;
  if (session.step !== "done") {
    return (
      <Suspense>
        <Steps session={session} />
      </Suspense>
    );
  }
  return (
    <LetIn value={session}>
      <Live key={user}>
        <OverlayHolder>
          {session.locked ? (
            <Suspense>
              <Locked />
            </Suspense>
          ) : (
            <>
              <IdleWatch />
              <TouchNote />
              <SeatKeeper />
              <Shell />
              <Watermark />
            </>
          )}
        </OverlayHolder>
      </Live>
    </LetIn>
  );
}
