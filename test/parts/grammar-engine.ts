import { getLlama, LlamaGrammar, LlamaGrammarEvaluationState, type Llama, type LlamaModel, type Token } from "../../remote/node_modules/node-llama-cpp/dist/index.js";
import { chatModel } from "./models.ts";

interface Sampler {
  canBeNextTokenForGrammarEvaluationState(state: unknown, token: Token): boolean;
  acceptGrammarEvaluationStateToken(state: unknown, token: Token): void;
}

/** llama.cpp's own grammar engine, with the vocabulary of the small real model and without its weights. */
export class GrammarEngine {
  readonly #llama: Llama;
  readonly #model: LlamaModel;
  readonly #sampler: Sampler;
  readonly #tokens: Token[];

  private constructor(llama: Llama, model: LlamaModel) {
    this.#llama = llama;
    this.#model = model;
    this.#sampler = Reflect.get(Reflect.get(llama, "_bindings") as object, "AddonSampler") as Sampler;
    this.#tokens = [...model.iterateAllTokens()];
  }

  static async start(): Promise<GrammarEngine> {
    const llama = await getLlama({ gpu: false, build: "never", progressLogs: false });
    return new GrammarEngine(llama, await llama.loadModel({ modelPath: await chatModel(), gpuLayers: 0, vocabOnly: true }));
  }

  /** Whether the grammar takes all of the text and needs no more. */
  accepts(grammar: string, text: string): boolean {
    const compiled = new LlamaGrammar(this.#llama, { grammar });
    return (Reflect.get(compiled, "_testText") as (text: string) => boolean).call(compiled, text);
  }

  /**
   * What a model that knows nothing says under the grammar: any token that the engine lets through,
   * with a liking for those that close something.
   */
  babble(grammar: string, random: () => number, mostTokens = 400): string | null {
    const state = new LlamaGrammarEvaluationState({ model: this.#model, grammar: new LlamaGrammar(this.#llama, { grammar }) });
    const raw: unknown = Reflect.get(state, "_state");
    const allowed = (token: Token) => this.#sampler.canBeNextTokenForGrammarEvaluationState(raw, token);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
    const end = this.#model.tokens.eos!;
    const closing = ['"', "}", "]", ":", ",", "0", "1", "9", "-", "a", "Z", ".", "{", "[", "true", "null"].map((text) => this.#model.tokenize(text)[0]!);
    const said: Token[] = [];
    while (said.length < mostTokens) {
      if (allowed(end) && random() < 0.5) break;
      const likely = said.length > 60 ? closing.slice(0, 3) : closing;
      const drawn = [...Array.from({ length: said.length > 60 ? 0 : 12 }, () => pick(this.#tokens)), ...likely.toSorted(() => random() - 0.5)].find(allowed);
      const next = drawn ?? (allowed(end) ? null : this.#firstAllowed(allowed, random));
      if (next === null) break;
      this.#sampler.acceptGrammarEvaluationStateToken(raw, next);
      said.push(next);
    }
    return said.length === mostTokens ? null : this.#model.detokenize(said, true);
  }

  async stop(): Promise<void> {
    await this.#llama.dispose();
  }

  #firstAllowed(allowed: (token: Token) => boolean, random: () => number): Token {
    const from = Math.floor(random() * this.#tokens.length);
    const found = [...this.#tokens.slice(from), ...this.#tokens.slice(0, from)].find((token) => !this.#model.isEogToken(token) && allowed(token));
    if (found === undefined) throw new Error("The grammar lets no token through.");
    return found;
  }
}
