import { App } from '../app.tsx';
import { useSession } from '../hooks/use-session.ts';
import { messages } from '../messages.ts';
import { ErrorState } from './error-state.tsx';
import { Header } from './header.tsx';
import { SignIn } from './sign-in.tsx';
import styles from '../app.module.css';

/** The page for who is signed in, and the sign-in for everybody else. */
export function SessionGate() {
  const { data, error, isFetching, refetch } = useSession();
  if (data !== undefined) return data === null ? <SignIn /> : <App />;
  return (
    <>
      <Header />
      <main className={styles.page} aria-busy={error === null} aria-label={messages.session.loading}>
        {error !== null && (
          <ErrorState error={error} stale={false} retrying={isFetching} onRetry={() => void refetch()} />
        )}
      </main>
    </>
  );
}
