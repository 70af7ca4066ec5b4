import { memo, type ReactNode } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import rehypeSanitize, { defaultSchema } from "rehype-sanitize";
import remarkGfm from "remark-gfm";

/** Images are left out: a model's answer must not make the window fetch anything. */
const SCHEMA = { ...defaultSchema, tagNames: defaultSchema.tagNames?.filter((tag) => tag !== "img") };

const COMPONENTS: Components = {
  a: ({ href, children }) => <a href={href} target="_blank" rel="noreferrer noopener">{children}</a>,
  // The screen itself has the headings of the first two levels.
  h1: ({ children }) => <h3>{children}</h3>,
  h2: ({ children }) => <h3>{children}</h3>,
  h3: ({ children }) => <h4>{children}</h4>,
  pre: ({ children }) => <Scrolling><pre>{children}</pre></Scrolling>,
  table: ({ children }) => <Scrolling><table>{children}</table></Scrolling>,
};

/** What is wider than the text scrolls on its own, by keyboard too. */
function Scrolling({ children }: { children: ReactNode }) {
  // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must take the focus
  return <div className="wide" tabIndex={0}>{children}</div>;
}

/** The model's words, formatted. Nothing in them can run, load or look like the window itself. */
export default memo(function Markdown({ text }: { text: string }) {
  return (
    <div className="markdown">
      <ReactMarkdown remarkPlugins={[remarkGfm]} rehypePlugins={[[rehypeSanitize, SCHEMA]]} components={COMPONENTS}>
        {text}
      </ReactMarkdown>
    </div>
  );
});
