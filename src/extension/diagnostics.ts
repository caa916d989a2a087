/** Problems in the source and failures of the last run, as diagnostics on the user's lines. */
import * as vscode from "vscode";
import { describeFailure } from "../core/describe.js";
import type { SourceProblem, SourceRange } from "../protocol/stage.js";
import type { ProjectStatus, StageStatus } from "../protocol/status.js";
import { DisposableStore } from "./disposable-store.js";
import type { StatusModel } from "./status-model.js";

export class StageDiagnostics implements vscode.Disposable {
  readonly #model: StatusModel;
  readonly #store = new DisposableStore();
  readonly #collection = this.#store.add(vscode.languages.createDiagnosticCollection("restage"));
  /** What is shown per file, so that a status which changes nothing there leaves the file's markers alone. */
  readonly #shown = new Map<string, string>();

  constructor(model: StatusModel) {
    this.#model = model;
    this.#store.add(model.onDidChange(() => this.#update()));
  }

  dispose(): void {
    this.#store.dispose();
  }

  #update(): void {
    const byFile = new Map<string, SourceProblem[]>();
    for (const problem of this.#model.projects().flatMap(problemsOf)) {
      const list = byFile.get(problem.range.file);
      if (list === undefined) byFile.set(problem.range.file, [problem]);
      else list.push(problem);
    }
    for (const file of [...this.#shown.keys()]) {
      if (byFile.has(file)) continue;
      this.#shown.delete(file);
      this.#collection.delete(vscode.Uri.file(file));
    }
    for (const [file, problems] of byFile) {
      const signature = JSON.stringify(problems);
      if (this.#shown.get(file) === signature) continue;
      this.#shown.set(file, signature);
      this.#collection.set(vscode.Uri.file(file), problems.map(toDiagnostic));
    }
  }
}

/** The problems that the reader of the source found, and one for each failed stage at the place of its error. */
function problemsOf(project: ProjectStatus): readonly SourceProblem[] {
  const problems = [...project.problems];
  for (const stage of project.stages) {
    const failure = failureProblem(stage);
    if (failure !== null && !problems.some((problem) => isSamePlace(problem, failure))) problems.push(failure);
  }
  return problems;
}

function failureProblem(stage: StageStatus): SourceProblem | null {
  const { failure } = stage;
  if (stage.state !== "failed" || failure === null || failure.reason === "upstream-failed") return null;
  const location = "location" in failure ? failure.location : null;
  const range: SourceRange =
    location === null ? stage.nameRange : { ...location, endLine: location.line, endColumn: location.column };
  return { severity: "error", code: "stage-failed", message: describeFailure(failure), range };
}

function isSamePlace(a: SourceProblem, b: SourceProblem): boolean {
  return a.code === b.code && a.range.file === b.range.file && a.range.line === b.range.line;
}

function toDiagnostic(problem: SourceProblem): vscode.Diagnostic {
  const diagnostic = new vscode.Diagnostic(toRange(problem.range), problem.message, severityOf(problem));
  diagnostic.source = "restage";
  diagnostic.code = problem.code;
  return diagnostic;
}

/** An empty range makes the editor mark the word that stands there. */
function toRange(range: SourceRange): vscode.Range {
  return new vscode.Range(range.line - 1, range.column - 1, range.endLine - 1, range.endColumn - 1);
}

function severityOf(problem: SourceProblem): vscode.DiagnosticSeverity {
  switch (problem.severity) {
    case "error":
      return vscode.DiagnosticSeverity.Error;
    case "warning":
      return vscode.DiagnosticSeverity.Warning;
    case "information":
      return vscode.DiagnosticSeverity.Information;
  }
}
