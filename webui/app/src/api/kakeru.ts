import { api, take } from "./client";
import type * as t from "./types";

// Every request of the panel, by name. Screens use these and nothing else.

export const getSession = () => take<t.Session>(api.GET("/api/session"));
export const signIn = (login: string, password: string) =>
  take<t.Session>(api.POST("/api/session", { body: { login, password } }));
export const signOut = () => take<void>(api.DELETE("/api/session"));

export const getHours = () => take<t.Hours>(api.GET("/api/hours"));
export const getProgress = (month?: string) =>
  take<t.Progress>(api.GET("/api/progress", { params: { query: month ? { month } : {} } }));

export const getDesks = async () => (await take<{ desks: t.Desk[] }>(api.GET("/api/desks"))).desks;
export const sit = (desk: string, takeOver: boolean) =>
  take<t.Desk>(api.POST("/api/desks/{id}/sit", { params: { path: { id: desk } }, body: { take_over: takeOver } }));
export const leave = (desk: string) => take<t.Desk>(api.POST("/api/desks/{id}/leave", { params: { path: { id: desk } } }));
export const presentNext = (desk: string, wish: { case_id?: string; skip?: boolean }) =>
  take<{ case_id: string }>(api.POST("/api/desks/{id}/next", { params: { path: { id: desk } }, body: wish }));

export const getCalls = async () => (await take<{ items: t.Call[] | null }>(api.GET("/api/calls"))).items ?? [];
export const dial = (desk: string, caseID: string, click: string, number?: string) =>
  take<{ call_id: string; attempt_id: string; case_id: string }>(
    api.POST("/api/calls", {
      params: { header: { "Idempotency-Key": click } },
      body: { desk, case_id: caseID, ...(number ? { number } : {}) },
    }),
  );
export const hangUp = (call: string) => take<void>(api.POST("/api/calls/{id}/hangup", { params: { path: { id: call } } }));

export const getQueue = (limit: number) => take<t.Queue>(api.GET("/api/queue", { params: { query: { limit } } }));
export const getCase = (id: string) => take<t.CasePage>(api.GET("/api/cases/{id}", { params: { path: { id } } }));
export const searchCases = async (q: string) =>
  (await take<{ items: t.CaseBrief[] | null }>(api.POST("/api/cases/search", { body: { q } }))).items ?? [];
export const releaseCase = (id: string, reason: string) =>
  take<void>(api.POST("/api/cases/{id}/release", { params: { path: { id } }, body: { reason } }));

export interface AttemptFilter {
  from?: string;
  to?: string;
  desk?: string;
  cursor?: string;
}
export const getAttempts = (filter: AttemptFilter) =>
  take<{ items: t.Attempt[] | null; next_cursor?: string }>(api.GET("/api/attempts", { params: { query: { ...filter } } }));
export const getAttempt = (id: string) => take<t.Attempt>(api.GET("/api/attempts/{id}", { params: { path: { id } } }));
export const putResult = (attempt: string, entry: t.Entry) =>
  take<{ revision: number; next: t.CaseNext }>(
    api.PUT("/api/attempts/{id}/result", { params: { path: { id: attempt } }, body: entry }),
  );

export const uploadList = async (file: File) => {
  const form = new FormData();
  form.append("file", file);
  const made = await take<{ list: string }>(api.POST("/api/lists", { body: form, bodySerializer: () => form }));
  return made.list;
};
export const getList = (id: string) => take<t.Preview>(api.GET("/api/lists/{id}", { params: { path: { id } } }));
export const applyList = (id: string) => take<void>(api.POST("/api/lists/{id}/apply", { params: { path: { id } } }));
export const discardList = (id: string) => take<void>(api.DELETE("/api/lists/{id}", { params: { path: { id } } }));

export const getUsers = async () => (await take<{ items: t.User[] | null }>(api.GET("/api/users"))).items ?? [];
export const addUser = (user: { login: string; name: string; role: t.Role; password: string }) =>
  take<t.User>(api.POST("/api/users", { body: user }));
export const changeUser = (id: string, change: { name?: string; role?: t.Role; disabled?: boolean; password?: string }) =>
  take<t.User>(api.PATCH("/api/users/{id}", { params: { path: { id } }, body: change }));
