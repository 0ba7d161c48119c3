import type { Route } from '../http/route.ts';
import { route } from '../http/route.ts';
import { type Settings, settingsSchema } from './settings.ts';

/** `GET` and `PATCH /api/v1/settings`. */
export function settingsRoutes({ settings }: { readonly settings: Settings }): Route[] {
  const at = { path: '/api/v1/settings', tag: 'Settings' } as const;
  const values = settingsSchema.meta({ id: 'Settings' });
  return [
    route({
      ...at,
      method: 'get',
      operationId: 'getSettings',
      summary: 'The settings',
      access: 'read',
      answers: { 200: { description: 'They', schema: values } },
      handle: () => ({ body: settings.values }),
    }),
    route({
      ...at,
      method: 'patch',
      operationId: 'changeSettings',
      summary: 'Changes settings, at once',
      access: 'administer',
      body: settingsSchema.partial().meta({ id: 'SettingsChange' }),
      answers: { 200: { description: 'All of them, as they are now', schema: values } },
      handle: async ({ body }) => ({ body: await settings.update(body), audit: body }),
    }),
  ];
}
