/** Words of the core or of a service, which speak English whatever the window speaks: said so to screen readers. */
export function FromCore({ children }: { children: string }) {
  return <span lang="en">{children}</span>;
}
