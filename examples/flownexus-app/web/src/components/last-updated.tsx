import { useRelativeTime } from '../hooks/use-clock.ts';
import { absoluteTime } from '../text/time.ts';

export function LastUpdated({ time }: { time: string }) {
  const at = Date.parse(time);
  return (
    <time dateTime={time} title={absoluteTime(at)} className="tabular">
      {useRelativeTime(at)}
    </time>
  );
}
