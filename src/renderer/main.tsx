import "@fontsource-variable/atkinson-hyperlegible-next/wght.css";
import "@fontsource-variable/atkinson-hyperlegible-mono/wght.css";
import "./design/tokens.css";
import "./design/base.css";
import "./design/controls.css";
import { CSPProvider } from "@base-ui/react/csp-provider";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App.tsx";
import { connect } from "./app/connect.ts";
import { rememberedLanguage, showLanguage } from "./strings/language.ts";

connect();
// Its words first: a page that changes its language under the reader looks broken.
await showLanguage(rememberedLanguage());

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <App />
    </CSPProvider>
  </StrictMode>,
);
