/** What the kit's engine for NVIDIA cards is built for: a driver of the 570 series, as in `gpu-unusable`. */
export const KIT_MIN_CUDA = "12.8";

/** Without a sign of the app, a question or an upload, a rented machine stops. Seconds. */
export const RENTED_SILENCE_SECONDS = 20 * 60;

/** Kit, unpacked beside its archive, and the course store with room to grow. Gigabytes. */
const BESIDES_MODEL = 10;
const SMALLEST_DISK = 20;

/** Gigabytes of a machine's own disk for a model of so many bytes. */
export const diskFor = (modelBytes: number): number => Math.max(SMALLEST_DISK, Math.ceil(modelBytes / 1e9) + BESIDES_MODEL);
