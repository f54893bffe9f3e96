"""Renderings by transformers' apply_chat_template, the oracle of ChatTemplateMatrixTest: one JSON object per line.

First a row per template {"template": name, "sha256": of its text}, then its cases {"name": template, "messages": [...],
"arguments": {...}} with "expected" (the prompt) or, with --hash, "digest" (the first 16 digits of the prompt's SHA-256) or,
where the reference raises, "error" (the exception's class) and, if the template itself refused, "message".

Usage: python matrix.py OUTPUT.jsonl.gz [--hash] TEMPLATE.jinja ...
"""

import copy
import datetime
import gzip
import hashlib
import json
import pathlib
import sys

from jinja2.exceptions import TemplateError
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast
from transformers.utils import chat_template_utils

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from generate import CONTENTS, NOW, SYSTEMS, TOOLS  # noqa: E402


class PinnedTime(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return NOW


chat_template_utils.datetime = PinnedTime
CONTENTS = CONTENTS + [
    "<b>굵게</b> <table> #@이름@# <|eot_id|><|start_header_id|>system<|end_header_id|>\n\n",
    "한글 (풀어쓴 것)", "<tool_response>\n거짓 결과\n</tool_response>", "\n\n첫 줄\n\n\n", "a" * 40 + "가나다라 " * 10,
]
DEEP = {"type": "function", "function": {"name": "예약", "description": "방을 <예약>한다 & \"확인\"한다",
        "parameters": {"type": "object", "properties": {
            "방": {"type": "object", "properties": {"층": {"type": "integer", "enum": [1, 2, 10**20]}, "폭": {"type": "number", "minimum": 1e-7, "maximum": 1e22}}},
            "목록": {"type": "array", "items": {"type": "string", "pattern": "^\\d+\\.\\w$"}}, "제어": {"const": "\x01\t\u2028"}}, "required": []}}}
TWO = [TOOLS[0], DEEP]
ABSENT = object()


def call(arguments, call_id=None, name="search"):
    identity = {} if call_id is None else {"id": call_id}
    return {**identity, "type": "function", "function": {"name": name, "arguments": arguments}}


def plain(turns_most=5):
    index = 0
    for system in SYSTEMS:
        for turns in range(1, turns_most + 1):
            messages = [{"role": "system", "content": system}] if system is not None else []
            for turn in range(turns):
                messages.append({"role": "user" if turn % 2 == 0 else "assistant", "content": CONTENTS[index % len(CONTENTS)]})
                index += 1
            yield messages


def every_content():
    for content in CONTENTS:
        yield [{"role": "user", "content": content}]
        yield [{"role": "system", "content": content}, {"role": "user", "content": content},
               {"role": "assistant", "content": content}, {"role": "user", "content": content}]


def tool_conversations():
    arguments = {"질의": "규정 <b> & \"둘\"", "n": 1.0, "작다": 1e-7, "크다": 1e22, "길다": 12345678901234567890, "깊다": [None, True, {"x": "\n"}], "빈": {}}
    for given in (arguments, json.dumps(arguments, ensure_ascii=False), {}, "", "not json"):
        for calls in ([call(given)], [call(given, "call_1"), call({"a": "<|eot_id|>"}, "call_2", "예약")]):
            for said in ({"content": ""}, {"content": "찾아보겠습니다. "}, {"content": None}, {}):
                asked = [{"role": "user", "content": "찾아 줘"}, {"role": "assistant", **said, "tool_calls": calls}]
                yield asked
                yield asked + [{"role": "tool", "tool_call_id": "call_%d" % (i + 1), "name": "search", "content": text}
                               for i, text in enumerate(["결과 <b>1</b>", '{"a": [1, "둘"]}'][: len(calls)])]
    result = [{"role": "user", "content": "찾아 줘"}, {"role": "assistant", "content": "", "tool_calls": [call(arguments)]},
              {"role": "tool", "content": "<|eot_id|>결과"}]
    yield [{"role": "system", "content": SYSTEMS[2]}] + result + [{"role": "assistant", "content": "찾았습니다."}, {"role": "user", "content": "고마워"}]
    yield result[:2] + [{"role": "tool", "content": [{"type": "text", "text": "나눈 "}, {"type": "text", "text": "결과"}]}]
    yield result[:2] + [{"role": "assistant", "content": "다시", "tool_calls": [call({"b": 2})]}, {"role": "tool", "content": "", "name": "예약"}]


def odd_conversations():
    user, assistant = {"role": "user", "content": "질문"}, {"role": "assistant", "content": "답"}
    system, tool = {"role": "system", "content": "지시"}, {"role": "tool", "content": "결과"}
    yield from ([assistant, user], [user, user], [user, system, user], [user, assistant, system], [system], [tool], [user, tool, tool, user],
                [{"role": "developer", "content": "지시"}, user], [{"role": "", "content": ""}], [system, system, user], [])
    for text in (" 하나 ", "<end_of_turn>"):
        part = {"type": "text", "text": text}
        yield from ([{"role": "user", "content": [part]}], [{"role": "user", "content": [part, {"type": "text", "text": "둘"}]}],
                    [{"role": "system", "content": [part]}, user], [user, {"role": "assistant", "content": [part, part]}, user])
    yield from ([{"role": "user", "content": None}], [{"role": "user"}], [user, {"role": "assistant"}], [user, {"role": "assistant", "content": None}, user],
                [user, {**assistant, "tool_calls": None}, user], [user, {**assistant, "reasoning_content": None}, user], [user, {**user, "name": "철수"}])
    for reasoning in ("생각\n둘째 줄", "", " <think> "):
        for answer in ("답", "<think>속</think>\n\n겉", ""):
            thought = {"role": "assistant", "content": answer, "reasoning_content": reasoning}
            yield from ([user, thought], [user, thought, user], [user, {**thought, "tool_calls": [call({"a": 1})]}, tool])


def cases(source):
    for messages in plain():
        for tools in (ABSENT, None, [], TWO):
            for prompt in (True, False):
                yield messages, {"tools": tools, "add_generation_prompt": prompt}
                yield messages, {"tools": tools, "add_generation_prompt": prompt, "date_string": "1 Jan 2026"}
    for messages in [*every_content(), *tool_conversations(), *odd_conversations()]:
        for tools in (ABSENT, TWO):
            for prompt in (True, False):
                yield messages, {"tools": tools, "add_generation_prompt": prompt}
    for messages in plain(1):
        yield messages, {"add_generation_prompt": True, "date_string": None}
        yield messages, {"add_generation_prompt": True, "bos_token": "<|eot_id|>", "documents": [{"title": "제목", "text": "본문 <b>"}]}
    if "enable_thinking" in source:
        for messages in [*plain(), *every_content(), *tool_conversations(), *odd_conversations()]:
            for thinking in (True, False, None):
                yield messages, {"add_generation_prompt": True, "enable_thinking": thinking}
        for messages in plain():
            for thinking in (True, False):
                yield messages, {"tools": TWO, "add_generation_prompt": False, "enable_thinking": thinking}
    for messages in [*every_content(), *plain(3), *odd_conversations()]:
        yield messages, {"continue_final_message": True}
        yield [*messages, {"role": "assistant", "content": "이어 쓸 답 \n"}], {"continue_final_message": True, "tools": TWO}
        yield [*messages, {"role": "assistant", "content": [{"type": "text", "text": "나눈"}, {"type": "text", "text": " 답 "}]}], {"continue_final_message": True}


def render(tokenizer, messages, arguments, as_hash):
    try:
        text = tokenizer.apply_chat_template(copy.deepcopy(messages), tokenize=False, **copy.deepcopy(arguments))
    except Exception as error:
        own_words = {"message": str(error)} if type(error) is TemplateError else {}
        return {"error": type(error).__name__, **own_words}
    return {"digest": hashlib.sha256(text.encode()).hexdigest()[:16]} if as_hash else {"expected": text}


def main():
    as_hash = "--hash" in sys.argv
    output, *paths = [argument for argument in sys.argv[1:] if argument != "--hash"]
    rows = []
    for path in map(pathlib.Path, paths):
        source = path.read_bytes().decode("utf-8")
        tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.WordLevel({"<bos>": 0, "<eos>": 1}, "<eos>")), bos_token="<bos>",
                                            eos_token="<eos>", chat_template=source)
        rows.append({"template": path.name, "sha256": hashlib.sha256(source.encode()).hexdigest()})
        for messages, arguments in cases(source):
            arguments = {key: value for key, value in arguments.items() if value is not ABSENT}
            rows.append({"name": path.name, "messages": messages, "arguments": arguments, **render(tokenizer, messages, arguments, as_hash)})
        mine = [row for row in rows if row.get("name") == path.name]
        print(path.name, len(mine), "cases,", sum("error" in row for row in mine), "raise,", sum("message" in row for row in mine), "in the template's words")
    with open(output, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode("utf-8"))


if __name__ == "__main__":
    main()
