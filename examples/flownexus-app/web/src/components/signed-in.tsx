import { ActionIcon } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import styles from '../app.module.css';
import { useSession, useSignOut } from '../hooks/use-session.ts';
import { messages } from '../messages.ts';
import { SignOutIcon } from './icons.tsx';

const { session: texts } = messages;

/** Who is signed in, and the way out. */
export function SignedIn() {
  const { data: session } = useSession();
  const out = useMutation({ mutationFn: useSignOut(), networkMode: 'always' });
  const user = session?.user ?? '';
  return (
    <>
      <span className={styles.user} title={texts.signedInAs(user)}>
        {user}
      </span>
      <ActionIcon
        variant="default"
        size={36}
        aria-label={texts.signOut}
        title={out.error?.message ?? texts.signOut}
        loading={out.isPending}
        onClick={() => out.mutate()}
      >
        <SignOutIcon />
      </ActionIcon>
    </>
  );
}
