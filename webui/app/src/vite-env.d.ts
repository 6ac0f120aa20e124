/// <reference types="vite/client" />
import "i18next";
import type ja from "./i18n/ja.json";
import type screens from "./i18n/ja.screens.json";

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof ja & typeof screens };
    returnNull: false;
  }
}
