"""OpenAI's own Python client against a running server: every call unchanged, the extensions by extra_body.

Usage: openai_client.py BASE_URL. Prints one line per call; an unexpected answer ends it with status 1.
"""

import io
import sys

import openai

TEXT = """# 출장 규정

제1조 국내 출장의 일비는 하루 3만 5천 원이다.

제2조 해외 출장은 출발 열흘 전까지 본부장의 결재를 받는다.
"""


def expect(condition, message):
    if not condition:
        print("FAILED: " + message)
        sys.exit(1)


def done(call):
    print("ok " + call, flush=True)


client = openai.OpenAI(base_url=sys.argv[1] + "/v1", api_key="none", max_retries=0)

models = [model.id for model in client.models.list()]
expect(len(models) == 2, f"two models: {models}")
chat_model = client.models.retrieve("default").id
embedding_model = next(model for model in models if model != chat_model)
done("models")

file = client.files.create(file=("출장 규정.md", io.BytesIO(TEXT.encode())), purpose="assistants")
expect(file.filename == "출장 규정.md" and file.bytes == len(TEXT.encode()), f"the file: {file}")
expect(client.files.retrieve(file.id).id == file.id, "files.retrieve")
expect(file.id in [f.id for f in client.files.list()], "files.list")
expect(client.files.content(file.id).read() == TEXT.encode(), "files.content")
done("files")

store = client.vector_stores.create(name="출장", metadata={"team": "총무"})
expect(store.metadata == {"team": "총무"}, f"the metadata: {store.metadata}")
attached = client.vector_stores.files.create_and_poll(
    file.id, vector_store_id=store.id, attributes={"year": 2026}, poll_interval_ms=100
)
expect(attached.status == "completed", f"the ingestion: {attached}")
expect(client.vector_stores.retrieve(store.id).file_counts.completed == 1, "the store's counts")
expect([f.id for f in client.vector_stores.files.list(store.id)] == [file.id], "vector_stores.files.list")
expect(client.vector_stores.update(store.id, name="출장 규정").name == "출장 규정", "vector_stores.update")
expect(store.id in [s.id for s in client.vector_stores.list()], "vector_stores.list")
done("vector_stores")

hits = client.vector_stores.search(store.id, query="국내 출장 일비는 하루 얼마인가요?").data
expect(hits and "3만 5천 원" in hits[0].content[0].text, f"the search: {hits}")
expect(hits[0].attributes == {"year": 2026.0} and hits[0].file_id == file.id, f"the search's first: {hits[0]}")
done("vector_stores.search")

vectors = client.embeddings.create(model=embedding_model, input=["출장", "휴가"])
expect(len(vectors.data) == 2 and len(vectors.data[0].embedding) == 384, "embeddings")
done("embeddings")

question = [{"role": "user", "content": "국내 출장 일비는 하루 얼마인가요?"}]
search = {"file_search": {"vector_store_ids": [store.id], "max_num_results": 3}}
plain = client.chat.completions.create(
    model=chat_model, messages=question, temperature=0, max_tokens=32, extra_body=search
)
message = plain.choices[0].message
expect(message.content is not None and plain.usage.total_tokens > 0, f"the answer: {plain}")
expect(message.sources and message.sources[0]["file_id"] == file.id, f"the sources: {message}")
for annotation in message.annotations:
    expect(annotation.type == "file_citation", f"the annotation: {annotation}")
    expect(annotation.quote in TEXT, f"the quote: {annotation}")
    expect(0 <= annotation.start_index < annotation.end_index <= len(message.content), f"the span: {annotation}")
done("chat.completions")

pieces, last = [], None
for chunk in client.chat.completions.create(
    model=chat_model,
    messages=question,
    temperature=0,
    max_tokens=32,
    stream=True,
    stream_options={"include_usage": True},
    extra_body=search,
):
    if chunk.choices:
        pieces.append(chunk.choices[0].delta.content or "")
        last = chunk.choices[0]
    usage = chunk.usage
expect("".join(pieces) == message.content, f"the stream: {''.join(pieces)!r} is not {message.content!r}")
expect(last.finish_reason in ("stop", "length") and last.delta.sources, f"the last delta: {last}")
expect(usage.completion_tokens == plain.usage.completion_tokens, f"the usage: {usage}")
done("chat.completions streamed")

try:
    client.chat.completions.create(model="gpt-9", messages=question)
    expect(False, "an unknown model is refused")
except openai.NotFoundError as error:
    expect(error.code == "model_not_found" and error.param == "model", f"the error: {error.body}")
try:
    client.chat.completions.create(model=chat_model, messages=question, n=2)
    expect(False, "n = 2 is refused")
except openai.BadRequestError as error:
    expect(error.param == "n", f"the error: {error.body}")
try:
    client.chat.completions.create(model=chat_model, messages=[{"role": "user", "content": "낙타 " * 40000}])
    expect(False, "an overflow is refused")
except openai.BadRequestError as error:
    expect(error.code == "context_length_exceeded", f"the error: {error.body}")
done("errors")

expect(client.vector_stores.files.delete(file.id, vector_store_id=store.id).deleted, "vector_stores.files.delete")
expect(client.vector_stores.search(store.id, query="출장 일비").data == [], "nothing is found any more")
expect(client.vector_stores.delete(store.id).deleted, "vector_stores.delete")
expect(client.files.delete(file.id).deleted, "files.delete")
done("deletions")
