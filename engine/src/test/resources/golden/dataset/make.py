"""What of a conversation is learned, by transformers: masks.jsonl.gz.

Templates with generation blocks: ids and mask of apply_chat_template(return_assistant_tokens_mask=True), one example for each row.
Others: the mask that trainers make by hand. Each assistant turn is rendered with the messages before it; learned is what stands
between the text that opens an answer and the end marker behind it, that included, by the offsets of the fast tokenizer. Where such
a rendering is no prefix of that of a later turn (Qwen3 drops earlier thoughts), the turn is an example of its own.

Tokens behind the last learned one are left out. Turns of weight 0 are masked.
Usage: python make.py masks.jsonl.gz         (transformers 5.23.0, tokenizers 0.23.3)
"""

import gzip
import json
import os
import sys
import tempfile

from transformers import PreTrainedTokenizerFast

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.dirname(HERE)
DATE = "24 Nov 2026"
LLAMA = ("hf-llama3", "<|begin_of_text|>", "<|end_of_text|>")
QWEN = ("hf-qwen2", None, "<|im_end|>")
GEMMA = ("hf-gemma", "<bos>", "<eos>")
LLAMA_TURN = ("<|start_header_id|>assistant<|end_header_id|>\n\n", "<|eot_id|>")
QWEN_TURN = ("<|im_start|>assistant\n", "<|im_end|>")
GEMMA_TURN = ("<start_of_turn>model\n", "<end_of_turn>")
TEMPLATES = [
    ("dataset/llama3-generation.jinja", LLAMA, None, True),
    ("dataset/qwen-generation.jinja", QWEN, None, True),
    ("dataset/gemma-generation.jinja", GEMMA, None, False),
    ("template/llama3.jinja", LLAMA, LLAMA_TURN, True),
    ("template/models/midm.jinja", LLAMA, LLAMA_TURN, True),
    ("template/models/qwen2.5.jinja", QWEN, QWEN_TURN, True),
    ("template/models/qwen3.jinja", QWEN, QWEN_TURN, True),
    ("template/chatml.jinja", QWEN, QWEN_TURN, True),
    ("template/gemma3.jinja", GEMMA, GEMMA_TURN, False),
]


def m(role, content, **more):
    return dict(role=role, content=content, **more)


def call(name, arguments):
    return {"id": "call_1", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)}}


TOOL = {"type": "function", "function": {"name": "find_office", "description": "지점을 찾는다",
                                        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}
ROWS = [
    {"messages": [m("user", "안녕하세요?"), m("assistant", "반갑습니다. 무엇을 도와드릴까요?")]},
    {"messages": [m("system", "너는 친절한 상담원이다."), m("user", "영업 시간은?"), m("assistant", "평일 9시부터 18시까지입니다.")]},
    {"messages": [m("user", "  공백이 앞뒤에 \n"), m("assistant", "그대로 둔다 2026년 11월 24일 12345")]},
    {"messages": [m("user", "하나"), m("assistant", "첫째 답"), m("user", "둘"), m("assistant", "둘째 답"),
                  m("user", "셋"), m("assistant", "셋째 답 🙂👩‍👩‍👧")]},
    {"messages": [m("user", "one"), m("assistant", "wrong answer", weight=0), m("user", "again"), m("assistant", "right answer", weight=1)]},
    {"messages": [m("user", "one"), m("assistant", "right"), m("user", "two"), m("assistant", "wrong", weight=0), m("user", "tail")]},
    {"messages": [m("user", "코드"), m("assistant", "```java\nint x = 1;\n\n```\n\n줄이 바뀐 뒤")]},
    {"messages": [m("user", "자모"), m("assistant", "\u1112\u1161\u11ab\u1100\u1173\u11af 풀어 쓴 글")]},
    {"messages": [m("user", "생각해 봐"), m("assistant", "<think>\n먼저 생각한다.\n</think>\n\n그래서 답이다."), m("user", "다시"),
                  m("assistant", "<think>\n또 생각한다.\n</think>\n\n둘째 답이다.")]},
    {"messages": [m("user", "부산 지점?"), m("assistant", "", tool_calls=[call("find_office", {"city": "부산", "n": 2})]),
                  m("tool", "{\"tel\": \"051\"}"), m("assistant", "전화는 051입니다."), m("user", "고마워"), m("assistant", "네.")],
     "tools": [TOOL]},
    {"messages": [m("user", "x"), m("assistant", "y" * 300 + " " + "긴 답 " * 60)]},
]


def messages_of(row):
    messages = []
    for message in row["messages"]:
        message = {key: value for key, value in message.items() if key != "weight"}
        if "tool_calls" in message:
            message["tool_calls"] = [dict(c, function=dict(c["function"], arguments=json.loads(c["function"]["arguments"])))
                                     for c in message["tool_calls"]]
        messages.append(message)
    return messages


def tokenizer_of(name, bos, eos, template):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "tokenizer.json")
        with gzip.open(os.path.join(GOLDEN, "tokenizer", name + ".json.gz")) as packed, open(path, "wb") as plain:
            plain.write(packed.read())
        tokenizer = PreTrainedTokenizerFast(tokenizer_file=path, bos_token=bos, eos_token=eos)
    with open(os.path.join(GOLDEN, template), encoding="utf-8") as text:
        tokenizer.chat_template = text.read()
    return tokenizer


