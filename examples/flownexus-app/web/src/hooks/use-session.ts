import { useEffect } from 'react';
import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import type { SessionInfo } from '../../../src/http/api-types.ts';
import { fetchSession, signOut } from '../api/client.ts';
import { useFeed } from './use-feed.ts';

export const SESSION_KEY = ['session'];

/** Who is signed in; null when nobody is. Asked again when the live events break off: the session may have ended. */
export function useSession(): UseQueryResult<SessionInfo | null> {
  const feed = useFeed();
  const client = useQueryClient();
  useEffect(
    () =>
      feed.onState(() => {
        if (feed.state === 'reconnecting') void client.invalidateQueries({ queryKey: SESSION_KEY });
      }),
    [feed, client],
  );
  return useQuery<SessionInfo | null>({
    queryKey: SESSION_KEY,
    queryFn: ({ signal }) => fetchSession(signal),
    staleTime: Infinity,
  });
}

/** Takes over who has signed in, and nothing of who was signed in before. */
export function useSignedIn(): (session: SessionInfo) => void {
  const client = useQueryClient();
  return (session) => {
    client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] });
    client.setQueryData(SESSION_KEY, session);
  };
}

/** Signs out. Rejects when the server could not be told. */
export function useSignOut(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    await signOut();
    client.setQueryData(SESSION_KEY, null);
  };
}
