"""Next-token logits of transformers (float32, weights dequantised from the GGUF) after every prompt.

torch 2.15, transformers 5.23.0, gguf 0.19.0. Run in this folder after make-greedy.py, which writes the ids:
    python make-logits.py FOLDER MODEL.gguf
NAME.logits.tsv holds the 50 largest logits and 300 others at fixed places, as `id<TAB>logit`.
"""

import random
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

from prompts import PROMPTS


def main(folder, file):
    model = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=file, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    others = random.Random(7).sample(range(model.config.vocab_size), 300)
    for name in PROMPTS:
        ids = [int(part) for part in Path(f"{name}.ids").read_text().split()]
        with torch.no_grad():
            logits = model(torch.tensor([ids])).logits[0, -1]
        top = torch.topk(logits, 50).indices.tolist()
        rows = [f"{token}\t{logits[token].item():.6f}" for token in top + others]
        Path(f"{name}.logits.tsv").write_text("\n".join(rows) + "\n")
        print(name, len(ids), top[:3], f"range {logits.min():.3f} .. {logits.max():.3f}, std {logits.std():.3f}")


main(*sys.argv[1:])
