import { Button, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import app from '../app.module.css';
import { ApiError, signIn } from '../api/client.ts';
import { useSignedIn } from '../hooks/use-session.ts';
import { messages } from '../messages.ts';
import { Header } from './header.tsx';
import styles from './sign-in.module.css';

const { signIn: texts } = messages;

/** Asks for name and password, and for a code when the server wants one. */
export function SignIn() {
  const signedIn = useSignedIn();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [withCode, setWithCode] = useState(false);
  const attempt = useMutation({
    mutationFn: signIn,
    networkMode: 'always',
    onSuccess: signedIn,
    onError: (error) => {
      if (needsCode(error)) setWithCode(true);
    },
  });

  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    attempt.mutate({ name, password, ...(withCode ? { code: code.replaceAll(/\s/g, '') } : {}) });
  };

  return (
    <>
      <Header />
      <main className={`${app.page} ${styles.place}`}>
        <form className={`${app.panel} ${styles.form}`} onSubmit={submit} aria-labelledby="sign-in-title">
          <h2 className={styles.title} id="sign-in-title">
            {texts.title}
          </h2>
          <TextInput
            label={texts.name}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={64}
            required
            withAsterisk={false}
            autoFocus
          />
          <TextInput
            label={texts.password}
            type="password"
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            autoComplete="current-password"
            maxLength={128}
            required
            withAsterisk={false}
          />
          {withCode && (
            <TextInput
              label={texts.code}
              description={texts.codeHint}
              value={code}
              onChange={(event) => setCode(event.currentTarget.value)}
              autoComplete="one-time-code"
              autoCapitalize="none"
              spellCheck={false}
              maxLength={32}
              required
              withAsterisk={false}
              autoFocus
            />
          )}
          {attempt.error !== null && !needsCode(attempt.error) && (
            <p className={styles.failed} role="alert">
              {failure(attempt.error, withCode)}
            </p>
          )}
          <Button type="submit" color="cyan.9" loading={attempt.isPending}>
            {texts.submit}
          </Button>
          <p className={styles.hint}>{texts.first}</p>
        </form>
      </main>
    </>
  );
}

function needsCode(error: Error): boolean {
  return error instanceof ApiError && error.code === 'code-needed';
}

function failure(error: Error, withCode: boolean): string {
  if (!(error instanceof ApiError)) return error.message;
  if (error.code === 'wrong-credentials') return withCode ? texts.wrongWithCode : texts.wrong;
  return error.code === 'too-many-requests' ? texts.tooMany : error.message;
}
