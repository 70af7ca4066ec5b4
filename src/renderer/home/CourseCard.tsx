import { useState } from "react";
import { Button } from "../parts/Button.tsx";
import { PathForm } from "../parts/PathForm.tsx";
import { choose, useChoices } from "../stores/choices.ts";
import { useStick } from "../stores/sticks.ts";
import { t } from "../strings/language.ts";

export function CourseCard() {
  const stick = useStick();
  const folder = useChoices((choices) => choices.course);
  const [asking, setAsking] = useState(false);
  return (
    <section className="sheet card" aria-labelledby="course-title">
      <h2 id="course-title">{t.course.title}</h2>
      <p>{folder === "" ? describe(stick) : <code>{folder}</code>}</p>
      {asking ? (
        <PathForm
          label={t.course.folder}
          hint={t.course.folderHint}
          submit={t.stick.takeFolder}
          initial={folder}
          onSubmit={(course) => {
            choose({ course });
            setAsking(false);
          }}
          onCancel={() => setAsking(false)}
        />
      ) : (
        <div className="row">
          <Button look="quiet" size="compact" onClick={() => setAsking(true)}>{t.course.other}</Button>
          {folder !== "" && (
            <Button look="quiet" size="compact" onClick={() => choose({ course: "" })}>{stick?.course ? t.course.back : t.course.clear}</Button>
          )}
        </div>
      )}
    </section>
  );
}

function describe(stick: ReturnType<typeof useStick>): string {
  if (stick === null) return t.course.waitsForStick;
  return stick.course === null ? t.course.none : t.course.fromStick(stick.course.files, stick.course.folder);
}
