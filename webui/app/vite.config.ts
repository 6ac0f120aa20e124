import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// While developing, the API comes from a running server (or from dev/mock-server.mjs).
const server = process.env.KAKERU_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    manifest: true, // build/first-load.mjs reads it
    sourcemap: false,
    chunkSizeWarningLimit: 1200,
    // What every start needs stands in one file: small ones are packed worse, and each is asked for by itself.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "start", tags: ["$initial"] }] } } },
  },
  server: {
    host: "127.0.0.1",
    // The server takes requests from its own origin only, so the proxy speaks as one.
    proxy: { "/api": { target: server, ws: true, changeOrigin: true, headers: { origin: server } } },
  },
  test: { include: ["src/**/*.test.ts", "src/**/*.test.tsx"] },
});
