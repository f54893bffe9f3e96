"""The distributions that transformers' logits processors leave, for a few settings.

torch 2.15, transformers 5.23.0. Run in this folder:
    python make.py
logits.f32         little-endian [200]
cases.tsv          temperature, top_k, top_p, min_p, repetition_penalty of every case
present.ids        the tokens that the repetition penalty counts as present
probabilities.f32  little-endian [cases, 200]
"""

import torch
from transformers.generation import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

VOCABULARY = 200
CASES = [
    (1.0, 0, 1.0, 0.0, 1.0),
    (0.7, 0, 1.0, 0.0, 1.0),
    (1.5, 0, 1.0, 0.0, 1.0),
    (1.0, 1, 1.0, 0.0, 1.0),
    (1.0, 20, 1.0, 0.0, 1.0),
    (1.0, 500, 1.0, 0.0, 1.0),
    (1.0, 0, 0.75, 0.0, 1.0),
    (1.0, 0, 0.05, 0.0, 1.0),
    (1.0, 0, 1.0, 0.1, 1.0),
    (1.0, 0, 1.0, 0.0, 1.3),
    (1.0, 0, 1.0, 0.0, 0.8),
    (0.8, 20, 0.75, 0.0, 1.0),
    (0.8, 20, 0.75, 0.0, 1.05),
    (1.3, 50, 0.9, 0.05, 1.1),
    (0.5, 40, 0.95, 0.2, 1.2),
    (2.0, 0, 0.99, 0.001, 1.0),
]


def processors(temperature, top_k, top_p, min_p, penalty):
    chain = LogitsProcessorList()
    if penalty != 1.0:
        chain.append(RepetitionPenaltyLogitsProcessor(penalty))
    if temperature != 1.0:
        chain.append(TemperatureLogitsWarper(temperature))
    if top_k:
        chain.append(TopKLogitsWarper(top_k))
    if top_p < 1.0:
        chain.append(TopPLogitsWarper(top_p))
    if min_p:
        chain.append(MinPLogitsWarper(min_p))
    return chain


def main():
    generator = torch.Generator().manual_seed(5)
    logits = 3 * torch.randn(VOCABULARY, generator=generator)
    present = torch.randint(0, VOCABULARY, (1, 30), generator=generator)
    present[0, :3] = torch.topk(logits, 3).indices
    rows = [torch.softmax(processors(*case)(present, logits.clone()[None])[0], -1) for case in CASES]
    logits.numpy().astype("<f4").tofile("logits.f32")
    torch.stack(rows).numpy().astype("<f4").tofile("probabilities.f32")
    with open("cases.tsv", "w") as file:
        file.writelines("\t".join(map(str, case)) + "\n" for case in CASES)
    with open("present.ids", "w") as file:
        file.write(" ".join(map(str, present[0].tolist())) + "\n")
    print([int((row > 0).sum()) for row in rows])


main()
