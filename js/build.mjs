// Builds what the widgets load: a module of each, and one style sheet of all.
import { mkdir, writeFile } from "node:fs/promises";
import { relative } from "node:path";
import { build } from "esbuild";
import { minify } from "terser";

const outdir = "../xai_widgets/static";

const { outputFiles } = await build({
  entryPoints: ["src/*.ts", "src/*.css"],
  outdir,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  write: false,
});

/** The same module, smaller once it is zipped: terser gives the same short names again and again, esbuild few twice. */
async function shortened(module) {
  const compress = {
    passes: 3,
    // String(x) becomes "" + x, which is something else for symbols alone.
    unsafe: true,
    // A function without a "this" becomes an arrow, which is no constructor: none of them is one.
    unsafe_arrows: true,
    // To read a property does nothing else.
    pure_getters: true,
    // As esbuild has written it: always on the same side.
    lhs_constants: false,
  };
  const { code } = await minify(module, { module: true, ecma: 2022, compress });
  return code;
}

await mkdir(outdir, { recursive: true });
for (const { path, text } of outputFiles) {
  const written = path.endsWith(".js") ? await shortened(text) : text;
  await writeFile(path, written);
  process.stdout.write(`${relative(".", path)}  ${(Buffer.byteLength(written) / 1000).toFixed(1)} kB\n`);
}
