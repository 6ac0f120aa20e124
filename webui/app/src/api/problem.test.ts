import { describe, expect, it } from "vitest";
import { toProblem } from "./problem";

const body = {
  rule: "invalid",
  detail: "入力に誤りがあります",
  detail_en: "not right",
  errors: [
    { field: "party", code: "missing", detail: "選んでください", detail_en: "choose" },
    { field: "party", code: "unknown", detail: "二つめ", detail_en: "second" },
    { field: "note", code: "too_long", detail: "長すぎます", detail_en: "" },
  ],
};

describe("a problem", () => {
  it("speaks the language asked for", () => {
    const problem = toProblem(422, body);
    expect([problem.status, problem.rule]).toEqual([422, "invalid"]);
    expect(problem.say("ja")).toBe("入力に誤りがあります");
    expect(problem.say("en")).toBe("not right");
  });

  it("says the first thing that is wrong with each field, in the other language if need be", () => {
    expect(toProblem(422, body).fields("ja")).toEqual({ party: "選んでください", note: "長すぎます" });
    expect(toProblem(422, body).fields("en")).toEqual({ party: "choose", note: "長すぎます" });
  });

  it.each([undefined, null, "", "<html>", 7, [], { errors: "x", rule: 3 }])("is made of anything: %j", (odd) => {
    const problem = toProblem(502, odd);
    expect(problem.status).toBe(502);
    expect(problem.rule).toBe("");
    expect(problem.fields("ja")).toEqual({});
  });
});
