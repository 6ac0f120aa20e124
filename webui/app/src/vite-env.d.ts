/// <reference types="vite/client" />
import "i18next";
import type ja from "./i18n/ja.json";

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof ja };
    returnNull: false;
  }
}
