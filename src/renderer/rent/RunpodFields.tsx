import { useEffect, useId } from "react";
import type { StartRequest } from "../../contract/session.ts";
import type { RunpodWishes } from "../../contract/settings.ts";
import { formatMoney } from "../format/amounts.ts";
import { Button } from "../parts/Button.tsx";
import { Select } from "../parts/Select.tsx";
import { choose, useChoices } from "../stores/choices.ts";
import { useKeys } from "../stores/keys.ts";
import { dropQuote, loadVolumes, useRent } from "../stores/rent.ts";
import { showView } from "../stores/view.ts";
import { t } from "../strings/language.ts";
import { KeyField } from "./KeyField.tsx";
import { usd, microUsd } from "./money.ts";
import { QuoteView } from "./QuoteView.tsx";
import "./rent.css";

const HOUR = 3600;
const STOP_AFTER = [1, 2, 3, 4, 6, 8];
const IDLE_MINUTES = [15, 20, 30, 60];

/** What a rented machine may be and cost: safe without a single change. */
export function RunpodFields({ request }: { request: StartRequest }) {
  const wishes = useChoices((choices) => choices.runpod);
  const kept = useKeys(({ kept: names }) => names?.includes("runpod") ?? false);
  const volumes = useRent((state) => state.volumes);
  const id = useId();
  useEffect(() => {
    if (kept) void loadVolumes();
  }, [kept]);
  const wish = (changes: RunpodWishes) => {
    choose({ runpod: { ...wishes, ...changes } });
    dropQuote();
  };
  return (
    <div className="stack rent-fields">
      <KeyField />
      <div className="rent-grid">
        <div className="field">
          <label htmlFor={`${id}-stop`}>{t.rent.stopAfter}</label>
          <Select id={`${id}-stop`} value={wishes.stopAfterSeconds ?? 4 * HOUR} onChange={({ target }) => wish({ stopAfterSeconds: Number(target.value) })}>
            {STOP_AFTER.map((hours) => <option key={hours} value={hours * HOUR}>{t.rent.hours(hours)}</option>)}
          </Select>
        </div>
        <div className="field">
          <label htmlFor={`${id}-idle`}>{t.rent.idleStop}</label>
          <Select id={`${id}-idle`} value={wishes.idleStopSeconds === null ? "" : (wishes.idleStopSeconds ?? 30 * 60)} onChange={({ target }) => wish({ idleStopSeconds: target.value === "" ? null : Number(target.value) })}>
            {IDLE_MINUTES.map((minutes) => <option key={minutes} value={minutes * 60}>{t.rent.minutes(minutes)}</option>)}
            <option value="">{t.rent.never}</option>
          </Select>
        </div>
        <MoneyField id={`${id}-price`} label={t.rent.maxPrice} hint={t.rent.maxPriceHint} value={wishes.maxMicroUsdPerHour} onChange={(maxMicroUsdPerHour) => wish({ maxMicroUsdPerHour })} />
        <MoneyField id={`${id}-budget`} label={t.rent.budget} hint={t.rent.budgetHint} value={wishes.budgetMicroUsd} onChange={(budgetMicroUsd) => wish({ budgetMicroUsd })} />
        {volumes.length > 0 && (
          <div className="field">
            <label htmlFor={`${id}-volume`}>{t.rent.volume}</label>
            <Select id={`${id}-volume`} value={wishes.volumeId ?? ""} onChange={({ target }) => wish({ volumeId: target.value === "" ? undefined : target.value })}>
              <option value="">{t.rent.volumeNone}</option>
              {volumes.map((volume) => <option key={volume.id} value={volume.id}>{t.rent.volumeOption(volume.name, volume.dataCenter, formatMoney(usd(volume.microUsdPerDay)))}</option>)}
            </Select>
          </div>
        )}
      </div>
      <QuoteView request={request} />
      <p className="row soft small">
        {t.rent.rehearseText}
        <Button look="quiet" size="compact" onClick={() => showView("rehearsal")}>{t.practice.rehearse}</Button>
      </p>
    </div>
  );
}

function MoneyField({ id, label, hint, value, onChange }: { id: string; label: string; hint: string; value: number | undefined; onChange(value: number | undefined): void }) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} className="input" type="number" min="0" step="0.05" inputMode="decimal" defaultValue={value === undefined ? "" : usd(value)} aria-describedby={`${id}-hint`} onChange={({ target }) => onChange(microUsd(target.value))} />
      <span id={`${id}-hint`} className="hint">{hint}</span>
    </div>
  );
}
