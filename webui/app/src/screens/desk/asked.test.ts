import { expect, it } from "vitest";
import { askedNow } from "./asked";

const at = (minutes: number) => new Date(Date.UTC(2026, 10, 24, 6, minutes)).toISOString();
const call = (case_id: string, minutes: number, more = {}) => ({ case_id, at: at(minutes), late: false, ...more });

it("tells of a call asked for from two minutes before its time on, whom it concerns, until it stands at a desk", () => {
  const calls = [
    call("late", -30),
    call("mine", 0, { operator: "me" }),
    call("theirs", 0, { operator: "other" }),
    call("taken", 0, { desk: "席1" }),
    call("left", 0, { desk: "席2" }),
    call("here", 0),
    call("soon", 2),
  ];
  const told = (minutes: number) => askedNow(calls, "me", Date.parse(at(minutes)), { name: "席2", case_id: "here" }).map((a) => a.case_id);
  expect(told(0)).toEqual(["late", "mine", "left", "soon"]);
  expect(told(-1)).toEqual(["late", "mine", "left"]);
  expect(told(-3)).toEqual(["late"]);
});
