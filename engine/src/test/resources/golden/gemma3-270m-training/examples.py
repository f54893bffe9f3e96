"""The rows of ../lora-training/rows.jsonl as Gemma 3's tokens: a question is masked, the answer and its end are learned.

    LLAMA_CPP_LIB_PATH=LIBRARIES PYTHONPATH=LLAMA_CPP_PYTHON_SOURCE python examples.py MODEL.gguf    # llama-cpp-python 0.3.36

examples.json: {"training": [[ids, mask], ...], "held_out": [...]}; every seventh row is held out.
"""
import ctypes
import json
import pathlib
import sys

import llama_cpp

HERE = pathlib.Path(__file__).parent


def tokens(vocabulary, text, add_special):
    data = text.encode()
    buffer = (llama_cpp.llama_token * 512)()
    count = llama_cpp.llama_tokenize(vocabulary, data, len(data), buffer, len(buffer), add_special, False)
    assert count > 0
    return list(buffer[:count])


def main(path):
    llama_cpp.llama_backend_init()
    parameters = llama_cpp.llama_model_default_params()
    parameters.vocab_only = True
    vocabulary = llama_cpp.llama_model_get_vocab(llama_cpp.llama_model_load_from_file(path.encode(), parameters))
    end = llama_cpp.llama_vocab_eos(vocabulary)
    sides = {"training": [], "held_out": []}
    rows = (HERE.parent / "lora-training" / "rows.jsonl").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(rows):
        question, answer = (message["content"] for message in json.loads(line)["messages"])
        prompt = tokens(vocabulary, f"질문: {question}\n답변:", True)
        learned = tokens(vocabulary, f" {answer}", False) + [end]
        sides["held_out" if number % 7 == 6 else "training"].append(
            [prompt + learned, [0] * len(prompt) + [1] * len(learned)])
    (HERE / "examples.json").write_text(json.dumps(sides) + "\n")
    for side, examples in sides.items():
        print(side, len(examples), "rows of", min(len(ids) for ids, _ in examples), "to",
              max(len(ids) for ids, _ in examples), "tokens, learned", sum(sum(mask) for _, mask in examples))


if __name__ == "__main__":
    assert ctypes.sizeof(llama_cpp.llama_token) == 4
    main(sys.argv[1])
