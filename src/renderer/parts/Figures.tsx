import "./figures.css";

export type Figure = readonly [name: string, value: string, note?: string];

/** A few numbers of the session, large enough to read from the second row. */
export function Figures({ figures }: { figures: readonly Figure[] }) {
  return (
    <dl className="figures">
      {figures.map(([name, value, note]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}{note !== undefined && <span className="figure-note">{note}</span>}</dd>
        </div>
      ))}
    </dl>
  );
}
