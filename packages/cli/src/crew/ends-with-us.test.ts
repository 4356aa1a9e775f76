import { expect, test, vi } from 'vitest';
import { endsWithUs } from './ends-with-us.ts';

test('without a shell, somebody is told that the server stays when its command is killed', async () => {
  const write = vi.fn(() => true);

  const unguard = endsWithUs({ pid: 4_194_303 }, { write }, '/rolecall/no-such-shell');
  await vi.waitFor(() => expect(write).toHaveBeenCalledTimes(1));
  unguard();

  expect(write).toHaveBeenCalledWith(
    'warning: /rolecall/no-such-shell cannot be started (ENOENT). Should this command be killed by force, the Restate server goes on: kill 4194303\n',
  );
});
