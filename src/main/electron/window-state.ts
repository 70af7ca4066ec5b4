import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

export interface Bounds {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface WindowState extends Partial<Bounds> {
  width: number;
  height: number;
  maximised: boolean;
}

export const SMALLEST = { width: 900, height: 600 };
const FIRST: WindowState = { width: 1280, height: 800, maximised: false };

/** So much of the window's top must be seen to take hold of it. Pixels. */
const GRIP = 80;

/** Where the window was, if a screen of today shows that place; its size in any case. */
export function readWindowState(file: string, screens: readonly Bounds[]): WindowState {
  let kept: WindowState;
  try {
    kept = JSON.parse(readFileSync(file, "utf8")) as WindowState;
  } catch {
    return FIRST;
  }
  if (![kept.width, kept.height].every(Number.isFinite)) return FIRST;
  const size = { width: Math.max(SMALLEST.width, kept.width), height: Math.max(SMALLEST.height, kept.height), maximised: kept.maximised === true };
  const { x, y } = kept;
  if (x === undefined || y === undefined) return size;
  const seen = screens.some((screen) => x + size.width - GRIP >= screen.x && x + GRIP <= screen.x + screen.width && y >= screen.y && y + GRIP <= screen.y + screen.height);
  return seen ? { x, y, ...size } : size;
}

export interface KeptWindow {
  getNormalBounds(): Bounds;
  isMaximized(): boolean;
}

/** Called when the window closes. That it cannot be written must not keep the window open. */
export function writeWindowState(file: string, window: KeptWindow): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify({ ...window.getNormalBounds(), maximised: window.isMaximized() } satisfies WindowState));
  } catch {
    // It opens at its usual place next time.
  }
}
