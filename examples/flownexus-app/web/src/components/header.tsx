import { ActionIcon, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import styles from '../app.module.css';
import { messages } from '../messages.ts';
import { Logo, MoonIcon, SunIcon } from './icons.tsx';
import { StreamState } from './stream-state.tsx';

export function Header() {
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme('light', { getInitialValueInEffect: false }) === 'dark';
  const label = dark ? messages.app.toLight : messages.app.toDark;
  return (
    <header className={styles.header}>
      <div className={styles.headerInner}>
        <h1 className={styles.brand}>
          <Logo />
          {messages.app.name}
        </h1>
        <StreamState />
        <ActionIcon
          variant="default"
          size={36}
          aria-label={label}
          title={label}
          onClick={() => setColorScheme(dark ? 'light' : 'dark')}
        >
          {dark ? <SunIcon /> : <MoonIcon />}
        </ActionIcon>
      </div>
    </header>
  );
}
