import { distFolder, readVersion } from "./assemble.js";
import { EXIT } from "./exit-codes.js";
import { runProgram } from "./program.js";
import { processTerminal } from "./terminal.js";

// A reader that goes away early (`restage status | head -1`) is not an error of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.ok);
  throw error;
});

try {
  const dist = distFolder();
  process.exitCode = await runProgram(process.argv.slice(2), {
    terminal: processTerminal(),
    cwd: process.cwd(),
    version: readVersion(dist),
    dist,
  });
} catch (error) {
  const known = error as { code?: unknown; path?: unknown };
  if (error instanceof Error && typeof known.code === "string" && typeof known.path === "string") {
    process.stderr.write(`The cache at ${known.path} cannot be used: ${error.message}\n`);
  } else {
    process.stderr.write(
      `Internal error of Restage, please report it:\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
  }
  process.exitCode = EXIT.failed;
}
