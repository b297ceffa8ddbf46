// Hocuspocus as it comes: in memory, no extension. The port is the only argument.
import { Server } from "@hocuspocus/server";

await new Server({ address: "127.0.0.1", port: Number(process.argv[2]), quiet: true }).listen();
