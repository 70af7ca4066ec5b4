import { useState } from "react";
import type { ErrorReport } from "../../contract/errors.ts";
import { DEFAULT_PORTS } from "../../contract/limits.ts";
import type { Endpoint } from "../../contract/session.ts";
import { core, reportOf } from "../connection/failure.ts";
import { Button } from "../parts/Button.tsx";
import { CopyButton } from "../parts/CopyButton.tsx";
import { ErrorNotice } from "../parts/Notice.tsx";
import { t } from "../strings/language.ts";

export function Endpoints({ endpoints }: { endpoints: readonly Endpoint[] }) {
  const [opened, setOpened] = useState<Endpoint | null>(null);
  const [problem, setProblem] = useState<ErrorReport | null>(null);
  const openMilvus = async () => {
    setProblem(null);
    try {
      setOpened({ service: "milvus", ...(await core().session.openMilvus()) });
    } catch (thrown) {
      setProblem(reportOf(thrown));
    }
  };
  const hasMilvus = endpoints.some(({ service }) => service === "milvus");
  const shown = opened === null || hasMilvus ? endpoints : [...endpoints, opened];
  return (
    <section className="sheet stack endpoints" aria-labelledby="endpoints-title">
      <h2 id="endpoints-title">{t.session.endpoints}</h2>
      <p className="soft small">{t.session.endpointsText}</p>
      <ul>
        {shown.map((endpoint) => <EndpointRow key={endpoint.service} endpoint={endpoint} />)}
      </ul>
      {problem !== null && <ErrorNotice report={problem} />}
      {!hasMilvus && opened === null && <Button size="compact" look="quiet" onClick={openMilvus}>{t.session.openMilvus}</Button>}
    </section>
  );
}

function EndpointRow({ endpoint: { service, url, moved } }: { endpoint: Endpoint }) {
  const name = t.session.services[service];
  return (
    <li>
      <span className="endpoint-name">{name}</span>
      <span className="endpoint-url">
        <code>{url}</code>
        <CopyButton text={url} label={t.session.copyAddress(name)} short />
        {moved && <span className="small soft">{t.session.moved(portOf(url), DEFAULT_PORTS[service])}</span>}
      </span>
    </li>
  );
}

const portOf = (url: string): string => (URL.canParse(url) ? new URL(url).port : (url.split(":").at(-1) ?? ""));
