// Strict from the first commit: it cannot be added later. Layer rules live in test/unit/architecture.test.ts, where they also hold for what lint does not see.
import eslint from "@eslint/js";
import tseslint from "typescript-eslint";

export default tseslint.config(
  {
    ignores: [
      "dist/**",
      "out/**",
      "samples/**",
      "test/fixtures/**",
      "test/bench/trivial/**",
      "test/vscode/workspaces/**",
      ".vscode-test/**",
      "**/*.mjs",
      "**/*.cjs",
      "**/*.d.ts",
    ],
  },
  eslint.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: process.cwd() } },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      // A tagged record of optional values is read with `?.` and `??`; an extra check is cheaper than a crash at a boundary.
      "@typescript-eslint/no-unnecessary-condition": ["error", { allowConstantLoopConditions: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "no-restricted-imports": [
        "error",
        { paths: [{ name: "vscode", message: "Only src/extension may name vscode." }] },
      ],
    },
  },
  {
    files: ["src/extension/**", "test/vscode/**"],
    rules: { "no-restricted-imports": "off" },
  },
  {
    // A syntax tree has 250 kinds of node: code about some of them says what happens to the rest in `default`.
    files: ["src/core/analysis/**"],
    rules: {
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    // Mocha's describe/it return promises that are its own business; unit tests may use ! on what they just built.
    files: ["test/**"],
    rules: {
      "@typescript-eslint/no-floating-promises": [
        "error",
        {
          allowForKnownSafeCalls: [
            { from: "package", name: ["describe", "it", "test", "suite"], package: "node:test" },
          ],
        },
      ],
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
);
