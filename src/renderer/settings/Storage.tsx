import { useConnection } from "../connection/state.ts";
import { t } from "../strings/language.ts";

/** What is stored where, and for how long. */
export function Storage() {
  const info = useConnection((connection) => connection.info);
  const words = t.settings;
  return (
    <section className="sheet stack" aria-labelledby="storage-title">
      <h2 id="storage-title">{words.storage}</h2>
      <p className="soft">{words.storageText}</p>
      <div className="scroll-x">
        <table className="storage-table">
          <thead><tr><th scope="col">{words.storageWhat}</th><th scope="col">{words.storageWhere}</th><th scope="col">{words.storageHow}</th></tr></thead>
          <tbody>
            {Object.values(words.storageRows).map(([what, where, long]) => (
              <tr key={what}><th scope="row">{what}</th><td>{where}</td><td>{long}</td></tr>
            ))}
          </tbody>
        </table>
      </div>
      {info !== null && (
        <dl className="storage">
          <div><dt>{words.dataFolder}</dt><dd><code>{info.dataFolder}</code></dd></div>
          <div><dt>{words.version}</dt><dd>{info.version} ({words.shells[info.shell]})</dd></div>
        </dl>
      )}
    </section>
  );
}
