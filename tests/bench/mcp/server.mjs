// A trivial tool on the TypeScript SDK (npm `@modelcontextprotocol/sdk`), stateless: a server and a transport for each
// request, as the SDK wants it, on bare node:http so that no framework is measured with it.
//
//   server.mjs PORT, with NODE_PATH
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(import.meta.url);
const load = (name) => import(pathToFileURL(require.resolve(name)));
const { McpServer } = await load("@modelcontextprotocol/sdk/server/mcp.js");
const { StreamableHTTPServerTransport } = await load("@modelcontextprotocol/sdk/server/streamableHttp.js");
const { z } = await load("zod");

const add = {
  title: "Add",
  description: "Adds two numbers.",
  inputSchema: { a: z.number(), b: z.number() },
  outputSchema: { sum: z.number() },
  annotations: { readOnlyHint: true },
};

function mcp() {
  const server = new McpServer({ name: "bench", version: "1.0.0" });
  server.registerTool("add", add, async ({ a, b }) => {
    const structuredContent = { sum: a + b };
    return { content: [{ type: "text", text: JSON.stringify(structuredContent) }], structuredContent };
  });
  return server;
}

createServer(async (request, response) => {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
  const server = mcp();
  response.on("close", () => {
    transport.close();
    server.close();
  });
  await server.connect(transport);
  await transport.handleRequest(request, response);
}).listen(Number(process.argv[2]), "127.0.0.1");
