// Which of the ward's texts the desk is to show. Pure, so that a test can hold every moment against what may be said in it.
import type { Situation } from "../api/types";
import type { Business, Party, Phase } from "./keymap";

/**
 * What the desk's pages are for now. Until it is known who is there, and with anybody but the person, nothing of the matter
 * may be read out: then these are the only pages that show by themselves.
 */
export function situationOf(phase: Phase, cameIn: boolean, caseKnown: boolean, party: Party | "", business: readonly Business[]): Situation[] {
  if (phase === "away" || phase === "ringing" || phase === "idle" || phase === "calling") return ["before_call"];
  switch (party) {
    case "family":
      return ["family"];
    case "third_party":
      return ["third_party"];
    case "voicemail":
    case "recorder":
      return ["voicemail"];
    case "self": {
      if (business.includes("hardship") || business.includes("instalments")) return ["hardship"];
      return business.includes("promise") ? ["promise"] : ["self"];
    }
    default:
      if (cameIn) return [caseKnown ? "inbound_known" : "inbound_withheld"];
      return ["before_call"];
  }
}
