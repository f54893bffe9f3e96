"""Five conversations of 440 to 512 tokens in Mi:dm's turns, and what of them is learned, by transformers.

    python conversations.py    # transformers 5.23.0, tokenizers 0.23.3

rows.jsonl: the conversations, put together of the short ones in ../lora-training/rows.jsonl.
examples.json: [ids, mask] of each, with the template ../template/models/midm.jinja and the tokenizer hf-llama3 of ../tokenizer,
whose ids all lie in Mi:dm's vocabulary. The mask is that of ../dataset/make.py.
"""
import importlib.util
import json
import pathlib

HERE = pathlib.Path(__file__).parent
MOST, LEAST, COUNT = 512, 440, 5


def masks():
    spec = importlib.util.spec_from_file_location("masks", HERE.parent / "dataset" / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main():
    make = masks()
    tokenizer = make.tokenizer_of(*make.LLAMA, "template/models/midm.jinja")
    short = [json.loads(line)["messages"] for line in (HERE.parent / "lora-training" / "rows.jsonl").open(encoding="utf-8")]
    rows, examples = [], []
    while len(rows) < COUNT:
        messages, encoded = [], None
        for turn in list(short):
            ids, mask = make.by_hand(tokenizer, {"messages": messages + turn}, *make.LLAMA_TURN)[0]
            if len(ids) <= MOST:
                messages, encoded = messages + turn, [ids, mask]
                short.remove(turn)
        assert len(encoded[0]) >= LEAST, len(encoded[0])
        rows.append({"messages": messages})
        examples.append(encoded)
        print(len(messages), "messages,", len(encoded[0]), "tokens,", sum(encoded[1]), "learned")
    (HERE / "rows.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    (HERE / "examples.json").write_text(json.dumps({"examples": examples}) + "\n")


if __name__ == "__main__":
    main()
