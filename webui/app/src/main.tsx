import "./theme/mantine";
import "./theme/tokens.css";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { initLanguages } from "./i18n";

// Nothing is shown in a language that its reader did not choose. Words that cannot be fetched leave the Japanese ones.
void initLanguages()
  .catch(() => undefined)
  .then(() => createRoot(document.getElementById("root")!).render(<App />));
