"""Token ids and 64 greedily chosen tokens of llama.cpp for every prompt of prompts.py.

llama-cpp-python 0.3.36 (its llama.cpp built natively), numpy. Run in this folder:
    python make-greedy.py MODEL.gguf LLAMA_COMPLETION_BINARY SCRATCH_FOLDER
It leaves the logits of every step in the scratch folder for make-logits.py (750 MB). The ids come from the library, the text from the program; the script stops if the two do not agree.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
from llama_cpp import Llama

from prompts import PROMPTS

TOKENS = 64


def greedy(llama, ids):
    """Ids of the answer, ended by an end token or after 64 tokens, the text's bytes, and the logits of every step."""
    llama.reset()
    llama.eval(ids)
    answer, rows = [], []
    while len(answer) < TOKENS:
        row = np.ctypeslib.as_array(llama._ctx.get_logits_ith(-1), shape=(llama.n_vocab(),))
        token = int(row.argmax())
        if token in (llama.token_eos(), 106):
            break
        answer.append(token)
        rows.append(row.copy())
        llama.eval([token])
    return answer, llama.detokenize(answer), np.stack(rows)


def completion(binary, model, prompt):
    command = [binary, "-m", model, "-p", prompt, "--no-escape", "-n", str(TOKENS), "--temp", "0", "-no-cnv", "-t", "2",
               "--no-display-prompt", "--simple-io", "-c", "4096"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def main(model, binary, scratch):
    llama = Llama(model, n_ctx=4096, n_threads=2, n_threads_batch=2, n_batch=2048, n_ubatch=512, flash_attn=True, swa_full=False,
                  verbose=False)
    for name, text in PROMPTS.items():
        Path(f"{name}.prompt.txt").write_text(text, encoding="utf-8", newline="")
        ids = llama.tokenize(text.encode(), add_bos=True, special=False)
        Path(f"{name}.ids").write_text(" ".join(map(str, ids)) + "\n")
        answer, answer_bytes, logits = greedy(llama, ids)
        np.save(Path(scratch, f"{name}.npy"), logits)
        Path(f"{name}.greedy.ids").write_text(" ".join(map(str, answer)) + "\n")
        Path(f"{name}.greedy.txt").write_bytes(answer_bytes)
        printed = completion(binary, model, text)
        agrees = printed.strip().startswith(answer_bytes.strip())
        print(name, len(ids), "tokens, program agrees:", agrees, repr(answer_bytes.decode(errors="replace"))[:150])
        if not agrees:
            print("   program:", repr(printed.decode(errors="replace"))[:300])
            raise SystemExit("library and program disagree")


main(*sys.argv[1:])
