import { Progress } from "@base-ui/react/progress";

/** `share` from 0 to 1; null while the end is not known. */
export function ProgressBar({ share, label, done = false }: { share: number | null; label: string; done?: boolean }) {
  const percent = share === null ? null : Math.round(share * 1000) / 10;
  return (
    <Progress.Root value={percent} aria-label={label} className={done ? "bar done" : "bar"} data-indeterminate={percent === null ? "" : undefined}>
      <span style={percent === null ? undefined : { width: `${percent}%` }} />
    </Progress.Root>
  );
}
