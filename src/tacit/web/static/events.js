// Server-sent events by `fetch`: unlike EventSource it can be given up, does not come
// back by itself, and shows what a refusal says.

export async function listen(address, hear, signal) {
  const answer = await fetch(address, { signal });
  if (!answer.ok) {
    const said = await answer.text();
    let text = said || `The server answered ${answer.status}.`;
    try { text = JSON.parse(said).text; } catch { /* no JSON: as it is */ }
    hear("refused", { text });
    return;
  }
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const [kind, data] = block.split("\n");
      hear(kind.slice("event: ".length), JSON.parse(data.slice("data: ".length)));
    }
  }
}
