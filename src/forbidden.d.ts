// `vscode` resolves to this file in every layer but `extension`: a use of the editor's API below it does not compile.
export {};
