import type { LlamaGrammar, LlamaGrammarEvaluationState, LlamaModel } from "node-llama-cpp";

/** Of schemas that are used over and over; one takes as much memory as its text. */
const MOST_KEPT = 64;

/** A grammar that llama.cpp cannot read. */
export class GrammarError extends Error {
  override readonly name = "GrammarError";
}

type Engine = Pick<typeof import("node-llama-cpp"), "LlamaGrammar" | "LlamaGrammarEvaluationState">;

/** Grammars as llama.cpp has read them; the one unused for longest goes first. */
export class CompiledGrammars {
  readonly #engine: Engine;
  readonly #model: LlamaModel;
  readonly #kept = new Map<string, LlamaGrammar>();

  private constructor(engine: Engine, model: LlamaModel) {
    this.#engine = engine;
    this.#model = model;
  }

  static async for(model: LlamaModel): Promise<CompiledGrammars> {
    // As late as in the engine's own loading.
    return new CompiledGrammars(await import("node-llama-cpp"), model);
  }

  get size(): number {
    return this.#kept.size;
  }

  /**
   * The grammar known by this key; `write` gives its GBNF where it is not known yet.
   *
   * @throws GrammarError, and what `write` throws
   */
  get(key: string, write: () => string): LlamaGrammar {
    const grammar = this.#kept.get(key) ?? this.#compile(write());
    this.#kept.delete(key);
    this.#kept.set(key, grammar);
    if (this.#kept.size > MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    return grammar;
  }

  /** Where an answer under the grammar begins; each answer needs its own. */
  begin(grammar: LlamaGrammar): LlamaGrammarEvaluationState {
    return new this.#engine.LlamaGrammarEvaluationState({ model: this.#model, grammar });
  }

  #compile(gbnf: string): LlamaGrammar {
    try {
      return new this.#engine.LlamaGrammar(this.#model.llama, { grammar: gbnf });
    } catch (cause) {
      throw new GrammarError("llama.cpp cannot read this grammar; its log says where.", { cause });
    }
  }
}
