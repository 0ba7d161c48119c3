import styles from './endpoint-name.module.css';

/** Names of a fleet differ at their end: where room is short, the middle gives way. */
const TAIL = 8;

export function EndpointName({ name }: { name: string }) {
  const characters = Array.from(name);
  if (characters.length <= 2 * TAIL) return <span className={styles.short}>{name}</span>;
  return (
    <span className={styles.whole}>
      <span className={styles.head}>{characters.slice(0, -TAIL).join('')}</span>
      <span className={styles.tail}>{characters.slice(-TAIL).join('')}</span>
    </span>
  );
}
