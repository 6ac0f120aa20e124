import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

// 藍: the one colour of things that can be pressed.
const ai: MantineColorsTuple = [
  "#eef4fa", "#dce8f3", "#b7cfe5", "#8fb4d6", "#6c9cc9", "#4f88be", "#3d79b2", "#2f689f", "#245887", "#1b466d",
];

// The greys of the dark theme lean towards 藍, as tokens.css has them; Mantine's own lean towards brown.
const dark: MantineColorsTuple = [
  "#e7ebef", "#c3cbd2", "#a9b2bb", "#7f8993", "#4a535d", "#343b43", "#262c33", "#1b1f24", "#17191d", "#14171b",
];

/** The panel's theme. DESIGN.md says why. */
export const theme = createTheme({
  primaryColor: "ai",
  colors: { ai, dark },
  primaryShade: { light: 8, dark: 7 },
  fontFamily:
    '"Noto Sans CJK JP", "Noto Sans JP", "Hiragino Sans", "Yu Gothic UI", "BIZ UDPGothic", Meiryo, system-ui, sans-serif',
  fontFamilyMonospace: '"Noto Sans Mono CJK JP", "SFMono-Regular", Consolas, monospace',
  headings: { fontWeight: "600" },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Modal: { styles: { title: { fontSize: "1.05rem", fontWeight: 600 } } },
    Drawer: { styles: { title: { fontSize: "1.05rem", fontWeight: 600 } } },
  },
});

// Mantine's quiet grey is too pale to be read at arm's length on a cheap monitor (below 4.5:1).
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: { "--mantine-color-dimmed": "#59636e", "--mantine-color-body": "#ffffff", "--mantine-color-placeholder": "#6b747d", "--mantine-color-error": "#a3211b" },
  dark: { "--mantine-color-dimmed": "#a9b2bb", "--mantine-color-body": "#1b1f24", "--mantine-color-red-filled": "#c92a2a", "--mantine-color-red-filled-hover": "#b02525", "--mantine-color-placeholder": "#8d979f", "--mantine-color-error": "#ffb0a8" },
});
