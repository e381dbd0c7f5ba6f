// Receives Millrace's webhooks. TypeScript that Node 22.18 or later runs as it stands (older ones
// after tsc), nothing else:
//
// WEBHOOK_SECRETS="whsec_…" node receive-webhooks.mts 8090 inbox

import { createHmac, createPublicKey, randomUUID, timingSafeEqual, verify as ed25519 } from "node:crypto";
import { link, mkdir, rm, writeFile } from "node:fs/promises";
import { createServer, IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

const TOLERANCE_SECONDS = 5 * 60;
const MOST_BYTES = 1_000_000;

/** Whether one of the signatures was made with one of our keys, of exactly these bytes, lately. */
export function verify(keys: string[], id: string, timestamp: string, signatures: string, body: Buffer): boolean {
  if (!id || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) return false;
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  return keys.some((key) => signatures.split(" ").some((signature) => matches(key, signature, signed)));
}

function matches(key: string, signature: string, signed: Buffer): boolean {
  const bytes = Buffer.from(key.replace(/^wh(sec|pk)_/, ""), "base64");
  if (!key.startsWith("whpk_")) {
    const expected = Buffer.from("v1," + createHmac("sha256", bytes).update(signed).digest("base64"));
    const given = Buffer.from(signature);
    // Not ===: the time it takes would tell how much of a guess is right.
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
  const encoded = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), bytes]);
  const publicKey = createPublicKey({ key: encoded, format: "der", type: "spki" });
  return signature.startsWith("v1a,") && ed25519(null, signed, publicKey, Buffer.from(signature.slice(4), "base64"));
}

/**
 * Keeps a message for whoever does the work, and says whether it is a new one. A file that can be
 * made only once stands in for a table with the id as its primary key.
 */
async function keep(inbox: string, id: string, body: Buffer) {
  const written = join(inbox, `new-${randomUUID()}`);
  await writeFile(written, body, { flush: true });
  try {
    await link(written, join(inbox, `${id}.json`));
    return true;
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw failure;
  } finally {
    await rm(written);
  }
}

/** The bytes as they came: parsed and written again they would be others. */
async function read(request: IncomingMessage) {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request) {
    length += piece.length;
    if (length > MOST_BYTES) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

async function receive(request: IncomingMessage) {
  const header = (name: string) => String(request.headers[name] ?? "");
  const body = await read(request);
  if (!body) return 413;
  const id = header("webhook-id");
  if (!verify(keys, id, header("webhook-timestamp"), header("webhook-signature"), body)) return 400;
  console.log((await keep(inbox, id, body)) ? "new" : "again", id);
  return 204;
}

const keys = (process.env.WEBHOOK_SECRETS ?? "").trim().split(/\s+/);
const [port, inbox] = process.argv.slice(2);
await mkdir(inbox, { recursive: true });
const server = createServer(async (request, response) => {
  try {
    response.writeHead(await receive(request)).end();
  } catch (failure) {
    // Anything but 2xx is sent again later. Say why here, not to the sender.
    console.error(failure);
    response.writeHead(500).end();
  }
});
server.listen(Number(port), "127.0.0.1", () => console.log("listening", (server.address() as AddressInfo).port));
