"""Reference logits of a random checkpoint of Mi:dm 2.0 Mini's exact shape.

    python make-reference.py MODEL_FOLDER OUT_FOLDER NF4_FOLDER

MODEL_FOLDER: bf16 safetensors of random weights, written by make-weights.py. OUT_FOLDER receives the values for the test,
NF4_FOLDER the model as transformers and bitsandbytes save it in 4 bits with double quantisation.
Everything but the last pair is computed in float32 on the file's weights, so that the reference has no rounding of its own.
"""
import gc
import os
import sys

import torch
from transformers import AutoModelForCausalLM, BitsAndBytesConfig

folder, out, nf4_folder = sys.argv[1:]
TOKENS = 48
POSITIONS = (0, 23, 47)
torch.manual_seed(20261124)
ids = torch.randint(3, 131384, (1, TOKENS))
ids[0, 0] = 0
places = torch.randperm(131392)[:300].sort().values


def write(name, model):
    with torch.no_grad():
        logits = model(ids).logits[0].float()
    with open(os.path.join(out, name + ".logits.tsv"), "w") as file:
        for position in POSITIONS:
            row = logits[position]
            for token in torch.cat([row.topk(50).indices, places]).tolist():
                file.write(f"{position}\t{token}\t{row[token].item():.6f}\n")
    print(name, "standard deviation of logits", logits.std().item())
    return logits


def quantised(dtype):
    config = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
                                bnb_4bit_compute_dtype=dtype)
    return AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, quantization_config=config, device_map="cpu")


os.makedirs(out, exist_ok=True)
with open(os.path.join(out, "prompt.ids"), "w") as file:
    file.write("\n".join(str(i) for i in ids[0].tolist()) + "\n")

model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
exact = write("float32", model)
del model
gc.collect()
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
rounded = write("bfloat16", model)
del model
gc.collect()
model = quantised(torch.float32)
# In evaluation mode bitsandbytes packs the weights for a CPU kernel that multiplies in bf16; in training mode it
# dequantises and multiplies in float32. There is no dropout.
exact_nf4 = write("nf4-float32", model.train())
del model
gc.collect()
model = quantised(torch.bfloat16)
model.save_pretrained(nf4_folder)  # before a forward pass packs the weights
rounded_nf4 = write("nf4-bfloat16", model)
for name, left, right in (("bfloat16", rounded, exact), ("nf4-bfloat16", rounded_nf4, exact_nf4)):
    difference = (left - right)[list(POSITIONS)].abs()
    print(name, "is away from float32 by at most", difference.max().item(), "rms", difference.pow(2).mean().sqrt().item())