def cut(ids, mask):
    end = len(mask) - mask[::-1].index(1)
    return [ids[:end], mask[:end]]


def by_blocks(tokenizer, row):
    out = tokenizer.apply_chat_template(messages_of(row), tools=row.get("tools"), tokenize=True, return_dict=True,
                                        return_assistant_tokens_mask=True, date_string=DATE)
    ids, mask = list(out["input_ids"]), list(out["assistant_masks"])
    weights = [message.get("weight", 1) for message in row["messages"] if message["role"] == "assistant"]
    turn = -1
    for i in range(len(mask)):
        turn += mask[i] == 1 and (i == 0 or before == 0)
        before = mask[i]
        if mask[i] and weights[turn] == 0:
            mask[i] = 0
    assert turn == len(weights) - 1
    return [cut(ids, mask)]


def by_hand(tokenizer, row, opening, end):
    messages = messages_of(row)
    turns = []
    for i, message in enumerate(row["messages"]):
        if message["role"] == "assistant" and message.get("weight", 1):
            text = tokenizer.apply_chat_template(messages[:i + 1], tools=row.get("tools"), tokenize=False, date_string=DATE)
            # Qwen2.5 writes its calls right behind the role's line, and opens an answer with that line's end.
            start = text.rindex(opening) + len(opening)
            stop = text.index(end, start) + len(end)
            turns.append((text[:stop], start, stop))
    examples = []
    while turns:
        last = turns[-1][0]
        shared = [turn for turn in turns if last.startswith(turn[0])]
        turns = [turn for turn in turns if turn not in shared]
        encoded = tokenizer(last, add_special_tokens=False, return_offsets_mapping=True)
        mask = [int(any(start <= a and b <= stop for _, start, stop in shared)) for a, b in encoded["offset_mapping"]]
        examples.insert(0, cut(list(encoded["input_ids"]), mask))
    return examples


def main(output):
    with open(output, "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as packed:
        for template, (name, bos, eos), turn, tools in TEMPLATES:
            tokenizer = tokenizer_of(name, bos, eos, template)
            for row in ROWS:
                if "tools" in row and not tools:
                    continue
                examples = by_hand(tokenizer, row, *turn) if turn else by_blocks(tokenizer, row)
                line = {"template": template, "tokenizer": name, "bos": bos, "eos": eos, "row": row, "examples": examples}
                packed.write((json.dumps(line, ensure_ascii=False) + "\n").encode("utf-8"))


if __name__ == "__main__":
    main(sys.argv[1])
