/** A large input that is being hashed shows in the status bar: a state that takes a minute to find must say why. */
import * as path from "node:path";
import * as vscode from "vscode";
import { formatReading } from "../core/format.js";
import type { EngineEvent } from "../protocol/engine-api.js";
import type { Disposable } from "./disposable-store.js";

export class ReadMessage implements Disposable {
  #shown: vscode.Disposable | null = null;

  show({ file, read, size }: Extract<EngineEvent, { type: "reading" }>): void {
    this.dispose();
    if (read < size)
      this.#shown = vscode.window.setStatusBarMessage(
        `$(sync~spin) Restage: ${formatReading(path.basename(file), read, size)}`,
      );
  }

  dispose(): void {
    this.#shown?.dispose();
    this.#shown = null;
  }
}
