import { useState } from 'react';
import { VisuallyHidden } from '@mantine/core';
import styles from '../app.module.css';
import { useFeedState } from '../hooks/use-feed.ts';
import { messages } from '../messages.ts';

export function StreamState() {
  const state = useFeedState();
  return (
    <span className={styles.stream} data-state={state}>
      {messages.stream[state]}
    </span>
  );
}

/** Tells a screen reader when live updates stop and when they are back, and nothing else: values come too often. */
export function StreamAnnouncer() {
  const state = useFeedState();
  const [lost, setLost] = useState(false);
  if (state === 'reconnecting' && !lost) setLost(true);
  const text = state === 'reconnecting' ? messages.stream.announceLost : lost ? messages.stream.announceBack : '';
  return (
    <VisuallyHidden role="status" aria-live="polite">
      {text}
    </VisuallyHidden>
  );
}
