import { createTheme, type CSSVariablesResolver } from '@mantine/core';
import { CHART_BACKGROUND } from './chart/colours.ts';

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif';

export const theme = createTheme({
  fontFamily: FONT,
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  headings: { fontFamily: FONT, fontWeight: '600' },
  colors: {
    // Mantine's greys with a touch of the accent colour, to go with the panels.
    dark: [
      '#c6ccd2',
      '#b0b8bf',
      '#a2abb4',
      '#717b85',
      '#3a424a',
      '#2d343b',
      '#242b31',
      '#1a1e22',
      '#14181b',
      '#0f1214',
    ],
  },
  primaryColor: 'cyan',
  primaryShade: { light: 9, dark: 7 },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
});

/** The page's own colours, beside Mantine's. Texts have at least 4.5:1 on their background (WCAG 2.2 SC 1.4.3). */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': CHART_BACKGROUND.light,
    '--mantine-color-dimmed': '#59626b',
    '--mantine-color-text': '#1a2128',
    '--page': '#f4f6f8',
    '--panel': CHART_BACKGROUND.light,
    '--line': '#e1e5ea',
    '--row-hover': '#f4f8fa',
    '--row-selected': '#f0f8fa',
    '--grid': '#eceff2',
    '--good': '#0f7a3d',
    '--good-bg': '#e4f6eb',
    '--bad': '#b3261e',
    '--bad-bg': '#fdeceb',
    '--warn': '#8a5800',
    '--accent': '#0b7285',
  },
  dark: {
    '--mantine-color-body': CHART_BACKGROUND.dark,
    '--mantine-color-dimmed': '#a2abb4',
    '--mantine-color-text': '#dfe3e8',
    '--page': '#111417',
    '--panel': CHART_BACKGROUND.dark,
    '--line': '#2d333a',
    '--row-hover': '#20262c',
    '--row-selected': '#18252a',
    '--grid': '#262c32',
    '--good': '#63d896',
    '--good-bg': '#153324',
    '--bad': '#ff9d96',
    '--bad-bg': '#3d1f1e',
    '--warn': '#f0b955',
    '--accent': '#3bc9db',
  },
});
