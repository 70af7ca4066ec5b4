import { memo, useEffect, useRef, useState, type ReactElement, type ReactNode } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import rehypeSanitize, { defaultSchema } from "rehype-sanitize";
import remarkGfm from "remark-gfm";
import { CopyButton } from "../parts/CopyButton.tsx";
import { t } from "../strings/language.ts";
import { hasMath, toDoubleDollars } from "./math-text.ts";

type MathParts = typeof import("./math.tsx");

/** Images are left out: a model's answer must not make the window fetch anything. */
const SCHEMA = { ...defaultSchema, tagNames: defaultSchema.tagNames?.filter((tag) => tag !== "img") };

const COMPONENTS: Components = {
  a: ({ href, children }) => <a href={href} target="_blank" rel="noreferrer noopener">{children}</a>,
  // The screen itself has the headings of the first two levels.
  h1: ({ children }) => <h3>{children}</h3>,
  h2: ({ children }) => <h3>{children}</h3>,
  h3: ({ children }) => <h4>{children}</h4>,
  pre: ({ node, children }) => (isFormula(node?.children[0]) ? <Tex display>{children}</Tex> : <Code>{children}</Code>),
  code: ({ node, className, children }) => (isFormula(node) ? <Tex>{children}</Tex> : <code className={className}>{children}</code>),
  table: ({ children }) => <Scrolling><table>{children}</table></Scrolling>,
};

/** What is wider than the text scrolls on its own, by keyboard too. */
function Scrolling({ children }: { children: ReactNode }) {
  // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must take the focus
  return <div className="wide" tabIndex={0}>{children}</div>;
}

/** Only what remark-math has marked; a model can mark code so too, and gets a formula. */
const isFormula = (node: unknown): boolean => loaded !== null && ((node as { properties?: { className?: unknown } } | undefined)?.properties?.className as string[] | undefined)?.includes("language-math") === true;

/** The formula's source is all text: of a display it stands in the code element inside. */
function Tex({ display = false, children }: { display?: boolean; children: ReactNode }) {
  const inner = display ? (children as ReactElement<{ children: ReactNode }>).props.children : children;
  return loaded === null ? <code>{inner}</code> : <loaded.Formula tex={String(inner).trim()} display={display} />;
}

function Code({ children }: { children: ReactNode }) {
  const code = useRef<HTMLDivElement>(null);
  return (
    <div className="code-block" ref={code}>
      <Scrolling><pre>{children}</pre></Scrolling>
      <CopyButton text={() => code.current?.querySelector("code")?.textContent ?? ""} label={t.chat.copyCode} short />
    </div>
  );
}

let loaded: MathParts | null = null;

/** What sets formulas, once an answer has one. */
function useMath(wanted: boolean): MathParts | null {
  const [parts, setParts] = useState(loaded);
  useEffect(() => {
    if (!wanted || parts !== null) return;
    let shown = true;
    // Without it the formula stays readable as it was written.
    import("./math.tsx").then((fetched) => {
      loaded = fetched;
      if (shown) setParts(fetched);
    }, () => undefined);
    return () => void (shown = false);
  }, [wanted, parts]);
  return wanted ? parts : null;
}

/** The model's words, formatted. Nothing in them can run, load or look like the window itself. */
export default memo(function Markdown({ text }: { text: string }) {
  const prepared = toDoubleDollars(text);
  const math = useMath(hasMath(prepared));
  return (
    <div className="markdown">
      <ReactMarkdown
        remarkPlugins={[remarkGfm, ...(math?.mathPlugins ?? [])]}
        rehypePlugins={[[rehypeSanitize, SCHEMA]]}
        components={COMPONENTS}
      >
        {math === null ? text : prepared}
      </ReactMarkdown>
    </div>
  );
});
