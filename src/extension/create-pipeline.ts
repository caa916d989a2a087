/** A first pipeline: a small file that works as it is, with its own data. An existing file is never overwritten. */
import * as vscode from "vscode";

const FIRST_PIPELINE = `import { stage, param } from "restage";

// Each stage is a function with named inputs. Its result is stored,
// and reused as long as nothing that it depends on changes.

export const orders = stage({}, () => [
  { id: 1, customer: "Ada", total: 120 },
  { id: 2, customer: "Grace", total: 80 },
  { id: 3, customer: "Ada", total: 45 },
  { id: 4, customer: "Linus", total: 300 },
]);

// Change the number, save, and see which stages go stale.
// Change it back, and they are fresh again without a run.
export const large = stage({ orders, min: param("min", 75) }, ({ orders, min }) =>
  orders.filter((order) => order.total >= min),
);

export const byCustomer = stage({ large }, ({ large }) => {
  const totals = new Map<string, number>();
  for (const order of large) totals.set(order.customer, (totals.get(order.customer) ?? 0) + order.total);
  return [...totals].map(([customer, total]) => ({ customer, total }));
});
`;

/** Writes the example into the workspace and opens it. */
export async function createFirstPipeline(): Promise<vscode.Uri | null> {
  const folder = await chooseFolder();
  if (folder === null) return null;
  const uri = await freeName(folder.uri);
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(FIRST_PIPELINE));
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
  return uri;
}

async function chooseFolder(): Promise<vscode.WorkspaceFolder | null> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === "file");
  const [only] = folders;
  if (only === undefined) {
    const open = "Open Folder…";
    const choice = await vscode.window.showInformationMessage(
      "Open a folder first: the pipeline is a file in it.",
      open,
    );
    if (choice === open) await vscode.commands.executeCommand("vscode.openFolder");
    return null;
  }
  if (folders.length === 1) return only;
  const placeHolder = "Folder for the first pipeline";
  return (await vscode.window.showWorkspaceFolderPick({ placeHolder })) ?? null;
}

/** `pipeline.ts`, or the first of `pipeline-2.ts`, `pipeline-3.ts`, … that does not exist. */
async function freeName(folder: vscode.Uri): Promise<vscode.Uri> {
  for (let number = 1; ; number++) {
    const uri = vscode.Uri.joinPath(folder, number === 1 ? "pipeline.ts" : `pipeline-${number}.ts`);
    if (!(await exists(uri))) return uri;
  }
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}
