import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { makeClient } from "./api/session";
import { setNonce } from "get-nonce";
import { router } from "./routes";
import { theme, variables } from "./theme/theme";

// The server lets a page make styles at run time only with the word it gave this very answer.
const nonce = document.querySelector<HTMLMetaElement>("meta[name=csp-nonce]")?.content ?? "";
setNonce(nonce);

const client = makeClient();
const scheme = localStorageColorSchemeManager({ key: "kakeru-scheme" });

/** The whole panel. */
export function App() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} getStyleNonce={() => nonce} colorSchemeManager={scheme} defaultColorScheme="light">
      <Notifications position="bottom-left" limit={3} autoClose={6000} />
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
