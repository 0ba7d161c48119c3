import { expect, test } from 'vitest';
import { describeDevices, NAME } from './device-stage.ts';
import { Heard } from './heard.ts';
import { leshans } from './leshan.ts';

for (const peer of leshans) {
  describeDevices(peer, 'Execute, Discover, Write-Attributes', (stage) => {
    test('Execute, with and without arguments', async () => {
      const [foreign] = await stage.registered();
      const device = stage.server.device(NAME);
      await device.execute('/3442/0/0');
      expect(await foreign.event('executed')).toBe('executed /3442/0/0 ');
      await device.execute('/3442/0/3', [{ digit: 0 }, { digit: 5, value: 'a=1,2' }]);
      expect(await foreign.event('executed')).toBe("executed /3442/0/3 0,5='a=1,2'");
      await expect(device.execute('/3/0/4')).rejects.toMatchObject({
        responseCode: '5.00',
        diagnostic: 'not implemented',
      });
      await expect(device.execute('/3442/0/110')).rejects.toMatchObject({ responseCode: '4.05' });
    });

    test('the lifetime is written and executed, and an Update tells it', async () => {
      const [foreign] = await stage.registered();
      const device = stage.server.device(NAME);
      const updated = stage.updated();
      await device.write('/1/0/1', 600);
      await device.execute('/1/0/8');
      expect(await foreign.soon('an Update', updated)).toMatchObject({ lifetime: 600 });
    });

    if (peer.lwm2mVersion === '1.0') {
      test('Write-Attributes is refused with the reason', async () => {
        await stage.registered();
        await expect(stage.server.device(NAME).writeAttributes('/3303/0/5700', { pmin: 1 })).rejects.toMatchObject({
          responseCode: '5.00',
          diagnostic: 'not implemented',
        });
      });
    } else {
      test('attributes are written, discovered, and unset', async () => {
        await stage.registered();
        const device = stage.server.device(NAME);
        await device.writeAttributes('/3303', { pmax: 300 });
        await device.writeAttributes('/3303/0/5700', { pmin: 1, gt: 30.5, st: 0.5 });
        const attributes = async (): Promise<unknown> => {
          const { links } = await device.discover('/3303/0');
          return links.find(({ target }) => target === '/3303/0/5700')?.attributes;
        };
        expect(await attributes()).toEqual({ pmin: '1', gt: '30.5', st: '0.5' });
        await device.writeAttributes('/3303/0/5700', { gt: null, st: null });
        expect(await attributes()).toEqual({ pmin: '1' });
      });

      test('attributes hold back notifications, and bring them on', async () => {
        const [foreign] = await stage.registered();
        const device = stage.server.device(NAME);
        const heard = new Heard(stage.server);
        await device.writeAttributes('/3303/0/5700', { pmin: 0, gt: 30, lt: 25 });
        await device.observe('/3303/0/5700').established;
        for (const value of ['10', '20', '31']) await foreign.run('set', '/3303/0/5700', value);
        await heard.count(2);
        for (const value of ['40', '29', '20']) await foreign.run('set', '/3303/0/5700', value);
        await heard.count(3);
        expect(heard.all.map(({ records }) => records[0]?.value)).toEqual([0, 31, 20]);
      });

      test('attributes of an Observe are written before it', async () => {
        const [foreign] = await stage.registered();
        const device = stage.server.device(NAME);
        const heard = new Heard(stage.server);
        await device.observe('/3303/1/5700', { attributes: { gt: 30, lt: 25 } }).established;
        for (const value of ['10', '31']) await foreign.run('set', '/3303/1/5700', value);
        await heard.count(2);
        expect(heard.all.map(({ records }) => records[0]?.value)).toEqual([0, 31]);
      });

      test('the longest period brings a notification without a change', async () => {
        await stage.registered();
        const device = stage.server.device(NAME);
        const heard = new Heard(stage.server);
        await device.writeAttributes('/3303/0/5700', { pmax: 1 });
        await device.observe('/3303/0/5700').established;
        await heard.count(2);
        expect(heard.all.map(({ initial, records }) => [initial, records[0]?.value])).toEqual([
          [true, 0],
          [false, 0],
        ]);
      });
    }

    test('Discover of an Object, an instance and a Resource', async () => {
      await stage.registered();
      const device = stage.server.device(NAME);
      const links = async (path: string): Promise<readonly string[]> =>
        (await device.discover(path)).links.map(({ target }) => target);
      expect(await links('/3303')).toEqual(expect.arrayContaining(['/3303', '/3303/0', '/3303/1', '/3303/0/5700']));
      expect(await links('/3303/0')).toEqual(expect.arrayContaining(['/3303/0', '/3303/0/5700']));
      expect(await links('/3303/0/5700')).toEqual(['/3303/0/5700']);
      await expect(device.discover('/3303/9')).rejects.toMatchObject({ responseCode: '4.04' });
    });
  });
}
