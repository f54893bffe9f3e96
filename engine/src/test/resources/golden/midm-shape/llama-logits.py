"""llama.cpp's logits of the reference prompt: python llama-logits.py MODEL.gguf OUT_FOLDER NAME
LLAMA_CPP_LIB_PATH names llama.cpp's libraries, PYTHONPATH the source of llama-cpp-python 0.3.36."""
import os
import sys

import llama_cpp as l

model_path, out, name = sys.argv[1:]
l.llama_backend_init()
params = l.llama_model_default_params()
model = l.llama_model_load_from_file(model_path.encode(), params)
vocab = l.llama_model_get_vocab(model)
size = l.llama_vocab_n_tokens(vocab)
context_params = l.llama_context_default_params()
context_params.n_ctx = 256
context_params.n_threads = 2
context_params.n_threads_batch = 2
context = l.llama_init_from_model(model, context_params)
ids = [int(line) for line in open(os.path.join(out, "prompt.ids"))]
batch = l.llama_batch_init(len(ids), 0, 1)
batch.n_tokens = len(ids)
for i, token in enumerate(ids):
    batch.token[i] = token
    batch.pos[i] = i
    batch.n_seq_id[i] = 1
    batch.seq_id[i][0] = 0
    batch.logits[i] = 1
assert l.llama_decode(context, batch) == 0
wanted = {}
for line in open(os.path.join(out, "float32.logits.tsv")):
    position, token, value = line.split("\t")
    wanted.setdefault(int(position), []).append((int(token), float(value)))
worst = 0
squares = []
with open(os.path.join(out, name + ".logits.tsv"), "w") as file:
    for position, entries in wanted.items():
        logits = l.llama_get_logits_ith(context, position)
        for token, value in entries:
            file.write(f"{position}\t{token}\t{logits[token]:.6f}\n")
            squares.append((logits[token] - value) ** 2)
            worst = max(worst, abs(logits[token] - value))
print(name, "is away from transformers in float32 by at most", worst, "rms", (sum(squares) / len(squares)) ** 0.5)
