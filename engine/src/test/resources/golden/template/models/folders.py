"""Which template transformers takes from a model's folder: folders.jsonl.gz, the oracle of FolderChatTemplatesTest.

One JSON object per line: {"files": {path: text}, "renderings": [{"tools": list or null, "template": name or null, then
"expected": text or "error": class}]}.
Usage: python folders.py OUTPUT.jsonl.gz
"""

import gzip
import json
import pathlib
import sys
import tempfile

from transformers import PreTrainedTokenizerFast

USER = [{"role": "user", "content": "질문"}]
TOOLS = [{"type": "function", "function": {"name": "search"}}]
TOKENIZER = json.dumps({"version": "1.0", "model": {"type": "WordLevel", "vocab": {"<s>": 0, "</s>": 1, "[U]": 2}, "unk_token": "[U]"},
                        "added_tokens": [], "normalizer": None, "pre_tokenizer": None, "post_processor": None, "decoder": None})


def text(name):
    tokens = "".join("{{ %s if %s is defined else '-' }} " % (token, token) for token in ("bos_token", "eos_token", "unk_token", "pad_token", "sep_token"))
    return name + ": " + tokens + "{{ messages[0].content }} {{ tools|tojson }}\n"


def named(*names):
    return [{"name": name, "template": text("config " + name)} for name in names]


ADDED = {"__type": "AddedToken", "content": "<s>", "lstrip": False, "normalized": False, "rstrip": False, "single_word": False}
DECODER = {"added_tokens_decoder": {"0": {key: value for key, value in ADDED.items() if key != "__type"} | {"special": True}}}
FILE, RAG, TOOL_USE = "chat_template.jinja", "additional_chat_templates/rag.jinja", "additional_chat_templates/tool_use.jinja"


def folders():
    configs = [None, {}, {"chat_template": None}, {"chat_template": text("config")}, {"chat_template": named("default")},
               {"chat_template": named("default", "tool_use", "rag")}, {"chat_template": named("tool_use")}, {"chat_template": []},
               {"chat_template": named("default", "default")}]
    for config in configs:
        for extra in ((), (FILE,), (FILE, RAG), (RAG,), (FILE, TOOL_USE, RAG), (TOOL_USE,)):
            yield config, {path: text(path) for path in extra}
    template = {"chat_template": text("config")}
    for tokens in ({"bos_token": "<s>"}, {"bos_token": ADDED, "eos_token": None}, {"bos_token": ADDED, "pad_token": "</s>", **DECODER}):
        yield {**template, **tokens}, {}
        yield {**template, **tokens}, {"special_tokens_map.json": json.dumps({"bos_token": "<other>", "eos_token": {**ADDED, "content": "</s>"}, "sep_token": "|"})}
    yield template, {"special_tokens_map.json": json.dumps({"bos_token": ADDED})}
    yield {**template, "bos_token": "<s>"}, {"additional_chat_templates/notes.txt": "not a template", FILE: "CR\r\n{{ bos_token }}\r\n"}


def render(tokenizer, tools, template):
    try:
        return {"expected": tokenizer.apply_chat_template(USER, tools=tools, chat_template=template, tokenize=False, add_generation_prompt=True)}
    except Exception as error:
        return {"error": type(error).__name__}


def main():
    rows = []
    for config, files in folders():
        files = {**files, **({} if config is None else {"tokenizer_config.json": json.dumps(config, ensure_ascii=False)})}
        with tempfile.TemporaryDirectory() as folder:
            for path, content in {**files, "tokenizer.json": TOKENIZER}.items():
                target = pathlib.Path(folder, path)
                target.parent.mkdir(exist_ok=True)
                target.write_bytes(content.encode("utf-8"))
            tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
            # A name that the model does not have would be taken for the text of a template; Caravan refuses it.
            names = [None, *(tokenizer.chat_template if isinstance(tokenizer.chat_template, dict) else ())]
            renderings = [{"tools": tools, "template": name, **render(tokenizer, tools, name)} for tools in (None, [], TOOLS) for name in names]
        rows.append({"files": files, "renderings": renderings})
    with open(sys.argv[1], "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode("utf-8"))
    renderings = [rendering for row in rows for rendering in row["renderings"]]
    print(len(rows), "folders,", len(renderings), "renderings,", sum("error" in rendering for rendering in renderings), "raise")


if __name__ == "__main__":
    main()
