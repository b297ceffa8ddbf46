// Each file of the build also as the server sends it: compressed once, not at every request.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const TEXT = /\.(js|css|svg|json)$/;
/** Below this, a compressed answer saves no packet. */
const WORTHWHILE_BYTES = 1024;

const ways = {
  ".gz": (data) => promisify(gzip)(data, { level: 9 }),
  ".br": (data) =>
    promisify(brotliCompress)(data, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: data.length,
      },
    }),
};

/** Write `name.gz` and `name.br` beside every asset that gains by it. */
export function compressed() {
  return {
    name: "compressed",
    apply: "build",
    async writeBundle({ dir }, bundle) {
      const names = Object.keys(bundle).filter((name) => TEXT.test(name));
      for (const name of names) {
        const data = await readFile(join(dir, name));
        if (data.length < WORTHWHILE_BYTES) continue;
        for (const [suffix, compress] of Object.entries(ways)) {
          await writeFile(join(dir, name + suffix), await compress(data));
        }
      }
    },
  };
}
