import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { makeClient } from "./api/session";
import { router } from "./routes";
import { theme, variables } from "./theme/theme";

const client = makeClient();
const scheme = localStorageColorSchemeManager({ key: "kakeru-scheme" });

/** The whole panel. */
export function App() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} colorSchemeManager={scheme} defaultColorScheme="light">
      <Notifications position="bottom-left" limit={3} autoClose={6000} />
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
