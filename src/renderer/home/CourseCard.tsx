import { useState } from "react";
import { Button } from "../parts/Button.tsx";
import { PathForm } from "../parts/PathForm.tsx";
import { choose, useChoices } from "../stores/choices.ts";
import { useStick } from "../stores/sticks.ts";
import { en } from "../strings/en.ts";

export function CourseCard() {
  const stick = useStick();
  const folder = useChoices((choices) => choices.course);
  const [asking, setAsking] = useState(false);
  return (
    <section className="sheet card" aria-labelledby="course-title">
      <h2 id="course-title">{en.course.title}</h2>
      <p>{folder === "" ? describe(stick) : <code>{folder}</code>}</p>
      {asking ? (
        <PathForm
          label={en.course.folder}
          hint={en.course.folderHint}
          submit={en.stick.takeFolder}
          initial={folder}
          onSubmit={(course) => {
            choose({ course });
            setAsking(false);
          }}
          onCancel={() => setAsking(false)}
        />
      ) : (
        <div className="row">
          <Button look="quiet" size="compact" onClick={() => setAsking(true)}>{en.course.other}</Button>
          {folder !== "" && (
            <Button look="quiet" size="compact" onClick={() => choose({ course: "" })}>{stick?.course ? en.course.back : en.course.clear}</Button>
          )}
        </div>
      )}
    </section>
  );
}

function describe(stick: ReturnType<typeof useStick>): string {
  if (stick === null) return en.course.waitsForStick;
  return stick.course === null ? en.course.none : en.course.fromStick(stick.course.files, stick.course.folder);
}
