/** What the edits of the fuzz do to a project. */
import { addItem, type Edit } from "./arbitraries.js";
import { declarationOf } from "./naming.js";
import { STYLE_LENGTH, type Expression, type Item, type ProjectModel } from "./model.js";

export function applyEdit(project: ProjectModel, edit: Edit): ProjectModel {
  const { items, modules } = project;
  const position = edit.at % (items.length || 1);
  const item = items[position];
  switch (edit.what) {
    case "style": {
      const index = edit.at % modules.length;
      const style = [...modules[index]!.style];
      style[edit.where % STYLE_LENGTH] = edit.value;
      return { ...project, modules: modules.map((module, i) => (i === index ? { ...module, style } : module)) };
    }
    case "data":
      return { ...project, data: project.data.map((value, i) => (i === edit.where % 2 ? edit.value : value)) };
    case "barrel":
      return { ...project, barrel: edit.value };
    case "add": {
      const id = Math.max(-1, ...items.map((other) => other.id)) + 1;
      const added = addItem(items, edit.seed, id, modules.length);
      return { ...project, items: [...items.slice(0, position), added, ...items.slice(position)] };
    }
    case "remove":
      return { ...project, items: items.filter((_, i) => i !== position) };
    case "order": {
      if (!item) return project;
      const rest = items.filter((_, i) => i !== position);
      const to = edit.where % (rest.length + 1);
      return { ...project, items: [...rest.slice(0, to), item, ...rest.slice(to)] };
    }
    case "expression":
    case "literal":
    case "use":
    case "swap parts":
    case "template":
    case "move":
    case "target":
    case "parameter":
      return { ...project, items: items.map((other, i) => (i === position ? editItem(project, other, edit) : other)) };
  }
}

function editItem(project: ProjectModel, item: Item, edit: Edit): Item {
  switch (edit.what) {
    case "style":
    case "data":
    case "barrel":
    case "add":
    case "remove":
    case "order":
      return item;
    case "move":
      return { ...item, module: edit.where % project.modules.length };
    case "template":
      return { ...item, template: edit.value };
    case "target":
      return { ...item, target: edit.where % 23 };
    case "parameter":
      return item.kind === "stage" ? { ...item, parameter: edit.value % 3 === 0 ? null : edit.value } : item;
    case "swap parts": {
      const parts = [...item.parts];
      const [a, b] = [edit.where % parts.length, edit.value % parts.length];
      [parts[a], parts[b]] = [parts[b]!, parts[a]!];
      return { ...item, parts };
    }
    case "expression":
    case "literal":
    case "use":
      return { ...item, parts: replaceIn(item.parts, partsInUse(project, item), edit) };
  }
}

function partsInUse(project: ProjectModel, item: Item): number {
  switch (item.kind) {
    case "declare":
      return Math.max(
        0,
        ...[...declarationOf(project, item).text.matchAll(/@[fg]?(\d)/g)].map(([, n]) => Number(n) + 1),
      );
    case "stage":
      return 3;
    case "change":
      return 1;
    case "load":
      return 0;
  }
}

/** Changes one node of one of the parts that are in use; which one is counted over all of them. */
function replaceIn(parts: readonly Expression[], inUse: number, edit: Edit): readonly Expression[] {
  const total = parts.slice(0, inUse).reduce((sum, part) => sum + size(part), 0);
  if (total === 0) return parts;
  let nth = edit.where % total;
  const visit = (node: Expression): Expression => {
    if (nth-- === 0) return replaced(node, edit);
    switch (node.is) {
      case "shape":
        return { ...node, a: visit(node.a), b: visit(node.b) };
      case "use":
        return { ...node, given: visit(node.given) };
      case "number":
      case "parameter":
      case "input":
      case "data":
      case "global":
        return node;
    }
  };
  return parts.map(visit);
}

function replaced(node: Expression, edit: Edit): Expression {
  if (edit.what === "literal" && node.is === "number") return { ...node, value: edit.value };
  if (edit.what === "literal" && node.is === "shape") return { ...node, a: node.b, b: node.a };
  if (edit.what === "use" && node.is === "use") return { ...node, how: edit.value };
  if (edit.what === "use" && node.is === "shape") return { ...node, shape: edit.value };
  return edit.expression;
}

function size(node: Expression): number {
  switch (node.is) {
    case "shape":
      return 1 + size(node.a) + size(node.b);
    case "use":
      return 1 + size(node.given);
    case "number":
    case "parameter":
    case "input":
    case "data":
    case "global":
      return 1;
  }
}
