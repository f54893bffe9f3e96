"""Next-token logits of transformers (float32, weights dequantised from the GGUF) after every prompt.

torch 2.15, transformers 5.23.0, gguf 0.19.0. Run in this folder after make-greedy.py, which writes the ids:
    python make-logits.py FOLDER MODEL.gguf SCRATCH_FOLDER
NAME.logits.tsv     the 50 largest logits after the prompt and 300 others at fixed places, as `id<TAB>logit`
NAME.likeliest.ids  transformers' likeliest token at every step of llama.cpp's answer, llama.cpp's tokens being fed
llama-distance.tsv  per prompt: how far llama.cpp's logits are from transformers', the greatest and the root mean
                    square over transformers' 50 likeliest tokens at every step
"""

import random
import sys
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForCausalLM

from prompts import PROMPTS


def steps(model, prompt, answer):
    """Logits [len(answer), vocabulary] of the tokens of an answer that is fed to the model."""
    with torch.no_grad():
        return model(torch.tensor([prompt + answer[:-1]])).logits[0, len(prompt) - 1 :]


def ids(file):
    return [int(part) for part in Path(file).read_text().split()]


def main(folder, file, scratch):
    model = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=file, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    others = random.Random(7).sample(range(model.config.vocab_size), 300)
    distances = []
    for name in PROMPTS:
        logits = steps(model, ids(f"{name}.ids"), ids(f"{name}.greedy.ids"))
        top = torch.topk(logits[0], 50).indices.tolist()
        rows = [f"{token}\t{logits[0, token].item():.6f}" for token in top + others]
        Path(f"{name}.logits.tsv").write_text("\n".join(rows) + "\n")
        Path(f"{name}.likeliest.ids").write_text(" ".join(map(str, logits.argmax(-1).tolist())) + "\n")
        llama = torch.from_numpy(np.load(Path(scratch, f"{name}.npy")))
        places = torch.topk(logits, 50, dim=-1).indices
        difference = (llama.gather(1, places) - logits.gather(1, places)).abs()
        distances.append(f"{name}\t{difference.max():.4f}\t{difference.square().mean().sqrt():.4f}")
        print(distances[-1])
    Path("llama-distance.tsv").write_text("\n".join(distances) + "\n")


main(*sys.argv[1:])
