// Drives a batch from create to delete with Anthropic's own SDK. argv: base URL, key. Prints what it saw as JSON.
import Anthropic from "@anthropic-ai/sdk";

const [baseURL, apiKey] = process.argv.slice(2);
const client = new Anthropic({ baseURL, apiKey, maxRetries: 0 });
const batches = client.messages.batches;

const request = (custom_id, model) => ({
  custom_id,
  params: { model, max_tokens: 64, messages: [{ role: "user", content: `Hello ${custom_id}` }] },
});

async function ended(id) {
  for (let i = 0; i < 300; i++) {
    const batch = await batches.retrieve(id);
    if (batch.processing_status === "ended") return batch;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("the batch does not end");
}

const created = await batches.create({ requests: ["a", "b"].map((id) => request(id, "claude-haiku-5-5")) });
const done = await ended(created.id);
const results = {};
for await (const line of await batches.results(created.id)) {
  results[line.custom_id] = line.result.type === "succeeded" ? line.result.message.type : line.result.type;
}

const slow = await batches.create({ requests: ["x", "y", "z"].map((id) => request(id, "claude-slow")) });
const canceling = await batches.cancel(slow.id);
await ended(slow.id);

const listed = [];
for await (const batch of batches.list({ limit: 1 })) listed.push(batch.id);

const early = await batches
  .create({ requests: [request("not a custom id", "claude-haiku-5-5")] })
  .catch((refused) => ({ status: refused.status, message: refused.error?.error?.message }));

const deleted = await batches.delete(created.id);
const gone = await batches.retrieve(created.id).catch((missing) => missing.status);

console.log(
  JSON.stringify({
    created: created.processing_status,
    counts: done.request_counts,
    // Results come in the order in which items ended.
    results: Object.fromEntries(Object.entries(results).sort()),
    canceling: canceling.processing_status,
    listed: listed.filter((id) => id === created.id || id === slow.id).length,
    early,
    deleted: deleted.type,
    gone,
  }),
);
