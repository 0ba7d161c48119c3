import { ActionIcon, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import type { ReactNode } from 'react';
import styles from '../app.module.css';
import { messages } from '../messages.ts';
import { Logo, MoonIcon, SunIcon } from './icons.tsx';

/** The bar at the top. `children` stand between the name and the switch of the colours. */
export function Header({ children }: { readonly children?: ReactNode }) {
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
        {children}
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
